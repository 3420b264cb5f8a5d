"""Every version of an entry, and how each differs from the one before it.

For the desk alone: versions have bodies that the public does not get.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import pairwise

from db.records import RevisionRecord, StoredEntry
from feeds import diff
from feeds.diff import Difference, Version, between
from feeds.normalise import text_of

_CONTROLS = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)), "\ufffd")
"""No characters of HTML, and standard output may be a terminal."""


@dataclass(frozen=True, slots=True)
class Step:
    """One version, the time since which it stands, what it changed, and how it differs from the one before it; the
    first changed nothing and differs from none."""

    version: Version
    since: datetime
    changed: tuple[str, ...]
    difference: Difference | None


def steps(entry: StoredEntry, former: Sequence[RevisionRecord]) -> list[Step]:
    """The versions, the latest first, as `former` are. What is stored of a former one says when the next took its
    place, and what that one changed."""
    versions = [_version(entry), *map(_version, former)]
    found = [
        Step(new, one.replaced_at, one.changed, between(old, new))
        for (new, old), one in zip(pairwise(versions), former, strict=True)
    ]
    return [*found, Step(versions[-1], entry.first_seen, (), None)]


def _version(one: StoredEntry | RevisionRecord) -> Version:
    return Version(one.title, text_of(one.content) if one.content else one.summary, one.access, one.sections)


def html(step: Step) -> str:
    """A version as HTML: its access and its sections where they changed, its title and its text, with `<del>` and
    `<ins>` around what differs from the version before it."""
    found = []
    difference = step.difference or between(step.version, step.version)
    if difference.access is not None:
        before, after = (level.value for level in difference.access)
        found.append(f"<p>access <del>{escape(before)}</del> <ins>{escape(after)}</ins></p>")
    if moved(difference):
        spaced = [diff.Run(run.kind, f" {run.text}") for run in difference.sections]
        found.append(diff.html([diff.Run(diff.Kind.SAME, "sections"), *spaced]))
    return printable("\n".join([*found, diff.html(difference.title), diff.html(difference.text)]))


def printable(text: str) -> str:
    """`text` with a mark in place of each control."""
    return text.translate(_CONTROLS)


def moved(difference: Difference) -> list[diff.Run]:
    """The sections that a version left (`GONE`) or came into (`NEW`)."""
    return [run for run in difference.sections if run.kind is not diff.Kind.SAME]
