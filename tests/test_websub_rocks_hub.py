"""Every check of websub.rocks for publishers and hubs, against our own server on loopback.

The names and numbers are those of the test suite that the Recommendation names (https://websub.rocks/hub and
https://websub.rocks/publisher), and of its implementation reports.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs
from urllib.request import Request, urlopen

import pytest
from lxml import etree

from tests.fakes import Reply, Seen, Site, running_site
from tests.websub import Desk, Subscriber, post, served_desk

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with served_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def subscriber(site: Site) -> Subscriber:
    return Subscriber(site)


def fetched(url: str) -> tuple[str, bytes]:
    """Content-Type and bytes of what a reader gets."""
    with urlopen(url, timeout=10) as answer:  # noqa: S310  # a loopback address of the test's own
        return answer.headers["Content-Type"], answer.read()


def links(seen: Seen) -> dict[str, str]:
    """rel -> address, of the Link header."""
    return {rel: url for url, rel in re.findall(r'<([^>]*)>; rel="(\w+)"', seen.headers["Link"])}


def check_told(seen: Seen, desk: Desk, topic: str) -> None:
    """What websub.rocks looks at in every notification."""
    media_type, body = fetched(topic)
    assert seen.body == body != b""
    assert seen.headers["Content-Type"] == media_type
    assert links(seen) == {"hub": desk.hub, "self": topic}


def test_hub_100_typical_subscriber_request(desk: Desk, subscriber: Subscriber) -> None:
    topic = desk.topic()
    subscriber.subscribe(desk, topic)
    (asked,) = subscriber.asked
    assert asked["hub.mode"] == "subscribe"
    assert asked["hub.topic"] == topic
    assert int(asked["hub.lease_seconds"]) > 0
    assert len(asked["hub.challenge"]) > 20
    desk.publish("News that nobody knew")
    desk.run()
    (told,) = subscriber.told
    check_told(told, desk, topic)
    assert b"News that nobody knew" in told.body
    assert told.headers["X-Hub-Signature"] is None


def test_hub_101_subscription_with_secret(desk: Desk, subscriber: Subscriber) -> None:
    subscriber.subscribe(desk, desk.topic(), **{"secret": "a secret of ours"})
    desk.publish("News that nobody knew")
    desk.run()
    (told,) = subscriber.told
    check_told(told, desk, desk.topic())
    signature = hmac.new(b"a secret of ours", told.body, "sha256").hexdigest()
    assert told.headers["X-Hub-Signature"] == f"sha256={signature}"


def test_hub_102_subscriber_sends_additional_parameters(desk: Desk, subscriber: Subscriber) -> None:
    fields = {"hub.mode": "subscribe", "hub.topic": desk.topic(), "hub.callback": subscriber.callback}
    assert post(desk.hub, fields | {"foo": "bar", "hub.foo": "hub.bar"})[0] == 202
    desk.run()
    desk.publish("News that nobody knew")
    desk.run()
    check_told(subscriber.told[0], desk, desk.topic())
    assert {"foo", "hub.foo"}.isdisjoint(subscriber.asked[0])


def test_hub_103_resubscribes_before_expiration(desk: Desk, subscriber: Subscriber) -> None:
    subscriber.subscribe(desk, desk.topic(), **{"secret": "old"})
    subscriber.subscribe(desk, desk.topic(), **{"secret": "new"})
    assert len(subscriber.asked) == 2
    desk.publish("News that nobody knew")
    desk.run()
    (told,) = subscriber.told
    assert told.headers["X-Hub-Signature"] == f"sha256={hmac.new(b'new', told.body, 'sha256').hexdigest()}"


def test_hub_104_unsubscription(desk: Desk, subscriber: Subscriber) -> None:
    subscriber.subscribe(desk, desk.topic())
    desk.publish("News that nobody knew")
    desk.run()
    assert len(subscriber.told) == 1
    assert subscriber.ask(desk.hub, desk.topic(), "unsubscribe")[0] == 202
    desk.run()
    assert (subscriber.asked[-1]["hub.mode"], subscriber.asked[-1]["hub.topic"]) == ("unsubscribe", desk.topic())
    desk.publish("More news, which nobody asked for")
    desk.run()
    assert len(subscriber.told) == 1


@pytest.mark.parametrize(
    ("number", "media_type", "first", "second"),
    [
        (105, "text/plain", b"one post\n", b"two posts\n"),
        (106, "application/json", b'{"items":["one"]}', b'{"items":["one","two"]}'),
    ],
)
def test_hub_105_plaintext_topic_and_106_json_topic(
    tmp_path: Path, subscriber: Subscriber, number: int, media_type: str, first: bytes, second: bytes
) -> None:
    """An open hub: the topic is another publisher's, who tells us with hub.topic that it is new."""
    with (
        running_site() as publisher,
        served_desk(tmp_path, websub={"hub": True, "hub_topics": [f"{publisher.url}/hub/"]}) as desk,
    ):
        headers = [("Content-Type", media_type)]
        topic = publisher.put(f"/hub/{number}/pub/token", Reply(headers=headers, body=first))
        subscriber.subscribe(desk, topic)
        publisher.put(f"/hub/{number}/pub/token", Reply(headers=headers, body=second))
        assert post(desk.hub, {"hub.mode": "publish", "hub.topic": topic})[0] == 202
        desk.run()
        desk.run()
        (told,) = subscriber.told
        check_told(told, desk, topic)
        assert (told.body, told.headers["Content-Type"]) == (second, media_type)


