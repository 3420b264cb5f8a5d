"""The desk that pages are measured on is what it promises to be, and is made once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from db import engine as database
from db import index
from db.engine import reading
from db.models import Poll
from db.store import entries, hours, incidents, register, search, sections
from feeds.query import parse
from tests.bench import desk_data

SOURCES, ENTRIES = 1100, 10_000


def test_a_desk_has_what_it_promises_and_is_made_once(tmp_path: Path) -> None:
    engine = desk_data.make(tmp_path, SOURCES, ENTRIES)
    (kept,) = (each for each in tmp_path.iterdir() if each.suffix == ".sqlite3")
    assert database.verify(engine) == []
    with reading(engine) as connection:
        assert index.verify(connection) == []
        assert entries.count(connection) == ENTRIES
        assert connection.scalar(select(func.count()).select_from(Poll)) == desk_data.POLLS * SOURCES
        assert sum(register.counts(connection).values()) == SOURCES - 1, "one was removed"
        assert register.counts(connection)["paused"] == 11
        assert len(hours.since(connection, desk_data.NOW - timedelta(days=99))) == 60 * 24
        assert len(incidents.page(connection, limit=9999)) == desk_data.INCIDENTS
        assert len(incidents.page(connection, limit=9999, is_open=True)) == desk_data.LASTING
        names = {one.id: one.name for one in sections.every(connection)}
        counts = {names[each]: many for each, many in sections.counts(connection).items()}
        assert counts["Rare"] == 1
        assert counts["Section 0"] >= ENTRIES // 4 - 10

        def found(query: str) -> int:
            return len(search.matching(connection, parse(query), limit=None))

        assert (found("n1234"), found("access:registration")) == (1, 2)
        assert found("source:big") == ENTRIES // 20
        assert found("w1") > ENTRIES // 2
        assert (one := entries.by_uid(connection, f"{1234:032}")) is not None
        assert one.title.endswith(" n1234")
    engine.dispose()
    made = kept.stat().st_mtime_ns
    desk_data.make(tmp_path, SOURCES, ENTRIES).dispose()
    assert kept.stat().st_mtime_ns == made
    assert not (tmp_path / "making").exists()
