"""How rules are written down and followed: a place is a mapping from names of elements to rules.

A rule looks at one element. `Scene` goes through a place, gathers what is wrong beside the element it is wrong with,
and knows what all rules have to know: the family of the document, how names are spelt in it, its bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import Enum
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple, cast

from lxml import etree

from feeds.tree import attributes_of
from feeds.validate import html, values
from feeds.validate.rules import Note, shown
from feeds.validate.spaces import RDF, RSS_11, XML, known, prefix_of
from feeds.validate.values import Check

_BAD_TEXT = re.compile(r"[\x80-\x9f\ufffd]")
_TWICE_ENCODED = re.compile(r"[\xc2\xc3][\x80-\xbf]")
_C1_BYTES = re.compile(rb"\xc2[\x80-\x9f]|\xc3[\x82\x83]\xc2")
_REPLACEMENT = "\ufffd".encode()
_XML_ATTRIBUTES = tuple(f"{{{XML}}}{name}" for name in ("base", "lang", "id", "space"))
_BASE, _LANG = _XML_ATTRIBUTES[:2]
_RDF_ATTRIBUTES = frozenset(f"{{{RDF}}}{name}" for name in ("parseType", "datatype", "resource"))
_ABOUT, _RESOURCE = f"{{{RDF}}}about", f"{{{RDF}}}resource"
_PARSE_TYPE = f"{{{RDF}}}parseType"


class Family(Enum):
    """What kind of document it is; extension elements are read differently in each."""

    ATOM = "Atom"
    RSS = "RSS"
    RDF = "RDF"


Look = Callable[["Scene", etree._Element], None]
Found = Mapping[str, list[etree._Element]]
Place = Mapping[str, "Rule"]
Attributes = Mapping[str, Check | None]


NO_ATTRIBUTES: Attributes = MappingProxyType({})
_EMPTY: Place = MappingProxyType({})


class Rule(NamedTuple):
    """What is to be said of an element. `once` is the code of a second one in the same place; empty where there may be
    many."""

    look: Look
    once: str = "DuplicateElement"

    def many(self) -> Rule:
        """The same for an element that may stand there more than once."""
        return self._replace(once="")


class Scene:
    """A document, or the part of one that is looked at, and what was found in it."""

    def __init__(
        self,
        data: bytes,
        family: Family,
        defaults: Iterable[str],
        location: str | None = None,
        *,
        questionable: Place = _EMPTY,
        own: bool = False,
    ) -> None:
        """`defaults` are the namespaces whose elements go by their bare names; `questionable` elements mean something,
        but not where they stand; `own` asks for what we promise of our own documents besides."""
        self.notes: list[tuple[etree._Element, Note]] = []
        self.moments: list[tuple[etree._Element, datetime]] = []
        self.family = family
        self.location = location
        self.own = own
        self.version = ""
        self.encoding = "utf-8"
        self.podcast = False
        self.abouts: set[str] = set()
        self.gathered: dict[str, list[etree._Element]] = {}
        self.suspect = suspect(data)
        self.based = b"xml:base" in data
        self._questionable = questionable
        self._defaults = frozenset(defaults)
        self._data = data
        self._names: dict[str, str] = {}
        self._foreign: set[str] = set()

    def note(self, element: etree._Element, code: str, what: str) -> None:
        """Something is wrong with `element`."""
        self.notes.append((element, Note(code, what)))

    def noted(self, element: etree._Element, note: Note | None, what: str = "") -> None:
        """The same with a finished note, if there is one; `what` tells what of the element it is about."""
        if note is not None:
            name = what or self.spelt(element)
            self.notes.append((element, Note(note.code, f"{name}: {note.what}")))

    def gather(self, found: Found, names: Iterable[str]) -> None:
        """Keeps elements of these names, to be compared with those of other items."""
        for name in names:
            if name in found:
                self.gathered.setdefault(name, []).extend(found[name])

    def name(self, tag: str) -> str:
        """An element's name in the words of the rules; empty where its namespace has none."""
        name = self._names.get(tag)
        if name is None:
            namespace, _brace, local = tag[1:].rpartition("}") if tag[:1] == "{" else ("", "", tag)
            if namespace in self._defaults or (not namespace and self.family is Family.RSS):
                name = local
            elif not namespace:
                name = ""
            else:
                prefix = prefix_of(namespace)
                name = f"{prefix}:{local}" if prefix else ""
                if prefix == "dc":
                    name = name.partition(".")[0]
            self._names[tag] = name
        return name

    def spelt(self, element: etree._Element) -> str:
        """An element's name in a message."""
        return shown(self.name(str(element.tag)) or str(element.tag))[1:-1]

    def text(self, element: etree._Element) -> str:
        """An element's text, without white space at its ends; of its elements, too."""
        if not len(element):
            return (element.text or "").strip()
        # Entities that nobody has defined have no text. What stands behind elements comes last: no rule minds.
        pieces = [inner.text or "" for inner in element.iter() if isinstance(inner.tag, str)]
        return "".join([*pieces, *(inner.tail or "" for inner in element.iterdescendants())]).strip()

    def follow(
        self, children: Iterable[etree._Element], parent: etree._Element, place: Place
    ) -> dict[str, list[etree._Element]]:
        """Looks at each of `children`, which stand in `parent`."""
        found: dict[str, list[etree._Element]] = {}
        for child in children:
            tag: object = child.tag
            if not isinstance(tag, str):
                continue  # an entity that nobody has defined
            name = self._names.get(tag) or self.name(tag)
            rule = place.get(name)
            before = found.get(name)
            if before is None:
                found[name] = [child]
            else:
                before.append(child)
                if rule is not None and rule.once:
                    self.note(child, rule.once, f"there is more than one {self.spelt(child)}")
            if rule is not None:
                rule.look(self, child)
            else:
                self.unforeseen(child, parent, name)
            if self.suspect:
                self.characters(child)
        return found

    def no_text(self, parent: etree._Element) -> None:
        """Text between elements."""
        pieces = [parent.text, *(child.tail for child in parent)]
        if any(piece and not piece.isspace() for piece in pieces):
            self.note(parent, "UnexpectedText", f"{self.spelt(parent)} has text beside its elements")

    def no_elements(self, element: etree._Element) -> None:
        """Elements where only text should be. RDF may have them, but not beside text."""
        if self.family is Family.RDF:
            rdf_extension(self, element)
            return
        for child in element:
            if isinstance(child.tag, str):
                what = f"{self.spelt(child)} stands in the text of {self.spelt(element)}"
                self.note(child, "UndefinedElement", what)
        self.eaten(element)

    def unforeseen(self, child: etree._Element, parent: etree._Element, name: str) -> None:
        """An element that no rule of its place names."""
        if not name:
            self.foreign(child, parent)
        elif name.startswith("xhtml:"):
            self.note(child, "MisplacedXHTMLContent", f"{self.spelt(child)} stands in {self.spelt(parent)}")
        elif name in self._questionable:
            self.note(child, "QuestionableUsage", f"{self.spelt(child)} stands in {self.spelt(parent)}")
            self._questionable[name].look(self, child)
        else:
            self.note(child, "UndefinedElement", f"{self.spelt(child)} is no element of {self.spelt(parent)}")
            self.eaten(child)

    def foreign(self, element: etree._Element, parent: etree._Element) -> None:
        """An element of another vocabulary."""
        namespace = element.tag[1:].partition("}")[0] if element.tag[:1] == "{" else ""
        if not namespace and self.own:
            self.note(element, "UndefinedElement", f"{self.spelt(element)} is no element of {self.spelt(parent)}")
        elif not namespace:
            self.note(element, "UndeterminableVocabulary", f"{self.spelt(element)} is in no namespace")
        elif self.own and not known(namespace):
            self.note(element, "UnknownNamespace", f"the namespace {shown(namespace)} is unknown")
        if self.family is Family.RDF:
            rdf_extension(self, element)
        self.eaten(element)

    def eaten(self, element: etree._Element) -> None:
        """An element whose inside has no rules. In RSS what stands in an extension has to have a namespace."""
        if self.family is Family.RSS and element.tag[:1] == "{":
            for child in element.iterchildren(etree.Element):
                if child.tag[:1] != "{":
                    what = f"{self.spelt(child)} stands in {self.spelt(element)} and is in no namespace"
                    self.note(child, "NotInANamespace", what)
        if self.suspect:
            for inner in element.iterdescendants(etree.Element):
                self.characters(inner)

    def attributes(
        self, element: etree._Element, expected: Attributes = NO_ATTRIBUTES, required: Iterable[str] = ()
    ) -> list[tuple[str, str]]:
        """Looks at the attributes of an element: those that are expected, those that are missing, and others. All that
        there are."""
        given = attributes_of(element)
        for name, text in given:
            if name in expected:
                check = expected[name]
                if check is not None and (note := check(text)) is not None:
                    self.noted(element, note, f"{shown(name)[1:-1]} of {self.spelt(element)}")
            elif name in _XML_ATTRIBUTES:
                self._common(element, name, text)
            elif not (self.family is Family.RDF and name in _RDF_ATTRIBUTES):
                self._unexpected(element, name)
        for name in required:
            if element.get(name) is None:
                self.note(element, "MissingAttribute", f"{self.spelt(element)} has no {name}")
        return given

    def _common(self, element: etree._Element, name: str, text: str) -> None:
        if name == _LANG:
            self.noted(element, values.language(text) if text else None, "xml:lang")
        elif name == _BASE:
            self.noted(element, values.iri(text), "xml:base")

    def _unexpected(self, element: etree._Element, name: str) -> None:
        namespace = name[1:].partition("}")[0] if name[0] == "{" else ""
        if not namespace or prefix_of(namespace):
            what = f"{self.spelt(element)} has the attribute {shown(name)}"
            self.note(element, "UnexpectedAttribute", what)
        elif self.family is Family.RSS and not str(element.tag).startswith("{"):
            self.note(element, "UseOfExtensionAttr", f"{self.spelt(element)} has the attribute {shown(name)}")

    def plain(self, element: etree._Element, text: str, code: str = "ContainsHTML") -> None:
        """Markup in what is plain text."""
        if "<" not in text and "&" not in text:
            return
        found = html.tag_in(text)
        entity = None if found else html.entity_in(text)
        if entity and not self._hexadecimal(element, text):
            found = entity
        if found:
            self.note(element, code, f"there is {shown(found)[1:-1]} in the plain text of {self.spelt(element)}")
        elif not entity and self.version.startswith("2.") and html.looks_like_markup(text):
            if not self._hexadecimal(element, text):
                self.note(element, "CharacterData", f"{self.spelt(element)} may be taken for markup")

    def _hexadecimal(self, element: etree._Element, text: str) -> bool:
        """Whether a text's lines have `&#x`, which is how the RSS profile writes `&` and `<`."""
        line = (cast("int | None", element.sourceline) or 1) - 1
        return any(self._hexadecimal_lines[max(line, 0) : line + 1 + text.count("\n")])

    @cached_property
    def _hexadecimal_lines(self) -> list[bool]:
        return [b"&#x" in line for line in self._data.split(b"\n")]

    def characters(self, element: etree._Element) -> None:
        """What a wrong decoding leaves behind: C1 controls, U+FFFD, UTF-8 that was taken for Latin-1."""
        texts = (
            element.text or "",
            *(child.tail or "" for child in element),
            *(text for _, text in attributes_of(element)),
        )
        if any(map(_BAD_TEXT.search, texts)) or any(map(_was_encoded_twice, texts)):
            self.note(element, "BadCharacters", f"{self.spelt(element)} has characters of a wrong decoding")


