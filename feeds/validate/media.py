"""Media RSS (http://www.rssboard.org/media-rss)."""

from __future__ import annotations

import re

from lxml import etree

from feeds.validate import html, values
from feeds.validate.anywhere import EVERYWHERE
from feeds.validate.grammar import Attributes, Found, Place, Rule, Scene
from feeds.validate.rules import shown
from feeds.validate.shapes import ANYTHING, container, leaf
from feeds.validate.values import full_link, positive

_TIME = values.matching(r"now|[0-9]+(\.[0-9]+)?|[0-9]+:[0-9]{2}:[0-9]{2}(\.[0-9]+)?", "InvalidNPTTime")
_TEXT_TYPE = values.one_of("plain|html", "InvalidMediaTextType")
_MEASURE = values.matching(r"[0-9].*", "InvalidFloat")
# The roles of the European Broadcasting Union that the specification points to, and single words of them.
_ROLES = frozenset("""
actor|adaptor|anchor person|animal trainer|animator|announcer|armourer|art director|artist|artist/performer|
assistant camera|assistant chief lighting technician|assistant director|assistant producer|assistant visual editor|
author|broadcast assistant|broadcast journalist|camera operator|carpenter|casting|causeur|chief lighting technician|
choir|choreographer|clapper loader|commentary or commentator|commissioning broadcaster|composer|computer programmer|
conductor|consultant|continuity checker|correspondent|costume designer|dancer|dialogue coach|director|
director of photography|distribution company|draughtsman|dresser|dubber|editor|editor/producer|ensemble|
executive producer|expert|fight director|floor manager|focus puller|foley artist|foley editor|foley mixer|
graphic assistant|graphic designer|greensman|grip|hairdresser|illustrator|interviewed guest|interviewer|key character|
key grip|key talents|leadman|librettist|lighting director|lighting technician|location manager|lyricist|make up artist|
manufacturer|matte artist|music arranger|music group|musician|news reader|orchestra|participant|performer|photographer|
post|producer|production assistant|production company|production department|production manager|production secretary|
programme production researcher|programme proposal|property manager|publishing company|puppeteer|pyrotechnician|
reporter|rigger|runner|scenario|scenic operative|script supervisor|second assistant camera|second assistant director|
second unit director|set designer|set dresser|sign language|singer|sound designer|sound mixer|sound recordist|
special effects|stunts|subtitles|technical director|term|translation|transportation manager|treatment|
treatment proposal|treatment/programme proposal|vision mixer|visual editor|visual effects|wardrobe|witness
""".replace("\n", "").split("|"))  # fmt: skip
_RATINGS = {
    "urn:simple": frozenset({"adult", "nonadult"}),
    "urn:mpaa": frozenset("g m nc-17 pg pg-13 r x".split()),
    "urn:v-chip": frozenset("14+ 18+ c c8 g pg tv-14 tv-g tv-ma tv-pg tv-y tv-y7 tv-y7-fv".split()),
}
_ICRA_PART = r"(?:[nsvlocx]z [01]|(?:n[a-c]|s[a-f]|v[a-j]|l[a-c]|o[a-h]|c[a-b]|x[a-e]) 1)"
_ICRA = re.compile(rf"r \({_ICRA_PART}(?: {_ICRA_PART})*\)")


def _given(check: values.Check) -> values.Check:
    """The same for an attribute that may be empty."""
    return lambda value: check(value) if value else None


def _credit(scene: Scene, element: etree._Element) -> None:
    scene.attributes(element, {"role": None, "scheme": None})
    scheme, role = element.get("scheme") or "urn:ebu", element.get("role")
    if role and (role not in _ROLES if scheme == "urn:ebu" else role != role.lower()):
        scene.note(element, "InvalidCreditRole", f"the role is {shown(role)}")
    if scheme != "urn:ebu":
        scene.noted(element, full_link(scheme))


def _hash(scene: Scene, element: etree._Element) -> None:
    scene.attributes(element, {"algo": values.one_of("md5|sha-1", "InvalidMediaHash")})
    value = scene.text(element)
    length = 40 if element.get("algo") == "sha-1" else 32
    if len(value) != length or not value.isalnum() or not value.isascii():
        scene.note(element, "InvalidMediaHash", f"the hash is {shown(value)}")


