"""Archives: all entries of a feed, month by month, for whoever comes late (RFC 5005, section 4).

A document holds `PART` entries at most; a month that has more has several, the fullest first. What a document holds
does not change once its month is over: later entries are filed under later months. It is made anew where one of its
entries was corrected or taken back, since it would else go on giving out what is wrong, or no longer for everybody; and
where a neighbour appears, to which it leads. Copies elsewhere and what is related are left to the current feed: they
come and go, and no month would ever be over.

The month that is not over leaves the newest entries to the current feed and takes up `STEP` of them at a time, so that
a new entry does not make a long document anew. How many follows from their number alone: the same entries give the
same bytes, however they came.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from db.engine import Connection
from db.records import OwedMonth, Tombstone, month_of
from db.store import archives
from feeds.formats import Archive

PART = 500
STEP = 25
_NAME = re.compile(r"(\d{4})-(\d\d)(?:-(\d+))?\.atom")


@dataclass(frozen=True, slots=True)
class Part:
    """One document of an archive to be: its path, its entries (ids, the newest first), and what was taken back."""

    path: str
    ids: tuple[int, ...]
    gone: tuple[Tombstone, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an archive comes to: `parts` have to be made, `removed` taken away, and `chain` is all of it, the oldest
    first. `done` was looked at, `unfinished` as well, and is looked at again once its month is over."""

    chain: tuple[str, ...]
    parts: tuple[Part, ...] = ()
    removed: tuple[str, ...] = ()
    done: tuple[OwedMonth, ...] = ()
    unfinished: tuple[tuple[OwedMonth, datetime], ...] = ()

    def links(self, path: str, base_url: str, current: str) -> Archive:
        """Where the document at `path` leads to."""
        at = self.chain.index(path)
        return Archive(
            current=base_url + current,
            previous=base_url + self.chain[at - 1] if at else None,
            following=base_url + self.chain[at + 1] if at + 1 < len(self.chain) else None,
        )


