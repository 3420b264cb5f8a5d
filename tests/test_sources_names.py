"""One key for what namespaces, prefixes and capitals spell; the table against feedparser's own."""

from __future__ import annotations

import pytest
from feedparser.mixin import _FeedParserMixin
from lxml import etree

from feeds.sources.names import EXTRA, NAMESPACES, USUAL, key_of


@pytest.mark.parametrize(
    ("element", "key"),
    [
        ("<pubDate/>", "pubdate"),
        ("<title xmlns='http://www.w3.org/2005/Atom'/>", "title"),
        ("<a:Title xmlns:a='HTTP://www.w3.org/2005/ATOM'/>", "title"),
        ("<x:creator xmlns:x='http://purl.org/dc/elements/1.1/'/>", "dc:creator"),
        ("<media:group xmlns:media='http://somewhere.example/else'/>", "media:group"),
        ("<Media:group xmlns:Media='urn:x'/>", "media:group"),
        ("<item xmlns='urn:unknown'/>", "item"),
        ("<item xmlns='http://backend.userland.com/rss2'/>", "item"),
        ("<p:season xmlns:p='https://podcastindex.org/namespace/1.0'/>", "podcast:season"),
        ("<isAccessibleForFree xmlns='https://schema.org/'/>", "schema:isaccessibleforfree"),
    ],
)
def test_an_element_has_one_key(element: str, key: str) -> None:
    assert key_of(etree.fromstring(element)) == key


def test_known_namespaces_are_feedparsers_and_our_own() -> None:
    theirs = {uri.lower(): prefix.lower() for uri, prefix in _FeedParserMixin.namespaces.items()}
    assert {uri: prefix for uri, prefix in NAMESPACES.items() if uri not in EXTRA}.items() <= theirs.items()


def test_a_prefix_stands_for_its_first_namespace() -> None:
    assert USUAL["itunes"] == "http://www.itunes.com/dtds/podcast-1.0.dtd"
    assert "" not in USUAL
