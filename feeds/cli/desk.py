"""What every command shares: the four common options, the opened desk, words for people and for machines."""

from __future__ import annotations

import functools
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TextIO, get_type_hints

import typer

from feeds import log
from feeds.config import DEFAULT_PATH, Config, Site, load
from feeds.errors import BroadsheetError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from db.engine import Engine

LOCK_WAIT = 30.0
"""Seconds a command waits for another one to finish its work before it gives up with 75."""

_COMMON: dict[str, Any] = {
    "config": Annotated[Path | None, typer.Option("--config", help="Configuration file.", show_default="config.toml")],
    "as_json": Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")],
    "verbose": Annotated[int, typer.Option("--verbose", "-v", count=True, help="Say more; -vv also tracebacks.")],
    "quiet": Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")],
}
_DEFAULTS: dict[str, Any] = {"config": None, "as_json": False, "verbose": 0, "quiet": False}


@contextmanager
def naming(*options: str) -> Iterator[None]:
    """What is wrong with one of the `options` is told of it as the command line calls it: `base_url: ...`, as everybody
    else is told, becomes `--base-url: ...`."""
    try:
        yield
    except UsageError as error:
        option, _, said = str(error).partition(": ")
        if option not in options:
            raise
        raise type(error)(f"--{option.replace('_', '-')}: {said}") from error


