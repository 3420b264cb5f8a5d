"""Calls about sources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from db.engine import writing
from db.records import PollRecord, PushRecord, PushState
from db.store import pushes, schedule, sources
from feeds.declare import declare
from feeds.desk.api.sources import Changes, NewSource, Selectors
from feeds.desk.pages import options
from tests.desk import NOON, source_id
from tests.desk.calls import Api
from tests.desk.web import Web, running_desk

CONFIGURED = '[[source]]\nname = "Configured"\nurl = "https://news.example/c.xml"\n[profile.harbour]\nyear = 2026\n'
URL = "https://wire.example/feed"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with running_desk(tmp_path, CONFIGURED) as web:
        declare(web.engine, web.config, NOON)
        yield web


def names(rows: list[dict[str, str]]) -> list[str]:
    return [row["source"] for row in rows]


def test_sources_come_in_pages_in_order_of_name(web: Web, api: Api) -> None:
    with writing(web.engine) as connection:
        for number in range(7):
            sources.add(connection, f"s{number}: é", {"url": f"https://s{number}.example/"}, NOON)
    everyone = ["Configured", *(f"s{number}: é" for number in range(7))]
    for limit in (1, 3, 8, 200):
        assert names(api.every("/sources", limit)) == everyone
    assert api.call("/sources?limit=8")["next"] is None


def test_sources_are_found(web: Web, api: Api) -> None:
    with writing(web.engine) as connection:
        sources.add(connection, "page", {"url": "https://odd.example/", "kind": "page"}, NOON)
        sources.pause(connection, source_id(connection, "seeds"))
    assert names(api.every("/sources?state=paused", 1)) == ["seeds"]
    assert names(api.every("/sources?state=ok&state=paused", 1)) == ["Configured", "page", "seeds"]
    assert names(api.every("/sources?kind=page", 5)) == ["page"]
    assert names(api.every("/sources?q=ODD.example", 5)) == ["page"]
    assert names(api.every("/sources?q=odd&state=paused", 5)) == []
    assert api.call("/sources?state=tired", status=400).startswith('state: "tired" is none; there are ok, slow')
    assert api.call("/sources?kind=blog", status=400) == 'kind: "blog" is none; there are seed, feed, page, sitemap'


def test_a_source_is_added(web: Web, api: Api) -> None:
    new = {"location": URL, "name": "The Wire: sea", "sections": ["Sea"], "interval": 7}
    got = api.ask("/sources", "POST", new)
    assert got.status == 201
    assert got.headers["Location"] == "/api/v1/sources/The%20Wire%3A%20sea"
    found = api.call("/sources/The%20Wire%3A%20sea")
    assert found["options"] == {"name": "The Wire: sea", "url": URL, "sections": ["Sea"], "interval": 7}
    assert (found["origin"], found["state"], found["next_due"]) == ("added", "ok", "2026-03-02T12:00:00Z")
    assert web.hands.woken == 1
    assert "is there already" in api.call("/sources", "POST", new, status=409)
    assert api.call("/sources", "POST", {"location": URL}, status=201)["source"] == "wire.example"
    for location in ("/etc/passwd", "file:///etc/passwd", "feed.xml", "ftp://x.example/"):
        assert "http" in api.call("/sources", "POST", {"location": location}, status=400)
    assert api.call("/sources", "POST", {"location": URL, "name": "/"}, status=400).startswith("name: ")
    assert api.call("/sources", "POST", {"location": URL, "name": "k", "kind": "blog"}, status=400).startswith("kind: ")
    assert web.hands.woken == 2


def test_a_source_is_edited(web: Web, api: Api) -> None:
    api.call("/sources", "POST", {"location": URL, "name": "wire", "interval": 7}, status=201)
    changes = {"interval": None, "title": "The Wire", "sections": ["Sea", "Land"], "access": "premium", "kind": "page"}
    found = api.call("/sources/wire", "PATCH", changes)
    del changes["interval"]
    assert found["options"] == {"name": "wire", "url": URL, **changes}
    assert (found["title"], found["kind"], found["sections"]) == ("The Wire", "page", ["Sea", "Land"])
    assert api.call("/sources/wire", "PATCH", {})["options"] == found["options"]
    assert "timezone" in api.call("/sources/wire", "PATCH", {"timezone": "Moon"}, status=400)
    assert "body.path" in api.call("/sources/wire", "PATCH", {"path": "/etc/passwd"}, status=422)
    assert "url" in api.call("/sources/wire", "PATCH", {"url": "/etc/passwd"}, status=400)
    said = api.call("/sources/Configured", "PATCH", {"title": "x"}, status=400)
    assert said == f'{web.path}: edit the [[source]] table named "Configured" there'
    api.call("/sources/nobody", "PATCH", {}, status=404)


def test_programs_give_every_option_that_forms_give() -> None:
    asked = set(options.given({})) | {"kind"}
    assert set(Changes.model_fields) == asked | {"url"}
    assert set(NewSource.model_fields) == asked | {"location", "name"}
    assert tuple(Selectors.model_fields) == options.SELECTORS


def test_profiles_and_selectors(api: Api) -> None:
    given = {"name": "wire", "kind": "page", "profile": "harbour", "selectors": {"list": "article", "title": "h2"}}
    new = {"location": URL, "pages": 2, **given}
    assert api.call("/sources", "POST", new, status=201)["options"] == {"url": URL, "pages": 2, **given}
    found = api.call("/sources/wire", "PATCH", {"profile": None, "selectors": {"list": "li", "date": None}})
    del given["profile"]
    assert found["options"] == {"url": URL, "pages": 2, **given, "selectors": {"list": "li"}}
    assert "selectors" not in api.call("/sources/wire", "PATCH", {"selectors": None})["options"]
    for body, said in (
        ({"profile": "gone"}, "profile: there is no [profile.gone]"),
        ({"selectors": {"list": "//li"}}, "selectors.list: give a CSS selector"),
        ({"kind": "feed", "pages": None, "selectors": {"list": "li"}}, 'selectors are for sources of kind "page"'),
    ):
        assert api.call("/sources/wire", "PATCH", body, status=400).startswith(said)
        assert api.call("/sources", "POST", {**new, "name": "other", **body}, status=400).startswith(said)
    assert "body.selectors.colour" in api.call("/sources/wire", "PATCH", {"selectors": {"colour": "li"}}, status=422)


def test_a_source_is_paused_resumed_asked_and_removed(web: Web, api: Api) -> None:
    assert api.call("/sources/Configured/pause", "POST")["state"] == "paused"
    assert "is paused" in api.call("/sources/Configured/poll", "POST", status=400)
    web.now = NOON + timedelta(hours=1)
    found = api.call("/sources/Configured/resume", "POST")
    assert (found["paused"], found["enabled"], found["next_due"]) == (False, True, "2026-03-02T13:00:00Z")
    web.now = NOON + timedelta(hours=2)
    found = api.call("/sources/Configured/poll", "POST", status=202)
    assert (found["next_due"], found["reason"]) == ("2026-03-02T14:00:00Z", "a person asked for it")
    assert "delete the [[source]] table" in api.call("/sources/Configured", "DELETE", status=400)
    api.call("/sources", "POST", {"location": URL, "name": "wire"}, status=201)
    before = web.hands.woken
    api.call("/sources/wire", "DELETE", status=204)
    assert web.hands.woken == before + 1
    for path, method in (("", "GET"), ("", "DELETE"), ("/pause", "POST"), ("/resume", "POST"), ("/poll", "POST")):
        assert api.call(f"/sources/wire{path}", method, status=404).startswith('no source is named "wire"')
    api.call("/sources", "POST", {"location": URL, "name": "wire"}, status=201)


def test_polls_at_once_are_few(api: Api) -> None:
    for _ in range(10):
        api.call("/sources/Configured/poll", "POST", status=202)
    got = api.ask("/sources/Configured/poll", "POST")
    assert got.status == 429
    assert int(got.headers["Retry-After"] or 0) > 0
    assert "too often" in api.call("/sources/Configured/poll", "POST", status=429)


def test_polls_come_in_pages_the_latest_first(web: Web, api: Api) -> None:
    with writing(web.engine) as connection:
        one = PollRecord(
            source_id=source_id(connection, "wire"), at=NOON, outcome="stored", due_at=NOON, reason="", new=1,
            ms=80, status=200, size=900,
        )  # fmt: skip
        for number in range(5):
            schedule.finish(connection, [replace(one, at=NOON + timedelta(minutes=number // 2), new=number + 1)])
        schedule.finish(connection, [replace(one, source_id=source_id(connection, "Configured"), at=NOON)])
    for limit in (1, 2, 5):
        assert [row["new"] for row in api.every("/sources/wire/polls", limit)] == [5, 4, 3, 2, 1]
    assert api.call("/sources/wire/polls?limit=1")["items"] == [
        {"source": "wire", "at": "2026-03-02T12:02:00Z", "outcome": "stored", "new": 5, "updated": 0, "unchanged": 0}
        | {"skipped": 0, "error": None, "ms": 80, "status": 200, "size": 900}
    ]
    api.call("/sources/nobody/polls", status=404)


def test_all_that_is_known_of_a_source(web: Web, api: Api) -> None:
    with writing(web.engine) as connection:
        number = source_id(connection, "wire")
        poll = PollRecord(
            source_id=number, at=NOON, outcome="failed", due_at=NOON, reason="later", error="no answer", failures=2,
            url="https://new.example/", ms=40, status=500, size=3, headers=(("etag", '"x"'),), state="failing",
        )  # fmt: skip
        schedule.finish(connection, [poll])
        push = PushRecord(
            source_id=number, topic="https://t.example/", hubs=("https://hub.example/",), key="k" * 20, due_at=NOON,
            secret="s" * 20, hub="https://hub.example/", state=PushState.ACTIVE, lease_until=NOON,
        )  # fmt: skip
        pushes.add(connection, push)
    found = api.call("/sources/wire")
    assert (found["state"], found["error"], found["failures"]) == ("failing", "no answer", 2)
    assert (found["ms"], found["status"], found["size"], found["headers"]) == (40, 500, 3, {"etag": '"x"'})
    assert (found["moved_to"], found["push"]["state"]) == ("https://new.example/", "active")
    assert "s" * 20 not in str(found)
    assert api.every("/sources?q=wire", 1)[0]["push"] == found["push"]
