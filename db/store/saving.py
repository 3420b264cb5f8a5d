"""Writing entries: new ones, changed ones, what documents say of them, and who leads a cluster.

Every function takes a list, so that a batch of a thousand rows is as cheap a row as the database allows: all but
`revise_entries` cost a fixed number of statements, that one some for each entry, for few entries change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import aliased

from db import index
from db.models import Entry, EntryKey, EntrySection, Fingerprint, Item, Revision, Section
from db.records import (
    ALL_SECTIONS,
    Access,
    EntryRecord,
    Evidence,
    NewEntry,
    Place,
    Revised,
    Said,
    is_withheld,
)
from db.store.bulk import chunks, insert_rows, next_ids

_ENTRY = (
    "id",
    "uid",
    "source_id",
    "first_seen",
    "sorted_at",
    "place",
    "updated",
    "sections",
    "access",
    "evidence",
    "published",
    "published_precision",
    "published_basis",
    "title",
    "title_from_body",
    "url",
    "summary",
    "content",
    "text",
    "language",
    "label",
    "authors",
    "categories",
    "enclosures",
    "extra",
)


def insert_entries(
    connection: Connection,
    entries: Sequence[tuple[int, NewEntry]],
    section_ids: Mapping[str, int],
    now: datetime,
) -> list[int]:
    """Makes entries (source's id, entry) with their keys, sections, fingerprints and words; returns their ids in order.

    `section_ids` has the id of every casefolded section name in them.
    """
    if not entries:
        return []
    ids = next_ids(connection, Entry, len(entries))
    insert_rows(connection, Entry, _ENTRY, (_row(i, s, new, now) for i, (s, new) in zip(ids, entries, strict=True)))
    made = [(entry_id, new) for entry_id, (_, new) in zip(ids, entries, strict=True)]
    add_keys(connection, [(key, entry_id) for entry_id, new in made for key in new.record.keys])
    standing = [
        (section_ids[name.casefold()], entry_id, new.sorted_at, new.place)
        for entry_id, new in made
        for name in new.record.sections
    ]
    insert_rows(connection, EntrySection, ("section_id", "entry_id", "sorted_at", "place"), standing)
    _count(connection, Counter(row[0] for row in standing))
    add_fingerprints(
        connection,
        [(entry_id, s, new.record, new.sorted_at) for entry_id, (s, new) in zip(ids, entries, strict=True)],
    )
    index.add(connection, [_indexed(entry_id, s, new) for entry_id, (s, new) in zip(ids, entries, strict=True)])
    return list(ids)


_COUNTED = update(Section).where(Section.id == bindparam("section")).values(entries=Section.entries + bindparam("more"))


def _count(connection: Connection, more: Mapping[int, int]) -> None:
    """Notes that so many entries more stand in sections, or fewer: section's id -> how many."""
    rows = [{"section": section_id, "more": count} for section_id, count in more.items() if count]
    if rows:
        connection.execute(_COUNTED, rows)


def _indexed(entry_id: int, source_id: int, new: NewEntry) -> index.Row:
    """What the full-text index holds of a new entry."""
    record = new.record
    return index.row(
        entry_id,
        new.sorted_at,
        source_id,
        record.title,
        record.title_from_body,
        record.summary,
        record.text,
        record.authors,
        record.sections,
        record.access.value,
        record.language,
        is_withheld(record.access, record.evidence),
    )


def _row(entry_id: int, source_id: int, new: NewEntry, now: datetime) -> tuple[Any, ...]:
    """The values of `_ENTRY`."""
    record = new.record
    return (
        entry_id,
        new.uid,
        source_id,
        now,
        new.sorted_at,
        new.place,
        new.updated,
        record.sections,
        record.access.value,
        _plain_evidence(record.evidence),
        record.published,
        record.published_precision,
        record.published_basis,
        record.title,
        record.title_from_body,
        record.url,
        record.summary,
        record.content,
        record.text,
        record.language,
        record.label,
        record.authors,
        record.categories,
        _plain_enclosures(record),
        record.extra,
    )


def _plain_enclosures(record: EntryRecord) -> tuple[tuple[str, str, int], ...]:
    return tuple([(file.url, file.media_type, file.length) for file in record.enclosures])


def _plain_evidence(evidence: Sequence[Evidence]) -> tuple[tuple[str, str, str], ...]:
    return tuple([(proof.signal, proof.value, proof.where) for proof in evidence])


def _words(record: EntryRecord) -> dict[str, Any]:
    """The columns that a document's words fill."""
    return {
        "title": record.title,
        "title_from_body": record.title_from_body,
        "url": record.url,
        "summary": record.summary,
        "content": record.content,
        "text": record.text,
        "language": record.language,
        "label": record.label,
        "authors": record.authors,
        "categories": record.categories,
        "enclosures": _plain_enclosures(record),
        "extra": record.extra,
    }


def add_keys(connection: Connection, keys: Sequence[tuple[bytes, int]]) -> None:
    """Lets each key find its entry from now on; one that finds another entry already keeps doing so."""
    # In order of key, so that what one batch adds lies side by side in the index.
    insert_rows(connection, EntryKey, ("key", "entry_id"), sorted(keys), "ON CONFLICT DO NOTHING")


def add_fingerprints(connection: Connection, records: Sequence[tuple[int, int, EntryRecord, datetime]]) -> None:
    """Notes by what duplicates of entries are found: `(entry id, source's id, record, sorted_at)` of each."""
    insert_rows(
        connection,
        Fingerprint,
        ("entry_id", "source_id", "hash", "at", "body_words", "text_hash", "teased"),
        [
            (
                entry_id,
                source_id,
                record.fingerprint.bucket,
                int(sorted_at.timestamp()),
                record.fingerprint.body_words,
                record.fingerprint.text_hash,
                not record.text,
            )
            for entry_id, source_id, record, sorted_at in records
            if record.fingerprint.bucket is not None
        ],
    )


def save_items(connection: Connection, said: Sequence[tuple[int, Said]]) -> None:
    """Stores what documents say of entries (entry id, what the document says)."""
    insert_rows(
        connection,
        Item,
        ("document_id", "entry_id", "digest", "rank", "sections", "evidence", "current"),
        [
            (one.document_id, entry_id, one.digest, one.rank, one.sections, _plain_evidence(one.evidence), True)
            for entry_id, one in said
        ],
        "ON CONFLICT (document_id, entry_id) DO UPDATE SET digest = excluded.digest, rank = excluded.rank, "
        "sections = excluded.sections, evidence = excluded.evidence, current = excluded.current",
    )


def save_evidence(connection: Connection, said: Sequence[tuple[int, Said]]) -> None:
    """Stores anew what documents say of the access to entries (entry id, what the document says), nothing else."""
    statement = (
        update(Item)
        .where(Item.document_id == bindparam("document"), Item.entry_id == bindparam("entry"))
        .values(evidence=bindparam("proofs"))
    )
    rows = [
        {"document": one.document_id, "entry": entry_id, "proofs": _plain_evidence(one.evidence)}
        for entry_id, one in said
    ]
    connection.execute(statement, rows)


def set_current(connection: Connection, named: Sequence[tuple[int, int]], *, current: bool) -> None:
    """Notes that documents name entries no more, or again: `(document id, entry id)` of each."""
    statement = (
        update(Item)
        .where(Item.document_id == bindparam("document"), Item.entry_id == bindparam("entry"))
        .values(current=current)
    )
    if named:
        connection.execute(statement, [{"document": document, "entry": entry} for document, entry in named])


def revise_entries(
    connection: Connection,
    changes: Sequence[tuple[int | None, Revised]],
    section_ids: Mapping[str, int],
    now: datetime,
    *,
    override: Access | None = None,
) -> None:
    """Applies changes (source's id, change), keeping the former version of each entry that changed materially.

    The source becomes that of an entry whose words now come from it; None where the change brings none. `override`,
    a person's verdict, is stored as such.
    """
    indexed = index.standing(connection, [change.before.id for _, change in changes])
    for source_id, change in changes:
        before = change.before
        if change.changed and change.kept and not change.unseen:
            connection.execute(
                insert(Revision).values(
                    entry_id=before.id,
                    updated=before.updated,
                    replaced_at=now,
                    changed=change.changed,
                    title=before.title,
                    summary=before.summary,
                    content=before.content,
                    access=before.access.value,
                    sections=before.sections,
                    version=before.version,
                )
            )
        values: dict[str, Any] = {
            "updated": change.updated,
            "sections": change.sections,
            "evidence": _plain_evidence(change.evidence),
        }
        if override is not None:
            values["access_override"] = override.value
        elif not before.access_override:
            values["access"] = change.access.value
        if change.record is not None and source_id is not None:
            values |= _words(change.record) | {"source_id": source_id}
            if before.published is None:
                values |= {
                    "published": change.record.published,
                    "published_precision": change.record.published_precision,
                    "published_basis": change.record.published_basis,
                }
            connection.execute(delete(Fingerprint).where(Fingerprint.entry_id == before.id))
            add_fingerprints(connection, [(before.id, source_id, change.record, before.sorted_at)])
        connection.execute(update(Entry).where(Entry.id == before.id).values(values))
        if "sections" in change.changed:
            _stand(connection, change, section_ids)
    index.renew(connection, indexed)


def _stand(connection: Connection, change: Revised, section_ids: Mapping[str, int]) -> None:
    before = change.before
    gone = delete(EntrySection).where(EntrySection.entry_id == before.id).returning(EntrySection.section_id)
    former = connection.scalars(gone).all()
    rows = [
        {
            "section_id": section_ids[name.casefold()],
            "entry_id": before.id,
            "sorted_at": before.sorted_at,
            "place": before.place,
        }
        for name in change.sections
    ]
    if rows:
        connection.execute(insert(EntrySection), rows)
    more = Counter(section_ids[name.casefold()] for name in change.sections)
    more.subtract(former)
    _count(connection, more)


def touch(connection: Connection, entry_id: int, updated: datetime) -> None:
    """Lets an entry count as updated at that time."""
    connection.execute(update(Entry).where(Entry.id == entry_id).values(updated=updated))


def clear_override(connection: Connection, entry_id: int, access: Access) -> None:
    """Lets the evidence decide again: `access` is its verdict."""
    indexed = index.standing(connection, [entry_id])
    connection.execute(update(Entry).where(Entry.id == entry_id).values(access=access.value, access_override=None))
    index.renew(connection, indexed)


def set_leads(connection: Connection, leads: Mapping[int, tuple[int | None, str | None]]) -> None:
    """Puts each entry behind its lead, by its rule: entry id -> (lead's id, rule), both None for one that leads."""
    rows = [{"member": entry_id, "lead": lead_id, "why": rule} for entry_id, (lead_id, rule) in leads.items()]
    if rows:
        statement = (
            update(Entry)
            .where(Entry.id == bindparam("member"))
            .values(lead_id=bindparam("lead"), rule=bindparam("why"))
        )
        connection.execute(statement, rows)


def places_of(connection: Connection, lead_ids: Sequence[int]) -> set[Place]:
    """Where any of the entries, or any that is folded behind one of them, stands: its sections, `ALL_SECTIONS` among
    them, and the times of either, since archives file a lead by its own."""
    found: set[Place] = set()
    lead = aliased(Entry)
    for chunk in chunks(lead_ids):
        own = select(EntrySection.section_id, EntrySection.sorted_at).where(EntrySection.entry_id.in_(chunk))
        folded = (
            select(EntrySection.section_id, EntrySection.sorted_at, lead.sorted_at)
            .join(Entry, Entry.id == EntrySection.entry_id)
            .join(lead, lead.id == Entry.lead_id)
            .where(Entry.lead_id.in_(chunk))
        )
        for query in (own, folded):
            for section_id, *times in connection.execute(query):
                found.update((section_id, at) for at in times)
        filed = connection.scalars(select(Entry.sorted_at).where(Entry.id.in_(chunk)))
        found.update((ALL_SECTIONS, at) for at in filed)
    return found
