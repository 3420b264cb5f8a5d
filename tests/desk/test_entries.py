"""The list of entries: what is found, in pages, and what is wrong with a query."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest

from feeds.desk.pages.entries import PAGE
from tests.desk import BODY, MARKER, NOON, record, tell
from tests.desk.web import Page, Web


def titles(page: Page) -> list[str]:
    """Headlines of the entries that a page lists."""
    return [link.text() for link in page.css("tbody th a")]


def test_a_desk_without_entries_says_what_to_do(web: Web) -> None:
    page = web.page("/desk/entries")
    assert "first poll" in page.text(".empty")
    assert page.has('.empty a[href="/desk/sources/add"]')


def test_entries_come_newest_first_in_pages_that_hold_each_once(web: Web) -> None:
    made = [
        record(f"Ferry {n}", url=f"https://a.example/{n}", dated=NOON - timedelta(minutes=n // 3)) for n in range(120)
    ]
    tell(web.engine, "a", *made)
    seen, url = list[str](), "/desk/entries"
    while url:
        page = web.page(url)
        seen += titles(page)
        url = page.attribute('a[rel="next"]', "href") if page.has('a[rel="next"]') else ""
    assert sorted(seen) == sorted(one.title for one in made)
    assert len(seen) == len(set(seen)) == 120 > 2 * PAGE
    assert seen[0] in ("Ferry 0", "Ferry 1", "Ferry 2")


def test_words_section_source_and_access_narrow_the_list(web: Web) -> None:
    tell(web.engine, "a", record("Ferry sails", url="https://a.example/1", sections=("Harbour",)))
    tell(web.engine, "b", record("Bridge opens", url="https://b.example/2", evidence=(MARKER,)), source="city")
    for query, found in (
        ("q=ferr*", ["Ferry sails"]),
        ("section=harbour", ["Ferry sails"]),
        ("source=city", ["Bridge opens"]),
        ("access=premium", ["Bridge opens"]),
        ("access=premium&source=harbour", []),
    ):
        assert titles(web.page(f"/desk/entries?{query}")) == found, query
    assert "No entries match" in web.page("/desk/entries?q=tram").text()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("q=%22ferry", "not closed"),
        ("source=nobody", 'no source is named "nobody"'),
        ("section=nowhere", 'no section is named "nowhere"'),
        ("access=gold", "is no level"),
        ("from=x", "no page of the list"),
        ("from=1.-1", "no page of the list"),
        (f"from={1 << 63}.0", "no page of the list"),
    ],
)
def test_what_is_no_query_is_said_at_the_form(web: Web, query: str, said: str) -> None:
    got = web.ask(f"/desk/entries?{query}")
    assert got.status == 400
    assert said in Page(got.body).text(".filters")


def test_copies_are_told(web: Web) -> None:
    tell(web.engine, "a", record("Council approves the ferry timetable", url="https://a.example/1", text=BODY))
    tell(
        web.engine,
        "b",
        record("Council approves the ferry timetable", url="https://b.example/1", text=BODY),
        source="city",
    )
    notes = [note.text().strip() for note in web.page("/desk/entries").css("tbody th .note")]
    assert sorted(notes) == ["1 copy folded behind it", "folded behind another"]


def test_what_strangers_say_is_escaped(web: Web) -> None:
    evil = "\"'><script>alert(1)</script>{{7*7}}"
    tell(web.engine, "a", record(evil, url="https://a.example/1", sections=(evil,)))
    got = web.ask(f"/desk/entries?q={quote('script')}&source=harbour")
    assert b"<script>alert" not in got.body
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in got.body
