"""The walk over the tree of a well-formed document, and how its texts, addresses and languages are read.

What is done with an element of the feed or of an item says the table for it (`feeds.sources.channel`,
`feeds.sources.entries`): key -> handler.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml import etree

from feeds.sources.markup import (
    HTML,
    TEXT,
    XHTML,
    attributes,
    decoded,
    inline,
    is_encoded,
    join,
    join_base,
    kind_of,
    looks_like_html,
    mended,
    resolved,
)
from feeds.sources.names import ATOM, XML, key_of
from feeds.sources.said import Channel, Said, Tag, Words

_BASE = f"{{{XML}}}base"
_LANG = f"{{{XML}}}lang"
_REFERENCE = re.compile(r"&([A-Za-z0-9_]+);")
_CHANNELS = ("http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/", ATOM.lower())
"""Namespaces that make RDF a feed, be it an empty one."""

EntryHandler = Callable[["Reader", "Entry", etree._Element, int], None]
FeedHandler = Callable[["Reader", etree._Element, int], None]
"""The reader, the element and how deep it stands."""


class Entry(Said):
    """What one item said so far, and what the order of its elements means for the rest."""

    title_depth = -1
    has_summary = False
    has_content = False

    def __init__(self) -> None:
        super().__init__()
        self.depths: dict[str, int] = {}
        self.known: set[Tag] = set()

    def keeps(self, name: str, depth: int) -> bool:
        """Whether a value `depth` elements below the item may stand for `name`: no deeper one replaces another."""
        if depth and depth > self.depths.get(name, depth):
            return False
        self.depths[name] = depth
        return True

    def add_tag(self, tag: Tag) -> None:
        """Adds a category unless it is there."""
        if tag not in self.known and any(tag):
            self.tags.append(tag)
            self.known.add(tag)


class Reader:
    """Reads one document's tree.

    `has_base` and `has_lang` tell whether any element may say its base or language, `resolves` whether relative links
    in texts are resolved. `count` items were met, of which `entries` are kept.
    """

    def __init__(
        self,
        root: etree._Element,
        of_feed: Callable[[str], FeedHandler],
        of_entry: Callable[[str], EntryHandler],
        *,
        has_base: bool,
        has_lang: bool,
        resolves: bool,
    ) -> None:
        self.of_feed, self.of_entry = of_feed, of_entry
        self.has_base = has_base
        self.has_lang = has_lang
        self.resolves = has_base and resolves
        kind = key_of(root)
        self.is_atom = kind == "feed"
        self.unwraps = self.is_atom and ATOM.lower() in [uri.lower() for uri in root.nsmap.values()]
        self.channel = Channel()
        self.entries: list[Entry] = []
        self.count = 0
        self.has_channel = kind != "rdf:rdf" or any(uri.lower() in _CHANNELS for uri in root.nsmap.values())
        self.inside = self.is_atom
        self.title_depth = -1
        self._of_feed: dict[str, FeedHandler] = {}
        self._of_entry: dict[str, EntryHandler] = {}
        self._bases: dict[tuple[str, ...], str] = {}

    def walk_feed(self, parent: etree._Element, depth: int) -> None:
        """Reads the elements below `parent` as the feed's own."""
        table = self._of_feed
        for child in parent:
            handler = table.get(child.tag)
            if handler is None:
                handler = table[child.tag] = self.of_feed(key_of(child))
            handler(self, child, depth)

    def walk(self, entry: Entry, parent: etree._Element, depth: int) -> None:
        """Reads the elements below `parent` as those of `entry`, `depth` levels below it."""
        table = self._of_entry
        for child in parent:
            handler = table.get(child.tag)
            if handler is None:
                handler = table[child.tag] = self.of_entry(key_of(child))
            handler(self, entry, child, depth)

    def text(self, element: etree._Element) -> str:
        """The text of an element, without that of elements in it."""
        text = element.text or ""
        if len(element):
            text += "".join([child.tail or "" for child in element])
        text = text.strip()
        return text if text.isascii() else mended(text)

    def words(self, element: etree._Element, default: str) -> Words:
        """A text construct of kind `default` where it does not say."""
        kind = default
        said = attributes(element) if element.attrib else None
        if said is not None:
            kind = kind_of(said.get("type"), default)
        if len(element):
            kind, value = inline(element, kind, self.unwraps)
            value = value.strip()
        else:
            value = (element.text or "").strip()
        if said is not None and is_encoded(kind, said.get("mode")):
            value = decoded(value)
        if kind == TEXT and not self.is_atom and looks_like_html(value):
            kind = HTML
        if self.resolves and kind in (HTML, XHTML):
            value = resolved(value, self.base(element))
        return Words(kind, value if value.isascii() else mended(value))

    def base(self, element: etree._Element) -> str:
        """What relative addresses in `element` resolve against: every `xml:base` above it; empty without any."""
        said = [
            base
            for one in (element, *element.iterancestors())
            if (base := one.get(_BASE) or attributes(one).get("base"))
        ]
        key = tuple(reversed(said))
        found = self._bases.get(key)
        if found is None:
            found = ""
            for base in key:
                found = join_base(found, base)
            self._bases[key] = found
        return found

    def address(self, element: etree._Element, said: str) -> str:
        """An address that `element` says, resolved against its `xml:base` where there is one."""
        return join(self.base(element) if self.has_base else "", said)

    def text_address(self, element: etree._Element) -> str:
        """The same of an address that is an element's text; empty where there is none."""
        text = self.text(element)
        return self.address(element, text) if text else ""

    def language(self, element: etree._Element) -> str | None:
        """The language of `element`: its own or that of the nearest element around it that says one."""
        one: etree._Element | None = element
        while one is not None:
            if one.attrib:
                said = one.get(_LANG)
                if said is None:
                    said = attributes(one).get("lang")
                if said is not None:
                    return said or None
            one = one.getparent()
        return None

    def link(self, element: etree._Element) -> tuple[dict[str, str], str | None]:
        """A link's attributes as `Said.links` has them, and the address where it is the item's or the feed's own."""
        if not element.attrib:
            href = self._link_text(element)
            return {"href": href}, href
        found = attributes(element)
        rel = found["rel"] = found.get("rel", "alternate").lower()
        kind = found["type"] = found.get("type", "").lower()
        said = found.get("url", found.get("uri", found.get("href")))
        if said is None:
            found["href"] = self._link_text(element)
            return found, found["href"]
        href = found["href"] = self.address(element, said)
        return found, href if rel == "alternate" and (not kind or kind_of(kind, HTML) in (HTML, XHTML)) else None

    def _link_text(self, element: etree._Element) -> str:
        """The text of a link; "&amp;b=1" and "&b;=1" are what publishers make of "&b=1"."""
        href = self.text_address(element)
        return _REFERENCE.sub(r"&\1", href.replace("&amp;", "&")) if "&" in href else href
