"""Our hub: nobody is subscribed who did not ask, everybody who did is told, and nobody can use it against others."""

from __future__ import annotations

import hmac
import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from db.engine import reading, writing
from db.store import deliveries, hub
from feeds import notify
from feeds.config import WebSub
from feeds.fetch.answer import CALL_BYTES
from feeds.notify import Delivered
from feeds.web import hub as web
from feeds.websub import hub as limits
from feeds.websub import wish
from feeds.websub.telling import TOPIC_BYTES
from feeds.websub.wish import Refused
from tests.command import ROOT
from tests.desk import hours
from tests.fakes import Reply, Site, free_port
from tests.websub import TOPIC, Desk, Subscriber, announce, ask, config_of, desk, served, subscribe, subscriber

__all__ = ["desk", "subscriber"]


def refusal(desk: Desk, callback: str = "https://reader.example/", **given: Any) -> tuple[int, str]:
    with pytest.raises(Refused) as raised:
        ask(desk, callback, **given)
    return raised.value.status, str(raised.value)


# Who subscribes


def test_a_question_goes_behind_the_query_of_the_callback(desk: Desk, subscriber: Subscriber) -> None:
    ask(desk, f"{subscriber.callback}?key=a%20b&hub.mode=x", lease=600)
    desk.run()
    (seen,) = subscriber.site.log
    path, _, query = seen.path.partition("?")
    assert (seen.method, path) == ("GET", "/callback")
    assert query.startswith("key=a%20b&hub.mode=x&hub.mode=subscribe&hub.topic=https%3A%2F%2Fnews.example%2Fall.atom&")
    assert parse_qs(query)["hub.lease_seconds"] == ["600"]


@pytest.mark.parametrize("reply", [
    Reply(status=404), Reply(status=500), Reply(status=302, headers=[("Location", "/callback2")]),
    Reply(body=b"something else"), Reply(body=b""), Reply(pieces=(b"x" * 50_000,), endless=True),
])  # fmt: skip
def test_who_does_not_repeat_the_challenge_is_not_subscribed(desk: Desk, site: Site, reply: Reply) -> None:
    subscriber = Subscriber(site)
    site.put("/callback", reply)
    ask(desk, subscriber.callback)
    assert desk.run() == Delivered(done=1)
    assert desk.subscriptions() == []
    assert desk.owed() == []
    assert len(site.log) == 1


def test_every_challenge_is_another(desk: Desk, subscriber: Subscriber) -> None:
    for _ in range(3):
        subscribe(desk, subscriber)
    assert len({asked["hub.challenge"] for asked in subscriber.asked}) == 3


def test_a_challenge_with_more_behind_it_is_none(desk: Desk, site: Site) -> None:
    subscriber = Subscriber(site)
    right = site.pages["/callback"]
    site.put("/callback", lambda seen: Reply(body=right(seen).body + b"\n"))  # type: ignore[operator]
    ask(desk, subscriber.callback)
    desk.run()
    assert len(subscriber.asked) == 1
    assert desk.subscriptions() == []


def test_who_is_not_reached_is_asked_three_times(desk: Desk) -> None:
    ask(desk, f"http://127.0.0.1:{free_port()}/")
    found = [desk.run(), desk.run(after=60), desk.run(after=180), desk.run(after=3600)]
    assert found == [Delivered(later=1), Delivered(later=1), Delivered(done=1), Delivered()]
    assert desk.subscriptions() == []


def test_a_private_address_is_refused_when_it_is_asked(desk: Desk) -> None:
    """The answer to the request does not tell what our network reaches."""
    ask(desk, "http://192.168.3.4/callback")
    assert desk.run() == Delivered(later=1)
    with reading(desk.engine) as connection:
        error = connection.exec_driver_sql("SELECT error FROM deliveries").scalar()
    assert error is not None
    assert "the private address 192.168.3.4 is refused" in error


