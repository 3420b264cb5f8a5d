"""The page of an entry, and a person's word on it: what the database, and the feeds after a publish, say then."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from db.records import Access, StoredEntry
from feeds.desk.links import entry_url
from feeds.publish import publish
from tests.desk import BODY, MARKER, NOON, all_entries, at, hours, only, record, tell
from tests.desk.web import Page, Web

TITLE = "Council approves the ferry timetable"


def text_of(web: Web, entry: StoredEntry, selector: str) -> str:
    return web.page(entry_url(entry.uid)).text(selector)


def do(web: Web, entry: StoredEntry, deed: str, **fields: str) -> str:
    """Sends the form of a deed; returns what the page that follows says."""
    got = web.post(f"{entry_url(entry.uid)}/{deed}", fields)
    assert (got.status, got.headers["location"]) == (303, entry_url(entry.uid)), got.body
    cookie = got.headers["set-cookie"].partition(";")[0]
    page = web.page(entry_url(entry.uid), Cookie=cookie)
    assert not web.page(entry_url(entry.uid)).has(".flash")
    return page.text(".flash")


def twins(web: Web) -> tuple[StoredEntry, StoredEntry]:
    """A lead and the copy that is folded behind it."""
    tell(web.engine, "a", record(TITLE, url="https://a.example/1", text=BODY))
    tell(web.engine, "b", record(TITLE, url="https://b.example/1", text=BODY), source="city", now=NOON + hours(1))
    lead, copy = at(web.engine, "https://a.example/1"), at(web.engine, "https://b.example/1")
    return (lead, copy) if lead.is_lead else (copy, lead)


def test_a_page_tells_all_of_an_entry(web: Web) -> None:
    tell(
        web.engine, "a",
        record(TITLE, url="https://a.example/1", text=BODY, evidence=(MARKER,), authors=("Ann Lee",), summary="Short."),
    )  # fmt: skip
    page = web.page(entry_url(only(web.engine).uid))
    assert page.text("h1") == TITLE
    assert "Short." in page.text(".page-head")
    assert "Ann Lee" in page.text(".facts")
    assert "For subscribers only" in page.text("#access .evidence")
    assert "approved the new ferry" in page.text("#text .prose")
    assert page.has('a[rel~="noreferrer"][href="https://a.example/1"]')
    assert "No other entry" in page.text("#cluster")


def test_an_entry_is_found_by_the_end_of_its_id_and_else_not(web: Web) -> None:
    tell(web.engine, "a", record(TITLE, url="https://a.example/1"))
    assert web.ask(entry_url(only(web.engine).uid[-8:])).status == 200
    for uid in ("none", "tag:news.example,2026:none", "%", "a/b"):
        assert web.ask(entry_url(uid)).status == 404


def test_an_access_that_a_person_says_changes_the_feed(web: Web) -> None:
    tell(web.engine, "a", record(TITLE, url="https://a.example/1", text=BODY, access=Access.FREE))
    entry = only(web.engine)
    publish(web.engine, web.config, NOON)
    assert BODY in (web.config.public / "all.atom").read_text()
    said = do(web, entry, "access", level="premium")
    assert "premium from now on" in said
    assert web.hands.woken == 1
    assert only(web.engine).access is Access.PREMIUM
    publish(web.engine, web.config, NOON + hours(1))
    assert BODY not in (web.config.public / "all.atom").read_text()
    assert "a person said so" in text_of(web, entry, "#access")
    do(web, entry, "access", clear="1")
    assert not only(web.engine).access_override


def test_clusters_are_split_joined_and_left_to_the_rules(web: Web) -> None:
    lead, copy = twins(web)
    assert TITLE in text_of(web, lead, "#cluster table")
    assert "same words in title and body" in text_of(web, copy, "#cluster")
    assert "kept apart" in do(web, lead, "split", other=copy.uid)
    assert all(entry.is_lead for entry in all_entries(web.engine))
    assert "Never with" in text_of(web, lead, "#cluster")
    assert "the rules decide" in do(web, lead, "let-be", other=copy.uid)
    assert not all(entry.is_lead for entry in all_entries(web.engine))
    do(web, copy, "split")
    assert "It stands alone" in text_of(web, copy, "#cluster")
    assert all(entry.is_lead for entry in all_entries(web.engine))
    do(web, copy, "let-be", other=copy.uid)
    tell(web.engine, "c", record("Another story", url="https://c.example/1"))
    other = at(web.engine, "https://c.example/1")
    do(web, lead, "join", other=other.uid[-8:])
    assert at(web.engine, "https://c.example/1").lead == lead.uid
    assert "Together with" in text_of(web, other, "#cluster")


def test_an_entry_is_taken_back_and_shown_again(web: Web) -> None:
    tell(web.engine, "a", record(TITLE, url="https://a.example/1"))
    entry = only(web.engine)
    do(web, entry, "withdraw", why=" A  mistake ")
    assert not all_entries(web.engine)
    assert "by a person: A mistake" in text_of(web, entry, ".panel")
    do(web, entry, "restore")
    assert only(web.engine).uid == entry.uid


def test_versions_show_what_changed(web: Web) -> None:
    tell(web.engine, "a", record(TITLE, url="https://a.example/1", text=BODY))
    tell(
        web.engine, "a", record(TITLE + " again", url="https://a.example/1", text=BODY.replace("Monday", "Tuesday")),
        now=NOON + hours(3),
    )  # fmt: skip
    page = web.page(entry_url(only(web.engine).uid))
    assert {node.text().strip() for node in page.css("#history ins")} >= {"again", "Tuesday"}
    assert "Monday" in {node.text().strip() for node in page.css("#history del")}


@pytest.mark.parametrize(
    ("deed", "fields", "said"),
    [
        ("access", {"level": "gold"}, "is no level"),
        ("access", {}, "is no level"),
        ("join", {}, "give the id"),
        ("join", {"other": "x" * 8}, "no entry"),
        ("split", {"other": "x" * 8}, "no entry"),
        ("let-be", {"other": " "}, "give the id"),
        ("restore", {}, "was not taken back"),
    ],
)
def test_a_deed_that_does_not_work_says_why(web: Web, deed: str, fields: dict[str, str], said: str) -> None:
    tell(web.engine, "a", record(TITLE, url="https://a.example/1"))
    got = web.post(f"{entry_url(only(web.engine).uid)}/{deed}", fields)
    assert got.status in (400, 404)
    assert said in Page(got.body).text("main")
    assert web.hands.woken == 0


def test_a_deed_for_no_entry_is_not_found(web: Web) -> None:
    assert web.post(f"/desk/entries/{quote('tag:no', safe='')}/withdraw").status == 404


def test_what_strangers_say_is_escaped(web: Web) -> None:
    evil = "\"'><script>alert(1)</script>{{7*7}}"
    tell(
        web.engine,
        "a",
        record(evil, url="https://a.example/1", text=evil, sections=(evil,), authors=(evil,), label=evil),
    )
    tell(web.engine, "a", record(evil + " b", url="https://a.example/1", text=evil + " c"), now=NOON + hours(3))
    got = web.ask(entry_url(only(web.engine).uid))
    assert b"<script>alert" not in got.body
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in got.body