def test_hub_lease_that_was_asked_for(desk: Desk, subscriber: Subscriber) -> None:
    """Of the implementation reports: "Allows subscribers to request a specific lease duration"."""
    subscriber.subscribe(desk, desk.topic(), lease_seconds=7200)
    assert subscriber.asked[0]["hub.lease_seconds"] == "7200"
    desk.now += timedelta(minutes=118)
    desk.publish("News within two hours")
    desk.run()
    assert len(subscriber.told) == 1
    desk.now += timedelta(minutes=1)
    desk.publish("News after two hours")
    desk.run()
    assert len(subscriber.told) == 1


@pytest.mark.parametrize("path", ["all.atom", "sections/town.atom"])
def test_publisher_discovery_in_the_body(desk: Desk, path: str) -> None:
    """Hub and self in <link> elements of Atom; exactly one self, and it is the topic that is pinged."""
    _media_type, body = fetched(desk.topic(path))
    found = [(link.get("rel"), link.get("href")) for link in etree.fromstring(body).findall(f"{ATOM}link")]
    assert [url for rel, url in found if rel == "self"] == [desk.topic(path)]
    assert [url for rel, url in found if rel == "hub"] == [desk.hub]


@pytest.mark.parametrize("path", ["all.atom", "sections/town.atom"])
def test_publisher_discovery_in_the_header(desk: Desk, path: str) -> None:
    """Hub and exactly one self in the Link header, for GET and HEAD."""
    for method in ("GET", "HEAD"):
        with urlopen(Request(desk.topic(path), method=method), timeout=10) as answer:  # noqa: S310
            found = re.findall(r'<([^>]*)>; rel="(\w+)"', ", ".join(answer.headers.get_all("Link")))
        assert sorted(found) == sorted([(desk.hub, "hub"), (desk.topic(path), "self")])


def test_publisher_notifies_the_hub_with_hub_topic_and_hub_url(tmp_path: Path, site: Site) -> None:
    hub = site.put("/hub", Reply(status=204))
    with served_desk(tmp_path, publish={"hubs": [hub]}, websub={}) as desk:
        desk.publish("News that nobody knew")
        desk.run()
        pinged = {}
        for seen in site.log:
            fields = parse_qs(seen.body.decode(), strict_parsing=True)
            assert (seen.method, seen.headers["Content-Type"]) == ("POST", "application/x-www-form-urlencoded")
            assert fields["hub.mode"] == ["publish"]
            assert fields["hub.url"] == fields["hub.topic"]
            pinged[fields["hub.topic"][0]] = fields
        assert set(pinged) == {
            desk.topic("all.atom"),
            desk.topic("sections/town.atom"),
        }
        desk.run()
        assert len(site.log) == 2
