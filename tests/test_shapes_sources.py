"""Sources, their health and the desk's troubles as scripts see them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from db.engine import writing
from db.records import NEVER, PushRecord, PushState
from db.store import incidents
from feeds.monitor import Health, status
from feeds.shapes.sources import health_as_json, push_as_json, source_as_json, status_as_json
from tests.desk import NOON, hours, new_engine, record, source_id, tell
from tests.test_monitor import SOURCE

PUSH = PushRecord(
    source_id=1,
    topic="https://wire.example/feed",
    hubs=("https://hub.example/",),
    key="key",
    secret="hush",  # noqa: S106  # of a subscription that there is not
    due_at=NOON,
    hub="https://hub.example/",
    callback="https://desk.example/websub/key",
    state=PushState.ACTIVE,
    lease_until=NOON + hours(2),
)


def test_a_source_and_what_its_hub_is_told() -> None:
    source = replace(SOURCE, options={"url": "https://wire.example/feed"}, url="https://wire.example/atom")
    assert source_as_json(source, PUSH) == {
        "source": "harbour",
        "kind": "feed",
        "location": "https://wire.example/feed",
        "moved_to": "https://wire.example/atom",
        "origin": "config",
        "enabled": True,
        "next_due": "2026-03-02T12:00:00Z",
        "reason": None,
        "push": {
            "state": "active",
            "hub": "https://hub.example/",
            "topic": "https://wire.example/feed",
            "lease_until": "2026-03-02T14:00:00Z",
            "last_push": None,
            "doubted_until": None,
            "error": None,
        },
    }
    local = source_as_json(replace(SOURCE, options={"kind": "seed", "path": "seeds"}, due_at=NEVER), None)
    assert (local["kind"], local["location"], local["next_due"], local["push"]) == ("seed", "seeds", None, None)


def test_neither_secret_nor_callback_is_told() -> None:
    said = str(push_as_json(replace(PUSH, hub="")))
    assert "hush" not in said
    assert "desk.example" not in said
    assert "'hub': None" in said


def test_the_health_of_a_source() -> None:
    source = replace(
        SOURCE, state="failing", failures=2, error="timeout", reason="failed 2 times in a row", last_success=NOON
    )
    assert health_as_json(Health(source)) == {
        "source": "harbour",
        "state": "failing",
        "last_success": "2026-03-02T12:00:00Z",
        "next_due": "2026-03-02T12:00:00Z",
        "reason": "failed 2 times in a row",
        "failures": 2,
        "error": "timeout",
        "push": None,
    }


def test_the_whole_desk(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record())
    with writing(engine) as connection:
        incidents.open_incident(connection, "failing", "harbour", "timeout", NOON, source_id(connection))
    said = status_as_json(status(engine), "sqlite:///x")
    assert list(said) == ["sources", "incidents", "database"]
    assert said["incidents"] == [
        {
            "kind": "failing",
            "subject": "harbour",
            "source": "harbour",
            "opened": "2026-03-02T12:00:00Z",
            "message": "timeout",
        }
    ]
    assert said["database"] == {"url": "sqlite:///x", "entries": 1, "sections": 1, "unpublished": 2}
