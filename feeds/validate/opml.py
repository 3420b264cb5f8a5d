"""OPML 1.0, 1.1 and 2.0 (http://opml.org/spec2.opml), by the W3C validator's codes.

Where that is stricter than the specification (a folder of readers has text and title, and no type) the specification
counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from feeds.validate.addresses import absolute_note
from feeds.validate.dates import mail_date_note
from feeds.validate.notes import Notes
from feeds.validate.rules import Finding, Note, shown
from feeds.validate.rules_other import OPML_ADVICE
from feeds.validate.stream import Element, walk
from feeds.validate.values import LANGUAGE, html_notes

Rule: TypeAlias = Callable[[str], "Sequence[Note | None]"]
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
_NUMBER = re.compile(r"\d+", re.ASCII)
_MAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[^\s@<>()]+")
_WEB = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)


def opml_findings(data: bytes) -> tuple[Finding, ...]:
    """What is wrong with an OPML document, by place. Nothing is raised."""
    checker = _Checker()
    fault = walk(data, checker)
    if fault is not None:
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
            for note in _HEAD[name](element.text):
                self._note(element, note, name)

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
                for note in _VALUES[name](value):
                    self._note(outline, note, name)
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


def _date(text: str) -> Sequence[Note | None]:
    return (mail_date_note(text),)


def _address(text: str) -> Sequence[Note | None]:
    return (absolute_note(text),) if text else ()


def _mail(text: str) -> Sequence[Note | None]:
    plain = text.strip()
    return () if _MAIL.fullmatch(plain[:320]) else (Note("InvalidContact", f"{shown(plain)} is no e-mail address"),)


def _owner(text: str) -> Sequence[Note | None]:
    plain = text.strip()
    return () if _WEB.fullmatch(plain) else (Note("InvalidURLAttribute", f"{shown(plain)} is no address of the web"),)


def _lines(text: str) -> Sequence[Note | None]:
    plain = text.strip()
    return () if _STATE.fullmatch(plain) else (Note("InvalidExpansionState", f"{shown(plain)} is no list of lines"),)


def _number(text: str) -> Sequence[Note | None]:
    plain = text.strip()
    if not plain:
        return (Note("NotBlank", "it is empty"),)
    return () if _NUMBER.fullmatch(plain) else (Note("InvalidPositiveInteger", f"{shown(plain)} is no number"),)


def _flag(text: str) -> Sequence[Note | None]:
    return () if text in ("true", "false") else (Note("InvalidTrueFalse", f"{shown(text)} is neither"),)


def _language(text: str) -> Sequence[Note | None]:
    """The word "unknown" is what the specification's own example says."""
    known = not text or text.lower() == "unknown" or LANGUAGE.fullmatch(text)
    return () if known else (Note("InvalidLanguage", f"{shown(text)} is no language"),)


_HEAD: Mapping[str, Rule] = {
    "title": html_notes, "ownerName": html_notes, "dateCreated": _date, "dateModified": _date, "ownerEmail": _mail,
    "ownerId": _owner, "docs": _address, "expansionState": _lines, "vertScrollState": _number, "windowTop": _number,
    "windowLeft": _number, "windowBottom": _number, "windowRight": _number,
}  # fmt: skip
_VALUES: Mapping[str, Rule] = {
    "created": _date, "description": html_notes, "text": html_notes, "title": html_notes, "htmlUrl": _address,
    "xmlUrl": _address, "url": _address, "isBreakpoint": _flag, "isComment": _flag, "language": _language,
}  # fmt: skip
