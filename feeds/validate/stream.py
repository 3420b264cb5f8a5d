"""XML as a stream of elements, each with the line and column of its first character.

expat, not the tree of `feeds.tree`: that knows only where a start tag ends, and holds all of a sitemap of 50 MB. Memory
is that of the open elements. Entities of a document's own are refused, nothing outside is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol
from xml.parsers import expat  # entities are refused below

from feeds.validate.encodings import decoded
from feeds.validate.rules import Note

MAX_DEPTH = 256
MAX_ELEMENTS = 2_000_000
_BEGINNING = 65_536
_DECLARATION = 1_000


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
    """What is wrong with a document as XML, and where."""

    note: Note
    line: int
    column: int


class _Stop(Exception):
    """Ends the parse with a fault."""


def walk(data: bytes, listener: Listener) -> tuple[Fault, ...]:
    """Tells `listener` of the elements of `data`, in their order, until it ends or is found to be broken; what is wrong
    with it as XML."""
    document = decoded(data)
    faults = [Fault(note, line, column) for line, column, note in document.notes]
    end = _Walk(listener).run(document.data)
    return (*faults, end) if end is not None else tuple(faults)


def encoding_of(data: bytes) -> str:
    """The encoding that XML declares or its first bytes tell, in lower case; utf-8 where nothing does."""
    return decoded(data[:_DECLARATION]).encoding.lower()


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


class _Walk:
    """One parse. The handlers raise `_Stop` where it has to end."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._open: list[Element] = []
        self._elements = 0
        self._fault: Fault | None = None
        parser = self._parser = expat.ParserCreate("utf-8", " ")
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
            return self._fault
        except expat.ExpatError as error:
            undefined = error.code == expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]
            code = "UndefinedNamedEntity" if undefined else "SAXError"
            return Fault(
                Note(code, f"it is not well-formed: {expat.ErrorString(error.code)}"), error.lineno, error.offset + 1
            )
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
        self._fault = Fault(Note(code, what), self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)
        raise _Stop