def suspect(data: bytes) -> bool:
    """Whether there can be characters of a wrong decoding in `data`, as they are or as references. One byte is sought
    first: that is ten times as fast as two."""
    if b"#" in data and b"&#" in data:
        return True
    return not data.isascii() and (_REPLACEMENT in data or _C1_BYTES.search(data) is not None)


def _was_encoded_twice(text: str) -> bool:
    if not _TWICE_ENCODED.search(text):
        return False
    try:
        text.encode("iso-8859-1").decode("utf-8")
    except UnicodeError:
        return False
    return True


def rdf_extension(scene: Scene, element: etree._Element) -> None:
    """An extension of RDF: text and elements do not mix in it, but as a literal."""
    literal: set[etree._Element] = set()
    for inner in element.iter(etree.Element):
        if inner is not element and inner not in literal and inner.getparent() not in literal:
            _rdf_node(scene, inner, outermost=inner.getparent() is element)
        if inner.get(_PARSE_TYPE) == "Literal" or inner.getparent() in literal:
            literal.add(inner)
        elif len(inner) and any(
            piece and not piece.isspace() for piece in (inner.text, *(child.tail for child in inner))
        ):
            scene.note(inner, "InvalidRDF", f"{scene.spelt(inner)} has text beside its elements")


def _rdf_node(scene: Scene, element: etree._Element, *, outermost: bool) -> None:
    """An element inside an extension: no element of the format, described once, and a node where a node has to be."""
    if scene.version == "1.1" and ":" not in (scene.name(str(element.tag)) or ":"):
        scene.note(element, "UndefinedElement", f"{scene.spelt(element)} stands in an extension")
    for attribute, _ in attributes_of(element):
        if scene.version == "1.1" and attribute.startswith(f"{{{RSS_11}}}"):
            scene.note(element, "UnexpectedAttribute", f"{scene.spelt(element)} has {shown(attribute)}")
    if outermost and element.get(_RESOURCE) is not None:
        scene.note(element, "InvalidRDF", f"{scene.spelt(element)} is a node and has rdf:resource")
    about = element.get(_ABOUT)
    if about is not None and about in scene.abouts:
        scene.note(element, "DuplicateValue", f"the rdf:about {shown(about)} is there twice")
    if about is not None:
        scene.abouts.add(str(about))
