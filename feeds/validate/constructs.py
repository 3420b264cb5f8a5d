"""The parts that Atom's elements are made of (RFC 4287, 3 and 4.2): texts, contents, people, links, categories."""

from __future__ import annotations

import binascii
from base64 import b64decode
from urllib.parse import urljoin, urlsplit

from lxml import etree

from feeds.validate import dates, html, values
from feeds.validate.anywhere import EVERYWHERE, RDF_RESOURCE, RESOURCE
from feeds.validate.canonical import canonical
from feeds.validate.grammar import ANYTHING, Attributes, Family, Place, Rule, Scene, container, leaf, needs
from feeds.validate.rules import shown
from feeds.validate.spaces import RDF, XHTML, XML

_DIV = f"{{{XHTML}}}div"
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


def is_xml(kind: str) -> bool:
    """Whether a media type is one of XML (RFC 3023)."""
    return kind.endswith(("+xml", "/xml"))


def is_binary(kind: str) -> bool:
    """Whether content of this type has to be base64 (RFC 4287, 4.1.3.3)."""
    return "/" in kind and not is_xml(kind) and not kind.startswith("text/")


def _text(scene: Scene, element: etree._Element) -> None:
    _construct(scene, element, content=False)


def _content(scene: Scene, element: etree._Element) -> None:
    _construct(scene, element, content=True)


TEXT = Rule(_text)
CONTENT = Rule(_content)
_TYPED: Attributes = {"type": None, "src": None}


def _construct(scene: Scene, element: etree._Element, *, content: bool) -> None:
    scene.attributes(element, _TYPED)
    kind, source = element.get("type"), element.get("src")
    if kind == "":
        scene.note(element, "AttrNotBlank", f"the type of {scene.spelt(element)} is empty")
    if source is not None:
        _remote(scene, element, source)
    elif scene.family is Family.RSS and scene.name(str(element.tag)) != "atom:summary":
        what = f"{scene.spelt(element)} stands beside RSS's own description"
        scene.note(element, "DuplicateDescriptionSemantics", what)
    kind = kind or ("" if source is not None else "text")
    _kind(scene, element, kind, content=content, remote=source is not None)
    if scene.suspect:
        for inner in element.iterdescendants(etree.Element):
            scene.characters(inner)
    if kind == "xhtml":
        _xhtml(scene, element)
        return
    _elements(scene, element, kind)
    _value(scene, element, kind, remote=source is not None)


def _remote(scene: Scene, element: etree._Element, source: str) -> None:
    scene.noted(element, values.uri_attribute(source), "src")
    if element.get("type") is None and not scene.own:
        scene.note(element, "MissingTypeAttr", f"{scene.spelt(element)} has no type")
    if (element.text or "").strip():
        scene.note(element, "UnexpectedText", f"{scene.spelt(element)} has src and a text")


def _kind(scene: Scene, element: etree._Element, kind: str, *, content: bool, remote: bool) -> None:
    """The type itself: `text`, `html`, `xhtml`, or a media type where that is allowed."""
    if "/" in kind and not content:
        scene.note(element, "InvalidTextType", f"the type is {shown(kind)}")
    elif kind == "multipart/alternative":
        scene.note(element, "InvalidMIMEType", f"the type is {shown(kind)}")
    elif kind and (remote or kind not in ("text", "html", "xhtml")):
        scene.noted(element, values.media_type(kind))


def _elements(scene: Scene, element: etree._Element, kind: str) -> None:
    """Elements in what is not XHTML: only types of XML have them, and not beside text."""
    children = [child for child in element if isinstance(child.tag, str)]
    if not children:
        return
    if not is_xml(kind):
        what = f"{scene.spelt(element)} has elements inside, but is not xhtml"
        scene.note(children[0], "UndefinedElement", what)
    elif any(child.tail and not child.tail.isspace() for child in children):
        scene.note(element, "UnexpectedText", f"{scene.spelt(element)} has text beside its elements")
    if kind == "application/xhtml+xml":
        if children[0].tag != f"{{{XHTML}}}html":
            scene.note(element, "HtmlFragment", f"{scene.spelt(element)} is no whole document")
    if element.get("mode") == "escaped":
        scene.note(element, "NotEscaped", f"{scene.spelt(element)} says that it is escaped, but has elements inside")


