"""`feeds sections`: what is published."""

from __future__ import annotations

import typer

from feeds.cli.desk import Desk, command

app = typer.Typer(help="List sections.", no_args_is_help=True)


@command(app, "list")
def list_sections(desk: Desk) -> None:
    """Show every section, its number of entries and its feed."""
    from db.engine import reading
    from db.store import sections

    with reading(desk.engine()) as connection:
        found, counts = sections.every(connection), sections.counts(connection)
    base = desk.config.site.base_url
    if desk.as_json:
        desk.give(
            [
                {
                    "name": one.name,
                    "slug": one.slug,
                    "entries": counts.get(one.id, 0),
                    "feed": f"{base}sections/{one.slug}.atom",
                    "free": f"{base}sections/{one.slug}.free.atom",
                }
                for one in found
            ]
        )
        return
    rows = [[one.name, str(counts.get(one.id, 0)), f"{base}sections/{one.slug}.atom"] for one in found]
    desk.table(["section", "entries", "feed"], rows)
    if not found:
        desk.say("no sections yet: they are made as entries name them, or by [[section]] in config.toml")
