"""The text of `docs/reference.md`, made from the models, the commands and what they really print.

`python -m tests.reference` writes the file; `tests/test_docs.py` fails while it differs from this. The text depends on
nothing but the checkout: shapes of JSON are taken from a desk in a temporary folder whose clock stands still.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from feeds.config import values
from feeds.errors import BroadsheetError
from feeds.states import OF_OUR_OWN, OF_SOURCES, STATES
from feeds.web.public import Said
from tests.command import ROOT, Folder
from tests.fakes import running_site

TARGET = ROOT / "docs" / "reference.md"

TABLES: tuple[tuple[str, type[BaseModel]], ...] = (
    ("[site]", config.Site),
    ("[database]", config.Database),
    ("[publish]", config.Publish),
    ("[poll]", config.Poll),
    ("[access]", config.AccessSettings),
    ("[sections]", config.Sections),
    ("[monitor]", config.Monitor),
    ("[web]", config.Web),
    ("[desk]", config.Desk),
    ("[websub]", config.WebSub),
    ("[[source]]", config.Source),
    ("[[section]]", config.Section),
    ("[[saved]]", config.Saved),
    ("[[rule]]", config.Rule),
    ("[[alert]]", config.Alert),
    ('[host."NAME"]', config.Host),
    ('[credential."ORIGIN"]', config.Credential),
    ("[profile.NAME]", config.Profile),
    ("[[source]] selectors", config.Selectors),
)
COMMON = ("--config", "--json", "--verbose", "--quiet", "--help")
"""Options of every command; the reference tells them once."""


def _either(words: Iterable[str]) -> str:
    """Words as code, the last one behind an "or"."""
    *first, last = (f"`{word}`" for word in words)
    return f"{', '.join(first)} or {last}"


_FEEDS = {
    "all": "Every entry, duplicates folded.",
    "all.free": "Those of them whose access is `free`.",
    "sections/<slug>": "The entries of one section. Gated entries are flagged and carry title and teaser only.",
    "sections/<slug>.free": "Those of them whose access is `free`.",
    "saved/<name>": "What a filter of `[[saved]]` finds, duplicates folded; gated bodies are not searched.",
    "saved/<name>.free": "Those of them whose access is `free`.",
}
PUBLISHED = {
    "index.html": "Page of all sections: the newest entries of each, how to subscribe, autodiscovery links.",
    "style.css": "Style of the pages; they need nothing else, no script, no outside file.",
    "feed.css": "Style of Atom and RSS for people who open them in a browser.",
    **{
        f"{stem}.{suffix}": said if suffix == "atom" else "The same."
        for stem, said in _FEEDS.items()
        for suffix in ("atom", "rss", "json", "html")
        if suffix != "html" or not stem.endswith(".free")
    },
    "archive/<slug>/<month>.atom": (
        "Every entry of a month of a section, or of `all`, complete (RFC 5005); a long month has `-2`, `-3` behind it."
    ),
    "incidents.atom": "Troubles, one entry each, told again when they are over; see [the monitor](monitoring.md).",
    "feeds.opml": "List of all feeds, to import into a reader at once.",
    "sitemap-news.xml": "Addresses of the last two days' entries, for search engines.",
    "manifest.json": (
        "What a publish wrote: `files`, for each `path`, `size`, `sha256`, `entries`, `updated`; `settings`, a digest "
        "of the configuration it was made with."
    ),
}
ENVIRONMENT = {
    "SOURCE_DATE_EPOCH": "Seconds since 1970 that stand in for the present, so that a run can be repeated to the byte.",
    "NO_COLOR": "Set to anything: no colour in the log, even on a terminal.",
    "TERM": "`dumb`: the same.",
    "NOTIFY_SOCKET": "Set by systemd: where `feeds run` says that it is ready, lives, reloads and stops.",
    "WATCHDOG_USEC": "Set by systemd: how often it is to say that it lives.",
    "WATCHDOG_PID": "Set by systemd: which process is.",
    "JOURNAL_STREAM": "Set by systemd: the log that is the journal, whose lines begin with a priority.",
}
_VALIDATED = {
    "_http_url": "http(s) address",
    "_link_url": "http(s) address",
    "_base_url": "http(s) address",
    "_zone": "time zone",
    "_language": "language tag",
    "_source_name": "name",
    "_authority": '"host,date"',
    "_database_url": "sqlite:///PATH",
    "_dateline": "shape",
    "_user_agent": "printable ASCII",
    "_query": "query",
    "_author": "words",
    "_section_name": "text",
    "_shown": "text",
    "_path_pattern": "path",
    "_phrase": "text",
    "_selector": "CSS selector",
    "_quiet": '"HH:MM-HH:MM"',
    "_digest": 'minutes, or "HH:MM"',
    "_kinds": "kinds of troubles",
}
_KINDS = {"str": "TEXT", "list[str]": "TEXT", "path": "PATH", "int": "NUMBER", "int range": "NUMBER"}
_EPOCH = 1_798_761_600
"""1 January 2027, UTC: later than every date of the shipped documents."""

_PLAIN = (
    "update",
    "sources add https://news.example/feed --name news",
    "sources import list.opml --dry-run",
    "sources export",
    "status",
    "entries list",
    "sections list",
    "sources list",
    "sources remove news",
    "tokens create anna --expires 30d",
    "tokens list",
    "tokens revoke anna",
    "config check",
    "check list.opml",
    "db upgrade",
    "db verify",
    "init --config new.toml",
)
_TITLES = {
    "update": "feeds update, poll, publish and demo",
    "entries list": "feeds entries list and search",
    "sources add https://news.example/feed --name news": "feeds sources add",
    "sources remove news": "feeds sources remove",
    "tokens create anna --expires 30d": "feeds tokens create and rotate",
    "tokens revoke anna": "feeds tokens revoke",
    "sources import list.opml --dry-run": "feeds sources import",
    "init --config new.toml": "feeds init",
    "check list.opml": "feeds check",
}
_NOTES = {
    "update": (
        "`outcome` is `stored`, `unchanged`, `failed` or `deferred` (the budget of its host is spent, or our own "
        "network is down). Paths are relative to the published folder. "
        "`sources` is empty for `publish`, `published` for `poll`."
    ),
    "sources list": (
        "`push` is null, or how the source stands with its hub ([WebSub](websub.md#being-pushed-to)): an object of "
        "`state`, `hub`, `topic`, `lease_until`, `last_push`, `doubted_until` and `error`. `feeds status` has it, too."
    ),
    "status": (
        f"`state` is {_either(STATES)}. `kind` is {_either(OF_SOURCES)}, of a source; or {_either(OF_OUR_OWN)}, of our "
        "own, with null as `source`. [The monitor](monitoring.md) tells what each of them means."
    ),
    "check list.opml": (
        "One such object a line, for each document. `valid` is false where a finding is an `error`, with `--strict` "
        "where there is any; the codes are told in [checking feeds](checking.md)."
    ),
    "entries set-access": "`feeds entries withdraw` and `feeds entries restore` give the same.",
    "entries history": (
        "The latest version first. `since` is when it took the place of the one before it, `changed` what moved "
        "(`title`, `body`, `access`, `sections`; `withdrawn` and `restored` move nothing), `diff` how it differs from "
        "that one, null for the first. `kind` is `same`, `gone` or `new`: what is not `new` is the older text, what is "
        "not `gone` the newer."
    ),
    "entries list": (
        "Newest first. `cluster` is the id of the lead entry, `duplicate_of` the same for an entry that is folded "
        "behind it. With `--duplicates` each has `rule`, `score` and `because`, too, as in `feeds entries show`. "
        "`published_precision` is `second` or `day`. `withdrawn` is when the entry was taken back; such "
        "entries are given with `--withdrawn` only."
    ),
    "sources import list.opml --dry-run": (
        "`present` are feeds whose address a source has already, or moved to, with the folders that are not among its "
        "sections."
    ),
    "sources export": "`opml` is null where a file was written. `left_out` counts local paths.",
    "sources try": (
        "`kind` is `seed`, `feed` or `page` (HTML). `items` are the document's own; a page's are those of its feeds. "
        "`how` is `advertised`, `known site`, `link` or `usual address`; `type` is the media type the page gives. "
        "Feeds are asked in their order until one can be read: `checked` says which were, `error` why one cannot be."
    ),
    "tokens create anna --expires 30d": (
        "`token` and `address` are given this once. `expires` is null for one that works until it is revoked. `scopes` "
        "are what it opens; `address` and `basic` are null for one of the API, `api` for one of feeds."
    ),
    "tokens list": (
        "By name. `state` is `live`, `expired` or `revoked`; the last are given with `--all` only. `last_used` is "
        "exact to the minute, `networks` are counted up to 100."
    ),
    "entries show": (
        "`rule` says why an entry is folded behind its lead: `R2` the same words, `R3` and `R4` much of the shorter "
        "text stands in the other, `R5` the same title within 72 hours where one of the two has no body, `person` a "
        "person said so; `score` is how much they agree, 0 to 1, and `because` says both in words. `copies` are the "
        "entries folded behind this one, `related` those that tell of the same event in other words, `rulings` what "
        "people said with `feeds entries split` and `join`: whether the two belong together; an entry that is ruled on "
        "with itself is to stand alone. `published_basis` says how the year of a dateline was settled, or which "
        "element of a feed gave the time."
    ),
}

_FEED = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Coastwire</title><id>urn:x:1</id>
<updated>2026-12-30T10:00:00Z</updated><entry><id>urn:x:2</id><title>Ferry sails again after a week in the dock</title>
<link href="https://coastwire.example/ferry"/><updated>2026-12-30T10:00:00Z</updated>
<published>2026-12-30T10:00:00Z</published><author><name>A. Writer</name></author><category term="Transport"/>
<source><title>Island Wire</title></source><summary>Repairs took a week.</summary></entry></feed>
"""

