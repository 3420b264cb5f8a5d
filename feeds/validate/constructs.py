"""The parts that Atom's elements are made of (RFC 4287, 3 and 4.2): texts, contents, people, links, categories."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from lxml import etree

from feeds.validate import dates, values
from feeds.validate.anywhere import EVERYWHERE, RDF_RESOURCE, RESOURCE
from feeds.validate.canonical import canonical
from feeds.validate.grammar import Attributes, Found, Place, Rule, Scene
from feeds.validate.rules import shown
from feeds.validate.shapes import ANYTHING, container, leaf
from feeds.validate.spaces import RDF, XML
from feeds.validate.texts import CONTENT, TEXT

_BASE = f"{{{XML}}}base"
_THREAD = "{http://purl.org/syndication/thread/1.0}"
_RELATIONS = frozenset("""
    about alternate appendix archives author bookmark canonical chapter collection contents copyright current
    describedby describes duplicate edit edit-media enclosure first glossary help hub icon index item last
    latest-version license me next next-archive original payment prev prev-archive previous privacy-policy related
    replies search self service start subsection tag terms-of-service up via
""".split())  # fmt: skip
PAGING = frozenset({"current", "first", "last", "next", "next-archive", "prev-archive", "previous"})
_FEED_TYPES = frozenset({"application/atom+xml", "application/rss+xml", "application/rdf+xml"})
_IANA = "http://www.iana.org/assignments/relation/"


def _has_name(scene: Scene, person: etree._Element, found: Found) -> None:
    if "name" not in found and "atom:name" not in found:
        scene.note(person, "MissingElement", f"{scene.spelt(person)} has no name")


_NAME = leaf(values.no_mailbox, values.filled, plain="ContainsHTML")
_MAILBOX = leaf(values.mailbox)
_HOME = Rule(lambda scene, element: _trimmed(scene, element, values.iri, blank=True))
PERSON = container(
    {
        "name": _NAME,
        "email": _MAILBOX,
        "uri": _HOME,
        "atom:name": _NAME,
        "atom:email": _MAILBOX,
        "atom:uri": _HOME,
        "foaf:workplaceHomepage": RESOURCE,
        "foaf:homepage": RESOURCE,
        "foaf:weblog": RESOURCE,
        "foaf:plan": leaf(once=""),
        "foaf:firstName": leaf(once=""),
        "xhtml:div": ANYTHING,
    },
    _has_name,
    attributes={f"{{{RDF}}}parseType": None},
    once="",
)  # fmt: skip


def _trimmed(scene: Scene, element: etree._Element, check: values.Check, *, blank: bool = False) -> None:
    """A value without white space around it."""
    scene.attributes(element)
    if len(element):
        scene.no_elements(element)
    raw = element.text or ""
    text = raw.strip()
    if raw != text:
        scene.note(element, "UnexpectedWhitespace", f"there is white space around {shown(text)}")
    if blank and not text:
        scene.note(element, "NotBlank", f"{scene.spelt(element)} is empty")
    scene.noted(element, check(text))


def _identifier(scene: Scene, element: etree._Element) -> None:
    _trimmed(scene, element, values.full_iri)
    raw = element.text or ""
    if not scene.own and raw == raw.strip() and values.full_iri(raw) is None:
        normal = canonical(raw)
        if normal != raw:
            scene.note(element, "NonCanonicalURI", f"the normal form of {shown(raw)} is {shown(normal)}")


def _date(scene: Scene, element: etree._Element) -> None:
    scene.attributes(element)
    if len(element):
        scene.no_elements(element)
    raw = element.text or ""
    text = raw.strip()
    note, moment = dates.rfc3339(text)
    if raw != text and text:
        scene.note(element, "UnexpectedWhitespace", f"there is white space around {shown(text)}")
    scene.noted(element, note)
    if moment is not None:
        scene.moments.append((element, moment))


ID = Rule(_identifier)
DATE = Rule(_date)
IMAGE = Rule(lambda scene, element: _trimmed(scene, element, values.link, blank=True))


def _category(scene: Scene, element: etree._Element) -> None:
    scene.attributes(
        element,
        {"term": values.filled, "scheme": values.full_iri, "label": None},
        ("term",),
    )
    label = element.get("label")
    if label:
        scene.plain(element, label)
    if not scene.own:
        scene.no_text(element)
        for child in element.iterchildren(etree.Element):
            scene.unforeseen(child, element, scene.name(str(child.tag)))


CATEGORY = Rule(_category, "")
GENERATOR = leaf(
    values.filled, plain="ContainsHTML", attributes={"uri": values.uri_attribute, "version": None}
)  # fmt: skip

_LINK_ATTRIBUTES: Attributes = {
    "type": values.media_type,
    "title": values.filled_attribute,
    "rel": values.filled_attribute,
    "href": values.iri,
    "length": values.non_negative,
    "hreflang": values.language,
    f"{{{RDF}}}type": None,
    RDF_RESOURCE: None,
    _THREAD + "count": values.non_negative,
    _THREAD + "when": None,
    _THREAD + "updated": lambda value: dates.rfc3339(value.strip())[0],
}


def relation(element: etree._Element) -> str:
    """A link's relation by its short name."""
    return str(element.get("rel", "alternate")).removeprefix(_IANA)


