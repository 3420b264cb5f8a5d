"""Polls that changed something or failed, as they are remembered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, select

from db.models import Poll, Source
from db.records import PastPoll
from db.store.bulk import chunks

_NAMES = tuple(PastPoll.__dataclass_fields__)
_COLUMNS: tuple[Any, ...] = (Poll.id, Source.name, *(getattr(Poll, name) for name in _NAMES[2:]))
DAY = 86_400


def _query() -> Select[Any]:
    return select(*_COLUMNS).join(Source, Source.id == Poll.source_id)


def _record(row: Sequence[Any]) -> PastPoll:
    return PastPoll(**dict(zip(_NAMES, row, strict=True)))


def of_source(connection: Connection, source_id: int, *, limit: int, before: int | None = None) -> list[PastPoll]:
    """The last polls of a source, the latest first; those whose id is less than `before`, where that is given."""
    query = _query().where(Poll.source_id == source_id).order_by(Poll.at.desc(), Poll.id.desc()).limit(limit)
    if before is not None:
        at = select(Poll.at).where(Poll.id == before).scalar_subquery()
        query = query.where((Poll.at < at) | ((Poll.at == at) & (Poll.id < before)))
    return [_record(row) for row in connection.execute(query)]


def new_by_day(connection: Connection, source_ids: Sequence[int], since: datetime, days: int) -> dict[int, list[int]]:
    """Source's id -> how many entries its polls brought on each of so many days of 24 hours from `since` on; those
    that brought none are left out."""
    first = int(since.timestamp())
    found: dict[int, list[int]] = {}
    for chunk in chunks(source_ids):
        rows = connection.execute(
            select(Poll.source_id, Poll.at, Poll.new).where(
                Poll.source_id.in_(chunk), Poll.at >= since.astimezone(UTC), Poll.new > 0
            )
        )
        for source_id, at, new in rows:
            day = (int(at.timestamp()) - first) // DAY
            if day < days:
                found.setdefault(source_id, [0] * days)[day] += new
    return found


def prune(connection: Connection, until: datetime, limit: int) -> int:
    """Forgets those before `until`, of the first `limit` there are; returns how many.

    Their ids grow with the time, so that nothing behind them is looked through.
    """
    first = select(Poll.id).order_by(Poll.id).limit(limit).subquery()
    old = select(first.c.id)
    return int(connection.execute(delete(Poll).where(Poll.id.in_(old), Poll.at < until)).rowcount)
