"""What was stored since somebody looked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import Connection, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from db.models import Entry
from db.records import Query
from db.store import search
from db.store.bulk import chunks

AT_ONCE = 2_000
"""New entries that one look goes through: 0.3 s of matching at most."""

OLD = timedelta(days=2)
"""Age at which an entry is none that just came."""

_First = aliased(Entry, name="first")
_BEGUN = select(_First.first_seen).where(_First.source_id == Entry.source_id).order_by(_First.id).limit(1)
_SEEN = select(
    Entry.id, Entry.first_seen, Entry.published, _BEGUN.correlate(Entry).scalar_subquery().label("begun")
).where(Entry.id.in_(bindparam("ids", expanding=True)))
_Elder = aliased(Entry, name="elder")
_STORY = func.coalesce(Entry.lead_id, Entry.id)
_ELDERS = (
    select(Entry.id, _Elder.id)
    .join(_Elder, or_(_Elder.id == _STORY, _Elder.lead_id == _STORY))
    .where(Entry.id.in_(bindparam("ids", expanding=True)), _Elder.id < Entry.id)
)


def newest(connection: Connection) -> int:
    """The id of the entry that was stored last; 0 where there is none."""
    return connection.scalar(select(func.max(Entry.id))) or 0


def since(
    connection: Connection, query: Query, after: int, *, limit: int, most: int = AT_ONCE
) -> tuple[list[int], int]:
    """Ids of the entries that are news, were stored after the one with the id `after`, and that `query` finds, as a
    public feed does, in order, `limit` of them at most; and the id up to which was looked, at `most` entries.

    Costs what the new entries do, however many there are before them. No news is what a source said when it was first
    asked, nor what was two days old already when it was seen: it is read from archives.
    """
    ids = list(connection.scalars(select(Entry.id).where(Entry.id > after).order_by(Entry.id).limit(most)))
    found = _fresh(connection, sorted(search.among(connection, query, ids)))
    if len(found) > limit:
        return found[:limit], found[limit - 1]
    return found, ids[-1] if ids else after


def _fresh(connection: Connection, ids: Sequence[int]) -> list[int]:
    rows = {row.id: row for chunk in chunks(ids) for row in connection.execute(_SEEN, {"ids": chunk})}
    return [
        one
        for one in ids
        if rows[one].first_seen != rows[one].begun
        and (rows[one].published is None or rows[one].first_seen - rows[one].published <= OLD)
    ]


def elders(connection: Connection, entry_ids: Iterable[int]) -> dict[int, set[int]]:
    """Entry id -> ids of those that tell the same story and were stored before it."""
    found: dict[int, set[int]] = defaultdict(set)
    for chunk in chunks(sorted(set(entry_ids))):
        for entry_id, elder_id in connection.execute(_ELDERS, {"ids": chunk}):
            found[entry_id].add(elder_id)
    return found
