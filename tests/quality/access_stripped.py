"""Access of article pages with all that their papers declare taken out: what a paywall's own words are worth."""

from __future__ import annotations

from db.records import Access
from feeds.access import judge_page
from tests.quality.access import compared
from tests.quality.access_pages import DECLARED, SILENT, URL, Labelled

TITLE = "access of pages that declare nothing"


def judged() -> list[tuple[Labelled, Access]]:
    """The pages, stripped, and what each is taken for."""
    return [(page, judge_page(page.html(stripped=True), URL).level) for page in (*DECLARED, *SILENT)]


def score() -> tuple[int, int, int, list[str]]:
    """As of pages that declare it. No miss is a locked page that nothing gives away: it is `unknown`, not `free`."""
    right, wrong, missing, misses = compared(judged())
    return right, wrong, missing, [miss for miss in misses if ": unknown " not in miss]