def test_the_last_word_on_a_topic_is_the_one_that_is_asked_about(desk: Desk, subscriber: Subscriber) -> None:
    subscribe(desk, subscriber)
    ask(desk, subscriber.callback, mode="unsubscribe")
    ask(desk, subscriber.callback, lease=700)
    ask(desk, subscriber.callback, mode="unsubscribe")
    assert desk.owed() == [("verify", subscriber.callback)]
    desk.run()
    assert [asked["hub.mode"] for asked in subscriber.asked] == ["subscribe", "unsubscribe"]
    assert "hub.lease_seconds" not in subscriber.asked[1]
    assert desk.subscriptions() == []


def test_somebody_else_cannot_end_a_subscription(desk: Desk, subscriber: Subscriber) -> None:
    subscribe(desk, subscriber, secret="a secret")  # noqa: S106
    subscriber.agrees = False
    ask(desk, subscriber.callback, mode="unsubscribe")
    ask(desk, subscriber.callback, secret="of somebody else")  # noqa: S106
    desk.run()
    desk.publish("News that nobody knew")
    desk.run()
    (told,) = subscriber.told
    assert told.headers["X-Hub-Signature"] == f"sha256={hmac.new(b'a secret', told.body, 'sha256').hexdigest()}"


@pytest.mark.parametrize(("asked", "lease"), [(None, 864_000), (1, 300), (7200, 7200), (10**9, 864_000)])
def test_leases_are_within_bounds_and_end(desk: Desk, subscriber: Subscriber, asked: int | None, lease: int) -> None:
    subscribe(desk, subscriber, lease=asked)
    assert subscriber.asked[0]["hub.lease_seconds"] == str(lease)
    with reading(desk.engine) as connection:
        ends = desk.now + timedelta(seconds=lease)
        just_before = ends - timedelta(seconds=1)
        assert hub.subscription(connection, TOPIC, subscriber.callback, just_before) is not None
        assert hub.subscription(connection, TOPIC, subscriber.callback, ends) is None


def test_a_lease_that_ended_is_forgotten(desk: Desk, subscriber: Subscriber) -> None:
    subscribe(desk, subscriber, lease=300)
    desk.now += timedelta(minutes=10)
    desk.publish("News that nobody knew")
    ask(desk, "http://10.0.0.1/")
    desk.run()
    assert subscriber.told == []
    assert desk.subscriptions() == []


@pytest.mark.parametrize(
    "topic",
    [
        "https://news.example/no.atom", "https://news.example/archive/town/2026-03.atom", "https://other.example/a",
        "https://news.example/index.html", "https://news.example/all.atom?q=a", "https://news.example/private/all.atom",
    ],
)  # fmt: skip
def test_topics_that_we_do_not_have(desk: Desk, topic: str) -> None:
    status, words = refusal(desk, topic=topic)
    assert (status, words.partition(";")[0]) == (404, "hub.topic: this hub has no such topic")
    with pytest.raises(Refused):
        announce(desk, topic)
    assert desk.owed() == []


def test_a_topic_that_is_gone_can_still_be_left(desk: Desk, subscriber: Subscriber) -> None:
    ask(desk, subscriber.callback, "https://news.example/sections/gone.atom", "unsubscribe")
    assert desk.run() == Delivered(done=1)


# Nobody can use it against others


