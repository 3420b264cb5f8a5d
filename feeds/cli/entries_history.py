"""`feeds entries history`: every version of an entry, and what each changed, word by word.

For the desk alone: it shows bodies that the public does not get.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Annotated

import typer

from db.records import StoredEntry
from feeds.cli.desk import Desk, command, is_terminal, write_line
from feeds.errors import UsageError
from feeds.shapes.entries import history_as_json
from feeds.shapes.times import when

if TYPE_CHECKING:
    from rich.text import Text

    from feeds.diff import Difference, Run
    from feeds.history import Step

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

_STYLES = {"same": "", "gone": "red strike", "new": "green"}


def register(app: typer.Typer) -> None:
    """Adds the command to `app`."""
    command(app)(history)


def history(
    desk: Desk,
    uid: Annotated[str, typer.Argument(metavar="ID", help="Id of the entry, or its last 8 characters.")],
    html: Annotated[bool, typer.Option("--html", help="Write a page for a browser to standard output.")] = False,
) -> None:
    """Show every version of an entry, the latest first, and what each changed, word by word."""
    from db.engine import reading
    from db.store import revisions
    from feeds import correct
    from feeds.history import steps as steps_of

    if html and desk.as_json:
        raise UsageError("--html and --json: give one of them")
    with reading(desk.engine()) as connection:
        entry = correct.named(connection, uid)
        former = revisions.history(connection, entry.id)
    steps = steps_of(entry, former)
    if desk.as_json:
        desk.give(history_as_json(entry, steps))
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


def _page(entry: StoredEntry, steps: list[Step]) -> str:
    """The history as an HTML page that needs nothing beside it and may load nothing."""
    from feeds.history import printable

    language = f' lang="{escape(entry.language)}"' if entry.language else ""
    page = _PAGE.format(language=language, title=escape(entry.title), versions="\n".join(map(_section, steps)))
    return printable(page)


def _section(step: Step) -> str:
    """One version: when it came, and its text with what differs from the one before it."""
    from feeds import history

    what = ", ".join(step.changed) or "first version"
    return f"<h2><time>{when(step.since)}</time> {escape(what)}</h2>\n{history.html(step)}"


def _show(desk: Desk, difference: Difference) -> None:
    """What changed: coloured on a terminal, as lines with - and + elsewhere."""
    from feeds import diff
    from feeds.history import moved

    if difference.access is not None:
        write_line(f"  access {difference.access[0].value} -> {difference.access[1].value}")
    if runs_moved := moved(difference):
        signs = {diff.Kind.GONE: "-", diff.Kind.NEW: "+"}
        write_line("  sections " + ", ".join(f"{signs[run.kind]}{run.text}" for run in runs_moved))
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
