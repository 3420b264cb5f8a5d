"""Our own hub, up to the outbox: who may subscribe to what, and who is owed word of what is new (WebSub, 5 to 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from db.engine import Connection
from db.store import deliveries, hub
from feeds.config import Config
from feeds.websub import PUBLISH, SUBSCRIBE
from feeds.websub.topics import Topics
from feeds.websub.wish import Refused, Wish, lease_of

VERIFICATION = "verify"
"""The kind of delivery that asks a subscriber whether it asked us."""
DENIAL = "deny"
"""The kind that tells a subscriber that a topic is gone."""
DISTRIBUTION = "distribute"
"""The kind that brings a topic to a subscriber."""
FETCH = "fetch"
"""The kind that asks for a topic of another publisher, who said that it is new."""

MOST_OF_TOPIC = 5_000
MOST_OF_HOST = 500
"""Subscriptions to one topic, and to all of them by one host: what a publish may send at most, and to whom."""
MOST_TOPICS = 1_000
TOPICS_BYTES = 100_000_000
"""Feeds of others that somebody may subscribe to at once, for any query makes another of them, and bytes that are kept
of all."""
MOST_PENDING = 1_000
"""Subscribers that are still to be asked; one more has to come again."""
FETCH_GAP = timedelta(seconds=10)
"""Between two requests for a topic of another publisher, however often it is said to be new."""


def left_of(wish: Wish, topics: Topics) -> Wish | None:
    """What is left to do of a wish, None for nothing: of our own topics we know ourselves what is new.

    Needs no database, so that who asks for nonsense keeps nobody waiting. Raises `Refused` for a topic that is not
    served; whoever leaves may name any.
    """
    if wish.mode not in (PUBLISH, SUBSCRIBE):
        return wish
    others = tuple(topic for topic in wish.topics if topics.path_of(topic) is None)
    if not all(map(topics.is_others, others)):
        raise Refused(404, "hub.topic: this hub has no such topic; give the address that the feed calls rel=self")
    if wish.mode == SUBSCRIBE:
        return wish
    return replace(wish, topics=others) if others else None


def wanted(connection: Connection, topics: Topics, wish: Wish, now: datetime) -> Wish | None:
    """What is left of that (`left_of`) by what is in the database, None for nothing: to be asked before what writes.

    A topic that is new is asked for where anybody subscribes to it. Raises `Refused` for a subscription that there is
    no room for.
    """
    if wish.mode == SUBSCRIBE:
        check(connection, topics, wish.topic, wish.callback, wish.host, now)
    if wish.mode != PUBLISH:
        return wish
    heard_of = tuple(topic for topic in wish.topics if hub.is_subscribed_to(connection, topic, now))
    return replace(wish, topics=heard_of) if heard_of else None


def accept(connection: Connection, config: Config, wish: Wish, now: datetime) -> None:
    """Owes what is left of a wish (`wanted`): a question to the subscriber, or a request for what is new.

    Nothing else changes before the subscriber said that it asked (section 5.3), so that nobody subscribes others.
    Raises `Refused`.
    """
    if wish.mode == PUBLISH:
        for topic in wish.topics:
            before = hub.fetched_at(connection, topic)
            deliveries.owe(connection, FETCH, topic, {}, now if before is None else max(now, before + FETCH_GAP))
        return
    if deliveries.count(connection, VERIFICATION) >= MOST_PENDING:
        raise Refused(503, "too many subscribers are being asked; try again in a few minutes")
    longest = int(config.websub.lease_days * 86_400)
    payload = {
        "mode": wish.mode,
        "topic": wish.topic,
        "host": wish.host,
        "lease": lease_of(wish.lease, longest),
        "secret": wish.secret,
    }
    # The last word on a topic is the one that counts.
    deliveries.owe(connection, VERIFICATION, wish.callback, payload, now, about=wish.topic)


def check(connection: Connection, topics: Topics, topic: str, callback: str, host: str, now: datetime) -> None:
    """Raises `Refused` where there is no room for this subscription, unless there is one already. What was checked when
    it was asked for has to be checked again when it begins: many may ask before the first is heard."""
    if hub.subscription(connection, topic, callback, now) is not None:
        return
    of_topic, of_host = hub.crowd(connection, topic, host)
    if of_topic >= MOST_OF_TOPIC:
        raise Refused(503, "hub.topic: it has as many subscribers as this hub serves")
    if of_host >= MOST_OF_HOST:
        raise Refused(403, "hub.callback: its host has as many subscriptions as this hub gives to one")
    if topics.path_of(topic) is None and not hub.is_topic(connection, topic):
        count, size = hub.topics_kept(connection)
        if count >= MOST_TOPICS or size >= TOPICS_BYTES:
            raise Refused(503, "hub.topic: this hub serves as many feeds of other publishers as it can")


def owe_distribution(connection: Connection, topics: Sequence[str], now: datetime) -> None:
    """Owes every subscriber of each of `topics`, which are new now, its document."""
    owed = [(callback, {"topic": topic}) for topic, callback in hub.subscribers(connection, topics, now)]
    deliveries.owe_all(connection, DISTRIBUTION, owed, now)


def owe_denial(connection: Connection, topics: Sequence[str], now: datetime) -> None:
    """Ends the subscriptions to `topics`, which are gone, and owes each subscriber word of it (section 5.2)."""
    owed = [(callback, {"topic": topic}) for topic, callback in hub.subscribers(connection, topics, now)]
    deliveries.owe_all(connection, DENIAL, owed, now)
    hub.end_topics(connection, topics)
