"""Troubles of a source as its polls find them: what opens an incident, with the evidence for it, and what closes it.

Each opens at another bound than it closes at, or after several polls, so that none opens and closes at every poll.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from statistics import median
from typing import NamedTuple

from db.records import Pace
from feeds import rhythm
from feeds.log import redact
from feeds.spans import span

Evidence = tuple[tuple[str, str], ...]
"""Pairs of a name and a value, in words that a person understands."""

SLOW_POLLS = 3
"""Polls in a row that must be slow, or quick again: one slow answer is nobody's trouble."""

CHURNED = 2
"""Polls in a row whose items must mostly be known under other ids, and those after which that is over."""

FEWEST = 5
"""A document of fewer items says nothing of that: a page may show one headline twice."""


class Trouble(NamedTuple):
    """An incident of the source that a poll opens with `message` and the evidence, or closes (None)."""

    kind: str
    message: str | None
    evidence: Evidence = ()


def after(kinds: Collection[str], troubles: Iterable[Trouble]) -> set[str]:
    """The kinds of open incidents once these troubles are noted, where `kinds` were open."""
    found = set(kinds)
    for one in troubles:
        (found.discard if one.message is None else found.add)(one.kind)
    return found


def failing(
    error: str | None,
    *,
    failures: int,
    bound: int,
    status: int | None = None,
    last: datetime | None = None,
) -> list[Trouble]:
    """Of a source whose poll ended with `error`, for so many `failures` in a row; none of them where something could
    be read all the same. It is a trouble from the `bound`-th on; 410 is another one, at once."""
    if error is None:
        return [Trouble("failing", None), Trouble("gone", None)]
    since = (("last success", moment(last)),)
    answer = (("answer", f"HTTP {status}"),) if status is not None else ()
    if failures and status == 410:
        return [Trouble("gone", error, (*answer, *since)), Trouble("failing", None)]
    count = (("failures in a row", str(failures)),) if failures else ()
    found = [] if failures else [Trouble("gone", None)]
    if not failures or failures >= bound:
        found.append(Trouble("failing", error, (*answer, *count, *since)))
    return found


def gap(loss: str | None, known_to: datetime | None, pace: Pace) -> Trouble:
    """Whether entries came and went between two polls, newer than what was known up to `known_to`."""
    if loss is None:
        return Trouble("gap", None)
    usual = rhythm.usual(pace)
    often = (("usual gap", span(usual.total_seconds())),) if usual is not None else ()
    return Trouble("gap", loss, (("newest entry known", moment(known_to)), *often))


def moved(url: str, to: str | None, *, is_elsewhere: bool, in_file: bool) -> list[Trouble]:
    """Whether it is asked where its options do not say: from now on, where it moved `to`; until they do, where it
    `is_elsewhere` already. `in_file` as in `moved_words`."""
    if to is not None:
        evidence = (("asked until now", redact(url)), ("asked from now on", redact(to)))
        return [Trouble("moved", moved_words(to, in_file=in_file), evidence)]
    return [] if is_elsewhere else [Trouble("moved", None)]


def moved_words(to: str, *, in_file: bool) -> str:
    """What a person is to do about a move of a source that stands `in_file`, or was added."""
    where = "say so in config.toml" if in_file else "edit the source, so that its options say so"
    return f"moved for good: asked at {redact(to)} from now on; {where}"


def suspicious(size: int, before: int, *, doubted: bool) -> Trouble:
    """Whether a document of `size` items says suspiciously little."""
    if not doubted:
        return Trouble("suspicious", None)
    few = f"says {size} items where it said {before}; nothing was taken for gone"
    return Trouble("suspicious", few, (("items", str(size)), ("items before", str(before))))


def broken(message: str | None, size: int | None, yields: Sequence[int]) -> Trouble:
    """Whether the list of a page, of which `yields` items were had before, is not what it was."""
    if message is None:
        return Trouble("broken-selector", None)
    items = (("items", str(size)),) if size is not None else ()
    usual = (("usual items", str(int(median(yields)))),) if yields else ()
    return Trouble("broken-selector", message, (*items, *usual))


def slowed(pace: Pace, ms: int, bound: int) -> Pace:
    """`pace` after an answer that took `ms`; from `bound` on that is slow, under half of it quick."""
    if pace.slow < SLOW_POLLS:
        slow = pace.slow + 1 if ms >= bound else 0
        return pace if slow == pace.slow else replace(pace, slow=slow)
    quick = pace.quick + 1 if 2 * ms < bound else 0
    if quick == SLOW_POLLS:
        return replace(pace, slow=0, quick=0)
    return pace if quick == pace.quick else replace(pace, quick=quick)


def slow(pace: Pace, ms: int, bound: int) -> list[Trouble]:
    """Whether the source answers slowly, by `pace` with this poll."""
    if not pace.slow:
        return [Trouble("slow", None)]
    if pace.slow < SLOW_POLLS or ms < bound:
        return []
    evidence = (("answered after", f"{ms / 1000:.1f} s"), ("slow from", f"{bound / 1000:g} s"))
    return [Trouble("slow", f"takes {ms / 1000:.1f} s to answer, {SLOW_POLLS} polls in a row or more", evidence)]


def churned(pace: Pace, again: int, size: int) -> Pace:
    """`pace` after a document of `size` items, of which `again` are known by their titles and came as new entries."""
    if size >= FEWEST and 2 * again > size:
        count = min(pace.churned + 1, CHURNED)
    elif pace.churned and not again:
        count = pace.churned - 1
    else:
        count = pace.churned
    return pace if count == pace.churned else replace(pace, churned=count)


def churn(pace: Pace, again: int, size: int) -> list[Trouble]:
    """Whether the source gives new ids to what it said before, by `pace` with this poll."""
    if not pace.churned:
        return [Trouble("churn", None)]
    if pace.churned < CHURNED or not again:
        return []
    message = f"gives new ids to what it said before: {again} of {size} items, in {CHURNED} polls in a row or more"
    return [Trouble("churn", message, (("items", str(size)), ("known under other ids", str(again))))]


def moment(at: datetime | None) -> str:
    """A time as evidence says it."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at is not None else "never"
