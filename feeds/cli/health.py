"""`feeds health`: whether the daemon lives, for a container's health check. Reads, and waits for nobody."""

from __future__ import annotations

from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from feeds.cli.desk import Desk, command
from feeds.errors import UsageError
from feeds.heartbeats import running, words
from feeds.shapes.daemon import daemon_as_json

if TYPE_CHECKING:
    from db.records import Heartbeat

PATIENCE = 5.0
"""Seconds that the server may take to answer."""


def register(app: typer.Typer) -> None:
    """Adds the command to `app`."""
    command(app)(health)


def health(
    desk: Desk,
    url: Annotated[
        str | None,
        typer.Option("--url", help="Address of the daemon's server, whose /readyz is asked, too."),
    ] = None,
) -> int:
    """Say whether the daemon lives; exit code 1 where it does not."""
    address = None if url is None else _readyz(url)
    now = desk.now()
    found = running(_beats(desk), now)
    refusal = None if address is None else _refusal(address)
    well = found is not None and found.well and refusal is None
    if desk.as_json:
        desk.give({"well": well, "daemon": daemon_as_json(found), "refusal": refusal})
        return int(not well)
    said = words(found, now) if refusal is None else f"{words(found, now)}; {refusal}"
    if well:
        desk.say(said)
    else:
        desk.warn(said)
    return int(not well)


def _beats(desk: Desk) -> list[Heartbeat]:
    """The signs of life in the database; none where it is not there, or not yet of this release.

    Raises `StorageError`.
    """
    from db.engine import open_engine, reading
    from db.migrations import HEAD, current
    from db.store import heartbeats

    if not desk.config.database_file.exists():
        return []
    engine = open_engine(desk.config.database_url)
    try:
        with reading(engine) as connection:
            return heartbeats.every(connection) if current(connection) == HEAD else []
    finally:
        engine.dispose()


def _readyz(url: str) -> str:
    """The address to ask below `url`. Raises `UsageError`."""
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0):
            return f"{url.rstrip('/')}/readyz"
    except ValueError:
        pass
    raise UsageError(f'--url: "{url}" is no address such as http://127.0.0.1:8080')


def _refusal(address: str) -> str | None:
    """Why the server does not call itself ready; None where it does."""
    parts = urlsplit(address)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    try:
        with closing(kind(parts.hostname or "", parts.port, timeout=PATIENCE)) as connection:
            connection.request("GET", parts.path)
            status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return f"{address}: {getattr(error, 'strerror', None) or type(error).__name__}"
    return None if status == 200 else f"{address}: HTTP {status}"