_RELATED = (
    _FEED.replace("urn:x:", "urn:y:")
    .replace("wire", "isle")
    .replace(
        "Repairs took a week.",
        "Ferry crossings to the islands began again on Friday morning, at first three times a day.",
    )
)
_FEED = _FEED.replace(
    "Repairs took a week.", "Repairs took a week. Ferry crossings to the islands began again with a band and a speech."
)

_OPML = """<opml version="2.0"><body><outline text="Ports">
<outline text="News" xmlUrl="https://news.example/feed"/><outline text="Tides" xmlUrl="https://tides.example/feed"/>
<outline text="A script" xmlUrl="exec:tides"/></outline></body></opml>
"""
_PAGE = """<!DOCTYPE html><html><head><title>Coastwire</title>
<link rel="feed" href="/lost"><link rel="alternate" type="application/atom+xml" title="All" href="/feed"></head></html>
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
    lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Text of a cell: no bar ends it, and `<name>` outside code is no element of HTML."""
    escaped = text.replace("|", "\\|")
    return escaped if text.startswith("`") else escaped.replace("<", "&lt;")


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
    found = list(commands())
    every = _parameters(found[0][1])
    yield "Options that every command takes, before its name or behind it:"
    yield _table(["option", "meaning"], [row for row in every if _is_common(row)])
    yield "Options of `feeds` alone:"
    yield _table(["option", "meaning"], [row for row in every if not _is_common(row)])
    for words, command in found[1:]:
        if getattr(command, "commands", None):
            continue
        yield f"### {' '.join(words)}"
        yield f"`{' '.join((*words, '[OPTIONS]', *_arguments(command)))}`"
        yield (command.help or "").strip()
        rows = [row for row in _parameters(command) if not _is_common(row)]
        if rows:
            yield _table(["argument or option", "meaning"], rows)


