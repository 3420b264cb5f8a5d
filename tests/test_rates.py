"""How much one client may ask, and whose share a request takes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.web.answers import Message, Prepared, Ready, Receive, Scope, Send, networks, plain
from feeds.web.rates import SPAN, Limited, Rates

EXTERNAL = "198.51.100.7"


@pytest.mark.parametrize("per_minute", [1, 3, 7, 60, 600, 1_000_000])
def test_a_minutes_share_may_be_taken_at_once_and_comes_again_in_a_minute(per_minute: int) -> None:
    rates = Rates(per_minute)
    some = min(per_minute, 5000)
    assert not any(rates.take("a", 1000.0, per_minute / some) for _ in range(some))
    wait = rates.take("a", 1000.0)
    assert wait == pytest.approx(SPAN / per_minute, rel=1e-4)
    assert rates.take("a", 1000.0 + wait / 2)
    assert not rates.take("a", 1000.0 + wait * 1.001)
    assert not rates.take("b", 1000.0)
    assert not any(rates.take("a", 1100.0 + wait, per_minute / some) for _ in range(some))


def test_who_is_refused_loses_nothing_by_asking() -> None:
    rates = Rates(2)
    assert [rates.take("a", 0.0) for _ in range(2)] == [0, 0]
    assert {rates.take("a", 0.0) for _ in range(100)} == {30.0}
    assert rates.take("a", 30.0) == 0


def test_what_is_given_back_may_be_taken_again() -> None:
    rates = Rates(1)
    assert rates.take("a", 0.0) == 0
    rates.give_back("a", 0.75)
    rates.give_back("unknown", 1)
    assert rates.take("a", 0.0, 0.75) == 0
    assert rates.take("a", 0.0, 0.25) == 15.0


def test_a_share_may_be_of_another_span_than_a_minute() -> None:
    rates = Rates(5, span=900.0)
    assert [rates.take("a", 0.0) for _ in range(6)] == [0, 0, 0, 0, 0, 180.0]
    assert rates.take("a", 180.0) == 0


def test_clients_are_remembered_within_bounds() -> None:
    rates = Rates(1, most=3)
    for client in "abcd":
        assert rates.take(client, 0.0) == 0
    assert rates.take("d", 0.0)
    assert rates.take("a", 0.0) == 0
    assert len(rates._whole) == 3


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0.1, 3)), min_size=1, max_size=200), st.integers(1, 50))
def test_in_no_minute_more_is_taken_than_twice_the_share(steps: list[tuple[float, float]], per_minute: int) -> None:
    rates = Rates(per_minute)
    now, taken = 0.0, []
    for pause, count in steps:
        now += pause
        if not rates.take("a", now, count):
            taken.append((now, count))
    for begin, _ in taken:
        within = sum(count for at, count in taken if begin <= at <= begin + SPAN)
        assert within <= 2 * per_minute * 1.001


# --- the application


class App:
    """Answers as it is told to, and counts."""

    def __init__(self, status: int = 200, *, at_hand: bool = False) -> None:
        self.status, self.count = status, 0
        self.at_hand = at_hand

    def at_once(self, _: Scope) -> Ready | None:
        if not self.at_hand:
            return None
        self.count += 1
        return Ready(Prepared.of(self.status, []), b"")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.count += 1
        await plain(send, self.status, "x")


class Time:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def asked(limited: Limited, peer: str = EXTERNAL, headers: Sequence[tuple[bytes, bytes]] = ()) -> tuple[int, Any]:
    """Status and headers, as our server comes to them."""
    scope = {"type": "http", "method": "GET", "client": (peer, 1), "headers": list(headers), "path": "/"}
    ready = limited.at_once(scope)
    if ready is not None:
        return ready.headers.status, dict(ready.headers)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError

    asyncio.run(limited(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"])


@pytest.mark.parametrize("at_hand", [True, False])
def test_who_asks_too_often_is_told_when_to_come_again(at_hand: bool) -> None:
    app, time = App(at_hand=at_hand), Time()
    limited = Limited(app, 4, now=time)
    assert [asked(limited)[0] for _ in range(6)] == [200] * 4 + [429] * 2
    status, headers = asked(limited)
    assert (status, headers[b"retry-after"]) == (429, b"15")
    assert headers[b"content-type"].startswith(b"text/plain")
    assert asked(limited, "198.51.100.8")[0] == 200
    time.at = 15
    assert [asked(limited)[0] for _ in range(2)] == [200, 429]


def test_what_proves_to_be_no_strangers_counts_nothing() -> None:
    app = App(202)
    limited = Limited(app, 2, proven=lambda scope, status: (scope["path"], status) == ("/", 202), now=Time())
    assert [asked(limited)[0] for _ in range(9)] == [202] * 9
    app.status = 403
    assert [asked(limited)[0] for _ in range(3)] == [403, 403, 429]
    app.status = 202
    assert asked(limited)[0] == 429


@pytest.mark.parametrize("at_hand", [True, False])
def test_what_has_not_changed_counts_a_quarter(at_hand: bool) -> None:
    limited = Limited(App(304, at_hand=at_hand), 5, now=Time())
    found = [asked(limited)[0] for _ in range(25)]
    assert found[:17] == [304] * 17
    assert 17 <= found.count(304) <= 20
    assert found[-1] == 429


def test_an_application_without_answers_at_hand(tmp_path: object) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await plain(send, 200, "x")

    assert asked(Limited(app, 1, now=Time()))[0] == 200


def test_a_network_of_ipv6_has_one_share() -> None:
    limited = Limited(App(), 1, now=Time())
    assert asked(limited, "2001:db8::1")[0] == 200
    assert asked(limited, "2001:db8::2")[0] == 429
    assert asked(limited, "2001:db8:0:1::2")[0] == 200


def test_a_client_of_this_machine_has_its_share() -> None:
    limited = Limited(App(), 1, now=Time())
    assert [asked(limited, "127.0.0.1")[0] for _ in range(2)] == [200, 429]
    assert [asked(limited, "")[0] for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("name", [b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via"])
def test_what_a_proxy_hands_on_that_is_not_named_is_not_counted(
    name: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    limited = Limited(App(), 1, now=Time())
    assert [asked(limited, "127.0.0.1", [(name, b"198.51.100.7")])[0] for _ in range(5)] == [200] * 5
    assert [asked(limited, "::1", [(name, b"198.51.100.7")])[0] for _ in range(5)] == [200] * 5
    assert capsys.readouterr().err.count("trusted_proxies") == 1
    # From elsewhere such a header says nothing.
    assert [asked(limited, EXTERNAL, [(name, b"127.0.0.1")])[0] for _ in range(2)] == [200, 429]


def test_behind_a_proxy_that_is_named_every_reader_has_a_share() -> None:
    limited = Limited(App(), 1, networks(["127.0.0.0/8"]), now=Time())

    def ask(forwarded: bytes) -> int:
        return asked(limited, "127.0.0.1", [(b"x-forwarded-for", forwarded)])[0]

    assert [ask(b"198.51.100.7") for _ in range(2)] == [200, 429]
    assert ask(b"203.0.113.9, 198.51.100.7") == 429
    assert ask(b"127.0.0.1, 198.51.100.7") == 429
    assert ask(b"198.51.100.8") == 200
    assert [ask(b"nonsense") for _ in range(2)] == [200, 429]
    assert ask(b"127.0.0.1") == 429
