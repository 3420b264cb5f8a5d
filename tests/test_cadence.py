"""When a source is due again, and the words for it: single answers, and simulated weeks of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import NEVER, Pace
from feeds.cadence import (
    DORMANT_AFTER,
    PUSHED,
    Bounds,
    Hints,
    asked,
    is_shrunken,
    learn,
    lost_some,
    mean_gap,
    move,
    next_due,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
BOUNDS = Bounds(interval=HOUR, least=timedelta(minutes=5), most=timedelta(hours=24))
FIXED = replace(BOUNDS, fixed=True)


@pytest.mark.parametrize(
    ("said", "wait", "reason"),
    [
        ({}, HOUR, "interval=60 min"),
        ({"local": True, "failures": 3}, timedelta(0), "local path: read at every run"),
        ({"max_age": 43200}, timedelta(hours=12), "max-age=43200"),
        ({"max_age": 60}, HOUR, "interval=60 min"),
        ({"max_age": 10**6}, timedelta(hours=24), "max-age=1000000"),
        ({"failures": 1}, 1.8 * HOUR, "failed once"),
        ({"failures": 3}, 1.8**3 * HOUR, "failed 3 times in a row"),
        ({"failures": 1, "max_age": 43200}, timedelta(hours=12), "max-age=43200"),
        ({"failures": DORMANT_AFTER - 1}, timedelta(hours=24), "failed 29 times in a row"),
        ({"failures": DORMANT_AFTER}, timedelta(days=7), "dormant: failed 30 times in a row"),
        ({"failures": 10**6}, timedelta(days=7), "dormant: failed 1000000 times in a row"),
        ({"expires": NOW + timedelta(hours=5)}, timedelta(hours=5), "Expires=2026-03-02T17:00:00Z"),
        ({"expires": NOW + timedelta(hours=5), "max_age": 0}, HOUR, "interval=60 min"),
        ({"expires": NOW - timedelta(days=900)}, HOUR, "interval=60 min"),
        ({"retry_after": 7200}, timedelta(hours=2), "Retry-After=7200"),
        ({"retry_after": 10}, HOUR, "interval=60 min"),
        ({"retry_after": -5}, HOUR, "interval=60 min"),
        ({"retry_after": 10**9}, timedelta(hours=24), "Retry-After=1000000000"),
        ({"retry_after": 7200, "failures": 1}, timedelta(hours=2), "Retry-After=7200"),
        ({"retry_after": 7200, "failures": 3}, 1.8**3 * HOUR, "failed 3 times in a row"),
        ({"conditional": False}, timedelta(hours=24), "no validators: a download at each poll, every 1440 min"),
        ({"conditional": False, "max_age": 1800}, HOUR, "interval=60 min"),
        ({"conditional": False, "max_age": 7200}, timedelta(hours=2), "max-age=7200"),
        (
            {"conditional": False, "max_age": 0},
            timedelta(hours=24),
            "no validators: a download at each poll, every 1440 min",
        ),
    ],
)
def test_what_an_answer_asks_for(said: dict[str, Any], wait: timedelta, reason: str) -> None:
    own = {name: said.pop(name) for name in ("local", "failures") if name in said}
    due, why = next_due(NOW, BOUNDS, Hints(**said), **own)
    assert why == reason
    assert timedelta(0) <= due - (NOW + wait) < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("pace", "wait", "reason"),
    [
        (Pace(max_age=43200), timedelta(hours=12), "max-age=43200"),
        (Pace(ttl=7200), timedelta(hours=2), "ttl=7200"),
        (Pace(ttl=7200, max_age=10800), timedelta(hours=3), "max-age=10800"),
        (Pace(update_period=86400), timedelta(hours=24), "sy:update=86400"),
        (Pace(every=6 * 3600), timedelta(hours=3), "an entry every 360 min"),
        (Pace(every=600), HOUR, "interval=60 min"),
        # Faster than the interval only where the source itself asks for less.
        (Pace(every=600, max_age=300), timedelta(minutes=5), "an entry every 10 min"),
        (Pace(every=600, max_age=900), timedelta(minutes=15), "an entry every 10 min"),
        (Pace(every=600, max_age=900, ttl=1200), timedelta(minutes=20), "ttl=1200"),
        (Pace(max_age=300), HOUR, "interval=60 min"),
        (Pace(every=10**9), timedelta(hours=24), "an entry every 527040 min"),
        (Pace(newest=NOW - timedelta(days=6)), HOUR, "interval=60 min"),
        (Pace(newest=NOW - timedelta(days=7)), timedelta(hours=6), "nothing new for 7 days"),
        (Pace(newest=NOW - timedelta(days=14)), timedelta(hours=12), "nothing new for 14 days"),
        (Pace(newest=NOW - timedelta(days=90)), timedelta(hours=24), "nothing new for 90 days"),
        (Pace(missed=1), timedelta(minutes=30), "entries were lost between two polls"),
        (Pace(missed=2, every=6 * 3600), timedelta(minutes=45), "entries were lost between two polls"),
        (Pace(missed=90), timedelta(minutes=5), "entries were lost between two polls"),
    ],
)
def test_what_is_known_of_a_source(pace: Pace, wait: timedelta, reason: str) -> None:
    assert next_due(NOW, BOUNDS, Hints(), pace) == (NOW + wait, reason)


def test_a_person_s_interval_is_the_pace() -> None:
    for pace in (Pace(every=6 * 3600), Pace(missed=3), Pace(newest=NOW - timedelta(days=99))):
        assert next_due(NOW, FIXED, Hints(conditional=False), pace) == (NOW + HOUR, "interval=60 min")
    lossy = next_due(NOW, BOUNDS, Hints(conditional=False), Pace(missed=1))
    assert lossy == (NOW + HOUR / 2, "entries were lost between two polls")
    assert next_due(NOW, FIXED, Hints(), Pace(max_age=7200))[0] == NOW + 2 * HOUR


def test_what_is_gone_is_never_due() -> None:
    due, reason = next_due(NOW, BOUNDS, Hints(gone=True), failures=1)
    assert (due, reason) == (NEVER, "410 Gone: asked no more; name it to ask again")


def test_retry_after_is_believed_for_longer_when_it_is_said_again() -> None:
    hints = Hints(retry_after=10 * 86_400)
    first = asked(Pace(), hints)
    again = asked(first, hints)
    assert (first.asked, again.asked, asked(again, Hints()).asked) == (1, 2, 0)
    assert next_due(NOW, BOUNDS, hints, first)[0] == NOW + DAY
    assert next_due(NOW, BOUNDS, hints, again)[0] == NOW + 10 * DAY
    assert next_due(NOW, BOUNDS, Hints(retry_after=10**9), again)[0] == NOW + 31 * DAY


def test_bounds_hold() -> None:
    narrow = Bounds(interval=MINUTE, least=timedelta(minutes=5), most=timedelta(minutes=30))
    assert next_due(NOW, narrow)[0] == NOW + timedelta(minutes=5)
    assert next_due(NOW, narrow, Hints(max_age=3600))[0] == NOW + timedelta(minutes=30)
    assert next_due(NOW, narrow, Hints(retry_after=3600))[0] == NOW + HOUR
    assert next_due(NOW, narrow, Hints(retry_after=5))[0] == NOW + timedelta(minutes=5)


def test_chance_adds_and_never_takes_away() -> None:
    assert next_due(NOW, BOUNDS, jitter=0.5)[0] == NOW + HOUR + timedelta(minutes=3)
    assert next_due(NOW, BOUNDS, Hints(max_age=86400), jitter=1.0)[0] == NOW + DAY + timedelta(minutes=30)
    assert next_due(NOW, BOUNDS, jitter=0.0001)[0] == NOW + HOUR + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("pace", "due"),
    [
        (Pace(skip_hours=(13,)), NOW.replace(hour=14)),
        (Pace(skip_hours=(13, 14, 99)), NOW.replace(hour=15)),
        (Pace(skip_days=(0,)), NOW.replace(hour=0) + DAY),
        (Pace(skip_days=(0, 1), skip_hours=(0,)), NOW.replace(hour=1) + 2 * DAY),
        (Pace(skip_hours=tuple(range(24))), NOW + HOUR),
        (Pace(skip_days=tuple(range(7))), NOW + HOUR),
    ],
)
def test_hours_and_days_to_be_left_alone_in(pace: Pace, due: datetime) -> None:
    assert next_due(NOW, BOUNDS, Hints(), pace)[0] == due


numbers = st.none() | st.integers(-(10**30), 10**30)


@given(st.integers(0, 10**9), numbers, numbers, numbers, st.integers(5, 10080), st.floats(0, 1), st.booleans())
def test_never_sooner_than_allowed_nor_lost(
    failures: int,
    max_age: int | None,
    retry: int | None,
    every: int | None,
    minutes: int,
    jitter: float,
    conditional: bool,
) -> None:
    bounds = Bounds(interval=minutes * MINUTE, least=timedelta(minutes=5), most=timedelta(minutes=44640))
    hints = Hints(max_age=max_age, retry_after=retry, conditional=conditional)
    due, reason = next_due(NOW, bounds, hints, Pace(every=every), failures=failures, jitter=jitter)
    assert timedelta(minutes=5) <= due - NOW <= bounds.most + timedelta(minutes=30)
    hinted = max_age is not None and bounds.least.total_seconds() <= max_age < bounds.interval.total_seconds()
    assert hinted or due - NOW >= bounds.interval
    assert reason


def test_what_a_document_brings_is_kept_and_a_304_may_only_shorten_it() -> None:
    pace = learn(Pace(max_age=10, asked=3), NOW, Hints(max_age=3600), fresh=True)
    assert pace == Pace(max_age=3600)
    assert learn(pace, NOW, Hints(), fresh=False).max_age == 3600
    assert learn(pace, NOW, Hints(max_age=60), fresh=False).max_age == 60
    assert learn(pace, NOW, Hints(max_age=86400), fresh=False).max_age == 3600
    assert learn(Pace(), NOW, Hints(max_age=86400), fresh=False).max_age == 86400
    assert learn(pace, NOW, Hints(), fresh=True).max_age is None
    assert learn(pace, NOW, Hints(expires=NOW + HOUR), fresh=True).max_age == 3600
    assert learn(pace, NOW, Hints(expires=NOW - HOUR), fresh=True).max_age is None
    assert learn(pace, NOW, Hints(retry_after=5), fresh=False).asked == 1


def test_a_move_is_believed_after_three_sightings_over_two_days() -> None:
    pace, to = move(Pace(), NOW, "https://b.example/")
    assert (to, pace.moved_seen) == (None, 1)
    for hours in (1, 2, 47):
        pace, to = move(pace, NOW + hours * HOUR, "https://b.example/")
        assert to is None
    after, to = move(pace, NOW + 48 * HOUR, "https://b.example/")
    assert (to, after) == ("https://b.example/", Pace())
    other, to = move(pace, NOW + 48 * HOUR, "https://c.example/")
    assert (to, other.moved_seen, other.moved_since) == (None, 1, NOW + 48 * HOUR)
    assert move(pace, NOW + 48 * HOUR, None) == (Pace(), None)


def test_two_sightings_are_few_however_far_apart() -> None:
    pace, _ = move(Pace(), NOW, "https://b.example/")
    _, to = move(pace, NOW + 9 * DAY, "https://b.example/")
    assert to is None


def test_the_time_between_entries() -> None:
    assert mean_gap([]) is None
    assert mean_gap([NOW, NOW, NOW, NOW + HOUR]) is None
    assert mean_gap([NOW + 4 * HOUR, NOW, NOW + HOUR]) == 7200
    assert mean_gap([NOW - number * HOUR for number in range(30)] + [NOW - 900 * DAY]) == 3600


def test_a_document_that_says_next_to_nothing() -> None:
    assert is_shrunken(Pace(size=30), 0)
    assert is_shrunken(Pace(size=30, shrunk=1), 3)
    assert not is_shrunken(Pace(size=30), 4)
    assert not is_shrunken(Pace(size=30, shrunk=2), 0)
    assert not is_shrunken(Pace(), 0)


def test_entries_lost_between_two_polls() -> None:
    known = Pace(newest=NOW)
    assert lost_some(known, NOW + HOUR, dated=3, size=3)
    assert not lost_some(known, NOW, dated=3, size=3)
    assert not lost_some(known, NOW + HOUR, dated=2, size=3)
    assert not lost_some(known, NOW + HOUR, dated=1, size=1)
    assert not lost_some(Pace(), NOW + HOUR, dated=3, size=3)


@pytest.mark.parametrize(
    ("pace", "hours"),
    [
        (Pace(), 4),
        (Pace(every=600), 4),
        (Pace(every=3600), 6),
        (Pace(every=7200), 12),
        (Pace(every=86_400), 24),
    ],
)
def test_who_is_pushed_is_polled_rarely(pace: Pace, hours: int) -> None:
    due, reason = next_due(NOW, BOUNDS, Hints(), pace, pushed=True)
    assert (due - NOW, reason) == (hours * HOUR, PUSHED)


def test_the_longest_wait_counts_for_who_is_pushed_as_well() -> None:
    assert next_due(NOW, BOUNDS, Hints(), Pace(max_age=5 * 3600), pushed=True) == (NOW + 5 * HOUR, "max-age=18000")
    assert next_due(NOW, BOUNDS, Hints(retry_after=5 * 3600), Pace(), pushed=True) == (
        NOW + 5 * HOUR, "Retry-After=18000",
    )  # fmt: skip
    assert next_due(NOW, BOUNDS, Hints(), Pace(), pushed=True, failures=6)[1] == "failed 6 times in a row"


def test_what_was_lost_is_read_soon_whoever_pushes() -> None:
    lost = Pace(missed=1)
    assert next_due(NOW, BOUNDS, Hints(), lost, pushed=True) == next_due(NOW, BOUNDS, Hints(), lost)


def weeks(bounds: Bounds, answers: Any, days: int, step: timedelta = timedelta(minutes=5)) -> list[datetime]:
    """When a source is polled by a clock that ticks every `step`.

    `answers(now, failures)` gives whether the poll failed, its hints, and the pace of the source.
    """
    polls: list[datetime] = []
    due, now, failures = NOW, NOW, 0
    while now < NOW + days * DAY:
        if now >= due:
            polls.append(now)
            failed, hints, pace = answers(now, failures)
            failures = failures + 1 if failed else 0
            due, _ = next_due(now, bounds, hints, pace, failures=failures, jitter=len(polls) * 0.37 % 1)
        now += step
    return polls


def test_a_week_of_a_quiet_source() -> None:
    polls = weeks(BOUNDS, lambda now, _: (False, Hints(), Pace()), 7)
    gaps = [later - first for first, later in pairwise(polls)]
    assert min(gaps) >= HOUR
    assert 140 <= len(polls) <= 168


def test_two_months_of_a_dead_source_that_comes_back() -> None:
    dead = NOW + 70 * DAY
    polls = weeks(BOUNDS, lambda now, _: (now < dead, Hints(), Pace()), 80)
    failing = [now for now in polls if now < dead]
    gaps = [later - first for first, later in pairwise(failing)]
    assert len(failing) < 50
    assert max(gaps) >= timedelta(days=7)
    assert all(gap >= HOUR for gap in gaps)
    after = [now for now in polls if now >= dead]
    assert after[0] - dead < timedelta(days=8)
    assert after[2] - after[1] < 1.2 * HOUR


def test_a_week_of_nights_off() -> None:
    nights = Pace(skip_hours=(22, 23, 0, 1, 2, 3, 4), skip_days=(5, 6))
    polls = weeks(BOUNDS, lambda now, _: (False, Hints(), nights), 7)[1:]
    assert polls
    assert not [now for now in polls if now.hour in nights.skip_hours or now.weekday() >= 5]
