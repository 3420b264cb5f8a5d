"""XML as a stream of elements, each with the line and column of its first character.

expat, not the tree of `feeds.tree`: that knows only where a start tag ends, and holds all of a sitemap of 50 MB. Memory
is that of the open elements. Entities of a document's own are refused, nothing outside is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol
from xml.parsers import expat  # entities are refused below

from feeds.validate.rules import Note

MAX_DEPTH = 256
MAX_ELEMENTS = 2_000_000
_BEGINNING = 65_536
_NATIVE = frozenset({"utf-8", "utf8", "utf-16", "iso-8859-1", "us-ascii"})
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,40})["']""")
_CODEC = re.compile(
    r"iso-?8859-?\d+|(?:windows-?|cp)\d+|koi8-?[rut]|gb[\dk]+|hz|big5(?:-?hkscs)?|euc-?(?:jp|kr)|shift[_-]?jis|"
    r"iso-?2022-?(?:jp|kr)|tis-?620|mac-?\w+|latin-?\d+|utf-?(?:8|16|32)(?:-?[bl]e)?|us-?ascii|ascii"
)
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(slots=True)
class Element:
    """An element while it is open. `namespace` is empty for none; attributes in one have names such as `{uri}name`.

    `texts` are the pieces of text directly inside; `seen` counts the names of its children, in any namespace.
    """

    name: str
    namespace: str
    attributes: Mapping[str, str]
    line: int
    column: int
    texts: list[str] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "".join(self.texts)


class Listener(Protocol):
    """Hears of every element. `around` are those it stands in, outermost first."""

    def begin(self, element: Element, around: Sequence[Element]) -> None:
        """An element begins: its text and children are still to come."""

    def end(self, element: Element, around: Sequence[Element]) -> None:
        """An element ended."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a document could not be read to its end, and where."""

    note: Note
    line: int
    column: int


class _Stop(Exception):
    """Ends the parse with a fault."""


def walk(data: bytes, listener: Listener) -> Fault | None:
    """Tells `listener` of the elements of `data`, in their order, until it ends or is found to be broken."""
    prepared = _decoded(data)
    if isinstance(prepared, Fault):
        return prepared
    return _Walk(listener, prepared[1]).run(prepared[0])


def encoding_of(data: bytes) -> str:
    """The encoding that XML declares, or its byte order mark does, in lower case; utf-8 where neither does."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    found = _DECLARED.match(data[:_BEGINNING].lstrip(b" \t\r\n"))
    return found[1].decode().lower() if found is not None else "utf-8"


def first_element(data: bytes) -> str | None:
    """The local name of the root; None where something is at fault before it, or there is none."""
    found: list[str] = []

    def begin(name: str, _attributes: dict[str, str]) -> None:
        found.append(name.rpartition(" ")[2])
        raise _Stop

    parser = expat.ParserCreate(None, " ")
    parser.StartElementHandler = begin
    # All that follows the beginning at once: expat scans a long comment again with every piece that it gets of it.
    # ValueError and LookupError: an encoding of several bytes, or none that is known.
    with suppress(_Stop, expat.ExpatError, ValueError, LookupError):
        parser.Parse(data[:_BEGINNING], False)
        parser.Parse(data[_BEGINNING:], True)
    parser.StartElementHandler = None
    return found[0] if found else None


def _decoded(data: bytes) -> tuple[bytes, str | None] | Fault:
    """The bytes for expat, and their encoding where it is not the one they declare."""
    encoding = encoding_of(data)
    if encoding not in _NATIVE:
        if not _CODEC.fullmatch(encoding):
            return Fault(Note("UnknownEncoding", f'the encoding "{encoding}" is not known'), 1, 1)
        try:
            return data.decode(encoding).encode(), "utf-8"
        except LookupError:
            return Fault(Note("UnknownEncoding", f'the encoding "{encoding}" is not known'), 1, 1)
        except UnicodeError as error:
            return _undecodable(data, encoding, error)
    if encoding in ("utf-8", "utf8", "us-ascii"):
        try:
            data.decode(encoding)
        except UnicodeError as error:
            return _undecodable(data, encoding, error)
    return data, None


def _undecodable(data: bytes, encoding: str, error: UnicodeError) -> Fault:
    start = error.start if isinstance(error, UnicodeDecodeError) else 0
    before = data[:start]
    column = len(before.rpartition(b"\n")[2].decode(encoding, "replace")) + 1
    what = f"byte 0x{data[start]:02x} is no {encoding.upper()}" if data else "no text"
    return Fault(Note("UnicodeError", what), before.count(b"\n") + 1, column)


class _Walk:
    """One parse. The handlers raise `_Stop` where it has to end."""

    def __init__(self, listener: Listener, encoding: str | None) -> None:
        self._listener = listener
        self._open: list[Element] = []
        self._elements = 0
        self._fault: Note | None = None
        parser = self._parser = expat.ParserCreate(encoding, " ")
        parser.buffer_text = True
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = self._entity
        parser.SkippedEntityHandler = self._skipped

    def run(self, data: bytes) -> Fault | None:
        try:
            self._parser.Parse(data, True)
        except _Stop:
            note = self._fault or Note("SAXError", "not XML")
            return Fault(note, self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)
        except expat.ExpatError as error:
            undefined = error.code == expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]
            code = "UndefinedNamedEntity" if undefined else "SAXError"
            return Fault(Note(code, expat.ErrorString(error.code) or "not XML"), error.lineno, error.offset + 1)
        finally:
            self._parser.StartElementHandler = self._parser.EndElementHandler = None
            self._parser.CharacterDataHandler = self._parser.EntityDeclHandler = None
            self._parser.SkippedEntityHandler = None  # else parser and handlers hold each other
        return None

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if len(self._open) >= MAX_DEPTH:
            self._stop("ValidatorLimit", f"elements are nested deeper than {MAX_DEPTH}")
        if self._elements > MAX_ELEMENTS:
            self._stop("ValidatorLimit", f"there are more than {MAX_ELEMENTS:,} elements")
        namespace, _, local = name.rpartition(" ")
        named = {f"{{{key.replace(' ', '}')}" if " " in key else key: value for key, value in attributes.items()}
        place = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
        element = Element(local, namespace, named, *place)
        if self._open:
            seen = self._open[-1].seen
            seen[local] = seen.get(local, 0) + 1
        self._listener.begin(element, self._open)
        self._open.append(element)

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        self._listener.end(element, self._open)

    def _text(self, text: str) -> None:
        self._open[-1].texts.append(text)

    def _entity(self, name: str, *_: object) -> None:
        self._stop("SAXError", f"the document declares the entity {name[:40]!a}")

    def _skipped(self, name: str, *_: object) -> None:
        self._stop("UndefinedNamedEntity", f"the entity {name[:40]!a} is not defined")

    def _stop(self, code: str, what: str) -> None:
        self._fault = Note(code, what)
        raise _Stop
