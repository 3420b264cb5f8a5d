"""Apple's podcast elements (itunes:)."""

from __future__ import annotations

from lxml import etree

from feeds.validate import dates, values
from feeds.validate.grammar import Found, Place, Rule, Scene
from feeds.validate.rules import Note, shown
from feeds.validate.shapes import container, leaf

# Apple's list; an empty one has no parts.
_CATEGORIES = {
    "Arts": "Books|Design|Fashion & Beauty|Food|Performing Arts|Visual Arts",
    "Business": "Careers|Entrepreneurship|Investing|Management|Marketing|Non-Profit",
    "Comedy": "Comedy Interviews|Improv|Stand-Up",
    "Education": "Courses|How To|Language Learning|Self-Improvement",
    "Fiction": "Comedy Fiction|Drama|Science Fiction",
    "Government": "",
    "Health & Fitness": "Alternative Health|Fitness|Medicine|Mental Health|Nutrition|Sexuality",
    "History": "",
    "Kids & Family": "Education for Kids|Parenting|Pets & Animals|Stories for Kids",
    "Leisure": "Animation & Manga|Automotive|Aviation|Crafts|Games|Hobbies|Home & Garden|Video Games",
    "Music": "Music Commentary|Music History|Music Interviews",
    "News": "Business News|Daily News|Entertainment News|News Commentary|Politics|Sports News|Tech News",
    "Religion & Spirituality": "Buddhism|Christianity|Hinduism|Islam|Judaism|Religion|Spirituality",
    "Science": "Astronomy|Chemistry|Earth Sciences|Life Sciences|Mathematics|Natural Sciences|Nature|Physics|"
    "Social Sciences",
    "Society & Culture": "Documentary|Personal Journals|Philosophy|Places & Travel|Relationships",
    "Sports": "Baseball|Basketball|Cricket|Fantasy Sports|Football|Golf|Hockey|Rugby|Running|Soccer|Swimming|Tennis|"
    "Volleyball|Wilderness|Wrestling",
    "TV & Film": "After Shows|Film History|Film Interviews|Film Reviews|TV Reviews",
    "Technology": "",
    "True Crime": "",
}
_FORMER = {
    "Arts": "Literature",
    "Arts & Entertainment": "Architecture|Design|Entertainment|Games|Performing Arts|Photography|Poetry|"
    "Science Fiction",
    "Audio Blogs": "",
    "Business": "Business News|Finance|Management & Marketing|News|Shopping",
    "Education": "Education Technology|Higher Education|K-12|Language Courses|Training",
    "Family": "",
    "Food": "",
    "Games & Hobbies": "Automotive|Aviation|Hobbies|Other Games|Video Games",
    "Government & Organizations": "Local|National|Non-Profit|Regional",
    "Health": "Alternative Health|Diet & Nutrition|Fitness|Fitness & Nutrition|Relationships|Self-Help|Sexuality",
    "International": "Australian|Belgian|Brazilian|Canadian|Chinese|Dutch|French|German|Hebrew|Italian|Japanese|"
    "Norwegian|Polish|Portuguese|Spanish|Swedish",
    "Movies & Television": "",
    "News & Politics": "",
    "Politics": "",
    "Public Radio": "",
    "Religion & Spirituality": "New Age|Other|Philosophy",
    "Science & Medicine": "Medicine|Natural Sciences|Social Sciences",
    "Society & Culture": "History",
    "Sports & Recreation": "Amateur|College & High School|Outdoor|Professional",
    "Talk Radio": "",
    "Technology": "Computers|Developers|Gadgets|Information Technology|News|Operating Systems|Podcasting|Smart Phones|"
    "Software How-To|Tech News|Text/Speech",
    "Transportation": "Automotive|Aviation|Bicycles|Commuting",
    "Travel": "",
}  # fmt: skip
_FORMATS = frozenset("m4a mp3 mov mp4 m4v pdf epub".split())


def _parts(listed: str | None) -> frozenset[str]:
    return frozenset(listed.split("|")) if listed else frozenset()


def _category(scene: Scene, element: etree._Element) -> None:
    scene.attributes(element, {"text": None}, ("text",))
    text = element.get("text")
    _named(scene, element, text, frozenset(_CATEGORIES), frozenset(_FORMER))
    for child in element.iterchildren(etree.Element):
        if scene.name(str(child.tag)) != "itunes:category":
            scene.unforeseen(child, element, scene.name(str(child.tag)))
            continue
        scene.attributes(child, {"text": None}, ("text",))
        parts, former = _parts(_CATEGORIES.get(text or "")), _parts(_FORMER.get(text or ""))
        _named(scene, child, child.get("text") if text else None, parts, former)
    scene.no_text(element)


