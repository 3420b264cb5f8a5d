"""What a page says of itself: charset, tree, metas, JSON-LD and microdata, whatever it looks like."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import page as pages
from feeds.page import read_page, texts, things, types_of, values, within
from tests.pace import slowness

URL = "https://news.example.org/a/b"


def stated(*scripts: str) -> list[Any]:
    return list(read_page("".join(f'<script type="application/ld+json">{one}</script>' for one in scripts), URL).nodes)


# --- bytes to text


@pytest.mark.parametrize(
    ("data", "charset", "title"),
    [
        ("<title>Zażółć</title>".encode(), None, "Zażółć"),
        ("<title>Zażółć</title>".encode("utf-8-sig"), "iso-8859-2", "Zażółć"),
        (b"\xff\xfe" + "<title>Ünï</title>".encode("utf-16-le"), None, "Ünï"),
        (b"\xfe\xff" + "<title>Ünï</title>".encode("utf-16-be"), "utf-8", "Ünï"),
        ("<title>Ёж</title>".encode("cp1251"), "windows-1251", "Ёж"),
        ('<meta charset="windows-1251"><title>Ёж</title>'.encode("cp1251"), None, "Ёж"),
        ('<meta http-equiv=x content="text/html; charset=koi8-r"><title>Ёж</title>'.encode("koi8-r"), None, "Ёж"),
        ("<title>“Hi”</title>".encode("cp1252"), "ISO-8859-1", "“Hi”"),
        ("<title>“Hi”</title>".encode("cp1252"), None, "“Hi”"),
        ("<title>ışık</title>".encode("cp1254"), "iso-8859-9", "ışık"),
        ("<meta charset=gb2312><title>朱镕基</title>".encode("gb18030"), None, "朱镕基"),
        ("<meta charset=Shift_JIS><title>日本①</title>".encode("cp932"), None, "日本①"),
        ("<title>한국</title>".encode("cp949"), "euc-kr", "한국"),
        ("<title>Ёж</title>".encode("cp1251"), "no-such-charset", "¨æ"),
        (b"<title>a+AGE-\\u0041</title>", "utf-7", "a+AGE-\\u0041"),
        (b"<title>a+AGE-\\u0041</title>", "u7", "a+AGE-\\u0041"),
        (b"<title>a+AGE-\\u0041</title>", "unicode_1_1_utf_7", "a+AGE-\\u0041"),
        (b"<title>a+AGE-\\u0041</title>", "unicode-escape", "a+AGE-\\u0041"),
        (b"<title>a+AGE-\\u0041</title>", "Raw Unicode Escape", "a+AGE-\\u0041"),
        ("<meta charset=nonsense><title>Ёж</title>".encode(), None, "Ёж"),
        ("<meta charset=windows-1251><title>Ёж</title>".encode("cp1251"), "utf-8", "Ёж"),
        (
            ("<title>Паром снова ходит</title>" + "<p>Паром снова ходит через залив.</p>" * 60).encode("cp1251"),
            None,
            "Паром снова ходит",
        ),
        ("<meta charset=utf-16><title>Ёж</title>".encode(), None, "Ёж"),
        ("<title>Ёж</title>".encode(), "x-user\0defined", "Ёж"),
        *[
            ("<title>Ёж</title>".encode(), codec, "Ёж")
            for codec in ("zlib", "rot13", "hex", "idna", "utf-7", "undefined")
        ],
    ],
)
def test_bytes_are_read_as_browsers_read_them(data: bytes, charset: str | None, title: str) -> None:
    assert read_page(data, charset=charset).title == title


def test_a_character_that_is_cut_at_the_end_makes_no_other_charset() -> None:
    assert read_page("<title>Ёж</title><p>жж".encode()[:-1]).title == "Ёж"


def test_what_is_beyond_two_megabytes_is_not_read() -> None:
    start = b"<title>T</title>".ljust(pages.MAX_BYTES)
    page = read_page(start + b"<meta name=a content=b>")
    assert (page.title, page.metas) == ("T", {})
    assert len(page.markup) == pages.MAX_BYTES


# --- the page itself


def test_a_page() -> None:
    page = read_page(
        """<html lang=" pl-PL "><head><base href="/static/"><title> A  title
        </title><link rel="shortlink canonical" href="../story"><meta name="Description" content=" D ">
        <meta property="og:title" content=""><meta property="og:title" content="O"><meta name="author" content="A">
        <meta name="author" content="A"><meta name="author" content="B"><meta itemprop="x" name="y" content="z">
        <meta name="" content="none"></head><body>""",
        URL,
    )
    assert (page.url, page.base) == (URL, "https://news.example.org/static/")
    assert (page.title, page.language, page.canonical) == ("A title", "pl-PL", "https://news.example.org/story")
    assert page.metas == {
        "description": ("D",),
        "og:title": ("", "O"),
        "author": ("A", "B"),
        "x": ("z",),
        "y": ("z",),
    }
    assert page.meta("none", "og:title", "author") == "O"
    assert page.meta("none") is None


@pytest.mark.parametrize(
    "markup", ["", " ", "<", "<!--", "\0", "no markup", "<base href=':'><link rel=canonical href=x>"]
)
def test_a_page_that_says_nothing(markup: str) -> None:
    page = read_page(markup)
    assert (page.title, page.language, page.canonical, page.metas, page.nodes) == ("", None, None, {}, ())


def test_addresses_are_absolute_http_or_none() -> None:
    page = read_page("<p>", URL)
    assert page.absolute("../c") == "https://news.example.org/c"
    assert page.absolute(" //cdn.example.net/x ") == "https://cdn.example.net/x"
    for none in (None, "", "javascript:x", "mailto:a@example.org", "http://", "http://[", "x" * 2_001):
        assert page.absolute(none) is None
    assert read_page("<p>").absolute("/c") is None


# --- JSON-LD


def test_lists_graphs_and_several_values_are_things_one_by_one() -> None:
    found = stated(
        '[{"@type": "A", "b": {"@type": "Nested"}}, [[{"@type": "B"}]], 5, null]',
        '{"@context": "https://schema.org", "@graph": [{"@type": "C"}, {"no": "type"}]}',
        '{"@type": "D", "@graph": {"@type": "E"}}',
        '{"@type": "F"} {"@type": "G"},\n{"@type": "H"};',
        "5",
        "",
    )
    assert [one["@type"] for one in found] == list("ABCDEFGH")


@pytest.mark.parametrize(
    "text",
    [
        '{"@type": "A",}',
        '{"@type": "A", "b": [1, 2,],}',
        '<!-- {"@type": "A"} -->',
        '//<![CDATA[\n{"@type": "A"}\n//]]>',
        '/*<![CDATA[*/ {"@type": "A"}',
        '<![CDATA[{"@type": "A"}]]>',
        '{"@type": "A", "b": "line\nbreak\tand tab"}',
        "{&quot;@type&quot;: &quot;A&quot;}",
        '{"@type": "A"};',
        '  {"@type": "A"}  ',
    ],
)
def test_json_that_is_nearly_json_is_mended(text: str) -> None:
    assert [one["@type"] for one in stated(text)] == ["A"]


@pytest.mark.parametrize("text", ["{", "{'@type': 'A'}", "[" * 100_000, '{"@type": "A"', "NaN of it", "5" * 5_000])
def test_what_is_no_json_says_nothing(text: str) -> None:
    assert stated(text) == []


def test_a_script_may_be_of_any_case_and_of_bounded_size() -> None:
    script = '<script type="APPLICATION/LD+JSON; charset=utf-8">{"@type": "A", "b": "%s"}</script>'
    assert len(read_page(script % "x").nodes) == 1
    assert read_page(script % ("x" * pages.MAX_SCRIPT)).nodes == ()
    assert len(read_page((script % "x") * (pages.MAX_SCRIPTS + 1)).nodes) == pages.MAX_SCRIPTS


def test_graphs_within_graphs_end_somewhere() -> None:
    deep: Any = {"@type": "A"}
    for _ in range(30):
        deep = {"@graph": [deep]}
    assert stated(json.dumps(deep)) == []
    assert len(stated("[" + '{"@type": "A"},' * 6_000 + "5]")) == pages.MAX_STATEMENTS


def test_types_texts_and_things() -> None:
    node = {
        "@type": ["https://schema.org/NewsArticle", "schema:Article", 5],
        "free": "False",
        "flag": False,
        "none": None,
        "number": 5,
        "names": ["A &amp; B", {"name": "C"}, {"@id": "#d"}, {"url": "/e"}, {}, [], "", None, {"@value": "F"}],
        "parts": [{"a": 1}, "x", {"b": 2}],
        "part": {"a": 1},
    }
    assert types_of(node) == {"NewsArticle", "Article"}
    assert types_of({"@type": "http://www.schema.org/Review"}) == {"Review"}
    assert types_of({}) == frozenset()
    assert (texts(node, "free"), texts(node, "flag"), texts(node, "number")) == (["False"], ["False"], ["5"])
    assert texts(node, "names") == ["A & B", "C", "#d", "/e", "F"]
    assert (values(node, "none"), values(node, "absent"), values(node, "free")) == ([], [], ["False"])
    assert things(node, "parts") == [{"a": 1}, {"b": 2}]
    assert things(node, "part") == [{"a": 1}]
    assert things(node, "free") == []


def test_what_is_within_a_thing_comes_level_by_level_and_ends() -> None:
    node = {"n": 0, "a": [{"n": 1, "c": {"n": 3}}, "x"], "b": {"n": 2}}
    assert [one["n"] for one in within(node)] == [0, 1, 2, 3]
    deep: dict[str, Any] = {}
    for _ in range(100):
        deep = {"a": deep}
    assert len(list(within(deep))) == pages.MAX_DEPTH
    assert len(list(within({"a": [{}] * 6_000}))) == pages.MAX_STATEMENTS


def test_articles_are_what_is_about_one() -> None:
    page = read_page(
        '<script type="application/ld+json">[{"@type": "WebPage"}, {"@type": ["Thing", "NewsArticle"]},'
        '{"@type": "https://schema.org/BlogPosting"}]</script>'
    )
    assert [sorted(types_of(one))[0] for one in page.articles()] == ["NewsArticle", "BlogPosting"]


# --- microdata


def test_microdata_has_the_shape_of_json_ld() -> None:
    page = read_page(
        """<article itemscope itemtype="https://schema.org/NewsArticle"><h1 itemprop="headline name"> A  b </h1>
        <meta itemprop="isAccessibleForFree" content="false">
        <time itemprop="datePublished" datetime="2026-03-03">x</time>
        <span itemprop="author" itemscope itemtype="https://schema.org/Person"><a itemprop="url" href="/p">x</a>
        <b itemprop="name">Ann</b></span><b itemprop="keywords">a</b><b itemprop="keywords">b</b>
        <b itemprop="keywords">c</b><img itemprop="image" src="/i.jpg"><b itemprop="@type">no</b></article>
        <b itemprop="stray">x</b><div itemtype="https://schema.org/Thing">no scope</div>"""
    )
    assert list(page.nodes) == [
        {
            "@type": ["https://schema.org/NewsArticle"],
            "headline": "A b",
            "name": "A b",
            "isAccessibleForFree": "false",
            "datePublished": "2026-03-03",
            "author": {"@type": ["https://schema.org/Person"], "url": "/p", "name": "Ann"},
            "keywords": ["a", "b", "c"],
            "image": "/i.jpg",
        }
    ]
    assert page.articles() == [page.nodes[0]]


def test_a_property_far_below_its_thing_is_nobodys() -> None:
    thing = '<div itemscope itemtype="https://schema.org/Article">'
    near, far = "<div>" * 30, "<div>" * 50
    assert "name" in read_page(f"{thing}{near}<b itemprop=name>x").nodes[0]
    assert "name" not in read_page(f"{thing}{far}<b itemprop=name>x").nodes[0]


def test_a_property_that_is_a_thing_of_its_own_is_stated_once() -> None:
    page = read_page("<p itemprop=a itemscope itemtype=B></p>")
    assert list(page.nodes) == [{"@type": ["B"]}]


def test_json_ld_comes_before_microdata() -> None:
    page = read_page('<p itemscope itemtype="B"></p><script type="application/ld+json">{"@type": "A"}</script>')
    assert [sorted(types_of(one)) for one in page.nodes] == [["A"], ["B"]]


# --- hostile pages


ATTRIBUTES = " ".join(f"a{number}=b" for number in range(150_000))


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 400_000,
        "<b><p>" * 300_000,
        "<b>" * 100 + "<p>" * 500_000,
        "<svg><g/><div/>" * 100_000,
        "<div/>" * 300_000,
        f"<p {ATTRIBUTES}>",
        f"</p {ATTRIBUTES}>",
        f"<script {ATTRIBUTES}>",
        f'<p x="<b>" {ATTRIBUTES}>',
        "<a name=x>" * 200_000,
        "<div><span></div>" * 100_000,
        "<div><b><i></div>" * 100_000,
        "<meta name=a content=b>" * 80_000,
        "<p itemscope itemtype=x itemprop=y>" * 50_000,
        "<script>" * 200_000,
        "<p a='" * 300_000,
        '<p a="' * 300_000,
        "<g" * 900_000,
        "<p " + "=" * 1_900_000,
        "<p " + "/ " * 900_000,
        '<script type="application/ld+json">[' + '{"@graph":[' * 90_000,
        '<script type="application/ld+json">{"a":"' + "," * 900_000,
        '<script type="application/ld+json">{"a":"' + "//  " * 200_000,
        "<meta charset" + " " * 1_900_000,
    ],
    ids=lambda markup: markup[:16],
)
def test_hostile_pages_take_linear_time(markup: str) -> None:
    start = time.process_time()
    read_page(markup.encode())
    assert time.process_time() - start < 10 * slowness()


def test_a_page_is_cut_where_it_would_take_too_long() -> None:
    assert len(read_page("<title>T</title>" + "<div>" * 1_000).markup) == 16 + 5 * pages.MAX_LEVELS
    assert read_page("<title>T</title>" + "<div>" * 1_000).title == "T"
    assert len(read_page("<b>" * 100 + "<p>" * 5_000).markup) == 300 + 3 * 2_000
    assert read_page(f"<title>T</title><p {' a=b' * 1_001}>x").markup == "<title>T</title>"


@pytest.mark.parametrize(
    "markup",
    [
        "<svg><path d=''/></svg>" * 2_000,
        "<svg>" + "<path d='M0 0'/>" * 5_000 + "</svg>",
        "<div><span></div>" * 2_000,
        "<div>" + "<span>" * 25 + "</div>",
        "<a name=x>" * 2_000,
        "<p>" * 5_000,
        "<script>if (a<b) { '<div>' }</script>" * 2_000,
        '<p data-x="<div><div>">' * 1_000,
        "<div data-json='" + "{a: b, } " * 20_000 + "'></div>",
        "<b>x</b>" * 5_000,
        "<div><b></div></b>" * 2_000,
        "<ul>" + "<li><a>x</a>" * 3_000 + "</ul>",
    ],
    ids=lambda markup: markup[:30],
)
def test_long_pages_of_an_ordinary_kind_are_read_whole(markup: str) -> None:
    assert read_page(f"{markup}<meta name=last content=x>").meta("last") == "x"


@given(st.binary(max_size=300) | st.text(max_size=300), st.none() | st.text(max_size=12))
def test_whatever_it_is_made_of_it_is_a_page(markup: bytes | str, charset: str | None) -> None:
    page = read_page(markup, URL, charset=charset)
    assert isinstance(page.title, str)
    page.articles()


PIECES = [
    '<script type="application/ld+json">', "</script>", '{"@type":', '"NewsArticle"', "[", "]", "}", ",", '"@graph":',
    "<div itemscope itemtype=x>", "<b itemprop=name>", "<meta name=a content=b>", "</div>", "<!--", "-->", "<svg>",
    "<base href=x>", "<link rel=canonical href=", "'", '"', "&amp;", "\0", "<title>", "<path/>", "null", "-1e999",
    "<html lang=",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_whatever_its_pieces_are_it_is_a_page(markup: str) -> None:
    page = read_page(markup, URL)
    for node in page.nodes:
        assert len(list(within(node))) >= 1
        types_of(node)
        for key in node:
            texts(node, key)
