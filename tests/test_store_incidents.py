"""Troubles: one at a time of each kind, closed when they are over."""

from __future__ import annotations

from pathlib import Path

from db.engine import reading, writing
from db.store import sources
from db.store.incidents import (
    close_incident,
    close_old,
    is_any_idle,
    kinds_of,
    newest,
    note,
    open_incident,
    opened,
    subjects_of,
)
from tests.desk import NOON, hours, new_engine, source_id


def test_an_incident_is_open_once_until_it_is_closed(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        open_incident(connection, "failing", "a", "first", NOON)
        open_incident(connection, "failing", "a", "second", NOON + hours(1))
        open_incident(connection, "disk", "a", "full", NOON + hours(2))
        assert [(one.kind, one.message, one.opened_at, one.source, one.closed_at) for one in opened(connection)] == [
            ("failing", "second", NOON, None, None),
            ("disk", "full", NOON + hours(2), None, None),
        ]
        close_incident(connection, "failing", "a", NOON + hours(3))
        close_incident(connection, "failing", "a", NOON + hours(4))
        close_incident(connection, "failing", "unknown", NOON)
        assert [one.kind for one in opened(connection)] == ["disk"]
        open_incident(connection, "failing", "a", "again", NOON + hours(5))
        assert [one.message for one in opened(connection)] == ["full", "again"]
        rows = connection.exec_driver_sql("SELECT closed_at FROM incidents WHERE kind = 'failing' ORDER BY id").all()
    assert [row[0] for row in rows] == ["2026-03-02 15:00:00.000000", None]


def test_a_source_that_is_polled_no_more_has_no_trouble(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        for name in ("kept", "removed", "paused"):
            open_incident(connection, "failing", name, "m", NOON, source_id(connection, name))
        assert [one.source for one in opened(connection)] == ["kept", "removed", "paused"]
        sources.remove(connection, "removed")
        sources.remove(connection, "paused")
        sources.add(connection, "paused", {"enabled": False}, NOON)
    with reading(engine) as connection:
        assert [one.source for one in opened(connection)] == ["kept"]


def test_an_old_trouble_is_closed_and_a_new_one_stays(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        for subject, hour in (("b", 0), ("a", 2)):
            open_incident(connection, "vanished", subject, "many", NOON + hours(hour))
        open_incident(connection, "gap", "c", "lost", NOON)
        assert subjects_of(connection, "vanished") == ["a", "b"]
        for subject in "abc":
            close_old(connection, "vanished", subject, NOON + hours(1), NOON + hours(3))
        assert subjects_of(connection, "vanished") == ["a"]
        assert subjects_of(connection, "gap") == ["c"]


def test_what_was_found_of_a_subject_is_noted(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        number = source_id(connection)
        found = [("slow", "takes long", (("answered after", "12 s"),)), ("gap", None, ()), ("stale", None, ())]
        open_incident(connection, "gap", "harbour", "lost", NOON, number)
        note(connection, "harbour", found, {"gap"}, NOON + hours(1), number)
        (one,) = opened(connection)
        assert (one.kind, one.message, one.evidence) == ("slow", "takes long", (("answered after", "12 s"),))
        assert kinds_of(connection, number) == {"slow"}


def test_the_newest_are_those_that_changed_last(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        for number in range(4):
            open_incident(connection, "gap", str(number), "lost", NOON + hours(number))
        close_incident(connection, "gap", "0", NOON + hours(10))
        close_incident(connection, "gap", "2", NOON + hours(2))
        assert [one.subject for one in newest(connection, 10)] == ["0", "3", "2", "1"]
        assert [one.subject for one in newest(connection, 2)] == ["0", "3"]


def test_whether_any_trouble_is_of_a_source_that_is_polled_no_more(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        number = source_id(connection)
        open_incident(connection, "gap", "harbour", "lost", NOON, number)
        assert not is_any_idle(connection)
        sources.pause(connection, number)
        assert is_any_idle(connection)
