"""Lists of articles on pages without a feed: which addresses are found among all links, over written pages."""

from __future__ import annotations

from feeds.dedupe import canon
from feeds.errors import ParseError
from feeds.model import Document, Parsed
from feeds.sources.page import parse
from tests.quality import listing_blogs, listing_desks, listing_press
from tests.quality.listing_stories import CASES, NOW, Case

TITLE = "articles on listing pages"
WRITTEN_IN = (listing_blogs, listing_desks, listing_press)
"""The modules that register the pages."""


def read(case: Case) -> Parsed:
    """The page as a source of its own would be read."""
    return parse(Document(name=case.url, data=case.html.encode(), as_of=NOW, fetched_at=NOW, url=case.url))


def score() -> tuple[int, int, int, list[str]]:
    """Addresses found rightly, found wrongly and missed, and a line for each of the latter two."""
    right = wrong = missing = 0
    misses = []
    for case in CASES:
        try:
            found = {canon(item.url or "") for item in read(case).items}
        except ParseError:
            found = set()
        expected = {canon(url) for url in case.expected}
        right += len(found & expected)
        wrong += len(found - expected)
        missing += len(expected - found)
        misses += [f"{case.name}: wrong: {url}" for url in sorted(found - expected)]
        misses += [f"{case.name}: missing: {url}" for url in sorted(expected - found)]
    return right, wrong, missing, misses
