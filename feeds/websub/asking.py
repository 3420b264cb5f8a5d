"""What a hub is asked for: to push a topic to us, or to stop (WebSub, 5.1). A kind of delivery, see `feeds.notify`."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from db.engine import Connection
from db.records import DeliveryRecord, EntryRecord, PushRecord, PushState, StoredEntry
from db.store import deliveries, entries, pushes
from feeds.config import Config
from feeds.errors import FetchError
from feeds.fetch import Answer, Call, HttpError
from feeds.model import Reading
from feeds.websub import FORM, SUBSCRIBE, UNSUBSCRIBE
from feeds.websub.discovery import Advertised
from feeds.websub.subscriber import Step, ended, failed, should_have_come

SUBSCRIPTION = "subscription"
"""The kind of delivery that asks a hub to begin or to end a subscription of ours."""

_SOON = frozenset({408, 425, 429})
"""Refusals that say no more than "not now"."""


def owe(connection: Connection, push: PushRecord, mode: str, now: datetime) -> None:
    """Owes the subscription's hub a request of this `mode`."""
    deliveries.owe(connection, SUBSCRIPTION, push.hub, {"push": push.id, "mode": mode}, now)


def apply(
    connection: Connection,
    source_id: int,
    before: PushRecord | None,
    step: Step,
    now: datetime,
    said: Advertised | None = None,
) -> PushRecord | None:
    """Does what was decided of a source's subscription, or of one that it has not; returns the one that it has then.

    One that begins anew is to what is `said`, else to what there was before.
    """
    after = step.push
    if before is not None and after is None:
        pushes.forget(connection, before.id)
    elif after is not None and after != before:
        pushes.save(connection, after)
    if after is not None and step.mode is not None:
        owe(connection, after, step.mode, now)
    if not step.anew:
        return after
    hubs, topic = (before.hubs, before.topic) if said is None and before is not None else _offer(said)
    if not hubs:
        return None
    new = PushRecord(
        source_id=source_id,
        topic=topic,
        hubs=hubs,
        key=secrets.token_urlsafe(32),
        secret=secrets.token_hex(32),
        due_at=now,
    )
    pushes.add(connection, new)
    return new


def did_miss(connection: Connection, push: PushRecord, readings: Iterable[Reading], now: datetime) -> bool:
    """Whether documents of a poll, not yet stored, tell something that should have been pushed and was not: an entry
    that nobody knows, or other words of one, where both dates say that they are newer than what is stored."""
    late = {
        key: record
        for one in readings
        for record in one.records
        if any(should_have_come(push, moment, now) for moment in (record.published, record.updated))
        for key in record.keys
    }
    if not late:
        return False
    found = entries.find(connection, list(late))
    if any(found.keys().isdisjoint(record.keys) for record in late.values()):
        return True
    stored = entries.load(connection, list(found.values()))
    return any(_is_newer(late[key], stored[entry_id]) for key, entry_id in found.items() if entry_id in stored)


def _is_newer(record: EntryRecord, stored: StoredEntry) -> bool:
    if record.updated is None or record.updated <= stored.updated:
        return False
    return (record.title, record.summary, record.text) != (stored.title, stored.summary, stored.text)


def _offer(said: Advertised | None) -> tuple[tuple[str, ...], str]:
    return ((), "") if said is None else (said.hubs, said.topic or "")


class Subscriptions:
    """Says requests, and notes what hubs make of them."""

    def __init__(self, config: Config) -> None:
        self._lease = timedelta(days=config.websub.lease_days)

    def request(self, connection: Connection, delivery: DeliveryRecord, _now: datetime) -> Call | None:
        """The request; nothing where meanwhile something else is wanted of the hub, or nothing of it."""
        push = self._push(connection, delivery)
        if push is None:
            return None
        said = {"hub.mode": delivery.payload["mode"], "hub.topic": push.topic, "hub.callback": push.callback}
        if delivery.payload["mode"] == SUBSCRIBE:
            # Without https, too, against a SHOULD of section 5.1: else whatever is pushed could be a forgery.
            said |= {"hub.lease_seconds": str(int(self._lease.total_seconds())), "hub.secret": push.secret}
        return Call(push.hub, urlencode(said).encode(), FORM)

    def heard(
        self, connection: Connection, delivery: DeliveryRecord, answer: Answer | FetchError, now: datetime
    ) -> bool:
        """Any 2xx is taken for a yes, which counts once it is verified; a refusal goes to the next hub."""
        push = self._push(connection, delivery)
        if not isinstance(answer, FetchError) or push is None:
            return True
        if isinstance(answer, HttpError) and answer.status < 500 and answer.status not in _SOON:
            self._fail(connection, push, str(answer), now)
            return True
        pushes.save(connection, replace(push, error=str(answer)))
        return False

    def given_up(self, connection: Connection, delivery: DeliveryRecord, error: str, now: datetime) -> None:
        """The hub could not be asked."""
        push = self._push(connection, delivery)
        if push is not None:
            self._fail(connection, push, error, now)

    def _push(self, connection: Connection, delivery: DeliveryRecord) -> PushRecord | None:
        """The subscription, while what is owed is what it waits for."""
        push = pushes.load(connection, delivery.payload["push"])
        if push is None or push.hub != delivery.target:
            return None
        if delivery.payload["mode"] == UNSUBSCRIBE:
            return push if push.state is PushState.LEAVING else None
        return push if push.state in (PushState.ASKED, PushState.ACTIVE) else None

    def _fail(self, connection: Connection, push: PushRecord, why: str, now: datetime) -> None:
        if push.state is PushState.LEAVING:
            pushes.save(connection, ended(push, now))  # who does not know of it pushes nothing
        else:
            pushes.save(connection, failed(push, why, now, random.random))
