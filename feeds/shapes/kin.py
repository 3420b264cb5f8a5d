"""The others of an entry: what it is folded behind or before, what tells of the same event, and what people said."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from db.records import Relative, StoredEntry
from feeds.shapes.reasons import because

if TYPE_CHECKING:
    from db.engine import Connection


class Kin(NamedTuple):
    """What is known of an entry and others: those folded behind it, those on the same event, and what people said (id
    of the other, whether the two belong together)."""

    copies: list[StoredEntry]
    related: list[Relative]
    said: list[tuple[str, bool]]


def kin_of(connection: Connection, entry: StoredEntry) -> Kin:
    """The others of `entry`."""
    from db.store import entries, members, pairs

    copies = entries.load(connection, sorted(members.followers(connection, [entry.id])))
    rulings = pairs.rulings(connection, [entry.id])[entry.id]
    others = entries.load(connection, sorted(rulings))
    return Kin(
        sorted(copies.values(), key=lambda one: (one.sorted_at, one.uid)),
        pairs.related(connection, [entry.id]).get(entry.id, []),
        sorted((one.uid, rulings[one.id]) for one in others.values()),
    )


def bond_as_json(entry: StoredEntry) -> dict[str, object]:
    """What joins an entry to its lead."""
    return {"rule": entry.rule, "score": entry.score, "because": because(entry)}


def kin_as_json(kin: Kin) -> dict[str, object]:
    """The others of an entry."""
    return {
        "copies": [_named(one) | {"rule": one.rule, "score": one.score} for one in kin.copies],
        "related": [_named(one) | {"score": one.score} for one in kin.related],
        "rulings": [{"id": uid, "same": same} for uid, same in kin.said],
    }


def _named(one: StoredEntry | Relative) -> dict[str, object]:
    return {"id": one.uid, "title": one.title, "url": one.url, "source": one.source}
