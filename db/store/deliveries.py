"""The outbox: what somebody is to be told, from the transaction that owes it until it was heard or given up."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from db.models import Delivery
from db.records import DeliveryRecord
from db.store.bulk import insert_rows

TRIES = 10
FIRST = 60
FACTOR = 3
LONGEST = 21_600
"""Seconds before the second try, how much longer each wait is than the one before it, and the longest: ten tries in
24 hours."""
LEASE = timedelta(minutes=10)
"""For which a delivery belongs to whoever took it: of a process that died it comes again."""

ALERT = "alert"
"""The kind that tells people of something, by a rule of theirs, which is its target; or one address of that rule."""
END = "alert-end"
"""The kind that is owed to whom a trouble was told, and becomes an alert once the trouble is over."""

_COLUMNS = ("kind", "key", "target", "payload", "version", "since", "due_at", "attempts")
_RECORD = tuple(getattr(Delivery, name) for name in DeliveryRecord.__slots__)
_AGAIN = (
    "ON CONFLICT (kind, key) DO UPDATE SET version = deliveries.version + 1, payload = excluded.payload, due_at = CASE "
    "WHEN deliveries.attempts = 0 AND excluded.due_at < deliveries.due_at THEN excluded.due_at "
    "ELSE deliveries.due_at END"
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a target is owed: how many deliveries, when the first is due, and what the last that failed came to."""

    count: int
    due_at: datetime
    error: str | None


def owe(connection: Connection, kind: str, target: str, payload: Any, due_at: datetime, *, about: Any = None) -> None:
    """Owes `target` a notification of this kind from `due_at` on; `payload` is what JSON can hold.

    One that is equal and still owed is the same: it comes at the earlier time, or when its next try is due anyway.
    With `about` (not None) one is equal that is about the same, and its payload becomes this one.
    """
    key = _key(target, payload if about is None else about)
    insert_rows(connection, Delivery, _COLUMNS, [(kind, key, target, payload, 1, due_at, due_at, 0)], _AGAIN)


def owe_all(connection: Connection, kind: str, owed: Iterable[tuple[str, Any]], due_at: datetime) -> None:
    """The same for many, each `(target, payload)`."""
    rows = [(kind, _key(target, payload), target, payload, 1, due_at, due_at, 0) for target, payload in owed]
    insert_rows(connection, Delivery, _COLUMNS, rows, _AGAIN)


def any_due(connection: Connection, now: datetime, kinds: Collection[str]) -> bool:
    """Whether there is anything to deliver: to be asked before what writes."""
    query = select(Delivery.id).where(Delivery.due_at <= now, Delivery.kind.in_(kinds)).limit(1)
    return connection.scalar(query) is not None


def due(connection: Connection, now: datetime, limit: int, kinds: Collection[str]) -> list[DeliveryRecord]:
    """Takes up to `limit` deliveries of these kinds that are due, those that failed least first.

    They are the caller's for ten minutes, in which each ends with `delivered` or `failed`. One that is taken for the
    eleventh time is not to be tried: whoever had it before did not live to say that it failed.
    """
    query = (
        select(*_RECORD)
        .where(Delivery.due_at <= now, Delivery.kind.in_(kinds))
        .order_by(Delivery.attempts, Delivery.due_at, Delivery.id)
        .limit(limit)
    )
    rows = connection.execute(query).all()
    if rows:
        taken = update(Delivery).where(Delivery.id.in_([row.id for row in rows]))
        connection.execute(taken.values(due_at=now + LEASE, attempts=Delivery.attempts + 1))
    return [DeliveryRecord(**{**row._mapping, "attempts": row.attempts + 1}) for row in rows]


def delivered(connection: Connection, delivery: DeliveryRecord, now: datetime) -> None:
    """Ends a delivery; one that was owed again since it was taken is due at once, as if for the first time."""
    this = Delivery.id == delivery.id
    if not connection.execute(delete(Delivery).where(this, Delivery.version == delivery.version)).rowcount:
        connection.execute(update(Delivery).where(this).values(since=now, due_at=now, attempts=0, error=None))


