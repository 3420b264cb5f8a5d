"""How fast documents become items: ours and feedparser, from the same bytes in memory, by format."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import feedparser

from feeds.model import Document
from feeds.sources.feed import parse
from tests.bench import corpus
from tests.bench.stages import Figures

ROUNDS = 3
"""The fastest round counts: the others were disturbed."""


def measure(_folder: Path, each: int = 60) -> Figures:
    """Documents a CPU second, ours and feedparser's, over `each` documents of every format, and the ratio.

    Raises `AssertionError` where one of the two finds fewer items than there are.
    """
    found: Figures = {"documents": each * 3}
    total = {"ours": 0.0, "feedparser": 0.0}
    for kind in ("rss", "atom", "rdf"):
        numbers = [number for number in range(each * 10) if corpus.format_of(number) == kind][:each]
        documents = [_document(number) for number in numbers]
        ours = _fastest(documents, lambda document: len(parse(document).items))
        theirs = _fastest(documents, lambda document: len(feedparser.parse(document.data).entries))
        total["ours"] += ours
        total["feedparser"] += theirs
        found[f"{kind}_a_second"] = round(each / ours)
        found[f"{kind}_a_second_by_feedparser"] = round(each / theirs)
    found["a_second"] = round(each * 3 / total["ours"])
    found["a_second_by_feedparser"] = round(each * 3 / total["feedparser"])
    found["ratio"] = round(total["feedparser"] / total["ours"], 1)
    return found


def _document(number: int) -> Document:
    url = f"{corpus.home(number)}/feed.xml"
    data = corpus.feed(number)
    return Document(name=url, data=data, as_of=corpus.NOW, fetched_at=corpus.NOW, url=url)


def _fastest(documents: Sequence[Document], count: Callable[[Document], int]) -> float:
    """CPU seconds of the fastest of `ROUNDS` rounds over `documents`, each of which has to give every item."""
    count(documents[0])  # what is loaded and compiled when first used
    took = []
    for _ in range(ROUNDS):
        cpu = time.process_time()
        counts = [count(document) for document in documents]
        took.append(time.process_time() - cpu)
        assert set(counts) == {corpus.ENTRIES}, f"documents of {corpus.ENTRIES} items gave {sorted(set(counts))}"
    return min(took)
