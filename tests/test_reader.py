"""Languages, bases and texts of elements, whatever stands around them."""

from __future__ import annotations

import pytest

from feeds.sources.feed import parse
from tests.feed_documents import document

ATOM = "<feed xmlns='http://www.w3.org/2005/Atom' {}><title>t</title><entry {}><title {}>t</title>{}</entry></feed>"


@pytest.mark.parametrize(
    ("feed", "entry", "title", "languages"),
    [
        ("xml:lang='de'", "", "", ("de", None)),
        ("xml:lang='de'", "xml:lang='fr_CA'", "", ("de", "fr-CA")),
        ("lang='de'", "", "xml:lang='be'", ("de", "be")),
        ("", "xml:lang='fr'", "xml:lang=''", (None, None)),
        ("xml:lang = 'de'", "", "lang='be'", ("de", "be")),
        ("", "", "", (None, None)),
    ],
)
def test_a_language_is_that_of_the_nearest_element(
    feed: str, entry: str, title: str, languages: tuple[str | None, str | None]
) -> None:
    result = parse(document(ATOM.format(feed, entry, title, "")))
    assert (result.language, result.items[0].language) == languages


@pytest.mark.parametrize(
    ("feed", "entry", "link", "url"),
    [
        ("xml:base='https://b.example/x/'", "", "1", "https://b.example/x/1"),
        ("xml:base='https://b.example/x/'", "xml:base='y/'", "1", "https://b.example/x/y/1"),
        ("xml:base = 'x/'", "", "1", "https://news.example/feeds/x/1"),
        ("base='https://b.example/'", "xml:base='javascript:x'", "1", "https://b.example/1"),
        ("xml:base=''", "", "1", "https://news.example/feeds/1"),
        ("", "", "http:///c.example/1", "http://c.example/1"),
    ],
)
def test_a_base_is_that_of_all_elements_around(feed: str, entry: str, link: str, url: str) -> None:
    (item,) = parse(document(ATOM.format(feed, entry, "", f"<link href='{link}'/><link rel='x' href='2'/>"))).items
    assert item.url == url


def test_a_base_ends_with_its_element() -> None:
    entry = "<content type='html' xml:base='https://b.example/'>&lt;a href='x'></content><link href='1'/><id>1</id>"
    (item,) = parse(document(ATOM.format("", "", "", entry))).items
    assert (item.url, item.guid) == ("https://news.example/feeds/1", "1")
    assert item.content == '<a href="https://b.example/x">'


def test_the_text_of_an_element_is_that_outside_the_elements_in_it() -> None:
    feed = "<rss><channel><item><guid isPermaLink='false'> a<!-- no --><b>x</b>c<b/> </guid></item></channel></rss>"
    assert parse(document(feed)).items[0].guid == "ac"


@pytest.mark.parametrize("link", ["<link>/?a=1&amp;amp;b=2</link>", "<link rel='alternate'>/?a=1&amp;b;=2</link>"])
def test_a_link_that_was_escaped_twice_is_mended(link: str) -> None:
    feed = f"<rss><channel><item>{link}</item></channel></rss>"
    assert parse(document(feed)).items[0].url == "https://news.example/?a=1&b=2"
