"""The items of RSS, and what is alike in those of RSS 2.0 and RSS 1.0."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from feeds.validate import dates, html, values
from feeds.validate.constructs import ATOM, LINK, PERSON
from feeds.validate.extensions import ITEM
from feeds.validate.grammar import Family, Found, Place, Rule, Scene
from feeds.validate.html import html_notes
from feeds.validate.itunes import ITUNES_ITEM, format_note
from feeds.validate.rules import Note, shown
from feeds.validate.shapes import ANYTHING, leaf
from feeds.validate.texts import TEXT
from feeds.validate.values import full_link

_SMALL_GUID = 9
"""Digits from which on a number may be a guid of its own."""
_SAME_OF_ITEM = (
    ("author", "dc:creator"), ("category", "dc:subject"), ("pubDate", "dc:date"), ("pubDate", "atom:published"),
    ("guid", "atom:id"), ("source", "dc:source"), ("creativeCommons:license", "cc:license"),
)  # fmt: skip

_PLAIN = leaf(plain="ContainsHTML")
_FULL_LINK = leaf(full_link)


def same_notes(
    scene: Scene, element: etree._Element, found: Found, pairs: Iterable[tuple[str, str]], code: str
) -> None:
    """What is said in two vocabularies."""
    for core, extension in pairs:
        if core in found and extension in found:
            one = max(found[core][0], found[extension][0], key=element.index)
            scene.note(one, code, f"{core} and {extension} say the same")


def html_text(scene: Scene, element: etree._Element) -> None:
    """A text that is HTML: descriptions and contents."""
    scene.attributes(element)
    if len(element):
        scene.no_elements(element)
    for note in html_notes(scene.text(element), relative=True):
        scene.noted(element, note)


def _description(scene: Scene, element: etree._Element) -> None:
    if scene.version == "0.91":
        _PLAIN.look(scene, element)
    else:
        html_text(scene, element)


def _body(scene: Scene, element: etree._Element) -> None:
    """xhtml:body of an item."""
    if scene.family is Family.RSS:
        scene.note(element, "DuplicateDescriptionSemantics", "there is xhtml:body")
    for inner, note in html.xhtml_notes(element):
        if note.code.startswith(("Security", "Dangerous")):
            scene.noted(inner, note)


def _guid(scene: Scene, element: etree._Element) -> None:
    scene.attributes(element, {"isPermaLink": values.one_of("true|false", "InvalidBooleanAttribute")})
    if len(element):
        scene.no_elements(element)
    value = scene.text(element)
    if not value:
        scene.note(element, "NotBlank", "the guid is empty")
    if element.get("isPermaLink", "true") == "true":
        note = values.full_link(value)
        if note is not None:
            code = "InvalidHttpGUID" if note.code == "InvalidFullLink" else note.code
            scene.noted(element, Note(code, note.what))
        elif value.lower().startswith(("tag:", "urn:uuid:")):
            scene.note(element, "InvalidPermalink", f"{shown(value)} is no web page")
    elif len(value) < _SMALL_GUID and value.isdigit():
        scene.note(element, "NotSufficientlyUnique", f"the guid is {shown(value)}")


def _enclosure(scene: Scene, element: etree._Element) -> None:
    scene.attributes(
        element,
        {"url": values.web_address, "length": _length, "type": values.media_attribute},
        ("url", "length", "type"),
    )
    scene.no_text(element)
    for child in element.iterchildren(etree.Element):
        scene.unforeseen(child, element, scene.name(str(child.tag)))


def _length(value: str) -> Note | None:
    number = values.whole(value)
    if number is None:
        return Note("InvalidIntegerAttribute", f"it is {shown(value)}")
    if number < 0:
        code = "UseZeroForUnknown" if number == -1 else "InvalidNonNegativeInteger"
        return Note(code, f"it is {shown(value)}")
    return None


def _contact(scene: Scene, element: etree._Element) -> None:
    """A person by e-mail address and name."""
    scene.attributes(element)
    if len(element):
        scene.no_elements(element)
    text = scene.text(element)
    note = values.named_contact(text)
    scene.noted(element, note)
    if note is None or note.code == "InvalidContact":
        scene.plain(element, text)


CONTACT = Rule(_contact)
ATOM_LEAVES: Place = {
    "atom:id": leaf(full_link),
    "atom:updated": leaf(date=dates.rfc3339),
    "atom:published": leaf(date=dates.rfc3339),
}
ITEM_PLACE: Place = {
    **ITEM,
    **ITUNES_ITEM,
    **ATOM_LEAVES,
    "link": _FULL_LINK,
    "title": leaf(values.filled, plain="ContainsHTML"),
    "description": Rule(_description),
    "content:encoded": Rule(html_text),
    "content:items": ANYTHING._replace(once="DuplicateElement"),
    "xhtml:body": Rule(_body, ""),
    "atom:link": LINK,
    "atom:title": TEXT,
    "atom:summary": TEXT,
    "atom:author": PERSON._replace(once="DuplicateElement"),
    "atom:contributor": PERSON,
    "atom:content": ATOM["atom:content"].many(),
    "dc:creator": leaf(once=""),
    "dc:subject": leaf(once=""),
    "dc:date": leaf(date=dates.w3cdtf, once=""),
    "cc:license": ANYTHING,
    "creativeCommons:license": leaf(full_link, once=""),
}
"""What RSS 2.0 and RSS 1.0 have in common."""

_ITEM: Place = {
    **ITEM_PLACE,
    "comments": _FULL_LINK,
    "enclosure": Rule(_enclosure, "DuplicateEnclosure"),
    "pubDate": leaf(date=dates.rfc822),
    "author": CONTACT,
    "category": leaf(values.filled, plain="ContainsHTML", attributes={"domain": None}, once=""),
    "guid": Rule(_guid),
    "source": leaf(plain="ContainsHTML", attributes={"url": full_link}, required=("url",)),
    "trackback:ping": _FULL_LINK,
    "trackback:about": leaf(full_link, once=""),
}


def _look(scene: Scene, element: etree._Element) -> None:
    scene.attributes(element)
    found = scene.follow(element, element, _ITEM)
    scene.no_text(element)
    if "title" not in found and "description" not in found:
        scene.note(element, "ItemMustContainTitleOrDescription", "the item has neither title nor description")
    if "guid" not in found and scene.version.startswith("2."):
        scene.note(element, "MissingGuid", "the item has no guid")
    same_notes(scene, element, found, _SAME_OF_ITEM, "DuplicateItemSemantics")
    encoded = found.get("content:encoded")
    if encoded is not None:
        description = found.get("description")
        if description is None or element.index(description[0]) > element.index(encoded[0]):
            scene.note(encoded[0], "NeedDescriptionBeforeContent", "there is no description before content:encoded")
    scene.gather(found, ("guid", "slash:comments"))
    if any(name.startswith("itunes:") for name in found):
        scene.podcast = True
        _enclosure_notes(scene, element, found)


def _enclosure_notes(scene: Scene, item: etree._Element, found: Found) -> None:
    """Enclosures of an item with Apple's elements."""
    for enclosure in found.get("enclosure", []):
        address = enclosure.get("url")
        if address is not None:
            format_note(scene, item, address)


RSS_ITEM = Rule(_look, "")
