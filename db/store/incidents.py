"""Troubles: opened once, closed when they are over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from db.models import Incident, Source
from db.records import IncidentRecord


def open_incident(
    connection: Connection, kind: str, subject: str, message: str, now: datetime, source_id: int | None = None
) -> None:
    """Opens a trouble of `subject`; one that is open already only gets the newer message."""
    statement = insert(Incident).values(kind=kind, subject=subject, message=message, opened_at=now, source_id=source_id)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[Incident.kind, Incident.subject],
            index_where=Incident.closed_at.is_(None),
            set_={"message": message},
        )
    )


def close_incident(connection: Connection, kind: str, subject: str, now: datetime) -> None:
    """Closes the trouble of `subject`, if one is open."""
    connection.execute(
        update(Incident)
        .where(Incident.kind == kind, Incident.subject == subject, Incident.closed_at.is_(None))
        .values(closed_at=now)
    )


def close_old(connection: Connection, kind: str, subject: str, until: datetime, now: datetime) -> None:
    """The same for one that was opened at `until` or before."""
    connection.execute(
        update(Incident)
        .where(Incident.kind == kind, Incident.subject == subject, Incident.closed_at.is_(None))
        .where(Incident.opened_at <= until)
        .values(closed_at=now)
    )


def opened(connection: Connection) -> list[IncidentRecord]:
    """The troubles that last, oldest first. Those of a source that is polled no more are nobody's to mend."""
    rows = connection.execute(
        select(
            Incident.id,
            Incident.kind,
            Incident.subject,
            Source.name,
            Incident.opened_at,
            Incident.closed_at,
            Incident.message,
        )
        .outerjoin(Source, Source.id == Incident.source_id)
        .where(Incident.closed_at.is_(None))
        .where(or_(Incident.source_id.is_(None), Source.enabled.is_(True) & Source.removed.is_(False)))
        .order_by(Incident.opened_at, Incident.id)
    )
    return [IncidentRecord(*row) for row in rows]


def subjects(connection: Connection) -> set[tuple[str, str]]:
    """`(kind, subject)` of every trouble that lasts."""
    rows = connection.execute(select(Incident.kind, Incident.subject).where(Incident.closed_at.is_(None)))
    return {(row[0], row[1]) for row in rows}


def subjects_of(connection: Connection, kind: str) -> list[str]:
    """The subjects of the troubles of this kind that last, in order."""
    rows = connection.scalars(
        select(Incident.subject).where(Incident.kind == kind, Incident.closed_at.is_(None)).order_by(Incident.subject)
    )
    return list(rows)
