"""The index of copies: who is found by which hash, and how rows leave it again."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, func, select

from db.engine import writing
from db.models import Shingle, Sketch
from db.store import shingles
from tests.desk import new_engine

BIG = 2**63 - 1


def add(connection: Connection, entry_id: int, at: int, *hashes: int) -> None:
    shingles.add(connection, [(entry_id, at, hashes)], [(value, entry_id) for value in hashes])


def left(connection: Connection) -> tuple[int, int]:
    counted = (connection.scalar(select(func.count()).select_from(model)) for model in (Sketch, Shingle))
    sketches, rows = (count or 0 for count in counted)
    return sketches, rows


def test_entries_are_found_by_any_hash(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        add(connection, 1, 100, -BIG - 1, 0, BIG)
        add(connection, 2, 100, 0, 7)
        found = shingles.holders(connection, {-BIG - 1, 0, 8, *range(100, 1100)})
        assert found == {-BIG - 1: [1], 0: [1, 2]}
        assert shingles.holders(connection, ()) == {}


def test_a_sketch_may_have_more_hashes_than_rows(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        shingles.add(connection, [(1, 100, (5, 6))], [])
        assert left(connection) == (1, 0)
        shingles.drop(connection, [1])
        assert left(connection) == (0, 0)


def test_what_is_dropped_is_found_no_more(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        for entry_id in range(1, 4):
            add(connection, entry_id, 100, 1, entry_id * 10)
        shingles.drop(connection, [1, 3, 99])
        assert shingles.holders(connection, {1, 10, 20, 30}) == {1: [2], 20: [2]}
        assert left(connection) == (1, 2)


def test_the_oldest_go_first_and_no_more_of_them_than_asked(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        for entry_id, at in ((1, 300), (2, 100), (3, 200), (4, 900)):
            add(connection, entry_id, at, 1, entry_id * 10)
        assert shingles.prune(connection, 900, 2) == 2
        assert shingles.holders(connection, {1})[1] == [1, 4]
        assert shingles.prune(connection, 900, 2) == 1
        assert shingles.prune(connection, 900, 2) == 0
        assert left(connection) == (1, 2)