def failed(
    connection: Connection, delivery: DeliveryRecord, error: str, now: datetime, *, retry_after: int | None = None
) -> bool:
    """Puts a delivery off: a minute, then three times as long each time, up to six hours; True where it is given up
    after its tenth try. `retry_after` is the seconds that the other side asked for, six hours at most.

    One that was owed again while it had its tenth try is due at once instead, as if for the first time: what is new
    since then was never told.
    """
    if delivery.attempts >= TRIES:
        this = Delivery.id == delivery.id
        if connection.execute(delete(Delivery).where(this, Delivery.version == delivery.version)).rowcount:
            return True
        connection.execute(update(Delivery).where(this).values(since=now, due_at=now, attempts=0, error=error))
        return False
    wait = min(max(FIRST * FACTOR ** (delivery.attempts - 1), retry_after or 0), LONGEST)
    later = update(Delivery).where(Delivery.id == delivery.id)
    connection.execute(later.values(due_at=now + timedelta(seconds=wait), error=error))
    return False


def put_back(connection: Connection, deliveries: Iterable[DeliveryRecord], now: datetime) -> None:
    """Gives back what was taken and not begun, or not heard to its end: it is due at `now`, and no try the less."""
    ids = [delivery.id for delivery in deliveries]
    again = update(Delivery).where(Delivery.id.in_(ids), Delivery.attempts > 0)
    connection.execute(again.values(due_at=now, attempts=Delivery.attempts - 1))


def count(connection: Connection, kind: str) -> int:
    """How many of this kind are owed."""
    return connection.scalar(select(func.count()).select_from(Delivery).where(Delivery.kind == kind)) or 0


def prune(connection: Connection, until: datetime, kinds: Collection[str]) -> None:
    """Forgets what was first owed at `until` or before and is none of `kinds`, which are those that are delivered.

    Alerts stay: who plans them forgets those of rules that are gone.
    """
    gone = Delivery.kind.not_in({*kinds, ALERT, END})
    connection.execute(delete(Delivery).where(Delivery.since <= until, gone))


def split(connection: Connection, delivery: DeliveryRecord, failed: Mapping[str, str], now: datetime) -> None:
    """Ends a delivery that some of those behind its target heard: in its place each of `failed`, target -> error, is
    owed the same, and tried again in a minute."""
    delivered(connection, delivery, now)
    due_at = now + timedelta(seconds=FIRST)
    rows = [
        (delivery.kind, _key(target, delivery.payload), target, delivery.payload, 1, now, due_at, 1, error)
        for target, error in failed.items()
    ]
    insert_rows(connection, Delivery, (*_COLUMNS, "error"), rows, _AGAIN)


def held(connection: Connection, kind: str) -> list[DeliveryRecord]:
    """All of this kind that are owed, without taking them."""
    rows = connection.execute(select(*_RECORD).where(Delivery.kind == kind).order_by(Delivery.id))
    return [DeliveryRecord(**row._mapping) for row in rows]


def waiting(connection: Connection, kind: str) -> dict[str, Waiting]:
    """Target -> what of this kind it is owed."""
    columns = (Delivery.target, Delivery.due_at, Delivery.error)
    found: dict[str, Waiting] = {}
    for target, due_at, error in connection.execute(
        select(*columns).where(Delivery.kind == kind).order_by(Delivery.id)
    ):
        so_far = found.get(target, Waiting(0, due_at, None))
        found[target] = Waiting(so_far.count + 1, min(so_far.due_at, due_at), error or so_far.error)
    return found


def first_due(connection: Connection, kind: str) -> dict[str, datetime]:
    """Target -> when the first is due of those that were not tried yet."""
    query = select(Delivery.target, func.min(Delivery.due_at)).where(Delivery.kind == kind, Delivery.attempts == 0)
    return {row[0]: row[1] for row in connection.execute(query.group_by(Delivery.target))}


def targets(connection: Connection, kinds: Collection[str]) -> set[str]:
    """Whoever is owed anything of these kinds."""
    return set(connection.scalars(select(Delivery.target).where(Delivery.kind.in_(kinds)).distinct()))


def forget(connection: Connection, kinds: Collection[str], target: str) -> None:
    """Owes `target` nothing of these kinds any more."""
    connection.execute(delete(Delivery).where(Delivery.kind.in_(kinds), Delivery.target == target))


def _key(target: str, payload: Any) -> str:
    """What two deliveries have in common that say the same to the same."""
    return blake2b(json.dumps([target, payload], sort_keys=True).encode(), digest_size=20).hexdigest()
