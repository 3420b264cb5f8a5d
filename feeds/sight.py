"""What the monitor saw at one look, and what it makes of that. Pure.

Each trouble opens at one bound and closes at another, so that what stands at the bound is told once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.records import Heartbeat, SourceRecord
from feeds import rhythm
from feeds.config import Monitor
from feeds.heartbeats import is_late
from feeds.spans import span
from feeds.troubles import Evidence, moment

LAG = "published feeds"
WAL = "write-ahead log"
SCHEMA = "schema"
INTEGRITY = "integrity"
"""Subjects of troubles that are our own."""

WAL_BYTES = 1_000_000_000
"""Length of the write-ahead log from which on readers feel it: something keeps it from being put away."""

RECOVERED = 60
"""Seconds beyond the usual within which a job that was silent gives a sign again."""

ROOMY = 1.5
"""Times the bound that must be free before a disk is no trouble any more."""

_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes that are free where something is kept; None where that cannot be told."""

    subject: str
    free: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What was seen: troubles that are `opened`, as `(kind, subject)`; since when the oldest feed is `owed`, of how
    many; `disks`; bytes of the write-ahead log; a `schema` that is not ours; what is damaged (None: not looked for).
    """

    opened: Set[tuple[str, str]] = frozenset()
    owed_since: datetime | None = None
    owed: int = 0
    disks: Sequence[Disk] = ()
    wal: int = 0
    schema: str | None = None
    damage: Sequence[str] | None = None
    beats: Sequence[Heartbeat] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A trouble of our own that opens with a message and evidence, or is over (None)."""

    kind: str
    subject: str
    message: str | None = None
    evidence: Evidence = ()


def findings(seen: Sight, settings: Monitor, now: datetime) -> list[Finding]:
    """What opens, or is over, by what was seen. What goes on stays as it was told: a look every half a minute would
    tell it anew with other figures."""
    found = [*_lag(seen, settings, now), *_disks(seen, settings), *_database(seen), *_jobs(seen, now)]
    return [one for one in found if (one.message is None) == ((one.kind, one.subject) in seen.opened)]


def _lag(seen: Sight, settings: Monitor, now: datetime) -> Iterator[Finding]:
    # Nobody could publish before the daemon ran: what it finds is no lag of its own.
    began = max((one.since for one in seen.beats), default=seen.owed_since)
    since = max(seen.owed_since, began) if seen.owed_since is not None and began is not None else now
    late, bound = now - since, timedelta(minutes=settings.lag_minutes)
    if late > bound:
        waited = span(late.total_seconds())
        evidence = (("owed since", moment(seen.owed_since)), ("sections that owe a feed", str(seen.owed)))
        yield Finding("lag", LAG, f"what changed {waited} ago is not published yet", evidence)
    elif 2 * late < bound:
        yield Finding("lag", LAG)


def _disks(seen: Sight, settings: Monitor) -> Iterator[Finding]:
    bound = settings.disk_mb * _MB
    for disk in seen.disks:
        if disk.free is None:
            continue
        if disk.free < bound:
            evidence = (("free", f"{disk.free // _MB} MB"), ("at least", f"{settings.disk_mb} MB"))
            message = f"{disk.free // _MB} MB are free where the {disk.subject} is; make room, or nothing can be stored"
            yield Finding("disk", disk.subject, message, evidence)
        elif disk.free > ROOMY * bound:
            yield Finding("disk", disk.subject)
    yield from _without(seen, "disk", {disk.subject for disk in seen.disks})


def _database(seen: Sight) -> Iterator[Finding]:
    if seen.wal > WAL_BYTES:
        message = "the write-ahead log grows: a program keeps the database open for reading; end it, or restart"
        yield Finding("database", WAL, message, (("length", f"{seen.wal // _MB} MB"),))
    elif 2 * seen.wal < WAL_BYTES:
        yield Finding("database", WAL)
    if seen.schema is not None:
        message = "another release has changed the database; restart this one, or upgrade it"
        yield Finding("database", SCHEMA, message, (("schema", seen.schema),))
    else:
        yield Finding("database", SCHEMA)
    if seen.damage:
        message = f"is damaged ({seen.damage[0][:200]}); stop, and put a backup in its place"
        yield Finding("database", INTEGRITY, message, (("findings", str(len(seen.damage))),))
    elif seen.damage is not None:
        yield Finding("database", INTEGRITY)


def _jobs(seen: Sight, now: datetime) -> Iterator[Finding]:
    if not seen.beats:
        return  # whoever looks has no jobs, and knows nothing of those of others
    for beat in seen.beats:
        silent = now - beat.at
        if is_late(beat, now):
            evidence = (("last sign of life", moment(beat.at)), ("expected every", f"{beat.every} s"))
            message = f"the job {beat.job} has not run for {span(silent.total_seconds())}; restart"
            yield Finding("job", beat.job, message, evidence)
        elif silent <= timedelta(seconds=beat.every + RECOVERED):
            yield Finding("job", beat.job)
    yield from _without(seen, "job", {beat.job for beat in seen.beats})


def _without(seen: Sight, kind: str, subjects: Set[str]) -> Iterator[Finding]:
    """Ends the troubles of a kind whose subject there is no more."""
    gone = sorted(subject for each, subject in seen.opened if each == kind and subject not in subjects)
    yield from (Finding(kind, subject) for subject in gone)


def stale(source: SourceRecord, now: datetime) -> tuple[str, Evidence]:
    """What to say of a source that is late: message and evidence."""
    pace = source.pace
    since = pace.brought or now
    evidence = [("last new entry", moment(since))]
    gap, longest = rhythm.usual(pace), max(pace.silences, default=0)
    if gap is not None:
        evidence.append(("usual gap", span(gap.total_seconds())))
    if longest:
        evidence.append(("longest silence lately", span(longest)))
    if source.stale_at is not None:
        evidence.append(("late since", moment(source.stale_at)))
    return f"nothing new for {span((now - since).total_seconds())}, since {moment(since)}", tuple(evidence)
