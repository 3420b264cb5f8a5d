"""Datelines: the day, the agency and the rest of a paragraph such as "February 26, Pozirk. Both houses ...".

Names of months and weekdays come from CLDR (Babel): the document's own language first, then English, then all of
`LOCALES`, where a word counts only if they agree about it ("listopada" is October in Croatian, November in Polish).
Every pattern is bounded and looks at the head of a paragraph only, so that hostile text costs no more than any other.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

from babel import Locale, UnknownLocaleError
from babel.dates import get_day_names, get_month_names

Confidence = Literal["high", "medium", "low"]

LOCALES = tuple(
    "be ru uk pl de fr es it pt nl sv da nb fi et lv lt cs sk hu ro bg sr sr_Latn hr bs sl mk sq el tr az ka hy kk"
    " ca eu gl ga cy is mt lb".split()
)
_YEAR_FIRST = frozenset({"lt", "lv", "hu", "eu", "ka"})
"""Languages that write the year before the month: "2024 m. gruodžio", "2024. gada decembrī"."""

_INFLECTED = tuple("be ru uk pl cs sk sl hr sr lv lt et fi hu".split())
"""Languages that inflect month names in ways CLDR does not list: "у снежні", "w grudniu", "joulukuussa"."""

_ABBREVIATIONS = tuple("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())
_EXTRA = {"en": {"sept": 9}, "ru": {"мае": 5}, "be": {"маі": 5}}
"""What CLDR lacks: AP style's abbreviation, and cases too short to be told by their stem."""

_HEAD = 240
"""Characters of a paragraph in which a dateline must end."""

_BODY = 100_000
"""Characters of a body in which cues for the year are looked for."""

_FRESH = 31
"""Days: a date without any cue that is this near the document's own is more likely right than not."""

_WORD = r"[^\W\d_]{1,24}(?:-[^\W\d_]{1,24})?"
_DAY = r"(?P<day>\d{1,2})(?!\d)"
_YEAR = r"(?P<year>(?:19|20|21)\d\d)(?![\d-])"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<year>\d{4})-(?P<number>\d\d)-(?P<day>\d\d)(?!\d)",
        r"(?P<day>\d{1,2})\.\s?(?P<number>\d{1,2})\.\s?" + _YEAR,
        r"(?:(?P<year>\d{4})年\s?)?(?P<number>\d{1,2})月\s?(?P<day>\d{1,2})日",
        _YEAR + r"(?:\.|\s+m\.|eko)?\s+(?P<month>" + _WORD + r")\.?\s+" + _DAY + r"(?:\s?d\.|\.)?",
        _YEAR + r"\.\s+gada\s+" + _DAY + r"\.\s+(?P<month>" + _WORD + ")",
        r"(?P<month>" + _WORD + r")\.?\s+" + _DAY + r"(?:st|nd|rd|th)?(?:\s?d\.)?(?:(?:,\s*|\s+)" + _YEAR + ")?",
        _DAY + r"(?:\.|st|nd|rd|th|er|º|ª)?\s+(?:de\s+|d['’])?(?P<month>" + _WORD + r")"
        r"(?:\.?,?\s+(?:de\s+|del\s+)?" + _YEAR + r"(?:\s*(?:года|года|год|г\.|г|р\.|року|roku|r\.)(?!\w))?)?",
    )
)
_WEEKDAY = re.compile(r"(?P<weekday>" + _WORD + r")\.?,?\s+")
_PLACE_END = re.compile(r"[,.]\s+")
_PLACE = re.compile(r"[^\W\d_][^\d:;!?()]{1,59}")
_DASH = r"\s+[-–—]+(?:\s+|$)"
_STOP = r"(?<!\.[^\W\d_])\.(?=\s|$)"
"""A full stop that ends something; the second one of "U.S." does not."""
_END = rf"(?:{_STOP}|:(?=\s)|{_DASH}|$)"
_BRACKETED = re.compile(
    r"\.?(?:,\s+(?P<place>[^,.:()/\d]{2,40}))?\s*[,.]?\s*[(/](?P<agency>[^()/\n]{1,60})[)/]\s*[.,:]?(?:\s*[-–—]+(?=\s|$))?"
)
_NAMED = re.compile(r"(?:\.?,|\.|\s+[-–—])\s+(?P<agency>(?:[^.,:;()/\n]|\.(?=\S)|(?<=\.[^\W\d_])\.){1,60}?)" + _END)
_PLAIN = re.compile(r"(?:(?<=\.)(?=\s)|\." + "(?=\\s)|:(?=\\s)|" + _DASH + r"|\.?$)")
_FIELD = re.compile(r"\{(date|agency|place)\}")

