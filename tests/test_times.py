"""Times for machines and for people, in every language and at either end of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from feeds.formats.times import Moment, moment, rfc3339, right_to_left

EVENING = datetime(2026, 11, 22, 22, 0, 59, 999, tzinfo=UTC)
EAST = timezone(timedelta(hours=3))


def test_for_machines() -> None:
    assert rfc3339(EVENING) == "2026-11-22T22:00:59Z"
    assert rfc3339(EVENING.astimezone(EAST)) == "2026-11-22T22:00:59Z"
    assert rfc3339(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("when", "says"),
    [(datetime(2026, 1, 1), "no time zone"), (datetime(1, 1, 1, tzinfo=EAST), "outside of the years")],  # noqa: DTZ001
)
def test_what_is_no_time(when: datetime, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        rfc3339(when)
    with pytest.raises(ValueError, match=says):
        moment(when, UTC, "en")


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "23 November 2026, 00:00"),
        ("en-US", "November 23, 2026, 12:00\u202fAM"),
        ("de", "23. November 2026, 00:00"),
        ("be-tarask", "23 лістапада 2026\u202fг., 00:00"),
        ("hu", "2026. november 23., 0:00"),
        ("zh-Hans", "2026年11月23日, 00:00"),
        ("qqq-zz-nonsense", "23 November 2026, 00:00"),
        ("", "23 November 2026, 00:00"),
    ],
)
def test_for_people(language: str, shown: str) -> None:
    assert moment(EVENING, ZoneInfo("Europe/Vilnius"), language) == Moment(shown, "2026-11-23T00:00+02:00")


def test_a_day_alone() -> None:
    assert moment(EVENING, ZoneInfo("Europe/Vilnius"), "fr", day_only=True) == Moment("23 novembre 2026", "2026-11-23")


@pytest.mark.parametrize(
    ("when", "zone", "stamp"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), "America/New_York", "0001-01-01T00:00+00:00"),
        (datetime(9999, 12, 31, 23, tzinfo=UTC), "Asia/Tokyo", "9999-12-31T23:00+00:00"),
        (datetime(1800, 1, 1, tzinfo=UTC), "Europe/Vilnius", "1800-01-01T00:00:00Z"),
    ],
)
def test_at_either_end(when: datetime, zone: str, stamp: str) -> None:
    assert moment(when, ZoneInfo(zone), "en").stamp == stamp


def test_the_way_of_writing() -> None:
    assert [right_to_left(each) for each in ("ar", "fa-IR", "he", "yi", "en", "be", "nonsense!")] == [
        True, True, True, True, False, False, False,
    ]  # fmt: skip
