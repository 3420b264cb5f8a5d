"""The commands put together, and what becomes of an error: one line and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from db.errors import StorageError
from feeds import __version__
from feeds.cli import (
    INTERRUPTED,
    TERMINATED,
    alerts,
    check,
    config,
    database,
    entries,
    health,
    password,
    sections,
    sources,
    start,
    tokens,
    work,
)
from feeds.cli.desk import Desk, write_line
from feeds.errors import BroadsheetError

app = typer.Typer(
    name="feeds",
    help="Broadsheet, a newsroom's feed desk: sources in, one Atom feed per section out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
start.register(app)
work.register(app)
health.register(app)
check.register(app)
app.add_typer(sources.app, name="sources")
app.add_typer(sections.app, name="sections")
app.add_typer(entries.app, name="entries")
app.add_typer(tokens.app, name="tokens")
app.add_typer(password.app, name="desk")
app.add_typer(alerts.app, name="alerts")
app.add_typer(config.app, name="config")
app.add_typer(database.app, name="db")


def _version(wanted: bool) -> None:
    if wanted:
        write_line(f"broadsheet {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    ctx: typer.Context,
    path: Annotated[Path | None, typer.Option("--config", help="Configuration file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")] = False,
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, help="Say more; -vv also tracebacks.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    desk: Desk = ctx.obj
    desk.path, desk.as_json, desk.verbose, desk.quiet = path or desk.path, as_json, verbose, quiet


def run(arguments: list[str]) -> int:
    """Runs one command; returns its exit code."""
    command, desk = typer.main.get_command(app), Desk()
    try:
        code = command.main(arguments, prog_name="feeds", standalone_mode=False, obj=desk)
        if code == INTERRUPTED:  # typer caught Ctrl-C and made this of it
            return _failed("interrupted; what was stored stays", INTERRUPTED, desk)
        return code if isinstance(code, int) else 0
    except (BroadsheetError, StorageError) as error:
        return _failed(str(error), error.exit_code, desk)
    except SystemExit as end:
        if end.code != TERMINATED:
            raise
        return _failed("ended by SIGTERM; what was stored stays", TERMINATED, desk)
    except BrokenPipeError:
        # The reader of our output is gone, as with `feeds entries list | head`; nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:
        if hasattr(error, "format_message") and hasattr(error, "exit_code"):
            error.show()  # type: ignore[attr-defined]  # click's own usage errors, wherever typer keeps the class
            return int(error.exit_code)
        message = f"internal error: {type(error).__name__}: {error}; run again with -vv and report it"
        return _failed(message.replace("\n", " "), 1, desk)


def _failed(message: str, code: int, desk: Desk) -> int:
    """Writes the line of an error, below its traceback where the command was told to say all it knows."""
    lines = [*(traceback.format_exc().splitlines() if desk.verbose > 1 else ()), f"feeds: {message}"]
    # Standard error may be full or gone; the exit code is heard all the same.
    with suppress(BroadsheetError, OSError):
        for line in lines:
            write_line(line, error=True)
    return code
