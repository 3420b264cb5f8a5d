"""What a request to the hub may say, and what it is told where it may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.websub.wish import SHORTEST, Refused, Wish, host_of, lease_of, wish_of

HUB = "https://news.example/hub"
TOPIC = "https://news.example/all.atom"
CALLBACK = "https://reader.example/push?key=a"


def fields(**changed: str | None) -> list[tuple[str, str]]:
    """A good request but for what is `changed`; None leaves a field out."""
    asked: dict[str, str | None] = {"mode": "subscribe", "topic": TOPIC, "callback": CALLBACK}
    return [(f"hub.{name}", value) for name, value in (asked | changed).items() if value is not None]


def test_a_subscription_with_all_that_it_may_say() -> None:
    asked = [*fields(lease_seconds="600", secret="s" * 199), ("foo", "bar"), ("hub.foo", "a"), ("hub.foo", "b")]
    assert wish_of(asked, HUB) == Wish(
        mode="subscribe",
        topics=(TOPIC,),
        callback=CALLBACK,
        host="reader.example",
        lease=600,
        secret="s" * 199,
    )
    assert "sss" not in repr(wish_of(asked, HUB))


def test_what_is_left_out_or_empty_is_not_said() -> None:
    for asked in (fields(), fields(lease_seconds="", secret="")):
        wish = wish_of(asked, HUB)
        assert (wish.topic, wish.lease, wish.secret) == (TOPIC, None, None)


def test_who_leaves_says_nothing_of_a_lease() -> None:
    wish = wish_of(fields(mode="unsubscribe", lease_seconds="nonsense"), HUB)
    assert (wish.mode, wish.lease) == ("unsubscribe", None)


@pytest.mark.parametrize(
    ("named", "topics"),
    [
        ([("hub.url", "a")], ("a",)),
        ([("hub.topic", "a")], ("a",)),
        ([("hub.topic", "a"), ("hub.url", "a"), ("hub.url", "b")], ("a", "b")),
    ],
)
def test_a_publisher_names_what_is_new_in_either_way(named: list[tuple[str, str]], topics: tuple[str, ...]) -> None:
    assert wish_of([("hub.mode", "publish"), *named], HUB) == Wish(mode="publish", topics=topics)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (fields(mode=None), "hub.mode: missing"),
        (fields(mode="denied"), "hub.mode: say subscribe, unsubscribe or publish"),
        (fields(topic=None), "hub.topic: missing"),
        (fields(topic=""), "hub.topic: give an address of 2000 characters at most"),
        (fields(topic="x" * 2001), "hub.topic: give an address of 2000 characters at most"),
        (fields(callback=None), "hub.callback: missing"),
        (fields(callback="x" * 2001), "hub.callback: more than 2000 characters"),
        (fields(callback="https://reader.example/#a"), "hub.callback: an address with a fragment cannot be asked"),
        (
            fields(callback="ftp://reader.example/"),
            "hub.callback: ftp://reader.example/: only http and https are asked",
        ),
        (fields(callback="//reader.example/"), "hub.callback: //reader.example/: not an address"),
        (fields(callback="https://a:b@reader.example/"), "hub.callback: reader.example: an address with a user"),
        (fields(callback=HUB), "hub.callback: that is this hub"),
        (fields(callback=HUB + "?a=b"), "hub.callback: that is this hub"),
        (fields(callback="HTTPS://NEWS.EXAMPLE:443/./hub"), "hub.callback: that is this hub"),
        (fields(callback="https://news.example/%68u%62"), "hub.callback: that is this hub"),
        (fields(callback="https://news.example./hub"), "hub.callback: that is this hub"),
        (fields(secret="s" * 200), "hub.secret: more than 199 bytes"),
        (fields(secret="ä" * 100), "hub.secret: more than 199 bytes"),
        (fields(lease_seconds="0"), "hub.lease_seconds: give a positive number of seconds"),
        (fields(lease_seconds="-5"), "hub.lease_seconds: give a positive number of seconds"),
        (fields(lease_seconds="1.5"), "hub.lease_seconds: give a positive number of seconds"),
        (fields(lease_seconds="٣"), "hub.lease_seconds: give a positive number of seconds"),
        ([*fields(), ("hub.topic", "b")], "hub.topic: given 2 times"),
        ([*fields(), ("hub.callback", "b")], "hub.callback: given 2 times"),
        ([("hub.mode", "publish")], "hub.topic: name what is new, 20 addresses at most"),
        (
            [("hub.mode", "publish"), *(("hub.url", str(each)) for each in range(21))],
            "hub.topic: name what is new, 20 addresses at most",
        ),
        ([("hub.mode", "publish"), ("hub.url", "")], "hub.topic: give an address of 2000 characters at most"),
        ([], "hub.mode: missing"),
    ],
)
def test_what_it_may_not_say(asked: list[tuple[str, str]], words: str) -> None:
    with pytest.raises(Refused) as raised:
        wish_of(asked, HUB)
    assert str(raised.value).startswith(words)
    assert raised.value.status == 400


@pytest.mark.parametrize(
    ("asked", "lease"), [(None, 864_000), (1, SHORTEST), (300, 300), (7200, 7200), (10**12, 864_000)]
)
def test_leases_are_of_five_minutes_to_the_longest(asked: int | None, lease: int) -> None:
    assert lease_of(asked, 864_000) == lease


def test_a_longest_lease_below_five_minutes_is_five_minutes() -> None:
    assert lease_of(None, 60) == SHORTEST


@pytest.mark.parametrize(
    ("callback", "host"),
    [
        ("https://Evil.Example:1025/x", "evil.example"),
        ("http://evil.example./", "evil.example"),
        ("https://a.evil.example/", "a.evil.example"),
        ("http://192.0.2.1:8080/", "192.0.2.1"),
        ("http://0xc0000201/", "192.0.2.1"),
        ("http://[::ffff:192.0.2.1]/", "192.0.2.1"),
        ("http://[2001:db8:1:2:3:4:5:6]:8080/", "2001:db8:1:2::/64"),
        ("http://[2001:DB8:1:2::9]/", "2001:db8:1:2::/64"),
        ("http://[2001:db8:1:3::9]/", "2001:db8:1:3::/64"),
    ],
)
def test_whose_share_a_callback_takes(callback: str, host: str) -> None:
    assert host_of(callback) == wish_of(fields(callback=callback), HUB).host == host


@given(st.lists(st.tuples(st.sampled_from(["hub.mode", "hub.topic", "hub.callback", "hub.secret", "x"]), st.text())))
def test_whatever_is_asked_is_a_wish_or_refused(asked: list[tuple[str, str]]) -> None:
    try:
        said = wish_of(asked, HUB).topic
    except Refused as error:
        said = str(error)
    assert said
