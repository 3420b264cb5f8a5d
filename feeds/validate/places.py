"""Where the elements of a document begin, and what only its events tell: namespaces as they are declared, the document
type, entities that nobody has defined."""

from __future__ import annotations

import re
from array import array
from html.entities import name2codepoint
from pyexpat import ErrorString, ExpatError, ParserCreate, XMLParserType, errors

from feeds.validate.rules import Note, shown

_VERSION = re.compile(rb"<\?xml\s+version\s*=\s*[\"']([\w.:-]*)[\"']", re.ASCII)
_RSS_TYPE = "-//Netscape Communications//DTD RSS 0.91//EN"
_SYSTEMS = {
    "http://my.netscape.com/publish/formats/rss-0.91.dtd": "DeprecatedDTD",
    "http://www.rssboard.org/rss-0.91.dtd": "",
}
_CODES = {
    errors.codes[errors.XML_ERROR_UNBOUND_PREFIX]: "MissingNamespace",
    errors.codes[errors.XML_ERROR_UNDEFINED_ENTITY]: "UndefinedNamedEntity",
}
_MOST_DECLARATIONS = 10_000
"""Declarations of namespaces that are kept: no document means more."""


class Outline:
    """The beginnings of a document's elements, in their order. Lines and columns count from 1."""

    def __init__(self, data: bytes) -> None:
        """`data` is UTF-8. Nothing is raised: what is no XML is a note, and the outline ends there."""
        self.root = ""
        self.lines = array("I")
        self.columns = array("I")
        self.declarations: list[tuple[int, str, str]] = []
        self.typed = False
        self.notes: list[tuple[int, int, Note]] = []
        self.broken = False
        self._read(data)

    def place(self, number: int) -> tuple[int, int]:
        """Where the element of this number begins."""
        if number < len(self.lines):
            return self.lines[number], self.columns[number]
        return 1, 1

    def _read(self, data: bytes) -> None:
        parser = ParserCreate("utf-8", " ")
        self._parser = parser
        parser.UseForeignDTD(True)
        parser.StartElementHandler = self._element
        parser.StartNamespaceDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._type
        parser.SkippedEntityHandler = self._skipped
        parser.ExternalEntityRefHandler = lambda *_: 1
        version = _VERSION.match(data)
        if version and version[1] != b"1.0":
            self.notes.append((1, 1, Note("BadXmlVersion", f"the version is {shown(version[1].decode())}")))
        try:
            parser.Parse(data, True)
        except ExpatError as error:
            self.broken = True
            what = f"it is not well-formed: {ErrorString(error.code)}"
            self.notes.append((error.lineno, error.offset + 1, Note(_CODES.get(error.code, "SAXError"), what)))
        del self._parser

    _parser: XMLParserType

    def _element(self, name: str, _attributes: object) -> None:
        if not self.lines:
            self.root = name
        self.lines.append(self._parser.CurrentLineNumber)
        self.columns.append(self._parser.CurrentColumnNumber + 1)

    def _declaration(self, prefix: str | None, uri: str | None) -> None:
        if len(self.declarations) < _MOST_DECLARATIONS:
            self.declarations.append((len(self.lines), prefix or "", uri or ""))

    def _type(self, _name: str, system: str | None, public: str | None, _internal: bool) -> None:
        if public == _RSS_TYPE and system in _SYSTEMS:
            self.typed = True
            if code := _SYSTEMS[system]:
                self._note(code, f"the document type is {system}")

    def _skipped(self, name: str, parameter: bool) -> None:
        if not parameter and not (self.typed and name in name2codepoint):
            self._note("UndefinedNamedEntity", f"nobody defines &{shown(name)[1:-1]};")

    def _note(self, code: str, what: str) -> None:
        self.notes.append((self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1, Note(code, what)))
