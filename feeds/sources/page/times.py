"""When a row of a listing was published: what its markup, its words and its address say, the surest first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from itertools import islice

from db.records import Precision
from feeds.model import Context, Document
from feeds.sources import dateline
from feeds.sources.fields import MAX_DATE, plausible
from feeds.sources.page.texts import Element, fold

LONGEST = 80
"""Characters of a text that says a date and little else."""

BESIDE = 30
"""Characters that such a text may have beside the date: an author, a rubric, a number of comments."""

_MARKED = re.compile(
    r"(?:[a-z0-9]+[-_]+){0,5}(?:date|datetime|time|timestamp|published|pubdate|submitted|created|posted|posted-on"
    r"|posted_on|ago|day|datum|data|fecha|when|meta|byline"
    r"|info|details)(?:[-_]?(?:text|time|label|published|created|info|line|value|item|wrap|wrapper|string|day"
    r"|display))?"
)
_ATTRIBUTES = frozenset(
    "datetime data-datetime data-timestamp data-time data-date data-published data-pubdate data-unixtime data-utime "
    "data-publish-date data-published-at data-ts content".split()
)
_TEXTS = frozenset("time span small td p div em i li dd dt b font abbr strong h5 h6".split()) | {""}
_ISO = re.compile(
    r"((?:19|20)\d\d)-(\d\d)-(\d\d)(?:[T\s]+(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?\s*(Z|UTC|GMT"
    r"|[+-]\d\d:?\d\d)?)?.{0,20}"
)
_CLOCK = re.compile(
    r"(?<![\d:.])([01]?\d|2[0-3])[:h.]([0-5]\d)(?::[0-5]\d)?(?![\d:.])\s*(?P<half>[ap]\.?m\b\.?)?", re.IGNORECASE
)
_ZONES = {
    "GMT": 0,
    "UTC": 0,
    "BST": 1,
    "CET": 1,
    "CEST": 2,
    "EET": 2,
    "EEST": 3,
    "MSK": 3,
    "EST": -5,
    "EDT": -4,
    "ET": -5,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
}
"""Hours east of Greenwich of the names that stand behind times."""

_ZONED = re.compile(r"\d\s?(?:[ap]\.?m\.?)?\s*\(?(" + "|".join(_ZONES) + r")\b", re.IGNORECASE)
_BARE_CLOCK = re.compile(r"\s*([01]?\d|2[0-3]):([0-5]\d)\s*")
_NUMERIC = re.compile(r"(?<![\d./-])(\d{1,2})([./-])(\d{1,2})(?:\2((?:19|20)?\d\d))?(?![\d/-]|\.\d)")
_AGO = re.compile(
    r"(\d{1,3}|an?|one)\s*(?P<unit>[^\W\d_]{1,12})\.?\s+(?:ago|назад|таму|тому|temu|sitten|önce|sedan|siden)"
    r"|(?:vor|il y a|hace|há|před|pred|acum|преди)\s+"
    r"(\d{1,3}|einer?|einem|une?|una?)\s+(?P<unit2>[^\W\d_]{1,12})",
    re.IGNORECASE,
)
_UNITS = (
    (re.compile(r"s$|se[ck]|сек|sek|saniye", re.IGNORECASE), timedelta(seconds=1)),
    (re.compile(r"m$|min|мин|хв|хвіл|dakika", re.IGNORECASE), timedelta(minutes=1)),
    (
        re.compile(r"h$|hour|hr|час|год|гадз|std|stund|heure|hora|ora|godz|hodin|tim|saat|tunti", re.IGNORECASE),
        timedelta(hours=1),
    ),
    (
        re.compile(r"d$|day|дн|день|дзён|дзень|дні|tag|jour|d[ií]a|dni|dzień|dag|päiv|gün", re.IGNORECASE),
        timedelta(days=1),
    ),
    (
        re.compile(r"w$|week|недел|тижд|тыд|woche|semaine|semana|tydzie|tygodn|veck|uge", re.IGNORECASE),
        timedelta(days=7),
    ),
)
_TODAY = (
    "today сегодня сёння сьогодні heute aujourd'hui aujourd’hui hoy hoje oggi dziś dzisiaj idag vandaag šiandien "
    "šodien täna tänään dnes ma azi"
)
_YESTERDAY = (
    "yesterday вчера учора ўчора вчора gestern hier ayer ontem ieri wczoraj igår gisteren vakar eile eilen včera tegnap"
)
_NAMED_DAYS = {word: ago for ago, names in enumerate((_TODAY, _YESTERDAY)) for word in names.split()}
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_START = re.compile(r"(?<![\w.,/-])(?=\w)")
_LOOKS_DATED = re.compile(
    r"\b(?:19|20)\d\d\b|(?<!\d)[0-3]?\d[./][01]?\d(?!\d)|\b[0-2]?\d:[0-5]\d\b|\b\d{1,2}\s?(?:h|m|d|hours?"
    r"|min\w{0,4}|days?)\s+ago\b|\d{1,2}月\d{1,2}日"
)
_UPDATED = re.compile(r"updated|modified|edited|aktualis|обновл|абноўл|оновл|mis à jour", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class When:
    """A time that a row says, and by what it was told."""

    moment: datetime
    precision: Precision
    basis: str


def has_date(text: str) -> bool:
    """Whether a text seems to name a day or a time; cheap, for comparing lists."""
    return _LOOKS_DATED.search(text) is not None


def read_when(
    elements: Iterable[Element], context: Context, document: Document, under: date | None = None
) -> When | None:
    """When the row made of `elements` was published; None where it does not say.

    `under` is the day that the rows around it are headed by. Times without a zone are of the source's. A time by
    itself is of that day; without one it says nothing for certain.
    """
    texts: list[tuple[int, str]] = []
    for node, tag, said, classes, known in elements:
        for name, value in said.items():
            if name in _ATTRIBUTES and value and (name != "content" or "date" in (said.get("itemprop") or "").lower()):
                when = _stated(fold(value), context, document)
                if when is not None and _UPDATED.search(said.get("itemprop") or said.get("class") or "") is None:
                    return when
        if tag in _TEXTS:
            text = known.of(node, limit=LONGEST) if tag else fold(node.text_content)
            if 2 < len(text) <= LONGEST:
                texts.append((0 if tag == "time" else 1 if any(map(_marks, classes)) else 2, text))
    for rank, text in dict.fromkeys(sorted(texts, key=lambda each: each[0])):
        when = read_text(text, context, document, under, strict=rank > 1)
        if when is not None:
            return when
    return None


@lru_cache(maxsize=4096)
def _marks(token: str) -> bool:
    """Whether elements of this class hold times."""
    return _MARKED.fullmatch(token) is not None


def read_text(
    text: str, context: Context, document: Document, under: date | None = None, *, strict: bool = False
) -> When | None:
    """The time that a short text says; None where it says none. With `strict` it must say little else: headlines
    name days too."""
    text = text[:LONGEST]
    if not any(char.isdigit() for char in text) and _first_word(text) not in _NAMED_DAYS and " hour ago" not in text:
        return None
    now = document.as_of.astimezone(context.zone)
    if (ago := _ago(text, now, document)) is not None:
        return ago
    found = day_in(text, context, now.date())
    if found is not None and strict and len(text) - (found[2] - found[1]) > BESIDE:
        return None
    clock = None
    for match in _CLOCK.finditer(text):
        if found is None or not (match.start() < found[2] and match.end() > found[1]):
            clock = _hour(match)
            break
    if found is None:
        bare = _BARE_CLOCK.fullmatch(text)
        if bare is None or under is None:
            return None
        day, clock = under, time(int(bare[1]), int(bare[2]))
    else:
        day = found[0]
    zone = _ZONED.search(text)
    if clock is not None and zone is not None:
        moment = datetime.combine(day, clock, tzinfo=timezone(timedelta(hours=_ZONES[zone[1].upper()])))
        settled = plausible(moment, document.fetched_at)
        return When(settled, Precision.SECOND, f'"{text}" in the row') if settled is not None else None
    return _when(day, clock, f'"{text}" in the row', context, document)


def day_in(text: str, context: Context, today: date) -> tuple[date, int, int] | None:
    """The day that a short text names, and where its words begin and end."""
    for start in islice((match.start() for match in _START.finditer(text)), 12):
        found = dateline.date_at(text, start, context.language)
        if found is not None:
            day, end = found
            settled = dateline.settle_year(
                day.month, day.day, day.weekday, "", day.year, context.year, today, context.language
            )
            return settled.day, start, end
    match = _NUMERIC.search(text)
    if match is not None and (read := _numeric(match, context.language, today)) is not None:
        return read, match.start(), match.end()
    for word in islice(_WORD.finditer(text), 4):
        ago = _NAMED_DAYS.get(word[0].casefold())
        if ago is not None:
            return today - timedelta(days=ago), word.start(), word.end()
    return None


def day_of(text: str, context: Context, document: Document) -> date | None:
    """The day that a heading over rows names, where it says little else."""
    text = text.strip()
    if not text or len(text) > 45:
        return None
    found = day_in(text, context, document.as_of.astimezone(context.zone).date())
    if found is None or len(text) - (found[2] - found[1]) > 16:
        return None
    return found[0]


def from_day(day: date, basis: str, context: Context, document: Document) -> When | None:
    """The time of a row of which nothing but the day is known; None where that cannot be."""
    return _when(day, None, basis, context, document)


def stated(text: str | None, context: Context, document: Document) -> When | None:
    """The time that a machine-readable value says: ISO 8601, seconds since 1970, or a date of mails."""
    return _stated(fold(text), context, document) if text else None


def _stated(text: str, context: Context, document: Document) -> When | None:
    if not 6 < len(text) <= MAX_DATE:
        return None
    if text.isdecimal():
        seconds = int(text) / (1000 if len(text) == 13 else 1)
        if len(text) not in (10, 13):
            return None
        moment = plausible(datetime.fromtimestamp(seconds, UTC), document.fetched_at)
        return When(moment, Precision.SECOND, "its markup") if moment is not None else None
    match = _ISO.fullmatch(text)
    if match is None:
        return read_text(text, context, document) if not text.startswith(("http", "/")) else None
    year, month, day, hour, minute, second, zone = match.groups()
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=context.zone
        )
        if zone is not None:
            moment = moment.replace(tzinfo=_zone(zone))
    except ValueError:
        return None
    settled = plausible(moment, document.fetched_at)
    if settled is None:
        return None
    return When(settled, Precision.SECOND if hour else Precision.DAY, "its markup")


def _zone(zone: str) -> timezone:
    if zone[0] not in "+-":
        return UTC
    span = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return timezone(span if zone[0] == "+" else -span)


def _first_word(text: str) -> str:
    found = _WORD.search(text)
    return found[0].casefold() if found is not None else ""


def _hour(match: re.Match[str]) -> time | None:
    hour, half = int(match[1]), (match["half"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0) if hour <= 12 else hour
    return time(hour, int(match[2]))


def _numeric(match: re.Match[str], language: str, today: date) -> date | None:
    """A day in digits. Which of two numbers is the month is told by one above twelve, a full stop, or the language;
    in English "05/06" may be either, and says nothing."""
    first, second, mark = int(match[1]), int(match[3]), match[2]
    if match[4] is None and (mark != "." or len(match[3]) < 2 or len(match.string) - len(match[0]) > 8):
        return None  # "12.5" is a number, and "12.05" may be one
    year = int(match[4]) if match[4] else None
    if year is not None and year < 100:
        year += 2000
    english = language.lower().startswith("en")
    if second > 12 and mark == "/":
        first, second = second, first
    elif english and mark != "." and first <= 12 and first != second:
        return None
    try:
        day = date(year or today.year, second, first)
    except ValueError:
        return None
    return (
        day
        if year is not None or day <= today
        else day.replace(year=day.year - 1)
        if (second, first) != (2, 29)
        else None
    )


def _ago(text: str, now: datetime, document: Document) -> When | None:
    """A span before the document: "2 hours ago". Spans of days name a day, shorter ones a time cut to their unit."""
    match = _AGO.search(text)
    if match is None or len(text) - len(match[0]) > BESIDE:
        return None
    number, unit = match[1] or match[3], match["unit"] or match["unit2"]
    span = next((span for pattern, span in _UNITS if pattern.match(unit) is not None), None)
    if span is None:
        return None
    moment = now - span * (int(number) if number.isdecimal() else 1)
    if span >= timedelta(days=1):
        moment = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    elif span >= timedelta(hours=1):
        moment = moment.replace(minute=0, second=0, microsecond=0)
    else:
        moment = moment.replace(second=0, microsecond=0)
    precision = Precision.DAY if span >= timedelta(days=1) else Precision.SECOND
    settled = plausible(moment, document.fetched_at)
    return When(settled, precision, f'"{text}" before the page') if settled is not None else None


def _when(day: date, clock: time | None, basis: str, context: Context, document: Document) -> When | None:
    moment = datetime.combine(day, clock or time(), tzinfo=context.zone)
    settled = plausible(moment, document.fetched_at)
    if settled is None:
        return None
    return When(settled, Precision.SECOND if clock is not None else Precision.DAY, basis)
