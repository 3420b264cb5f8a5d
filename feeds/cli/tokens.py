"""`feeds tokens`: who reads full texts, and which programs use the API."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from feeds.cli.desk import Desk, command, naming, write_line
from feeds.errors import Taken
from feeds.shapes.times import when
from feeds.shapes.tokens import opened_by, token_as_json

if TYPE_CHECKING:
    from feeds.tokens import Issued

app = typer.Typer(
    help="Give subscribers feeds with full texts and programs the API, and take them back.", no_args_is_help=True
)

Which = Annotated[str, typer.Argument(metavar="NAME", help="Name of the token, or its id.")]
_UNTIL = "Until when it works: the end of a day (2027-01-31), or 12h, 30d or 8w from now."
Expires = Annotated[
    str | None, typer.Option("--expires", metavar="UNTIL", help=_UNTIL, show_default="until it is revoked")
]
NewExpiry = Annotated[str | None, typer.Option("--expires", metavar="UNTIL", help=_UNTIL, show_default="as it was")]


@command(app)
def create(
    desk: Desk,
    name: Annotated[str, typer.Argument(help="Whose it is: a name or a number of a subscriber or a program, unique.")],
    expires: Expires = None,
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="What it opens: feeds, or of the API read, write, admin.", show_default="feeds"),
    ] = None,
) -> None:
    """Make a token for a subscriber or a program, and print it with its address, this once."""
    import secrets

    from feeds import tokens

    now, scopes = desk.now(), scope or (tokens.FEEDS,)
    with naming("scope", "expires"):
        until = _until(desk, expires, now)
        try:
            issued = tokens.create(desk.engine(), name, now, secrets.token_bytes, until, scopes)
        except Taken as error:
            said = "'feeds tokens rotate' gives it a new secret, 'feeds tokens revoke' ends it"
            raise Taken(f"{str(error).rpartition(';')[0]}; {said}") from error
    _give(desk, issued, now)


@command(app, "list")
def list_tokens(
    desk: Desk,
    every: Annotated[bool, typer.Option("--all", help="Also those that were revoked.")] = False,
) -> None:
    """Show every token: its name, id and state, when it was used last, and from how many networks; no secret."""
    from db.engine import reading
    from db.store import tokens as store
    from feeds.tokens import State, state

    now = desk.now()
    with reading(desk.engine()) as connection:
        found, networks = store.every(connection), store.networks(connection)
    shown = [token_as_json(one, now, networks.get(one.id, 0)) for one in found]
    if not every:
        shown = [said for said, one in zip(shown, found, strict=True) if state(one, now) is not State.REVOKED]
    if desk.as_json:
        desk.give(shown)
        return
    heads = ["name", "id", "scopes", "state", "created", "expires", "last_used", "networks"]
    desk.table(
        [head.replace("_", " ") for head in heads],
        [[_cell(said[head]) for head in heads] for said in shown],
    )
    if not shown:
        desk.say("no tokens; 'feeds tokens create NAME' makes one")


@command(app)
def revoke(desk: Desk, which: Which) -> None:
    """End a token: from the next request on it opens nothing."""
    from feeds import tokens

    now = desk.now()
    record = tokens.revoke(desk.engine(), which, now)
    if desk.as_json:
        desk.give({"name": record.name, "id": record.key, "revoked": when(now)})
    desk.say(f"{record.name}: revoked; it opens nothing from now on")


@command(app)
def rotate(desk: Desk, which: Which, expires: NewExpiry = None) -> None:
    """Give a token a new secret, end the old one at once, and print the new address, this once."""
    import secrets

    from feeds import tokens

    now = desk.now()
    with naming("expires"):
        issued = tokens.rotate(desk.engine(), which, now, secrets.token_bytes, _until(desk, expires, now))
    _give(desk, issued, now)


def _until(desk: Desk, expires: str | None, now: datetime) -> datetime | None:
    from feeds.tokens import expiry

    return None if expires is None else expiry(expires, now, desk.config.site.zone)


def _cell(value: str | int | list[str] | None) -> str:
    return " ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def _give(desk: Desk, issued: Issued, now: datetime) -> None:
    """Prints a token, whatever else is kept quiet: nobody can tell it again."""
    from feeds.tokens import FEEDS, SCOPES

    base, record = desk.config.site.base_url, issued.record
    opened = opened_by(issued, base)
    if urlsplit(base).scheme == "http" and urlsplit(base).hostname not in ("localhost", "127.0.0.1", "::1"):
        desk.warn(f"[site] base_url is {base}: without https everybody on the way can read the token")
    if desk.as_json:
        desk.give({**token_as_json(record, now, 0), "token": issued.token, **opened._asdict()})
        return
    if desk.quiet:
        write_line(opened.address or issued.token)
        return
    until = "until it is revoked" if record.expires_at is None else f"until {when(record.expires_at)}"
    write_line(f"{record.name}: token {record.key} works {until}. This is shown once:")
    lines = []
    if opened.address is not None:
        lines += ["", f"  {opened.address}", ""]
        lines += [
            f"{base}p/…/ lists the other feeds. For a reader that can log in, and keeps its secrets out of addresses:"
        ]
        lines += ["", f"  {opened.basic}", "  user      any name", f"  password  {issued.token}"]
    if opened.api is not None:
        may = ", ".join(scope for scope in SCOPES if scope in record.scopes - {FEEDS})
        lines += ["", f"It opens {opened.api} ({may}) with the header:", "", f"  Authorization: Bearer {issued.token}"]
    for line in lines:
        write_line(line)
