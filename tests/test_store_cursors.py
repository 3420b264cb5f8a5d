"""How far those have come who look at rows in order."""

from __future__ import annotations

from pathlib import Path

from db.engine import reading, writing
from db.store import cursors
from tests.desk import NOON, hours, new_engine


def test_a_cursor_moves_and_is_forgotten_when_it_does_no_more(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        assert cursors.position(connection, "a") is None
        cursors.move(connection, "a", 7, NOON)
        cursors.move(connection, "b", 1, NOON)
        cursors.move(connection, "a", 9, NOON + hours(1))
        assert (cursors.position(connection, "a"), cursors.position(connection, "b")) == (9, 1)
        cursors.forget(connection, NOON + hours(1))
    with reading(engine) as connection:
        assert (cursors.position(connection, "a"), cursors.position(connection, "b")) == (9, None)
