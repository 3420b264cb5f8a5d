"""What differs between two versions of an entry, word by word, as a person reads it.

Paragraphs are compared first, then the words of those that changed, so that the work grows with the change and not with
the square of the text: 10 MB cost seconds at most, whatever is in them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape

from rapidfuzz.distance import LCSseq

from db.records import Access

MOST_CELLS = 16_000_000
"""Two runs of words are compared whole where the product of their lengths is no more: 2 MB of bits, a millisecond."""

MOST_CHARACTERS = 2_000_000
"""Characters of changed paragraphs that are compared by their words (a second); the rest is shown as replaced."""

MOST_LINES = 200_000
"""Line ends of two texts that part paragraphs; what has more is a list of something, and would take a gigabyte."""

ISLAND = 16
"""Characters between two changes that may be shown as changed, too: "the", alone between two others, helps nobody."""

AROUND = 80
"""Characters that a person is shown of what did not change, at either side of a change."""

_PARAGRAPH = re.compile(r"[^\n]+|\n+")
_ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
"""Scripts that part no words: Thai, Lao, Burmese, Khmer, Chinese and Japanese; Korean, whose endings change."""

_MARKS = "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f"
_WORD = re.compile(rf"\s+|[{_ALONE}][{_MARKS}]*|(?:[^\W{_ALONE}]|[{_MARKS}])+|.", re.DOTALL)


class Kind(StrEnum):
    """Whether a run stands in both versions, or in the older or the newer alone."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text of two versions: those of the older are `SAME` and `GONE` in their order, of the newer `SAME`
    and `NEW`."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Version:
    """What of an entry is compared: `text` is its body as plain paragraphs, else its teaser."""

    title: str
    text: str
    access: Access
    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """How the newer of two versions differs. The runs of `sections` are whole names; `access` is before and after, None
    where it stayed."""

    title: tuple[Run, ...]
    text: tuple[Run, ...]
    access: tuple[Access, Access] | None
    sections: tuple[Run, ...]


Block = tuple[int, int, int]
"""Where equal runs begin in two sequences, and how long they are."""


def between(old: Version, new: Version) -> Difference:
    """What became of `old` in `new`."""
    return Difference(
        title=words(old.title, new.title),
        text=words(old.text, new.text),
        access=None if old.access is new.access else (old.access, new.access),
        sections=_names(old.sections, new.sections),
    )


def _names(old: Sequence[str], new: Sequence[str]) -> tuple[Run, ...]:
    before, after = {name.casefold() for name in old}, {name.casefold() for name in new}
    gone = [Run(Kind.GONE, name) for name in old if name.casefold() not in after]
    kept = [Run(Kind.SAME if name.casefold() in before else Kind.NEW, name) for name in new]
    return (*gone, *kept)


def words(old: str, new: str) -> tuple[Run, ...]:
    """The runs of `old` and `new`, in order; what was put in the place of another follows it."""
    by_paragraph = old.count("\n") + new.count("\n") <= MOST_LINES
    sides = [_PARAGRAPH.findall(text) if by_paragraph else [text] for text in (old, new)]
    runs: list[Run] = []
    left = MOST_CHARACTERS
    for is_same, before, after in _aligned(*sides):
        if is_same:
            runs.append(Run(Kind.SAME, before))
            continue
        start = _shared(before, after)
        end = _shared(before[start:][::-1], after[start:][::-1])
        one, other = before[start : len(before) - end], after[start : len(after) - end]
        left -= len(one) + len(other)
        runs.append(Run(Kind.SAME, before[:start]))
        runs += _by_words(one, other) if left >= 0 else [Run(Kind.GONE, one), Run(Kind.NEW, other)]
        runs.append(Run(Kind.SAME, before[len(before) - end :]))
    return _tidy(runs)


def _by_words(old: str, new: str) -> Iterator[Run]:
    for is_same, before, after in _aligned(_WORD.findall(old), _WORD.findall(new)):
        if is_same:
            yield Run(Kind.SAME, before)
        else:
            yield from (Run(Kind.GONE, before), Run(Kind.NEW, after))


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with alike, up to the last white space of them: no word is cut."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return max(one.rfind(" ", 0, low), one.rfind("\n", 0, low)) + 1


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[bool, str, str]]:
    """Pieces of two sequences in order: `(True, text, text)` of what is equal, `(False, older, newer)` of the rest."""
    numbers: dict[str, int] = {}
    one, other = ([numbers.setdefault(each, len(numbers)) for each in side] for side in (old, new))
    at, to = 0, 0
    for start, begin, length in [*_matching(one, other), (len(old), len(new), 0)]:
        if start > at or begin > to:
            yield False, "".join(old[at:start]), "".join(new[to:begin])
        at, to = start + length, begin + length
        if length:
            same = "".join(old[start:at])
            yield True, same, same


