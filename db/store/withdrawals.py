"""Entries that were taken back, and those of which a document makes one think so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, Connection, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from db import index
from db.models import Document, Entry, Item, Source, Vanished, Withdrawal
from db.records import VanishedRecord, WithdrawnBy
from db.records import Withdrawal as Record
from db.store.bulk import chunks, insert_rows


def save(connection: Connection, entry_id: int, withdrawal: Record) -> None:
    """Notes that the entry was taken back; who and why replace what was noted before, the time stays."""
    given = {"by": withdrawal.by.value, "why": withdrawal.why}
    stood = index.standing(connection, [entry_id])
    connection.execute(
        insert(Withdrawal)
        .values(entry_id=entry_id, at=withdrawal.at, **given)
        .on_conflict_do_update(index_elements=[Withdrawal.entry_id], set_=given)
    )
    index.renew(connection, stood)


def remove(connection: Connection, entry_ids: Sequence[int]) -> None:
    """Forgets that the entries were taken back."""
    for chunk in chunks(entry_ids):
        stood = index.standing(connection, chunk)
        connection.execute(delete(Withdrawal).where(Withdrawal.entry_id.in_(chunk)))
        index.renew(connection, stood)


def among(connection: Connection, entry_ids: Sequence[int]) -> dict[int, Record]:
    """Entry id -> its withdrawal, for those of the entries that were taken back."""
    found: dict[int, Record] = {}
    for chunk in chunks(entry_ids):
        query = select(Withdrawal.entry_id, Withdrawal.at, Withdrawal.by, Withdrawal.why)
        for entry_id, at, by, why in connection.execute(query.where(Withdrawal.entry_id.in_(chunk))):
            found[entry_id] = Record(at, WithdrawnBy(by), why)
    return found


def published_of(connection: Connection, entry_ids: Sequence[int]) -> dict[int, tuple[int, datetime]]:
    """Entry id -> the id of the source whose words it has, and when it was published, where that is known."""
    found: dict[int, tuple[int, datetime]] = {}
    for chunk in chunks(entry_ids):
        query = select(Entry.id, Entry.source_id, Entry.published)
        rows = connection.execute(query.where(Entry.id.in_(chunk), Entry.published.is_not(None)))
        found.update((row[0], (row[1], cast(datetime, row[2]))) for row in rows)
    return found


def named_somewhere(connection: Connection, entry_ids: Sequence[int]) -> set[int]:
    """Those of the entries that any document names."""
    found: set[int] = set()
    for chunk in chunks(entry_ids):
        found.update(connection.scalars(select(Item.entry_id).where(Item.entry_id.in_(chunk), Item.current.is_(True))))
    return found


def named_by(connection: Connection, document_ids: Sequence[int]) -> dict[int, int]:
    """Document id -> how many entries it names."""
    query = select(Item.document_id, func.count()).where(Item.document_id.in_(document_ids), Item.current.is_(True))
    return {row[0]: row[1] for row in connection.execute(query.group_by(Item.document_id))}


_VANISHED = (
    select(
        Vanished.document_id,
        Document.name.label("document"),
        Document.source_id,
        Source.name.label("source"),
        Vanished.entry_id,
        Entry.published,
        Vanished.since,
        Vanished.last,
        Vanished.reads,
    )
    .join(Document, Document.id == Vanished.document_id)
    .join(Source, Source.id == Document.source_id)
    .join(Entry, Entry.id == Vanished.entry_id)
)


def vanished(connection: Connection, document_ids: Sequence[int]) -> list[VanishedRecord]:
    """What the documents name no more, though they name older entries."""
    return _vanished(connection, Vanished.document_id.expression, document_ids)


def vanished_of(connection: Connection, source_ids: Sequence[int]) -> list[VanishedRecord]:
    """The same for all documents of the sources."""
    # With the 0 no index has it: SQLite would walk all documents of the sources, which have more than what vanished.
    return _vanished(connection, Document.source_id + 0, source_ids)


def _vanished(connection: Connection, column: ColumnElement[int], ids: Sequence[int]) -> list[VanishedRecord]:
    return [
        VanishedRecord(**row)
        for chunk in chunks(ids)
        for row in connection.execute(_VANISHED.where(column.in_(chunk))).mappings()
    ]


def save_vanished(connection: Connection, records: Iterable[VanishedRecord]) -> None:
    """Stores what documents name no more; what was stored of one before is replaced."""
    insert_rows(
        connection,
        Vanished,
        ("document_id", "entry_id", "since", "last", "reads"),
        [(one.document_id, one.entry_id, one.since, one.last, one.reads) for one in records],
        "ON CONFLICT (document_id, entry_id) DO UPDATE SET last = excluded.last, reads = excluded.reads",
    )


def remove_vanished(connection: Connection, records: Iterable[VanishedRecord]) -> None:
    """Forgets that documents name entries no more."""
    for one in records:
        connection.execute(
            delete(Vanished).where(Vanished.document_id == one.document_id, Vanished.entry_id == one.entry_id)
        )


def forget_vanished(connection: Connection, entry_ids: Sequence[int]) -> None:
    """The same for all documents that named the entries."""
    for chunk in chunks(entry_ids):
        connection.execute(delete(Vanished).where(Vanished.entry_id.in_(chunk)))
