"""Polls as they are remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from db.engine import Connection, Engine, writing
from db.records import PastPoll, PollRecord
from db.store import polls, schedule
from tests.desk import NOON, hours, past_polls, plans, source_id

DAY = timedelta(days=1)
POLL = PollRecord(source_id=0, at=NOON, outcome="stored", due_at=NOON, reason="interval")


def add(connection: Connection, name: str, **over: object) -> int:
    """Lets the source of this name be polled; returns its id."""
    found = source_id(connection, name)
    schedule.finish(connection, [replace(POLL, source_id=found, **over)])  # type: ignore[arg-type]
    return found


def test_a_poll_is_remembered_with_its_answer(engine: Engine) -> None:
    with writing(engine) as connection:
        add(connection, "a", new=1, updated=2, unchanged=3, skipped=4, ms=80, status=200, size=900)
        add(connection, "b", outcome="failed", error="timeout", at=NOON + hours(1))
        add(connection, "b", outcome="unchanged", at=NOON + hours(2))
        stored, failed = past_polls(connection)
    assert stored == PastPoll(
        id=stored.id,
        source="a",
        at=NOON,
        outcome="stored",
        new=1,
        updated=2,
        unchanged=3,
        skipped=4,
        error=None,
        ms=80,
        status=200,
        size=900,
    )
    assert (failed.source, failed.outcome, failed.error) == ("b", "failed", "timeout")
    assert (failed.ms, failed.status, failed.size) == (None, None, None)


def test_pages_of_polls_hold_each_once(engine: Engine) -> None:
    with writing(engine) as connection:
        # The clock was set back in between, and two are of one moment.
        at = [NOON + hours(hour) for hour in (0, 3, 1, 1, 2)]
        for moment in at:
            wanted = add(connection, "a", at=moment)
            add(connection, "b", at=moment)
        assert len(past_polls(connection)) == 10
        own = [(one.at, one.id) for one in polls.of_source(connection, wanted, limit=99)]
        assert own == sorted(own, reverse=True)
        assert [moment for moment, _ in own] == sorted(at, reverse=True)
        paged: list[int] = []
        while found := polls.of_source(connection, wanted, limit=2, before=paged[-1] if paged else None):
            paged += [one.id for one in found]
        assert paged == [poll_id for _, poll_id in own]
        assert polls.of_source(connection, wanted, limit=2, before=999) == []


def test_new_entries_by_the_day(engine: Engine) -> None:
    with writing(engine) as connection:
        for hour, new in ((-1, 9), (0, 1), (23.9, 2), (24, 4), (47.9, 0), (72, 50)):
            one = add(connection, "a", at=NOON + hours(hour), new=new)
        other = add(connection, "b", at=NOON + hours(49), new=1)
        none = add(connection, "c", outcome="failed", error="e")
        found = polls.new_by_day(connection, [one, other, none, 99], NOON, 3)
        assert found == {one: [3, 4, 0], other: [0, 0, 1]}
        assert polls.new_by_day(connection, [], NOON, 3) == {}


def test_old_polls_are_forgotten(engine: Engine) -> None:
    with writing(engine) as connection:
        for day in range(5):
            add(connection, "a", at=NOON + day * DAY)
        assert [polls.prune(connection, NOON + 3 * DAY, 2) for _ in range(3)] == [2, 1, 0]
        assert [one.at for one in past_polls(connection)] == [NOON + 4 * DAY, NOON + 3 * DAY]


def test_the_polls_of_a_source_are_found_by_an_index(engine: Engine) -> None:
    for ask in (
        lambda connection: polls.of_source(connection, 1, limit=20, before=5),
        lambda connection: polls.new_by_day(connection, [1, 2], NOON, 30),
    ):
        asked = plans(engine, ask)
        assert "USING INDEX ix_polls_source_id_polls_at (source_id=?" in asked
        assert "SCAN polls" not in asked
