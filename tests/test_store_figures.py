"""Numbers over everything."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import update

from db.engine import Engine, writing
from db.models import SourceState
from db.store import deliveries, figures, sources
from tests.desk import NOON, hours, new_engine, record, source_id, tell


def filled(folder: Path) -> Engine:
    engine = new_engine(folder)
    tell(engine, "a", record())
    return engine


def test_what_is_owed_is_counted(tmp_path: Path) -> None:
    engine = filled(tmp_path)
    with writing(engine) as connection:
        assert figures.deliveries(connection) == {}
        deliveries.owe_all(connection, "ping", [("a", {}), ("b", {})], NOON)
        deliveries.owe(connection, "alert", "a", {}, NOON)
        assert figures.deliveries(connection) == {"alert": 1, "ping": 2}


def test_answers_are_those_of_sources_that_are_polled(tmp_path: Path) -> None:
    engine = filled(tmp_path)
    with writing(engine) as connection:
        for name in ("paused", "removed", "fresh"):
            source_id(connection, name)
        connection.execute(
            update(SourceState)
            .where(SourceState.source_id == source_id(connection))
            .values(last_success=NOON - hours(1), ms=80)
        )
        sources.pause(connection, source_id(connection, "paused"))
        sources.remove(connection, "removed")
        assert set(figures.answers(connection)) == {(NOON - hours(1), 80), (None, None)}
