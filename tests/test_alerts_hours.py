"""When alerts are sent: quiet hours and digests, by the clock of the site, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feeds.alerts.hours import awake, due
from feeds.config import Alert
from tests.alerting import VILNIUS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
START = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = ["UTC", "Europe/Vilnius", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"]


def rule(quiet: str | None = None, digest: str | None = None) -> Alert:
    return Alert(name="desk", to=("json://127.0.0.1/",), quiet=quiet, digest=digest)


def at(text: str, zone: ZoneInfo = VILNIUS, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("quiet", "now", "then"),
    [
        (None, "2026-03-02 23:30", "2026-03-02 23:30"),
        ("22:00-07:00", "2026-03-02 21:59:59", "2026-03-02 21:59:59"),
        ("22:00-07:00", "2026-03-02 22:00", "2026-03-03 07:00"),
        ("22:00-07:00", "2026-03-02 23:30", "2026-03-03 07:00"),
        ("22:00-07:00", "2026-03-03 06:59:59", "2026-03-03 07:00"),
        ("22:00-07:00", "2026-03-03 07:00", "2026-03-03 07:00"),
        ("12:00-13:30", "2026-03-02 12:10", "2026-03-02 13:30"),
        ("00:00-06:00", "2026-03-02 00:00", "2026-03-02 06:00"),
        # The night of 29 March clocks go from 03:00 to 04:00: six hours are five.
        ("22:00-07:00", "2026-03-29 01:30", "2026-03-29 07:00"),
        # The end that clocks skip comes an hour later by the clock, at the same moment.
        ("22:00-03:30", "2026-03-29 02:30", "2026-03-29 04:30"),
    ],
)
def test_quiet_hours_end_by_the_clock_of_the_site(quiet: str | None, now: str, then: str) -> None:
    assert awake(rule(quiet), VILNIUS, at(now)) == at(then)


def test_the_hour_that_comes_twice_is_quiet_twice() -> None:
    # The night of 25 October clocks go from 04:00 back to 03:00.
    one = rule("22:00-03:30")
    assert awake(one, VILNIUS, at("2026-10-25 03:10")) == at("2026-10-25 03:30")
    assert awake(one, VILNIUS, at("2026-10-25 03:40")) == at("2026-10-25 03:40")
    assert awake(one, VILNIUS, at("2026-10-25 03:10", fold=1)) == at("2026-10-25 03:30", fold=1)


@pytest.mark.parametrize(
    ("digest", "now", "first", "then"),
    [
        (None, "2026-03-02 12:00", "2026-03-02 15:00", "2026-03-02 12:00"),
        ("30", "2026-03-02 12:00", None, "2026-03-02 12:30"),
        ("30", "2026-03-02 12:10", "2026-03-02 12:30", "2026-03-02 12:30"),
        ("30", "2026-03-02 12:40", "2026-03-02 12:30", "2026-03-02 12:40"),
        ("08:00", "2026-03-02 07:59", None, "2026-03-02 08:00"),
        ("08:00", "2026-03-02 08:00", None, "2026-03-02 08:00"),
        ("08:00", "2026-03-02 08:01", None, "2026-03-03 08:00"),
        ("08:00", "2026-03-28 12:00", None, "2026-03-29 08:00"),
    ],
)
def test_a_digest_gathers(digest: str | None, now: str, first: str | None, then: str) -> None:
    assert due(rule(digest=digest), VILNIUS, at(now), None if first is None else at(first)) == at(then)


def test_a_digest_that_falls_into_quiet_hours_waits_for_their_end() -> None:
    assert due(rule("22:00-07:00", "45"), VILNIUS, at("2026-03-02 21:30")) == at("2026-03-03 07:00")
    assert due(rule("22:00-07:00", "06:00"), VILNIUS, at("2026-03-02 12:00")) == at("2026-03-03 07:00")


_MINUTES = st.integers(0, 1439).map(lambda number: f"{number // 60:02}:{number % 60:02}")


@given(
    hours=st.lists(_MINUTES, min_size=2, max_size=2, unique=True),
    zone=st.sampled_from(ZONES),
    now=st.integers(0, 365 * 86_400).map(lambda number: START + timedelta(seconds=number)),
    digest=st.one_of(st.none(), st.integers(1, 3000).map(str), _MINUTES),
    first=st.one_of(st.none(), st.integers(-300, 300)),
)
@example(["03:00", "02:30"], "America/New_York", datetime(2026, 3, 8, 6, 59, tzinfo=UTC), None, None)
@example(["02:30", "02:00"], "America/New_York", datetime(2026, 11, 1, 6, 29, tzinfo=UTC), "01:30", None)
def test_nothing_is_ever_sent_in_quiet_hours(
    hours: list[str], zone: str, now: datetime, digest: str | None, first: int | None
) -> None:
    place, (begins, ends) = ZoneInfo(zone), hours
    then = due(rule(f"{begins}-{ends}", digest), place, now, None if first is None else now + timedelta(minutes=first))
    clock = f"{then.astimezone(place):%H:%M:%S}"
    is_quiet = begins <= clock < ends if begins <= ends else clock >= begins or clock < ends
    assert not is_quiet
    assert now <= then < now + timedelta(days=5)


def test_what_waits_by_a_clock_that_was_ahead_holds_up_nothing() -> None:
    half = rule(digest="30")
    assert due(half, UTC, NOON, NOON + timedelta(days=900)) == NOON + timedelta(minutes=30)
    assert due(half, UTC, NOON, NOON + timedelta(minutes=3)) == NOON + timedelta(minutes=3)
