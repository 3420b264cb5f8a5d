"""The text of `docs/reference.md`, made from the models, the commands and what they really print.

`python -m tests.reference` writes the file; `tests/test_docs.py` fails while it differs from this. The text depends on
nothing but the checkout: shapes of JSON are taken from a desk in a temporary folder whose clock stands still.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from sqlalchemy import Column, Table, UniqueConstraint

from db.errors import StorageError
from db.models import Base
from feeds import config
from feeds.cli.app import app
from feeds.cli.template import toml
from feeds.errors import BroadsheetError
from feeds.web.public import MEDIA_TYPES
from tests.command import ROOT, Folder

TARGET = ROOT / "docs" / "reference.md"

TABLES: tuple[tuple[str, type[BaseModel]], ...] = (
    ("[site]", config.Site),
    ("[database]", config.Database),
    ("[publish]", config.Publish),
    ("[poll]", config.Poll),
    ("[access]", config.AccessSettings),
    ("[monitor]", config.Monitor),
    ("[web]", config.Web),
    ("[[source]]", config.Source),
    ("[[section]]", config.Section),
    ("[profile.NAME]", config.Profile),
)
COMMON = ("--config", "--json", "--verbose", "--quiet", "--help")
"""Options of every command; the reference tells them once."""

PUBLISHED = {
    "index.html": "Page of all sections: the newest entries of each, how to subscribe, autodiscovery links.",
    "style.css": "Its stylesheet; the page needs nothing else, no script, no outside file.",
    "all.atom": "Every entry, duplicates folded.",
    "sections/<slug>.atom": "The entries of one section. Gated entries are flagged and carry title and teaser only.",
    "sections/<slug>.free.atom": "Those of them whose access is `free`.",
    "feeds.opml": "List of all feeds, to import into a reader at once.",
    "manifest.json": "What a publish wrote: for each file `path`, `sha256`, `size`, `entries`, `updated`.",
}
ENVIRONMENT = {
    "SOURCE_DATE_EPOCH": "Seconds since 1970 that stand in for the present, so that a run can be repeated to the byte.",
    "NO_COLOR": "Set to anything: no colour in the log, even on a terminal.",
}
_VALIDATED = {
    "_http_url": "http(s) address",
    "_base_url": "http(s) address",
    "_zone": "time zone",
    "_language": "language tag",
    "_source_name": "name",
    "_authority": '"host,date"',
}
_EPOCH = 1_798_761_600
"""1 January 2027, UTC: later than every date of the shipped documents."""

_FEED = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Coastwire</title><id>urn:x:1</id>
<updated>2026-05-02T10:00:00Z</updated><entry><id>urn:x:2</id><title>Ferry sails again after a week in the dock</title>
<link href="https://coastwire.example/ferry"/><updated>2026-05-02T10:00:00Z</updated>
<published>2026-05-02T10:00:00Z</published><author><name>A. Writer</name></author><category term="Transport"/>
<source><title>Island Wire</title></source><summary>Repairs took a week.</summary></entry></feed>
"""


def text() -> str:
    """The whole page."""
    parts = [
        "# Reference",
        "Made by `python -m tests.reference` from the code; do not edit it by hand. A test compares the two.",
        "[Commands](#commands) · [Exit codes](#exit-codes) · [Environment](#environment) · "
        "[Configuration](#configuration) · [JSON](#json) · [Published files](#published-files) · [Database](#database)",
        *_commands(),
        *_exit_codes(),
        *_environment(),
        *_configuration(),
        *_json(),
        *_published(),
        *_database(),
    ]
    return "\n\n".join(parts) + "\n"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


