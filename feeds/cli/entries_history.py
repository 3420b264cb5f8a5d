"""`feeds entries history`: every version of an entry, and what each changed, word by word.

For the desk alone: it shows bodies that the public does not get.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

import typer

from db.records import RevisionRecord, StoredEntry
from feeds.cli.desk import Desk, command, is_terminal, when, write_line
from feeds.errors import UsageError

if TYPE_CHECKING:
    from rich.text import Text

    from feeds.diff import Difference, Run, Version

_PAGE = """<!DOCTYPE html>
<html{language}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 2rem auto; max-width: 42rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }}
h2 {{ margin-top: 2.5rem; font-size: 1rem; }}
ins {{ background: light-dark(#d8f5d8, #1c4a24); text-decoration: none; }}
del {{ background: light-dark(#fbdcdc, #5a2226); }}
</style>
</head>
<body>
<h1>{title}</h1>
{versions}
</body>
</html>
"""
_CONTROLS = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)), "\ufffd")
"""No characters of HTML, and standard output may be a terminal."""

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
    desk: Desk,
    uid: Annotated[str, typer.Argument(metavar="ID", help="Id of the entry, or its last 8 characters.")],
    html: Annotated[bool, typer.Option("--html", help="Write a page for a browser to standard output.")] = False,
) -> None:
    """Show every version of an entry, the latest first, and what each changed, word by word."""
    from db.engine import reading
    from db.store import entries, revisions

    if html and desk.as_json:
        raise UsageError("--html and --json: give one of them")
    with reading(desk.engine()) as connection:
        entry = entries.by_uid(connection, uid)
        if entry is None:
            raise UsageError(f"no entry, or more than one, has the id \"{uid}\"; see 'feeds entries list'")
        former = revisions.history(connection, entry.id)
    steps = _steps(entry, former)
    if desk.as_json:
        desk.give({"id": entry.uid, "title": entry.title, "versions": [_as_json(step) for step in steps]})
        return
    if html:
        desk.give_bytes(_page(entry, steps).encode())
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


def _page(entry: StoredEntry, steps: list[_Step]) -> str:
    """The history as an HTML page that needs nothing beside it and may load nothing."""
    language = f' lang="{escape(entry.language)}"' if entry.language else ""
    page = _PAGE.format(language=language, title=escape(entry.title), versions="\n".join(map(_section, steps)))
    return page.translate(_CONTROLS)


def _section(step: _Step) -> str:
    """One version: when it came, and its text with what differs from the one before it."""
    from feeds import diff

    what = ", ".join(step.changed) or "first version"
    found = [f"<h2><time>{when(step.since)}</time> {escape(what)}</h2>"]
    difference = step.difference or diff.between(step.version, step.version)
    if difference.access is not None:
        before, after = (level.value for level in difference.access)
        found.append(f"<p>access <del>{before}</del> <ins>{after}</ins></p>")
    if any(run.kind is not diff.Kind.SAME for run in difference.sections):
        spaced = [diff.Run(run.kind, f" {run.text}") for run in difference.sections]
        found.append(diff.html([diff.Run(diff.Kind.SAME, "sections"), *spaced]))
    return "\n".join([*found, diff.html(difference.title), diff.html(difference.text)])


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