def _value(scene: Scene, element: etree._Element, kind: str, *, remote: bool) -> None:
    text = element.text or ""
    if not text.strip() and not len(element) and not remote:
        scene.note(element, "NotBlank", f"{scene.spelt(element)} is empty")
    elif is_binary(kind) and not (remote and not text.strip()):
        _base64(scene, element, text)
    elif kind == "html" or kind.endswith("/html"):
        for note in html.html_notes(text, relative=scene.own):
            scene.noted(element, note)
        if kind != "html" and "<html" not in text and not remote:
            scene.note(element, "HtmlFragment", f"{scene.spelt(element)} is no whole document")
    elif not remote:
        scene.plain(element, text, "ContainsHTML" if scene.own else "ContainsUndeclaredHTML")


def _base64(scene: Scene, element: etree._Element, text: str) -> None:
    try:
        b64decode(text.encode("ascii"))
    except (UnicodeError, binascii.Error):
        scene.note(element, "NotBase64", f"{scene.spelt(element)} is not base64")


def _xhtml(scene: Scene, element: etree._Element) -> None:
    """One div of XHTML with the text inside."""
    children = [child for child in element if isinstance(child.tag, str)]
    name = scene.spelt(element)
    if not children or (element.text or "").strip() or children[0].tag != _DIV:
        scene.note(element, "MissingXhtmlDiv", f"{name} of type xhtml is not one div")
        if children and children[0].tag != _DIV and str(children[0].tag).endswith("}div"):
            scene.note(children[0], "NotHtml", "the div is not in the namespace of XHTML")
        return
    if len(children) > 1 or any((child.tail or "").strip() for child in children):
        scene.note(element, "UnexpectedText" if len(children) == 1 else "UndefinedElement", f"{name} is not one div")
    for child in children:
        scene.attributes(child, dict.fromkeys(map(str, child.keys())))
        for inner, note in html.xhtml_notes(child):
            scene.noted(inner, note, name)
        if not len(child):
            scene.plain(element, child.text or "", "NotInline")


PERSON = container(
    {
        "name": leaf(values.no_mailbox, values.filled, plain="ContainsHTML"),
        "email": leaf(values.mailbox),
        "uri": Rule(lambda scene, element: _trimmed(scene, element, values.iri, blank=True)),
        "foaf:workplaceHomepage": RESOURCE,
        "foaf:homepage": RESOURCE,
        "foaf:weblog": RESOURCE,
        "foaf:plan": leaf(once=""),
        "foaf:firstName": leaf(once=""),
        "xhtml:div": ANYTHING,
    },
    needs(name="MissingElement"),
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
    scene.attributes(element, _LINK_ATTRIBUTES)
    rel, href = relation(element), element.get("href")
    if rel not in _RELATIONS and values.full_iri(rel) is not None and rel:
        scene.note(element, "UnregisteredAtomLinkRel", f"the relation {shown(rel)} is not registered")
    if href is None:
        scene.note(element, "MissingHref", "the link has no href")
    else:
        _same_document(scene, element, href)
    if (element.text and element.text.strip()) or (len(element) and scene.own):
        scene.note(element, "AtomLinkNotEmpty", "the link has content")
    if element.get("title"):
        scene.plain(element, str(element.get("title")))
    kind = element.get("type")
    if rel == "self" and kind is not None and kind not in _FEED_TYPES and values.media_type(kind) is None:
        scene.note(element, "SelfNotAtom", f"the type of rel=self is {shown(kind)}")
    if rel == "enclosure" and scene.own and element.get("length") is None:
        scene.note(element, "MissingAttribute", "the enclosure has no length")
    _thread(scene, element, rel)


def _thread(scene: Scene, element: etree._Element, rel: str) -> None:
    for name in ("count", "updated"):
        if element.get(_THREAD + name) is not None and rel != "replies":
            scene.note(element, "UnexpectedAttribute", f"only a link to replies has thr:{name}")
    if element.get(_THREAD + "when") is not None:
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
    if not scene.based:
        return
    base = base_of(element).partition("#")[0]
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
