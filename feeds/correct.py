"""A person's word on an entry, or on two: it stands above what sources say and rules find, and is published like any
other change."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from db.engine import Connection, Engine, writing
from db.records import Access, StoredEntry, WithdrawnBy
from db.store import entries, pairs, saving, sections
from feeds import ingest, revise
from feeds.clusters import regroup
from feeds.errors import Unknown, UsageError
from feeds.ingest import level_of


def named(connection: Connection, uid: str) -> StoredEntry:
    """The entry of this id, or of an ending of it that no other has. Raises `Unknown` where there is none."""
    found = entries.by_uid(connection, uid)
    if found is None:
        raise Unknown(f"no entry, or more than one, has the id \"{uid}\"; see 'feeds entries list'")
    return found


def set_access(engine: Engine, uid: str, level: Access, now: datetime) -> StoredEntry:
    """Sets who may read the entry `uid` for good. Raises `UsageError` where no entry has that id."""
    with writing(engine) as connection:
        before = named(connection, uid)
        change = revise.override(before, level, now)
        saving.revise_entries(connection, [(None, change)], {}, now, override=level)
        return _regrouped(connection, before.id, [before.id], now)


def clear_access(engine: Engine, uid: str, now: datetime) -> StoredEntry:
    """Lets the evidence decide again. Raises `UsageError` where no entry has that id."""
    with writing(engine) as connection:
        before = named(connection, uid)
        level = level_of(before.evidence)
        change = revise.override(before, level, now)
        saving.revise_entries(connection, [(None, change)], {}, now)
        saving.clear_override(connection, before.id, level)
        return _regrouped(connection, before.id, [before.id], now)


def split(engine: Engine, uid: str, other: str | None, now: datetime) -> StoredEntry:
    """Keeps the entry `uid` out of any cluster that `other` is in, or alone where that is None, whatever their texts
    become; returns the entry. Raises `UsageError` where no entry has one of the ids, or both are of one."""
    with writing(engine) as connection:
        one, another = _two(connection, uid, other)
        concerned = {one.id, another.id}
        if one.id == another.id:
            # It cannot be alone and with others.
            mates = {mate for mate, same in pairs.rulings(connection, [one.id])[one.id].items() if same}
            for mate in mates:
                pairs.take_back(connection, one.id, mate)
            concerned |= mates
        pairs.rule_on(connection, one.id, another.id, same=False, now=now)
        return _regrouped(connection, one.id, concerned, now)


def join(engine: Engine, uid: str, other: str, now: datetime) -> StoredEntry:
    """Folds the entry `uid` and `other` together, or both behind one lead, whatever their texts become; returns the
    entry. Raises `UsageError` where no entry has one of the ids, or both are of one."""
    with writing(engine) as connection:
        one, another = _two(connection, uid, other)
        for each in (one, another):
            pairs.take_back(connection, each.id, each.id)
        pairs.rule_on(connection, one.id, another.id, same=True, now=now)
        return _regrouped(connection, one.id, {one.id, another.id}, now)


def let_be(engine: Engine, uid: str, other: str | None, now: datetime) -> StoredEntry:
    """Takes back what `split` or `join` said of the entry `uid` and `other`: the rules decide again; returns the entry.
    Raises `UsageError` where nothing was said."""
    with writing(engine) as connection:
        one, another = _two(connection, uid, other)
        if not pairs.take_back(connection, one.id, another.id):
            said = f'"{uid}" standing alone' if other is None else f'"{uid}" and "{other}"'
            raise UsageError(f"nobody ruled on {said}; see 'feeds entries show {uid}'")
        return _regrouped(connection, one.id, {one.id, another.id}, now)


def _two(connection: Connection, uid: str, other: str | None) -> tuple[StoredEntry, StoredEntry]:
    """The entry `uid` and `other`; twice the former where that is None."""
    one = named(connection, uid)
    if other is None:
        return one, one
    another = named(connection, other)
    if one.id == another.id:
        raise UsageError(f'"{uid}" and "{other}" are one entry; give the ids of two')
    return one, another


def _regrouped(connection: Connection, entry_id: int, concerned: Collection[int], now: datetime) -> StoredEntry:
    sections.mark(connection, regroup(connection, [], sorted(concerned)), now)
    return entries.load(connection, [entry_id])[entry_id]


def withdraw(engine: Engine, uid: str, why: str, now: datetime) -> StoredEntry:
    """Takes the entry `uid` back until a person restores it. Raises `UsageError` where no entry has that id, or one
    took it back already: that reason stays."""
    with writing(engine) as connection:
        before = named(connection, uid)
        if before.withdrawal is not None and before.withdrawal.by is WithdrawnBy.PERSON:
            raise UsageError(f"{before.title}: was taken back already")
        ingest.withdraw(connection, {before.id: why}, WithdrawnBy.PERSON, now)
        return entries.load(connection, [before.id])[before.id]


def restore(engine: Engine, uid: str, now: datetime) -> StoredEntry:
    """Shows the entry `uid` again. Raises `UsageError` where no entry has that id, or it was not taken back."""
    with writing(engine) as connection:
        before = named(connection, uid)
        if not ingest.restore(connection, [before.id], now):
            raise UsageError(f"{before.title}: was not taken back")
        return entries.load(connection, [before.id])[before.id]
