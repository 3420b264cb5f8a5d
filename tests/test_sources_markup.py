"""Text constructs: kinds, base64, mending, inline markup as HTML, and relative links."""

from __future__ import annotations

import pytest
from feedparser.html import _cp1252
from feedparser.mixin import _FeedParserMixin
from feedparser.sanitizer import _HTMLSanitizer
from feedparser.urls import ACCEPTABLE_URI_SCHEMES, RelativeURIResolver
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feeds.sources import markup
from feeds.sources.markup import (
    HTML,
    TEXT,
    XHTML,
    decoded,
    inline,
    is_encoded,
    join,
    join_base,
    kind_of,
    looks_like_html,
    mended,
    resolved,
    without_pairs,
)  # fmt: skip

BASE = "https://b.example/x/"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (None, TEXT),
        ("", HTML),
        ("text", TEXT),
        (" HTML ", HTML),
        ("xhtml", XHTML),
        ("text/html; charset=utf-8", HTML),
        ("image/png", "image/png"),
        ("CDATA", HTML),
    ],
)
def test_a_type_attribute_says_the_kind(said: str | None, kind: str) -> None:
    assert kind_of(said, TEXT) == kind


@pytest.mark.parametrize(
    ("kind", "mode", "encoded"),
    [
        (TEXT, "base64", True),
        (TEXT, None, False),
        ("image/svg+xml", None, False),
        ("a/xml", None, False),
        ("a/b", "xml", True),
    ],
)
def test_what_is_neither_text_nor_xml_is_base64(kind: str, mode: str | None, encoded: bool) -> None:
    assert is_encoded(kind, mode) == encoded


@pytest.mark.parametrize(("text", "plain"), [("QQ==", "A"), ("QQ=", "QQ="), ("/w==", "/w=="), ("é", "")])
def test_base64_is_decoded_where_it_is_some(text: str, plain: str) -> None:
    assert decoded(text) == plain


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("plain", "plain"),
        ("CafÃ©", "Café"),
        ("Café", "Café"),
        ("It\x92s", "It’s"),
        ("Навіны\x85", "Навіны…"),
        ("\x81", "\x81"),
    ],
)
def test_accidents_of_encoding_are_mended(text: str, better: str) -> None:
    assert mended(text) == better


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a < b", False),
        ("<p>a</p>", True),
        ("a &amp; b", True),
        ("a & b", False),
        ("</", False),
        ("<unknown>a</unknown>", False),
        ("<p>a</p> &nosuch;", False),
        ("&#8217;", True),
    ],
)
def test_text_that_can_only_be_html_is(text: str, html: bool) -> None:
    assert looks_like_html(text) == html


@given(st.text(st.sampled_from("<>/&;pbxamp#123 \n"), max_size=30))
def test_text_looks_like_html_to_feedparser_as_well(text: str) -> None:
    assert looks_like_html(text) == _FeedParserMixin.looks_like_html(text)


def test_the_tables_are_feedparsers() -> None:
    assert set(_HTMLSanitizer.acceptable_elements) == markup.ELEMENTS
    assert RelativeURIResolver.elements_no_end_tag == markup.VOID
    assert RelativeURIResolver.relative_uris == {(e, a) for a, es in markup._LINKS.items() for e in es}
    assert set(ACCEPTABLE_URI_SCHEMES) == markup._SCHEMES
    assert {chr(code): one for code, one in markup._CP1252.items() if chr(code) != one} == {
        chr(code): one for code, one in _cp1252.items()
    }


def test_void_elements_have_no_end() -> None:
    assert without_pairs("a<br></br>b<img src='x'></img><p></p>") == "a<br />b<img src='x' /><p></p>"
    assert without_pairs("<br>") == "<br>"


@pytest.mark.parametrize(
    ("element", "kind", "unwrap", "found"),
    [
        ("<c><div>a <b>b</b></div></c>", XHTML, True, (XHTML, "a <b>b</b>")),
        ("<c> <div>a</div> </c>", XHTML, True, (XHTML, "a")),
        ("<c><div>a</div></c>", XHTML, False, (XHTML, "<div>a</div>")),
        ("<c>x<div>a</div></c>", XHTML, True, (XHTML, "x<div>a</div>")),
        ("<c><div>a</div>x</c>", XHTML, True, (XHTML, "<div>a</div>x")),
        ("<c><p>a</p></c>", XHTML, True, (XHTML, "<p>a</p>")),
        ("<c><div>a</div><div/></c>", XHTML, True, (XHTML, "<div>a</div><div></div>")),
        ("<c>1 &lt; 2<div>a</div> <b>3 &lt; 4</b></c>", TEXT, False, (XHTML, "1 < 2a <b>3 &lt; 4</b>")),
        (
            "<c><BR Class='a \"b\" &lt;' xml:lang='de'/></c>",
            HTML,
            False,
            (XHTML, '<br class="a &quot;b&quot; &lt;" />'),
        ),
        ("<c><title>a</title></c>", "application/xml", False, ("application/xml", "")),
    ],
)
def test_markup_in_a_construct_is_html(element: str, kind: str, unwrap: bool, found: tuple[str, str]) -> None:
    assert inline(etree.fromstring(element), kind, unwrap) == found


@pytest.mark.parametrize(
    ("base", "address", "found"),
    [
        ("", "x", "x"),
        (BASE, "y", "https://b.example/x/y"),
        (BASE, "http:////c.example/y", "http://c.example/y"),
        ("a/", "b", "a/b"),
        (BASE, "http://[", ""),
    ],
)
def test_an_address_is_joined_to_a_base(base: str, address: str, found: str) -> None:
    assert join(base, address) == found


@pytest.mark.parametrize(
    ("outer", "inner", "base"), [("", "a/", "a/"), (BASE, "y/", BASE + "y/"), (BASE, "javascript:x", BASE)]
)
def test_a_base_is_joined_to_the_one_around_it(outer: str, inner: str, base: str) -> None:
    assert join_base(outer, inner) == base


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<a href='y'>y</a>", '<a href="https://b.example/x/y">y</a>'),
        ("<A class=z HREF=y>y", '<A class=z HREF="https://b.example/x/y">y'),
        ('<img src="y" srcset="z 1x" data-src="z">', '<img src="https://b.example/x/y" srcset="z 1x" data-src="z">'),
        ('<a title="href=q" href="#f">', '<a title="href=q" href="https://b.example/x/#f">'),
        ("<a href='https://c.example/'>", "<a href='https://c.example/'>"),
        ("<a href='javascript:x'>", "<a href='javascript:x'>"),
        ("<a href='http://['>", "<a href='http://['>"),
        ("<p href='y'>a = b", "<p href='y'>a = b"),
        ("no markup", "no markup"),
        ("<a href='\"'>", '<a href="https://b.example/x/&quot;">'),
    ],
)
def test_relative_links_are_resolved(html: str, found: str) -> None:
    assert resolved(html, BASE) == found


def test_without_a_base_nothing_is_resolved() -> None:
    assert resolved("<a href='y'>", "") == "<a href='y'>"


@given(st.text(alphabet=st.sampled_from("aÂÃâäðô\x80\x93\x99\x9f \xa0¤©²¼¿é€中\U0001f600"), max_size=12))
def test_mending_is_reading_latin_1_as_utf_8_and_then_controls_as_windows_1252(text: str) -> None:
    try:
        wanted = text.encode("iso-8859-1").decode()
    except UnicodeError:
        wanted = text
    assert mended(text) == wanted.translate(_cp1252)
