"""A person's word on an entry: it stands above what sources say, and is published like any other change."""

from __future__ import annotations

from datetime import datetime

from db.engine import Connection, Engine, writing
from db.records import Access, StoredEntry, WithdrawnBy
from db.store import entries, saving, sections
from feeds import ingest, revise
from feeds.errors import UsageError
from feeds.ingest import level_of, regroup


def set_access(engine: Engine, uid: str, level: Access, now: datetime) -> StoredEntry:
    """Sets who may read the entry `uid` for good. Raises `UsageError` where no entry has that id."""
    with writing(engine) as connection:
        before = _entry(connection, uid)
        change = revise.override(before, level, now)
        saving.revise_entries(connection, [(None, change)], {}, now, override=level)
        return _changed(connection, before, now)


def clear_access(engine: Engine, uid: str, now: datetime) -> StoredEntry:
    """Lets the evidence decide again. Raises `UsageError` where no entry has that id."""
    with writing(engine) as connection:
        before = _entry(connection, uid)
        level = level_of(before.evidence)
        change = revise.override(before, level, now)
        saving.revise_entries(connection, [(None, change)], {}, now)
        saving.clear_override(connection, before.id, level)
        return _changed(connection, before, now)


def withdraw(engine: Engine, uid: str, why: str, now: datetime) -> StoredEntry:
    """Takes the entry `uid` back until a person restores it. Raises `UsageError` where no entry has that id."""
    with writing(engine) as connection:
        before = _entry(connection, uid)
        ingest.withdraw(connection, {before.id: why}, WithdrawnBy.PERSON, now)
        return entries.load(connection, [before.id])[before.id]


def restore(engine: Engine, uid: str, now: datetime) -> StoredEntry:
    """Shows the entry `uid` again. Raises `UsageError` where no entry has that id, or it was not taken back."""
    with writing(engine) as connection:
        before = _entry(connection, uid)
        if not ingest.restore(connection, [before.id], now):
            raise UsageError(f"{before.title}: was not taken back")
        return entries.load(connection, [before.id])[before.id]


def _entry(connection: Connection, uid: str) -> StoredEntry:
    found = entries.by_uid(connection, uid)
    if found is None:
        raise UsageError(f"no entry, or more than one, has the id \"{uid}\"; see 'feeds entries list'")
    return found


def _changed(connection: Connection, before: StoredEntry, now: datetime) -> StoredEntry:
    sections.mark(connection, regroup(connection, [], [before.id]), now)
    return entries.load(connection, [before.id])[before.id]
