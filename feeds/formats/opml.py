"""OPML: the list of published feeds that every reader imports, and lists of subscriptions from and for other readers.

Rendered as OPML 2.0 (http://opml.org/spec2.opml). Read are 1.0 to 2.0 as readers really write them, by listparser: it
gets bytes only, because it would ask for a text that begins like an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.entities import html5

from lxml import etree

from feeds.errors import FeedInvalid, ParseError
from feeds.tree import root_of

MAX_BYTES = 10_000_000
_BOM = b"\xef\xbb\xbf"
_SUBSET = re.compile(rb"<!DOCTYPE[^>\[]*\[", re.IGNORECASE)
_AMPERSAND = re.compile(
    rb"&(?!#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|(?:amp|lt|gt|quot|apos);)(?:([A-Za-z][A-Za-z0-9]{1,31};))?"
)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SCRAPED = re.compile(r"xpath|dotnotation", re.IGNORECASE)
"""Types of outlines whose address is a page, with rules for reading it as one (FreshRSS's extension of OPML)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmlFeed:
    """One feed of the list: its name, its own address and that of the page it belongs to, both absolute; the language
    (BCP 47) where it is known."""

    title: str
    xml_url: str
    html_url: str
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One feed that a reader follows: `title` may be empty, `url` and `site_url` are as the list says them, unchecked.

    `sections` are the folders it stands in, outer ones joined to inner ones by "/", in the order of the list.
    """

    title: str
    url: str
    site_url: str | None = None
    sections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """An outline that names something, but no feed: what it is called, its address, and what it is."""

    title: str
    url: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionList:
    """What an OPML document lists: each feed once, whatever number of folders it stands in."""

    title: str
    subscriptions: tuple[Subscription, ...]
    refused: tuple[Refused, ...] = ()


def render(title: str, feeds: Sequence[OpmlFeed]) -> bytes:
    """The list as UTF-8. Without dates: the same feeds give the same bytes.

    `type` is "rss" for Atom, too; OPML 2.0 says so and readers skip what has none. No folders: names of feeds begin
    with the site's, and what is a folder to one reader is a tag to another and a section to us. Raises `FeedInvalid`
    for a character that XML forbids.
    """
    try:
        root, body = _document(title)
        for feed in feeds:
            outline = _outline(body, feed.title, feed.xml_url, feed.html_url)
            if feed.language is not None:
                outline.set("language", feed.language)
    except ValueError as error:
        raise FeedInvalid(f"feeds.opml: the list of feeds cannot be rendered: {error}") from error
    return _bytes(root)


def render_subscriptions(title: str, subscriptions: Sequence[Subscription]) -> bytes:
    """OPML 2.0 that `read_subscriptions` and other readers take: UTF-8, without dates.

    One outline for each, below a folder for the first of its sections (most readers read folders alone) with all of
    them in `category`. A section that `category` cannot hold gets the feed one more outline, in that section's folder.
    Raises `FeedInvalid` for a character that XML forbids.
    """
    try:
        root, body = _document(title)
        layer = [(each, _runs(each.sections)) for each in subscriptions]
        while layer:
            folders: dict[str, etree._Element] = {}
            for each, runs in layer:
                name = runs[0][0] if runs else None
                if name is not None and name not in folders:
                    folders[name] = etree.SubElement(body, "outline", {"text": name, "title": name})
                outline = _outline(body if name is None else folders[name], each.title, each.url, each.site_url)
                if runs and _fits(runs[0][0]):
                    outline.set("category", ",".join(f"/{section}" for section in runs[0]))
            # One layer after the other, so that the sections of each are read in their order.
            layer = [(each, runs[1:]) for each, runs in layer if len(runs) > 1]
    except ValueError as error:
        raise FeedInvalid(f"the list of sources cannot be rendered: {error}") from error
    return _bytes(root)


def _document(title: str) -> tuple[etree._Element, etree._Element]:
    """The root and the body of a list without outlines."""
    root = etree.Element("opml", {"version": "2.0"})
    etree.SubElement(etree.SubElement(root, "head"), "title").text = title
    return root, etree.SubElement(root, "body")


def _outline(parent: etree._Element, title: str, url: str, site_url: str | None) -> etree._Element:
    site = {} if site_url is None else {"htmlUrl": site_url}
    given = {"type": "rss", "text": title, "title": title, "xmlUrl": url, **site}
    return etree.SubElement(parent, "outline", given)


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _runs(sections: Sequence[str]) -> list[list[str]]:
    """The sections parted into as few lists as can each be said by one outline."""
    runs: list[list[str]] = []
    for name in sections:
        if runs and _fits(name) and _fits(runs[-1][0]):
            runs[-1].append(name)
        else:
            runs.append([name])
    return runs


def _fits(name: str) -> bool:
    """Whether `category` can say the name: in it commas part categories and slashes the folders of one."""
    return "," not in name and all(part and part == part.strip() for part in name.split("/"))


def read_subscriptions(data: bytes, name: str) -> SubscriptionList:
    """The feeds of an OPML document, which messages call `name`.

    Folders, nested or not, and `category` become sections; a feed that stands in several places is one with the
    sections of all. Bare ampersands and control characters are mended. Raises `ParseError` for what is no OPML, is not
    well-formed XML, declares a document type of its own, nests deeper than 256 or has more than 10 MB.
    """
    import listparser  # Brings a client for HTTP with it where one is installed: only who reads a list pays for that.

    if len(data) > MAX_BYTES:
        raise ParseError(f"{name}: more than {MAX_BYTES:,} bytes, which no list of subscriptions needs")
    tree = _tree(data, name)
    told: dict[str, dict[str, str]] = {}
    for attributes in _outlines(tree):
        said = told.setdefault(attributes.get("xmlurl", ""), {})
        said |= {key: value for key, value in attributes.items() if value and key not in said}
    # Without the mark listparser takes UTF-8 for windows-1252.
    found = listparser.parse(_BOM + etree.tostring(tree, encoding="utf-8"))
    subscriptions, refused = [], []
    for attributes in _outlines(tree):
        means_feed = attributes.get("type", "").lower() in ("rss", "atom") or "xmlurl" in attributes
        if means_feed and not attributes.get("xmlurl") and "htmlurl" not in attributes:
            title = _fold(attributes.get("title") or attributes.get("text") or "")
            refused.append(Refused(title, attributes.get("url", ""), "the outline of a feed without xmlUrl"))
    for feed in found["feeds"]:
        attributes = told.get(feed["url"], {})
        kind, title = attributes.get("type", ""), _fold(feed["title"])
        if _SCRAPED.search(kind):
            refused.append(Refused(title, feed["url"], f"a page with rules of its own ({kind[:40]}), not a feed"))
            continue
        sections = ("/".join(filter(None, map(_fold, path))) for path in feed["categories"])
        subscriptions.append(
            Subscription(
                title=title,
                url=feed["url"],
                site_url=attributes.get("htmlurl") or None,
                sections=tuple(dict.fromkeys(filter(None, sections))),
            )
        )
    for place, reason in (("lists", "a list of feeds at another address"), ("opportunities", "a page without a feed")):
        refused += [Refused(_fold(each["title"]), each["url"], reason) for each in found[place]]
    return SubscriptionList(
        title=_fold(found["meta"].get("title", "")), subscriptions=tuple(subscriptions), refused=tuple(refused)
    )


def _fold(text: str) -> str:
    return " ".join(text.split())


def _tree(data: bytes, name: str) -> etree._Element:
    """The root of the document. Raises `ParseError`."""
    if not data.strip():
        raise ParseError(f"{name}: is empty, so no OPML")
    if _SUBSET.search(data.replace(b"\0", b"")) is not None:
        raise ParseError(f"{name}: is refused: it declares a document type of its own")
    data = data.removeprefix(_BOM).lstrip(b" \t\r\n")
    try:
        tree = root_of(data)
    except etree.XMLSyntaxError:
        try:
            tree = root_of(_AMPERSAND.sub(_mended, _CONTROL.sub(b"", data)))
        except etree.XMLSyntaxError as error:
            reason = re.sub(r", (?:line \d+, column \d+|use XML_PARSE_HUGE).*", "", error.msg or "", flags=re.DOTALL)
            raise ParseError(f"{name}:{error.lineno}: is not well-formed XML, so no OPML: {reason}") from error
    root = etree.QName(tree).localname
    if root.lower() != "opml":
        raise ParseError(f"{name}: is XML with root element <{root[:40]}>, not OPML")
    for element in tree.iter(etree.Element):
        element.tag = etree.QName(element).localname  # OPML has no namespace, but some give it one
    return tree


def _mended(found: re.Match[bytes]) -> bytes:
    """A character that HTML has a name for, or an ampersand that stands for itself: addresses are full of them."""
    name = (found[1] or b"").decode()
    known = html5.get(name)
    return f"&amp;{name}".encode() if known is None else "".join(f"&#{ord(char)};" for char in known).encode()


def _outlines(tree: etree._Element) -> Iterator[dict[str, str]]:
    """The attributes of each outline, their names in lower case, values without spaces around."""
    for element in tree.iter(etree.Element):
        if etree.QName(element).localname.lower() == "outline":
            yield {str(name).lower(): str(value).strip() for name, value in element.attrib.items()}
