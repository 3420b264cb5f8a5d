"""OPML 1.0, 1.1 and 2.0 (http://opml.org/spec2.opml), by the W3C validator's codes.

Where that is stricter than the specification (a folder of readers has text and title, and no type) the specification
counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from feeds.validate.dates import rfc822
from feeds.validate.html import html_notes
from feeds.validate.notes import Notes
from feeds.validate.rules import Finding, Note, shown
from feeds.validate.rules_other import OPML_ADVICE
from feeds.validate.stream import Element, walk
from feeds.validate.values import Check, contact, full_iri, full_link, language, web_address, whole

_VERSIONS = ("1.0", "1.1", "2.0")
_FORMATS = ("RSS", "RSS1", "RSS2", "scriptingNews")
_CHILDREN = {
    "opml": frozenset({"head", "body"}),
    "outlineDocument": frozenset({"head", "body"}),
    "head": frozenset(
        "title dateCreated dateModified ownerName ownerEmail ownerId docs expansionState vertScrollState windowTop "
        "windowLeft windowBottom windowRight".split()
    ),
    "body": frozenset({"outline"}),
    "outline": frozenset({"outline"}),
}
_OUTLINE = frozenset(
    "category created description htmlUrl isBreakpoint isComment language text title type url version xmlUrl".split()
)
_FOLDED = {name.lower(): name for name in _OUTLINE}
_TELLING = ("description", "htmlUrl", "language", "title", "version", "xmlUrl")
"""Attributes that only mean something for a type."""
_STATE = re.compile(r"(?:\d+(?:\s*,\s*\d+)*)?", re.ASCII)


def opml_findings(data: bytes) -> tuple[Finding, ...]:
    """What is wrong with an OPML document, by place. Nothing is raised."""
    checker = _Checker()
    for fault in walk(data, checker):
        checker.notes.add((fault.line, fault.column), *fault.note)
    return checker.notes.findings(OPML_ADVICE)


class _Checker:
    """Hears the document and gathers what is wrong, each with line and column."""

    def __init__(self) -> None:
        self.notes = Notes()
        self._version = ""

    def begin(self, element: Element, around: Sequence[Element]) -> None:
        if element.namespace and around and element.namespace != around[0].namespace:
            return
        name = element.name
        if not around:
            self._root(element)
        elif around[-1].namespace != around[0].namespace:
            return  # what an extension holds is its own
        elif name not in _CHILDREN.get(around[-1].name, ()):
            self._add(element, "UndefinedElement", f"{shown(name)} is no element of {shown(around[-1].name)}")
        elif name != "outline" and around[-1].seen[name] > 1:
            self._add(element, "DuplicateElement", f"there is more than one {name}")

    def end(self, element: Element, around: Sequence[Element]) -> None:
        if around and element.namespace != around[0].namespace:
            return
        name = element.name
        if name in _CHILDREN:
            if element.text.strip():
                self._add(element, "UnexpectedText", f"there is text in {name}: {shown(element.text.strip())}")
            wanted = {"opml": ("head", "body"), "outlineDocument": ("head", "body"), "body": ("outline",)}.get(name, ())
            for child in wanted:
                if child not in element.seen:
                    self._add(element, "MissingElement", f"{name} has no {child}")
            if name == "outline":
                self._outline(element)
        elif len(around) == 2 and around[1].name == "head" and name in _HEAD:
            self._note(element, _HEAD[name](element.text), name)

    def _add(self, element: Element, code: str, what: str) -> None:
        self.notes.add((element.line, element.column), code, what)

    def _note(self, element: Element, note: Note | None, where: str) -> None:
        if note is not None:
            self._add(element, note.code, f"{where}: {note.what}")

    def _root(self, root: Element) -> None:
        version = root.attributes.get("version")
        self._version = version or ""
        if version is None:
            if root.name == "opml":
                self._add(root, "MissingAttribute", "opml has no version")
        elif version not in _VERSIONS:
            self._add(root, "InvalidOPMLVersion", f"{shown(version)} is no version of OPML")
        for key in root.attributes:
            if key != "version" and not key.startswith("{"):
                self._add(root, "UnexpectedAttribute", f"opml has an attribute {shown(key)}")

    def _outline(self, outline: Element) -> None:
        given = outline.attributes
        if "text" not in given:
            self._add(outline, "MissingAttribute", "the outline has no text")
        kind = given.get("type")
        if kind is not None:
            self._typed(outline, kind)
        elif any(name in given for name in _TELLING) and not _is_folder(outline):
            self._add(outline, "MissingOutlineType", "the outline has no type")
        version = given.get("version")
        if version is not None and version not in _FORMATS:
            self._add(outline, "InvalidOutlineVersion", f"{shown(version)} is no format of a feed")
        for name, value in given.items():
            if name in _VALUES:
                self._note(outline, _VALUES[name](value), name)
            elif name not in _OUTLINE and "{" not in name:
                self._unknown(outline, name, kind)

    def _typed(self, outline: Element, kind: str) -> None:
        given = outline.attributes
        if kind.lower() == "rss":
            if not given.get("xmlUrl", "").strip():
                self._add(outline, "MissingXmlURL", "the outline of a feed has no xmlUrl")
            if "title" not in given:
                self._add(outline, "MissingTitleAttr", "the outline of a feed has no title")
        elif kind.lower() == "link" or (kind.lower() == "include" and self._version == "2.0"):
            if not given.get("url", "").strip():
                self._add(outline, "MissingUrlAttr", f"the outline of type {kind.lower()} has no url")
        elif self._version.startswith("1."):
            self._add(outline, "InvalidOutlineType", f"{shown(kind)} is no type of OPML {self._version}")

    def _unknown(self, outline: Element, name: str, kind: str | None) -> None:
        """OPML 1 lets an outline have any attribute, and 2.0 those that its type knows."""
        meant = _FOLDED.get(name.lower())
        if meant is not None:
            self._add(outline, "UnexpectedAttribute", f"the outline has {shown(name)}; {meant} may be meant")
        elif self._version == "2.0" and (kind is None or kind.lower() in ("rss", "link", "include")):
            self._add(outline, "UnexpectedAttribute", f"the outline has an attribute {shown(name)}")


def _is_folder(outline: Element) -> bool:
    """Whether an outline only groups others, as readers write it: with a title, and without an address."""
    return "outline" in outline.seen and not {"xmlUrl", "htmlUrl"} & outline.attributes.keys()


def _date(text: str) -> Note | None:
    return rfc822(text.strip())[0]


def _address(text: str) -> Note | None:
    return full_link(text) if text else None


def _feed(text: str) -> Note | None:
    return full_iri(text) if text else None


def _mail(text: str) -> Note | None:
    return contact(text.strip())


def _owner(text: str) -> Note | None:
    return web_address(text.strip())


def _lines(text: str) -> Note | None:
    plain = text.strip()
    return None if _STATE.fullmatch(plain) else Note("InvalidExpansionState", f"{shown(plain)} is no list of lines")


def _number(text: str) -> Note | None:
    """0 is the top or left of a screen, where the W3C validator asks for more."""
    plain = text.strip()
    if not plain:
        return Note("NotBlank", "it is empty")
    number = whole(plain)
    return None if number is not None and number >= 0 else Note("InvalidPositiveInteger", f"it is {shown(plain)}")


def _flag(text: str) -> Note | None:
    return None if text in ("true", "false") else Note("InvalidTrueFalse", f"{shown(text)} is neither")


def _language(text: str) -> Note | None:
    """The word "unknown" is what the specification's own example says."""
    return None if not text or text.lower() == "unknown" else language(text)


def _safe(text: str) -> Note | None:
    """Texts may hold markup; only what is risky in it matters."""
    return next((note for note in html_notes(text) if note.code != "NotHtml"), None)


_HEAD: Mapping[str, Check] = {
    "title": _safe, "ownerName": _safe, "dateCreated": _date, "dateModified": _date, "ownerEmail": _mail,
    "ownerId": _owner, "docs": _address, "expansionState": _lines, "vertScrollState": _number, "windowTop": _number,
    "windowLeft": _number, "windowBottom": _number, "windowRight": _number,
}  # fmt: skip
_VALUES: Mapping[str, Check] = {
    "created": _date, "description": _safe, "text": _safe, "title": _safe, "htmlUrl": _address,
    "xmlUrl": _feed, "url": _address, "isBreakpoint": _flag, "isComment": _flag, "language": _language,
}  # fmt: skip
