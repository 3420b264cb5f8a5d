"""`feeds init`, `demo` and `run`: the first steps, and the daemon."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from feeds import log
from feeds.cli.desk import Desk, command, lock_path
from feeds.cli.template import template, toml
from feeds.config import parse
from feeds.errors import BroadsheetError, UsageError

_SAVED = {"name": "ferries", "title": "Ferries", "query": "ferry OR ferries"}
"""The filter of the demo."""


def register(app: typer.Typer) -> None:
    """Adds the commands to `app`."""
    command(app)(init)
    command(app)(run)
    command(app)(demo)


def init(
    desk: Desk,
    title: Annotated[str, typer.Option("--title", help="Name of the site.")] = "My newsroom",
    base_url: Annotated[str, typer.Option("--base-url", help="Address of the feeds.")] = "http://127.0.0.1:8080/",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a commented configuration file."""
    text = template(title, base_url)
    parse(text, desk.path)
    _write_new(desk.path, text, force)
    if desk.as_json:
        desk.give({"written": str(desk.path)})
    desk.say(f"wrote {desk.path}; add a source with 'feeds sources add URL', then 'feeds run'")


def _write_new(path: Path, text: str, force: bool) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path}: is there already; --force replaces it") from None
    except OSError as error:
        raise BroadsheetError(f"{path}: cannot be written: {error.strerror}") from error


def run(
    desk: Desk,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Port; default: [web] port.")] = None,
) -> int:
    """Poll and publish for as long as it runs, and serve the feeds over HTTP."""
    from db.engine import process_lock
    from feeds.daemon import Daemon

    # A daemon's life is in its log, so it says one level more than a command.
    log.configure(-1 if desk.quiet else desk.verbose + 1, desk.as_json, lasting=True)
    config = desk.config
    own, tree = lock_path(config, "daemon"), config.public.with_name(config.public.name + ".daemon.lock")
    with process_lock(own, "feeds run"), process_lock(tree, "feeds run"):
        daemon = Daemon(
            desk.engine(),
            config,
            path=desk.path,
            work_lock=lock_path(config, "work"),
            clock=desk.now,
            announce=desk.say,
            port=port,
        )
        return daemon.run()


def demo(
    desk: Desk,
    directory: Annotated[Path, typer.Argument(help="Folder to make.")] = Path("broadsheet-demo"),
) -> int:
    """Make a desk with sample documents in a folder of its own, and publish it."""
    from feeds.cli.work import update

    _refuse_used(directory)
    lines = [template("Harbour Desk", "http://127.0.0.1:8080/")]
    for outlet in sorted(folder for folder in _shipped().iterdir() if folder.is_dir()):
        try:
            # Contents alone: an installed package may be read-only, and its times are those of its making.
            shutil.copytree(outlet, directory / "seeds" / outlet.name, copy_function=shutil.copyfile)
        except OSError as error:  # shutil.Error too, whose message is a list of all files
            reason = error.strerror or "not every file could be copied"
            raise BroadsheetError(f"{directory}: cannot be made: {reason}") from error
        options = {"name": outlet.name, "kind": "seed", "path": f"seeds/{outlet.name}", "default_section": "News"}
        lines.append("[[source]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in options.items()))
    lines.append("[[saved]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in _SAVED.items()))
    _write_new(directory / "config.toml", "\n".join(lines), force=False)
    own = Desk(path=directory / "config.toml", as_json=desk.as_json, verbose=desk.verbose, quiet=desk.quiet)
    try:
        code = update(own)
    finally:
        own.close()
    own.say(f"open {directory / 'var/public/index.html'}, or serve it: feeds run --config {own.path}")
    return code


def _refuse_used(directory: Path) -> None:
    """Raises `UsageError` for whatever is at `directory` but an empty folder."""
    try:
        used = any(directory.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        used = os.path.lexists(directory)
    except OSError as error:
        raise BroadsheetError(f"{directory}: cannot be read: {error.strerror}") from error
    if used:
        raise UsageError(f"{directory}: is there already; name a folder that is not")


def _shipped() -> Path:
    """The sample documents: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "demo", package.parent / "seeds"):
        if folder.is_dir():
            return folder
    raise BroadsheetError(f"{package / 'demo'}: the sample documents are missing; install broadsheet again")
