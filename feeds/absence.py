"""Entries that a document names no more: which of them its source took back.

A feed drops its oldest entries, a page its last rows; that says nothing. An entry was taken back where documents in
order of time go on naming older and newer ones, read after read. Nobody takes back much at once: then it is the
document that is odd, and an incident says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from db.engine import Connection
from db.records import VanishedRecord
from db.store import incidents, withdrawals
from feeds.log import redact

KIND = "vanished"
"""The kind of its incidents; their subject is the source."""

CONFIRMED = 3
"""Reads of the whole document in a row that must find an entry gone, as many as confirm that a document shrank: copies
of a feed on several servers differ for a read or two."""

CONFIRMED_FOR = timedelta(hours=1)
"""How long it must be gone at least: caches keep a document for minutes, and a local file is read every few seconds."""

PART = 3
"""Where more than one in so many of a document's entries go at once, none was taken back."""

ODD_FOR = timedelta(days=1)
"""How long an incident of a document that lost many stays open, so that somebody sees it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A whole document as it was read now: the entries that it names, and those that it named until then (`gone`).

    `times` are those of its records in their order, None for one without; `before` counts what it named the last time.
    """

    document_id: int
    document: str
    source_id: int
    source: str
    named: Collection[int]
    times: Sequence[datetime | None]
    gone: Sequence[int]
    before: int


@dataclass(frozen=True, slots=True)
class Taken:
    """An entry that was taken back, and why one thinks so."""

    entry_id: int
    why: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a document says of entries that it does not name: those to `keep` an eye on, those to `forget`, and how many
    went at once where that is `odd`."""

    keep: tuple[VanishedRecord, ...] = ()
    forget: tuple[VanishedRecord, ...] = ()
    odd: int = 0


def judge(seen: Seen, pending: Sequence[VanishedRecord], published: Mapping[int, datetime], now: datetime) -> Judgement:
    """What to think of the entries that the document names no more. `pending` are those of which one thought so
    before, `published` the times of those that are `gone` and whose words are this source's."""
    span = _span(seen.times)
    if span is None:
        return Judgement(forget=tuple(pending))
    oldest, newest = span
    lost = [one for one in pending if one.entry_id not in seen.named and one.published > oldest]
    again = {one.entry_id for one in pending}
    fresh = [
        VanishedRecord(
            document_id=seen.document_id,
            document=seen.document,
            source_id=seen.source_id,
            source=seen.source,
            entry_id=each,
            published=published[each],
            since=now,
            last=now,
            reads=0,
        )
        for each in seen.gone
        if each in published and published[each] > oldest and each not in again
    ]
    if (len(lost) + len(fresh)) * PART > seen.before + len(lost):
        return Judgement(forget=tuple(pending), odd=len(lost) + len(fresh))
    keep = [replace(one, last=now, reads=one.reads + (one.published < newest)) for one in (*lost, *fresh)]
    return Judgement(keep=tuple(keep), forget=tuple(one for one in pending if one not in lost))


def _span(times: Sequence[datetime | None]) -> tuple[datetime, datetime] | None:
    """The oldest and the newest time of a document whose entries all have one and stand in their order, whichever way;
    None for another: what is missing in it may have been chosen away."""
    known = [each for each in times if each is not None]
    if not known or len(known) < len(times):
        return None
    steps = list(pairwise(known))
    if all(one >= other for one, other in steps) or all(one <= other for one, other in steps):
        return min(known), max(known)
    return None


def look(connection: Connection, seen: Sequence[Seen], now: datetime) -> list[Taken]:
    """Takes note of what whole documents name no more; returns the entries that were taken back."""
    if not seen:
        return []
    pending: dict[int, list[VanishedRecord]] = defaultdict(list)
    for one in withdrawals.vanished(connection, [each.document_id for each in seen]):
        pending[one.document_id].append(one)
    told = withdrawals.published_of(connection, [gone for each in seen for gone in each.gone])
    open_subjects = incidents.subjects_of(connection, KIND)
    kept: list[VanishedRecord] = []
    for each in seen:
        own = pending[each.document_id]
        if each.gone or own:
            published = {gone: told[gone][1] for gone in each.gone if told.get(gone, (0,))[0] == each.source_id}
            judgement = judge(each, own, published, now)
            withdrawals.remove_vanished(connection, judgement.forget)
            kept += judgement.keep
            if judgement.odd:
                _note(connection, each, judgement.odd, now)
                continue
        if each.source in open_subjects:
            incidents.close_old(connection, KIND, each.source, now - ODD_FOR, now)
    withdrawals.save_vanished(connection, kept)
    return _confirmed(connection, kept, now)


def again(connection: Connection, read: Mapping[int, Collection[str] | None], now: datetime) -> list[Taken]:
    """The same for documents that were read whole and say what they said before: source's id -> their names, None for
    all of them."""
    found = withdrawals.vanished_of(connection, list(read))
    kept = [
        replace(one, last=now, reads=one.reads + 1)
        for one in found
        # Where no newer entry is named yet, its absence says nothing more than before.
        if one.reads and one.last < now and ((names := read[one.source_id]) is None or one.document in names)
    ]
    withdrawals.save_vanished(connection, kept)
    return _confirmed(connection, kept, now)


def _confirmed(connection: Connection, kept: Sequence[VanishedRecord], now: datetime) -> list[Taken]:
    """Those of which one may be sure by now, and which no other document names. Nothing more is noted of them."""
    due: dict[int, list[VanishedRecord]] = defaultdict(list)
    for one in kept:
        if one.reads >= CONFIRMED and now - one.since >= CONFIRMED_FOR:
            due[one.document_id].append(one)
    if not due:
        return []
    named = withdrawals.named_by(connection, list(due))
    elsewhere = withdrawals.named_somewhere(connection, [one.entry_id for own in due.values() for one in own])
    taken: list[VanishedRecord] = []
    for document_id, own in due.items():
        if len(own) * PART > named.get(document_id, 0) + len(own):
            _note(connection, own[0], len(own), now)
            withdrawals.remove_vanished(connection, own)
        else:
            taken += [one for one in own if one.entry_id not in elsewhere]
    return [Taken(one.entry_id, _why(one)) for one in taken]


def _why(one: VanishedRecord) -> str:
    since = one.since.strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"gone since {since} from {redact(one.document)}, which names older and newer entries"


def _note(connection: Connection, one: VanishedRecord | Seen, count: int, now: datetime) -> None:
    message = f"{count} entries went at once from {redact(one.document)}, more than one in {PART}; all of them stay"
    incidents.open_incident(connection, KIND, one.source, message, now, one.source_id)
