"""The gravest of the troubles that last."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, case, or_, select

from db.models import Incident, Source
from db.records import IncidentRecord
from db.store import incidents


def gravest(connection: Connection, kinds: Sequence[str], limit: int) -> list[IncidentRecord]:
    """`limit` of the troubles that last, of those that `incidents.count_opened` counts: in the order of `kinds`, others
    behind these; of one kind those first that have lasted longest. There is one kind at least."""
    rank = case({kind: place for place, kind in enumerate(kinds)}, value=Incident.kind, else_=len(kinds))
    query = (
        select(Incident.id)
        .outerjoin(Source, Source.id == Incident.source_id)
        .where(Incident.closed_at.is_(None))
        # Those of a source that is polled no more are nobody's to mend.
        .where(or_(Incident.source_id.is_(None), Source.enabled.is_(True) & Source.removed.is_(False)))
        .order_by(rank, Incident.opened_at, Incident.id)
        .limit(limit)
    )
    ids = list(connection.scalars(query))
    found = incidents.by_ids(connection, ids)
    return [found[each] for each in ids]
