"""Entries whose last change readers were not told of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from db.models import Incident, Source, Untold
from db.store.bulk import chunks, insert_rows


def note(connection: Connection, changed: Iterable[tuple[int, int]], now: datetime) -> None:
    """Notes that entries changed at `now` and nobody is told: `(entry id, id of the source that changed it)`."""
    rows = [(entry_id, source_id, now) for entry_id, source_id in changed]
    newer = "ON CONFLICT (entry_id) DO UPDATE SET source_id = excluded.source_id, last = excluded.last"
    insert_rows(connection, Untold, ("entry_id", "source_id", "last"), rows, newer)


def stir(connection: Connection, entry_ids: Sequence[int], now: datetime) -> None:
    """Lets those of the entries that are noted have changed at `now`, told or not."""
    for chunk in chunks(entry_ids):
        connection.execute(update(Untold).where(Untold.entry_id.in_(chunk)).values(last=now))


def forget(connection: Connection, entry_ids: Sequence[int]) -> None:
    """Forgets entries that readers are told of now."""
    for chunk in chunks(entry_ids):
        connection.execute(delete(Untold).where(Untold.entry_id.in_(chunk)))


def rested(connection: Connection, until: datetime, *, limit: int) -> list[int]:
    """Ids of the entries that changed at `until` or before, and not since; the longest ago first."""
    query = select(Untold.entry_id).where(Untold.last <= until).order_by(Untold.last).limit(limit)
    return list(connection.scalars(query))


def counts(connection: Connection, source_ids: Iterable[int]) -> dict[int, tuple[str, int]]:
    """Source's id -> its name, and how many entries it changed that nobody was told of."""
    query = (
        select(Source.id, Source.name, func.count())
        .join(Untold, Untold.source_id == Source.id)
        .where(Source.id.in_(list(source_ids)))
        .group_by(Source.id, Source.name)
    )
    return {row[0]: (row[1], row[2]) for row in connection.execute(query)}


def over(connection: Connection, kind: str) -> list[str]:
    """Subjects of the incidents of this kind that last though their source left nothing untold."""
    unsettled = select(Untold.entry_id).where(Untold.source_id == Incident.source_id).correlate(Incident).exists()
    query = select(Incident.subject).where(Incident.kind == kind, Incident.closed_at.is_(None), ~unsettled)
    return list(connection.scalars(query))
