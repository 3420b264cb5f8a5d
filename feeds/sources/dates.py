"""Dates of feeds: RFC 822 and RFC 3339 at once, whatever else publishers write by feedparser's rules.

feedparser is imported for a date that needs it, and not before.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta

_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_WEEKDAYS = frozenset("Mon Tue Wed Thu Fri Sat Sun".split())
_IN_DIGITS = {name.title(): f"{number:02}" for name, number in _MONTHS.items()}
_ZONES = {
    **{"adt": -3, "ast": -4, "at": -4, "edt": -4, "est": -5, "et": -5, "cdt": -5, "cst": -6, "ct": -6},
    **{"mdt": -6, "mst": -7, "mt": -7, "pdt": -7, "pst": -8, "pt": -8},
    **{"a": -1, "n": 1, "m": -12, "y": 12, "met": 1, "mest": 2},
}
"""Hours east of Greenwich (RFC 822, 5.1, and feedparser's own); any other name counts as UTC, as with feedparser."""

_RFC822 = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},?\s+)?(\d{1,2})\s+(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"[a-z]{0,6}\s+(\d{4})\s+(\d{1,2}):(\d\d)(?::(\d\d))?\s+(?:([+-])(\d\d):?(\d\d)|([a-z]{1,5}))",
    re.IGNORECASE | re.ASCII,
)
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:(?:T|\s+)(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:\s*(?:Z|([+-])(\d\d):?(\d\d)))?)?",
    re.IGNORECASE | re.ASCII,
)
_DIGIT = re.compile(r"\d")


def read_date(text: str) -> datetime | None:
    """The time that `text` says, in UTC; None where it says none.

    A time without a zone is UTC, a day its first second. `text` should be no longer than dates are: `fields.MAX_DATE`.
    """
    if text[3:5] == ", " and text[7:8] == text[11:12] == text[16:17] == text[25:26] == " " and text[:3] in _WEEKDAYS:
        zone = "Z" if text[26:] == "GMT" else text[26:]
        iso = f"{text[12:16]}-{_IN_DIGITS.get(text[8:11])}-{text[5:7]}T{text[17:25]}{zone}"
    else:
        iso = text
    if iso[4:5] == iso[7:8] == "-" and iso[10:11] == "T":
        try:
            moment = datetime.fromisoformat(iso)
            offset = moment.tzinfo
            return moment if offset is UTC else moment.replace(tzinfo=UTC) if offset is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    return _by_shape(text)


def _by_shape(text: str) -> datetime | None:
    """What is written less usually, or means no time at all."""
    match = _RFC822.fullmatch(text)
    if match is not None:
        day, month, year, hour, minute, second, sign, ahead, minutes, zone = match.groups()
        number = _MONTHS[month.lower()]
    else:
        match = _RFC3339.fullmatch(text)
        if match is None:
            return _by_feedparser(text)
        year, month, day, hour, minute, second, sign, ahead, minutes = match.groups()
        number, zone = int(month), None
    try:
        moment = datetime(int(year), number, int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC)
        if sign is not None:
            offset = timedelta(hours=int(ahead), minutes=int(minutes))
            return moment - offset if sign == "+" else moment + offset
        hours = _ZONES.get(zone.lower(), 0) if zone is not None else 0
        return moment - timedelta(hours=hours) if hours else moment
    except (ValueError, OverflowError):  # the 31st of February, the 61st second
        return _by_feedparser(text)


def _by_feedparser(text: str) -> datetime | None:
    if _DIGIT.search(text) is None:
        return None
    from feedparser.datetimes import _parse_date

    try:
        found = _parse_date(text)
        return None if found is None else datetime.fromtimestamp(calendar.timegm(found), UTC)
    except Exception:  # its handlers raise what they like for months and years that no calendar has
        return None
