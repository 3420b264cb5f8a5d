"""How far those have come who look at rows in order."""

from __future__ import annotations

from pathlib import Path

from db.engine import writing
from db.store import cursors
from tests.desk import NOON, hours, new_engine


def test_a_cursor_stands_where_it_was_moved(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        assert cursors.position(connection, "alert a") is None
        cursors.move(connection, "alert a", 3, NOON)
        cursors.move(connection, "alert a", 5, NOON + hours(1))
        assert cursors.position(connection, "alert a") == 5
        cursors.forget(connection, NOON + hours(1))
        assert cursors.position(connection, "alert a") == 5
        cursors.forget(connection, NOON + hours(2))
        assert cursors.position(connection, "alert a") is None


def test_those_that_nobody_has_any_more_are_forgotten(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        for name in ("alert a", "alert b", "alerts", "other"):
            cursors.move(connection, name, 1, NOON)
        cursors.keep(connection, "alert ", ["alert b"])
        kept = [name for name in ("alert a", "alert b", "alerts", "other") if cursors.position(connection, name)]
        assert kept == ["alert b", "alerts", "other"]
