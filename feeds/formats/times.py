"""Times for machines, and days and hours as a language writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from typing import NamedTuple

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time


class Moment(NamedTuple):
    """A time for a person, and for the `datetime` attribute of HTML's `time`."""

    shown: str
    stamp: str


def rfc3339(when: datetime) -> str:
    """`when` in UTC, to the second. Raises `ValueError` for one without a zone, or outside of the years 1 to 9999."""
    return _in_utc(when).isoformat(timespec="seconds")[: len("2026-11-23T12:00:00")] + "Z"


def moment(when: datetime, zone: tzinfo, language: str, *, day_only: bool = False) -> Moment:
    """`when` as it is said in `zone`; the day alone where no more is known. Raises `ValueError` as `rfc3339` does."""
    when = _in_utc(when)
    try:
        local = when.astimezone(zone)
    except OverflowError:  # the last hours of the year 9999, east of here
        local = when
    day = _day(local.date(), language)
    if day_only:
        return Moment(day, local.date().isoformat())
    offset = local.utcoffset()
    # Before there were zones, hours were those of the sun.
    whole = offset is None or offset.seconds % 60 == 0
    stamp = local.isoformat(timespec="minutes") if whole else rfc3339(when)
    return Moment(f"{day}, {_hour(local.hour, local.minute, language)}", stamp)


def _in_utc(when: datetime) -> datetime:
    if when.tzinfo is UTC:
        return when
    if when.tzinfo is None:
        raise ValueError("a time has no time zone")
    try:
        return when.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time is outside of the years 1 to 9999") from error


def right_to_left(language: str) -> bool:
    """Whether `language` is written so."""
    return bool(_locale(language).text_direction == "rtl")


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    """How dates are written in `language`; the English way where that is not known. English is British: of its ways
    to write a day that one is understood everywhere."""
    try:
        found = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        found = None
    return Locale.parse("en_GB") if found is None or str(found) == "en" else found


@lru_cache(maxsize=1000)
def _day(day: date, language: str) -> str:
    return format_date(day, "long", locale=_locale(language))


@lru_cache(maxsize=1440)
def _hour(hour: int, minute: int, language: str) -> str:
    return format_time(time(hour, minute), "short", locale=_locale(language))
