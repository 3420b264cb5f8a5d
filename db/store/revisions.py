"""Former versions of entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from db.models import Revision
from db.records import Access, RevisionRecord
from db.store.bulk import chunks

_STANDING = frozenset({"withdrawn", "restored"})


def history(connection: Connection, entry_id: int) -> list[RevisionRecord]:
    """Former versions of an entry, the latest first."""
    rows = connection.execute(select(Revision).where(Revision.entry_id == entry_id).order_by(Revision.id.desc()))
    return [
        RevisionRecord(
            updated=row.updated,
            replaced_at=row.replaced_at,
            changed=tuple(row.changed),
            title=row.title,
            summary=row.summary,
            content=row.content,
            access=Access(row.access),
            sections=tuple(row.sections),
        )
        for row in rows
    ]


def late_versions(connection: Connection, entry_ids: Sequence[int], since: datetime) -> dict[int, list[bytes | None]]:
    """Entry id -> digests of its versions that were replaced after `since`; None for one that was stored without.

    What was only taken back or restored meanwhile was no other version.
    """
    found: dict[int, list[bytes | None]] = defaultdict(list)
    for chunk in chunks(entry_ids):
        query = select(Revision.entry_id, Revision.version, Revision.changed).where(
            Revision.entry_id.in_(chunk), Revision.replaced_at > since
        )
        for entry_id, version, changed in connection.execute(query):
            if not _STANDING.issuperset(changed):
                found[entry_id].append(version)
    return found
