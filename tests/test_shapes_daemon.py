"""The daemon as JSON."""

from __future__ import annotations

from datetime import timedelta

from db.records import Heartbeat
from feeds.heartbeats import running
from feeds.shapes.daemon import daemon_as_json
from tests.desk import NOON


def test_nobody_is_nothing() -> None:
    assert daemon_as_json(None) is None


def test_a_daemon_and_its_jobs() -> None:
    beats = [
        Heartbeat("deliver", NOON, NOON - timedelta(hours=1), 1, 7),
        Heartbeat("tick", NOON - timedelta(hours=1), NOON - timedelta(hours=1), 5, 7, "disk full"),
    ]
    assert daemon_as_json(running(beats, NOON)) == {
        "pid": 7,
        "since": "2026-03-02T11:00:00Z",
        "last": "2026-03-02T12:00:00Z",
        "well": False,
        "jobs": [
            {"job": "deliver", "at": "2026-03-02T12:00:00Z", "every": 1, "late": False, "error": None},
            {"job": "tick", "at": "2026-03-02T11:00:00Z", "every": 5, "late": True, "error": "disk full"},
        ],
    }
