"""Dates of feeds: RFC 3339 (Atom), W3CDTF and ISO 8601 (RSS 1.0 modules), RFC 822 and 2822 (RSS)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from feeds.validate.rules import Note, shown

Dated = tuple[Note | None, datetime | None]
Reading = Callable[[str], Dated]

EARLIEST_YEAR = 1990
"""What a feed dates before is a mistake: there was no web."""
_LONGEST = 200

_RFC3339 = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:)([0-9]{2})(\.[0-9]*)?(Z|[+-][0-9]{2}:[0-9]{2})")
_ISO8601 = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]*)?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
)
_DAY = "(?:(?:mon|tue|wed|thu|fri|sat|sun)"
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_ZONE = "ut|gmt|est|edt|cst|cdt|mst|mdt|pst|pdt"
_RFC822 = re.compile(
    rf"{_DAY}\s*,\s*)?\d\d?\s+{_MONTH}\s+\d\d(?:\d\d)?\s+\d\d:\d\d(?::\d\d)?\s+(?:[+-]\d\d\d\d|{_ZONE}|[a-ik-z])?"
)
_RFC2822 = re.compile(
    rf"{_DAY.title()}, )?[0-9]{{1,2}} {_MONTH.title()} [0-9]{{4}} [0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}})? "
    rf"(?:[+-]?[0-9]{{2}}[03]0|{_ZONE.upper()}|Z)"
)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_QUOTED = re.compile(r"\\(.)")
_COMMENT = re.compile(r"\([^()]*\)")
_DEEPEST_COMMENT = 20


def moment_of(text: str) -> datetime | None:
    """An RFC 3339 time, aware; None for anything else. A leap second counts as the one before."""
    match = _RFC3339.fullmatch(text[:64])
    if match is None:
        return None
    minute, second, _, zone = match.groups()
    try:
        return datetime.fromisoformat(f"{minute}{'59' if second == '60' else second}{zone}")
    except ValueError:
        return None


def implausible(moment: datetime) -> bool:
    """Whether a time is before there were feeds."""
    return moment.year < EARLIEST_YEAR


def rfc3339(text: str) -> Dated:
    """The dates of Atom."""
    moment = moment_of(text)
    if moment is None:
        return Note("InvalidRFC3339Date", f"{shown(text)} is no RFC 3339 time"), None
    return _plausible(text, moment)


def _plausible(text: str, moment: datetime) -> Dated:
    if implausible(moment):
        return Note("ImplausibleDate", f"{shown(text)} cannot be right"), None
    return None, moment


def _iso8601(text: str, code: str, *, zoned: bool, bounded: bool = True) -> Dated:
    wrong = Note(code, f"{shown(text)} is no ISO 8601 date"), None
    match = _ISO8601.fullmatch(text[:_LONGEST])
    if match is None or (zoned and match[4] and not match[7]):
        return wrong
    year, month, day = match[1], match[2] or "01", match[3] or "01"
    hour, minute, second = (int(part or 0) for part in match.groups()[3:6])
    if hour > 23 or minute > 60 or second > 60:
        return wrong
    clock = f"{hour:02}:{min(minute, 59):02}:{min(second, 59):02}"
    try:
        moment = datetime.fromisoformat(f"{year}-{month}-{day}T{clock}{match[7] or 'Z'}")
    except ValueError:
        return wrong
    return _plausible(text, moment) if bounded else (None, None)


def iso8601(text: str) -> Dated:
    """A date or a time, with a zone or without."""
    return _iso8601(text, "InvalidISO8601DateTime", zoned=False)


def unbounded_iso8601(text: str) -> Dated:
    """The same, for events, which may be long ago or still to come."""
    return _iso8601(text, "InvalidISO8601DateTime", zoned=False, bounded=False)


def w3cdtf(text: str) -> Dated:
    """A date, or a time with its zone: Dublin Core."""
    return _iso8601(text, "InvalidW3CDTFDate", zoned=True)


def rfc822(text: str) -> Dated:
    """The dates of RSS: RFC 2822 as it should be written, and what RFC 822 allows besides."""
    if not _RFC2822.fullmatch(text):
        if _RFC822.fullmatch(_without_comments(text[:_LONGEST]).strip().lower()) and len(text) <= _LONGEST:
            return Note("ProblematicalRFC822Date", f"{shown(text)} is a date that some readers do not understand"), None
        return Note("InvalidRFC2822Date", f"{shown(text)} is no RFC 2822 date"), None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return Note("InvalidRFC2822Date", f"{shown(text)} is no date of the calendar"), None
    if "," in text and _WEEKDAYS[moment.weekday()] != text[:3]:
        return Note("IncorrectDOW", f"{shown(text[:3])} is not the day of {shown(text)}"), None
    return _plausible(text, moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _without_comments(text: str) -> str:
    """`text` without what RFC 822 has in brackets, which may nest."""
    text = _QUOTED.sub("", text)
    for _ in range(_DEEPEST_COMMENT):
        shorter = _COMMENT.sub(" ", text)
        if shorter == text:
            break
        text = shorter
    return text


def iso8601_day(text: str) -> Dated:
    """A day."""
    note, moment = iso8601(text)
    if note is None and len(text) != len("2026-01-31"):
        return Note("InvalidISO8601Date", f"{shown(text)} is no day"), None
    return note, moment
