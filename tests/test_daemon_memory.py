"""Memory of a daemon at rest."""

from __future__ import annotations

from pathlib import Path

from db.engine import reading
from feeds.daemon.memory import frugal, give_back
from tests.desk import new_engine


def test_connections_that_nobody_uses_are_closed_and_made_anew(tmp_path: Path) -> None:
    frugal()
    engine = new_engine(tmp_path)
    with reading(engine) as used:
        with reading(engine) as idle:
            assert idle.exec_driver_sql("SELECT 1").scalar() == 1
        before = engine.pool.checkedin()  # type: ignore[attr-defined]  # of the pool that files have
        give_back(engine)
        assert (before, engine.pool.checkedin()) == (1, 0)  # type: ignore[attr-defined]  # the same
        assert used.exec_driver_sql("SELECT 1").scalar() == 1
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    engine.dispose()
