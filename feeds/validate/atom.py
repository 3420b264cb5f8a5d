"""Atom 1.0 (RFC 4287): the structure of a feed and of its entries."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from lxml import etree

from feeds.validate.rules import Note, shown
from feeds.validate.values import IRI, LANGUAGE, MEDIA, address_note, html_notes, id_note, markup_note, moment_of

ATOM = "{http://www.w3.org/2005/Atom}"
_ID, _TITLE, _UPDATED, _LINK, _AUTHOR, _SUMMARY, _CONTENT, _ENTRY, _CATEGORY, _NAME = (
    ATOM + name for name in "id title updated link author summary content entry category name".split()
)
_XHTML_DIV = "{http://www.w3.org/1999/xhtml}div"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_EARLIEST_YEAR = 1990
_VERDICTS_KEPT = 20_000
"""Entries whose verdict is kept, by the hash of their bytes: about 400 bytes each."""

_NAMESPACES = frozenset({
    "http://www.w3.org/2005/Atom", "http://www.w3.org/1999/xhtml", "http://www.w3.org/XML/1998/namespace",
    "http://purl.org/dc/terms/", "http://purl.org/dc/elements/1.1/", "https://schema.org/", "http://schema.org/",
    "http://purl.org/syndication/history/1.0", "http://purl.org/syndication/thread/1.0",
    "http://search.yahoo.com/mrss/", "http://www.itunes.com/dtds/podcast-1.0.dtd", "http://www.georss.org/georss",
    "http://www.opengis.net/gml", "http://purl.org/rss/1.0/modules/syndication/",
    "http://purl.org/rss/1.0/modules/content/", "http://purl.org/rss/1.0/modules/slash/",
    "http://www.w3.org/2007/app", "http://a9.com/-/spec/opensearch/1.1/", "http://wellformedweb.org/CommentAPI/",
    "http://www.w3.org/2003/01/geo/wgs84_pos#", "http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML",
    "https://podcastindex.org/namespace/1.0", "http://base.google.com/ns/1.0",
})  # fmt: skip
_RELATIONS = frozenset({
    "alternate", "canonical", "current", "describedby", "edit", "edit-media", "enclosure", "first", "hub", "last",
    "license", "next", "next-archive", "payment", "prev-archive", "previous", "related", "replies", "search", "self",
    "service", "up", "via",
})  # fmt: skip
_FEED_ELEMENTS = frozenset(
    ATOM + name
    for name in "author category contributor generator icon id link logo rights subtitle title updated".split()
)
_ENTRY_ELEMENTS = frozenset(
    ATOM + name
    for name in "author category content contributor id link published rights source summary title updated".split()
)
_REPEATABLE = frozenset(ATOM + name for name in "author category contributor link".split())
_TEXTS = frozenset(ATOM + name for name in "title subtitle summary rights content".split())
_DATES = frozenset(ATOM + name for name in ("updated", "published"))
_PERSONS = frozenset(ATOM + name for name in ("author", "contributor"))

_BAD_TEXT = re.compile(r"[\x80-\x9f\ufffd]")
_C1_BYTES = re.compile(rb"\xc2[\x80-\x9f]")
_REPLACEMENT = "\ufffd".encode()


class _Verdict(NamedTuple):
    """What is known of an entry by itself, wherever it stands. Lines count from its own, which is 0."""

    uid: str
    updated: str
    newest: datetime | None
    notes: tuple[tuple[int, Note], ...]


_verdicts: dict[tuple[object, bytes], _Verdict] = {}


def _line(element: etree._Element) -> int:
    return cast("int | None", element.sourceline) or 1


def _name(element: etree._Element) -> str:
    return shown(element.tag.removeprefix(ATOM))


def feed_notes(
    root: etree._Element, data: bytes, location: str | None, now: datetime | None
) -> Iterator[tuple[int, Note]]:
    """Everything that is wrong, with its line; in no order."""
    authored = root.find(_AUTHOR) is not None
    entries = root.findall(_ENTRY)
    head = _Part(root)
    head.feed(entries, authored, location)
    verdicts = _entry_verdicts(entries, root, data, authored)
    yield from ((_line(root) + offset, note) for offset, note in head.notes)
    for entry, verdict in zip(entries, verdicts, strict=True):
        yield from ((_line(entry) + offset, note) for offset, note in verdict.notes)
    yield from _identity_notes(entries, verdicts)
    if now is not None:
        dated = [(root, head.newest), *((e, v.newest) for e, v in zip(entries, verdicts, strict=True))]
        for element, newest in dated:
            if newest is not None and newest > now + timedelta(days=1):
                yield _line(element), Note("ImplausibleDate", f"{newest.isoformat()} is still to come")


def _entry_verdicts(entries: list[etree._Element], root: etree._Element, data: bytes, authored: bool) -> list[_Verdict]:
    """One verdict for each entry; those of entries seen before, byte for byte and in a like feed, are not made again.

    Publishing one new entry checks one entry, and one that stands in several feeds is checked once.
    """
    _first, *slices = data.split(b"<entry")
    if len(slices) != len(entries) or not _sliceable(root, entries):
        return [_verdict(entry, authored, True) for entry in entries]
    slices[-1:] = [raw.rpartition(b"</entry>")[0] for raw in slices[-1:]]
    like = (authored, *sorted((prefix or "", name) for prefix, name in root.nsmap.items()))
    verdicts = []
    for entry, raw in zip(entries, slices, strict=True):
        key = (like, hashlib.blake2b(raw, digest_size=16).digest())
        verdict = _verdicts.get(key)
        if verdict is None:
            verdict = _verdict(entry, authored, _suspect(raw))
            if len(_verdicts) >= _VERDICTS_KEPT:
                _verdicts.clear()
            _verdicts[key] = verdict
        verdicts.append(verdict)
    return verdicts


def _sliceable(root: etree._Element, entries: list[etree._Element]) -> bool:
    """Whether a feed that has `<entry` as often as it has Atom entries has them there, and their bytes say it all.

    An entry without a prefix begins with `<entry`: where there are no more of these, none stands in a comment, in
    CDATA, in an instruction or elsewhere in the tree. Only a document type could make the same bytes mean another
    thing.
    """
    info = root.getroottree().docinfo
    return (
        (info.encoding or "UTF-8").upper() == "UTF-8"
        and all(entry.prefix is None for entry in entries)
        and info.internalDTD is None
    )


def _suspect(raw: bytes) -> bool:
    """Whether there can be a C1 control or U+FFFD in `raw`, as it is or as a reference. One byte is sought first: that
    is ten times as fast as two."""
    if b"#" in raw and b"&#" in raw:
        return True
    return not raw.isascii() and (_REPLACEMENT in raw or _C1_BYTES.search(raw) is not None)


def _verdict(entry: etree._Element, authored: bool, suspect: bool) -> _Verdict:
    """`suspect` asks for a look at every character."""
    part = _Part(entry)
    found = part.entry(authored)
    if suspect:
        part.characters(entry)
    uid, updated = (found[name][0].text or "" if name in found else "" for name in (_ID, _UPDATED))
    return _Verdict(uid, updated, part.newest, tuple(part.notes))


def _identity_notes(entries: list[etree._Element], verdicts: list[_Verdict]) -> Iterator[tuple[int, Note]]:
    """Ids and times that do not tell the feed's entries apart (RFC 4287, 4.1.1)."""
    first: dict[str, etree._Element] = {}
    versions = set()
    updates = set()
    repeated = 0
    for entry, verdict in zip(entries, verdicts, strict=True):
        uid, updated = verdict.uid, verdict.updated
        if uid in first:
            repeated += 1
            where = f"the id {shown(uid)} is that of the entry at line {_line(first[uid])}"
            yield _line(entry), Note("DuplicateEntries", where)
            if (uid, updated) in versions:
                yield _line(entry), Note("DuplicateIds", where + ", and so is updated")
        elif uid:
            first[uid] = entry
        versions.add((uid, updated))
        if updated in updates:
            yield _line(entry), Note("DuplicateUpdated", f"another entry was updated at {shown(updated)}, too")
        elif updated:
            updates.add(updated)
    if len(entries) > 9 and repeated == len(entries) - 1:
        yield _line(entries[0]), Note("DuplicateIds", "all entries have the same id")


