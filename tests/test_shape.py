"""The shape of a feed: its encoding, what is mended, and what is refused in which words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.errors import ParseError
from feeds.sources.feed import parse
from feeds.sources.shape import MAX_ITEMS, examine, too_many
from tests.feed_documents import CASES, RSS, document


def test_a_page_names_its_feed_with_a_whole_address() -> None:
    page = b"<html><link rel=alternate type='application/atom+xml' href='/a.xml?b&amp;c'>"
    with pytest.raises(ParseError, match=re.escape("advertises https://news.example/a.xml?b&c: use")):
        parse(document(page, url="https://news.example/desk/"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n\0", "is empty"),
        (b"just words", "neither XML nor JSON"),
        (b"<!-- no end <rss>", "neither XML nor JSON"),
        (b"< rss>", "neither XML nor JSON"),
        (b"<!doctype html><html><body>", "is an HTML page, not a feed; give the address"),
        (
            b"<div><link rel=icon href=x><link type=application/rss+xml>",
            "is an HTML page, not a feed; give the address",
        ),
        (b"<html><a href='https://news.example/rss.xml'>RSS</a>", "is an HTML page, not a feed; give the address"),
        (
            b"<html><link rel=alternate type='application/atom+xml' href='/atom.xml'>",
            "advertises https://news.example/atom.xml:",
        ),
        (b"<?pi?><!DOCTYPE opml [<!ATTLIST a b CDATA 'x'>]><s:opml/>", "root element <opml>"),
        (b"<s:urlset/>", 'is a sitemap, not a feed: say kind = "sitemap"'),
        (b"<rss><channel><item><title>a</title></item><item>", "is cut short"),
        (b"<rss><channel><item><![CDATA[a", "is cut short"),
        (b"<rss>" * 300, "Excessive depth"),
        (b"<rss>&" + b"<b>" * 6000 + b"</b><i/></rss>", "nested deeper"),
        (b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss>&a;</rss>", "entities of its own"),
        (b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss>&b;</rss>", "entities of its own"),
        (b"<rss>\n<a b='" + b">" * 70_000 + b"'/></rss>", "line 2: a start tag of 70009 characters"),
        (b"<rss><a b='" + b"\n" * 70_000, "a start tag of"),
        (b"<rss " + b" ".join(b"a%d='1'" % n for n in range(300)) + b"/>", "a start tag of"),
        (bytes(range(256)) * 20, "is no text in cp1252"),
        (b"Usage: wrap items in <rss> and </rss>, see the manual.", "only looks like a feed"),
    ],
    ids=range(22),
)
def test_what_has_no_shape_of_a_feed_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(ParseError, match=r"^feed\.xml: ") as caught:
        parse(document(data))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not caught.value.permanent


@pytest.mark.parametrize(
    ("data", "charset", "encoding"),
    [
        ("Łé".encode(), None, "utf-8 (default)"),
        ("Łé".encode("iso-8859-2"), "iso-8859-2", "iso8859-2 (HTTP)"),
        ("Łé".encode(), "no-such-charset", "utf-8 (default)"),
        ("Łé".encode(), "utf-7", "utf-8 (default)"),
        ("Łé".encode(), "cp037", "utf-8 (default)"),
        ("Łé".encode(), "base64", "utf-8 (default)"),
        ("Łé".encode(), "not a label", "utf-8 (default)"),
        ("Łé".encode(), "us-ascii", "utf-8 (default)"),
    ],
)
def test_the_encoding_is_found_and_told(data: bytes, charset: str | None, encoding: str) -> None:
    raw = b"<rss><channel><item><title>" + data + b"</title></item></channel></rss>"
    result = parse(document(raw, **({"charset": charset} if charset else {})))
    assert (result.items[0].title, result.encoding) == ("Łé", encoding)


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [
        ("utf-8-sig", "utf-8 (BOM)"),
        ("utf-16", "utf-16 (BOM)"),
        ("utf-32", "utf-32 (BOM)"),
        ("utf-16-le", "utf-16-le (recognised)"),
        ("utf-16-be", "utf-16-be (recognised)"),
    ],
)
def test_wide_encodings_are_recognised(codec: str, encoding: str) -> None:
    result = parse(document(RSS.format("<item><title>Łé</title></item>").encode(codec)))
    assert (result.items[0].title, result.encoding) == ("Łé", encoding)


def test_a_wrong_byte_does_not_spoil_the_rest() -> None:
    data = RSS.format("<item><title>Łukašenka X žodis" + "ž" * 99 + "</title></item>").encode().replace(b"X", b"\xff")
    result = parse(document(data))
    assert result.encoding == "utf-8 (with replacements)"
    assert result.items[0].title.startswith("Łukašenka \ufffd žodis")
    western = parse(document(RSS.format("<item><title>Ärger im Café</title></item>").encode("latin-1")))
    assert (western.items[0].title, western.encoding) == ("Ärger im Café", "cp1252 (guessed)")


def test_only_the_first_items_are_read() -> None:
    many = "<item/>" * 5002
    assert parse(document(RSS.format(many))).warnings == ("only the first 5000 of 5002 items were read",)
    loose = parse(document(RSS.format("&" + many)))
    assert (len(loose.items), loose.warnings[0]) == (5000, "only the first 5000 of 5002 items were read")


HTML_ENTITIES = """<!DOCTYPE rss [<!ENTITY % HTMLlat1 PUBLIC "-//W3C//ENTITIES Latin 1 for XHTML//EN"
    "http://www.w3.org/TR/xhtml1/DTD/xhtml-lat1.ent"> %HTMLlat1;]>"""


@pytest.mark.parametrize(
    "before",
    [
        HTML_ENTITIES,
        f"<?xml version='1.0'?><!--{'-x' * 2000}-->{HTML_ENTITIES}",
        HTML_ENTITIES.replace('"', "'"),
        "<!-- of 2004 -->\n<!-- - -- -->\n<?xml version='1.0'?>",
    ],
    ids=range(4),
)
def test_what_old_software_writes_before_a_feed_is_read(before: str) -> None:
    found = parse(document(before + RSS.format("<item><title>caf&eacute;</title></item>")))
    assert [item.title for item in found.items] == ["café"]


def test_an_encoding_behind_a_comment_is_believed() -> None:
    feed = "<!-- made by x -->\n<?xml version='1.0' encoding='windows-1251'?>" + RSS.format(
        "<item><title>Новости</title></item>"
    )
    found = parse(document(feed.encode("cp1251")))
    assert (found.items[0].title, found.encoding) == ("Новости", "cp1251 (XML declaration)")


def test_what_an_article_quotes_is_left_as_it_stands() -> None:
    quoted = f"<![CDATA[{HTML_ENTITIES} <svg xmlns='a b c'> R&D]]> & more"
    found = parse(document(RSS.format(f"<item><title>a</title><description>{quoted}</description></item>")))
    assert "xmlns='a b c'" in found.items[0].summary + found.items[0].content
    assert "HTMLlat1" in found.items[0].summary + found.items[0].content


def test_a_document_type_that_declares_more_than_the_entities_of_html_is_refused() -> None:
    more = HTML_ENTITIES.replace("]>", "<!ENTITY own 'word'>]>")
    with pytest.raises(ParseError, match="entities of its own"):
        parse(document(more + RSS.format("<item><title>&own;</title></item>")))


def test_a_blank_in_the_address_of_a_namespace_is_mended() -> None:
    feed = RSS.replace("<rss ", "<rss xmlns:dc='http://purl.org/dc/elements/1.1/ ' ", 1)
    shape = examine(document(feed.format("<item><title>a</title><dc:creator>Ann</dc:creator></item>")))
    assert shape.tree is not None
    found = parse(document(feed.format("<item><title>a</title><dc:creator>Ann</dc:creator></item>")))
    assert found.items[0].authors == ("Ann",)
    assert found.warnings[0].startswith("not well-formed XML: line 1: ")


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        (RSS.format("<item/>" + "<a/>" * 500_000), True),
        (RSS.format("<item/>" + "<a/>" * 499_000), False),
        (RSS.format("<item/>" + "<a>&</a>" * 250_000), True),
        (RSS.format("<item><title><![CDATA[" + "<b>of twenty byt</b>" * 600_000 + "]]></title></item>"), True),
        (RSS.format("<item><title><![CDATA[" + f"<b>{'apart' * 7}</b>" * 480_000 + "]]></title></item>"), False),
        ('{"version": "https://jsonfeed.org/version/1", "items": [' + "{}," * 250_000 + "{}]}", True),
        ('{"version": "https://jsonfeed.org/version/1", "items": [' + "{}," * 240_000 + "{}]}", False),
    ],
    ids=range(7),
)
def test_what_would_become_too_many_objects_is_refused(text: str, refused: bool) -> None:
    try:
        found = ""
        examine(document(text))
    except ParseError as error:
        found = str(error)
    assert ("tags or values, one in 20 bytes" in found) == refused, found


def test_malformed_xml_is_read_with_a_warning_that_names_the_line() -> None:
    result = parse(document("\n<?xml version='1.0'?>\n" + RSS.format("\n<item><title>a & b</title></item>")))
    assert [item.title for item in result.items] == ["a & b"]
    assert result.warnings == ("not well-formed XML: line 4: xmlParseEntityRef: no name",)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("R&D", "R&D"),
        ("AT&T; caf&eacute;&nbsp;&amp; more &#38; &#x26;", "AT&T; café\xa0& more & &"),
        ("<![CDATA[a & b &eacute;]]> & c", "a & b é & c"),
        ("&<![CDATA[no end", None),
    ],
)
def test_bare_ampersands_are_the_commonest_mistake(text: str, title: str | None) -> None:
    items = parse(document(RSS.format(f"<item><title>{text}</title></item>"))).items
    assert title is None or [item.title for item in items] == [title]


def test_characters_that_xml_forbids_are_mended() -> None:
    result = parse(
        document(
            RSS.format(
                "<item><title>a\x0b&#1;b&#xD83D;&#xDE00;&#55357;&#56832;&#55399;&#57999;&#x110000;c</title></item>"
            )
        )
    )
    assert result.items[0].title == "ab😀😀\ue28fc"
    assert result.warnings == ("characters that XML forbids were mended",)


@settings(max_examples=100)
@given(
    st.sampled_from([path for path in CASES if path.suffix == ".xml" and "malformed" not in path.name]),
    st.floats(0.05, 0.95),
)
def test_a_feed_that_is_cut_short_is_an_error(path: Path, share: float) -> None:
    whole = path.read_bytes().rstrip()
    with pytest.raises(ParseError):
        parse(document(whole[: int(len(whole) * share)]))


def test_a_broken_document_of_too_many_items_is_cut_before_it_is_read() -> None:
    items = "<item><title>a story</title></item>" * MAX_ITEMS
    shape = examine(document(RSS.format(f"<item><title>one</b></title></item>{items}")))
    assert shape.text is not None
    assert shape.text.count("<item>") == MAX_ITEMS
    assert shape.warnings[0] == too_many(MAX_ITEMS + 1)
