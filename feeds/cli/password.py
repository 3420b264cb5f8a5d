"""`feeds desk`: what the web pages need before anybody may use them."""

from __future__ import annotations

import sys

import typer

from feeds.cli.desk import Desk, command, write_line
from feeds.errors import UsageError

app = typer.Typer(help="Set up the web pages by which people look after all this.", no_args_is_help=True)


@command(app)
def password(desk: Desk) -> None:
    """Ask for a password, twice and unseen, and print its hash for config.toml. From a pipe the first line is taken."""
    from feeds.desk.passwords import hashed

    found = hashed(_asked())
    if desk.as_json:
        desk.give({"password_hash": found})
        return
    write_line(f'password_hash = "{found}"')
    desk.warn("put this line below [desk] in config.toml; everybody has to sign in again")


def _asked() -> str:
    """What a person types, or a program writes. Raises `UsageError` for nothing, or two different words."""
    from getpass import getpass

    from feeds.desk.passwords import MAX_BYTES

    if sys.stdin is None:
        raise UsageError("standard input is closed; give the password as a line there")
    try:
        if not sys.stdin.isatty():
            return sys.stdin.readline(MAX_BYTES + 2).rstrip("\r\n")
        found = getpass("Password: ")
        if getpass("The same again: ") != found:
            raise UsageError("these are two different passwords; try again")
    except EOFError as error:
        raise UsageError("no password was given") from error
    except UnicodeDecodeError as error:
        raise UsageError("a password is text, in UTF-8") from error
    return found
