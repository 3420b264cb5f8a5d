"""Writing entries: new ones, changed ones, what documents say of them, and who leads a cluster.

Every function takes a list and costs a fixed number of statements, so that a batch of a thousand rows is as cheap a
row as the database allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from db.models import Entry, EntryKey, EntrySection, Fingerprint, Item, Revision
from db.records import Access, EntryRecord, Evidence, NewEntry, Revised, Said
from db.store.entries import chunks


def insert_entries(
    connection: Connection,
    source_id: int,
    entries: Sequence[NewEntry],
    section_ids: Mapping[str, int],
    now: datetime,
) -> list[int]:
    """Makes entries with their keys, sections and fingerprints; returns their ids in the order given.

    `section_ids` has the id of every casefolded section name in them.
    """
    ids: list[int] = []
    for batch in chunks(entries):
        ids += _insert_batch(connection, source_id, batch, section_ids, now)
    return ids


def _insert_batch(
    connection: Connection,
    source_id: int,
    entries: Sequence[NewEntry],
    section_ids: Mapping[str, int],
    now: datetime,
) -> list[int]:
    rows = [
        {
            "uid": new.uid,
            "source_id": source_id,
            "first_seen": now,
            "sorted_at": new.sorted_at,
            "place": new.place,
            "updated": new.updated,
            "sections": new.record.sections,
            "access": new.record.access.value,
            "access_override": None,
            "evidence": _plain_evidence(new.record.evidence),
            "lead_id": None,
            "rule": None,
            "published": new.record.published,
            "published_precision": new.record.published_precision,
            "published_basis": new.record.published_basis,
            **_words(new.record),
        }
        for new in entries
    ]
    made = connection.execute(insert(Entry).returning(Entry.id, Entry.uid), rows)
    id_of = {row.uid: row.id for row in made}
    ids = [id_of[new.uid] for new in entries]
    add_keys(
        connection, [(key, entry_id) for new, entry_id in zip(entries, ids, strict=True) for key in new.record.keys]
    )
    stands = [
        {
            "section_id": section_ids[name.casefold()],
            "entry_id": entry_id,
            "sorted_at": new.sorted_at,
            "place": new.place,
        }
        for new, entry_id in zip(entries, ids, strict=True)
        for name in new.record.sections
    ]
    if stands:
        connection.execute(insert(EntrySection), stands)
    add_fingerprints(
        connection,
        source_id,
        [(entry_id, new.record, new.sorted_at) for new, entry_id in zip(entries, ids, strict=True)],
    )
    return ids


def _plain_evidence(evidence: Sequence[Evidence]) -> list[tuple[str, str, str]]:
    return [(proof.signal, proof.value, proof.where) for proof in evidence]


def _words(record: EntryRecord) -> dict[str, Any]:
    """The columns that a document's words fill."""
    return {
        "title": record.title,
        "title_from_body": record.title_from_body,
        "folded": f"{record.title}\n{record.summary}\n{record.text}".casefold(),
        "url": record.url,
        "summary": record.summary,
        "content": record.content,
        "text": record.text,
        "language": record.language,
        "label": record.label,
        "authors": record.authors,
        "categories": record.categories,
        "enclosures": [(file.url, file.media_type, file.length) for file in record.enclosures],
    }


def add_keys(connection: Connection, keys: Sequence[tuple[bytes, int]]) -> None:
    """Lets each key find its entry from now on; one that finds another entry already keeps doing so."""
    if keys:
        rows = [{"key": key, "entry_id": entry_id} for key, entry_id in keys]
        connection.execute(insert(EntryKey).on_conflict_do_nothing(), rows)


def add_fingerprints(
    connection: Connection, source_id: int, records: Sequence[tuple[int, EntryRecord, datetime]]
) -> None:
    """Notes by what duplicates of a source's entries are found: `(entry id, record, sorted_at)` of each."""
    rows = [
        {
            "entry_id": entry_id,
            "source_id": source_id,
            "hash": record.fingerprint.bucket,
            "at": int(sorted_at.timestamp()),
            "body_words": record.fingerprint.body_words,
            "text_hash": record.fingerprint.text_hash,
        }
        for entry_id, record, sorted_at in records
        if record.fingerprint.bucket is not None
    ]
    if rows:
        connection.execute(insert(Fingerprint), rows)


def save_items(connection: Connection, document_id: int, said: Sequence[tuple[int, Said]]) -> None:
    """Stores what a document says of entries (entry id, what it says)."""
    statement = insert(Item)
    statement = statement.on_conflict_do_update(
        index_elements=[Item.document_id, Item.entry_id],
        set_={name: statement.excluded[name] for name in ("digest", "rank", "sections", "evidence", "current")},
    )
    for batch in chunks(said):
        rows = [
            {
                "document_id": document_id,
                "entry_id": entry_id,
                "digest": one.digest,
                "rank": one.rank,
                "sections": one.sections,
                "evidence": _plain_evidence(one.evidence),
                "current": True,
            }
            for entry_id, one in batch
        ]
        connection.execute(statement, rows)


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


def set_current(connection: Connection, document_id: int, entry_ids: Sequence[int], *, current: bool) -> None:
    """Notes that a document names entries no more, or again."""
    statement = (
        update(Item).where(Item.document_id == document_id, Item.entry_id == bindparam("entry")).values(current=current)
    )
    if entry_ids:
        connection.execute(statement, [{"entry": entry_id} for entry_id in entry_ids])


def revise_entries(
    connection: Connection,
    source_id: int | None,
    changes: Sequence[Revised],
    section_ids: Mapping[str, int],
    now: datetime,
    *,
    override: Access | None = None,
) -> None:
    """Applies changes, keeping the former version of each entry that changed materially.

    `source_id` becomes the source of entries whose words now come from it; None where no change brings words.
    `override`, a person's verdict, is stored as such.
    """
    for change in changes:
        before = change.before
        if change.changed:
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
            add_fingerprints(connection, source_id, [(before.id, change.record, before.sorted_at)])
        connection.execute(update(Entry).where(Entry.id == before.id).values(values))
        if "sections" in change.changed:
            _stand(connection, change, section_ids)


def _stand(connection: Connection, change: Revised, section_ids: Mapping[str, int]) -> None:
    before = change.before
    connection.execute(delete(EntrySection).where(EntrySection.entry_id == before.id))
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


def clear_override(connection: Connection, entry_id: int, access: Access) -> None:
    """Lets the evidence decide again: `access` is its verdict."""
    connection.execute(update(Entry).where(Entry.id == entry_id).values(access=access.value, access_override=None))


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


def sections_of(connection: Connection, lead_ids: Sequence[int]) -> set[int]:
    """Ids of the sections in which any of the entries, or any that is folded behind one of them, stands."""
    found: set[int] = set()
    for chunk in chunks(lead_ids):
        for column in (Entry.id, Entry.lead_id):
            found.update(
                connection.scalars(
                    select(EntrySection.section_id)
                    .join(Entry, Entry.id == EntrySection.entry_id)
                    .where(column.in_(chunk))
                    .distinct()
                )
            )
    return found
