"""Who our hub tells of what, and what the feeds of others were that it serves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from db.models import HubSubscription, HubTopic
from db.records import HubSubscriptionRecord, HubTopicRecord
from db.store.bulk import chunks


def subscribe(
    connection: Connection,
    topic: str,
    callback: str,
    *,
    host: str,
    secret: str | None,
    now: datetime,
    lease_until: datetime,
) -> None:
    """Tells `callback`, which is of `host`, of `topic` from now on; one that is told already has a new lease and
    secret."""
    row = insert(HubSubscription).values(
        topic=topic, callback=callback, host=host, secret=secret, since=now, lease_until=lease_until, failures=0
    )
    renewed = {"secret": secret, "lease_until": lease_until, "failures": 0}
    connection.execute(
        row.on_conflict_do_update(index_elements=[HubSubscription.topic, HubSubscription.callback], set_=renewed)
    )


def unsubscribe(connection: Connection, topic: str, callback: str) -> None:
    """Tells `callback` of `topic` no more."""
    connection.execute(delete(HubSubscription).where(_one(topic, callback)))


def subscription(connection: Connection, topic: str, callback: str, now: datetime) -> HubSubscriptionRecord | None:
    """The subscription that lasts; None where there is none."""
    row = connection.execute(
        select(
            HubSubscription.secret, HubSubscription.since, HubSubscription.lease_until, HubSubscription.failures
        ).where(_one(topic, callback), HubSubscription.lease_until > now)
    ).one_or_none()
    if row is None:
        return None
    return HubSubscriptionRecord(
        topic=topic,
        callback=callback,
        secret=row.secret,
        since=row.since,
        lease_until=row.lease_until,
        failures=row.failures,
    )


def subscribers(connection: Connection, topics: Sequence[str], now: datetime) -> list[tuple[str, str]]:
    """`(topic, callback)` of every subscription to one of `topics` that lasts, in order."""
    found: list[tuple[str, str]] = []
    for chunk in chunks(topics):
        query = (
            select(HubSubscription.topic, HubSubscription.callback)
            .where(HubSubscription.topic.in_(chunk), HubSubscription.lease_until > now)
            .order_by(HubSubscription.topic, HubSubscription.id)
        )
        found += [(row.topic, row.callback) for row in connection.execute(query)]
    return found


def is_subscribed_to(connection: Connection, topic: str, now: datetime) -> bool:
    """Whether anybody's subscription to `topic` lasts."""
    one = select(HubSubscription.id).where(HubSubscription.topic == topic, HubSubscription.lease_until > now).limit(1)
    return connection.scalar(one) is not None


def crowd(connection: Connection, topic: str, host: str) -> tuple[int, int]:
    """How many subscriptions `topic` has, and how many lead to `host`."""
    of_topic = select(func.count()).where(HubSubscription.topic == topic)
    of_host = select(func.count()).where(HubSubscription.host == host)
    return connection.scalar(of_topic) or 0, connection.scalar(of_host) or 0


def note_failures(connection: Connection, topic: str, callback: str, *, add: int) -> None:
    """Counts versions that were given up; 0 forgets those before."""
    changed = update(HubSubscription).where(_one(topic, callback))
    connection.execute(changed.values(failures=HubSubscription.failures + add if add else 0))


def end_topics(connection: Connection, topics: Sequence[str]) -> None:
    """Ends every subscription to one of `topics`."""
    for chunk in chunks(topics):
        connection.execute(delete(HubSubscription).where(HubSubscription.topic.in_(chunk)))


def prune(connection: Connection, now: datetime) -> None:
    """Ends subscriptions whose lease is over, and forgets feeds of others that nobody is told of."""
    connection.execute(delete(HubSubscription).where(HubSubscription.lease_until <= now))
    connection.execute(delete(HubTopic).where(HubTopic.topic.not_in(select(HubSubscription.topic))))


def name_topic(connection: Connection, topic: str) -> None:
    """Counts `topic` among the feeds of others that somebody is told of, until nobody is (`prune`)."""
    row = insert(HubTopic).values(topic=topic, media_type="", body=b"", fetched_at=None)
    connection.execute(row.on_conflict_do_nothing())


def is_topic(connection: Connection, topic: str) -> bool:
    """Whether `topic` is one of the feeds of others that are counted."""
    return connection.scalar(select(HubTopic.topic).where(HubTopic.topic == topic)) is not None


def topics_kept(connection: Connection) -> tuple[int, int]:
    """How many feeds of others there are, and how many bytes of them are kept."""
    # SQLite knows how long a blob is without reading it.
    row = connection.execute(select(func.count(), func.coalesce(func.sum(func.length(HubTopic.body)), 0))).one()
    return row[0], row[1]


def fetched_at(connection: Connection, topic: str) -> datetime | None:
    """When the feed of another publisher was fetched last; None where it never was."""
    return connection.scalar(select(HubTopic.fetched_at).where(HubTopic.topic == topic))


def topic_document(connection: Connection, topic: str) -> HubTopicRecord | None:
    """The feed of another publisher as it was kept last; None where it never was."""
    columns = (HubTopic.topic, HubTopic.media_type, HubTopic.body, HubTopic.fetched_at)
    row = connection.execute(select(*columns).where(HubTopic.topic == topic)).one_or_none()
    if row is None or row.fetched_at is None or not row.body:
        return None
    return HubTopicRecord(topic=row.topic, media_type=row.media_type, body=row.body, fetched_at=row.fetched_at)


def keep_topic(connection: Connection, document: HubTopicRecord) -> None:
    """Keeps a feed of another publisher in place of what it was before."""
    new = {"media_type": document.media_type, "body": document.body, "fetched_at": document.fetched_at}
    row = insert(HubTopic).values(topic=document.topic, **new)
    connection.execute(row.on_conflict_do_update(index_elements=[HubTopic.topic], set_=new))


def _one(topic: str, callback: str) -> ColumnElement[bool]:
    return and_(HubSubscription.topic == topic, HubSubscription.callback == callback)