_CUE_YEAR = re.compile(r"(?<!\d)(?<!\d,)(?:19|20)\d\d(?!\d)")
_CUE_BEFORE = re.compile(
    r"([^\W\d_]{3,24})\.?(?:\s+\d{1,2}(?:st|nd|rd|th)?)?,?\s+(?:de\s+|del\s+|of\s+)?$|(?<!\d)\d{1,2}\.(\d{1,2})\.$"
)
_CUE_AFTER = re.compile(r"-(\d\d)(?:-\d\d)?(?!\d)")
_CUE_YEAR_FIRST = re.compile(r"(?:eko|\s+m\.|\.\s+gada|\.)?\s+(?:\d{1,2}\.\s+)?([^\W\d_]{3,24})")


@dataclass(frozen=True, slots=True)
class Dateline:
    """What a paragraph's dateline says: the date as written in `text`, the agency, and the paragraph's `rest`.

    `weekday` counts from Monday = 0. Month and day exist together in some year; with `year`, in that year.
    """

    month: int
    day: int
    year: int | None
    weekday: int | None
    text: str
    agency: str | None
    rest: str


class Settled(NamedTuple):
    """The day a dateline means, by what its year was settled, and how far that can be trusted."""

    day: date
    basis: str
    confidence: Confidence


def read(paragraph: str, language: str, shape: str | None = None) -> Dateline | None:
    """The dateline that `paragraph` begins with, or None.

    `shape` is a template of `{date}`, `{agency}`, `{place}` and literal text (any dash stands for any, any space for
    spaces); a paragraph that does not fit it is read by the built-in shapes.
    """
    head = paragraph[:_HEAD]
    found = _by_shape(head, language, shape) if shape else None
    for start in () if found else _starts(head):
        parsed = date_at(head, start, language)
        if parsed is not None:
            tail = _tail(head, parsed[1], language)
            if tail is not None:
                found = (parsed[0], *tail)
                break
    if found is None:
        return None
    day, agency, end = found
    return Dateline(day.month, day.day, day.year, day.weekday, day.text, agency or None, paragraph[end:].strip())


def settle_year(
    month: int,
    day: int,
    weekday: int | None,
    body: str,
    explicit: int | None,
    configured: int | None,
    written: date,
    language: str = "en",
) -> Settled:
    """The day that `month` and `day` mean in a document written on `written` or not long before.

    The first that applies: the dateline's own year; the configured one; the weekday; the newest month-and-year in
    `body` one to six months before; else the newest such day not after the document. 29 February picks leap years only.
    `month` and `day` must exist together in some year, with `explicit` in that one. Whether the day can be true is not
    asked here: an explicit or configured year may lie far off.
    """
    name = f"{_ABBREVIATIONS[month - 1]} {day}"
    if explicit is not None:
        return Settled(date(explicit, month, day), "its own year", "high")
    if configured is not None and (chosen := _day(configured, month, day)):
        return Settled(chosen, "the year of the configuration", "high")
    past = [d for year in range(written.year, written.year - 41, -1) if (d := _day(year, month, day)) and d <= written]
    cues = _cues(month, day, body, written, language)
    if weekday is not None:
        fitting = [d for d in past if d.weekday() == weekday]
        hinted = [d for d, _ in cues if d in fitting]
        if hinted:
            return Settled(hinted[0], "its weekday and an explicit date in the body", "high")
        if fitting:
            return Settled(fitting[0], f"its weekday -> newest such {name} not after the document", "high")
    if cues:
        chosen, words = cues[0]
        basis = f'newest explicit date in the body "{words}" -> first {name} not before it'
        return Settled(chosen, basis, "medium" if all(d == chosen for d, _ in cues) else "low")
    near = (written - past[0]).days <= _FRESH
    return Settled(past[0], f"newest {name} not after the document", "medium" if near else "low")


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _cues(month: int, day: int, body: str, written: date, language: str) -> list[tuple[date, str]]:
    """Days `month`-`day` one to six months after a month and year that `body` names, the newest cue first.

    A day after the document is no news yet, so "until December 2030" is no cue. The same month is none either: it is as
    likely an anniversary ("in February 2022") as this year.
    """
    found: dict[tuple[int, int], tuple[date, str]] = {}
    body = body[:_BODY]
    for match in _CUE_YEAR.finditer(body):
        year = int(match[0])
        cue = _cue_month(body, match, language)
        if cue is None:
            continue
        number, words = cue
        ahead = (month - number) % 12
        settled = _day(year + (number + ahead > 12), month, day)
        if 1 <= ahead <= 6 and settled is not None and settled <= written:
            found.setdefault((year, number), (settled, words))
    return [found[key] for key in sorted(found, reverse=True)]


