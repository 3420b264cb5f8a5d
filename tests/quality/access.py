"""Access of article pages whose papers declare it."""

from __future__ import annotations

from db.records import Access
from feeds.access import judge_page
from tests.quality.access_pages import DECLARED, URL, Labelled

TITLE = "access of pages that declare it"

LOCKED = frozenset((Access.PREMIUM, Access.METERED, Access.REGISTRATION))


def score() -> tuple[int, int, int, list[str]]:
    """Whether a page is locked: right, wrongly so, missed, and what was got wrong."""
    return compared([(page, judge_page(page.html(), URL).level) for page in DECLARED])


def compared(judged: list[tuple[Labelled, Access]]) -> tuple[int, int, int, list[str]]:
    """Labels against levels; `unknown` says of nothing that it is locked."""
    right = wrong = missing = 0
    misses = []
    for page, level in judged:
        is_locked, said = page.access in LOCKED, level in LOCKED
        right += is_locked and said
        wrong += said and not is_locked
        missing += is_locked and not said
        if is_locked != said or (level is Access.FREE and is_locked):
            misses.append(f"{page.name}: {level.value} instead of {page.access.value}")
    return right, wrong, missing, misses
