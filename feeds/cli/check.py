"""`feeds check`: the rules of any feed, list or sitemap, in a file, a folder, at an address or on standard input.

Nothing is stored, and no configuration is needed. One document after the other is read, checked and told of, so that
any number of them takes the memory of the longest.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from feeds import log
from feeds.cli.desk import Desk, command, write_line
from feeds.cli.findings import Report
from feeds.errors import UsageError
from feeds.naming import no_such

if TYPE_CHECKING:
    from feeds.checking import AddressChecker, Checked
    from feeds.validate import Finding

SUFFIXES = (".atom", ".rss", ".xml", ".rdf", ".json", ".opml")
"""Of files that are looked for in a folder."""
MAX_NAME = 8_192
"""Bytes of a name on standard input."""


def register(app: typer.Typer) -> None:
    """Adds the command to `app`."""
    command(app, "check")(check_documents)


def check_documents(
    desk: Desk,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="WHAT", help="Files, folders, addresses; - reads such names from standard input."),
    ] = None,
    stdin: Annotated[bool, typer.Option("--stdin", help="Check the document on standard input, too.")] = False,
    url: Annotated[
        str | None, typer.Option("--url", help="Address that the file, or the folder, is served under.")
    ] = None,
    errors_only: Annotated[bool, typer.Option("--errors-only", help="Say nothing of warnings.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Take warnings for errors.")] = False,
) -> int:
    """Check feeds (Atom, RSS, RDF, JSON Feed), OPML and sitemaps by the rules of their formats."""
    names = names or []
    _refuse_misuse(names, stdin, url, errors_only, strict)
    report = Report(desk, errors_only=errors_only, strict=strict)
    with _Checks(desk, url) as checks:
        if stdin:
            report.add("-", *checks.stream())
        for name in names:
            before = report.documents + checks.missing
            for document in checks.documents(name):
                found = checks.document(document)
                if found is not None:
                    report.add(document.name, *found)
            if report.documents + checks.missing == before:
                checks.miss(_nothing_in(name))
    if report.documents:
        report.close()
    return 2 if checks.missing else int(report.invalid > 0)


def _refuse_misuse(names: list[str], stdin: bool, url: str | None, errors_only: bool, strict: bool) -> None:
    """Raises `UsageError` for options that make no sense together."""
    if not names and not stdin:
        raise UsageError("name a file, a folder or an address to check, or give --stdin")
    if stdin and "-" in names:
        raise UsageError("standard input can be a document (--stdin) or names (-), not both")
    if errors_only and strict:
        raise UsageError("--errors-only leaves out what --strict would count; give one of them")
    if url is not None:
        if "://" not in url:
            raise UsageError(f"--url: {url}: give an address that begins with http:// or https://")
        if len(names) + stdin != 1 or any(name == "-" or "://" in name for name in names):
            raise UsageError("--url is the address of one file or folder")


@dataclass(frozen=True, slots=True)
class _Named:
    """A document to be checked, and the address it is served under where that is known. `how` tells whether it was
    given on the command line, listed on standard input, or found in a folder."""

    name: str
    location: str | None = None
    how: Literal["given", "listed", "found"] = "listed"


class _Checks:
    """Finds the documents that names mean, and checks one after the other. `missing` counts names of nothing."""

    def __init__(self, desk: Desk, url: str | None) -> None:
        self.missing = 0
        self._desk = desk
        self._url = url
        self._now = desk.now()
        self._stack = ExitStack()
        self._addresses: AddressChecker | None = None

    def __enter__(self) -> _Checks:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def documents(self, name: str) -> Iterator[_Named]:
        """What `name` means: itself, the feeds of a folder, or what standard input names."""
        if name == "-":
            for line in _lines():
                yield from self._in_folder(line) if os.path.isdir(line) else (_Named(line),)
        elif "://" in name:
            yield _Named(name, how="given")
        elif os.path.isdir(name):
            yield from self._in_folder(name)
        elif name and os.path.lexists(name):
            yield _Named(name, self._url, "given")
        else:
            self.miss(no_such(name))

    def document(self, document: _Named) -> tuple[tuple[Finding, ...], bytes] | None:
        """What is wrong with a document, and its bytes; None for JSON of a folder that is not meant to be a feed."""
        if "://" in document.name:
            checked = self._at(document.name)
            return checked.findings, checked.data
        data = _read(document.name, pipes=document.how == "given")
        if not isinstance(data, bytes):
            return (data,), b""
        found = self._check(document.name, data, document.location)
        if document.how == "found" and [each.code for each in found] == ["NotJSONFeed"]:
            if self._desk.verbose:
                self._desk.say(f"{document.name}: JSON of another kind, left out")
            return None
        return found, data

    def stream(self) -> tuple[tuple[Finding, ...], bytes]:
        """The same of the document on standard input."""
        from feeds.validate import SITEMAP_BYTES

        data = sys.stdin.buffer.read(SITEMAP_BYTES + 1) if sys.stdin is not None else b""
        if len(data) > SITEMAP_BYTES:
            return (_refused(f"more than {SITEMAP_BYTES:,} bytes", "ValidatorLimit"),), b""
        return self._check("-", data, self._url), data

    def miss(self, what: str) -> None:
        """Tells of a name that means nothing."""
        self.missing += 1
        write_line(f"feeds: {what}", error=True)

    def _in_folder(self, folder: str) -> Iterator[_Named]:
        base = None if self._url is None else self._url.rstrip("/") + "/"
        for path in _walk(folder):
            relative = os.path.relpath(path, folder).replace(os.sep, "/")
            yield _Named(path, None if base is None else base + relative, "found")

    def _check(self, name: str, data: bytes, location: str | None) -> tuple[Finding, ...]:
        from feeds.validate import check

        try:
            return check(data, location=location, now=self._now)
        except Exception as error:  # a defect of ours, that other documents do not suffer from
            log.get("check").error("check crashed", document=name, exc_info=error)
            return (_refused(f"internal error ({type(error).__name__}); run again with -vv and report it", "IOError"),)

    def _at(self, url: str) -> Checked:
        if self._addresses is None:
            from feeds.checking import AddressChecker
            from feeds.poll import budget_of, fetcher_of

            config = self._desk.config_or_defaults()
            checker = AddressChecker(lambda on_hop: fetcher_of(config, on_hop), lambda host: budget_of(config, host))
            self._addresses = self._stack.enter_context(checker)
        return self._addresses.check(url, self._now)


def _nothing_in(name: str) -> str:
    """What is told of a folder, or of standard input, by which nothing was checked: a script would take silence for
    good news."""
    if name == "-":
        return "-: standard input names nothing to check; --stdin reads a document from there"
    return f"{name}: there is nothing to check in this folder (*{', *'.join(SUFFIXES)})"


def _lines() -> Iterator[str]:
    """Names on standard input, one a line, as they come; empty lines mean nothing."""
    if sys.stdin is None:
        return
    while line := sys.stdin.buffer.readline(MAX_NAME):
        name = os.fsdecode(line.rstrip(b"\r\n"))
        if name:
            yield name


def _walk(folder: str) -> Iterator[str]:
    """Files of a folder that look like feeds by their names, at any depth, in order; hidden ones are left out, linked
    folders are not entered, and the marks of what is gone from a tree of ours are no feeds."""
    for path, folders, files in os.walk(folder):
        ours = "manifest.json" in files
        folders[:] = sorted(name for name in folders if not name.startswith(".") and not (ours and name == "gone"))
        for name in sorted(files):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                yield os.path.join(path, name).removeprefix("./")


def _read(name: str, *, pipes: bool) -> bytes | Finding:
    """The bytes of a file, or with `pipes` of a pipe, which may wait for ever; else a finding that says why not."""
    from feeds.validate import SITEMAP_BYTES

    try:
        status = os.stat(name)
        if not (stat.S_ISREG(status.st_mode) or (pipes and stat.S_ISFIFO(status.st_mode))):
            return _refused("not a file", "IOError")
        if status.st_size > SITEMAP_BYTES:
            return _refused(f"more than {SITEMAP_BYTES:,} bytes", "ValidatorLimit")
        with open(name, "rb") as file:
            data = file.read(SITEMAP_BYTES + 1)
    except (OSError, ValueError) as error:  # a name with a zero byte
        return _refused(f"it cannot be read: {getattr(error, 'strerror', None) or error}", "IOError")
    return data if len(data) <= SITEMAP_BYTES else _refused(f"more than {SITEMAP_BYTES:,} bytes", "ValidatorLimit")


def _refused(what: str, code: str) -> Finding:
    from feeds.validate import Note, finding

    return finding(Note(code, what), 1)
