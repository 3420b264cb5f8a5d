"""Subscriptions of ours at the hubs of sources, and the documents that came by them and wait to be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy import false as nothing

from db.models import Push, Pushed, Source
from db.records import PushedRecord, PushRecord, PushState
from db.store.bulk import chunks
from db.store.sources import POLLED

MOST = 200
"""Subscriptions that are looked at together: each is written while nobody else writes."""

CURRENT = (PushState.FOUND, PushState.ASKED, PushState.ACTIVE, PushState.DENIED)
"""A source has one at most of these."""

_RUNNING = (PushState.ASKED, PushState.ACTIVE)
_IDLE = (PushState.FOUND, PushState.DENIED)
_NAMES = tuple(name for name in PushRecord.__slots__ if name != "id")
_ALL = select(Push.id, *(getattr(Push, name) for name in _NAMES))


def current(connection: Connection, source_ids: Collection[int] | None = None) -> dict[int, PushRecord]:
    """Source's id -> its subscription, for those of these sources, or of all, that have one."""
    query = _ALL.where(Push.state.in_(CURRENT))
    each = [query] if source_ids is None else [query.where(Push.source_id.in_(ids)) for ids in chunks(list(source_ids))]
    return {row.source_id: row for one in each for row in _records(connection, one)}


def by_key(connection: Connection, key: str) -> PushRecord | None:
    """The subscription whose callback's name this is."""
    return next(iter(_records(connection, _ALL.where(Push.key == key))), None)


def load(connection: Connection, push_id: int) -> PushRecord | None:
    """The subscription of this id."""
    return next(iter(_records(connection, _ALL.where(Push.id == push_id))), None)


def add(connection: Connection, push: PushRecord) -> None:
    """Stores a new subscription."""
    connection.execute(insert(Push).values(_values(push)))


def save(connection: Connection, push: PushRecord) -> None:
    """Stores what became of a subscription."""
    connection.execute(update(Push).where(Push.id == push.id).values(_values(push)))


def forget(connection: Connection, push_id: int) -> None:
    """Forgets a subscription: its callback is unknown from now on."""
    connection.execute(delete(Push).where(Push.id == push_id))


def due(
    connection: Connection, now: datetime, *, subscribing: bool, full: Collection[str] = (), limit: int = MOST
) -> list[tuple[PushRecord, bool]]:
    """The subscriptions for which something has to be done by `now`, the longest due first and `limit` at most, each
    with whether it is wanted: `subscribing`, and its source is polled.

    What is only found waits where it is not wanted; what runs has to end there at once. Those for which a hub among
    `full` would be asked are left out.
    """
    wanted = _wanted(subscribing)
    found = (
        _ALL.add_columns(wanted.label("wanted"))
        .join(Source, Source.id == Push.source_id)
        .where(_is_due(now, wanted), _may_be_asked(now, full))
        .order_by(Push.due_at, Push.id)
        .limit(limit)
    )
    rows = [row._asdict() for row in connection.execute(found)]
    return [(_record(row), bool(wanted)) for row in rows for wanted in [row.pop("wanted")]]


def any_due(connection: Connection, now: datetime, *, subscribing: bool, full: Collection[str] = ()) -> bool:
    """Whether `due` gives any: to be asked before what writes."""
    found = select(Push.id).join(Source, Source.id == Push.source_id)
    found = found.where(_is_due(now, _wanted(subscribing)), _may_be_asked(now, full)).limit(1)
    return connection.scalar(found) is not None


def asked_since(connection: Connection, since: datetime) -> Counter[str]:
    """Hub -> how many of its subscriptions it was last asked for at `since` or later."""
    query = select(Push.hub, func.count()).where(Push.asked_at >= since).group_by(Push.hub)
    return Counter({row[0]: row[1] for row in connection.execute(query)})


def keep(
    connection: Connection, push: PushRecord, at: datetime, media_type: str | None, body: bytes, *, rows: int, size: int
) -> bool:
    """Keeps a document until it is read, and notes when it came; False where its source has `rows` documents that wait
    or they would have more than `size` bytes."""
    own = Pushed.source_id == push.source_id
    count, held = connection.execute(
        select(func.count(), func.coalesce(func.sum(func.length(Pushed.body)), 0)).where(own)
    ).one()
    if count >= rows or held + len(body) > size:
        return False
    values = {"source_id": push.source_id, "topic": push.topic, "at": at, "media_type": media_type, "body": body}
    connection.execute(insert(Pushed).values(values))
    connection.execute(update(Push).where(Push.id == push.id).values(last_push=at))
    return True


def waiting(connection: Connection, rows: int, size: int) -> list[PushedRecord]:
    """The first documents that wait to be read, in the order in which they came: at most `rows`, and where they are
    more than one, of at most `size` bytes."""
    lengths = select(Pushed.id, func.length(Pushed.body)).order_by(Pushed.id).limit(rows)
    ids: list[int] = []
    for pushed_id, length in connection.execute(lengths):
        size -= length
        if ids and size < 0:
            break
        ids.append(pushed_id)
    columns = (Pushed.id, Pushed.source_id, Pushed.topic, Pushed.at, Pushed.media_type, Pushed.body)
    return [
        PushedRecord(*row) for row in connection.execute(select(*columns).where(Pushed.id.in_(ids)).order_by(Pushed.id))
    ]


def drop(connection: Connection, ids: Sequence[int]) -> None:
    """Drops documents that were read, or cannot be."""
    for chunk in chunks(ids):
        connection.execute(delete(Pushed).where(Pushed.id.in_(chunk)))


def _wanted(subscribing: bool) -> ColumnElement[bool]:
    return POLLED if subscribing else nothing()


def _may_be_asked(now: datetime, full: Collection[str]) -> ColumnElement[bool]:
    """Whether the hub whose turn it is (`feeds.websub.subscriber`) is none of `full`, or nobody is asked."""
    if not full:
        return true()
    count = func.json_array_length(Push.hubs)
    each = func.json_each(Push.hubs).table_valued("key", "value")
    place = select(each.c.key).where(each.c.value == Push.hub).limit(1).correlate(Push).scalar_subquery()
    path = literal("$[").concat(cast((place + 1) % count, Text)).concat("]")
    behind = case((Push.tries % count != 0, func.json_extract(Push.hubs, path)))
    begins = or_(Push.state.in_(_IDLE), and_(Push.state == PushState.ACTIVE, Push.lease_until <= now))
    turn = case((begins, func.coalesce(behind, func.json_extract(Push.hubs, "$[0]"))), else_=Push.hub)
    return or_(Push.state == PushState.ENDED, func.coalesce(turn, "").not_in(full))


def _is_due(now: datetime, wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    idle = Push.state.in_(_IDLE)
    return or_(
        and_(Push.due_at <= now, or_(~idle, and_(idle, wanted))),
        and_(Push.state.in_(_RUNNING), ~wanted),
    )


def _records(connection: Connection, query: Select[Any]) -> list[PushRecord]:
    return [_record(row._asdict()) for row in connection.execute(query)]


def _record(values: dict[str, Any]) -> PushRecord:
    return PushRecord(**values | {"hubs": tuple(values["hubs"]), "state": PushState(values["state"])})


def _values(push: PushRecord) -> dict[str, Any]:
    values = {name: getattr(push, name) for name in _NAMES}
    return values | {"state": push.state.value, "hubs": list(push.hubs)}
