"""`feeds sources edit`, `pause` and `resume`: what becomes of sources that are there."""

from __future__ import annotations

from shlex import quote
from typing import Annotated

import typer

from feeds.cli.desk import Desk, command
from feeds.errors import UsageError

Name = Annotated[str, typer.Argument(help="Name of the source.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to `app`."""
    command(app)(edit)
    command(app)(pause)
    command(app)(resume)


def edit(
    desk: Desk,
    name: Name,
    url: Annotated[str | None, typer.Option("--url", help="Address to poll.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="feed, page or sitemap.")] = None,
    title: Annotated[str | None, typer.Option("--title", help="Name shown to readers.")] = None,
    section: Annotated[
        list[str] | None,
        typer.Option("--section", help="Section of all its entries, in place of those it has; repeat."),
    ] = None,
    access: Annotated[str | None, typer.Option("--access", help="Access of all its entries.")] = None,
    interval: Annotated[int | None, typer.Option("--interval", help="Minutes between polls.")] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", help="Name of a [profile] table of the configuration.")
    ] = None,
    clear: Annotated[
        list[str] | None, typer.Option("--clear", metavar="OPTION", help="Option that takes its default; repeat.")
    ] = None,
) -> None:
    """Change a source that was added; one of the configuration is edited in its file."""
    from feeds import roster

    given = {
        "url": url,
        "kind": kind,
        "title": title,
        "sections": section or None,
        "access": access,
        "interval": interval,
        "profile": profile,
    }
    changes: dict[str, object] = {key: value for key, value in given.items() if value is not None}
    cleared = {"sections" if one == "section" else one for one in clear or ()}
    for one in sorted(cleared):
        if one not in given or one == "url":
            raise UsageError(f"--clear: give {', '.join(key for key in given if key != 'url')}")
        if one in changes:
            raise UsageError(f"--clear {one}: is given another value as well; give one of the two")
    if not changes and not cleared:
        raise UsageError(
            "say what is to change: give --url, --kind, --title, --section, --access, --interval, --profile or --clear"
        )
    changes |= dict.fromkeys(cleared)
    roster.edit(desk.engine(), name, desk.path, changes, desk.now(), profiles=desk.config.profile)
    _tell(desk, name, f'changed source "{name}"; it is asked anew')


def pause(desk: Desk, name: Name) -> None:
    """Poll a source no more until it is resumed."""
    from feeds import roster

    roster.pause(desk.engine(), name)
    _tell(desk, name, f'paused source "{name}"; polled again after: feeds sources resume {quote(name)}')


def resume(desk: Desk, name: Name) -> None:
    """Poll a source again that was paused."""
    from feeds import roster

    roster.resume(desk.engine(), name, desk.path, desk.now())
    _tell(desk, name, f'source "{name}" is polled at the next update')


def _tell(desk: Desk, name: str, said: str) -> None:
    from db.engine import reading
    from db.store import pushes, sources
    from feeds.shapes.sources import source_as_json

    if desk.as_json:
        with reading(desk.engine()) as connection:
            found = sources.by_name(connection, name)
            assert found is not None  # noqa: S101  # it was just changed
            desk.give(source_as_json(found, pushes.current(connection, [found.id]).get(found.id)))
    desk.say(said)