def _cue_month(body: str, year: re.Match[str], language: str) -> tuple[int, str] | None:
    """The month that belongs to a year in running text, and the words of both."""
    start, end = year.span()
    after = _CUE_AFTER.match(body, end)
    if after and 1 <= int(after[1]) <= 12:
        return int(after[1]), body[start : after.end()]
    before = _CUE_BEFORE.search(body[max(0, start - 48) : start])
    if before:
        number = int(before[2]) if before[2] else _month_inflected(before[1], language)
        if number is not None and 1 <= number <= 12:
            return number, before[0].lstrip() + body[start:end]
    if _base(language) in _YEAR_FIRST:
        after = _CUE_YEAR_FIRST.match(body, end)
        number = _month_inflected(after[1], language) if after else None
        if after and number is not None:
            return number, body[start : after.end()]
    return None


class Day(NamedTuple):
    """A date as it is written; `weekday` counts from Monday = 0."""

    month: int
    day: int
    year: int | None
    weekday: int | None
    text: str


def date_at(text: str, start: int, language: str) -> tuple[Day, int] | None:
    """The date, with or without weekday and year, that stands in `text` at `start`, and where it ends."""
    weekday, at = None, start
    named = _WEEKDAY.match(text, start)
    if named and _month(named["weekday"], language) is None:
        weekday = _weekday(named["weekday"], language)
        at = named.end() if weekday is not None else start
    for pattern in _DATES:
        match = pattern.match(text, at)
        if match is None:
            continue
        parts = match.groupdict()
        month = int(parts["number"]) if parts.get("number") else _month(parts.get("month") or "", language)
        year = int(parts["year"]) if parts["year"] else None
        day = int(parts["day"])
        if (
            month is None
            or _day(2000 if year is None else year, month, day) is None
            or not 1900 <= (year or 1900) <= 2199
        ):
            continue
        end = match.end()
        # "26 лют." and "Feb. 26 d.": an abbreviation's full stop belongs to the date if the sentence goes on.
        if parts.get("month") and text[end - 1].isalpha() and re.match(r"\.(?:,|\s+[-–—(/])", text[end : end + 4]):
            end += 1
        return Day(month, day, year, weekday, text[at : match.end()]), end
    return None


def _starts(head: str) -> Iterator[int]:
    """Where a date may begin: at once, or after a place ("WASHINGTON, D.C., ", "Kyiv. ")."""
    yield 0
    for number, end in enumerate(_PLACE_END.finditer(head)):
        place = _PLACE.fullmatch(head, 0, end.start())
        words = place[0].split() if place else ()
        if number > 2 or not words or len(words) > 6 or not all(w[0].isupper() or not w[0].isalpha() for w in words):
            return
        yield end.end()


def _tail(head: str, end: int, language: str) -> tuple[str | None, int] | None:
    """The agency after a date and where the text begins; None where the date is part of a sentence."""
    match = _BRACKETED.match(head, end)
    if match and (match["place"] is None or match["place"][0].isupper()):
        return match["agency"].strip(), match.end()
    match = _NAMED.match(head, end)
    if match and _is_agency(match["agency"].strip()):
        return match["agency"].strip(), match.end()
    match = _PLAIN.match(head, end)
    if match is None:
        return None
    # "February 26 - March 3 saw ..." is a range.
    if "." not in match[0] and ":" not in match[0] and date_at(head, match.end(), language):
        return None
    following = head[match.end() : match.end() + 1]
    return None if following.isdigit() else (None, match.end())


def _is_agency(words: str) -> bool:
    """Whether words read as a name ("РИА Новости", "dpa") rather than as the start of a sentence."""
    parts = words.split()
    if not 1 <= len(parts) <= 5 or parts[0][0].isdigit():
        return False
    if len(parts) == 1:
        return parts[0][0].isalpha() and (not parts[0].islower() or len(parts[0]) <= 5)
    return not parts[0][0].islower() and not parts[-1][0].islower()


