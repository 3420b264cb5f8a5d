"""The list of feeds that readers import, byte for byte the same every time, and the lists of other readers."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feeds.errors import FeedInvalid, ParseError
from feeds.formats.opml import MAX_BYTES, OpmlFeed, Subscription, read_subscriptions, render, render_subscriptions

CASES = sorted((Path(__file__).parent / "cases" / "opml").glob("*.opml"))
_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), max_size=40)


def test_the_bytes() -> None:
    feeds = [
        OpmlFeed(title='Politics & "more"', xml_url="https://n.example/p.atom?a=1&b=2", html_url="https://n.example/"),
        OpmlFeed(title="Sport", xml_url="https://n.example/s.atom", html_url="https://n.example/#sport"),
    ]
    assert render("Courier <daily>", feeds).decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<opml version="2.0">\n'
        "  <head>\n    <title>Courier &lt;daily&gt;</title>\n  </head>\n"
        "  <body>\n"
        '    <outline type="rss" text="Politics &amp; &quot;more&quot;" title="Politics &amp; &quot;more&quot;"'
        ' xmlUrl="https://n.example/p.atom?a=1&amp;b=2" htmlUrl="https://n.example/"/>\n'
        '    <outline type="rss" text="Sport" title="Sport"'
        ' xmlUrl="https://n.example/s.atom" htmlUrl="https://n.example/#sport"/>\n'
        "  </body>\n"
        "</opml>\n"
    )


@given(_TEXT, st.lists(st.builds(OpmlFeed, title=_TEXT, xml_url=_TEXT, html_url=_TEXT), max_size=5))
def test_everything_is_read_back(title: str, feeds: list[OpmlFeed]) -> None:
    data = render(title, feeds)
    assert data == render(title, feeds)
    root = etree.fromstring(data)
    assert (root.findtext("head/title") or "") == title
    read = [(each.get("text"), each.get("xmlUrl"), each.get("htmlUrl")) for each in root.iterfind("body/outline")]
    assert read == [(each.title, each.xml_url, each.html_url) for each in feeds]


@pytest.mark.parametrize("title", ["\x00", "\ud800", "\ufffe"])
def test_text_that_xml_forbids(title: str) -> None:
    with pytest.raises(FeedInvalid, match=r"feeds\.opml"):
        render(title, [])
    with pytest.raises(FeedInvalid, match=r"feeds\.opml"):
        render("Courier", [OpmlFeed(title=title, xml_url="https://n.example/a", html_url="https://n.example/")])


# --- lists of subscriptions


def read(text: str | bytes) -> list[Subscription]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(read_subscriptions(data, "list.opml").subscriptions)


def listing(outlines: str) -> str:
    return f'<opml version="2.0"><head><title>L</title></head><body>{outlines}</body></opml>'


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_lists_as_readers_write_them(case: Path) -> None:
    expected = json.loads(case.with_suffix(".expected.json").read_text(encoding="utf-8"))
    found = json.loads(json.dumps(asdict(read_subscriptions(case.read_bytes(), case.name))))
    assert found == expected
    for each in expected["subscriptions"]:
        assert each["url"].strip()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_what_was_read_is_written_so_that_it_is_read_alike(case: Path) -> None:
    first = read_subscriptions(case.read_bytes(), case.name)
    data = render_subscriptions(first.title, first.subscriptions)
    again = read_subscriptions(data, "again.opml")
    assert (again.title, again.refused) == (first.title, ())
    assert {one.url: one for one in again.subscriptions} == {one.url: one for one in first.subscriptions}
    assert render_subscriptions(again.title, again.subscriptions) == data


_WORDS = _TEXT.map(lambda text: " ".join(text.split()))
_SECTION = st.one_of(st.sampled_from(["Town", "Sea/Ports", "a, b", "/", " x/ y", "Town/"]), _WORDS).map(
    lambda text: " ".join(text.split())
)
_SUBSCRIPTION = st.builds(
    Subscription,
    title=_WORDS,
    url=_WORDS.map(lambda text: f"https://news.example/{text}".strip()),
    site_url=st.none() | _WORDS.filter(bool),
    sections=st.lists(_SECTION.filter(bool), max_size=4, unique=True).map(tuple),
)


@given(st.lists(_SUBSCRIPTION, max_size=6, unique_by=lambda one: one.url))
def test_subscriptions_are_read_back(subscriptions: list[Subscription]) -> None:
    data = render_subscriptions("L", subscriptions)
    assert data == render_subscriptions("L", subscriptions)
    # Those of one folder stand together, so that only the order of the whole may change.
    assert sorted(read(data), key=lambda one: one.url) == sorted(subscriptions, key=lambda one: one.url)


def test_the_bytes_of_subscriptions() -> None:
    subscriptions = [
        Subscription(
            title="A", url="https://a.example/f", site_url="https://a.example/", sections=("Town", "Sea/Port")
        ),
        Subscription(title="B", url="https://b.example/f"),
        Subscription(title="C", url="https://c.example/f", sections=("Town", "Bread, butter")),
    ]
    assert render_subscriptions("Courier", subscriptions).decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<opml version="2.0">\n'
        "  <head>\n    <title>Courier</title>\n  </head>\n"
        "  <body>\n"
        '    <outline text="Town" title="Town">\n'
        '      <outline type="rss" text="A" title="A" xmlUrl="https://a.example/f" htmlUrl="https://a.example/"'
        ' category="/Town,/Sea/Port"/>\n'
        '      <outline type="rss" text="C" title="C" xmlUrl="https://c.example/f" category="/Town"/>\n'
        "    </outline>\n"
        '    <outline type="rss" text="B" title="B" xmlUrl="https://b.example/f"/>\n'
        '    <outline text="Bread, butter" title="Bread, butter">\n'
        '      <outline type="rss" text="C" title="C" xmlUrl="https://c.example/f"/>\n'
        "    </outline>\n"
        "  </body>\n"
        "</opml>\n"
    )


def test_subscriptions_that_xml_forbids() -> None:
    one = Subscription(title="A", url="https://a.example/f")
    for wrong in (replace(one, title="\x00"), replace(one, sections=("\ufffe",))):
        with pytest.raises(FeedInvalid, match="the list of sources"):
            render_subscriptions("L", [wrong])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (b"\xef\xbb\xbf\n", "is empty"),
        (b"hello", "not well-formed"),
        (b"<html><body/></html>", "root element <html>"),
        (b"<rss><channel/></rss>", "root element <rss>"),
        (b'<opml><body><outline xmlUrl="https://a.example/"/>', "list.opml:1: is not well-formed"),
        (b'<opml>\n<body>\n<outline xmlUrl="https://a.example/></body></opml>', "list.opml:3: is not well-formed"),
        (b'<!DOCTYPE opml [<!ENTITY a "b">]><opml/>', "document type of its own"),
        ('<!doctype opml [<!ENTITY a "b">]><opml/>'.encode("utf-16"), "document type of its own"),
        (listing('<outline text="&other;" xmlUrl="https://a.example/\ud7ff"/><').encode(), "not well-formed"),
        (b"x" * (MAX_BYTES + 1), "more than 10,000,000 bytes"),
        (listing('<outline text="a">' * 300 + "</outline>" * 300).encode(), r"depth in document: 256$"),
    ],
)
def test_what_is_no_opml(data: bytes, says: str) -> None:
    with pytest.raises(ParseError, match=says):
        read_subscriptions(data, "list.opml")


def test_a_document_type_elsewhere_is_not_asked_for() -> None:
    outside = '<!DOCTYPE opml SYSTEM "http://127.0.0.1:9/opml.dtd">' + listing(
        '<outline xmlUrl="https://a.example/f"/>'
    )
    assert [one.url for one in read(outside)] == ["https://a.example/f"]


def test_a_list_that_begins_like_an_address_is_not_asked_for() -> None:
    with pytest.raises(ParseError, match="not well-formed"):
        read("http://127.0.0.1:9/list.opml")


def test_names_of_html_are_no_entities_of_a_list() -> None:
    (one,) = read(listing('<outline text="A &unknown; &euro;" xmlUrl="https://a.example/?a=1&copy=2&#38;b"/>'))
    assert (one.title, one.url) == ("A &unknown; €", "https://a.example/?a=1&copy=2&b")


def test_the_outline_of_a_feed_without_its_address_is_refused_by_name() -> None:
    found = read_subscriptions(
        listing('<outline type="rss" text=" The  Desk " url="https://n.example/f"/>').encode(), "n"
    )
    assert not found.subscriptions
    assert [(one.title, one.url, one.reason) for one in found.refused] == [
        ("The Desk", "https://n.example/f", "the outline of a feed without xmlUrl")
    ]


def test_a_list_with_a_namespace_and_feeds_without_an_address() -> None:
    data = b"""<o:opml xmlns:o="http://opml.org/spec2" version="2.0"><o:body><o:outline text="News">
        <o:outline text="A" xmlUrl="https://a.example/feed"/><o:outline text="B" xmlUrl=""/>
        </o:outline></o:body></o:opml>"""
    found = read_subscriptions(data, "list")
    assert [(one.title, one.url, one.sections) for one in found.subscriptions] == [
        ("A", "https://a.example/feed", ("News",))
    ]
    assert [(one.title, one.reason) for one in found.refused] == [("B", "the outline of a feed without xmlUrl")]
