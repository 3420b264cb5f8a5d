"""XML documents by their family: Atom, RSS and RDF; what is wrong with one, with lines and columns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from lxml import etree

from feeds.tree import root_of
from feeds.validate import atom
from feeds.validate.constructs import QUESTIONABLE
from feeds.validate.encodings import Decoded, decoded
from feeds.validate.grammar import Family, Scene
from feeds.validate.itunes import podcast_notes
from feeds.validate.places import Outline
from feeds.validate.rdf import rdf_notes
from feeds.validate.rss import rss_notes
from feeds.validate.rules import Finding, Note, finding, shown
from feeds.validate.spaces import (
    ATOM,
    ATOM_03,
    FEEDSYNC,
    MEDIA,
    PREFIXES,
    RSS_090,
    RSS_10,
    RSS_11,
    XML,
    known,
    prefix_of,
)
from feeds.validate.values import iri
from feeds.validate.verdicts import entries_of, identity_notes, numbered

_GRACE = timedelta(days=1)
"""How far ahead a clock may be."""
_WORDPRESS = re.compile(rb"<generator[^<>]*>[^<]*wordpress", re.IGNORECASE)
_USUAL = {prefix: uri for uri, prefix in reversed(PREFIXES.items())}

_IDENTIFIERS = frozenset({etree.ErrorTypes.DTD_ID_REDEFINED, etree.ErrorTypes.DTD_XMLID_VALUE})
"""Errors of xml:id, which are none of well-formedness."""

Placed = tuple[int, int, Note]


def xml_findings(
    data: bytes, *, location: str | None = None, now: datetime | None = None
) -> tuple[Finding, ...] | None:
    """What is wrong with an Atom, RSS or RDF document, by place; None where the root is of another family.

    With `location`, the address it is served under, rel=self has to say the same. With `now`, times more than a day
    later are implausible. What is no XML has a finding of its own. Nothing is raised.
    """
    document = decoded(data)
    outline = Outline(document.data)
    family = _family(outline.root)
    if family is None and outline.root:
        return None
    placed = [*document.notes, *outline.notes]
    if outline.broken and data[:1].isspace() and _WORDPRESS.search(data):
        placed = [(1, 1, Note("WPBlankLine", "there are blank lines before <?xml"))]
    elif family is not None and not outline.broken:
        placed += _looked(document, outline, family, location, now)
    return tuple(finding(note, line, column) for line, column, note in sorted(placed))


def _family(root: str) -> Family | None:
    """The family of a root, given as `namespace name`."""
    namespace, _, name = root.rpartition(" ")
    if name == "rss":
        return Family.RSS
    if name in ("feed", "entry") and (name == "feed" or namespace in (ATOM, ATOM_03)):
        return Family.ATOM
    if (name == "RDF" and prefix_of(namespace) == "rdf") or (name == "Channel" and namespace == RSS_11):
        return Family.RDF
    return None


def tree_of(data: bytes) -> tuple[etree._Element | None, list[Placed]]:
    """The root of what is well-formed, in UTF-8, and what libxml2 finds wrong with it all the same: its bounds are
    narrower. None where nothing can be read."""
    try:
        return root_of(data, encoding="utf-8", expand=b"<!ENTITY" in data), []
    except etree.XMLSyntaxError as error:
        notes = [] if getattr(error, "code", 0) in _IDENTIFIERS else [sax_note(error)]
    try:
        return root_of(data, encoding="utf-8", lenient=True), notes
    except etree.XMLSyntaxError:
        return None, notes


def sax_note(error: etree.XMLSyntaxError) -> Placed:
    """What libxml2 cannot read, with its place."""
    line, column = error.position
    entity = getattr(error, "code", 0) == etree.ErrorTypes.ERR_UNDECLARED_ENTITY
    code = "UndefinedNamedEntity" if entity else "SAXError"
    return max(line, 1), max(column, 1), Note(code, error.msg or "not XML")


def _looked(
    document: Decoded, outline: Outline, family: Family, location: str | None, now: datetime | None
) -> Iterable[Placed]:
    """What there is to say of a document of this family."""
    root, notes = tree_of(document.data)
    if any(note.code == "UndefinedNamedEntity" for _, _, note in outline.notes):
        notes = []  # it is named where it stands
    return notes if root is None else [*notes, *_ruled(root, document, outline, family, location, now)]


def _ruled(
    root: etree._Element,
    document: Decoded,
    outline: Outline,
    family: Family,
    location: str | None,
    now: datetime | None,
) -> Iterable[Placed]:
    """What the rules of the family find."""
    scene = _scene(root, document.data, family, location)
    scene.encoding = document.encoding
    if family is Family.ATOM:
        found = atom_notes(scene, root, document.data, now)
    else:
        if family is Family.RSS:
            rss_notes(scene, root, typed=outline.typed)
        else:
            rdf_notes(scene, root)
        found = [*scene.notes, *late_notes(scene, now)]
    numbers = [*_root_notes(root, family), *numbered(root, found), *_declaration_notes(outline, family)]
    return [(*outline.place(number), note) for number, note in numbers]


def _scene(root: etree._Element, data: bytes, family: Family, location: str | None) -> Scene:
    namespace = str(root.tag)[1:].partition("}")[0] if str(root.tag).startswith("{") else ""
    defaults = {
        Family.ATOM: (ATOM, namespace),
        Family.RSS: (namespace,) if namespace else (),
        Family.RDF: (RSS_11,) if namespace == RSS_11 else (RSS_10, RSS_090),
    }[family]
    return Scene(data, family, defaults, location, questionable=QUESTIONABLE)


def _root_notes(root: etree._Element, family: Family) -> Iterable[tuple[int, Note]]:
    """The namespace of the root itself."""
    tag = str(root.tag)
    namespace = tag[1:].partition("}")[0] if tag.startswith("{") else ""
    if family is Family.RSS and namespace:
        yield 0, Note("InvalidNamespace", f"the namespace of rss is {shown(namespace)}")
    elif family is Family.ATOM and not namespace:
        yield 0, Note("MissingNamespace", "the feed is in no namespace")
    elif family is Family.ATOM and namespace == ATOM_03:
        yield 0, Note("ObsoleteNamespace", "the document is Atom 0.3")
    elif family is Family.ATOM and namespace != ATOM:
        yield 0, Note("InvalidNamespace", f"the namespace is {shown(namespace)}")


def atom_notes(
    scene: Scene, root: etree._Element, data: bytes, now: datetime | None
) -> list[tuple[etree._Element, Note]]:
    """What is wrong with an Atom document, with the elements."""
    tag = str(root.tag)
    if tag == f"{{{ATOM_03}}}feed":
        return []
    if scene.name(tag) == "entry":
        verdict = atom.entry_of(scene, root, False)
        return [*located(root, verdict.notes), *scene.notes]
    entry_tag = tag.removesuffix("feed") + "entry"
    elements = root.findall(entry_tag)
    authored = root.find(tag.removesuffix("feed") + "author") is not None
    whole = scene.suspect
    head = atom.head_of(scene, root, elements)
    if scene.own and not (authored or elements):
        scene.note(root, "MissingElement", "the feed has no author")
    heads = late_notes(scene, now)
    spaces = sorted((prefix or "", namespace) for prefix, namespace in root.nsmap.items())
    like = (authored, scene.own, *spaces)
    entries = entries_of(scene, elements, data, like, lambda entry: atom.entry_of(scene, entry, authored))
    scene.suspect = whole
    if scene.podcast or any(verdict.podcast for verdict in entries.verdicts):
        podcast_notes(scene, root, head, language=root.get(f"{{{XML}}}lang") is not None, encoding=scene.encoding)
    notes = [*scene.notes, *heads]
    for entry, verdict in zip(elements, entries.verdicts, strict=True):
        notes += located(entry, verdict.notes)
        if now is not None and verdict.newest is not None and verdict.newest > now + _GRACE:
            notes.append((entry, Note("ImplausibleDate", f"{verdict.newest.isoformat()} is still to come")))
    notes += identity_notes(entries, own=scene.own)
    if not scene.own:
        notes += unique_syncs(root, data)
    return notes


def unique_syncs(root: etree._Element, data: bytes) -> Iterable[tuple[etree._Element, Note]]:
    """Ids of FeedSync that are not those of one entry alone."""
    seen = set()
    for sync in root.iter(f"{{{FEEDSYNC}}}sync") if FEEDSYNC.encode() in data else ():
        uid = sync.get("id")
        if uid and uid in seen:
            yield sync, Note("DuplicateValue", f"the id {shown(uid)} is there twice")
        seen.add(uid)


def located(part: etree._Element, notes: Iterable[tuple[int, Note]]) -> list[tuple[etree._Element, Note]]:
    """Numbered notes of a part with their elements."""
    notes = list(notes)
    if not notes:
        return []
    if all(number == 0 for number, _ in notes):
        return [(part, note) for _, note in notes]
    elements = list(part.iter(etree.Element))
    return [(elements[number], note) for number, note in notes]


def late_notes(scene: Scene, now: datetime | None) -> list[tuple[etree._Element, Note]]:
    """Times that are still to come."""
    if now is None:
        return []
    return [
        (element, Note("ImplausibleDate", f"{moment.isoformat()} is still to come"))
        for element, moment in scene.moments
        if moment > now + _GRACE
    ]


def _declaration_notes(outline: Outline, family: Family) -> Iterable[tuple[int, Note]]:
    """Namespaces as they are declared: unknown ones, and prefixes that belong to others."""
    seen = set()
    for number, prefix, uri in outline.declarations:
        if (prefix, uri) in seen:
            continue
        seen.add((prefix, uri))
        note = _declaration_note(prefix, uri, family)
        if note is not None:
            yield number, note


def _declaration_note(prefix: str, uri: str, family: Family) -> Note | None:
    own = prefix_of(uri) if uri in PREFIXES else ""
    if len(uri.split()) > 1:
        return Note("SAXError", f"there is white space in the namespace {shown(uri)}")
    if uri == MEDIA.rstrip("/"):
        return Note("MediaRssNamespace", f"the namespace is {shown(uri)}")
    if "usemod" in uri and prefix == "wiki":
        return Note("ObsoleteWikiNamespace", f"the namespace is {shown(uri)}")
    if prefix in _USUAL and own != prefix:
        return Note("ReservedPrefix", f"{prefix} is the prefix of {_USUAL[prefix]}")
    if own in ("atom", "xhtml") and prefix and family is Family.ATOM:
        return Note("AvoidNamespacePrefix", f"the namespace {shown(uri)} has the prefix {shown(prefix)}")
    if not uri or known(uri) or (uri == ATOM_03 and family is Family.ATOM):
        return None
    return iri(uri) or Note("UnknownNamespace", f"the namespace {shown(uri)} is unknown")