def _is_common(row: Sequence[str]) -> bool:
    return any(option in row[0].strip("`").replace(",", "").split() for option in COMMON)


def _arguments(command: Any) -> Iterator[str]:
    for one in command.params:
        if one.param_type_name == "argument":
            name = name_of(one) + ("..." if one.nargs == -1 else "")
            yield name if one.required else f"[{name}]"


def name_of(parameter: Any) -> str:
    """An argument's name as the reference writes it."""
    return str(parameter.metavar or parameter.name).strip("[].").upper()


def _parameters(command: Any) -> list[list[str]]:
    """Arguments and options with what `--help` says of them, defaults included."""
    context = typer.Context(command, info_name="feeds")
    rows = []
    for one in command.get_params(context):
        shown, said = one.get_help_record(context)
        words, _, kind = shown.strip().rstrip(">").partition(" <")
        if one.param_type_name == "argument":
            words = f"{name_of(one)}: {kind}" if "|" in kind else name_of(one)
        elif kind:
            words += " " + _KINDS.get(kind, kind)
        rows.append([f"`{words}`", " ".join(said.replace("[default: 0]", "").split())])
    return rows


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
        ["143", "ended by SIGTERM (a one-shot command; `feeds run` ends with 0)"],
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
        purpose = _first(model).partition(": ")[2]
        yield purpose[:1].upper() + purpose[1:]
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
        inner = _type(arguments[0])
        return f"{inner.partition(',')[0]}, or a list" if values.OneOrMore in metadata else f"list of {inner}"
    if origin is dict:
        return f"table, {_type(arguments[0])} = {_type(arguments[1])}"
    if origin is typing.Literal:
        return " or ".join(f'"{one}"' for one in arguments)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "access level"
    if annotation is config.Selectors:
        return "table, see below"
    named = [_VALIDATED[one.func.__name__] for one in metadata if hasattr(one, "func")]
    words = {str: "text", bool: "true or false", int: "whole number", float: "number", Path: "path"}
    # The last one says most: a text that is a path is a path.
    return (named[-1] if named else words[annotation]) + _bounds(metadata)


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
            '[monitor]\nfailing_after = 1\n[poll]\nallow_networks = ["127.0.0.0/8"]\n'
            + _source("harbour", "seed", ROOT / "seeds" / "harbour")
            + _source("hafen", "seed", ROOT / "seeds" / "hafen")
            + _source("wire", "feed", Path("wire.atom"))
            + _source("lost", "feed", Path("lost.atom"))
            + '[[section]]\nname = "Sea"\nformerly = "Shore"\n[[rule]]\nsection = "Sea"\ntitle = "ferry"\n'
            + _source("isle", "feed", Path("isle.atom"))
        )
        (desk.path / "wire.atom").write_text(_FEED, encoding="utf-8")
        (desk.path / "isle.atom").write_text(_RELATED, encoding="utf-8")
        (desk.path / "list.opml").write_text(_OPML, encoding="utf-8")
        given = {words: [desk.run(*words.split(), "--json").json] for words in _PLAIN}
        listed = given["entries list"][0]
        taken = listed[0]["id"]
        desk.run("entries", "withdraw", taken, "--reason", "an error")
        given["entries list"].append(desk.run("entries", "list", "--withdrawn", "--json").json)
        changed = next(entry["id"] for entry in listed if entry["source"] == "wire")
        (desk.path / "wire.atom").write_text(_FEED.replace("Transport", "Ports").replace("again", "anew"))
        desk.run("update")
        with running_site() as site:
            proof = '<accessRights xmlns="http://purl.org/dc/terms/">premium</accessRights></entry>'
            site.put("/feed", _FEED.replace("</entry>", proof, 1).encode())
            tried = (str(ROOT / "seeds" / "harbour"), site.put("/", _PAGE.encode()))
            given["sources try"] = [desk.run("sources", "try", where, "--json").json for where in tried]
        given["tokens create anna --expires 30d"] += [
            desk.run("tokens", "create", *words, "--json").json for words in (("ben",), ("watcher", "--scope", "read"))
        ]
        given["tokens list"].append(desk.run("tokens", "list", "--all", "--json").json)
        given["sources export"].append(desk.run("sources", "export", "ours.opml", "--json").json)
        several = {(entry["url"] is None, bool(entry["evidence"]), entry["lead"]): entry["id"] for entry in listed}
        _rule(desk, listed)
        given["entries show"] = [desk.run("entries", "show", entry["id"], "--json").json for entry in listed]
        given["entries set-access"] = [
            desk.run("entries", "set-access", uid, "premium", "--json").json for uid in several.values()
        ]
        given["entries history"] = [desk.run("entries", "history", changed, "--json").json]
        return {words: _merged(values) for words, values in given.items()}


