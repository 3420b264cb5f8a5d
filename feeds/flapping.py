"""Entries that change back and forth: told a few times, then watched until they are calm.

A reader that follows `updated` is told of a version, and of its return; from then on only what the entry says is
shown. Once a day has passed without a change, the last version is told once more, so that nobody is left with another.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import chain

from db.engine import Connection
from db.records import Revised
from db.store import entries, incidents, revisions, saving, sections
from feeds import revise

KIND = "flapping"
"""The kind of its incidents; their subject is the entry's id."""

Change = tuple[int | None, Revised]


def damp(
    connection: Connection, changes: Sequence[Sequence[Change]], now: datetime, made: Collection[int] = ()
) -> list[list[Change]]:
    """The changes as they are to be stored (see `revise.damp`). An incident names each entry that is not told of.

    Entries that are still being `made` (their ids) change as often as documents speak of them.
    """
    ids = [one.before.id for each in changes for _, one in each if one.changed and one.before.id not in made]
    late = revisions.late_versions(connection, ids, now - revise.LATELY)
    damped = [
        [(source_id, revise.damp(change, late.get(change.before.id, ()))) for source_id, change in each]
        for each in changes
    ]
    for (source_id, given), (_, told) in zip(chain(*changes), chain(*damped), strict=True):
        if (told.updated, told.kept) != (given.updated, given.kept):
            incidents.open_incident(connection, KIND, told.before.uid, _message(told), now, source_id)
    return damped


def _message(change: Revised) -> str:
    what = f'"{change.before.title}" changes back and forth; what it says is shown, readers are not told again'
    kept = "" if change.kept else f"; {revise.MOST_KEPT} versions of a day are kept, no more"
    return f"{what} until a day has passed without a change{kept}"


def calm(connection: Connection, now: datetime) -> None:
    """Closes the incidents of entries that did not change for a day, and tells readers how they stand."""
    for uid in incidents.subjects_of(connection, KIND):
        entry = entries.by_uid(connection, uid)
        if entry is not None and revisions.late_versions(connection, [entry.id], now - revise.LATELY):
            continue
        incidents.close_incident(connection, KIND, uid, now)
        if entry is not None:
            saving.touch(connection, entry.id, max(now, entry.updated + revise.TICK))
            sections.mark(connection, saving.sections_of(connection, [entry.id]), now)