class _Part:
    """The findings of a feed's head or of one entry, gathered in one pass over its children."""

    def __init__(self, element: etree._Element) -> None:
        self.notes: list[tuple[int, Note]] = []
        self.newest: datetime | None = None
        self._element = element
        language = element.get(_LANG)
        if language is not None and not LANGUAGE.fullmatch(language):
            self._add(element, "InvalidLanguage", f"{shown(language)} is no language")

    def _add(self, element: etree._Element, code: str, what: str) -> None:
        self.notes.append((_line(element) - _line(self._element), Note(code, what)))

    def feed(self, entries: list[etree._Element], authored: bool, location: str | None) -> None:
        """What describes the feed (RFC 4287, 4.1.1)."""
        root = self._element
        if root.getroottree().docinfo.internalDTD is not None:
            self._add(root, "SAXError", "there is a document type declaration")
        for namespace in root.nsmap.values():
            if namespace not in _NAMESPACES:
                self._add(root, "UnknownNamespace", f"the namespace {shown(namespace)} is unknown")
        head = list(entries[0].itersiblings(preceding=True))[::-1] if entries else list(root)
        if len(head) + len(entries) < len(root):
            late = [child for child in entries[0].itersiblings() if child.tag in _FEED_ELEMENTS]
            for child in late:
                self._add(child, "MisplacedMetadata", f"{_name(child)} stands after an entry")
            head += late
        found = self._children(head, _FEED_ELEMENTS)
        self._required(found, "feed")
        if not (authored or entries):
            self._add(root, "MissingElement", "the feed has no author")
        for child in head:
            self.characters(child)
        links = self._links(found.get(_LINK, ()))
        if "self" not in links:
            self._add(root, "MissingSelf", "there is no link with rel=self")
        elif location is not None and location not in links["self"]:
            self._add(root, "SelfDoesntMatchLocation", f"rel=self is not {shown(location)}")

    def entry(self, authored: bool) -> Mapping[str, list[etree._Element]]:
        """What an entry has to have (RFC 4287, 4.1.2); its children by name."""
        entry = self._element
        found = self._children(entry, _ENTRY_ELEMENTS)
        self._required(found, "entry")
        if not authored and _AUTHOR not in found:
            source = found.get(ATOM + "source")
            if source is None or source[0].find(_AUTHOR) is None:
                self._add(entry, "MissingElement", "the entry has no author, nor has the feed")
        links = self._links(found.get(_LINK, ()))
        summary = _SUMMARY in found
        content = found.get(_CONTENT)
        if content is None:
            if "alternate" not in links:
                self._add(entry, "MissingContentOrAlternate", "the entry has neither content nor an alternate link")
            if not summary:
                self._add(entry, "MissingTextualContent", "the entry has neither content nor a summary")
        elif not summary:
            kind = (content[0].get("type") or "text").lower()
            binary = "/" in kind and not kind.endswith(("+xml", "/xml")) and not kind.startswith("text/")
            if binary or content[0].get("src") is not None:
                self._add(entry, "MissingSummary", "the entry's content is not text and there is no summary")
        return found

    def characters(self, element: etree._Element) -> None:
        """C1 controls and U+FFFD are what a wrong decoding leaves behind."""
        for inner in element.iter(etree.Element):
            if any(map(_BAD_TEXT.search, (inner.text or "", *map(str, inner.values())))):
                self._add(inner, "BadCharacters", f"{_name(inner)} has a C1 control or U+FFFD")

    def _required(self, found: Mapping[str, list[etree._Element]], what: str) -> None:
        for tag in (_ID, _TITLE, _UPDATED):
            if tag not in found:
                self._add(self._element, "MissingElement", f"the {what} has no {tag.removeprefix(ATOM)}")

    def _children(self, children: Iterable[etree._Element], known: frozenset[str]) -> dict[str, list[etree._Element]]:
        """Checks every child by itself; what was found, by name."""
        found: dict[str, list[etree._Element]] = {}
        for child in children:
            tag = child.tag
            if tag in found:
                found[tag].append(child)
                if tag in known and tag not in _REPEATABLE:
                    self._add(child, "DuplicateElement", f"there is more than one {_name(child)}")
            else:
                found[tag] = [child]
            if tag in _TEXTS:
                self._text(child, tag)
            elif tag in _DATES:
                self._date(child)
            elif tag == _ID:
                self._note(child, id_note(child.text or ""))
            elif tag in _PERSONS:
                self._person(child)
            elif tag == _CATEGORY:
                self._category(child)
            elif tag not in known and isinstance(tag, str):
                self._extension(child, tag)
        return found

    def _note(self, element: etree._Element, note: Note | None) -> None:
        if note is not None:
            self._add(element, *note)

    def _extension(self, element: etree._Element, tag: str) -> None:
        namespace = tag[1:].partition("}")[0] if tag.startswith("{") else ""
        if namespace in ("", "http://www.w3.org/2005/Atom"):
            self._add(element, "UndefinedElement", f"{_name(element)} is no element of this place")
        elif namespace not in _NAMESPACES:
            self._add(element, "UnknownNamespace", f"the namespace {shown(namespace)} is unknown")

    def _person(self, person: etree._Element) -> None:
        name = next(person.iterchildren(_NAME), None)
        if name is None:
            self._add(person, "MissingElement", "the person has no name")
        elif not (name.text or "").strip():
            self._add(name, "NotBlank", "the name is empty")

    def _category(self, category: etree._Element) -> None:
        term = category.get("term")
        scheme = category.get("scheme")
        if term is None:
            self._add(category, "MissingAttribute", "the category has no term")
        elif not term.strip():
            self._add(category, "NotBlank", "the category's term is empty")
        if scheme is not None:
            self._note(category, id_note(scheme))

    def _date(self, element: etree._Element) -> None:
        text = element.text or ""
        moment = moment_of(text)
        if moment is None:
            code = "UnexpectedWhitespace" if moment_of(text.strip()) else "InvalidRFC3339Date"
            self._add(element, code, f"{shown(text)} is no RFC 3339 time")
        elif moment.year < _EARLIEST_YEAR:
            self._add(element, "ImplausibleDate", f"{shown(text)} cannot be right")
        elif self.newest is None or moment > self.newest:
            self.newest = moment

    def _links(self, links: Iterable[etree._Element]) -> dict[str, list[str]]:
        """Checks every link; addresses by relation."""
        found: dict[str, list[str]] = {}
        alternates = set()
        for link in links:
            attributes = cast("dict[str, str]", dict(link.items()))
            rel = attributes.get("rel", "alternate").removeprefix("http://www.iana.org/assignments/relation/")
            href = attributes.get("href")
            if rel not in _RELATIONS and not IRI.fullmatch(rel):
                self._add(link, "UnregisteredAtomLinkRel", f"the relation {shown(rel)} is not registered")
            if href is None:
                self._add(link, "MissingHref", "the link has no href")
            else:
                self._note(link, address_note(href))
                found.setdefault(rel, []).append(href)
            if rel == "alternate":
                kind = (attributes.get("type", ""), attributes.get("hreflang", ""))
                if kind in alternates:
                    self._add(link, "DuplicateAtomLink", "there are two alternate links of one type")
                alternates.add(kind)
            elif rel == "enclosure" and "length" not in attributes:
                self._add(link, "MissingAttribute", "the enclosure has no length")
            self._link_attributes(link, attributes)
        return found

    def _link_attributes(self, link: etree._Element, attributes: Mapping[str, str]) -> None:
        media, length = attributes.get("type"), attributes.get("length")
        if media is not None and not MEDIA.fullmatch(media):
            self._add(link, "InvalidMIMEType", f"{shown(media)} is no media type")
        if length is not None and not (length.isascii() and length.isdigit()):
            self._add(link, "InvalidNonNegativeInteger", f"the length {shown(length)} is no number")
        if "hreflang" in attributes and not LANGUAGE.fullmatch(attributes["hreflang"]):
            self._add(link, "InvalidLanguage", f"{shown(attributes['hreflang'])} is no language")
        if len(link) or (link.text and link.text.strip()):
            self._add(link, "AtomLinkNotEmpty", "the link has content")

    def _text(self, element: etree._Element, tag: str) -> None:
        """Title, subtitle, summary, rights and content by their type (RFC 4287, 3.1 and 4.1.3)."""
        kind = element.get("type", "text")
        text = element.text or ""
        if kind == "html":
            for note in html_notes(text):
                self._note(element, note)
        elif kind == "xhtml":
            self._xhtml(element)
        elif tag == _CONTENT and (kind != "text" or element.get("src") is not None):
            if "/" in kind or element.get("src") is None:
                self._note(element, None if MEDIA.fullmatch(kind) else Note("InvalidMIMEType", shown(kind)))
            return
        elif kind != "text":
            self._add(element, "InvalidTextType", f"the type is {shown(kind)}")
        elif "<" in text or "&" in text:
            self._note(element, markup_note(text))
        if kind != "xhtml":
            if not text.strip():
                self._add(element, "NotBlank", f"{_name(element)} is empty")
            if len(element):
                self._add(element, "UndefinedElement", f"{_name(element)} has elements inside, but is not xhtml")

    def _xhtml(self, element: etree._Element) -> None:
        if [child.tag for child in element] != [_XHTML_DIV] or (element.text or "").strip():
            self._add(element, "MissingXhtmlDiv", f"{_name(element)} of type xhtml is not one div")
            return
        for note in html_notes(etree.tostring(element[0], encoding="unicode", method="html", with_tail=False)):
            self._note(element, note)
