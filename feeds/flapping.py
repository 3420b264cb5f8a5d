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
from db.store import entries, incidents, revisions, saving, sections, untold
from feeds import revise

KIND = "flapping"
"""The kind of its incidents; their subject is the source's name."""

AT_ONCE = 500
"""Entries that are told once more at one time; the rest is next."""

Change = tuple[int | None, Revised]


def damp(
    connection: Connection, changes: Sequence[Sequence[Change]], now: datetime, made: Collection[int] = ()
) -> list[list[Change]]:
    """The changes as they are to be stored (see `revise.damp`). An incident of their source counts the entries that
    are not told of.

    Entries that are still being `made` (their ids) change as often as documents speak of them.
    """
    ids = [one.before.id for each in changes for _, one in each if one.changed and one.before.id not in made]
    late = revisions.late_versions(connection, ids, now - revise.LATELY)
    damped = [
        [(source_id, revise.damp(change, late.get(change.before.id, ()))) for source_id, change in each]
        for each in changes
    ]
    silent: dict[int, list[Revised]] = {}
    for (source_id, given), (_, told) in zip(chain(*changes), chain(*damped), strict=True):
        if source_id is not None and (told.updated, told.kept) != (given.updated, given.kept):
            silent.setdefault(source_id, []).append(told)
    untold.stir(connection, ids, now)
    untold.note(connection, [(one.before.id, source_id) for source_id, own in silent.items() for one in own], now)
    for source_id, (name, count) in untold.counts(connection, silent).items() if silent else ():
        incidents.open_incident(connection, KIND, name, _message(count, silent[source_id]), now, source_id)
    return damped


def _message(count: int, silent: Sequence[Revised]) -> str:
    """By its id, for a title may have been made of a body that not everybody may read."""
    who = "entry changes" if count == 1 else "entries change"
    kept = "" if all(one.kept for one in silent) else f"; {revise.MOST_KEPT} versions of a day are kept, no more"
    return (
        f"{count} {who} back and forth, the last {silent[-1].before.uid[-8:]}; what it says is shown, readers are not "
        f"told again until a day has passed without a change{kept}"
    )


def is_calm(connection: Connection, now: datetime) -> bool:
    """Whether there is anything for `calm` to do."""
    return bool(untold.rested(connection, now - revise.LATELY, limit=1) or untold.over(connection, KIND))


def calm(connection: Connection, now: datetime) -> None:
    """Tells readers how entries stand that did not change for a day, and closes the incidents of sources that have no
    others."""
    ids = untold.rested(connection, now - revise.LATELY, limit=AT_ONCE)
    for entry in entries.load(connection, ids).values():
        saving.touch(connection, entry.id, max(now, entry.updated + revise.TICK))
    if ids:
        sections.mark(connection, saving.places_of(connection, ids), now)
    untold.forget(connection, ids)
    for name in untold.over(connection, KIND):
        incidents.close_incident(connection, KIND, name, now)
