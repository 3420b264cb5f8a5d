"""RSS 2.0 and its predecessors 0.91 to 0.94 (RSS Board: specification and profile)."""

from __future__ import annotations

from lxml import etree

from feeds.validate import dates, values
from feeds.validate.anywhere import EVERYWHERE
from feeds.validate.constructs import ATOM, relation, self_notes
from feeds.validate.extensions import ACCESS, CHANNEL
from feeds.validate.grammar import Found, Place, Rule, Scene
from feeds.validate.items import ATOM_LEAVES, CONTACT, RSS_ITEM, same_notes
from feeds.validate.itunes import ITUNES_CHANNEL, podcast_notes
from feeds.validate.rules import shown
from feeds.validate.shapes import ANYTHING, container, leaf, needs
from feeds.validate.spaces import RDF
from feeds.validate.values import attribute_number, full_link

_VERSIONS = ("0.91", "0.92", "2.0")
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_BOARD = "http://www.rssboard.org/rss-specification"
_HOURS, _DAYS = 24, 7

# What a channel or an item says in two vocabularies, it says twice.
_SAME_OF_CHANNEL = (
    ("managingEditor", "dc:creator"), ("category", "dc:subject"), ("pubDate", "dc:date"), ("webMaster", "dc:publisher"),
    ("copyright", "dc:rights"), ("language", "dc:language"), ("lastBuildDate", "dcterms:modified"),
    ("generator", "admin:generatorAgent"), ("creativeCommons:license", "cc:license"),
)  # fmt: skip
_PLAIN = leaf(plain="ContainsHTML")
_FULL_LINK = leaf(full_link)
_DATE = leaf(date=dates.rfc822)


_CATEGORY = leaf(plain="ContainsHTML", attributes={"domain": None}, once="")


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
    **{name: rule for name, rule in ATOM_LEAVES.items() if name != "atom:published"},
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
    "item": RSS_ITEM,
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
    "managingEditor": CONTACT,
    "webMaster": CONTACT,
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
    unique_notes(scene, "sx:sync")
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
        value = scene.text(element) or str(element.get("id", ""))
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