# --- commands


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and group of commands as `(words, command)`, `("feeds",)` first."""
    yield from _walk(("feeds",), typer.main.get_command(app))


def _walk(words: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield words, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _walk((*words, name), inner)


def _commands() -> Iterator[str]:
    yield "## Commands"
    yield "Options that every command takes, before its name or behind it:"
    found = list(commands())
    root = found[0][1]
    yield _table(["option", "meaning"], [row for row in _parameters(root, ("feeds",)) if _names(row, COMMON)])
    yield "Options of `feeds` alone:"
    yield _table(["option", "meaning"], [row for row in _parameters(root, ("feeds",)) if not _names(row, COMMON)])
    for words, command in found[1:]:
        if getattr(command, "commands", None):
            continue
        yield f"### {' '.join(words)}"
        yield _usage(command, words)
        yield (command.help or "").strip()
        rows = [row for row in _parameters(command, words) if not _names(row, COMMON)]
        if rows:
            yield _table(["argument or option", "meaning"], rows)


def _names(row: Sequence[str], options: Sequence[str]) -> bool:
    return any(f"{option}`" in row[0] or f"{option} " in row[0] for option in options)


def _usage(command: Any, words: Sequence[str]) -> str:
    context = typer.Context(command, info_name=" ".join(words))
    return f"`{' '.join((*words, *command.collect_usage_pieces(context)))}`"


def _parameters(command: Any, words: Sequence[str]) -> list[list[str]]:
    """Arguments and options with what `--help` says of them, defaults included."""
    context = typer.Context(command, info_name=" ".join(words))
    records = [one.get_help_record(context) for one in command.get_params(context)]
    return [[f"`{name.strip()}`", _sentence(said)] for name, said in filter(None, records)]


def _sentence(said: str) -> str:
    return " ".join(said.replace("  [", " [").split())


def _exit_codes() -> Iterator[str]:
    yield "## Exit codes"
    rows = [
        ["0", "all well"],
        ["1", "something failed: a source, a feed, an entry, a check; `feeds status` says that a person is needed"],
        ["2", "usage: a word of the command is wrong"],
        ["75", "locked: another process is at work, or already is the daemon; try again later"],
        ["78", "the configuration cannot be used"],
        ["130", "stopped with Ctrl-C (a one-shot command; `feeds run` ends with 0)"],
        ["141", "the reader of standard output went away"],
    ]
    yield _table(["code", "meaning"], rows)
    yield "Failures of the application (`feeds/errors.py`) and of the storage (`db/errors.py`):"
    found = [*_tree(BroadsheetError), *_tree(StorageError)]
    yield _table(
        ["error", "code", "meaning"], [[f"`{one.__name__}`", str(one.exit_code), _first(one)] for one in found]
    )
    yield "A failure is one line on standard error: what, where, what to do. `-vv` adds the traceback."


def _tree(root: type[Any]) -> Iterator[type[Any]]:
    yield root
    for each in root.__subclasses__():
        if each.__module__ == root.__module__:
            yield from _tree(each)


def _first(documented: type[Any]) -> str:
    """The first paragraph of a docstring, as one line."""
    return " ".join((inspect.getdoc(documented) or "").split("\n\n")[0].split())


def _environment() -> Iterator[str]:
    yield "## Environment"
    yield _table(["variable", "meaning"], [[f"`{name}`", meaning] for name, meaning in ENVIRONMENT.items()])


# --- configuration


def _configuration() -> Iterator[str]:
    yield "## Configuration"
    yield (
        "`config.toml`, read from the current folder or from `--config`. Paths in it are relative to the file. "
        "An unknown key is an error that names the nearest valid one. `feeds init` writes a file with every key."
    )
    for head, model in TABLES:
        yield f"### {head}"
        yield _first(model).partition(": ")[2].capitalize()
        rows = [
            [f"`{name}`", _type(field.annotation, field.metadata), _default(field), field.description or ""]
            for name, field in model.model_fields.items()
        ]
        yield _table(["key", "type", "default", "meaning"], rows)


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "must be given"
    return "" if field.default is None else f"`{toml(field.default)}`"


def _type(annotation: Any, metadata: Sequence[Any] = ()) -> str:
    """A type in words, with its bounds."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type(arguments[0], arguments[1:])
    if origin in (typing.Union, types.UnionType):
        return _type(next(one for one in arguments if one is not type(None)), metadata)
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return f"table, {_type(arguments[0])} = {_type(arguments[1])}"
    if origin is typing.Literal:
        return " or ".join(f'"{one}"' for one in arguments)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "access level"
    named = [_VALIDATED[one.func.__name__] for one in metadata if hasattr(one, "func")]
    words = {str: "text", bool: "true or false", int: "whole number", float: "number", Path: "path"}
    return (named[0] if named else words[annotation]) + _bounds(metadata)


def _bounds(metadata: Sequence[Any]) -> str:
    bounds: dict[str, Any] = {}
    for one in metadata:
        for name in ("ge", "gt", "le", "max_length"):
            if (value := getattr(one, name, None)) is not None:
                bounds[name] = value
    low = f"{bounds['ge']}" if "ge" in bounds else f"above {bounds['gt']}" if "gt" in bounds else None
    if low is not None:
        return f", {low} to {bounds['le']}"
    return f", at most {bounds['max_length']} characters" if "max_length" in bounds else ""


# --- JSON


