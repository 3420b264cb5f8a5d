"""Rows in bulk are what SQLAlchemy would have written one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import sqlite

from db.engine import writing
from db.models import Document, Source, SourceState, UtcDateTime
from db.store import bulk
from db.store.bulk import insert_rows, next_ids, rows_among, rows_of_pairs, table_of
from tests.desk import NOON, new_engine

NAMES = ("id", "name", "origin", "enabled", "removed", "options", "learned")


def rows(connection: Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute(select(table_of(Source)).order_by(Source.id))]


def test_the_same_as_one_by_one(tmp_path: Path) -> None:
    given = [
        (1, "a", "config", True, False, {"url": "x", "sections": ["ä"]}, {}),
        (2, "b", "added", False, True, [], {"markers": ("m", "n")}),
    ]
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        insert_rows(connection, Source, NAMES, given)
        bulk = rows(connection)
        connection.exec_driver_sql("DELETE FROM sources")
        for row in given:
            connection.execute(insert(Source).values(dict(zip(NAMES, row, strict=True))))
        assert rows(connection) == bulk
        insert_rows(connection, Source, NAMES, [])
        assert rows(connection) == bulk


def test_times_come_back_with_their_zone(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        insert_rows(connection, Source, NAMES, [(7, "a", "config", True, False, {}, {})])
        insert_rows(connection, SourceState, ("source_id", "due_at", "last_poll", "failures"), [(7, NOON, None, 0)])
        state = connection.execute(select(SourceState.due_at, SourceState.last_poll, SourceState.pace)).one()
        assert tuple(state) == (NOON, None, {})
        with pytest.raises(ValueError, match="without zone"):
            insert_rows(connection, SourceState, ("source_id", "due_at"), [(8, datetime(2026, 1, 1))])  # noqa: DTZ001


def test_what_follows_the_statement(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        insert_rows(connection, Source, NAMES, [(7, "a", "config", True, False, {}, {})])
        for name in ("x", "y"):
            rows = [(1, 7, name, b"d")]
            insert_rows(connection, Document, ("id", "source_id", "name", "digest"), rows, "ON CONFLICT DO NOTHING")
        assert list(connection.scalars(select(Document.name))) == ["x"]


def test_ids_go_on(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        assert list(next_ids(connection, Source, 2)) == [1, 2]
        insert_rows(connection, Source, NAMES, [(7, "a", "config", True, False, {}, {})])
        assert list(next_ids(connection, Source, 2)) == [8, 9]
        assert list(next_ids(connection, Source, 0)) == []


@given(st.datetimes(timezones=st.just(UTC) | st.timezones()))
def test_times_are_written_as_the_type_would(moment: datetime) -> None:
    kind, dialect = UtcDateTime(), sqlite.dialect()
    process = kind.dialect_impl(dialect).bind_processor(dialect)
    assert process is not None
    try:
        expected = process(moment)
    except OverflowError:  # the first and the last days of the calendar have no time in UTC
        return
    assert bulk._sqlite_time(moment) == expected


def test_rows_among_values(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        insert_rows(connection, Source, NAMES, [(n, f"s{n}", "added", True, False, {}, {}) for n in range(1, 5)])
        found = rows_among(connection, Source, ("name", "id"), ["s1", "none", "s3", "s1"])
        assert sorted(tuple(row) for row in found) == [("s1", 1), ("s3", 3)]
        assert rows_among(connection, Source, ("id", "name"), []) == []


def test_rows_of_pairs(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        insert_rows(connection, Source, NAMES, [(n, f"s{n}", "added", True, False, {}, {}) for n in range(1, 5)])
        found = rows_of_pairs(connection, Source, ("id", "name", "enabled"), [(1, "s1"), (2, "s3"), (4, "s4")])
        assert sorted(tuple(row) for row in found) == [(1, "s1", 1), (4, "s4", 1)]
        assert rows_of_pairs(connection, Source, ("id", "name"), []) == []
