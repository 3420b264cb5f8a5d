"""Findings of a check as people and programs read them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from feeds.cli.desk import Desk, counted, is_terminal, write_line
from feeds.log import escape

if TYPE_CHECKING:
    from feeds.validate import Finding

WIDTH = 100
"""Characters of a source line that are shown around what is at fault."""
_LINE_END = re.compile(r"\r\n|\n|\r")
_STYLES = {"error": "bold red", "warning": "yellow"}


class Report:
    """Writes what was found, document by document, and sums it up.

    `errors_only` leaves warnings out, `strict` counts them as errors.
    """

    def __init__(self, desk: Desk, *, errors_only: bool = False, strict: bool = False) -> None:
        self._desk = desk
        self._errors_only = errors_only
        self._strict = strict
        self._colours = is_terminal() and not desk.as_json
        self.documents = self.invalid = 0
        self._count: Counter[str] = Counter()

    def add(self, name: str, findings: tuple[Finding, ...], data: bytes) -> None:
        """One document: one line of JSON, or a line for each finding, with -v below it the line of the source."""
        if self._errors_only:
            findings = tuple(found for found in findings if found.severity == "error")
        valid = not findings if self._strict else all(found.severity != "error" for found in findings)
        self.documents += 1
        self.invalid += not valid
        self._count.update(found.severity for found in findings)
        if self._desk.as_json:
            self._desk.give_line({"file": name, "valid": valid, "findings": list(map(_shape, findings))})
            return
        excerpts = _Excerpts(data) if self._desk.verbose else None
        for found in findings:
            self._write(name, found)
            for line in excerpts.of(found) if excerpts is not None else ():
                write_line(line)
        if valid and self._desk.verbose:
            self._desk.say(f"{name}: valid")

    def close(self) -> None:
        """The last line: how many documents, and what was found."""
        valid = self.documents - self.invalid
        found = [counted(self._count[severity] or "no", severity) for severity in ("error", "warning")]
        if self._errors_only:
            found.pop()
        of = "valid" if not self.invalid else f"{valid} valid" if valid else "not valid"
        self._desk.say(f"{counted(self.documents or 'no', 'document')} checked, {of}: {', '.join(found)}")

    def _write(self, name: str, found: Finding) -> None:
        place = f"{name}:{found.line}:{found.column}:"
        if not self._colours:
            write_line(f"{place} {found.severity} {found.code}: {found.message}")
            return
        from rich.text import Text

        line = Text(f"{escape(place)} ", style="bold")
        line.append(found.severity, style=_STYLES[found.severity])
        line.append(f" {found.code}", style="bold not bold cyan").append(f": {escape(found.message)}", style="not bold")
        self._desk.console().print(line)


def _shape(found: Finding) -> dict[str, Any]:
    return {
        "severity": found.severity,
        "code": found.code,
        "line": found.line,
        "column": found.column,
        "message": found.message,
    }


class _Excerpts:
    """Lines of a document around what is at fault."""

    def __init__(self, data: bytes) -> None:
        from feeds.validate import text_of

        self._lines = _LINE_END.split(text_of(data)) if data else []

    def of(self, found: Finding) -> Iterator[str]:
        """The line, cut to what is near, and below it a caret; nothing where the document has no such line."""
        if found.line > len(self._lines):
            return
        text = self._lines[found.line - 1].expandtabs(1)
        at = min(found.column - 1, len(text))
        start = max(0, min(at - WIDTH // 2, len(text) - WIDTH))
        # Joined marks and wide letters take no or two places on a terminal.
        before = escape(text[start:at])
        yield f"    {text[start : start + WIDTH]}"
        yield f"    {' ' * sum(map(_width, before))}^"


def _width(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in ("W", "F") else 1
