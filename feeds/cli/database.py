"""`feeds db`: the database."""

from __future__ import annotations

from typing import Annotated

import typer

from feeds.cli.desk import Desk, command

app = typer.Typer(help="Upgrade and verify the database.", no_args_is_help=True)


@command(app, "upgrade")
def upgrade_schema(
    desk: Desk,
    index: Annotated[bool, typer.Option("--index", help="Make the full-text index anew.")] = False,
) -> None:
    """Make the database, or bring an older one up to this release."""
    from db.engine import open_engine
    from db.migrations import HEAD, upgrade

    engine = open_engine(desk.config.database_url)
    try:
        with desk.working():
            changed = upgrade(engine, anew=index)
    finally:
        engine.dispose()
    if desk.as_json:
        desk.give({"schema": HEAD, "changed": changed})
    desk.say(f"{desk.config.database_url}: schema {HEAD}" + ("" if changed else ", nothing to do"))


@command(app)
def verify(desk: Desk) -> int:
    """Check every page of the database, and every published file against the rules of its format."""
    from db import index
    from db.engine import reading
    from db.engine import verify as verify_database
    from feeds.publish import verify as verify_published

    engine = desk.engine()
    with desk.working():  # a file that is replaced meanwhile is not yet in the manifest
        findings = [f"database: {found}" for found in verify_database(engine)]
        with reading(engine) as connection:
            findings += [f"database: {found}" for found in index.verify(connection)]
        findings += verify_published(desk.config, desk.now())
    if desk.as_json:
        desk.give({"valid": not findings, "findings": findings})
    else:
        for finding in findings:
            desk.warn(finding)
        if not findings:
            desk.say("database and published files are sound")
    return int(bool(findings))
