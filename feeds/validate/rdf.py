"""RSS 1.0, 0.90 and 1.1: feeds in RDF."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from feeds.validate import dates, values
from feeds.validate.anywhere import EVERYWHERE, RESOURCE
from feeds.validate.grammar import Found, Place, Rule, Scene
from feeds.validate.items import ITEM_PLACE
from feeds.validate.rss import CHANNEL_IMAGE, CHANNEL_PLACE, TEXT_INPUT, channel_notes
from feeds.validate.rules import shown
from feeds.validate.shapes import ANYTHING, container, leaf, needs
from feeds.validate.spaces import RDF, RSS_090
from feeds.validate.values import full_link, link

_ABOUT, _RESOURCE, _PARSE_TYPE = (f"{{{RDF}}}{name}" for name in ("about", "resource", "parseType"))
_ITEM: Place = {
    **ITEM_PLACE,
    # No element of Dublin Core, but one of RSS 1.1's own examples.
    "dc:author": ANYTHING,
    "rdfs:label": leaf(once=""),
    "rdfs:comment": leaf(once=""),
    "trackback:ping": RESOURCE._replace(once="DuplicateElement"),
    "trackback:about": RESOURCE,
    "l:permalink": leaf(attributes={_RESOURCE: link, "{http://purl.org/rss/1.0/modules/link/}type": values.media_type}),
}
_NEEDS = needs(link="MissingElement", title="MissingElement")


def about_notes(scene: Scene, element: etree._Element, *, needed: bool) -> None:
    """rdf:about, which names an element for all of the document."""
    about = element.get(_ABOUT)
    if about is None:
        if needed:
            scene.note(element, "MissingAttribute", f"{scene.spelt(element)} has no rdf:about")
        return
    if needed:
        scene.noted(element, link(about), "rdf:about")
    if about in scene.abouts:
        scene.note(element, "DuplicateValue", f"the rdf:about {shown(about)} is there twice")
    scene.abouts.add(about)


def _item(scene: Scene, element: etree._Element) -> None:
    scene.attributes(element, {_ABOUT: None})
    about_notes(scene, element, needed=scene.version == "1.0")
    found = scene.follow(element, element, _ITEM)
    scene.no_text(element)
    _NEEDS(scene, element, found)


_SEQUENCE = container(
    {"rdf:Seq": container({"rdf:li": leaf(attributes={"resource": None, _RESOURCE: None}, once="")}, once="")},
    attributes={_PARSE_TYPE: None},
)
_LIST = container({"item": Rule(_item, "")}, attributes={_PARSE_TYPE: None})


def _items(scene: Scene, element: etree._Element) -> None:
    (_LIST if scene.version == "1.1" else _SEQUENCE).look(scene, element)


def _small_image(scene: Scene, element: etree._Element) -> None:
    """The image of a channel, which is but pointed to in RSS 1.0."""
    scene.attributes(element, {_ABOUT: None, _RESOURCE: None, _PARSE_TYPE: None})
    if element.get(_RESOURCE) is None:
        found = scene.follow(element, element, CHANNEL_IMAGE)
        needs(title="MissingTitle", url="MissingElement")(scene, element, found)
        if "link" not in found and element.get(_PARSE_TYPE) is None:
            scene.note(element, "MissingLink", "the image has no link")
    scene.no_text(element)


def _small_text_input(scene: Scene, element: etree._Element) -> None:
    if element.get(_RESOURCE) is None and scene.version != "1.0":
        TEXT_INPUT.look(scene, element)


_CHANNEL: Place = {
    **CHANNEL_PLACE,
    "image": Rule(_small_image),
    "textinput": Rule(_small_text_input),
    "textInput": Rule(_small_text_input),
    "items": Rule(_items),
    "rdfs:label": leaf(once=""),
    "rdfs:comment": leaf(once=""),
}


def _channel(scene: Scene, element: etree._Element) -> None:
    scene.attributes(element, {_ABOUT: None})
    about_notes(scene, element, needed=scene.version == "1.0")
    found = scene.follow(element, element, _CHANNEL)
    scene.no_text(element)
    channel_notes(scene, element, found)
    if element.get(_ABOUT) is not None and "items" not in found:
        scene.note(element, "MissingElement", "the channel has no items")
    if "items" in found and element.get(_ABOUT) is None and scene.version == "1.1":
        scene.note(element, "MissingAttribute", "the channel has no rdf:about")


def _described(place: Place, after: Callable[[Scene, etree._Element, Found], None]) -> Rule:
    """What stands beside the channel."""

    def look(scene: Scene, element: etree._Element) -> None:
        scene.attributes(element, {_ABOUT: None})
        about_notes(scene, element, needed=scene.version == "1.0")
        found = scene.follow(element, element, place)
        scene.no_text(element)
        after(scene, element, found)

    return Rule(look, "")


_IMAGE: Place = {
    **EVERYWHERE,
    "title": leaf(values.filled, plain="ContainsHTML"),
    "link": leaf(full_link),
    "url": leaf(full_link),
    "dc:creator": leaf(once=""),
    "dc:subject": leaf(once=""),
    "dc:date": leaf(date=dates.w3cdtf),
    "cc:license": ANYTHING,
}
_FORM: Place = {
    **EVERYWHERE,
    "title": leaf(plain="ContainsHTML"),
    "description": leaf(),
    "name": leaf(values.matching(r"[a-zA-Z_].*", "InvalidFormComponentName")),
    "link": leaf(full_link),
    "dc:creator": leaf(once=""),
    "dc:subject": leaf(once=""),
    "dc:date": leaf(date=dates.w3cdtf),
}
_ROOT: Place = {
    "channel": Rule(_channel),
    "item": Rule(_item, ""),
    "image": _described(_IMAGE, needs(title="MissingTitle", link="MissingLink", url="MissingElement")),
    "textinput": _described(
        _FORM,
        needs(title="MissingTitle", link="MissingLink", description="MissingDescription", name="MissingElement"),
    ),
    "cc:License": ANYTHING,
    "taxo:topic": ANYTHING,
    "rdf:Description": ANYTHING,
}


def rdf_notes(scene: Scene, root: etree._Element) -> None:
    """Looks at an RDF document, which is RSS 1.0 or 0.90, or at the channel that an RSS 1.1 document is."""
    if scene.name(str(root.tag)) == "Channel":
        scene.version = "1.1"
        _channel(scene, root)
        return
    old = any(child.tag == f"{{{RSS_090}}}channel" for child in root)
    scene.version = "0.90" if old else "1.0"
    scene.attributes(root)
    found = scene.follow(root, root, _ROOT)
    scene.no_text(root)
    if "channel" not in found:
        scene.note(root, "MissingElement", "there is no channel")
