"""When a source is due again, and the words for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.cadence import Bounds, Hints, next_due

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOUNDS = Bounds(interval=HOUR, least=timedelta(minutes=5), most=timedelta(hours=24))


@pytest.mark.parametrize(
    ("said", "wait", "reason"),
    [
        ({}, HOUR, "interval=60 min"),
        ({"local": True, "failures": 3}, timedelta(0), "local path: read at every run"),
        ({"gone": True, "failures": 3}, timedelta(days=7), "410 Gone: asked weekly in case it was a mistake"),
        ({"max_age": 43200}, timedelta(hours=12), "max-age=43200"),
        ({"max_age": 60}, HOUR, "interval=60 min"),
        ({"max_age": 10**6}, timedelta(hours=24), "max-age=1000000"),
        ({"failures": 1}, 1.8 * HOUR, "failed once"),
        ({"failures": 3}, 1.8**3 * HOUR, "failed 3 times in a row"),
        ({"failures": 1, "max_age": 43200}, timedelta(hours=12), "max-age=43200"),
        ({"failures": 10**6}, timedelta(hours=24), "failed 1000000 times in a row"),
        ({"ttl": 7200}, timedelta(hours=2), "ttl=7200"),
        ({"ttl": 7200, "max_age": 10800}, timedelta(hours=3), "max-age=10800"),
        ({"update_period": 86400}, timedelta(hours=24), "sy:update=86400"),
        ({"expires": NOW + timedelta(hours=5)}, timedelta(hours=5), "Expires=2026-03-02T17:00:00Z"),
        ({"expires": NOW + timedelta(hours=5), "max_age": 0}, HOUR, "interval=60 min"),
        ({"expires": NOW - timedelta(days=900)}, HOUR, "interval=60 min"),
        ({"retry_after": 7200}, timedelta(hours=2), "Retry-After=7200"),
        ({"retry_after": 10}, HOUR, "interval=60 min"),
        ({"retry_after": -5}, HOUR, "interval=60 min"),
        ({"retry_after": 10**9}, timedelta(hours=24), "Retry-After=1000000000"),
        ({"retry_after": 7200, "failures": 1}, timedelta(hours=2), "Retry-After=7200"),
    ],
)
def test_next_due(said: dict[str, Any], wait: timedelta, reason: str) -> None:
    own = {name: said.pop(name) for name in ("local", "failures") if name in said}
    assert next_due(NOW, BOUNDS, Hints(**said), **own) == (NOW + wait, reason)


def test_bounds_hold() -> None:
    narrow = Bounds(interval=timedelta(minutes=1), least=timedelta(minutes=5), most=timedelta(minutes=30))
    assert next_due(NOW, narrow)[0] == NOW + timedelta(minutes=5)
    assert next_due(NOW, narrow, Hints(max_age=3600))[0] == NOW + timedelta(minutes=30)
    assert next_due(NOW, narrow, Hints(retry_after=3600))[0] == NOW + HOUR
    assert next_due(NOW, narrow, Hints(retry_after=5))[0] == NOW + timedelta(minutes=5)


numbers = st.none() | st.integers(-(10**30), 10**30)


@given(st.integers(0, 10**9), numbers, numbers, st.integers(5, 10080))
def test_never_sooner_than_allowed_nor_lost(
    failures: int, max_age: int | None, retry: int | None, minutes: int
) -> None:
    bounds = Bounds(interval=timedelta(minutes=minutes), least=timedelta(minutes=5), most=timedelta(minutes=44640))
    due, reason = next_due(NOW, bounds, Hints(max_age=max_age, retry_after=retry), failures=failures)
    assert timedelta(minutes=5) <= due - NOW <= bounds.most
    assert due - NOW >= bounds.interval
    assert reason


def test_hints_of_the_document_come_beside_those_of_the_server() -> None:
    hints = Hints(max_age=10).with_document(7200, None)
    assert (hints.max_age, hints.ttl, hints.update_period) == (10, 7200, None)
