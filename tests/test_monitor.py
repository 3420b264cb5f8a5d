"""Who is well and who is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from db.engine import writing
from db.records import Learned, Pace, PollRecord, SourceRecord
from db.store import incidents, schedule, sources
from feeds.monitor import status
from tests.desk import NOON, new_engine, record, source_id, tell

SOURCE = SourceRecord(
    id=1,
    name="harbour",
    origin="config",
    enabled=True,
    options={},
    learned=Learned(),
    host=None,
    url=None,
    pace=Pace(),
    due_at=NOON,
    etag=None,
    last_modified=None,
    settings=None,
    failures=0,
    last_poll=None,
    last_success=None,
    outcome=None,
    reason=None,
    error=None,
)


def test_the_state_of_a_source() -> None:
    assert SOURCE.standing == "ok"
    assert replace(SOURCE, state="stale").standing == "stale"
    assert replace(SOURCE, state="stale", enabled=False).standing == "paused"


def test_the_status_of_a_desk(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    empty = status(engine)
    assert (empty.sources, empty.incidents, empty.entries, empty.sections, empty.dirty) == ((), (), 0, 0, 0)
    assert empty.well
    tell(engine, "a", record(sections=("Town", "Sea")))
    found = status(engine)
    assert (found.entries, found.sections, found.dirty, found.well) == (1, 2, 3, True)
    assert [(one.source.name, one.source.standing) for one in found.sources] == [("harbour", "ok")]


def test_a_desk_is_not_well_while_a_source_fails(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    failed = PollRecord(source_id=1, at=NOON, outcome="failed", due_at=NOON, reason="", failures=1, error="timeout")
    failed = replace(failed, state="failing")
    with writing(engine) as connection:
        number = source_id(connection)
        schedule.finish(connection, [replace(failed, source_id=number)])
    assert not status(engine).well
    with writing(engine) as connection:
        mended = replace(failed, source_id=number, outcome="stored", error=None, failures=0, state="ok")
        schedule.finish(connection, [mended])
        incidents.open_incident(connection, "failing", "harbour", "m", NOON, number)
    assert not status(engine).well
    with writing(engine) as connection:
        sources.remove(connection, "harbour")
    # Nobody needs to mend what is polled no more.
    assert status(engine).well


def test_a_move_that_is_heeded_needs_nobody_at_once(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        number = source_id(connection)
        incidents.open_incident(connection, "moved", "harbour", "m", NOON, number)
        schedule.set_states(connection, {number: "moved"})
    assert status(engine).well
    with writing(engine) as connection:
        incidents.open_incident(connection, "slow", "harbour", "m", NOON, number)
    assert not status(engine).well