def _named(
    scene: Scene, element: etree._Element, text: str | None, present: frozenset[str], former: frozenset[str]
) -> None:
    if text is not None and text not in present:
        code = "ObsoleteItunesCategory" if text in former else "InvalidItunesCategory"
        scene.note(element, code, f"the category is {shown(text)}")


def _untrimmed(words: str, code: str) -> Rule:
    """One of some words in any case, without white space around it."""
    check = values.one_of(words, code, fold=True)

    def look(scene: Scene, element: etree._Element) -> None:
        scene.attributes(element)
        if len(element):
            scene.no_elements(element)
        scene.noted(element, check(element.text or ""))

    return Rule(look)


def _limited(longest: int, *checks: values.Check) -> Rule:
    return leaf(values.at_most(longest), *checks, plain="ContainsHTML")


def _keywords(value: str) -> Note | None:
    if " " in value and "," not in value:
        return Note("InvalidKeywords", f"there are no commas in {shown(value)}")
    return None


def _new_address(scene: Scene, element: etree._Element) -> None:
    leaf(values.full_link).look(scene, element)


def _owner(scene: Scene, element: etree._Element, found: Found) -> None:
    if "itunes:email" not in found:
        scene.note(element, "MissingElement", "itunes:owner has no itunes:email")


_SHARED: Place = {
    "itunes:author": _limited(255),
    "itunes:block": _untrimmed("yes|no|clean|true|false", "InvalidYesNoClean"),
    # Apple has asked for "true" and "false" since 2019; what it said before is in most feeds.
    "itunes:explicit": _untrimmed("true|false|yes|no|clean|explicit", "InvalidTrueFalse"),
    "itunes:keywords": _limited(255, _keywords),
    "itunes:subtitle": _limited(255),
    "itunes:summary": _limited(4000),
    "itunes:image": leaf(attributes={"href": values.web_address}, required=("href",)),
}
ITUNES_CHANNEL: Place = {
    **_SHARED,
    "itunes:owner": container({"itunes:email": leaf(values.contact), "itunes:name": _limited(255)}, _owner),
    "itunes:category": Rule(_category, ""),
    "itunes:pubDate": leaf(date=dates.rfc822),
    "itunes:new-feed-url": Rule(_new_address),
    "itunes:type": leaf(values.one_of("episodic|serial", "InvalidItunesChannelType")),
    "itunes:complete": _untrimmed("yes|no", "InvalidYesNo"),
    "itunes:title": leaf(),
}
ITUNES_ITEM: Place = {
    **_SHARED,
    "itunes:duration": leaf(values.matching(r"[0-9]+(:[0-5][0-9](:[0-5][0-9])?)?", "InvalidDuration")),
    "itunes:title": leaf(),
    "itunes:episode": leaf(values.positive),
    "itunes:season": leaf(values.positive),
    "itunes:episodeType": leaf(values.one_of("full|trailer|bonus", "InvalidItunesEpisodeType")),
    "itunes:order": leaf(values.integer),
    "itunes:isClosedCaptioned": _untrimmed("yes|no", "InvalidYesNo"),
    "itunes:applepodcastsepisode": leaf(),
}  # fmt: skip


def podcast_notes(scene: Scene, channel: etree._Element, found: Found, *, language: bool, encoding: str) -> None:
    """What Apple asks of a channel that uses its elements."""
    if not language:
        scene.note(channel, "MissingItunesElement", "there is no language")
    for name in ("itunes:category", "itunes:explicit"):
        if name not in found:
            scene.note(channel, "MissingItunesElement", f"there is no {name}")
    if "itunes:owner" not in found:
        scene.note(channel, "MissingItunesEmail", "there is no itunes:owner")
    if encoding.lower() not in ("utf-8", "utf8"):
        scene.note(channel, "NotUTF8", f"the encoding is {shown(encoding)}")


def format_note(scene: Scene, element: etree._Element, address: str) -> None:
    """An enclosure of a podcast whose format Apple does not take."""
    suffix = address.rpartition(".")[2]
    if suffix not in _FORMATS:
        scene.note(element, "UnsupportedItunesFormat", f"the enclosure is {shown(address)}")
