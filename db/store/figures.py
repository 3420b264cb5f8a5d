"""Numbers over everything, for those who watch from outside: each is one question, whatever there is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from db.models import Delivery, DirtySection, Incident, Source, SourceState


def incidents(connection: Connection) -> dict[str, int]:
    """Kind -> how many troubles of it last; those of sources that are polled no more are nobody's to mend."""
    query = (
        select(Incident.kind, func.count())
        .outerjoin(Source, Source.id == Incident.source_id)
        .where(Incident.closed_at.is_(None))
        .where(Incident.source_id.is_(None) | (Source.enabled.is_(True) & Source.removed.is_(False)))
    )
    return {row[0]: row[1] for row in connection.execute(query.group_by(Incident.kind))}


def deliveries(connection: Connection) -> dict[str, int]:
    """Kind -> how many notifications of it are owed."""
    rows = connection.execute(select(Delivery.kind, func.count()).group_by(Delivery.kind))
    return {row[0]: row[1] for row in rows}


def unpublished(connection: Connection) -> tuple[int, datetime | None]:
    """How many sections owe a feed, that of everything among them, and since when the first of them does."""
    row = connection.execute(select(func.count(), func.min(DirtySection.since)).select_from(DirtySection)).one()
    return row[0], row[1]


def answers(connection: Connection) -> list[tuple[datetime | None, int | None]]:
    """Of each source that is polled: when that went well last, and how many milliseconds its last answer took."""
    query = (
        select(SourceState.last_success, SourceState.ms)
        .join(Source, Source.id == SourceState.source_id)
        .where(Source.enabled.is_(True), Source.removed.is_(False))
    )
    return [(row[0], row[1]) for row in connection.execute(query)]
