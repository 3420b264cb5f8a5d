"""Seed documents: `title, blank, dateline-paragraph, paragraph*, blank, secondary-headline*, row*`.

A row is `- ` [section (`, ` section)*] [headline] [marker], glued without separators. Nothing is split by capital
letters alone: a section is one that is configured or that a bare row of the document names, a marker one that is
configured or that three or more rows share. Every step is linear in the document, or n log n.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from db.records import Evidence, Learned, Precision
from feeds.errors import ParseError
from feeds.log import redact
from feeds.model import Context, Document, Item, Parsed, Skipped
from feeds.sources import dateline
from feeds.sources.decode import clean, decode
from feeds.sources.fields import EARLIEST, plausible

LOST = "section-only row: headline lost in scraping"
LOST_FREE = f"{LOST} (free articles: no marker)"
LOST_MARKED = "row of nothing but a marker: headline lost in scraping"
NO_WORD = "row without a word"
STRAY = "text below the list: neither a headline nor a row"

_TITLE = 300  # characters: a first line that is longer and ends like a sentence is a paragraph, the headline being lost
_HEADLINE = 250  # characters of the longest secondary headline
_QUESTION = 20  # words of the longest line that is a headline in spite of its question or exclamation mark
_LISTED = 8  # sections that one row can name
_TAIL = 200  # characters of a row's end in which a marker is looked for
_SHARED = 3  # rows that must share a text before it counts as a marker
_SAMPLE = 64  # rows that are weighed for one candidate of a marker, and candidates: bounds hostile documents
_WARNINGS = 20  # rows of an unknown section that are named one by one

_HTML = re.compile(r"\s*(<!--|<!doctype\s+html|<html|<\?xml|<rss|<feed)", re.IGNORECASE)
_ROW = re.compile(r"([-–•*])(?:\s+|$)")
_WORD = re.compile(r"[^\W_]")
_CLOSERS = "\"'”’“‘»«)]› "
_STOPS = tuple(".!?…:;。！？؟।")
_QUOTES = frozenset('«“„‘‚‹"([{$€£#@%¿¡+§№')


def parse(document: Document, context: Context) -> Parsed:
    """The items of a seed document, in page order: the main entry, secondary headlines, rows.

    Every row that is not blank is an item or in `skipped`. Raises a permanent `ParseError` for a document that is
    blank, binary or yields no item.
    """
    document = replace(document, name=redact(document.name))  # it only stands in messages, which are stored
    text, encoding = decode(document, context.language)
    if _HTML.match(text):
        raise ParseError(
            f"{document.name}: markup (HTML or XML), not a text document; give the text of the page", permanent=True
        )
    layout = _layout(clean(text).split("\n"), context)
    rows = _read_rows(layout, context)
    body = _main(layout, rows, document, context)
    items = [] if body is None else [body]
    for line, raw, is_row in layout.rest:
        item = _listed(line, raw, rows, len(items)) if is_row else _secondary(line, raw, rows, len(items))
        if item is not None:
            items.append(item)
    if not items:
        lost = f": {_lost(len(rows.skipped))}" if rows.skipped else ""
        raise ParseError(f"{document.name}: no headline in it{lost}; give the text of the page", permanent=True)
    return Parsed(
        language=context.language,
        encoding=encoding,
        items=tuple(items),
        skipped=tuple(sorted(rows.skipped, key=lambda row: row.line)),
        warnings=tuple(_warnings(layout, rows, body)),
    )


def learn(document: Document, context: Context) -> Learned:
    """What the document teaches for others of its source: its marker, and names that stand alone and before headlines,
    in three different rows at least.

    Nothing for a document that cannot be read: `parse` says why.
    """
    try:
        text, _encoding = decode(document, context.language)
    except ParseError:
        return Learned()
    rows = _read_rows(_layout(clean(text).split("\n"), context), context)
    markers = () if rows.learned is None else (rows.learned,)
    bare: Counter[str] = Counter()
    glued: Counter[str] = Counter()
    for rest, marker in rows.stripped.values():
        names, end = rows.sections.split(rest)
        if _WORD.search(rest[end:]):
            glued.update(names)
        elif marker is None:
            bare.update(names)
    # A headline of one word that begins another ("Ebay", "EbayMotors dies") must not rewrite other pages.
    proven = (name for name in bare.keys() & glued.keys() if bare[name] + glued[name] >= _SHARED)
    return Learned(tuple(sorted(proven)), markers)


# --- from text to lines


@dataclass(slots=True)
class _Layout:
    """A document's lines by their part, each with its number from 1; of `rest`, the last says whether it is a row."""

    title: tuple[int, str] | None = None
    body: list[str] = field(default_factory=list)
    body_line: int = 0
    rest: list[tuple[int, str, bool]] = field(default_factory=list)
    stray: list[Skipped] = field(default_factory=list)
    dateline: dateline.Dateline | None = None