def test_a_topic_a_host_and_what_is_pending_have_their_most(
    desk: Desk, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MOST_OF_TOPIC", "MOST_OF_HOST", "MOST_PENDING"):
        monkeypatch.setattr(limits, name, 3)
    others = [Subscriber(subscriber.site, f"/{number}") for number in range(3)]
    for other in others[:2]:
        subscribe(desk, other)
    subscribe(desk, others[0], "https://news.example/sections/town.atom")
    host = others[0].callback.split("/")[2]
    assert refusal(desk, f"http://{host}/new") == (
        403,
        "hub.callback: its host has as many subscriptions as this hub gives to one",
    )
    with writing(desk.engine) as connection:
        hub.subscribe(
            connection, TOPIC, "https://b.example/", host="b.example", secret=None, now=desk.now,
            lease_until=desk.now + hours(1),
        )  # fmt: skip
    assert refusal(desk) == (503, "hub.topic: it has as many subscribers as this hub serves")
    ask(desk, others[0].callback)
    assert desk.run() == Delivered(done=1)
    for number in range(3):
        ask(desk, f"https://c.example/{number}", mode="unsubscribe")
    status, words = refusal(desk, mode="unsubscribe")
    assert (status, words) == (503, "too many subscribers are being asked; try again in a few minutes")


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ("MOST_OF_TOPIC", "hub.topic: it has as many subscribers as this hub serves"),
        ("MOST_OF_HOST", "hub.callback: its host has as many subscriptions as this hub gives to one"),
    ],
)
def test_many_who_ask_before_the_first_is_heard_have_their_most_as_well(
    desk: Desk, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch, limit: str, reason: str
) -> None:
    monkeypatch.setattr(limits, limit, 3)
    crowd = [Subscriber(subscriber.site, f"/{number}") for number in range(5)]
    for one in crowd:
        ask(desk, one.callback)
    assert desk.run() == Delivered(done=5)
    begun = {callback for _, callback in desk.subscriptions()}
    assert len(begun) == 3
    assert desk.run() == Delivered(done=2)
    told = {one.callback: one.asked[1] for one in crowd if len(one.asked) == 2}
    assert told == {
        one.callback: {"hub.mode": "denied", "hub.topic": TOPIC, "hub.reason": reason}
        for one in crowd
        if one.callback not in begun
    }
    # Who has one renews it.
    for one in crowd:
        if one.callback in begun:
            subscribe(desk, one, lease=700)
    assert desk.owed() == []


