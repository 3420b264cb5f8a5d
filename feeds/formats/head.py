"""What the heads of Atom and RSS documents have in common, and feedgen has no words for."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from feedgen.ext.base import BaseExtension
from lxml import etree

from feeds.errors import FeedInvalid
from feeds.formats import Audience, FeedDocument
from feeds.formats.xml import ALWAYS, NAMESPACES, attribute, literal, meant, named

NAME = "broadsheet"
"""Of the extension, and of the attribute of feedgen's generator that holds it."""


class Head(BaseExtension):  # type: ignore[misc]  # feedgen ships no types
    """An extension of feedgen. It declares the prefixes that the entries of a feed use, marks an archive (RFC 5005,
    section 4) and names the style sheet for people who open the XML."""

    def of(self, document: FeedDocument, prefixes: set[str]) -> None:
        """Says which feed this is; `prefixes` are those of its entries beside `ALWAYS`."""
        archive = document.archive
        # One that stands alone is not marked: an archive without a link to another is thought to be incomplete.
        self._archived = (
            archive is not None and archive.current is not None and bool(archive.previous or archive.following)
        )
        self._stylesheet = stylesheet_of(document)
        self._prefixes = {*ALWAYS, *prefixes, "fh"} if self._archived else {*ALWAYS, *prefixes}

    def extend_ns(self) -> dict[str, str]:
        return {prefix: NAMESPACES[prefix] for prefix in sorted(self._prefixes)}

    def extend_atom(self, feed: etree._Element) -> etree._Element:
        self.mark(feed, feed)
        return feed

    def mark(self, root: etree._Element, described: etree._Element) -> None:
        """Writes the instruction before `root`, and the mark of an archive into `described`."""
        if self._stylesheet is not None:
            said = f'type="text/css" href="{attribute(self._stylesheet)}"'
            root.addprevious(etree.ProcessingInstruction("xml-stylesheet", said))
        if self._archived:
            etree.SubElement(described, f"{{{NAMESPACES['fh']}}}archive")


def stylesheet_of(document: FeedDocument) -> str | None:
    """The address of the style sheet: relative to a public feed, which so looks well wherever the tree is served from;
    absolute in a subscriber's, whose own address is longer by the token."""
    if document.stylesheet is None:
        return None
    if document.audience is Audience.SUBSCRIBER:
        return document.base_url + document.stylesheet
    return posixpath.relpath(document.stylesheet, posixpath.dirname(document.path.partition("?")[0]) or ".")


def beside(document: FeedDocument, own_type: str) -> Iterator[dict[str, str]]:
    """The attributes of the links to other documents: the same entries in other formats, hubs, archives.

    The page alone is an alternate, named by the caller: newsboat and Liferea take a feed's last alternate, whatever its
    type, for the address of its site, and who wanted to see the page was shown JSON.
    """
    told = {own_type, "text/html"}
    for path, media_type in document.alternates:
        kind = media_type.partition(";")[0].strip()
        if kind not in told:
            told.add(kind)
            yield {"href": document.base_url + path, "rel": "related", "type": kind}
    for hub in dict.fromkeys(document.hubs):
        yield {"href": hub, "rel": "hub"}
    archive = document.archive
    if archive is not None:
        places = {"current": archive.current, "prev-archive": archive.previous, "next-archive": archive.following}
        for rel, href in places.items():
            if href is not None:
                yield {"href": href, "rel": rel}


def head_text(value: str) -> str:
    """The title of a feed or the name of its author as plain text that no validator warns of."""
    value = literal(meant(value))
    # feedgen escapes by itself: what `xml.plain` would write as a reference is parted, too.
    return value.replace("&", "&\u2060") if "&" in value and named(value) else value


def head_moment(document: FeedDocument) -> datetime:
    """When `document` changed last, in UTC. Raises `FeedInvalid`."""
    if document.updated.tzinfo is None:
        raise FeedInvalid(f"{document.path}: updated has no time zone")
    try:
        return document.updated.astimezone(UTC)
    except OverflowError as error:
        raise FeedInvalid(f"{document.path}: updated is out of range in UTC") from error


def drawn(document: FeedDocument, draw: Callable[[], bytes], end: bytes) -> bytes:
    """What feedgen draws, up to `end`. Raises `FeedInvalid` where it cannot: no title, a character XML forbids."""
    try:
        head = draw()
    except ValueError as error:
        raise FeedInvalid(f"{document.path}: the feed's head cannot be rendered: {error}") from error
    return head.removesuffix(end)