@dataclass(slots=True)
class _Month:
    """A month of a section as the database has it; `covered` of its entries belong into the archive by now."""

    filed: list[tuple[int, datetime]]
    gone: list[Tombstone]
    covered: int

    @property
    def count(self) -> int:
        """How many documents it takes."""
        return -(-self.covered // PART) or bool(self.gone)

    def ids(self, number: int) -> list[tuple[int, datetime]]:
        """What the document `number`, from 0, holds."""
        return self.filed[number * PART : min((number + 1) * PART, self.covered)]


@dataclass(slots=True)
class _Draft:
    """A plan in the making: `stands` are the documents there will be, `due` those that have to be made. `tells` is the
    planner's."""

    folder: str
    former: Mapping[str, int]
    tells: Callable[[str], bool]
    months: dict[int, _Month] = field(default_factory=dict)
    stands: set[str] = field(default_factory=set)
    due: set[str] = field(default_factory=set)
    removed: list[str] = field(default_factory=list)
    done: list[OwedMonth] = field(default_factory=list)
    unfinished: list[tuple[OwedMonth, datetime]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stands.update(self.former)

    def held(self, month: int) -> int:
        """How many entries the documents of a month hold so far."""
        return sum(count for path, count in self.former.items() if month_in(path) == month)

    def take(self, one: OwedMonth, month: _Month) -> int:
        """Takes in a month that is otherwise than before; how many entries have to be rendered for it."""
        self.months[one.month] = month
        paths = [path_of(self.folder, one.month, number) for number in range(month.count)]
        spent = 0
        for number, path in enumerate(paths):
            held = month.ids(number)
            last = number == len(paths) - 1
            if (
                self.former.get(path) != len(held)
                or _concerns(one, held, last=last, month=month)
                or (last and self.tells(path))  # what was taken back may be there again
            ):
                self.due.add(path)
                spent += len(held)
        gone = [path for path in self.former if month_in(path) == one.month and path not in paths]
        self.removed += gone
        self.stands.update(paths)
        self.stands.difference_update(gone)
        if month.covered < len(month.filed):
            self.unfinished.append((one, archives.span(one.month)[1]))
        else:
            self.done.append(one)
        return spent

    def plan(self, chain: Sequence[str]) -> Plan:
        """What it comes to; every month of which a document is due has been taken in or looked at."""
        parts = []
        for path in sorted(self.due, key=_order):
            month, number = self.months[month_in(path)], _order(path)[1] - 1
            ids = tuple(entry_id for entry_id, _ in reversed(month.ids(number)))
            gone = tuple(month.gone) if number == month.count - 1 else ()
            # One that is made for its links alone may have lost what it held meanwhile: then its month is owed.
            if ids or gone:
                parts.append(Part(path, ids, gone))
        return Plan(tuple(chain), tuple(parts), tuple(self.removed), tuple(self.done), tuple(self.unfinished))


@dataclass(slots=True)
class Planner:
    """Plans the archives of one publish. Of entries to be rendered for months that are otherwise than before `budget`
    are begun in this run, and as many of the backlog, so that what changed waits for none of that; all where it is
    None. `tells` says whether the document at a path tells of something that was taken back."""

    connection: Connection
    now: datetime
    budget: int | None = None
    tells: Callable[[str], bool] = lambda _path: False
    _spent: Counter[bool] = field(default_factory=Counter, init=False)

    def plan(
        self, folder: str, section_id: int, former: Mapping[str, int], owed: Sequence[OwedMonth], most: int
    ) -> Plan:
        """The archive of a section in `folder`. `former` are the documents there are, path -> number of entries, and
        `owed` the months that are otherwise than before; `most` entries are in the current feed."""
        draft = _Draft(folder, former, self.tells)
        for one in owed:
            if self.budget is not None and self._spent[one.backlog] > self.budget:
                continue
            if self._is_as_before(draft, section_id, one, most):
                draft.unfinished.append((one, archives.span(one.month)[1]))
            else:
                self._spent[one.backlog] += draft.take(one, self._month(section_id, one.month, most))
        chain = sorted(draft.stands, key=_order)
        for path in _led_elsewhere(sorted(former, key=_order), chain):
            draft.due.add(path)
            if month_in(path) not in draft.months:
                draft.months[month_in(path)] = self._month(section_id, month_in(path), most)
        return draft.plan(chain)

    def _is_as_before(self, draft: _Draft, section_id: int, one: OwedMonth, most: int) -> bool:
        """Whether what is new of a month that is not over stays out of its archive: asked of the database without the
        entries themselves, since it is nearly always so."""
        if one.month < month_of(self.now):
            return False
        covered = covered_of(archives.count(self.connection, section_id, one.month), most)
        if covered != draft.held(one.month) or archives.withdrawn(self.connection, section_id, one.month):
            return False
        if any(self.tells(path) for path in draft.former if month_in(path) == one.month):
            return False  # what was taken back was restored
        last = archives.filed_at(self.connection, section_id, one.month, covered - 1) if covered else None
        return last is None or one.first_at > last

    def _month(self, section_id: int, month: int, most: int) -> _Month:
        filed = archives.leads(self.connection, section_id, month)
        over = month < month_of(self.now)
        covered = len(filed) if over else covered_of(len(filed), most)
        return _Month(filed, archives.withdrawn(self.connection, section_id, month), covered)


def covered_of(count: int, most: int) -> int:
    """How many of the `count` entries of a month that is not over are in its archive, where the current feed shows
    `most`: with it all are, and at most every `STEP`th new entry changes it."""
    step = min(STEP, max(1, most // 2))
    return max(0, count - (most - step)) // step * step


def path_of(folder: str, month: int, number: int) -> str:
    """The document `number`, from 0, of a month."""
    name = f"{month // 100:04}-{month % 100:02}"
    return f"{folder}/{name}.atom" if number == 0 else f"{folder}/{name}-{number + 1}.atom"


def _order(path: str) -> tuple[int, int]:
    """The month of a document and its number in it, from 1."""
    found = _NAME.fullmatch(path.rpartition("/")[2])
    if found is None:
        raise ValueError(f"no document of an archive: {path}")
    return int(found[1]) * 100 + int(found[2]), int(found[3] or 1)


def month_in(path: str) -> int:
    """The month (`yyyymm`) of a document."""
    return _order(path)[0]


def chains(paths: Iterable[str]) -> dict[str, list[str]]:
    """The archives among the files of a tree: folder -> its documents, in no order (`in_order`)."""
    found: dict[str, list[str]] = {}
    for path in paths:
        if path.startswith("archive/"):
            found.setdefault(path.rpartition("/")[0], []).append(path)
    return found


def in_order(paths: Iterable[str]) -> list[str]:
    """Documents of an archive, the oldest first."""
    return sorted(paths, key=_order)


def _concerns(one: OwedMonth, held: Sequence[tuple[int, datetime]], *, last: bool, month: _Month) -> bool:
    """Whether something that the document holds is otherwise than before. What was taken back stands in the last."""
    return (bool(held) and one.first_at <= held[-1][1]) or (last and bool(month.gone))


def _led_elsewhere(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """Documents that led to other ones before."""
    former = dict(_neighbours(before))
    return (path for path, beside in _neighbours(after) if former.get(path, beside) != beside)


def _neighbours(chain: Sequence[str]) -> Iterable[tuple[str, tuple[str | None, str | None]]]:
    following = [*chain[1:], None]
    return ((path, (before, after)) for before, path, after in zip([None, *chain], chain, following, strict=False))
