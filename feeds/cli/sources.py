"""`feeds sources`: what is polled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from feeds.cli import sources_opml, sources_try
from feeds.cli.desk import Desk, command, due, push_of
from feeds.cli.naming import kind_of, name_from, no_such, problem_of
from feeds.config import Source
from feeds.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from db.records import PushRecord, SourceRecord

app = typer.Typer(
    help="List, add, remove and try sources; bring them from other readers and take them there.", no_args_is_help=True
)


@command(app, "list")
def list_sources(desk: Desk) -> None:
    """Show every source, where it comes from and when it is due."""
    from db.engine import reading
    from db.store import pushes, sources

    with reading(desk.engine()) as connection:
        found, pushed = sources.every(connection), pushes.current(connection)
    if desk.as_json:
        desk.give(
            [
                {
                    "source": one.name,
                    "kind": one.options.get("kind", "feed"),
                    "location": one.options.get("url") or one.options.get("path"),
                    "moved_to": one.url,
                    "origin": one.origin,
                    "enabled": one.enabled,
                    "next_due": due(one.due_at),
                    "reason": one.reason,
                    "push": push_of(pushed.get(one.id)),
                }
                for one in found
            ]
        )
        return
    rows = [
        [
            one.name,
            str(one.options.get("kind", "feed")),
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
    where = str(source.options.get("url") or source.options.get("path"))
    return where if source.url is None else f"{where} (moved to {source.url})"


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
    from db.engine import writing
    from db.store import sources
    from feeds.declare import options_of

    remote = "://" in location
    # A path on the command line is relative to where the person stands, not to the configuration file.
    where = location if remote else str(Path(location).resolve())
    if not remote and not Path(where).exists():
        raise UsageError(no_such(location))
    if not remote and desk.config.is_served(Path(where)):
        raise UsageError(f"{where} stands in the published folder, where everything is served: give another place")
    options = {
        "name": name or name_from(location, remote),
        "kind": kind or kind_of(where, remote),
        "url" if remote else "path": where,
        "sections": tuple(section or ()),
        "interval": interval,
    }
    try:
        source = Source.model_validate({key: value for key, value in options.items() if value is not None})
    except ValidationError as error:
        raise UsageError(problem_of(error)) from error
    with writing(desk.engine()) as connection:
        if not sources.add(connection, source.name, options_of(source), desk.now()):
            raise UsageError(f'a source named "{source.name}" is there already; give another --name')
    if desk.as_json:
        desk.give({"source": source.name, "kind": source.kind, "location": where})
    desk.say(f'added {source.kind} source "{source.name}"; \'feeds update "{source.name}"\' polls it now')


@command(app)
def remove(desk: Desk, name: Annotated[str, typer.Argument(help="Name of the source.")]) -> None:
    """Stop polling a source; its entries stay."""
    from db.engine import writing
    from db.store import sources

    with writing(desk.engine()) as connection:
        found = {one.name: one for one in sources.every(connection)}
        if name not in found:
            raise UsageError(f"no source is named \"{name}\"; see 'feeds sources list'")
        if found[name].origin == "config":
            raise UsageError(f'{desk.path}: delete the [[source]] table named "{name}" there; it would come back')
        sources.remove(connection, name)
    if desk.as_json:
        desk.give({"removed": name})
    desk.say(f'removed source "{name}"; its entries stay')


sources_try.register(app)
sources_opml.register(app)
