"""`/desk/sources`: the table, its filters and pages, and the deeds of a row."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from db.engine import writing
from db.records import PollRecord
from db.store import schedule, sources
from feeds.declare import declare
from feeds.desk.links import source_url
from feeds.desk.pages.sources import PAGE
from tests.desk import NOON, demo
from tests.desk.web import DECLARED, HOSTILE, Page, Web, add, known, running_desk, stored

ODD = ("add", "import", "a.b:c-d", "Weather service: warnings", "أخبار الميناء", "100 000", "x..", "é́a")


def names(web: Web, path: str = "/desk/sources") -> list[str]:
    return [link.text() for link in web.page(path).css("tbody th a")]


def rows(web: Web, path: str = "/desk/sources") -> dict[str, str]:
    found = [" ".join(row.text(separator=" ").split()) for row in web.page(path).css("tbody tr")]
    return dict(zip(names(web, path), found, strict=True))


def test_a_desk_without_sources_says_what_to_do(web: Web) -> None:
    page = web.page("/desk/sources")
    assert "No sources yet" in page.text()
    assert str(web.path) in page.text()
    assert not page.has("table")


def test_a_row_says_how_a_source_is(full: Web) -> None:
    told = rows(full)
    assert len(told) == len(demo.PLAYERS)
    failing = told["Northern Post"]
    assert "feed · northern-post.example" in failing
    assert "failing HTTP 503 Service Unavailable" in failing
    assert "about every 4 h" in failing
    assert "failed 14 times in a row" in failing
    assert "paused" in told["Trade unions"]
    assert "not while it is paused" in told["Trade unions"]
    assert "no more" in told["Old Observer"]
    assert "broken selector" in told["Council minutes"].replace("\u00a0", " ")
    assert len(full.page("/desk/sources").css("svg.spark")) == len(demo.PLAYERS)


def test_who_may_be_polled_paused_or_resumed(full: Web) -> None:
    def deeds(name: str) -> set[str]:
        page = full.page(f"/desk/sources?q={name.replace(' ', '+')}")
        return {str(form.attributes["action"]).rsplit("/", 1)[1] for form in page.css("td form")}

    assert deeds("Northern Post") == {"poll", "pause"}
    assert deeds("Trade unions") == {"resume"}


def test_the_table_is_narrowed(full: Web) -> None:
    assert names(full, "/desk/sources?state=failing") == ["Hospital news", "Northern Post"]
    assert names(full, "/desk/sources?kind=sitemap") == ["Railway news"]
    assert names(full, "/desk/sources?q=POST.example") == ["Northern Post"]
    assert names(full, "/desk/sources?q=ferry&state=gap&kind=feed") == ["Ferry notices"]
    for asked in ("state=nope", "kind=nope"):
        got = full.ask(f"/desk/sources?{asked}")
        assert (got.status, Page(got.body).text("p.lead").partition(";")[0]) == (
            400, f'{asked.partition("=")[0]}: "nope" is none',
        )  # fmt: skip
    page = full.page("/desk/sources?q=nobody")
    assert "No source is like that" in page.text()
    assert page.attribute("#find-q", "value") == "nobody"
    chosen = full.page("/desk/sources?state=failing").one("#find-state option[selected]")
    assert chosen.text() == "failing (2)"


def test_pages_lead_forth_and_back(web: Web) -> None:
    add(web, *(f"source {number:03}" for number in range(2 * PAGE + 3)))
    first = names(web)
    assert (first[0], len(first)) == ("source 000", PAGE)
    page = web.page("/desk/sources")
    assert not page.has(".pager [rel=prev]")
    second_url = page.attribute(".pager [rel=next]", "href")
    assert names(web, second_url)[0] == f"source {PAGE:03}"
    third_url = web.page(second_url).attribute(".pager [rel=next]", "href")
    third = web.page(third_url)
    assert not third.has(".pager [rel=next]")
    assert len(names(web, third_url)) == 3
    back = third.attribute(".pager [rel=prev]", "href")
    assert names(web, back) == names(web, second_url)
    assert names(web, web.page(back).attribute(".pager [rel=prev]", "href")) == first
    assert names(web, "/desk/sources?before=source+000") == first
    assert names(web, "/desk/sources?before=source+003") == first[:3]
    assert "No source is like that" in web.page("/desk/sources?after=z").text()
    assert "q=source" in web.page("/desk/sources?q=source").attribute(".pager [rel=next]", "href")


@pytest.mark.parametrize("name", ODD)
def test_every_name_has_its_page_and_its_deeds(web: Web, name: str) -> None:
    add(web, name)
    page = web.page("/desk/sources")
    url = str(page.one("tbody th a").attributes["href"])
    assert url == source_url(name)
    assert web.page(url).text("h1") == name
    assert web.page(f"{url}/edit").has("form.stack")
    got = web.post(f"{url}/pause")
    assert (got.status, got.headers["Location"]) == (303, url)
    found = stored(web, name)
    assert found.paused


def test_a_source_is_polled_now(web: Web) -> None:
    add(web, "harbour")
    later = NOON + timedelta(hours=5)
    with writing(web.engine) as connection:
        (source,) = sources.every(connection)
        schedule.finish(
            connection,
            [PollRecord(source_id=source.id, at=NOON, outcome="unchanged", due_at=later, reason="max-age=18000")],
        )
    got = web.post("/desk/sources/harbour/poll")
    assert (got.status, got.headers["Location"]) == (303, f"/desk/sources/harbour?asked={int(NOON.timestamp())}")
    found = stored(web, "harbour")
    assert (found.due_at, found.reason, web.hands.woken) == (NOON, "a person asked for it", 1)
    back = "/desk/sources?state=ok&after=a"
    assert web.post("/desk/sources/harbour/poll", {"back": back}).headers["Location"] == back


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/desk/sources/x", "/desk/sources.opml", "x"]
)
def test_nobody_is_led_elsewhere(web: Web, back: str) -> None:
    add(web, "harbour")
    assert web.post("/desk/sources/harbour/pause", {"back": back}).headers["Location"] == "/desk/sources/harbour"


def test_a_source_is_paused_and_resumed(web: Web) -> None:
    add(web, "harbour")
    got = web.post("/desk/sources/harbour/pause", {"back": "/desk/sources"})
    cookie = str(got.headers["Set-Cookie"]).partition(";")[0]
    assert '"harbour" is paused; its entries stay.' in web.page("/desk/sources", Cookie=cookie).text(".flash")
    refused = web.post("/desk/sources/harbour/poll")
    assert refused.status == 400
    assert b"is paused; resume it first" in refused.body
    assert web.post("/desk/sources/harbour/resume").status == 303
    found = stored(web, "harbour")
    assert (found.paused, found.reason, web.hands.woken) == (False, "resumed", 2)


def test_only_who_was_added_is_removed(tmp_path: Path) -> None:
    with running_desk(tmp_path, DECLARED) as web:
        declare(web.engine, web.config, NOON)
        add(web, "wire")
        assert web.post("/desk/sources/wire/remove").headers["Location"] == "/desk/sources"
        assert (known(web, "wire"), web.hands.woken) == (False, 1)
        got = web.post("/desk/sources/harbour/remove")
        assert got.status == 400
        assert b"delete the [[source]] table named" in got.body
        assert known(web, "harbour")


@pytest.mark.parametrize("deed", ["poll", "pause", "resume", "remove", "edit"])
def test_who_is_not_there_is_told_so(web: Web, deed: str) -> None:
    assert web.post(f"/desk/sources/nobody/{deed}").status == 404
    assert web.ask(f"/desk/sources/nobody/{deed}").status in (404, 405)


def test_too_many_polls_are_refused(web: Web) -> None:
    add(web, "harbour")
    answers = [web.post("/desk/sources/harbour/poll").status for _ in range(11)]
    assert answers == [303] * 10 + [429]


def test_strangers_words_stay_words(web: Web) -> None:
    add(web, "harbour", url=f"https://a.example/{HOSTILE}", kind=HOSTILE)
    with writing(web.engine) as connection:
        (source,) = sources.every(connection)
        schedule.finish(
            connection,
            [
                PollRecord(
                    source_id=source.id, at=NOON, outcome="failed", due_at=NOON, reason=HOSTILE, error=HOSTILE,
                    state=HOSTILE[:16], url=f"javascript:{HOSTILE}",
                )
            ],
        )  # fmt: skip
    for path in (
        "/desk/sources",
        f"/desk/sources?q={'%22%3E%3Cscript%3Ealert(1)'}&state=%22%3E%3Cscript%3E&after=%22%3E%3Cb%3E",
    ):
        body = web.ask(path).body
        assert b"<script>" not in body
        assert b"<img" not in body
        assert b"<b>" not in body
