"""Access of article pages with all that their papers declare taken out: what a paywall's own words are worth."""

from __future__ import annotations

from feeds.access import judge_page
from tests.quality.access import compared
from tests.quality.access_pages import DECLARED, SILENT, URL

TITLE = "access of pages that declare nothing"
FLOORS = {"precision": 0.80}


def score() -> tuple[int, int, int, list[str]]:
    """As of pages that declare it; that a locked one is not suspected is no miss."""
    pages = [page for page in DECLARED if page.declared] + list(SILENT)
    right, wrong, missing, misses = compared(
        [(page, judge_page(page.html(stripped=True), URL).level) for page in pages]
    )
    return (
        right,
        wrong,
        missing,
        [miss for miss in misses if not miss.startswith(tuple(f"{p.name}: unknown" for p in pages))],
    )
