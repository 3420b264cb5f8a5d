"""The list of incidents and the page of one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from db.engine import writing
from db.store import incidents
from feeds.desk.pages.incidents import PAGE
from tests.desk import NOON, hours, source_id
from tests.desk.web import Page, Web, running_desk


def heads(page: Page) -> list[str]:
    return [link.text() for link in page.css("tbody th a")]


def test_a_desk_without_troubles_says_where_they_would_be_told(web: Web) -> None:
    assert "incidents.atom" in web.page("/desk/incidents").text(".empty")


def test_troubles_are_listed_filtered_and_told_whole(web: Web) -> None:
    with writing(web.engine) as connection:
        harbour = source_id(connection)
        evidence = (("failures in a row", "3"), ("<b>", "<script>alert(1)</script>"))
        incidents.open_incident(
            connection, "failing", "harbour", "HTTP 503", NOON - hours(3), harbour, evidence=evidence
        )
        incidents.open_incident(connection, "disk", "var", "2 MB are free", NOON - hours(9))
        incidents.close_incident(connection, "disk", "var", NOON - hours(8), "space was made")
    page = web.page("/desk/incidents")
    assert heads(page) == ["failing: cannot be read", "disk: the disk is nearly full"]
    assert page.text("nav .count") == "1 open"
    assert heads(web.page("/desk/incidents?state=open")) == ["failing: cannot be read"]
    assert heads(web.page("/desk/incidents?state=closed")) == ["disk: the disk is nearly full"]
    assert heads(web.page("/desk/incidents?kind=disk")) == ["disk: the disk is nearly full"]
    assert heads(web.page("/desk/incidents?source=harbour")) == ["failing: cannot be read"]
    assert "No such incident" in web.page("/desk/incidents?source=nobody").text(".empty")
    whole = web.page(str(page.css("tbody th a")[0].attributes["href"]))
    assert "failures in a row" in whole.text("main")
    assert "<script>alert(1)</script>" in whole.text("main")
    over = web.page(str(page.css("tbody th a")[1].attributes["href"]))
    assert "space was made" in over.text("main")


def test_a_kind_of_a_newer_release_is_told_by_its_name(web: Web) -> None:
    with writing(web.engine) as connection:
        incidents.open_incident(connection, "drought", "var", "no rain", NOON)
    assert heads(web.page("/desk/incidents")) == ["drought: drought"]
    assert "no rain" in web.page("/desk/incidents").text("main")


def test_pages_hold_each_trouble_once(web: Web) -> None:
    with writing(web.engine) as connection:
        for number in range(2 * PAGE + 1):
            incidents.open_incident(connection, "lag", f"{number}", "late", NOON - timedelta(minutes=number // 7))
    seen, url = list[str](), "/desk/incidents"
    while url:
        page = web.page(url)
        seen += [str(link.attributes["href"]) for link in page.css("tbody th a")]
        url = page.attribute('a[rel="next"]', "href") if page.has('a[rel="next"]') else ""
    assert len(seen) == len(set(seen)) == 2 * PAGE + 1


@pytest.mark.parametrize("path", ["?state=lasting", "?kind=none", "?from=x", "?from=-1", f"?from={1 << 70}"])
def test_a_filter_that_is_none_is_refused(web: Web, path: str) -> None:
    assert web.ask(f"/desk/incidents{path}").status == 400


def test_a_trouble_that_is_not_there_is_not_found(web: Web) -> None:
    assert web.ask("/desk/incidents/1").status == 404
    assert web.ask("/desk/incidents/one").status == 400


def test_where_no_feed_of_them_is_published_none_is_offered(tmp_path: Path) -> None:
    with running_desk(tmp_path, "[publish]\nincidents = false\n") as web:
        assert b'incidents.atom"' not in web.ask("/desk/incidents").body