def _rating(scene: Scene, element: etree._Element) -> None:
    scene.attributes(element, {"scheme": None})
    scheme, value = element.get("scheme") or "urn:simple", scene.text(element)
    if scheme in _RATINGS:
        wrong = value not in _RATINGS[scheme]
    elif scheme == "urn:icra":
        wrong = not _ICRA.fullmatch(value)
    else:
        scene.noted(element, full_link(scheme), "scheme")
        return
    if wrong:
        scene.note(element, "InvalidMediaRating", f"the rating is {shown(value)}")


def _restriction(scene: Scene, element: etree._Element) -> None:
    relationship = values.one_of("allow|deny", "InvalidMediaRestrictionRel")
    scene.attributes(element, {"relationship": _given(relationship), "type": None})
    if not element.get("relationship"):
        scene.note(element, "MissingAttribute", "media:restriction has no relationship")
    kind, value = element.get("type"), scene.text(element)
    if not kind:
        if value and value not in ("all", "none"):
            scene.note(element, "InvalidMediaRestriction", f"it is {shown(value)}")
    elif kind == "country":
        scene.noted(element, values.countries(value))
    elif kind == "uri":
        scene.noted(element, full_link(value))
    elif kind != "sharing":
        scene.note(element, "InvalidMediaRestrictionType", f"the type is {shown(kind)}")


def _text_like(scene: Scene, element: etree._Element, expected: Attributes) -> None:
    scene.attributes(element, {"type": _given(_TEXT_TYPE), **expected})
    if len(element):
        scene.no_elements(element)
    text = scene.text(element)
    if element.get("type") == "html":
        for note in html.html_notes(text):
            scene.noted(element, note)
    else:
        scene.plain(element, text, "ContainsUndeclaredHTML")


def _title(scene: Scene, element: etree._Element) -> None:
    _text_like(scene, element, {})


def _text(scene: Scene, element: etree._Element) -> None:
    _text_like(scene, element, {"start": _given(_TIME), "end": _given(_TIME), "lang": _given(values.language)})


def _sized(expected: Attributes) -> Rule:
    """An element that shows something at `url`."""

    def look(scene: Scene, element: etree._Element) -> None:
        sizes: Attributes = {"height": _given(positive), "width": _given(positive), "url": _given(full_link)}
        scene.attributes(element, {**sizes, **expected})
        if not element.get("url"):
            scene.note(element, "MissingAttribute", f"{scene.spelt(element)} has no url")

    return Rule(look, "")


def _adult(scene: Scene, element: etree._Element) -> None:
    scene.note(element, "DeprecatedMediaAdult", "there is media:adult")
    scene.noted(element, values.true_false(scene.text(element)))


MEDIA: Place = {
    "media:adult": Rule(_adult),
    "media:category": leaf(attributes={"label": None, "scheme": _given(full_link)}, plain="ContainsHTML", once=""),
    "media:copyright": leaf(attributes={"url": _given(full_link)}),
    "media:credit": Rule(_credit, ""),
    "media:description": Rule(_title),
    "media:hash": Rule(_hash, ""),
    "media:keywords": leaf(once=""),
    "media:player": _sized({}),
    "media:rating": Rule(_rating, ""),
    "media:restriction": Rule(_restriction, ""),
    "media:text": Rule(_text, ""),
    "media:thumbnail": _sized({"time": _given(_TIME)}),
    "media:title": Rule(_title),
    **{
        f"media:{name}": ANYTHING
        for name in (
            "community comments embed responses backLinks status price license subTitle peerLink location rights scenes"
        ).split()
    },
}
_CONTENT: Attributes = {
    "bitrate": _given(_MEASURE),
    "channels": _given(values.non_negative),
    "duration": _given(_MEASURE),
    "expression": _given(values.one_of("sample|full|nonstop", "InvalidMediaExpression")),
    "fileSize": _given(positive),
    "framerate": _given(_MEASURE),
    "height": _given(positive),
    "isDefault": _given(values.true_false),
    "lang": _given(values.language),
    "medium": _given(values.one_of("image|audio|video|document|executable", "InvalidMediaMedium")),
    "samplingrate": _given(_MEASURE),
    "type": _given(values.media_attribute),
    "url": _given(full_link),
    "width": _given(positive),
}


def _group(scene: Scene, element: etree._Element, found: Found) -> None:
    if len(found.get("media:content", ())) < 2:
        scene.note(element, "MediaGroupWithoutAlternatives", "there are fewer than two media:content in the group")


MEDIA_CONTENT = container({**EVERYWHERE, **MEDIA}, attributes=_CONTENT, once="")
MEDIA_GROUP = container({**MEDIA, "media:content": MEDIA_CONTENT}, _group, once="")