@dataclass(slots=True)
class Desk:
    """One run of a command: its common options and what they lead to."""

    path: Path = DEFAULT_PATH
    as_json: bool = False
    verbose: int = 0
    quiet: bool = False
    _config: Config | None = None
    _engine: Engine | None = None

    @property
    def config(self) -> Config:
        """The configuration. Raises `ConfigError`."""
        if self._config is None:
            self._config = load(self.path)
        return self._config

    def config_or_defaults(self) -> Config:
        """The configuration; nothing but defaults where none was named and none is at the usual place.

        For commands that store and publish nothing, so that they work before `feeds init`. Raises `ConfigError`.
        """
        if self._config is None and self.path == DEFAULT_PATH and not os.path.lexists(self.path):
            self._config = Config(site=Site(title="Broadsheet", base_url="http://127.0.0.1:8080/"))
        return self.config

    def now(self) -> datetime:
        """The present, UTC, to the second.

        SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/) puts another time in its place,
        so that a run can be repeated to the byte.
        """
        fixed = os.environ.get("SOURCE_DATE_EPOCH")
        if fixed is None:
            return datetime.now(UTC).replace(microsecond=0)
        try:
            if not (fixed.isascii() and fixed.isdigit()):
                raise ValueError
            return datetime.fromtimestamp(int(fixed), UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise UsageError(f'SOURCE_DATE_EPOCH: "{fixed}" is no number of seconds since 1970') from error

    def engine(self) -> Engine:
        """The database, made and upgraded as needed, with the sources and sections of the configuration in it."""
        from db.engine import open_engine
        from db.migrations import upgrade
        from feeds.declare import declare

        if self._engine is None:
            self._engine = open_engine(self.config.database_url)
            upgrade(self._engine)
            declare(self._engine, self.config, self.now())
        return self._engine

    def close(self) -> None:
        """Lets the database go."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    @contextmanager
    def working(self, wait: float = LOCK_WAIT) -> Iterator[None]:
        """Keeps every other process from polling or publishing meanwhile. Raises `db.errors.Locked`."""
        from db.engine import process_lock

        with process_lock(lock_path(self.config, "work"), "polling and publishing", wait=wait):
            yield

    def console(self, *, stderr: bool = False) -> Console:
        """Where people read."""
        from rich.console import Console

        return Console(stderr=stderr, highlight=False, soft_wrap=not is_terminal())

    def say(self, text: str) -> None:
        """A line for people; nothing with --quiet or --json."""
        if not self.quiet and not self.as_json:
            write_line(text)

    def warn(self, text: str) -> None:
        """A line on standard error that a person should see even when standard output is a file."""
        if not self.quiet:
            write_line(text, error=True)

    def give(self, value: object) -> None:
        """`value` as JSON on standard output."""
        # Not escaped once more: JSON escapes controls itself, and a program has to get every other character back.
        _write(json.dumps(value, ensure_ascii=False, indent=2), sys.stdout)

    def give_line(self, value: object) -> None:
        """`value` as JSON in one line on standard output: one of many that follow each other."""
        _write(json.dumps(value, ensure_ascii=False), sys.stdout)

    def give_bytes(self, data: bytes) -> None:
        """A file's UTF-8 on standard output, byte for byte, whatever the terminal's encoding."""
        if sys.stdout is not None:
            with _outgoing(sys.stdout) as out:
                raw = getattr(out, "buffer", None)
                if raw is None:
                    out.write(data.decode())
                else:
                    raw.write(data)

    def table(self, heads: list[str], rows: list[list[str]]) -> None:
        """A table for people: drawn on a terminal, parted by tabs elsewhere."""
        if self.quiet:
            return
        if not is_terminal():
            for row in rows:
                _write("\t".join(map(log.escape, row)), sys.stdout)
            return
        from rich.table import Table
        from rich.text import Text

        table = Table(*heads, box=None, pad_edge=False, header_style="bold")
        for row in rows:
            table.add_row(*(Text(log.escape(cell)) for cell in row))
        self.console().print(table)


def is_terminal() -> bool:
    """Whether a person looks at standard output, which may be closed."""
    return sys.stdout is not None and sys.stdout.isatty()


def lock_path(config: Config, name: str) -> Path:
    """The lock file `name`: beside the database, which is what it protects."""
    base = config.database_file
    return base.with_name(f"{base.name}.{name}.lock")


def counted(number: int | Literal["no"], what: str) -> str:
    """So many of something: "1 file", "2 files", "no files"."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def write_line(text: str, *, error: bool = False) -> None:
    """One line on standard output, or with `error` on the other one, whatever is in it: what ends a line or steers a
    terminal is written as an escape."""
    _write(log.escape(text), sys.stderr if error else sys.stdout)


def _write(text: str, out: TextIO | None) -> None:
    """`text` and a line end; what the stream's encoding lacks is written as an escape rather than lost.

    Nothing where the stream was closed from the start. Raises `BroadsheetError` where it takes no more; a reader that
    went away is the caller's (`BrokenPipeError`).
    """
    if out is None:
        return
    encoding = getattr(out, "encoding", None) or "utf-8"
    with _outgoing(out):
        out.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


@contextmanager
def _outgoing(out: TextIO) -> Iterator[TextIO]:
    """`out`, flushed before and after what is written to it here; what that may raise is told at `_write`."""
    try:
        out.flush()
        yield out
        out.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # What is left in the buffer would be tried again, and fail again, when the interpreter ends.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        raise BroadsheetError(f"the output cannot be written: {error.strerror}; what was done is done") from error


def command(app: typer.Typer, name: str | None = None) -> Callable[[Callable[..., int | None]], Callable[..., None]]:
    """Registers a function as a command: its first parameter is the `Desk`, the common options come with it.

    The function returns its exit code; None is 0.
    """

    def register(function: Callable[..., int | None]) -> Callable[..., None]:
        hints = get_type_hints(function, include_extras=True)
        own = list(inspect.signature(function).parameters.values())[1:]

        @functools.wraps(function)
        def run(ctx: typer.Context, **given: Any) -> None:
            common = {key: given.pop(key) for key in _COMMON}
            desk = desk_of(ctx, **common)
            try:
                code = function(desk, **given)
            finally:
                desk.close()
            raise typer.Exit(code or 0)

        parameters = [inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)]
        parameters += [one.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[one.name]) for one in own]
        parameters += [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS[key], annotation=annotation)
            for key, annotation in _COMMON.items()
        ]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads the signature
        run.__annotations__ = {one.name: one.annotation for one in parameters}
        return app.command(name)(run)

    return register


def desk_of(ctx: typer.Context, config: Path | None, as_json: bool, verbose: int, quiet: bool) -> Desk:
    """The desk of a command, whose options may stand before its name as well as behind it."""
    desk: Desk = ctx.find_root().obj
    desk.path = config or desk.path
    desk.as_json = as_json or desk.as_json
    desk.verbose = verbose or desk.verbose
    desk.quiet = quiet or desk.quiet
    log.configure(-1 if desk.quiet else desk.verbose, desk.as_json)
    return desk
