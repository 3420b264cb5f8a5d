"""The feeds that are published, and whether they are as they have to be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import writing
from db.store import incidents
from feeds.publish import publish
from tests.desk import NOON, record, tell
from tests.desk.web import Web, running_desk

RULE = '[[section]]\nname = "Town"\nformerly = ["City"]\n[[rule]]\nsection = "Town"\ntitle = "ferry"\n'


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with running_desk(tmp_path, RULE) as running:
        yield running


def test_a_desk_without_sections_says_where_they_come_from(web: Web) -> None:
    page = web.page("/desk/sections")
    assert "No sections yet" in page.text(".empty")
    assert "not published yet" in page.text("table")


def test_feeds_are_listed_with_what_the_last_publish_wrote(web: Web) -> None:
    tell(web.engine, "a", record("Ferry sails", url="https://a.example/1"))
    assert "waits to be published" in web.page("/desk/sections").text("table")
    publish(web.engine, web.config, NOON)
    page = web.page("/desk/sections")
    assert page.has('a[href="https://news.example/sections/town.atom"]')
    assert "waits" not in page.text("table")
    assert "1 entry in all" in page.text("table")
    whole = web.page("/desk/sections/town")
    assert "when it was written" in whole.text("main")
    assert "City" in whole.text("main")
    assert whole.text("main code") == "title ferry"
    assert web.ask("/desk/sections/none").status == 404


def test_files_are_checked_where_that_is_asked_for(web: Web) -> None:
    tell(web.engine, "a", record("Ferry sails", url="https://a.example/1"))
    publish(web.engine, web.config, NOON)
    assert "checked just now" in web.page("/desk/sections/town/check").text("main")
    (web.config.public / "sections/town.rss").write_text("<rss version='2.0'><channel></channel></rss>")
    (web.config.public / "sections/town.json").unlink()
    said = web.page("/desk/sections/town/check").text("main")
    assert "MissingDescription" in said
    assert "it is not there" in said


def test_what_was_refused_or_not_written_is_said(web: Web) -> None:
    tell(web.engine, "a", record("Ferry sails", url="https://a.example/1"))
    publish(web.engine, web.config, NOON)
    with writing(web.engine) as connection:
        incidents.open_incident(connection, "refused", "sections/town.atom", "it has no title", NOON)
        incidents.open_incident(connection, "unwritable", "public", "the disk is full", NOON)
    page = web.page("/desk/sections")
    assert "it has no title" in page.text("table")
    assert "the disk is full" in page.text('[role="alert"]')
    assert "it has no title" in web.page("/desk/sections/town").text("main")


def test_many_feeds_come_in_pages(web: Web) -> None:
    tell(web.engine, "a", *(record(f"Ferry {n}", url=f"https://a.example/{n}", sections=(f"S{n}",)) for n in range(60)))
    seen, url = list[str](), "/desk/sections"
    while url:
        page = web.page(url)
        seen += [link.text() for link in page.css("tbody th a")]
        url = page.attribute('a[rel="next"]', "href") if page.has('a[rel="next"]') else ""
    assert len(set(seen)) == len(seen) == 60
    assert page.has('a[rel="prev"]')


@pytest.mark.parametrize("place", ["x", "-1", "9" * 20])
def test_what_no_page_gave_is_refused(web: Web, place: str) -> None:
    got = web.ask(f"/desk/sections?from={place}")
    assert (got.status, b"this is no page of the list" in got.body) == (400, True)