def _layout(lines: list[str], context: Context) -> _Layout:
    """Finds title, body, secondary headlines and rows."""
    layout = _Layout()
    text = [(number, stripped) for number, line in enumerate(lines, 1) if (stripped := line.strip())]
    # A line of signs alone parts blocks as a blank one does; a row of them is reported.
    text = [line for line in text if _WORD.search(line[1]) or (_ROW.match(line[1]) and len(line[1]) > 1)]
    start = 0
    if text and not _ROW.match(text[0][1]) and not _is_body(text, context):
        layout.title, start = text[0], 1
    first = _first_row(text, start)
    front = text[start:first]
    if front:
        layout.dateline = dateline.read(front[0][1], context.language, context.dateline)
        cut = _body_end(front, layout, first < len(text), text[first][0] if first < len(text) else None)
        layout.body = [line for _, line in front[:cut]]
        layout.body_line = front[0][0]
        layout.rest = [(number, line, False) for number, line in front[cut:]]
    for number, line in text[first:]:
        sign = _ROW.match(line)
        if sign:
            layout.rest.append((number, line[sign.end() :], True))
        elif _is_headline(line):
            layout.rest.append((number, line, False))
        else:
            layout.stray.append(Skipped(number, line, STRAY))
    return layout


def _is_body(text: Sequence[tuple[int, str]], context: Context) -> bool:
    """Whether the first line is a paragraph already: the headline is missing."""
    first = text[0][1]
    found = dateline.read(first, context.language, context.dateline)
    if found and found.agency and found.rest:
        return True
    return len(text) > 1 and len(first) > _TITLE and _ends_sentence(first)


def _first_row(text: Sequence[tuple[int, str]], start: int) -> int:
    """Where the list begins. A spoken line ("– Nie wiem – mówi.") between paragraphs of one block is none of it."""
    spoken_until = start
    for index in range(start, _block_end(text, start)):
        line = text[index][1]
        if not _ROW.match(line) and _ends_sentence(line):
            spoken_until = index
    for index in range(start, len(text)):
        sign = _ROW.match(text[index][1])
        if sign and (sign[1] != "–" or index >= spoken_until):
            return index
    return len(text)


def _block_end(text: Sequence[tuple[int, str]], start: int) -> int:
    """The index behind the last of the lines that follow `start` without a blank one between."""
    end = start
    while end < len(text) and (end == start or text[end][0] == text[end - 1][0] + 1):
        end += 1
    return end


def _body_end(front: Sequence[tuple[int, str]], layout: _Layout, has_rows: bool, row_line: int | None) -> int:
    """How many lines between title and list are body: all but the headlines at the end."""
    block = _block_end(front, 0)
    is_text = layout.dateline is not None or any(_ends_sentence(line) for _, line in front[:block])
    closed = block < len(front) or row_line != front[-1][0] + 1
    least = block if is_text and closed else 1 if layout.dateline is not None or layout.title is None else 0
    cut = len(front)
    while cut > least and _is_headline(front[cut - 1][1], question=cut > block):
        cut -= 1
    return block if cut == 0 and not has_rows else cut


def _is_headline(line: str, *, question: bool = False) -> bool:
    if len(line) > _HEADLINE:
        return False
    if not _ends_sentence(line):
        return True
    return question and line.rstrip(_CLOSERS).endswith(("?", "!")) and len(line.split()) <= _QUESTION


def _ends_sentence(line: str) -> bool:
    return line.rstrip(_CLOSERS).endswith(_STOPS)


# --- from rows to markers and sections


