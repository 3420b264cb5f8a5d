"""Dates of OPML and of sitemaps: RFC 822 with its later editions, and the W3C's profile of ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from feeds.validate.rules import Note, shown

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_RFC822 = re.compile(
    r"(?:(?P<day>[A-Za-z]{3}), *)?(?P<date>\d{1,2}) +(?P<month>[A-Za-z]{3}) +(?P<year>\d{4}|\d{2}) +"
    r"(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))? +(?P<zone>[+-]\d{4}|[A-Za-z]{1,3})",
    re.ASCII,
)
_ZONES = frozenset("ut gmt est edt cst cdt mst mdt pst pdt".split())
_W3C = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?)?)?", re.ASCII
)


def mail_date_note(text: str) -> Note | None:
    """What is wrong with a date of RFC 822, 2822 or 5322."""
    found = _RFC822.fullmatch(text.strip()[:64])
    month = (found["month"].lower() if found else "") in _MONTHS
    zone = found["zone"].lower() if found else ""
    if found is None or not month or not (zone[0] in "+-" or zone in _ZONES or len(zone) == 1):
        return Note("InvalidRFC2822Date", f"{shown(text)} is no date of RFC 822")
    year = int(found["year"])
    full = year if len(found["year"]) == 4 else year + (2000 if year < 50 else 1900)
    clock = int(found["hour"]), int(found["minute"]), min(int(found["second"] or 0), 59)
    try:
        moment = datetime(full, _MONTHS.index(found["month"].lower()) + 1, int(found["date"]), *clock, tzinfo=UTC)
    except ValueError:
        return Note("InvalidRFC2822Date", f"{shown(text)} is no date that there is")
    day = found["day"]
    if day is not None and day.lower() not in _DAYS:
        return Note("InvalidRFC2822Date", f"{shown(day)} is no day of the week")
    if day is not None and _DAYS[moment.weekday()] != day.lower():
        return Note("IncorrectDOW", f"{shown(text)} was no {shown(day)}")
    if len(found["year"]) == 2 or (zone not in ("gmt", "ut") and zone[0] not in "+-"):
        return Note("ProblematicalRFC822Date", f"{shown(text)} is read in different ways")
    return None


def w3c_moment(text: str, *, whole_day: bool = False) -> tuple[datetime, bool] | None:
    """A date of the W3C's profile (https://www.w3.org/TR/NOTE-datetime), aware, and whether it tells the time of day;
    None for anything else, with `whole_day` for a year or a month alone too. The beginning of what it names, in UTC
    where it tells no time."""
    found = _W3C.fullmatch(text[:64])
    if found is None or (whole_day and found[3] is None):
        return None
    try:
        if found[4] is None:
            day = date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
            return datetime(day.year, day.month, day.day, tzinfo=UTC), False
        return datetime.fromisoformat(re.sub(r"\.\d+", "", text)), True
    except ValueError:
        return None


def w3c_note(text: str, now: datetime | None, *, whole_day: bool = False) -> Note | None:
    """What is wrong with a date of the W3C's profile; with `now`, one that is more than a day off in the future too."""
    found = w3c_moment(text, whole_day=whole_day)
    if found is None:
        return Note("InvalidW3CDTFDate", f"{shown(text)} is no date of the W3C's profile of ISO 8601")
    if now is not None and found[0] > now + timedelta(days=1):
        return Note("ImplausibleDate", f"{shown(text)} is still to come")
    return None
