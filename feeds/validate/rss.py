"""RSS 2.0 and its predecessors 0.91 to 0.94 (RSS Board: specification and profile)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from lxml import etree

from feeds.validate import dates, html, values
from feeds.validate.anywhere import EVERYWHERE
from feeds.validate.constructs import ATOM, LINK, PERSON, TEXT, relation, self_notes
from feeds.validate.extensions import ACCESS, CHANNEL, ITEM
from feeds.validate.grammar import ANYTHING, Family, Found, Place, Rule, Scene, container, leaf, needs
from feeds.validate.html import html_notes
from feeds.validate.itunes import ITUNES_CHANNEL, ITUNES_ITEM, format_note, podcast_notes
from feeds.validate.rules import shown
from feeds.validate.spaces import RDF
from feeds.validate.values import attribute_number, full_link

_VERSIONS = ("0.91", "0.92", "2.0")
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_BOARD = "http://www.rssboard.org/rss-specification"
_SMALL_GUID = 9
_HOURS, _DAYS = 24, 7

# What a channel or an item says in two vocabularies, it says twice.
_SAME_OF_CHANNEL = (
    ("managingEditor", "dc:creator"), ("category", "dc:subject"), ("pubDate", "dc:date"), ("webMaster", "dc:publisher"),
    ("copyright", "dc:rights"), ("language", "dc:language"), ("lastBuildDate", "dcterms:modified"),
    ("generator", "admin:generatorAgent"), ("creativeCommons:license", "cc:license"),
)  # fmt: skip
_SAME_OF_ITEM = (
    ("author", "dc:creator"), ("category", "dc:subject"), ("pubDate", "dc:date"), ("pubDate", "atom:published"),
    ("guid", "atom:id"), ("source", "dc:source"), ("creativeCommons:license", "cc:license"),
)  # fmt: skip

_PLAIN = leaf(plain="ContainsHTML")
_FULL_LINK = leaf(full_link)
_DATE = leaf(date=dates.rfc822)
_CONTACT = leaf(values.named_contact)


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
            scene.noted(element, values.Note(code, note.what))
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


def _length(value: str) -> values.Note | None:
    number = values.whole(value)
    if number is None:
        return values.Note("InvalidIntegerAttribute", f"it is {shown(value)}")
    if number < 0:
        code = "UseZeroForUnknown" if number == -1 else "InvalidNonNegativeInteger"
        return values.Note(code, f"it is {shown(value)}")
    return None


_ATOM_LEAVES: Place = {
    "atom:id": leaf(full_link),
    "atom:updated": leaf(date=dates.rfc3339),
    "atom:published": leaf(date=dates.rfc3339),
}
ITEM_PLACE: Place = {
    **ITEM,
    **ITUNES_ITEM,
    **_ATOM_LEAVES,
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

_CATEGORY = leaf(plain="ContainsHTML", attributes={"domain": None}, once="")
_ITEM: Place = {
    **ITEM_PLACE,
    "comments": _FULL_LINK,
    "enclosure": Rule(_enclosure, "DuplicateEnclosure"),
    "pubDate": _DATE,
    "author": _CONTACT,
    "category": leaf(values.filled, plain="ContainsHTML", attributes={"domain": None}, once=""),
    "guid": Rule(_guid),
    "source": leaf(plain="ContainsHTML", attributes={"url": full_link}, required=("url",)),
    "trackback:ping": _FULL_LINK,
    "trackback:about": leaf(full_link, once=""),
}


def _item(scene: Scene, element: etree._Element) -> None:
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
        address = cast("str | None", enclosure.get("url"))
        if address is not None:
            format_note(scene, item, address)


def _image_url(scene: Scene, element: etree._Element) -> None:
    _FULL_LINK.look(scene, element)
    suffix = scene.text(element).rpartition(".")[2].lower()
    if suffix.isidentifier() and suffix not in ("jpg", "jpeg", "gif", "png") and len(suffix) < 50:
        scene.note(element, "ImageUrlFormat", f"the image is {shown(scene.text(element))}")


CHANNEL_IMAGE: Place = {
    **EVERYWHERE,
    "title": leaf(values.filled, plain="ContainsHTML"),
    "link": _FULL_LINK,
    "url": Rule(_image_url),
    "dc:creator": leaf(once=""),
    "dc:subject": leaf(once=""),
    "dc:date": leaf(date=dates.w3cdtf),
    "cc:license": ANYTHING,
}
_IMAGE_PLACE: Place = {
    **CHANNEL_IMAGE,
    "width": leaf(values.within(1, 144, "InvalidWidth")),
    "height": leaf(values.within(1, 400, "InvalidHeight")),
    "description": _PLAIN,
}
_ABOUT, _RESOURCE, _PARSE_TYPE = (f"{{{RDF}}}{name}" for name in ("about", "resource", "parseType"))


def _image(scene: Scene, element: etree._Element) -> None:
    scene.attributes(element, {_ABOUT: None, _RESOURCE: None, _PARSE_TYPE: None})
    found = scene.follow(element, element, _IMAGE_PLACE)
    scene.no_text(element)
    if element.get(_RESOURCE) is None:
        _needs_of_image(scene, element, found)
        if "link" not in found and element.get(_PARSE_TYPE) is None:
            scene.note(element, "MissingLink", "the image has no link")


_needs_of_image = needs(title="MissingTitle", url="MissingElement")
TEXT_INPUT = container(
    {
        **{name: rule for name, rule in EVERYWHERE.items() if name != "dc:date"},
        "title": _PLAIN,
        "description": leaf(),
        "name": leaf(values.matching(r"[a-zA-Z_].*", "InvalidFormComponentName")),
        "link": _FULL_LINK,
        "dc:creator": leaf(once=""),
        "dc:subject": leaf(once=""),
        "dc:date": leaf(date=dates.w3cdtf),
    },
    needs(title="MissingTitle", link="MissingLink", description="MissingDescription", name="MissingElement"),
    attributes={_ABOUT: values.link},
)


def _hours(scene: Scene, element: etree._Element, found: Found) -> None:
    hours = found.get("hour", [])
    if not hours:
        scene.note(element, "MissingElement", "skipHours has no hour")
    if len(hours) > _HOURS:
        scene.note(element, "NotEnoughHoursInTheDay", f"there are {len(hours)} hours")
    seen = set()
    for hour in hours:
        text = scene.text(hour)
        number = values.whole(text)
        if number == _HOURS and text == "24":
            scene.note(hour, "UseZeroForMidnight", "the hour is 24")
        elif number is None or not 0 <= number < _HOURS:
            scene.note(hour, "InvalidHour", f"the hour is {shown(text)}")
        if number is not None and number % _HOURS in seen:
            scene.note(hour, "DuplicateValue", f"the hour {shown(text)} is there twice")
        if number is not None:
            seen.add(number % _HOURS)


_DAY_NAMES = frozenset("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())


def _days(scene: Scene, element: etree._Element, found: Found) -> None:
    days = found.get("day", [])
    if not days:
        scene.note(element, "MissingElement", "skipDays has no day")
    if len(days) > _DAYS:
        scene.note(element, "EightDaysAWeek", f"there are {len(days)} days")
    seen = set()
    for day in days:
        text = scene.text(day)
        if text not in _DAY_NAMES:
            scene.note(day, "InvalidDay", f"the day is {shown(text)}")
        elif text in seen:
            scene.note(day, "DuplicateValue", f"{text} is there twice")
        seen.add(text)


def _small_text_input(scene: Scene, element: etree._Element) -> None:
    scene.note(element, "UndefinedElement", "it is spelt textInput")
    scene.eaten(element)


def _no_blink(scene: Scene, element: etree._Element) -> None:
    scene.note(element, "NoBlink", "there is no blink in RSS")


CHANNEL_PLACE: Place = {
    **CHANNEL,
    **ITUNES_CHANNEL,
    **{name: rule for name, rule in ATOM.items() if name not in ("atom:content", "atom:published", "atom:summary")},
    **{name: rule for name, rule in _ATOM_LEAVES.items() if name != "atom:published"},
    "link": _FULL_LINK,
    "title": leaf(values.filled, plain="ContainsHTML"),
    "description": _PLAIN,
    "blink": Rule(_no_blink),
    "dc:creator": leaf(once=""),
    "dc:subject": leaf(once=""),
    "dc:date": leaf(date=dates.w3cdtf),
    "cc:license": ANYTHING,
    "creativeCommons:license": leaf(full_link, once=""),
}
_CHANNEL: Place = {
    **CHANNEL_PLACE,
    "image": Rule(_image),
    "textInput": TEXT_INPUT,
    "textinput": Rule(_small_text_input),
    "item": Rule(_item, ""),
    "category": _CATEGORY,
    "cloud": leaf(
        attributes={
            "domain": None, "port": attribute_number, "path": None, "registerProcedure": None, "protocol": None,
        },
        required=("domain", "port", "path", "registerProcedure", "protocol"),
    ),
    "rating": leaf(once=""),
    "ttl": leaf(values.positive, values.filled),
    "docs": _FULL_LINK,
    "generator": leaf(),
    "pubDate": _DATE,
    "managingEditor": _CONTACT,
    "webMaster": _CONTACT,
    "language": leaf(values.language),
    "copyright": _PLAIN,
    "lastBuildDate": _DATE,
    "skipHours": container({"hour": leaf(once="")}, _hours),
    "skipDays": container({"day": leaf(once="")}, _days),
}  # fmt: skip
_METADATA = frozenset(
    name for name in _CHANNEL if ":" not in name and name not in ("item", "rating", "blink")
) | {"atom:link"}  # fmt: skip
_CHANNEL_NEEDS = needs(description="MissingDescription", link="MissingLink", title="MissingTitle")
_INDEX = "{urn:atom-extension:indexing}index"


def _channel(scene: Scene, element: etree._Element) -> None:
    scene.attributes(element, {_INDEX: values.yes_no})
    found = scene.follow(element, element, _CHANNEL)
    scene.no_text(element)
    scene.podcast = scene.podcast or any(name.startswith("itunes:") for name in found)
    channel_notes(scene, element, found)
    if "textInput" in found:
        scene.note(found["textInput"][0], "AvoidTextInput", "there is a textInput")
    _order(scene, element, found)
    _slash(scene, found)
    if scene.version == "2.0" and "self" not in {relation(link) for link in found.get("atom:link", [])}:
        scene.note(element, "MissingAtomSelfLink", "there is no atom:link with rel=self")
    unique_notes(scene, "guid")
    docs = found.get("docs")
    if docs is not None and scene.text(docs[0]) == _BOARD:
        scene.notes[:] = [note for note in scene.notes if note[1].code != "UseOfExtensionAttr"]


def channel_notes(scene: Scene, element: etree._Element, found: Found) -> None:
    """What every kind of channel has to have, and what its parts say of one another."""
    _CHANNEL_NEEDS(scene, element, found)
    same_notes(scene, element, found, _SAME_OF_CHANNEL, "DuplicateSemantics")
    self_notes(scene, found.get("atom:link", []))
    for name, code in (("title", "ImageTitleDoesntMatch"), ("link", "ImageLinkDoesntMatch")):
        image = found.get("image", [None])[0]
        inner = next(image.iterchildren("{*}" + name), None) if image is not None else None
        if inner is not None and name in found:
            text = scene.text(found[name][0])
            if text and text != scene.text(inner):
                scene.note(inner, code, f"the image's {name} is not that of the channel")
    if scene.podcast:
        language = "language" in found or element.get(_LANG) is not None
        podcast_notes(scene, element, found, language=language, encoding=scene.encoding)


def _order(scene: Scene, element: etree._Element, found: Found) -> None:
    """Items that stand before something else of the channel."""
    waiting: list[etree._Element] = []
    for child in element:
        name = scene.name(child.tag) if isinstance(child.tag, str) else ""
        if name == "item":
            waiting.append(child)
        elif waiting and name in _METADATA:
            for item in waiting:
                scene.note(item, "MisplacedItem", f"the item stands before {name}")
            waiting = []


def _slash(scene: Scene, found: Found) -> None:
    if "lastBuildDate" not in found:
        for item in scene.gathered.get("slash:comments", []):
            scene.note(item, "SlashDate", "there is slash:comments, but no lastBuildDate")


def unique_notes(scene: Scene, name: str) -> None:
    """Values that have to be different in all items."""
    seen = set()
    for element in scene.gathered.get(name, []):
        value = scene.text(element)
        if value and value in seen:
            scene.note(element, "DuplicateValue", f"the {name} {shown(value)} is there twice")
        seen.add(value)


_ROOT: Place = {"channel": Rule(_channel), "access:restriction": ACCESS}


def rss_notes(scene: Scene, root: etree._Element, *, typed: bool) -> None:
    """Looks at an RSS document; `typed` says that it names the document type of RSS 0.91."""
    version = root.get("version")
    scene.version = version if version is not None else "2.0"
    scene.attributes(root, {"version": None}, ("version",))
    if typed and version is not None and version != "0.91":
        scene.note(root, "InvalidDoctype", f"the version is {shown(version)}")
    elif version is not None and not typed and version not in _VERSIONS:
        scene.note(root, "InvalidRSSVersion", f"the version is {shown(version)}")
    found = scene.follow(root, root, _ROOT)
    scene.no_text(root)
    if "channel" not in found:
        scene.note(root, "MissingElement", "there is no channel")