def _link(scene: Scene, element: etree._Element) -> None:
    given = dict(scene.attributes(element, _LINK_ATTRIBUTES))
    rel, href = given.get("rel", "alternate").removeprefix(_IANA), given.get("href")
    if rel not in _RELATIONS and rel and values.full_iri(rel) is not None:
        scene.note(element, "UnregisteredAtomLinkRel", f"the relation {shown(rel)} is not registered")
    if href is None:
        scene.note(element, "MissingHref", "the link has no href")
    elif scene.based:
        _same_document(scene, element, href)
    if (element.text and element.text.strip()) or (scene.own and len(element)):
        scene.note(element, "AtomLinkNotEmpty", "the link has content")
    if given.get("title"):
        scene.plain(element, given["title"])
    kind = given.get("type")
    if rel == "self" and kind is not None and kind not in _FEED_TYPES and values.media_type(kind) is None:
        scene.note(element, "SelfNotAtom", f"the type of rel=self is {shown(kind)}")
    if rel == "enclosure" and scene.own and "length" not in given:
        scene.note(element, "MissingAttribute", "the enclosure has no length")
    for name in ("count", "updated"):
        if _THREAD + name in given and rel != "replies":
            scene.note(element, "UnexpectedAttribute", f"only a link to replies has thr:{name}")
    if _THREAD + "when" in given:
        scene.note(element, "NoThrWhen", "the link has thr:when")


def base_of(element: etree._Element) -> str:
    """What xml:base makes of the addresses of an element; empty without."""
    bases = [str(one.get(_BASE)) for one in (element, *element.iterancestors()) if one.get(_BASE) is not None]
    base = ""
    for part in reversed(bases):
        base = joined(base, part)
    return base


def joined(base: str, address: str) -> str:
    """`address` seen from `base`; itself where one of them is no address."""
    try:
        return urljoin(base, address)
    except ValueError:
        return address


def _same_document(scene: Scene, element: etree._Element, href: str) -> None:
    """A link that means the feed itself, by a base that is not the feed's address."""
    base = base_of(element).partition("#")[0]
    if relation(element) == "self" and scene.location is None:
        return
    if base and joined(scene.location or "", base) != (scene.location or "").partition("#")[0]:
        if joined(base, href).partition("#")[0] == base:
            scene.note(element, "SameDocumentReference", f"{shown(href)} is the base itself")


def self_notes(scene: Scene, links: list[etree._Element]) -> None:
    """What rel=self says of a feed."""
    addresses = [link for link in links if relation(link) == "self" and link.get("href") is not None]
    for link in addresses:
        href = str(link.get("href"))
        if not _host(href) and not _host(base_of(link)):
            scene.note(link, "RelativeSelf", f"rel=self is {shown(href)}")
    if addresses and scene.location is not None:
        wanted = canonical(scene.location)
        seen = {canonical(joined(joined(scene.location, base_of(link)), str(link.get("href")))) for link in addresses}
        if wanted not in seen:
            scene.note(addresses[0], "SelfDoesntMatchLocation", f"rel=self is not {shown(scene.location)}")


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""


def alternate_notes(scene: Scene, links: list[etree._Element]) -> None:
    """One alternate for each type and language (RFC 4287, 4.1.1)."""
    seen = set()
    for link in links:
        if relation(link) == "alternate":
            kind = (link.get("type", ""), link.get("hreflang", ""))
            if kind in seen:
                scene.note(link, "DuplicateAtomLink", "there are two alternate links of one type")
            seen.add(kind)


LINK = Rule(_link, "")
ATOM: Place = {
    "atom:author": PERSON,
    "atom:category": CATEGORY,
    "atom:content": CONTENT,
    "atom:contributor": PERSON,
    "atom:generator": GENERATOR,
    "atom:icon": leaf(values.link),
    "atom:id": ID,
    "atom:link": LINK,
    "atom:logo": leaf(values.link),
    "atom:published": DATE,
    "atom:rights": TEXT,
    "atom:subtitle": TEXT,
    "atom:summary": TEXT,
    "atom:title": TEXT,
    "atom:updated": DATE,
}
"""Atom's elements in other formats."""
QUESTIONABLE: Place = {name: rule.many() for name, rule in {**EVERYWHERE, **ATOM}.items()}
