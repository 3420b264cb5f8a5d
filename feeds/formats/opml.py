"""OPML 2.0: the list of published feeds that every reader imports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from feeds.errors import FeedInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmlFeed:
    """One feed of the list: its name, its own address and that of the page it belongs to, both absolute."""

    title: str
    xml_url: str
    html_url: str


def render(title: str, feeds: Sequence[OpmlFeed]) -> bytes:
    """The list as UTF-8. Without dates: the same feeds give the same bytes.

    `type` is "rss" for Atom, too; OPML 2.0 says so and readers skip what has none. Raises `FeedInvalid` for a
    character that XML forbids.
    """
    root = etree.Element("opml", {"version": "2.0"})
    try:
        etree.SubElement(etree.SubElement(root, "head"), "title").text = title
        body = etree.SubElement(root, "body")
        for feed in feeds:
            etree.SubElement(
                body,
                "outline",
                {
                    "type": "rss",
                    "text": feed.title,
                    "title": feed.title,
                    "xmlUrl": feed.xml_url,
                    "htmlUrl": feed.html_url,
                },
            )
    except ValueError as error:
        raise FeedInvalid(f"feeds.opml: the list of feeds cannot be rendered: {error}") from error
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
