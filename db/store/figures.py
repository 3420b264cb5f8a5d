"""Numbers over everything, for those who watch from outside: each is one question, whatever there is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from db.models import Delivery, Source, SourceState
from db.store.sources import POLLED


def deliveries(connection: Connection) -> dict[str, int]:
    """Kind -> how many notifications of it are owed."""
    rows = connection.execute(select(Delivery.kind, func.count()).group_by(Delivery.kind))
    return {row[0]: row[1] for row in rows}


def answers(connection: Connection) -> list[tuple[datetime | None, int | None]]:
    """Of each source that is polled: when that went well last, and how many milliseconds its last answer took."""
    query = (
        select(SourceState.last_success, SourceState.ms).join(Source, Source.id == SourceState.source_id).where(POLLED)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]
