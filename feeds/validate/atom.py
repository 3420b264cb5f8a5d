"""Atom 1.0 (RFC 4287): the structure of a feed and of its entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lxml import etree

from feeds.validate import schema
from feeds.validate.constructs import (
    CATEGORY,
    DATE,
    GENERATOR,
    ID,
    IMAGE,
    LINK,
    PAGING,
    PERSON,
    QUESTIONABLE,
    alternate_notes,
    relation,
    self_notes,
)
from feeds.validate.extensions import ACCESS, CHANNEL, ITEM
from feeds.validate.grammar import Attributes, Family, Found, Place, Rule, Scene
from feeds.validate.itunes import ITUNES_CHANNEL, ITUNES_ITEM
from feeds.validate.rules import shown
from feeds.validate.shapes import container, leaf
from feeds.validate.spaces import ATOM, RDF, known
from feeds.validate.texts import CONTENT, TEXT, is_binary
from feeds.validate.values import full_link, yes_no
from feeds.validate.verdicts import Verdict, numbered

_ATOM = f"{{{ATOM}}}"
ENTRY = _ATOM + "entry"
_ID, _UPDATED, _AUTHOR = (_ATOM + name for name in ("id", "updated", "author"))
_VERDICTS_KEPT = 20_000
"""Entries whose verdict is kept, by the hash of their bytes: about 400 bytes each."""
_INDEX = "{urn:atom-extension:indexing}index"
_ENOUGH_TO_TELL = 9
"""Entries from which on it is no accident that all have one id."""


def _source(scene: Scene, element: etree._Element) -> None:
    scene.attributes(element)
    found = scene.follow(element, element, _SOURCE)
    scene.no_text(element)
    for name in ("title", "id", "updated"):
        if name not in found and not scene.own:
            scene.note(element, "MissingSourceElement", f"the source has no {name}")
    alternate_notes(scene, found.get("link", []))


_METADATA: Place = {
    "author": PERSON,
    "category": CATEGORY,
    "contributor": PERSON,
    "generator": GENERATOR,
    "icon": IMAGE,
    "id": ID,
    "link": LINK,
    "logo": IMAGE,
    "rights": TEXT,
    "subtitle": TEXT,
    "title": TEXT,
    "updated": DATE,
}
_EXTENSIONS: Place = {
    "dc:creator": leaf(once=""),
    "dc:subject": leaf(once=""),
    "dc:date": ITEM["dcterms:modified"],
    "creativeCommons:license": leaf(full_link, once=""),
    "app:edited": DATE,
}  # fmt: skip
_HEAD: Place = {
    **CHANNEL,
    **ITUNES_CHANNEL,
    **_EXTENSIONS,
    **_METADATA,
    "access:restriction": ACCESS.many(),
    "app:collection": Rule(Scene.eaten),
}
_SOURCE: Place = _HEAD
_ENTRY: Place = {
    **ITEM,
    **ITUNES_ITEM,
    **_EXTENSIONS,
    "author": PERSON,
    "category": CATEGORY,
    "content": CONTENT,
    "contributor": PERSON,
    "id": ID,
    "link": LINK,
    "published": DATE,
    "rights": TEXT,
    "source": Rule(_source),
    "summary": TEXT,
    "title": TEXT,
    "updated": DATE,
    "trackback:ping": leaf(full_link),
    "trackback:about": leaf(full_link, once=""),
    "app:collection": Rule(Scene.eaten, ""),
    "app:control": container({"app:draft": leaf(yes_no)}),
}


_ENTRY_ATTRIBUTES: Attributes = {f"{{{RDF}}}parseType": None}


def scene_of(data: bytes, location: str | None, *, own: bool, defaults: Iterable[str] = (ATOM,)) -> Scene:
    """The scene of an Atom document."""
    return Scene(data, Family.ATOM, defaults, location, questionable=QUESTIONABLE, own=own)


def head_of(scene: Scene, root: etree._Element, entries: Sequence[etree._Element]) -> Found:
    """Looks at what describes the feed (RFC 4287, 4.1.1): all of it but the entries."""
    scene.attributes(root, {_INDEX: yes_no})
    if scene.own and root.getroottree().docinfo.internalDTD is not None:
        scene.note(root, "SAXError", "there is a document type declaration")
    if scene.own:
        for namespace in root.nsmap.values():
            if not known(namespace):
                scene.note(root, "UnknownNamespace", f"the namespace {shown(namespace)} is unknown")
    first = entries[0] if entries else None
    head = list(first.itersiblings(preceding=True))[::-1] if first is not None else list(root)
    if first is not None and len(head) + len(entries) < len(root):
        tag = first.tag
        late = [child for child in first.itersiblings() if child.tag != tag]
        for child in late:
            name = scene.name(child.tag) if isinstance(child.tag, str) else ""
            if name in _METADATA:
                scene.note(child, "MisplacedMetadata", f"{name} stands after an entry")
        head += late
    found = scene.follow(head, root, _HEAD)
    scene.no_text(root)
    _required(scene, root, found, "feed")
    links = found.get("link", [])
    alternate_notes(scene, links)
    relations = {relation(link) for link in links}
    if "self" not in relations:
        scene.note(root, "MissingSelf", "there is no link with rel=self")
    self_notes(scene, links)
    _history_notes(scene, root, found, links)
    scene.podcast = any(name.startswith("itunes:") for name in found)
    if not scene.notes and root.tag == _ATOM + "feed":
        note = schema.head_violation(root, head)
        if note is not None:
            scene.notes.append((root, note))
    return found


def _required(scene: Scene, element: etree._Element, found: Found, what: str) -> None:
    for name in ("id", "title", "updated"):
        if name not in found:
            scene.note(element, "MissingElement", f"the {what} has no {name}")


def _history_notes(scene: Scene, root: etree._Element, found: Found, links: list[etree._Element]) -> None:
    """Complete feeds, archives and pages (RFC 5005)."""
    complete = "fh:complete" in found
    relations: dict[str, etree._Element] = {}
    for link in links:
        rel = relation(link)
        relations.setdefault(rel, link)
        if complete and rel in PAGING and rel != "current":
            scene.note(link, "FeedRelInCompleteFeed", f"there is rel={rel} in a complete feed")
        if complete and rel == "current" and scene.location and link.get("href") != scene.location:
            scene.note(link, "CurrentNotSelfInCompleteFeed", "rel=current is not the feed itself")
    for end, beyond in (("first", "previous"), ("last", "next")):
        itself = relations.get(end)
        here = itself is not None and scene.location is not None and itself.get("href") == scene.location
        if here and beyond in relations:
            scene.note(relations[beyond], "LinkPastEnd", f"this is the {end} page, and there is rel={beyond}")
    if "fh:archive" in found and not complete:
        if not relations.keys() & {"prev-archive", "next-archive"}:
            scene.note(root, "ArchiveIncomplete", "the archive has no link to another")
        if "current" not in relations:
            scene.note(root, "MissingCurrentInArchive", "the archive has no link with rel=current")


def entry_of(scene: Scene, entry: etree._Element, authored: bool) -> Verdict:
    """Looks at an entry (RFC 4287, 4.1.2); `authored` says that the feed has an author."""
    mark, dated = len(scene.notes), len(scene.moments)
    scene.attributes(entry, _ENTRY_ATTRIBUTES)
    found = scene.follow(entry, entry, _ENTRY)
    scene.no_text(entry)
    _required(scene, entry, found, "entry")
    if not authored and "author" not in found:
        source = found.get("source")
        if source is None or source[0].find(_AUTHOR) is None:
            scene.note(entry, "MissingElement", "the entry has no author, nor has the feed")
    links = found.get("link", [])
    alternate_notes(scene, links)
    relations = {relation(link) for link in links}
    if not relations.isdisjoint(PAGING):
        for link in links:
            if relation(link) in PAGING:
                scene.note(link, "FeedHistoryRelInEntry", f"there is rel={relation(link)} in an entry")
    _content_notes(scene, entry, found, relations)
    if len(scene.notes) == mark and entry.tag == ENTRY:
        note = schema.entry_violation(entry)
        if note is not None:
            scene.notes.append((entry, note))
    notes = tuple(numbered(entry, scene.notes[mark:]))
    moments = [moment for _, moment in scene.moments[dated:]]
    del scene.notes[mark:], scene.moments[dated:]
    uid, updated = ((found[name][0].text or "").strip() if name in found else "" for name in ("id", "updated"))
    podcast = any(name.startswith("itunes:") for name in found)
    return Verdict(uid, updated, max(moments, default=None), podcast, notes)


def _content_notes(scene: Scene, entry: etree._Element, found: Found, relations: set[str]) -> None:
    content = found.get("content")
    if content is None:
        if "alternate" not in relations:
            scene.note(entry, "MissingContentOrAlternate", "the entry has neither content nor an alternate link")
        if "summary" not in found:
            scene.note(entry, "MissingTextualContent", "the entry has neither content nor a summary")
    elif "summary" not in found:
        if is_binary(content[0].get("type") or "text") or content[0].get("src") is not None:
            scene.note(entry, "MissingSummary", "the entry's content is not text and there is no summary")
