"""`feeds entries history`: every version of an entry, and what each changed, word by word.

For the desk alone: it shows bodies that the public does not get.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

import typer

from db.records import RevisionRecord, StoredEntry
from feeds.cli.desk import Desk, command, is_terminal, when, write_line
from feeds.errors import UsageError

if TYPE_CHECKING:
    from rich.text import Text

    from feeds.diff import Difference, Run, Version

_STYLES = {"same": "", "gone": "red strike", "new": "green"}


def register(app: typer.Typer) -> None:
    """Adds the command to `app`."""
    command(app)(history)


@dataclass(frozen=True, slots=True)
class _Step:
    """One version, the time since which it stands, what it changed, and how it differs from the one before it."""

    version: Version
    since: datetime
    changed: tuple[str, ...]
    difference: Difference | None


def history(
    desk: Desk, uid: Annotated[str, typer.Argument(metavar="ID", help="Id of the entry, or its last 8 characters.")]
) -> None:
    """Show every version of an entry, the latest first, and what each changed, word by word."""
    from db.engine import reading
    from db.store import entries, revisions

    with reading(desk.engine()) as connection:
        entry = entries.by_uid(connection, uid)
        if entry is None:
            raise UsageError(f"no entry, or more than one, has the id \"{uid}\"; see 'feeds entries list'")
        former = revisions.history(connection, entry.id)
    steps = _steps(entry, former)
    if desk.as_json:
        desk.give({"id": entry.uid, "title": entry.title, "versions": [_as_json(step) for step in steps]})
        return
    for step in steps:
        if step.difference is None:
            write_line(f"{when(step.since)}  first version: {step.version.title}")
        else:
            write_line(f"{when(step.since)}  {', '.join(step.changed)}")
            _show(desk, step.difference)


def _steps(entry: StoredEntry, former: list[RevisionRecord]) -> list[_Step]:
    """The versions, the latest first. What is stored of a former one says when the next took its place, and what that
    one changed."""
    from feeds.diff import between

    versions = [_version(entry), *map(_version, former)]
    steps = [
        _Step(new, one.replaced_at, one.changed, between(old, new))
        for (new, old), one in zip(pairwise(versions), former, strict=True)
    ]
    return [*steps, _Step(versions[-1], entry.first_seen, (), None)]


def _version(one: StoredEntry | RevisionRecord) -> Version:
    from feeds.diff import Version
    from feeds.normalise import text_of

    return Version(one.title, text_of(one.content) if one.content else one.summary, one.access, one.sections)


def _as_json(step: _Step) -> dict[str, object]:
    difference = step.difference
    return {
        "since": when(step.since),
        "changed": step.changed,
        "title": step.version.title,
        "access": step.version.access,
        "sections": step.version.sections,
        "diff": None
        if difference is None
        else {
            "title": _runs(difference.title),
            "text": _runs(difference.text),
            "access": difference.access,
            "sections": _runs(difference.sections),
        },
    }


def _runs(runs: tuple[Run, ...]) -> list[dict[str, str]]:
    return [{"kind": run.kind, "text": run.text} for run in runs]


def _show(desk: Desk, difference: Difference) -> None:
    """What changed: coloured on a terminal, as lines with - and + elsewhere."""
    from feeds import diff

    if difference.access is not None:
        write_line(f"  access {difference.access[0].value} -> {difference.access[1].value}")
    moved = [run for run in difference.sections if run.kind is not diff.Kind.SAME]
    if moved:
        signs = {diff.Kind.GONE: "-", diff.Kind.NEW: "+"}
        write_line("  sections " + ", ".join(f"{signs[run.kind]}{run.text}" for run in moved))
    for runs in (difference.title, difference.text):
        if is_terminal():
            for paragraph in diff.changed(runs):
                desk.console().print(_coloured(paragraph))
        else:
            for line in diff.lines(runs):
                write_line(f"  {line}")


def _coloured(paragraph: tuple[Run, ...]) -> Text:
    """A paragraph as Rich prints it: what looks like its markup is none here, and controls are escaped."""
    from rich.text import Text

    from feeds.log import escape

    return Text("  ").append_tokens((escape(run.text), _STYLES[run.kind]) for run in paragraph)
