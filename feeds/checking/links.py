"""Links by their relation, those of a document's head and those of a `Link` header (RFC 8288)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urljoin

from feeds.validate.jsontext import BrokenJson, Value, parse
from feeds.validate.kinds import Kind
from feeds.validate.stream import Element, walk

Links = dict[str, list[str]]
"""Absolute addresses by relation, in the order of the document."""

_ATOM = "http://www.w3.org/2005/Atom"
_ENTRIES = frozenset({"entry", "item", "source"})
_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[^\s;,=\"<>]+(?:\s*=\s*(?:\"[^\"]*\"|[^\s;,\"<>]*))?)*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)


def header_links(value: str, base: str) -> Links:
    """The links of a `Link` header's value, several joined by commas."""
    found: Links = {}
    for target, parameters in _LINK.findall(value):
        rel = _REL.search(parameters)
        for name in (rel[1] or rel[2] or "").lower().split() if rel is not None else ():
            _put(found, name, target.strip(), base)
    return found


def document_links(data: bytes, kind: Kind, base: str) -> Links:
    """The links of a feed itself: those of Atom in XML, `feed_url` and `hubs` of a JSON Feed."""
    if kind == "json":
        return _json_links(data, base)
    heard = _Head(base)
    walk(data, heard)
    return heard.links


def _put(links: Links, rel: str, target: str, base: str) -> None:
    try:
        address = urljoin(base, target)
    except ValueError:  # half an IPv6 address
        address = target
    if address not in (named := links.setdefault(rel, [])):
        named.append(address)


def _json_links(data: bytes, base: str) -> Links:
    links: Links = {}
    try:
        root = parse(data.decode("utf-8-sig", "replace")).root.data
    except BrokenJson:
        return links
    feed = root if isinstance(root, dict) else {}
    own, hubs = _text(feed, "feed_url"), feed.get("hubs")
    if own is not None:
        _put(links, "self", own, base)
    for hub in hubs.data if hubs is not None and isinstance(hubs.data, list) else ():
        address = _text(hub.data, "url") if isinstance(hub.data, dict) else None
        if address is not None:
            _put(links, "hub", address, base)
    return links


def _text(members: dict[str, Value], key: str) -> str | None:
    value = members.get(key)
    return value.data if value is not None and isinstance(value.data, str) else None


class _Head:
    """Hears the links of a feed, not those of its entries."""

    def __init__(self, base: str) -> None:
        self.links: Links = {}
        self._base = base

    def begin(self, element: Element, around: Sequence[Element]) -> None:
        if element.name == "link" and element.namespace == _ATOM and not _ENTRIES & {each.name for each in around}:
            for rel in element.attributes.get("rel", "alternate").lower().split():
                _put(self.links, rel, element.attributes.get("href", "").strip(), self._base)

    def end(self, element: Element, around: Sequence[Element]) -> None:
        """A link has said all when it begins."""