def shapes() -> dict[str, str]:
    """What each command prints with `--json`, its values replaced by their types, taken from real runs."""
    with TemporaryDirectory() as folder:
        desk = Folder(Path(folder), epoch=_EPOCH).config(
            "[monitor]\nfailing_after = 1\n"
            + _source("harbour", "seed", ROOT / "seeds" / "harbour")
            + _source("hafen", "seed", ROOT / "seeds" / "hafen")
            + _source("wire", "feed", Path("wire.atom"))
            + _source("lost", "feed", Path("lost.atom"))
        )
        (desk.path / "wire.atom").write_text(_FEED, encoding="utf-8")
        update = _shape(desk.run("update", "--json").json)
        listed = desk.run("entries", "list", "--json").json
        every = [desk.run("entries", "show", entry["id"], "--json").json for entry in listed]
        uid = listed[0]["id"]
        return {
            "feeds update, feeds poll, feeds publish, feeds demo": update,
            "feeds status": _shape(desk.run("status", "--json").json),
            "feeds entries list, feeds entries search": _shape(listed),
            "feeds entries show": _merged(every),
            "feeds entries set-access": _shape(desk.run("entries", "set-access", uid, "premium", "--json").json),
            "feeds sections list": _shape(desk.run("sections", "list", "--json").json),
            "feeds sources list": _shape(desk.run("sources", "list", "--json").json),
            "feeds sources add": _shape(
                desk.run("sources", "add", "https://a.example/feed", "--name", "a", "--json").json
            ),
            "feeds sources remove": _shape(desk.run("sources", "remove", "a", "--json").json),
            "feeds config check": _shape(desk.run("config", "check", "--json").json),
            "feeds db upgrade": _shape(desk.run("db", "upgrade", "--json").json),
            "feeds db verify": _shape(desk.run("db", "verify", "--json").json),
            "feeds init": _shape(desk.run("init", "--config", "new.toml", "--json").json),
        }


def _source(name: str, kind: str, path: Path) -> str:
    return f"[[source]]\nname = {toml(name)}\nkind = {toml(kind)}\npath = {toml(path)}\n"


def _shape(value: object) -> str:
    return _merged([value])


def _merged(values: Sequence[object], indent: int = 0) -> str:
    """One shape for `values`, which stand in one place."""
    pad = "  " * (indent + 1)
    mappings = [one for one in values if isinstance(one, Mapping)]
    lists = [one for one in values if isinstance(one, list)]
    names = {"string": str, "true or false": bool, "number": int, "null": type(None)}
    found = [word for word, kind in names.items() if any(type(one) is kind for one in values)]
    if mappings:
        lines = [
            f'{pad}"{key}": {_merged([one[key] for one in mappings if key in one], indent + 1)}' for key in mappings[0]
        ]
        found.insert(0, "{\n" + ",\n".join(lines) + "\n" + pad[2:] + "}")
    if lists:
        inner = [one for each in lists for one in each]
        found.insert(0, f"[{_merged(inner, indent)}]" if inner else "[string]")
    return " or ".join(found)


def _json() -> Iterator[str]:
    yield "## JSON"
    yield (
        "With `--json` standard output is one JSON value. Times are RFC 3339 in UTC. Messages stay on standard error, "
        "and the exit codes are the same. Shapes below name the type of each value."
    )
    for title, shape in shapes().items():
        yield f"### JSON of {title}"
        yield f"```text\n{shape}\n```"
    yield "### JSON of feeds config show"
    yield "The tables and keys of [Configuration](#configuration), every one with the value that counts."


# --- files and tables


def _published() -> Iterator[str]:
    yield "## Published files"
    yield "Below `[publish] directory` (default `var/public`). The address of each is `[site] base_url` + path."
    rows = [[f"`{path}`", f"`{_media_type(path)}`", said] for path, said in PUBLISHED.items()]
    yield _table(["path", "media type", "content"], rows)
    yield "`feeds run` serves them, `index.html` also at `/`, and answers `ok` at `/healthz`."


def _media_type(path: str) -> str:
    return MEDIA_TYPES[path.rpartition(".")[2]].partition(";")[0]


def _database() -> Iterator[str]:
    yield "## Database"
    yield (
        "SQLite, `[database] url`. Read it as you like; only `feeds` should write it. Times are UTC. "
        "`alembic_version` holds the version of the schema."
    )
    for mapper in sorted(Base.registry.mappers, key=lambda one: str(one.local_table)):
        table = mapper.local_table
        if isinstance(table, Table):
            yield f"### Table {table.name}"
            yield _first(mapper.class_)
            yield _table(["column", "type", ""], [_column(one, table) for one in table.columns])


def _column(column: Column[Any], table: Table) -> list[str]:
    alone = any(
        isinstance(one, UniqueConstraint) and list(one.columns) == [column] for one in table.constraints
    ) or bool(column.unique)
    notes = ["key"] if column.primary_key else []
    notes += ["unique"] if alone else []
    notes += [f"of `{key.target_fullname}`" for key in column.foreign_keys]
    notes += ["may be null"] if column.nullable else []
    return [f"`{column.name}`", str(column.type).lower(), ", ".join(notes)]


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
