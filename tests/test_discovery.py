"""Who pushes a source: what its headers and its document say, in which order, and what is not believed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.sources.feed import parse as parse_feed
from feeds.sources.page import parse as parse_page
from feeds.websub.discovery import MAX_HUBS, MAX_URL, Advertised, absolute, discover, link_header
from tests.feed_documents import document
from tests.pace import slowness

URL = "https://n.example/feed"
HUB = "https://hub.example/"


def advertised(
    links: str = "", hubs: tuple[str, ...] = (), own: str | None = None, url: str = URL, *of: str
) -> Advertised:
    return discover(links, hubs, own, url, of or (URL,))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('<https://h/>; rel="hub"', [("hub", "https://h/")]),
        ("<https://h/>;rel=hub", [("hub", "https://h/")]),
        ('<https://h/>; rel="hub", <https://f/>; rel="self"', [("hub", "https://h/"), ("self", "https://f/")]),
        ('<https://f/>; REL="Self  Hub"', [("self", "https://f/"), ("hub", "https://f/")]),
        ('<a>; title="x, <b>; rel=\\"hub\\""; rel=self, <c>;rel=hub', [("self", "a"), ("hub", "c")]),
        ("<a>; rel=self; rel=hub", [("self", "a")]),
        ('<a>; rel=hub; anchor="https://other/"', []),
        ("<a>; rel", []),
        ("<a>; rel=", []),
        ("<a>", []),
        ("<a; rel=hub, <b>; rel=hub", [("hub", "b")]),
        ("rel=hub", []),
        ('<a>; x="never closed, <b>; rel=hub', [("hub", "b")]),
        ("<a> ; rel = hub , ,<b> ; rel = self", [("hub", "a"), ("self", "b")]),
        ("", []),
    ],
)
def test_link_headers(value: str, found: list[tuple[str, str]]) -> None:
    assert list(link_header(value)) == found


@given(st.text(alphabet='<>;,="\\ \ta', max_size=60))
def test_no_header_is_an_error(value: str) -> None:
    for rel, _ in link_header(f"<a>; {value}"):
        assert rel == rel.lower().strip()


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("piece", ["<", '<a>;b="', "<a>;b", "<a>; ", '<a>;b="\\', "<a>,", ",", "<a>;b=c "])
def test_a_hostile_header_is_read_in_no_time(piece: str) -> None:
    began = time.process_time()
    list(link_header(piece * 100_000))
    assert time.process_time() - began < 0.5 * slowness()


def test_headers_go_before_the_document_each_for_itself() -> None:
    both = f'<{HUB}>; rel="hub", <https://n.example/other>; rel="self"'
    assert advertised(both, ("https://wrong.example/",), "https://n.example/wrong") == Advertised(
        (HUB,), "https://n.example/other"
    )
    own = '<https://n.example/other>; rel="self"'
    assert advertised(own, (HUB,), "https://n.example/wrong") == Advertised((HUB,), "https://n.example/other")
    assert advertised(f"<{HUB}>; rel=hub", (), URL) == Advertised((HUB,), URL)


def test_addresses_are_resolved_and_each_hub_is_named_once() -> None:
    links = "</hub>; rel=hub, <../hub>; rel=hub, <javascript:x>; rel=hub, <https://h.example/>; rel=hub, <?a>; rel=self"
    assert advertised(links) == Advertised(("https://n.example/hub", "https://h.example/"), "https://n.example/feed?a")


def test_a_source_names_some_hubs_at_most() -> None:
    many = tuple(f"https://h{number}.example/" for number in range(MAX_HUBS + 2))
    assert advertised("", many, URL).hubs == many[:MAX_HUBS]


def test_without_a_hub_there_is_nothing() -> None:
    assert advertised('<https://n.example/feed>; rel="self"', (), URL) == Advertised()
    assert advertised("", ("ftp://hub.example/",), URL) == Advertised()


def test_without_a_topic_it_is_the_address_of_the_document() -> None:
    assert advertised("", (HUB,)) == Advertised((HUB,), URL)
    assert advertised("", (HUB,), "mailto:a@n.example") == Advertised((HUB,), URL)


@pytest.mark.parametrize("url", [f"{URL}?token=mine", "file:///feed"])
def test_an_address_that_may_be_ours_alone_is_told_to_nobody(url: str) -> None:
    assert advertised("", (HUB,), None, url) == Advertised(problem="names a hub and no topic (rel=self)")


@pytest.mark.parametrize(
    ("own", "url", "of", "is_believed"),
    [
        ("https://www.n.example/f", URL, (URL,), True),
        ("https://feeds.n.example/f", URL, (URL,), True),
        ("http://n.example/f", URL, (URL,), True),
        ("https://evil.example/f", URL, (URL,), False),
        ("https://n.example.evil.example/f", URL, (URL,), False),
        # The address that was asked leads to a service that publishes for the source.
        ("https://feeds.service.example/n", "https://feeds.service.example/n", (URL,), True),
        # A service that mirrors names the source as its topic.
        (URL, "https://mirror.example/n", (URL,), True),
        ("https://third.example/f", "https://feeds.service.example/n", (URL,), False),
    ],
)
def test_a_topic_of_another_site_is_not_believed(own: str, url: str, of: tuple[str, ...], is_believed: bool) -> None:
    found = advertised("", (HUB,), own, url, *of)
    assert (found.topic == own) is is_believed
    assert (found.problem is None, bool(found.hubs)) == (is_believed, is_believed)
    if not is_believed:
        assert found.problem == f"names a topic of another site ({own})"


@pytest.mark.parametrize(
    ("href", "found"),
    [
        ("https://n.example/%7Ea?b", "https://n.example/%7Ea?b"),
        ("https://N.example", "https://N.example"),
        (" https://n.example/a#b ", "https://n.example/a"),
        ("https://n.example/ä", "https://n.example/%C3%A4"),
        ("https://n.example/a b", "https://n.example/a%20b"),
        ("HTTPS://n.example/", "https://n.example/"),
        ("//h.example/", "https://h.example/"),
        ("https://user:secret@n.example/", None),
        ("data:text/plain,a", None),
        ("https://", None),
        ("", None),
        ("a" * (MAX_URL + 1), None),
    ],
)
def test_topics_stay_to_the_letter_where_that_is_possible(href: str, found: str | None) -> None:
    assert absolute(href, URL) == found


FEEDS = {
    "rss": '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>N</title>{}</channel></rss>',
    "other prefix": '<rss version="2.0" xmlns:a10="http://www.w3.org/2005/Atom"><channel><title>N</title>{}</channel></rss>',
    "atom": '<feed xmlns="http://www.w3.org/2005/Atom"><title>N</title><id>urn:n</id>{}</feed>',
    "not well-formed": '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>N & M</title>{}'
    "<item><title>a</title></item></channel></rss>",
}  # fmt: skip


@pytest.mark.parametrize("kind", FEEDS)
def test_what_feeds_say(kind: str) -> None:
    name = {"rss": "atom:link", "other prefix": "a10:link", "atom": "link"}.get(kind, "atom:link")
    links = (
        f'<{name} rel="alternate" href="https://n.example/"/><{name} rel="hub" href="{HUB}"/>'
        f'<{name} rel="HUB" href="/hub"/><{name} rel="self" href="https://n.example/feed"/>'
        f'<{name} rel="self" href="https://n.example/again"/>'
    )
    found = parse_feed(document(FEEDS[kind].format(links)))
    assert found.hubs[0] == HUB
    assert len(found.hubs) == 2
    assert found.own == "https://n.example/feed"


def test_an_item_names_no_hub_of_its_feed() -> None:
    feed = FEEDS["rss"].format(f'<item><title>a</title><atom:link rel="hub" href="{HUB}"/></item>')
    assert parse_feed(document(feed)).hubs == ()


@pytest.mark.parametrize(
    ("hubs", "found"),
    [
        ('[{"type": "WebSub", "url": "https://hub.example/"}]', (HUB,)),
        ('[{"type": "rssCloud", "url": "https://c.example/"}, {"type": "PubSubHubbub", "url": "/h"}]', None),
        ('[{"type": "WebSub"}, "x", {"url": "https://hub.example/"}]', ()),
        ('"https://hub.example/"', ()),
    ],
)
def test_what_a_json_feed_says(hubs: str, found: tuple[str, ...] | None) -> None:
    text = f'{{"version": "https://jsonfeed.org/version/1.1", "title": "N", "items": [], "hubs": {hubs}}}'
    said = parse_feed(document(text)).hubs
    assert said == found if found is not None else [one.rpartition("/")[2] for one in said] == ["h"]


ROWS = "".join(
    f'<article><h2><a href="/{name}">The council approves the {name} timetable again</a></h2><p>A teaser.</p></article>'
    for name in ("ferry", "tram", "bus")
)


def test_a_page_says_it_in_its_head_and_nowhere_else() -> None:
    head = '<base href="https://n.example/base/"><link rel="hub" href="hub"><link rel="Self" href="/news">'
    body = '<link rel="hub" href="https://evil.example/"><a rel="hub" href="/x">x</a>'
    found = parse_page(
        document(f"<html><head><title>N</title>{head}</head><body>{body}<main>{ROWS}</main></body></html>")
    )
    assert (found.hubs, found.own) == (("https://n.example/base/hub",), "https://n.example/news")
