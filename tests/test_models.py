"""The schema as Python sees it: times keep their zone, rows number themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError
from sqlalchemy.schema import CreateTable

from db.engine import reading, writing
from db.models import Base, DirtySection, Incident, UtcDateTime
from db.store.incidents import open_incident
from tests.desk import NOON, new_engine

MINSK = timezone(timedelta(hours=3))


def test_times_are_stored_in_utc(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        open_incident(connection, "failing", "a", "m", datetime(2026, 3, 2, 1, tzinfo=MINSK))
    with reading(engine) as connection:
        (found,) = connection.scalars(select(Incident.opened_at))
        raw = connection.exec_driver_sql("SELECT opened_at FROM incidents").scalar_one()
        assert connection.scalar(select(Incident.closed_at)) is None
    assert (found, found.tzinfo) == (datetime(2026, 3, 1, 22, tzinfo=UTC), UTC)
    assert raw == "2026-03-01 22:00:00.000000"


def test_a_time_without_a_zone_is_refused(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with pytest.raises((StatementError, ValueError), match="without zone"), writing(engine) as connection:
        open_incident(connection, "failing", "a", "m", datetime(2026, 3, 2))  # noqa: DTZ001  # the point of the test
    with reading(engine) as connection:
        assert connection.scalar(select(Incident.id)) is None


def test_postgresql_keeps_the_zone() -> None:
    kind, dialect = UtcDateTime(), postgresql.dialect()  # type: ignore[no-untyped-call]
    local = datetime(2026, 3, 2, 15, tzinfo=MINSK)
    assert kind.process_bind_param(local, dialect) is local
    assert kind.process_bind_param(None, dialect) is None
    assert kind.process_result_value(local, dialect) == NOON
    assert kind.process_result_value(None, dialect) is None


def test_every_single_number_is_given_by_the_database() -> None:
    """SQLite does so only in a column that is literally INTEGER."""
    for table in Base.metadata.sorted_tables:
        made = str(CreateTable(table).compile(dialect=sqlite.dialect()))
        if "id" in table.c and table is not DirtySection.__table__:
            assert "id INTEGER NOT NULL" in made


def test_every_constraint_has_a_name(tmp_path: Path) -> None:
    found = inspect(new_engine(tmp_path))
    for table in Base.metadata.tables:
        assert found.get_pk_constraint(table)["name"] == f"pk_{table}"
        assert all(key["name"] for key in found.get_foreign_keys(table))
        assert all(unique["name"] for unique in found.get_unique_constraints(table))
