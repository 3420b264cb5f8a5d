"""`feeds sources import` and `export`: subscriptions from other readers, and for them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from feeds.cli.desk import Desk, command, counted, naming
from feeds.errors import BroadsheetError, UsageError

if TYPE_CHECKING:
    from feeds.subscriptions import Plan

SHOWN = 20
"""Rows of each kind that a person is shown; --json gives all."""


def register(app: typer.Typer) -> None:
    """Adds the commands to `app`."""
    command(app, "import")(import_sources)
    command(app, "export")(export)


def import_sources(
    desk: Desk,
    file: Annotated[str, typer.Argument(help="OPML file of another reader; - reads standard input.")],
    section: Annotated[
        str | None, typer.Option("--section", help="Section of all of them, in place of their folders.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be added, add nothing.")] = False,
) -> int:
    """Add the feeds that another reader follows; folders become sections."""
    from feeds.formats.opml import read_subscriptions
    from feeds.subscriptions import check_section, import_subscriptions

    with naming("section"):
        check_section(section)
    listed = read_subscriptions(_read(file), "standard input" if file == "-" else file)
    plan = import_subscriptions(desk.engine(), listed, desk.now(), section=section, dry_run=dry_run)
    _report(desk, plan, dry_run)
    return 1 if plan.unusable else 0


def _read(file: str) -> bytes:
    """The bytes of the file, one more at most than a list may have."""
    from feeds.formats.opml import MAX_BYTES

    try:
        if file == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(file).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UsageError(f"{file}: no such file") from None
    except OSError as error:
        raise BroadsheetError(f"{file}: cannot be read: {error.strerror}") from error


def _report(desk: Desk, plan: Plan, dry_run: bool) -> None:
    if desk.as_json:
        desk.give(plan.as_json(dry_run=dry_run))
        return
    lacking = [
        f'source "{one["source"]}" is there already, without its sections {", ".join(one["missing_sections"])}'
        for one in plan.present
        if one["missing_sections"]
    ]
    refused = [
        f"{one['title']} ({one['url']}): {one['reason']}"
        if one["title"] and one["url"]
        else f"{one['title'] or one['url']}: {one['reason']}"
        for one in plan.unusable
    ]
    for lines, write in ((lacking, desk.say), (refused, desk.warn)):
        for line in lines[:SHOWN]:
            write(line)
        if len(lines) > SHOWN:
            write(f"and {len(lines) - SHOWN} more; --json gives all")
    desk.say(
        f"{'would add' if dry_run else 'added'} {counted(len(plan.options), 'source')}; "
        f"{len(plan.present)} there already, {len(plan.unusable)} unusable"
        + ("; 'feeds update' polls them now" if plan.options and not dry_run else "")
    )


def export(
    desk: Desk,
    file: Annotated[str, typer.Argument(help="OPML file to write; - is standard output.")] = "-",
) -> None:
    """Write the sources that have an address as OPML, for another reader."""
    from feeds.subscriptions import export_subscriptions

    found = export_subscriptions(desk.engine(), desk.config)
    if file != "-":
        from feeds.output import write_atomic

        path = Path(file).absolute()
        if not path.parent.is_dir():
            raise UsageError(f"{file}: there is no folder {path.parent}; make it, or name another file")
        write_atomic(path.parent, path.name, found.data)
    if desk.as_json:
        written = None if file == "-" else file
        opml = found.data.decode() if file == "-" else None
        desk.give({"written": written, "sources": found.sources, "left_out": found.left_out, "opml": opml})
    elif file == "-":
        desk.give_bytes(found.data)
    else:
        desk.say(f"wrote {counted(found.sources, 'source')} to {file}")
    if found.left_out:
        desk.warn(f"left out {counted(found.left_out, 'source')} without an address: local files are no use elsewhere")