def _rule(desk: Folder, listed: Sequence[Mapping[str, Any]]) -> None:
    """Lets a person say something of the first two entries that lead."""
    one, other = [entry["id"] for entry in listed if entry["lead"]][:2]
    desk.run("entries", "split", one, other)


def _source(name: str, kind: str, path: Path) -> str:
    return f"[[source]]\nname = {toml(name)}\nkind = {toml(kind)}\npath = {toml(path)}\n"


def _merged(values: Sequence[object], indent: int = 0) -> str:
    """One shape for `values`, which stand in one place."""
    pad = "  " * (indent + 1)
    mappings = [one for one in values if isinstance(one, Mapping)]
    lists = [one for one in values if isinstance(one, list)]
    names = {"string": (str,), "true or false": (bool,), "number": (int, float), "null": (type(None),)}
    found = [word for word, kinds in names.items() if any(type(one) in kinds for one in values)]
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
    for words, shape in shapes().items():
        yield f"### JSON of {_TITLES.get(words, f'feeds {words}')}"
        yield f"```text\n{shape}\n```"
        if words in _NOTES:
            yield _NOTES[words]
    yield "### JSON of feeds config show"
    yield "The tables and keys of [Configuration](#configuration), every one with the value that counts."


# --- files and tables


def _published() -> Iterator[str]:
    yield "## Published files"
    yield "Below `[publish] directory` (default `var/public`). The address of each is `[site] base_url` + path."
    rows = [[f"`{path}`", f"`{_media_type(path)}`", said] for path, said in PUBLISHED.items()]
    yield _table(["path", "media type", "content"], rows)
    yield (
        "Beside each file of 256 bytes or more, but the manifest, stand its encodings: `.gz`, `.br`, `.zst`. "
        "`gone/<path>` is an empty file: what was published at `<path>` is gone for good, and answers 410."
    )
    yield "`feeds run` serves them, `index.html` also at `/`, and tells whether it [lives and can work](metrics.md)."
    yield (
        "Subscribers get every feed with full texts below `p/<id>.<secret>/`, and below `private/` by HTTP Basic, "
        "never from a file; see [subscribers](subscribers.md)."
    )


def _media_type(path: str) -> str:
    return (Said().media_type(path) or "").partition(";")[0]


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
