"""What is known of entries, and how it is kept: by their bytes, since the same entry comes by again and again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from lxml import etree

from feeds.validate.grammar import Scene, suspect
from feeds.validate.rules import Note, shown

_VERDICTS_KEPT = 20_000
"""Entries whose verdict is kept, by the hash of their bytes: about 400 bytes each."""
_ENOUGH_TO_TELL = 9
"""Entries from which on it is no accident that all have one id."""


class Verdict(NamedTuple):
    """What is known of an entry by itself, wherever it stands: its notes, each with the number of the element in the
    entry, which is 0 itself."""

    uid: str
    updated: str
    newest: datetime | None
    podcast: bool
    notes: tuple[tuple[int, Note], ...]


class Entries(NamedTuple):
    """The entries of a feed with what is known of each."""

    elements: Sequence[etree._Element]
    verdicts: Sequence[Verdict]


_verdicts: dict[tuple[object, bytes], Verdict] = {}


def entries_of(
    scene: Scene,
    entries: Sequence[etree._Element],
    data: bytes,
    like: tuple[object, ...],
    look: Callable[[etree._Element], Verdict],
) -> Entries:
    """One verdict for each entry; those of entries seen before, byte for byte and in a like feed, are not made again.

    `look` makes a verdict, which may depend on what is `like` in feeds, and on the entry, and on nothing else.
    Publishing one new entry checks one entry, and one that stands in several feeds is checked once.
    """
    _first, *slices = data.split(b"<entry")
    if not entries or len(slices) != len(entries) or scene.based or not _sliceable(entries):
        return Entries(entries, [look(entry) for entry in entries])
    slices[-1:] = [raw.rpartition(b"</entry>")[0] for raw in slices[-1:]]
    verdicts = []
    for entry, raw in zip(entries, slices, strict=True):
        key = (like, hashlib.blake2b(raw, digest_size=16).digest())
        verdict = _verdicts.get(key)
        if verdict is None:
            scene.suspect = suspect(raw)
            verdict = look(entry)
            if len(_verdicts) >= _VERDICTS_KEPT:
                _verdicts.clear()
            _verdicts[key] = verdict
        verdicts.append(verdict)
    return Entries(entries, verdicts)


def numbered(part: etree._Element, notes: Iterable[tuple[etree._Element, Note]]) -> Iterable[tuple[int, Note]]:
    """Notes with the number of their element in `part`."""
    notes = list(notes)
    if not notes:
        return ()
    wanted = {element for element, _ in notes}
    numbers = {element: number for number, element in enumerate(part.iter(etree.Element)) if element in wanted}
    return tuple((numbers.get(element, 0), note) for element, note in notes)


def _sliceable(entries: Sequence[etree._Element]) -> bool:
    """Whether a feed that has `<entry` as often as it has Atom entries has them there, and their bytes say it all.

    An entry without a prefix begins with `<entry`: where there are no more of these, none stands in a comment, in
    CDATA, in an instruction or elsewhere in the tree. Only a document type could make the same bytes mean another
    thing.
    """
    info = entries[0].getroottree().docinfo
    return (
        (info.encoding or "UTF-8").upper() == "UTF-8"
        and all(entry.prefix is None for entry in entries)
        and info.internalDTD is None
    )


def identity_notes(entries: Entries, *, own: bool) -> Iterable[tuple[etree._Element, Note]]:
    """Ids and times that do not tell the feed's entries apart (RFC 4287, 4.1.1). That two versions of an entry have one
    time should not be; in documents of our `own` it must not."""
    first: dict[str, etree._Element] = {}
    versions = set()
    updates = set()
    repeated = 0
    for entry, verdict in zip(entries.elements, entries.verdicts, strict=True):
        uid, updated = verdict.uid, verdict.updated
        if uid in first:
            repeated += 1
            where = f"the id {shown(uid)} is that of the entry at line {first[uid].sourceline}"
            yield entry, Note("DuplicateEntries", where)
            if own and (uid, updated) in versions:
                yield entry, Note("DuplicateIds", where + ", and so is updated")
        elif uid:
            first[uid] = entry
        versions.add((uid, updated))
        if updated in updates:
            yield entry, Note("DuplicateUpdated", f"another entry was updated at {shown(updated)}, too")
        elif updated:
            updates.add(updated)
    if len(entries.elements) > _ENOUGH_TO_TELL and repeated == len(entries.elements) - 1:
        yield entries.elements[0], Note("DuplicateIds", "all entries have the same id")
