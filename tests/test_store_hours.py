"""Polls counted by the hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from db.engine import reading, writing
from db.records import HourRecord, Pace, PollRecord
from db.store import hours, schedule
from feeds.pushed import PUSHED
from tests.desk import NOON, new_engine, source_id
from tests.desk import hours as span

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
POLL = PollRecord(source_id=1, at=NOON, outcome="stored", due_at=NOON, reason="interval")


def test_polls_add_up_in_the_hour_in_which_they_were(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    last = NOON + timedelta(minutes=59, seconds=59.9)
    with writing(engine) as connection:
        hours.count(connection, [])
        hours.count(
            connection,
            [
                replace(POLL, new=3, updated=1, size=500),
                replace(POLL, at=last, outcome="unchanged", size=None),
                replace(POLL, at=last, outcome="failed"),
                replace(POLL, at=last, outcome="deferred", new=9, size=9),
                replace(POLL, at=NOON + span(1), new=1, size=7),
            ],
        )
        hours.count(connection, [replace(POLL, at=last, new=2, size=1)])
        found = hours.since(connection, last)
    assert found == [
        HourRecord(NOON, stored=2, unchanged=1, failed=1, new=5, updated=1, size=501),
        HourRecord(NOON + span(1), stored=1, new=1, size=7),
    ]
    assert [one.polls for one in found] == [4, 1]


def test_hours_are_those_of_utc_from_whichever_zone_they_are_asked(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        for hour in range(3):
            hours.count(connection, [replace(POLL, at=NOON + span(hour))])
        east = timezone(span(9.5))
        found = hours.since(connection, (NOON + span(1.5)).astimezone(east))
        assert [one.at for one in found] == [NOON + span(1), NOON + span(2)]
        hours.prune(connection, NOON + span(1.9))
        assert [one.at for one in hours.since(connection, NOON)] == [NOON + span(1), NOON + span(2)]


def test_what_is_forgotten_stays_in_the_sums(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        assert hours.totals(connection) == HourRecord(EPOCH)
        hours.prune(connection, NOON)
        for hour in range(4):
            hours.count(connection, [replace(POLL, at=NOON + span(hour), new=1, size=10)])
        before = hours.totals(connection)
        assert before == HourRecord(EPOCH, stored=4, new=4, size=40)
        for hour in (1, 3):
            hours.prune(connection, NOON + span(hour))
            assert hours.totals(connection) == before
        assert hours.since(connection, NOON) == [HourRecord(NOON + span(3), stored=1, new=1, size=10)]


def test_the_schedule_counts_what_it_stores(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        one = replace(POLL, source_id=source_id(connection))
        schedule.finish(connection, [replace(one, new=1), replace(one, outcome="unchanged")])
        push = replace(one, outcome=PUSHED)
        schedule.note_pushed(
            connection, [(replace(push, new=2), Pace()), (push, Pace()), (replace(push, updated=1), Pace())]
        )
    with reading(engine) as connection:
        assert hours.since(connection, NOON) == [HourRecord(NOON, stored=3, unchanged=1, new=3, updated=1)]