def test_the_ports_of_a_host_have_one_share(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_OF_HOST", 1)
    with writing(desk.engine) as connection:
        hub.subscribe(
            connection, TOPIC, "https://b.example:1025/", host=wish.host_of("https://b.example:1025/"), secret=None,
            now=desk.now, lease_until=desk.now + hours(1),
        )  # fmt: skip
    assert refusal(desk, "https://b.example:1026/")[0] == refusal(desk, "https://B.example./")[0] == 403


def test_one_request_asks_one_address_once(desk: Desk, subscriber: Subscriber) -> None:
    """However often it is said: amplification of a request is one at most."""
    for number in range(50):
        ask(desk, subscriber.callback, lease=1000 + number)
    desk.run()
    desk.run()
    assert len(subscriber.asked) == 1


def test_secrets_are_in_no_log(desk: Desk, subscriber: Subscriber, capsys: pytest.CaptureFixture[str]) -> None:
    from feeds import log

    log.configure(2, json=True)
    subscribe(desk, subscriber, secret="hush-hush")  # noqa: S106
    desk.publish("News that nobody knew")
    desk.run()
    said = capsys.readouterr().err
    log.configure(0, json=False)
    assert "delivered" in said
    assert "hush-hush" not in said


# Who is told


def test_every_feed_is_brought_to_its_own_subscribers(desk: Desk, site: Site) -> None:
    town, everything = Subscriber(site, "/town"), Subscriber(site, "/all")
    subscribe(desk, town, "https://news.example/sections/town.atom")
    subscribe(desk, everything)
    desk.publish("News that nobody knew")
    assert desk.run() == Delivered(done=2)
    assert town.told[0].body == (desk.config.public / "sections/town.atom").read_bytes()
    assert everything.told[0].body == (desk.config.public / "all.atom").read_bytes()
    assert town.told[0].headers["Link"] == (
        '<https://news.example/hub>; rel="hub", <https://news.example/sections/town.atom>; rel="self"'
    )
    desk.settle()
    assert desk.run() == Delivered()


def test_other_hubs_are_named_beside_ours(desk: Desk, subscriber: Subscriber) -> None:
    subscribe(desk, subscriber)
    desk.config = config_of(desk.config.public.parent, publish={"hubs": ["https://hub.example/"]})
    desk.publish("News that nobody knew")
    desk.run()
    assert subscriber.told[0].headers["Link"] == (
        '<https://hub.example/>; rel="hub", <https://news.example/hub>; rel="hub", '
        '<https://news.example/all.atom>; rel="self"'
    )


def test_what_was_not_heard_is_brought_again_as_it_is_by_then(desk: Desk, subscriber: Subscriber) -> None:
    subscribe(desk, subscriber)
    subscriber.answers = 500
    desk.publish("The second headline")
    assert desk.run() == Delivered(later=1)
    desk.publish("The third headline")
    assert desk.owed() == [("distribute", subscriber.callback)]
    subscriber.answers = 200
    assert desk.run(after=60) == Delivered(done=1)
    assert len(subscriber.told) == 2
    assert b"The third headline" in subscriber.told[1].body
    assert desk.run(after=9999) == Delivered()


def test_a_subscriber_that_is_gone_is_told_no_more(desk: Desk, subscriber: Subscriber) -> None:
    subscribe(desk, subscriber)
    subscriber.answers = 410
    desk.publish("News that nobody knew")
    assert desk.run() == Delivered(done=1)
    assert desk.subscriptions() == []


def test_one_who_leaves_while_it_is_told_is_forgotten(desk: Desk, subscriber: Subscriber) -> None:
    def leave(_seen: object) -> Reply:
        with writing(desk.engine) as connection:
            hub.unsubscribe(connection, TOPIC, subscriber.callback)
        return Reply(status=500)

    subscribe(desk, subscriber)
    subscriber.site.put("/callback", leave)
    desk.publish("News that nobody knew")
    assert desk.run() == Delivered(done=1)
    assert desk.subscriptions() == []


def test_a_subscriber_does_not_move_by_a_redirect(desk: Desk, site: Site) -> None:
    subscriber = Subscriber(site)
    subscribe(desk, subscriber)
    site.put("/callback", Reply(status=307, headers=[("Location", site.put("/elsewhere", b""))]))
    desk.publish("News that nobody knew")
    assert desk.run() == Delivered(later=1)
    assert "/elsewhere" not in {seen.path for seen in site.log}


def test_one_that_never_hears_stays_until_its_lease_ends_and_is_tried_once_a_version(
    desk: Desk, subscriber: Subscriber
) -> None:
    subscribe(desk, subscriber)
    subscriber.answers = 500
    desk.publish("The second headline")
    total = sum(desk.run(after=6 * 3600).later for _ in range(10))
    assert total == 9
    assert desk.owed() == []
    assert len(desk.subscriptions()) == 1
    desk.publish("The third headline")
    assert desk.run() == Delivered(done=1)
    assert len(subscriber.told) == 11
    subscriber.answers = 200
    desk.publish("The fourth headline")
    assert desk.run() == Delivered(done=1)
    subscriber.answers = 500
    desk.publish("The fifth headline")
    assert desk.run() == Delivered(later=1)


def test_a_slow_subscriber_keeps_no_other_waiting(desk: Desk, site: Site) -> None:
    slow, quick = Subscriber(site, "/slow"), Subscriber(site, "/quick")
    subscribe(desk, slow)
    subscribe(desk, quick)
    site.put("/slow", lambda _seen: Reply(raw=(b"HTTP/1.1 200 OK\r\n",), pause=9))
    desk.publish("News that nobody knew")
    assert desk.run() == Delivered(done=1, later=1)
    assert len(quick.told) == 1


def test_subscribers_of_a_feed_that_goes_are_told_so(desk: Desk, subscriber: Subscriber) -> None:
    desk.config = config_of(desk.config.public.parent, saved=[{"name": "mine", "query": "headline"}])
    desk.settle()
    topic = "https://news.example/saved/mine.atom"
    subscribe(desk, subscriber, topic)
    subscribe(desk, subscriber)
    desk.config = config_of(desk.config.public.parent)
    desk.settle()
    desk.run()
    assert subscriber.asked[-1] == {"hub.mode": "denied", "hub.topic": topic, "hub.reason": "the feed is gone"}
    assert desk.subscriptions() == [(TOPIC, subscriber.callback)]


def test_who_cannot_be_told_that_a_feed_is_gone_is_told_three_times(desk: Desk) -> None:
    with writing(desk.engine) as connection:
        deliveries.owe(connection, "deny", f"http://127.0.0.1:{free_port()}/", {"topic": TOPIC}, desk.now)
    found = [desk.run(), desk.run(after=60), desk.run(after=180)]
    assert found == [Delivered(later=1), Delivered(later=1), Delivered(done=1)]


def test_a_feed_that_was_taken_away_by_hand_is_not_brought(desk: Desk, subscriber: Subscriber) -> None:
    subscribe(desk, subscriber)
    desk.publish("News that nobody knew")
    (desk.config.public / "all.atom").unlink()
    desk.run()
    assert subscriber.told == []
    assert desk.owed() == []


def test_who_is_a_hub_no_more_says_nothing(desk: Desk, subscriber: Subscriber, site: Site) -> None:
    served(desk, site.url)
    other = site.put("/feed", b"one")
    subscribe(desk, subscriber)
    subscribe(desk, subscriber, other)
    desk.publish("News that nobody knew")
    ask(desk, subscriber.callback, "https://news.example/sections/town.atom")
    announce(desk, other)
    with writing(desk.engine) as connection:
        deliveries.owe(connection, "deny", subscriber.callback, {"topic": TOPIC}, desk.now)
    assert {kind for kind, _ in desk.owed()} == {"distribute", "verify", "fetch", "deny"}
    desk.config = config_of(desk.config.public.parent, websub={})
    before = len(site.log)
    desk.run()
    assert len(site.log) == before
    assert desk.owed() == []
    desk.publish("More news that nobody knew")
    assert desk.owed() == []


def test_one_that_is_told_by_hand_that_our_feed_is_new_fetches_nothing(desk: Desk, subscriber: Subscriber) -> None:
    subscribe(desk, subscriber)
    announce(desk, TOPIC)
    assert desk.owed() == []


def test_what_waits_is_readable_by_a_person(desk: Desk) -> None:
    ask(desk, "https://reader.example/", lease=600)
    with reading(desk.engine) as connection:
        payload = connection.exec_driver_sql("SELECT payload FROM deliveries").scalar()
    assert json.loads(str(payload)) == {
        "mode": "subscribe", "topic": TOPIC, "host": "reader.example", "lease": 600, "secret": None,
    }  # fmt: skip


def test_the_limits_that_the_page_names_are_those_of_the_code() -> None:
    page = (ROOT / "docs/websub.md").read_text()
    for words in (
        f"{web.PER_MINUTE} in a minute",
        f"{web.BODY_BYTES // 1024} kB, {web.MOST_FIELDS} fields, addresses of {wish.URL_CHARS:,} characters, "
        f"secrets of {wish.SECRET_BYTES} bytes",
        f"{limits.MOST_OF_TOPIC:,} of one feed, {limits.MOST_OF_HOST} of one callback's host",
        f"to be asked | {limits.MOST_PENDING:,} |",
        f"{limits.MOST_TOPICS:,} feeds, {limits.TOPICS_BYTES // 1_000_000} MB of them",
        f"{notify.DEADLINE:.0f} s; of what is due {notify.AT_ONCE} at once, and {notify.HELD_BYTES // 1_000_000} MB",
        f"{CALL_BYTES // 1024} kB are read",
        f"smaller than {TOPIC_BYTES // 1_000_000} MB",
        f"`lease_days` ({WebSub().lease_days:.0f} days)",
    ):
        assert words in page
    assert (limits.FETCH_GAP, wish.SHORTEST) == (timedelta(seconds=10), 300)
    assert (deliveries.TRIES, deliveries.FIRST, deliveries.FACTOR, deliveries.LONGEST) == (10, 60, 3, 6 * 3600)
