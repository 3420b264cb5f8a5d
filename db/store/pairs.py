"""Pairs of entries whose texts were compared, and what a person said of two entries.

Either stands in the database from both sides, so that all that is known of an entry is found by its id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, select, tuple_
from sqlalchemy.orm import aliased

from db.models import Entry, Ruling, Source, Withdrawal
from db.models import Pair as PairRow
from db.records import COMPARED, RELATED, Pair, Relative
from db.store.bulk import chunks, insert_rows

RELATED_SHOWN = 5
"""Stories in other words that an entry leads to, the nearest first."""

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_OF = select(PairRow.entry_id, PairRow.other_id, PairRow.rule, PairRow.score).where(PairRow.entry_id.in_(_IDS))
_PAIRED = select(PairRow.entry_id).where(PairRow.entry_id.in_(_IDS)).distinct()
_RULINGS = select(Ruling.entry_id, Ruling.other_id, Ruling.same).where(Ruling.entry_id.in_(_IDS))
_TEXT = func.coalesce(func.nullif(Entry.text, ""), Entry.summary)
_TEXTS = select(Entry.id, Entry.title, func.substr(_TEXT, 1, COMPARED)).where(Entry.id.in_(_IDS))


def put(connection: Connection, pairs: Sequence[Pair]) -> None:
    """Notes pairs, in place of what was known of the same two."""
    rows = [(one.entry_id, one.other_id, one.rule, one.score) for one in pairs]
    rows += [(one.other_id, one.entry_id, one.rule, one.score) for one in pairs]
    insert_rows(
        connection,
        PairRow,
        ("entry_id", "other_id", "rule", "score"),
        sorted(rows),
        "ON CONFLICT (entry_id, other_id) DO UPDATE SET rule = excluded.rule, score = excluded.score",
    )


def of(connection: Connection, entry_ids: Sequence[int]) -> list[Pair]:
    """All pairs of these entries, each seen from the entry that was asked for."""
    return [Pair(*row) for chunk in chunks(entry_ids) for row in connection.execute(_OF, {"ids": chunk})]


def paired(connection: Connection, entry_ids: Sequence[int]) -> set[int]:
    """Those of the entries that are in any pair."""
    return {each for chunk in chunks(entry_ids) for each in connection.scalars(_PAIRED, {"ids": chunk})}


def drop(connection: Connection, entry_ids: Sequence[int]) -> list[Pair]:
    """Forgets all pairs of these entries, and returns them."""
    found = of(connection, entry_ids)
    if found:
        sides = {(one.entry_id, one.other_id) for one in found} | {(one.other_id, one.entry_id) for one in found}
        connection.exec_driver_sql("DELETE FROM pairs WHERE entry_id = ? AND other_id = ?", sorted(sides))
    return found


def texts(connection: Connection, entry_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Entry id -> its title and its text, or the teaser that stands for it, as far as texts are compared."""
    found: dict[int, tuple[str, str]] = {}
    for chunk in chunks(entry_ids):
        found.update((row[0], (row[1], row[2])) for row in connection.execute(_TEXTS, {"ids": chunk}))
    return found


_Lead = aliased(Entry, name="lead")
_Own = aliased(Entry, name="own")
_SCORE = func.max(PairRow.score)
_STANDS = ~select(Withdrawal.entry_id).where(Withdrawal.entry_id == _Lead.id).correlate(_Lead).exists()
_RELATED = (
    select(_Own.id, _Lead.uid, _Lead.title, _Lead.url, Source.name, _SCORE)
    .select_from(PairRow)
    .join(_Own, _Own.id == PairRow.entry_id)
    .join(Entry, Entry.id == PairRow.other_id)
    .join(_Lead, _Lead.id == func.coalesce(Entry.lead_id, Entry.id))
    .join(Source, Source.id == _Lead.source_id)
    .where(_Own.id.in_(_IDS), PairRow.rule == RELATED, _Lead.id != func.coalesce(_Own.lead_id, _Own.id), _STANDS)
    .group_by(_Own.id, _Lead.id, Source.name)
    .order_by(_Own.id, _SCORE.desc(), _Lead.uid)
)
_RELATED_IDS = select(PairRow.other_id).where(PairRow.entry_id.in_(_IDS), PairRow.rule == RELATED)


def related(connection: Connection, entry_ids: Sequence[int]) -> dict[int, list[Relative]]:
    """Entry id -> who tells of the same event in other words, the nearest first: leads alone, `RELATED_SHOWN` at most,
    none of the entry's own cluster and none that was taken back."""
    found: dict[int, list[Relative]] = defaultdict(list)
    for chunk in chunks(entry_ids):
        for row in connection.execute(_RELATED, {"ids": chunk}):
            if len(found[row[0]]) < RELATED_SHOWN:
                found[row[0]].append(Relative(*row[1:]))
    return found


def related_ids(connection: Connection, entry_ids: Sequence[int]) -> set[int]:
    """Ids of all entries that tell of an event of any of these in other words."""
    return {each for chunk in chunks(entry_ids) for each in connection.scalars(_RELATED_IDS, {"ids": chunk})}


def rule_on(connection: Connection, entry_id: int, other_id: int, *, same: bool, now: datetime) -> None:
    """Notes a person's word on two entries, in place of the one before. An entry and itself: it stands alone."""
    insert_rows(
        connection,
        Ruling,
        ("entry_id", "other_id", "same", "at"),
        [(one, other, same, now) for one, other in sorted({(entry_id, other_id), (other_id, entry_id)})],
        "ON CONFLICT (entry_id, other_id) DO UPDATE SET same = excluded.same, at = excluded.at",
    )


def take_back(connection: Connection, entry_id: int, other_id: int) -> bool:
    """Forgets what a person said of two entries; False where that was nothing."""
    sides = tuple_(Ruling.entry_id, Ruling.other_id).in_([(entry_id, other_id), (other_id, entry_id)])
    return connection.execute(delete(Ruling).where(sides)).rowcount > 0


def rulings(connection: Connection, entry_ids: Sequence[int]) -> defaultdict[int, dict[int, bool]]:
    """Entry id -> id of the other -> whether a person said that the two are to be folded together."""
    found: defaultdict[int, dict[int, bool]] = defaultdict(dict)
    for chunk in chunks(entry_ids):
        for entry_id, other_id, same in connection.execute(_RULINGS, {"ids": chunk}):
            found[entry_id][other_id] = same
    return found


def are_ruled(connection: Connection) -> bool:
    """Whether people said anything of any entries."""
    return connection.scalar(select(Ruling.entry_id).limit(1)) is not None