def _by_shape(head: str, language: str, shape: str) -> tuple[Day, str | None, int] | None:
    """`head` read by a configured template: the date, the agency and where the text begins."""
    parts = _FIELD.split(shape)
    at, agency, day = 0, None, None
    for index in range(0, len(parts), 2):
        literal = _literal(parts[index])
        field = parts[index - 1] if index else None
        if field == "date":
            parsed = date_at(head, at, language)
            if parsed is None:
                return None
            day, at = parsed
        found = re.compile(literal).match(head, at) if field in (None, "date") else None
        if field in ("agency", "place"):
            # The last literal ends the dateline, so that the full stop of "U.S. News" does not.
            last = index == len(parts) - 1
            found = re.compile((r"(?<!\.[^\W\d_])" + literal + r"(?=\s|$)") if last else literal).search(head, at + 1)
            if found and field == "agency":
                agency = head[at : found.start()].strip()
        if found is None:
            return None
        at = found.end()
    return (day, agency, at) if day else None


def _literal(text: str) -> str:
    """A pattern for literal text in which dashes are alike and any run of spaces is one."""
    tokens = re.findall(r"\s+|[-–—]+|[^\s–—-]+", text)
    return "".join(
        r"\s{1,9}" if token.isspace() else "[-–—]{1,3}" if token[0] in "-–—" else re.escape(token) for token in tokens
    )


def _base(language: str) -> str:
    return re.split("[-_]", language.lower(), maxsplit=1)[0]


def _month(word: str, language: str) -> int | None:
    """The month (1 to 12) that `word` names."""
    return _number(word, language, 0)


def _month_inflected(word: str, language: str) -> int | None:
    """The month that `word` names in running text, in whatever case.

    Where the document's language is not one of `_INFLECTED` (it may only be a default), a word of plain Latin letters
    is left alone: "Mark 2024" is no March.
    """
    number = _month(word, language)
    if number is not None:
        return number
    base = _base(language)
    locales = (base,) if base in _INFLECTED else () if word.isascii() else _INFLECTED
    return _by_stem(word.casefold(), locales)


@lru_cache(maxsize=4096)
def _by_stem(folded: str, locales: tuple[str, ...]) -> int | None:
    """The month whose name shares the longest beginning with `folded`, but for an ending of two letters."""
    best: dict[int, set[int]] = {}
    for locale in locales:
        for name, number in _names(locale)[0].items():
            shared = len(os.path.commonprefix((folded, name)))  # noqa: RUF071 (characters are meant)
            if shared >= 3 and shared >= len(name) - 2 and shared >= len(folded) - 3:
                best.setdefault(shared, set()).add(number)
    numbers = best[max(best)] if best else set()
    return numbers.pop() if len(numbers) == 1 else None


def _weekday(word: str, language: str) -> int | None:
    """The weekday (Monday = 0) that `word` names."""
    return _number(word, language, 1)


def _number(word: str, language: str, kind: int) -> int | None:
    folded = word.casefold()
    for names in (_names(language)[kind], _names("en")[kind]):
        if folded in names:
            return names[folded]
    return _agreed(folded, kind)


@lru_cache(maxsize=4096)
def _agreed(folded: str, kind: int) -> int | None:
    """What `LOCALES` together say a word means; None where they disagree."""
    numbers = {number for locale in LOCALES if (number := _names(locale)[kind].get(folded)) is not None}
    return numbers.pop() if len(numbers) == 1 else None


@lru_cache(maxsize=256)
def _names(language: str) -> tuple[dict[str, int], dict[str, int]]:
    """Folded names of the months and of the weekdays in one language; empty for an unknown one."""
    try:
        locale = Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        base = _base(language)
        return _names(base) if base != language else ({}, {})
    months: dict[str, int] = dict(_EXTRA.get(locale.language, {}))
    days: dict[str, int] = {}
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for names, into in (
                (get_month_names(width, context, locale), months),
                (get_day_names(width, context, locale), days),
            ):
                for number, name in names.items():
                    folded = name.casefold().rstrip(".")
                    if len(folded) > 1 and folded.replace("-", "").isalpha():
                        into.setdefault(folded, number)
    return months, days
