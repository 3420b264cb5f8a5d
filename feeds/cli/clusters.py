"""The others of an entry, for people."""

from __future__ import annotations

from db.records import StoredEntry
from feeds.shapes.kin import Kin
from feeds.shapes.reasons import because


def kin_lines(entry: StoredEntry, kin: Kin) -> list[str]:
    """What an entry is folded behind or before, what tells of the same event, and what people said of it."""
    lines = [] if entry.is_lead else [f"duplicate  of {entry.lead}", f"           because {because(entry)}"]
    for copy in kin.copies:
        lines += [f"copy       {copy.uid[-8:]} {copy.source}: {copy.title}", f"           because {because(copy)}"]
    lines += [f"related    {one.uid[-8:]} {one.source}: {one.title}" for one in kin.related]
    for uid, same in kin.said:
        word = "together with" if same else "alone" if uid == entry.uid else "never with"
        lines.append(f"ruling     {word}" + ("" if uid == entry.uid else f" {uid}") + ", by a person")
    return lines
