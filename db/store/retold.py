"""Entries that came as new though their source told of them before: under other ids."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from db.models import Fingerprint
from db.store.bulk import chunks

_Before = aliased(Fingerprint)


def count(connection: Connection, source_ids: Sequence[int], made: Collection[int]) -> dict[int, int]:
    """Source's id -> how many of the entries that were `made` just now have the title of an earlier one of the same
    source. Titles of fewer than four words tell nothing."""
    found: dict[int, int] = dict.fromkeys(source_ids, 0)
    # By time: what a poll made together is no repetition, and comes after all that it can repeat.
    first = min(made, default=0)
    for chunk in chunks(sorted(made)):
        rows = connection.execute(
            select(Fingerprint.source_id, func.count())
            .where(
                Fingerprint.entry_id.in_(chunk),
                Fingerprint.source_id.in_(source_ids),
                select(_Before.entry_id)
                .where(
                    _Before.hash == Fingerprint.hash,
                    _Before.source_id == Fingerprint.source_id,
                    _Before.entry_id < first,
                )
                .correlate(Fingerprint)
                .exists(),
            )
            .group_by(Fingerprint.source_id)
        )
        for source_id, number in rows:
            found[source_id] += number
    return {source_id: number for source_id, number in found.items() if number}
