"""Our hub as that of other publishers: their feeds are fetched when they say so, and brought where they changed."""

from __future__ import annotations

import hmac
from datetime import timedelta

import pytest

from feeds.notify import Delivered
from feeds.websub.telling import TOPIC_BYTES
from tests.fakes import Reply
from tests.websub import Desk, Subscriber, announce, desk, served, subscribe, subscriber

__all__ = ["desk", "subscriber"]


def test_a_feed_of_another_is_fetched_when_it_is_said_to_be_new(desk: Desk, subscriber: Subscriber) -> None:
    site = subscriber.site
    served(desk, f"{site.url}/feeds/")
    topic = site.put("/feeds/a", Reply(headers=[("Content-Type", "text/plain; charset=utf-8")], body=b"one"))
    announce(desk, topic)
    assert desk.owed() == []
    subscribe(desk, subscriber, topic, secret="a secret")  # noqa: S106
    for body, told in ((b"one", 1), (b"one", 1), (b"two", 2)):
        site.put("/feeds/a", Reply(headers=[("Content-Type", "text/plain; charset=utf-8")], body=body))
        desk.now += timedelta(seconds=10)
        announce(desk, topic)
        announce(desk, topic)
        desk.run()
        desk.run()
        assert len(subscriber.told) == told
    last = subscriber.told[-1]
    assert (last.body, last.headers["Content-Type"]) == (b"two", "text/plain; charset=utf-8")
    assert last.headers["Link"] == f'<https://news.example/hub>; rel="hub", <{topic}>; rel="self"'
    assert last.headers["X-Hub-Signature"] == f"sha256={hmac.new(b'a secret', b'two', 'sha256').hexdigest()}"


def test_a_feed_of_another_is_asked_for_at_most_every_ten_seconds(desk: Desk, subscriber: Subscriber) -> None:
    site = subscriber.site
    served(desk, site.url)
    topic = site.put("/feed", b"one")
    subscribe(desk, subscriber, topic)
    for _ in range(30):
        announce(desk, topic)
        desk.run(after=1)
    assert 3 <= len([seen for seen in site.log if seen.path == "/feed"]) <= 4


@pytest.mark.parametrize("reply", [
    Reply(body=b"x" * TOPIC_BYTES), Reply(body=b""), Reply(status=500), Reply(status=206, body=b"a part"),
    Reply(headers=[("Content-Encoding", "gzip")], body=b"zipped"),
    Reply(status=302, headers=[("Location", "/other")]), Reply(pieces=(b"x" * 99_999,), endless=True),
])  # fmt: skip
def test_what_is_no_whole_document_of_another_is_not_brought(desk: Desk, subscriber: Subscriber, reply: Reply) -> None:
    site = subscriber.site
    served(desk, site.url)
    topic = site.put("/feed", reply)
    subscribe(desk, subscriber, topic)
    announce(desk, topic)
    assert desk.run() == Delivered(later=1)
    assert desk.run() == Delivered()
    assert subscriber.told == []


def test_a_feed_of_another_without_a_type_is_brought_without_one(desk: Desk, subscriber: Subscriber) -> None:
    site = subscriber.site
    served(desk, site.url)
    topic = site.put("/feed", b"plain")
    subscribe(desk, subscriber, topic)
    announce(desk, topic)
    desk.run()
    desk.run()
    assert subscriber.told[0].headers["Content-Type"] is None


def test_a_feed_of_another_that_is_gone_ends_its_subscriptions(desk: Desk, subscriber: Subscriber) -> None:
    site = subscriber.site
    served(desk, site.url)
    topic = site.put("/feed", Reply(status=410))
    subscribe(desk, subscriber, topic)
    announce(desk, topic)
    desk.run()
    desk.run()
    assert subscriber.asked[-1]["hub.mode"] == "denied"
    assert desk.subscriptions() == []


def test_a_feed_of_another_that_stays_away_is_given_up(desk: Desk, subscriber: Subscriber) -> None:
    site = subscriber.site
    served(desk, site.url)
    topic = site.put("/feed", Reply(status=500))
    subscribe(desk, subscriber, topic)
    announce(desk, topic)
    assert sum(desk.run(after=6 * 3600).given_up for _ in range(10)) == 1
    assert desk.owed() == []
