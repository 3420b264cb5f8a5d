"""Texts of articles: pages of twelve kinds in six languages, each with the text that a person would call the article.

Precision and recall over four words in a row, each page counting alike. Headings, lists and quotes are of the text;
headlines, bylines, captions, buttons, promotions, comments and whatever surrounds them are not.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from feeds import extract, normalise
from feeds.model import Document, Item
from tests.quality import Tally

TITLE = "texts of articles"
HERE = Path(__file__).parent
NOW = datetime(2026, 3, 4, tzinfo=UTC)
WEIGHT = 1000
"""What each page counts, so that a long one counts no more than a short one."""

WELL = 0.95
"""The share of four words in a row, both ways, below which a page is told of."""

_WORD = re.compile(r"\w+")
_SKELETONS = Environment(
    loader=FileSystemLoader(HERE / "skeletons"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def score() -> Tally:
    """How much of the texts is found, and how much beside them."""
    right, wrong, missing, misses = 0, 0, 0, []
    for name, page, text in pages():
        agree, more, less = agreement(text_of(page), text)
        right += agree
        wrong += more
        missing += less
        if 2 * agree < WELL * (2 * agree + more + less):
            misses.append(f"{name}: {more / WEIGHT:.2f} too much, {less / WEIGHT:.2f} missing")
    return right, wrong, missing, misses


@lru_cache(maxsize=1)
def pages() -> list[tuple[str, bytes, str]]:
    """The pages: a name, the markup, the article's text."""
    found = []
    for article in articles():
        text = "\n".join(_lines(article["blocks"]))
        for skeleton in sorted(_SKELETONS.list_templates(filter_func=lambda name: not name.startswith("_"))):
            markup = _SKELETONS.get_template(skeleton).render(a=article, text=text)
            found.append((f"{skeleton.removesuffix('.html')}-{article['language']}", markup.encode(), text))
    return found


def articles() -> list[dict[str, Any]]:
    """The articles and the furniture of their pages, as they stand in the files."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((HERE / "articles").glob("*.json"))]


def item_of(page: bytes) -> Item:
    """What the extraction makes of a page."""
    url = "https://courier.example.org/story/17"
    return extract.parse(Document(name=url, data=page, as_of=NOW, fetched_at=NOW, url=url)).items[0]


def text_of(page: bytes) -> str:
    """The text that would be stored."""
    return normalise.text_of(normalise.sanitise(item_of(page).content, None))


def agreement(found: str, text: str) -> tuple[int, int, int]:
    """Of four words in a row: how many are in both, in what was found alone, in the text alone; per mille together."""
    ours, theirs = _runs(found), _runs(text)
    both = sum((ours & theirs).values())
    more, less = sum(ours.values()) - both, sum(theirs.values()) - both
    whole = both + more + less
    return round(WEIGHT * both / whole), round(WEIGHT * more / whole), round(WEIGHT * less / whole)


def _runs(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return Counter(tuple(words[at : at + 4]) for at in range(max(1, len(words) - 3)))


def _lines(blocks: list[list[Any]]) -> Iterator[str]:
    for _, said in blocks:
        yield from said if isinstance(said, list) else [said]
