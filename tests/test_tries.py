"""How often a client may be wrong."""

from __future__ import annotations

import pytest

from feeds.web import tries
from feeds.web.tries import MOST_WRONG, WINDOW, Tries


class Watch:
    """Seconds that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def exhaust(counted: Tries, client: str) -> list[bool]:
    return [counted.wrong(client) for _ in range(MOST_WRONG)]


def test_a_client_is_heard_until_it_was_wrong_too_often_and_again_when_the_time_is_over() -> None:
    watch = Watch()
    counted = Tries(watch)
    assert counted.wait("192.0.2.1") == 0
    told = exhaust(counted, "192.0.2.1")
    assert told == [False] * (MOST_WRONG - 1) + [True], "it is told of once"
    assert counted.wait("192.0.2.1") == WINDOW + 1
    assert not counted.wrong("192.0.2.1")
    watch.now += WINDOW - 0.5
    assert counted.wait("192.0.2.1") == 1
    watch.now += 0.5
    assert counted.wait("192.0.2.1") == 0
    assert exhaust(counted, "192.0.2.1")[-1]


def test_wrong_tokens_that_come_slowly_are_counted_by_the_window() -> None:
    watch = Watch()
    counted = Tries(watch)
    for _ in range(5 * MOST_WRONG):
        watch.now += WINDOW / (MOST_WRONG - 1)
        assert counted.wait("a") == 0
        counted.wrong("a")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("", "", True),
        ("", "192.0.2.1", False),
    ],
)
def test_who_counts_as_one(one: str, other: str, same: bool) -> None:
    counted = Tries(Watch())
    exhaust(counted, one)
    assert (counted.wait(other) > 0) == same


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "MOST_CLIENTS", 3)
    counted = Tries(Watch())
    for client in "abcd":
        exhaust(counted, client)
    assert [counted.wait(client) > 0 for client in "abcd"] == [False, True, True, True]


def test_the_real_clock_is_the_default() -> None:
    counted = Tries()
    exhaust(counted, "a")
    assert 1 <= counted.wait("a") <= WINDOW + 1
