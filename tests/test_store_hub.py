"""Who our hub tells of what: one subscription for a topic and a callback, until its lease is over."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from db.engine import Connection, writing
from db.records import HubSubscriptionRecord, HubTopicRecord
from db.store import hub
from tests.desk import NOON, hours, new_engine

HOUR_LATER = NOON + hours(1)


def subscribe(
    connection: Connection, topic: str, callback: str, *, secret: str | None = None, until: datetime = HOUR_LATER
) -> None:
    host = callback.split("/")[2]
    hub.subscribe(connection, topic, callback, host=host, secret=secret, now=NOON, lease_until=until)


def test_a_subscription_lasts_until_its_lease_is_over(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        subscribe(connection, "t", "http://a/1")
        assert hub.subscription(connection, "t", "http://a/1", NOON) == HubSubscriptionRecord(
            topic="t", callback="http://a/1", secret=None, since=NOON, lease_until=NOON + hours(1), failures=0
        )
        assert hub.subscription(connection, "t", "http://a/2", NOON) is None
        assert hub.subscription(connection, "u", "http://a/1", NOON) is None
        assert hub.subscription(connection, "t", "http://a/1", NOON + hours(1)) is None
        assert hub.subscribers(connection, ["t"], NOON + hours(1)) == []


def test_a_second_one_takes_the_place_of_the_first(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        subscribe(connection, "t", "http://a/1", secret="old")  # noqa: S106
        hub.note_failures(connection, "t", "http://a/1", add=1)
        subscribe(connection, "t", "http://a/1", until=NOON + hours(9))
        found = hub.subscription(connection, "t", "http://a/1", NOON)
        assert found is not None
        assert (found.secret, found.lease_until, found.failures) == (None, NOON + hours(9), 0)
        assert hub.subscribers(connection, ["t"], NOON) == [("t", "http://a/1")]


def test_failures_are_counted_and_forgotten(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        subscribe(connection, "t", "http://a/1")
        counts = []
        for add in (1, 1, 0):
            hub.note_failures(connection, "t", "http://a/1", add=add)
            found = hub.subscription(connection, "t", "http://a/1", NOON)
            assert found is not None
            counts.append(found.failures)
        assert counts == [1, 2, 0]


def test_subscribers_of_many_topics_and_their_end(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        for topic in ("t", "u", "v"):
            subscribe(connection, topic, "http://b/1")
            subscribe(connection, topic, "http://a/1")
        assert hub.subscribers(connection, ["u", "t"], NOON) == [
            ("t", "http://b/1"), ("t", "http://a/1"), ("u", "http://b/1"), ("u", "http://a/1"),
        ]  # fmt: skip
        assert hub.subscribers(connection, [], NOON) == []
        assert hub.crowd(connection, "t", "a") == (2, 3)
        assert hub.crowd(connection, "w", "c") == (0, 0)
        hub.unsubscribe(connection, "t", "http://b/1")
        hub.end_topics(connection, ["u"])
        assert hub.subscribers(connection, ["t", "u", "v"], NOON) == [
            ("t", "http://a/1"), ("v", "http://b/1"), ("v", "http://a/1"),
        ]  # fmt: skip


def test_whether_anybody_subscribes_to_a_topic(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        subscribe(connection, "t", "http://a/1")
        subscribe(connection, "t", "http://a/2", until=NOON + hours(2))
        found = [hub.is_subscribed_to(connection, topic, now) for topic, now in (
            ("t", NOON), ("t", HOUR_LATER), ("t", NOON + hours(2)), ("u", NOON),
        )]  # fmt: skip
        assert found == [True, True, False, False]


def test_feeds_of_others_are_counted_before_they_are_fetched(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        subscribe(connection, "t", "http://a/1")
        assert hub.topics_kept(connection) == (0, 0)
        hub.name_topic(connection, "t")
        assert hub.topics_kept(connection) == (1, 0)
        assert (hub.is_topic(connection, "t"), hub.is_topic(connection, "u")) == (True, False)
        assert (hub.topic_document(connection, "t"), hub.fetched_at(connection, "t")) == (None, None)
        kept = HubTopicRecord(topic="t", media_type="text/plain", body=b"xyz", fetched_at=NOON)
        hub.keep_topic(connection, kept)
        hub.name_topic(connection, "t")
        assert hub.topic_document(connection, "t") == kept
        assert hub.fetched_at(connection, "t") == NOON
        assert hub.topics_kept(connection) == (1, 3)
        hub.prune(connection, HOUR_LATER)
        assert hub.topics_kept(connection) == (0, 0)
        assert hub.fetched_at(connection, "t") is None


def test_what_is_over_goes_and_with_it_the_feeds_that_nobody_is_told_of(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        for topic, hour in (("t", 1), ("u", 2)):
            subscribe(connection, topic, "http://a/1", until=NOON + hours(hour))
            kept = HubTopicRecord(topic=topic, media_type="text/plain", body=b"x", fetched_at=NOON)
            hub.keep_topic(connection, kept)
            assert hub.topic_document(connection, topic) == kept
        newer = HubTopicRecord(topic="u", media_type="", body=b"y", fetched_at=NOON + hours(1))
        hub.keep_topic(connection, newer)
        hub.prune(connection, NOON + hours(1))
        assert hub.topic_document(connection, "t") is None
        assert hub.topic_document(connection, "u") == newer
        assert hub.crowd(connection, "t", "a") == (0, 1)
