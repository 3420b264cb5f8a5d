"""What is forgotten when its time is over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from db.engine import reading, writing
from db.records import PollRecord
from db.store import cursors, hours, incidents, schedule, sessions
from feeds.config import parse
from feeds.daemon.upkeep import prune
from tests.command import SITE
from tests.desk import NOON, new_engine, past_polls, source_id

DAYS = [timedelta(days=each) for each in (0, 6, 8, 29, 31, 366, 401)]


def test_each_kind_is_kept_for_its_own_time(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    config = parse(SITE + "[monitor]\nhistory_days = 30\n", tmp_path / "config.toml")
    with writing(engine) as connection:
        source = source_id(connection)
        for number, ago in enumerate(DAYS):
            at = NOON - ago
            poll = PollRecord(
                source_id=source, at=at, outcome="failed", due_at=NOON, reason="x", settings=b"", failures=1, error="x"
            )
            schedule.finish(connection, [poll])
            hours.count(connection, [poll])
            incidents.open_incident(connection, "failing", f"s{number}", "x", at)
            if number:
                incidents.close_incident(connection, "failing", f"s{number}", at)
            cursors.move(connection, f"c{number}", number, at)
            sessions.create(connection, bytes([number]), at)
        incidents.open_incident(connection, "disk", "long", "x", NOON - timedelta(days=900))
        # Used to this day, but signed in too long ago.
        sessions.create(connection, b"old", NOON - timedelta(days=31))
        old = sessions.find(connection, b"old")
        assert old is not None
        sessions.note_use(connection, old.id, NOON)
    beats: list[int] = []
    prune(engine, config, NOON, lambda: beats.append(1))
    with reading(engine) as connection:
        assert len(past_polls(connection)) == 4
        assert len(hours.since(connection, NOON - timedelta(days=900))) == 6
        found = incidents.page(connection, limit=99)
        assert {one.subject for one in found} == {"s0", "s1", "s2", "s3", "long"}
        moved = [cursors.position(connection, f"c{number}") for number in range(len(DAYS))]
        assert moved == [0, 1, 2, 3, 4, None, None]
        signed_in = [sessions.find(connection, bytes([number])) is not None for number in range(len(DAYS))]
        assert signed_in == [True, True, False, False, False, False, False]
        assert sessions.find(connection, b"old") is None
    assert len(beats) == 4
    engine.dispose()


def test_one_of_a_clock_that_was_ahead_stops_no_forgetting(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    config = parse(SITE + "[monitor]\nhistory_days = 30\n", tmp_path / "config.toml")
    with writing(engine) as connection:
        source = source_id(connection)
        for days in (-900, 60, 50, 40, 1):
            at = NOON - timedelta(days=days)
            poll = PollRecord(source_id=source, at=at, outcome="stored", due_at=NOON, reason="x", new=1)
            schedule.finish(connection, [poll])
    prune(engine, config, NOON, at_once=2)
    with reading(engine) as connection:
        kept = [(NOON - one.at).days for one in past_polls(connection)]
    assert kept == [-900, 1]
    engine.dispose()
