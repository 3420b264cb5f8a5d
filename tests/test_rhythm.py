"""The rhythm of a source: how long it may bring nothing new."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from db.records import Pace
from feeds import rhythm
from feeds.rhythm import allowed, noted, stale_at, usual
from tests.desk import NOON, hours

LEAST = hours(48)
MONDAY = datetime.fromisoformat("2026-01-05T00:00:00Z")
WEEKS = 30


def brought(*gaps: float, pace: Pace | None = None) -> Pace:
    """A pace after polls that brought something new, so many hours apart."""
    now = NOON if pace is None or pace.brought is None else pace.brought
    pace = noted(pace or Pace(), now, hours(10_000))
    for gap in gaps:
        now += hours(gap)
        pace = noted(pace, now, hours(10_000))
    return pace


def test_what_was_never_polled_is_never_late() -> None:
    assert stale_at(Pace(), LEAST, 4) is None


def test_what_never_brought_anything_twice_has_no_rhythm() -> None:
    once = brought()
    assert usual(once) is None
    assert stale_at(once, LEAST, 4) == NOON + 7 * LEAST


def test_a_person_knows_better() -> None:
    often = brought(*[24.0] * 20)
    assert often.brought is not None
    assert stale_at(often, LEAST, 4, hours(6)) == often.brought + hours(6)
    assert stale_at(often, LEAST, 4, hours(0)) is None


def test_the_times_in_its_documents_count_until_it_was_watched() -> None:
    assert usual(Pace(every=7 * 86_400)) == timedelta(days=7)
    assert usual(brought(1, pace=Pace(every=3600 * 30))) == hours(30)
    assert usual(brought(1, 1, 1, pace=Pace(every=3600 * 30))) == hours(1)
    assert usual(Pace(every=10**12)) == timedelta(days=366)


def test_one_long_silence_is_not_usual() -> None:
    daily = brought(*[24.0] * 30)
    most = allowed(daily, LEAST, 4)
    assert most == hours(96)
    assert daily.brought is not None
    after = noted(daily, daily.brought + hours(2000), most)
    assert after.silences[-1] == 96 * 3600
    assert allowed(after, LEAST, 4) == hours(144)


def test_silences_are_those_of_the_last_weeks() -> None:
    pace = brought(100, *[1.0] * (24 * 7 * 3))
    assert max(pace.silences) == 100 * 3600
    pace = brought(*[1.0] * (24 * 7 * rhythm.WEEKS), pace=pace)
    assert len(pace.silences) == rhythm.WEEKS
    assert max(pace.silences) == 3600
    assert brought(24 * 7 * 30, pace=pace).silences[:-1] == (0,) * (rhythm.WEEKS - 1)


def test_a_clock_that_was_set_back_takes_nothing_away() -> None:
    pace = brought(*[24.0] * 10)
    assert pace.brought is not None
    back = noted(pace, NOON, LEAST)
    assert (back.brought, back.gaps, back.silences) == (NOON, pace.gaps, pace.silences)


RHYTHMS: dict[str, Callable[[datetime], bool]] = {
    "hourly": lambda at: True,
    "at night nothing": lambda at: 7 <= at.hour < 23,
    "once on weekdays": lambda at: at.weekday() < 5 and at.hour == 6,
    "in office hours": lambda at: at.weekday() < 5 and 8 <= at.hour < 18,
    "weekly": lambda at: at.weekday() == 3 and at.hour == 9,
}


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        ("hourly", 48, 48),
        ("at night nothing", 48, 52),
        ("once on weekdays", 96, 145),
        ("in office hours", 95, 135),
        ("weekly", 660, 690),
    ],
)
def test_simulated_rhythms_are_never_late_and_found_out_soon(kind: str, least: float, most: float) -> None:
    """The table of docs/design.md: no false alarm in half a year, and how long it takes to notice the end."""
    rng = random.Random(kind)  # noqa: S311  # a simulated newsroom
    holidays = set(rng.sample(range(3, WEEKS), 4))
    pace, now = noted(Pace(), MONDAY, LEAST), MONDAY
    while now < MONDAY + timedelta(weeks=WEEKS):
        now += hours(1)
        late = stale_at(pace, LEAST, 4)
        assert late is not None
        assert pace.brought is not None
        is_holiday = now.weekday() == 0 and (now - MONDAY).days // 7 in holidays and kind != "hourly"
        if RHYTHMS[kind](now) and not is_holiday:
            pace = noted(pace, now + timedelta(minutes=rng.randrange(20)), late - pace.brought)
        else:
            assert now < late
    assert hours(least) <= allowed(pace, LEAST, 4) <= hours(most)
