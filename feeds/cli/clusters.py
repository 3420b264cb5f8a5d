"""In words: why an entry is folded behind another, and what else there is of its story."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from db.records import PERSON, Relative, StoredEntry

if TYPE_CHECKING:
    from db.engine import Connection

_BECAUSE = {
    "R1": "R1: the same address",
    "R2": "R2: the same words in title and body",
    "R3": "R3: {score:.0%} of the shorter text's three-word runs stand in the other",
    "R4": "R4: {score:.0%} of the shorter text's three-word runs stand in the other, under titles that agree",
    "R5": "R5: the same title within 72 hours, where one of the two has no body",
    PERSON: "a person joined them",
}


class Kin(NamedTuple):
    """What is known of an entry and others: those folded behind it, those on the same event, and what people said (id
    of the other, whether the two belong together)."""

    copies: list[StoredEntry]
    related: list[Relative]
    said: list[tuple[str, bool]]


def because(entry: StoredEntry) -> str | None:
    """Why an entry is folded behind another, in words; None where it is not."""
    return None if entry.rule is None else _BECAUSE[entry.rule].format(score=entry.score)


def bond_as_json(entry: StoredEntry) -> dict[str, object]:
    """What joins an entry to its lead, for scripts."""
    return {"rule": entry.rule, "score": entry.score, "because": because(entry)}


def kin_of(connection: Connection, entry: StoredEntry) -> Kin:
    """The others of `entry`."""
    from db.store import entries, pairs

    copies = entries.load(connection, sorted(entries.followers(connection, [entry.id])))
    rulings = pairs.rulings(connection, [entry.id])[entry.id]
    others = entries.load(connection, sorted(rulings))
    return Kin(
        sorted(copies.values(), key=lambda one: (one.sorted_at, one.uid)),
        pairs.related(connection, [entry.id]).get(entry.id, []),
        sorted((one.uid, rulings[one.id]) for one in others.values()),
    )


def kin_as_json(kin: Kin) -> dict[str, object]:
    """The others of an entry as scripts may rely on them (`docs/reference.md`)."""
    return {
        "copies": [_named(one) | {"rule": one.rule, "score": one.score} for one in kin.copies],
        "related": [_named(one) | {"score": one.score} for one in kin.related],
        "rulings": [{"id": uid, "same": same} for uid, same in kin.said],
    }


def _named(one: StoredEntry | Relative) -> dict[str, object]:
    return {"id": one.uid, "title": one.title, "url": one.url, "source": one.source}


def kin_lines(entry: StoredEntry, kin: Kin) -> list[str]:
    """The others of an entry for people."""
    lines = [] if entry.is_lead else [f"duplicate  of {entry.lead}", f"           because {because(entry)}"]
    for copy in kin.copies:
        lines += [f"copy       {copy.uid[-8:]} {copy.source}: {copy.title}", f"           because {because(copy)}"]
    lines += [f"related    {one.uid[-8:]} {one.source}: {one.title}" for one in kin.related]
    for uid, same in kin.said:
        word = "together with" if same else "alone" if uid == entry.uid else "never with"
        lines.append(f"ruling     {word}" + ("" if uid == entry.uid else f" {uid}") + ", by a person")
    return lines