def _matching(old: Sequence[int], new: Sequence[int], *, by_anchors: bool = True) -> list[Block]:
    """Blocks in which two sequences are equal: as many as can be where they are short, else those around what stands
    once in each."""
    start, shortest = 0, min(len(old), len(new))
    while start < shortest and old[start] == new[start]:
        start += 1
    end = 0
    while end < shortest - start and old[-1 - end] == new[-1 - end]:
        end += 1
    one, other = old[start : len(old) - end], new[start : len(new) - end]
    found: list[Block] = []
    if len(one) * len(other) <= MOST_CELLS:
        blocks = LCSseq.opcodes(one, other).as_matching_blocks() if one and other else []
        found = [(block.a, block.b, block.size) for block in blocks if block.size]
    elif by_anchors:
        at, to = 0, 0
        for stop, until in [*_anchors(one, other), (len(one), len(other))]:
            inner = _matching(one[at:stop], other[to:until], by_anchors=False)
            found += [(at + first, to + second, length) for first, second, length in inner]
            if stop < len(one):
                found.append((stop, until, 1))
            at, to = stop + 1, until + 1
    whole = [(0, 0, start), *((start + first, start + second, length) for first, second, length in found)]
    return [block for block in [*whole, (len(old) - end, len(new) - end, end)] if block[2]]


def _anchors(old: Sequence[int], new: Sequence[int]) -> list[tuple[int, int]]:
    """Places of what stands once in each sequence, the longest series that is in order in both (patience diff)."""
    once, again = Counter(old), Counter(new)
    places = {each: at for at, each in enumerate(new) if again[each] == 1}
    pairs = [(at, places[each]) for at, each in enumerate(old) if once[each] == 1 and each in places]
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for number, (_, to) in enumerate(pairs):
        length = bisect_left(ends, to)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [to]
        last[length : length + 1] = [number]
    series = []
    number = last[-1] if last else -1
    while number >= 0:
        series.append(pairs[number])
        number = before[number]
    return series[::-1]


class _Change:
    """What stands in both versions, and what differs after it."""

    def __init__(self) -> None:
        self.texts: dict[Kind, list[str]] = {kind: [] for kind in Kind}

    def size(self, *kinds: Kind) -> int:
        return max(sum(map(len, self.texts[kind])) for kind in kinds)


def _tidy(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Runs of one kind in a row as one, and short islands between longer changes as part of them."""
    changes = [_Change()]
    for run in runs:
        if not run.text:
            continue
        if run.kind is Kind.SAME and changes[-1].size(Kind.GONE, Kind.NEW):
            changes.append(_Change())
        changes[-1].texts[run.kind].append(run.text)
    kept, size = changes[:1], changes[0].size(Kind.GONE, Kind.NEW)
    for change in changes[1:]:
        island, own = change.size(Kind.SAME), change.size(Kind.GONE, Kind.NEW)
        if island <= min(ISLAND, size, own) and "\n" not in "".join(change.texts[Kind.SAME]):
            for kind in (Kind.GONE, Kind.NEW):
                kept[-1].texts[kind] += change.texts[Kind.SAME] + change.texts[kind]
            size += island + own
        else:
            kept.append(change)
            size = own
    return tuple(Run(kind, "".join(texts)) for change in kept for kind, texts in change.texts.items() if texts)


def paragraphs(runs: Sequence[Run]) -> list[tuple[Run, ...]]:
    """The runs of each paragraph; none is empty."""
    found: list[list[Run]] = [[]]
    for run in runs:
        first, *others = run.text.split("\n")
        found[-1].append(Run(run.kind, first))
        found += [[Run(run.kind, other)] for other in others]
    return [kept for each in found if (kept := tuple(run for run in each if run.text))]


def changed(runs: Sequence[Run]) -> list[tuple[Run, ...]]:
    """The paragraphs in which something changed, of what did not no more than `AROUND` characters beside a change."""
    return [
        tuple(_cut(run, at == 0, at == len(each) - 1) for at, run in enumerate(each))
        for each in paragraphs(runs)
        if any(run.kind is not Kind.SAME for run in each)
    ]


def _cut(run: Run, is_first: bool, is_last: bool) -> Run:
    if run.kind is not Kind.SAME or len(run.text) <= 2 * AROUND:
        return run
    head, tail = "" if is_first else run.text[:AROUND], "" if is_last else run.text[-AROUND:]
    return Run(run.kind, f"{head}…{tail}")


def lines(runs: Sequence[Run]) -> list[str]:
    """What changed, for a screen without colours: the older paragraph after "- ", the newer after "+ "."""
    found = []
    for each in changed(runs):
        for sign, other in (("-", Kind.NEW), ("+", Kind.GONE)):
            text = "".join(run.text for run in each if run.kind is not other)
            found += [f"{sign} {text}"] if text else []
    return found


def html(runs: Sequence[Run]) -> str:
    """All paragraphs as HTML, with `<del>` and `<ins>` around what changed."""
    signs = {Kind.SAME: ("", ""), Kind.GONE: ("<del>", "</del>"), Kind.NEW: ("<ins>", "</ins>")}
    return "".join(
        "<p>" + "".join(f"{signs[run.kind][0]}{escape(run.text)}{signs[run.kind][1]}" for run in each) + "</p>"
        for each in paragraphs(runs)
    )
