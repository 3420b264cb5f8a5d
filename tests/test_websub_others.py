"""Our hub as that of other publishers: their feeds are fetched when they say so, and brought where they changed."""

from __future__ import annotations

import hmac
from datetime import timedelta

import pytest

from db.engine import reading
from db.store import hub
from feeds.notify import Delivered
from feeds.websub import hub as limits
from feeds.websub import telling
from feeds.websub.telling import TOPIC_BYTES
from feeds.websub.wish import Refused
from tests.fakes import Reply
from tests.websub import TOPIC, Desk, Subscriber, announce, ask, desk, served, subscribe, subscriber

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


def test_feeds_of_others_have_their_most(desk: Desk, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any query makes another one of what is allowed."""
    monkeypatch.setattr(limits, "MOST_TOPICS", 2)
    site = subscriber.site
    served(desk, site.url)
    topics = [f"{site.url}/feed?{number}" for number in range(4)]
    for topic in topics:
        ask(desk, subscriber.callback, topic)
    assert desk.run() == Delivered(done=4)
    kept = [topic for topic, _ in desk.subscriptions()]
    assert len(kept) == 2
    desk.run()
    full = "hub.topic: this hub serves as many feeds of other publishers as it can"
    assert [asked["hub.reason"] for asked in subscriber.asked if asked["hub.mode"] == "denied"] == [full] * 2
    with pytest.raises(Refused, match="as many feeds of other publishers") as raised:
        ask(desk, subscriber.callback, f"{site.url}/feed?4")
    assert raised.value.status == 503
    subscribe(desk, Subscriber(site, "/another"), kept[0])
    subscribe(desk, subscriber, TOPIC)
    # Nobody is told of them any more, so that there is room for others.
    for topic in kept:
        for path in ("/callback", "/another"):
            ask(desk, site.url + path, topic, "unsubscribe")
    desk.run()
    ask(desk, subscriber.callback, TOPIC)
    desk.run()
    subscribe(desk, subscriber, f"{site.url}/feed?4")


def test_bytes_of_the_feeds_of_others_have_their_most(
    desk: Desk, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = subscriber.site
    served(desk, site.url)
    for module in (limits, telling):
        monkeypatch.setattr(module, "TOPICS_BYTES", 100)
    one, other = site.put("/one", b"1" * 60), site.put("/other", b"2" * 41)
    for topic in (one, other):
        subscribe(desk, subscriber, topic)
        announce(desk, topic)
        desk.run()
        desk.run()
    with reading(desk.engine) as connection:
        assert hub.topics_kept(connection) == (2, 60)
        assert hub.topic_document(connection, other) is None
    assert [seen.body for seen in subscriber.told] == [b"1" * 60]
    # What takes the place of another needs no more room than that leaves.
    site.put("/one", b"3" * 100)
    desk.now += timedelta(seconds=10)
    announce(desk, one)
    desk.run()
    desk.run()
    assert subscriber.told[1].body == b"3" * 100
    with pytest.raises(Refused, match="as many feeds of other publishers"):
        ask(desk, subscriber.callback, f"{site.url}/third")
