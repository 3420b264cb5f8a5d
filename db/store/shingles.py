"""The index that finds copies of a text: who shares three words in a row with the beginning of another.

It holds what is of the last days only, and at most `MOST` entries for a hash, so that neither the archive nor a line
that every entry of a source begins with makes a look-up dearer.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, Select, select

from db.models import Shingle
from db.models import Sketch as SketchRow
from db.store.bulk import chunks, insert_rows, rows_among

MOST = 50
"""Entries that are kept for one hash: of a text that more have copied, the first are enough to find it by."""

Sketch = tuple[int, int, Collection[int]]
"""Id of an entry, its `sorted_at` in seconds since 1970, the hashes of its beginning."""

_ADD = "INSERT INTO shingles (hash, entry_id) VALUES (?, ?)"


def holders(connection: Connection, hashes: Collection[int]) -> defaultdict[int, list[int]]:
    """Hash -> ids of the entries that have it, for those that any has."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    # In order, so that a look-up finds the page of the one before.
    for chunk in chunks(sorted(hashes)):
        for value, entry_id in rows_among(connection, Shingle, ("hash", "entry_id"), chunk):
            found[value].append(entry_id)
    return found


def add(connection: Connection, sketches: Sequence[Sketch], rows: list[tuple[int, int]]) -> None:
    """Lets entries be found: by `rows` of `(hash, entry id)`, which the sketches take out again."""
    insert_rows(
        connection,
        SketchRow,
        ("entry_id", "at", "hashes"),
        [(entry_id, at, struct.pack(f">{len(hashes)}q", *hashes)) for entry_id, at, hashes in sketches],
    )
    if rows:
        # As the driver takes them, and side by side in the index: there are 17 of an entry.
        rows.sort()
        connection.exec_driver_sql(_ADD, rows)


def drop(connection: Connection, entry_ids: Sequence[int]) -> None:
    """Lets these entries be found no more."""
    for chunk in chunks(entry_ids):
        _drop(connection, select(SketchRow.entry_id, SketchRow.hashes).where(SketchRow.entry_id.in_(chunk)))


def prune(connection: Connection, before: int, most: int) -> int:
    """Drops up to `most` of the entries that are older than `before` (seconds since 1970), the oldest first; returns
    how many."""
    oldest = select(SketchRow.entry_id, SketchRow.hashes).where(SketchRow.at < before)
    return _drop(connection, oldest.order_by(SketchRow.at).limit(most))


_DROP_SHINGLE = "DELETE FROM shingles WHERE hash = ? AND entry_id = ?"
_DROP_SKETCH = "DELETE FROM sketches WHERE entry_id = ?"


def _drop(connection: Connection, query: Select[int, bytes]) -> int:
    found = connection.execute(query).all()
    if found:
        rows = sorted((value, row[0]) for row in found for (value,) in struct.iter_unpack(">q", row[1]))
        connection.exec_driver_sql(_DROP_SHINGLE, rows)
        connection.exec_driver_sql(_DROP_SKETCH, [(row[0],) for row in found])
    return len(found)
