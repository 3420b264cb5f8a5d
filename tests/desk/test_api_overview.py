"""Calls about the whole."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from db.engine import writing
from db.records import PollRecord
from db.store import hours, incidents, sources
from feeds import __version__
from feeds.desk.context import Progress
from feeds.terms import Standing
from tests.desk import NOON, record, source_id, tell
from tests.desk.calls import api_of
from tests.desk.web import GUARDED, running_desk

MASKED = "***"
NOW = "2026-03-02T12:00:00Z"
SECRETS = """
[credential."https://news.example"]
username = "desk"
password = "hunter-seven"
[credential."https://other.example"]
bearer = "bearer-eight"
[[alert]]
name = "mail"
to = "mailto://somebody:nine@mail.example"
[[source]]
name = "odd"
url = "https://news.example/feed?key=eleven"
"""


def test_how_all_stands(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        api = api_of(web, "read")
        empty = api.call("/status")
        assert empty | {"entries": 0, "sections": 0, "sources": {}, "next": [], "well": True} == empty
        tell(web.engine, "a", record())
        with writing(web.engine) as connection:
            sources.pause(connection, source_id(connection, "wire"))
        assert api.call("/status") == {
            "title": "Harbour Desk",
            "version": __version__,
            "now": NOW,
            "well": True,
            "sources": {"ok": 1, "paused": 1},
            "incidents": {},
            "polling": 0,
            "next": [{"source": "harbour", "next_due": NOW, "reason": None}],
            "entries": 1,
            "sections": 1,
            "unpublished": 2,
            "unpublished_since": NOW,
        }
        with writing(web.engine) as connection:
            incidents.open_incident(connection, "disk", "var", "full", NOON)
        found = api.call("/status")
        assert (found["well"], found["incidents"]) == (False, {"disk": 1})


def test_what_polls_came_to(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        with writing(web.engine) as connection:
            for back in (0, 1, 5):
                poll = PollRecord(
                    source_id=1,
                    at=NOON - timedelta(hours=back),
                    outcome="stored",
                    due_at=NOON,
                    reason="",
                    new=2,
                    size=9,
                )
                hours.count(connection, [poll])
        api = api_of(web, "read")
        assert api.call("/hours?hours=2")["items"] == [
            {"at": f"2026-03-02T{hour}:00:00Z", "polls": 1, "stored": 1, "unchanged": 0, "failed": 0}
            | {"new": 2, "updated": 0, "bytes": 9}
            for hour in (11, 12)
        ]
        assert len(api.call("/hours")["items"]) == 3
        assert "query.hours" in api.call("/hours?hours=0", status=422)


def test_how_a_poll_stands(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        api = api_of(web, "read")
        assert (api.call("/progress")["running"], api.call("/progress")["began"]) == (False, None)
        web.hands.standing = Progress(
            NOON, Standing(total=9, done=4, failed=1, active=2), recent=(("wire", "stored", 3),)
        )
        found = api.call("/progress")
        assert found == {
            "running": True, "began": NOW, "ended": None, "total": 9, "done": 4, "failed": 1, "deferred": 0,
            "waiting": 0, "active": 2, "recent": [{"source": "wire", "outcome": "stored", "new": 3}],
        }  # fmt: skip
        web.hands.standing = Progress(NOON, Standing(), NOON)
        assert api.call("/progress")["running"] is False


def test_settings_without_secrets(tmp_path: Path) -> None:
    with running_desk(tmp_path, GUARDED + SECRETS) as web:
        api = api_of(web, "read")
        found = api.call("/settings")
        assert found["file"] == str(web.path)
        assert found["settings"]["site"]["title"] == "Harbour Desk"
        assert found["settings"]["credential"]["https://news.example"]["password"] == MASKED
        assert found["settings"]["alert"][0]["to"] == MASKED
        assert found["settings"]["source"][0]["url"] == "https://news.example/feed?…"
        body = api.ask("/settings").body.decode()
        for secret in ("hunter-seven", "bearer-eight", ":nine@", "eleven", "argon2"):
            assert secret not in body
