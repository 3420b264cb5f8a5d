"""Silence is never free, and misses are told."""

from __future__ import annotations

import pytest

from db.records import Access
from feeds.access import judge_page
from tests.quality import access, access_stripped
from tests.quality.access_pages import DECLARED, SILENT, URL, Labelled

PAGES = (*DECLARED, *SILENT)


def test_there_is_enough_to_judge_by() -> None:
    assert len(PAGES) >= 60
    assert len({page.name for page in PAGES}) == len(PAGES)


def test_stripped_pages_are_called_premium_often_enough() -> None:
    right, *_ = access_stripped.score()
    assert right >= 20


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_nothing_is_free_on_silence(page: Labelled) -> None:
    assert judge_page(page.html(stripped=True), URL).level is not Access.FREE


def test_a_miss_is_told() -> None:
    page = Labelled(name="one", access=Access.PREMIUM, declared="")
    assert access.compared([(page, Access.FREE)]) == (0, 0, 1, ["one: free instead of premium"])
    free = Labelled(name="two", access=Access.FREE, declared="")
    assert access.compared([(free, Access.PREMIUM)]) == (0, 1, 0, ["two: premium instead of free"])
