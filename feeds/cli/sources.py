"""`feeds sources`: what is polled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from feeds.cli import sources_change, sources_opml, sources_try
from feeds.cli.desk import Desk, command
from feeds.errors import Taken
from feeds.shapes.sources import source_as_json
from feeds.shapes.times import due

if TYPE_CHECKING:
    from datetime import datetime

    from db.records import PushRecord, SourceRecord

app = typer.Typer(
    help="List, add, edit, pause, remove and try sources; bring them from other readers and take them there.",
    no_args_is_help=True,
)


@command(app, "list")
def list_sources(desk: Desk) -> None:
    """Show every source, where it comes from and when it is due."""
    from db.engine import reading
    from db.store import pushes, sources

    with reading(desk.engine()) as connection:
        found, pushed = sources.every(connection), pushes.current(connection)
    if desk.as_json:
        desk.give([source_as_json(one, pushed.get(one.id)) for one in found])
        return
    rows = [
        [
            one.name,
            one.kind,
            _location(one),
            _whence(one, pushed.get(one.id), desk.now()),
            due(one.due_at) or "never",
        ]
        for one in found
    ]
    desk.table(["source", "kind", "location", "from", "next due"], rows)
    if not found:
        desk.say("no sources yet: add one with 'feeds sources add URL' or a [[source]] table in config.toml")


def _whence(source: SourceRecord, push: PushRecord | None, now: datetime) -> str:
    """Where a source comes from, and whether it comes by itself."""
    from feeds.websub.subscriber import trusted

    if not source.enabled:
        return f"{source.origin}, paused"
    return f"{source.origin}, pushed" if trusted(push, now) else source.origin


def _location(source: SourceRecord) -> str:
    return source.location if source.url is None else f"{source.location} (moved to {source.url})"


@command(app)
def add(
    desk: Desk,
    location: Annotated[
        str,
        typer.Argument(
            help="Address of a feed, or path of a file or folder; 'feeds sources try' finds a page's feeds."
        ),
    ],
    name: Annotated[str | None, typer.Option("--name", help="Unique name; default: made from the location.")] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="seed, feed, page or sitemap; default: seen from the location.")
    ] = None,
    section: Annotated[list[str] | None, typer.Option("--section", help="Section of all its entries; repeat.")] = None,
    interval: Annotated[int | None, typer.Option("--interval", help="Minutes between polls.")] = None,
) -> None:
    """Add a source to the database; it is polled at the next update."""
    from db.engine import reading
    from db.store import sources
    from feeds import roster

    source = roster.described(
        location,
        lambda path: desk.config.is_served(path),  # what is off in the words is told before what is in the file
        name=name,
        kind=kind,
        sections=section or (),
        interval=interval,
    )
    try:
        roster.add(desk.engine(), source, desk.now())
    except Taken as error:
        raise Taken(f'a source named "{source.name}" is there already; give another --name') from error
    if source.url is not None:
        with reading(desk.engine()) as connection:
            known = [one for one in sources.locations(connection) if not one.removed]
        there = roster.at_address(known, source.url)
        for one in sorted({*there} - {source.name}):
            desk.warn(f'note: source "{one}" has this address already')
    if desk.as_json:
        where = location if source.path is None else str(source.path)
        desk.give({"source": source.name, "kind": source.kind, "location": where})
    desk.say(f'added {source.kind} source "{source.name}"; \'feeds update "{source.name}"\' polls it now')


@command(app)
def remove(desk: Desk, name: Annotated[str, typer.Argument(help="Name of the source.")]) -> None:
    """Stop polling a source; its entries stay."""
    from feeds import roster

    roster.remove(desk.engine(), name, desk.path)
    if desk.as_json:
        desk.give({"removed": name})
    desk.say(f'removed source "{name}"; its entries stay')


sources_change.register(app)
sources_try.register(app)
sources_opml.register(app)
