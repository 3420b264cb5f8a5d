"""The table of sources as people go through it: a page of it, and how many are in which state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, case, func, or_, select

from db.models import Source, SourceState
from db.records import NEVER, PAUSED, SourceRecord
from db.store.sources import query, record

_STATE = case((Source.enabled.is_(False), PAUSED), else_=SourceState.state)


def counts(connection: Connection) -> dict[str, int]:
    """State -> how many sources are in it."""
    rows = connection.execute(
        select(_STATE, func.count())
        .select_from(Source)
        .join(SourceState, SourceState.source_id == Source.id)
        .where(Source.removed.is_(False))
        .group_by(_STATE)
    )
    return {row[0]: row[1] for row in rows}


def page(
    connection: Connection,
    *,
    limit: int,
    after: str | None = None,
    before: str | None = None,
    states: Sequence[str] = (),
    text: str = "",
    kind: str | None = None,
) -> list[SourceRecord]:
    """Sources in order of name: the first ones after the name `after`, or the last ones before the name `before`.

    Those in one of `states`, of this `kind`, whose name or address, also the one it moved to, has `text` in it (case
    does not matter).
    """
    wanted = query()
    if states:
        wanted = wanted.where(_STATE.in_(states))
    if kind is not None:
        wanted = wanted.where(func.coalesce(Source.options["kind"].as_string(), "feed") == kind)
    if text:
        options = (Source.options[key].as_string() for key in ("url", "path"))
        places: list[Any] = [Source.name, *options, SourceState.url]
        wanted = wanted.where(or_(*(place.icontains(text, autoescape=True) for place in places)))
    if before is not None:
        rows = connection.execute(wanted.where(Source.name < before).order_by(Source.name.desc()).limit(limit)).all()
        return [record(row) for row in reversed(rows)]
    if after is not None:
        wanted = wanted.where(Source.name > after)
    return [record(row) for row in connection.execute(wanted.order_by(Source.name).limit(limit))]


def next_due(connection: Connection, limit: int) -> list[SourceRecord]:
    """The sources that are polled next, the first one first; none of those that are asked no more."""
    wanted = query().where(Source.enabled.is_(True), SourceState.due_at < NEVER)
    rows = connection.execute(wanted.order_by(SourceState.due_at, SourceState.source_id).limit(limit))
    return [record(row) for row in rows]


def claimed(connection: Connection) -> int:
    """How many sources somebody is polling now."""
    taken = select(func.count()).select_from(SourceState).where(SourceState.lease.is_not(None))
    return int(connection.scalar(taken) or 0)
