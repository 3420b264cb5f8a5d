"""The language in which people look for entries, in commands and in `[[saved]]`.

```
ferry harbour            both words, in title, summary, text or authors
"new ferry"              the words side by side
ferr*                    words that begin so
ferry OR bridge          one of the two (binds closer than what stands side by side)
-strike  -"last call"    not these
title:ferry              in the title alone; author:"Ann Brennan"
section:"Foreign policy" also source: access: language:, and -section:Sport
after:2026-03 before:7d  from March 2026 on, but not of the last seven days (2026, 2026-03, 2026-03-02, 24h, 7d)
```
Case, accents and punctuation do not matter (`db.folding`). Whatever is typed is a query or one line that says what is
wrong with it, and at which column.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from db.folding import fold, stands_alone
from db.records import Access, Field, Query, Term
from feeds.errors import UsageError

MAX_LENGTH = 1000
MAX_TERMS = 50
MIN_PREFIX = 3
"""Letters before a `*`: with fewer most entries have a word that begins so, and all of them are gathered."""

_FIELDS = {each.value: each for each in Field if each is not Field.WORDS}
_DATES = ("before", "after")
_HEADS = tuple(f"{name}:" for name in (*_FIELDS, *_DATES))
_NAMES = ", ".join(_HEADS)
_BETWEEN = "OR stands between two terms, neither of them excluded or a date"
_PIECE = re.compile(r'(-*)(?:([A-Za-z]+):(?!//|\s|$))?(?:"([^"]*)("?)(\*?)|(\S+))')
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_SPAN = re.compile(r"([0-9]{1,5})([hd])")


class _Piece(NamedTuple):
    """What stands between two blanks, quotes aside: `column` counts from 1, `field` is "" where none is named."""

    column: int
    excluded: bool
    field: str
    value: str
    starred: bool
    raw: str


@dataclass(slots=True)
class _Draft:
    """A query while it is read: `joinable` says that the last piece can have an alternative, `joining` that the next
    one is it."""

    groups: list[tuple[Term, ...]] = field(default_factory=list)
    excluded: list[Term] = field(default_factory=list)
    since: datetime | None = None
    until: datetime | None = None
    joinable: bool = False
    joining: bool = False

    def add(self, term: Term) -> None:
        if self.joining:
            self.groups[-1] += (term,)
            self.joining = False
        else:
            self.groups.append((term,))
        self.joinable = True


def parse(text: str, *, now: datetime | None = None, zone: tzinfo = UTC) -> Query:
    """The query that `text` says. Days begin in `zone`; spans such as `7d` end at `now`.

    Raises `UsageError` for what is none, and for spans where `now` is None.
    """
    if len(text) > MAX_LENGTH:
        raise UsageError(f"the query has {len(text)} characters; {MAX_LENGTH} are the most")
    pieces = _pieces(text)
    if len(pieces) > MAX_TERMS:
        raise UsageError(f"the query has {len(pieces)} terms; {MAX_TERMS} are the most")
    draft = _Draft()
    for piece in pieces:
        if piece.raw == "OR":
            if draft.joining or not draft.joinable:
                raise _error(piece, _BETWEEN)
            draft.joining = True
        elif piece.field in _DATES:
            _bound(draft, piece, now, zone)
        else:
            _term(draft, piece)
    if draft.joining:
        raise _error(pieces[-1], _BETWEEN)
    query = Query(tuple(draft.groups), tuple(draft.excluded), draft.since, draft.until)
    if query == Query():
        raise UsageError(f"the query is empty; give a word to look for, or one of {_NAMES}")
    return query


def asked(
    text: str | None,
    *,
    now: datetime,
    zone: tzinfo,
    section: str | None = None,
    source: str | None = None,
    access: str | None = None,
) -> Query:
    """What a person looks for: the query that `text` says, of a section, a source and a level of access; None leaves
    any. Raises `UsageError` as `parse` and `narrowed` do."""
    query = Query() if text is None else parse(text, now=now, zone=zone)
    for kind, value in ((Field.SECTION, section), (Field.SOURCE, source), (Field.ACCESS, access)):
        query = narrowed(query, kind, () if value is None else (value,))
    return query


def narrowed(query: Query, field: Field, values: Iterable[str]) -> Query:
    """What `query` finds and one of `values` holds for; the same query without any. Raises `UsageError` for a value
    that is none."""
    group = tuple(Term(field, _value(field, value)) for value in values)
    return replace(query, groups=(*query.groups, group)) if group else query


def level_of(text: str) -> Access:
    """The level of access of this name, whose case does not matter. Raises `UsageError` where there is none."""
    try:
        return Access(text.lower())
    except ValueError:
        raise UsageError(f'access: "{text}" is no level; there are {", ".join(Access)}') from None


def _pieces(text: str) -> list[_Piece]:
    found = []
    for match in _PIECE.finditer(unicodedata.normalize("NFC", text)):
        hyphens, name, phrase, closed, star, word = match.groups()
        piece = _Piece(
            column=match.start() + 1,
            excluded=bool(hyphens),
            field=(name or "").lower(),
            value=word if phrase is None else phrase,
            starred=bool(star) or (word or "").endswith("*"),
            raw=match[0],
        )
        if phrase is not None and not closed:
            raise _error(piece, 'a quotation mark is not closed; put another " behind the phrase')
        if piece.raw.lower().lstrip("-") in _HEADS:
            raise _error(piece, f"{piece.raw} has no value; put it right behind the colon")
        found.append(piece)
    return found


def _error(piece: _Piece, what: str) -> UsageError:
    return UsageError(f"query, column {piece.column}: {what}")


def _term(draft: _Draft, piece: _Piece) -> None:
    """Adds what a piece asks for. Signs alone ask for nothing."""
    if piece.field and piece.field not in _FIELDS:
        said = f'"{piece.field}" is no field; there are {_NAMES}; for the words themselves put them in quotation marks'
        raise _error(piece, said)
    kind = _FIELDS.get(piece.field, Field.WORDS)
    try:
        value = _value(kind, piece.value)
    except UsageError as error:
        raise _error(piece, str(error)) from None
    if not value:
        return
    prefix = piece.starred and kind in (Field.WORDS, Field.TITLE, Field.AUTHOR)
    last = value.rpartition(" ")[2]
    if prefix and stands_alone(last):
        prefix = False
    elif prefix and len(last) < MIN_PREFIX:
        raise _error(piece, f'"{last}*": give {MIN_PREFIX} letters or more before the *')
    term = Term(kind, value, prefix)
    if not piece.excluded:
        draft.add(term)
    elif draft.joining:
        raise _error(piece, "what is excluded cannot be an alternative; leave out the OR")
    else:
        draft.excluded.append(term)
        draft.joinable = False


def _value(kind: Field, value: str) -> str:
    """What a term of this field holds; "" for signs alone. Raises `UsageError` for a value that is none."""
    if kind in (Field.WORDS, Field.TITLE, Field.AUTHOR):
        words = " ".join(fold(unicodedata.normalize("NFC", value)).split())
        if not words and kind is not Field.WORDS:
            raise UsageError(f"{kind.value}: names no word")
        return words
    value = value.strip()
    try:
        value.encode()
    except UnicodeEncodeError:
        value = ""
    if not value:
        raise UsageError(f"{kind.value}: names nothing")
    if kind is Field.ACCESS:
        return level_of(value).value
    return value.lower() if kind is Field.LANGUAGE else value


def _bound(draft: _Draft, piece: _Piece, now: datetime | None, zone: tzinfo) -> None:
    """Narrows the time from which entries are wanted, or until which."""
    if piece.excluded or draft.joining:
        raise _error(piece, f"{piece.field}: can be neither excluded nor an alternative")
    draft.joinable = False
    moment = _moment(piece, now, zone)
    if piece.field == "after":
        draft.since = moment if draft.since is None else max(draft.since, moment)
    else:
        draft.until = moment if draft.until is None else min(draft.until, moment)


def _moment(piece: _Piece, now: datetime | None, zone: tzinfo) -> datetime:
    value = piece.value.strip()
    if _SPAN.fullmatch(value) and now is None:
        raise _error(piece, f'"{value}" ends at the present, which a saved feed cannot follow; give a day')
    found = moment(value, now, zone)
    if found is None:
        raise _error(piece, f'"{value}" is no date; give 2026, 2026-03, 2026-03-02, 24h or 7d')
    return found


def moment(value: str, now: datetime | None, zone: tzinfo) -> datetime | None:
    """When the year, month or day `value` begins in `zone`, or what was so many hours or days before `now` (UTC); None
    for what is none of these."""
    span, day = _SPAN.fullmatch(value), _DAY.fullmatch(value)
    try:
        if span is not None and now is not None:
            return now - timedelta(**{"hours" if span[2] == "h" else "days": int(span[1])})
        if day is not None:
            return datetime(int(day[1]), int(day[2] or 1), int(day[3] or 1), tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # the 30th of February, the year 0
    return None