class _Sections:
    """Names of sections, found at the beginning of a row, the longest first."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self.lengths = sorted({len(name) for name in self.names}, reverse=True)

    def at(self, text: str, start: int) -> Iterator[int]:
        """Ends of the names that stand at `start`, the longest first."""
        return (
            start + length
            for length in self.lengths
            if start + length <= len(text) and text[start : start + length] in self.names
        )

    def split(self, text: str, start: int = 0, listed: int = 1, *, proper: bool = False) -> tuple[tuple[str, ...], int]:
        """The sections that `text` begins with and where the headline glued to them begins; `()` and `start` if none.

        The comma continues the list only if a known section follows. `proper` asks for a headline behind them.
        """
        for end in self.at(text, start):
            if end == len(text):
                if not proper:
                    return (text[start:end],), end
            elif text.startswith(", ", end):
                names, stop = self.split(text, end + 2, listed + 1, proper=proper) if listed < _LISTED else ((), 0)
                if names:
                    return tuple(dict.fromkeys((text[start:end], *names))), stop
            elif _is_glued(text, end):
                return (text[start:end],), end
        return (), start

    def headline(self, text: str) -> str:
        """What `split` leaves, blank where it has no word."""
        rest = text[self.split(text)[1] :]
        return rest if _WORD.search(rest) else ""


def _is_glued(text: str, at: int) -> bool:
    """Whether a headline can begin at `at`, right behind a section's name.

    "iPhone" can; "s day cancelled" behind Sport cannot, nor " in the age", ": a history" or "'s woes".
    """
    first, second = text[at], text[at + 1 : at + 2]
    if first in "'’":
        return second.isupper() or second.isdigit()
    # Georgian counts as lower case and is written without capitals.
    if first.islower() and not "ა" <= first <= "ჿ":
        return second.isupper() or second.isdigit()
    return first in _QUOTES or (first.isalnum() and not (first.isdigit() and text[at - 1].isdigit()))


def _is_name(part: str) -> bool:
    """Whether a row, or a part of it between commas, can be the name of a section at all."""
    return 0 < len(part) <= 40 and part[0].isalpha() and part[-1].isalnum() and len(part.split()) <= 4


def _learn_sections(unmarked: Counter[str], texts: Iterable[str], configured: Iterable[str]) -> _Sections:
    """The configured sections and those that bare rows name.

    A row of single words is bare; a name of several words also needs a row that it is glued to, or three bare ones.
    """
    bare: list[list[str]] = []
    counts: Counter[str] = Counter()
    for text, count in unmarked.items():
        parts = text.split(", ", _LISTED)
        if len(parts) <= _LISTED and all(_is_name(part) for part in parts):
            bare.append(parts)
            for part in parts:
                counts[part] += count
    fixed = frozenset(configured)
    candidates = _Sections(fixed.union(counts))
    glued: set[str] = set()
    for text in texts:
        start: int | None = 0
        for _ in range(_LISTED):
            begin, start = start, None
            for end in candidates.at(text, begin or 0):
                if end < len(text) and _is_glued(text, end):
                    glued.add(text[begin or 0 : end])
                elif start is None and text.startswith(", ", end):
                    start = end + 2
            if start is None:
                break
    sure = {name for name, count in counts.items() if " " not in name or name in glued or count >= _SHARED}
    sure.update(fixed)
    names = _Sections(fixed.union(*(parts for parts in bare if sure.issuperset(parts))))
    # "PoliticsElections" is no section but a headline of one word below Politics.
    return _Sections(
        name
        for name in names.names
        if name in fixed
        or name in glued
        or (" " not in name and counts[name] > 1)
        or not names.split(name, proper=True)[0]
    )


def _learn_marker(rows: set[str]) -> str | None:
    """The longest text that three or more different rows end with and that begins with a capital glued to them.

    Endings that words merely have in common are not it: "NESCO" (always behind a capital), "Phone" (always behind
    the same letter), or a headline that several sections list (nothing but the section is left).
    """
    tails = sorted((row[: -_TAIL - 1 : -1], row) for row in rows)
    keys = [tail for tail, _ in tails]
    candidates: set[str] = set()
    for index in range(len(keys) - _SHARED + 1):
        shared = os.path.commonprefix((keys[index], keys[index + _SHARED - 1]))  # noqa: RUF071 (characters are meant)
        if shared in candidates:
            continue
        candidates.update(_starts(shared, keys[index]))
    ranked = sorted(candidates, key=lambda tail: (-len(tail), tail))
    for tail in ranked[: _SAMPLE * _LISTED]:
        sharing = tails[bisect_left(keys, tail) : bisect_left(keys, tail + "\U0010ffff")]
        if _is_marker(tail, [row for _, row in sharing[:: max(1, len(sharing) // _SAMPLE)]], rows):
            return tail[::-1]
    return None


def _starts(shared: str, tail: str) -> Iterator[str]:
    """The longest few endings within a shared one (all reversed) that begin with a glued capital."""
    found = 0
    for size in range(len(shared), 2, -1):
        before = tail[size : size + 1]
        if shared[size - 1].isupper() and before.strip() and (size == len(shared) or not before.isupper()):
            yield shared[:size]
            found += 1
            if found == _LISTED:
                return


def _is_marker(tail: str, sharing: Sequence[str], rows: set[str]) -> bool:
    """Whether an ending (reversed) that rows share is a marker rather than a word or a headline."""
    remainders = [rest for row in sharing if (rest := row[: len(row) - len(tail)]) and not rest[-1].isspace()]
    if len(remainders) < _SHARED:
        return False
    acronyms = sum(rest[-1].isupper() for rest in remainders)
    bare = sum(rest in rows or all(" " not in part for part in rest.split(", ")) for rest in remainders)
    varied = tail.count(" ") >= 2 or len({rest[-1] for rest in remainders}) > 1
    return varied and 2 * acronyms <= len(remainders) and 2 * bare < len(remainders)


def _strip(text: str, markers: Sequence[str], learned: str | None) -> tuple[str, str | None]:
    """`text` without the markers at its end, and the outermost of them. `markers` come the longest first."""
    end, first = len(text), None
    while True:
        for marker in markers:
            if text.endswith(marker, 0, end):
                before = text[end - len(marker) - 1 : end - len(marker)]
                # "Gas at a Premium" is not marked by a learned "Premium".
                if marker != learned or " " in marker or not before.isspace():
                    break
        else:
            return text[:end], first
        first = first or marker
        end -= len(marker)
        while end and text[end - 1].isspace():
            end -= 1


# --- from rows to items


@dataclass(slots=True)
class _Rows:
    """What the rows of a document have taught, and what became of them."""

    markers: tuple[str, ...]
    learned: str | None
    stripped: dict[str, tuple[str, str | None]]
    sections: _Sections
    any_marked: bool
    skipped: list[Skipped]
    unknown: list[tuple[int, str]] = field(default_factory=list)
    lost: int = 0


def _read_rows(layout: _Layout, context: Context) -> _Rows:
    """Learns the marker, then the sections, from all rows together. Each different text is read once."""
    configured = _longest_first(clean(marker).strip() for marker in context.markers)
    texts = Counter(text for _, text, is_row in layout.rest if is_row)
    learned = _learn_marker({_strip(text, configured, None)[0] for text in texts} if configured else set(texts))
    markers = configured if learned is None else _longest_first((*configured, learned))
    learned = None if learned in configured else learned
    stripped = {text: _strip(text, markers, learned) for text in texts}
    bare: Counter[str] = Counter()
    for text, (rest, marker) in stripped.items():
        if marker is None:
            bare[rest] += texts[text]
    sections = _learn_sections(
        bare,
        {rest for rest, _ in stripped.values()},
        filter(None, (clean(name).strip() for name in context.sections)),
    )
    any_marked = any(marker and sections.headline(rest) for rest, marker in stripped.values())
    return _Rows(markers, learned, stripped, sections, any_marked, list(layout.stray))


def _longest_first(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if name}, key=lambda name: (-len(name), name)))


def _listed(line: int, raw: str, rows: _Rows, position: int) -> Item | None:
    """The item of a row; None, and the row skipped, where it names a section only."""
    text, marker = rows.stripped[raw]
    names, start = rows.sections.split(text)
    title = text[start:].strip()
    if not _WORD.search(title):
        rows.skipped.append(Skipped(line, raw, _reason(title, names, marker, rows)))
        rows.lost += rows.skipped[-1].reason != NO_WORD
        return None
    if not names:
        rows.unknown.append((line, title))
    evidence: tuple[Evidence, ...] = ()
    if marker:
        evidence = (Evidence("marker", marker, f"line {line}"),)
    elif rows.any_marked:
        evidence = (Evidence("unmarked", "", f"line {line}, other rows are marked"),)
    return Item(position=position, title=title, plain=True, sections=names, evidence=evidence, line=line)


def _reason(title: str, names: tuple[str, ...], marker: str | None, rows: _Rows) -> str:
    """Why a row without a headline is skipped."""
    if names and not title:
        return LOST_FREE if marker is None and rows.any_marked else LOST
    return LOST_MARKED if marker else NO_WORD


def _secondary(line: int, text: str, rows: _Rows, position: int) -> Item | None:
    """The item of a headline that stands alone."""
    title, marker = _strip(text, rows.markers, rows.learned)
    if not _WORD.search(title):
        rows.skipped.append(Skipped(line, text, LOST_MARKED))
        rows.lost += 1
        return None
    evidence = (Evidence("marker", marker, f"line {line}"),) if marker else ()
    return Item(position=position, title=title, plain=True, evidence=evidence, line=line)


def _main(layout: _Layout, rows: _Rows, document: Document, context: Context) -> Item | None:
    """The main entry: title, body and the day of the dateline."""
    if layout.title is None and not layout.body:
        return None
    line, headline = layout.title or (layout.body_line, "")
    title, marker = _strip(headline, rows.markers, rows.learned)
    paragraphs = list(layout.body)
    published = basis = label = None
    if layout.dateline is not None:
        paragraphs[:1] = [layout.dateline.rest] if layout.dateline.rest else []
        label = layout.dateline.agency
        published, basis = _published(layout.dateline, "\n".join(paragraphs), document, context)
    evidence: tuple[Evidence, ...] = ()
    if marker:
        evidence = (Evidence("marker", marker, f"line {line}"),)
    elif rows.any_marked and paragraphs:
        evidence = (Evidence("full text given", "", f"line {line}, other rows are marked"),)
    return Item(
        position=0,
        title=title,
        content="\n\n".join(paragraphs),
        plain=True,
        published=published,
        published_precision=Precision.DAY if published else None,
        published_basis=basis,
        label=label,
        evidence=evidence,
        line=line,
    )


def _published(
    said: dateline.Dateline, body: str, document: Document, context: Context
) -> tuple[datetime | None, str | None]:
    """Local midnight of the dateline's day, in UTC, and why it is that day; None and None where it cannot be.

    The year is told from the day of the document: what is read late, or once more, means the same day.
    """
    # A file system that knows no times says 1970, or 1980.
    written = min(document.as_of, document.fetched_at) if document.as_of.year >= EARLIEST else document.fetched_at
    day, basis, confidence = dateline.settle_year(
        said.month,
        said.day,
        said.weekday,
        body,
        said.year,
        context.year,
        written.astimezone(context.zone).date(),
        context.language,
    )
    moment = plausible(datetime(day.year, day.month, day.day, tzinfo=context.zone), document.fetched_at)
    if moment is None:
        return None, None
    return moment, f'dateline "{said.text}" + {basis} (confidence: {confidence})'


def _warnings(layout: _Layout, rows: _Rows, body: Item | None) -> Iterator[str]:
    """What the operator should know about the document."""
    if layout.dateline is not None and body is not None and body.published is None:
        yield f'line {layout.body_line}: the date "{layout.dateline.text}" is not plausible: the entry gets none'
    if layout.title is None and layout.body:
        yield f"line {layout.body_line}: no headline: the document begins with its body"
    if rows.unknown and not rows.sections.names:
        yield f"no section is known: {_count(len(rows.unknown))} kept whole"
    elif rows.unknown:
        for line, title in rows.unknown[:_WARNINGS]:
            short = title if len(title) <= 40 else f"{title[:40].rstrip()} ..."
            yield f'line {line}: no known section begins "{short}": kept whole'
        if len(rows.unknown) > _WARNINGS:
            yield f"{_count(len(rows.unknown) - _WARNINGS)} more begin with no known section: kept whole"
    if rows.lost:
        yield _lost(rows.lost)


def _count(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"


def _lost(count: int) -> str:
    return f"{_count(count)} without a headline: lost before the document was made"
