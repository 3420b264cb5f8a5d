"""Where the text of a page is: layouts evened out, lines that are none of it, what trafilatura makes of the rest."""

from __future__ import annotations

import time
from typing import Any

import pytest
from lxml import etree
from lxml.html import HtmlElement, document_fromstring

from feeds.errors import ParseError
from feeds.extract import text as texts
from feeds.extract.boilerplate import tidy
from feeds.extract.layout import even_out
from feeds.extract.text import Found, count_words, find_text
from feeds.page import read_page
from tests.pace import slowness

URL = "https://news.example.org/a/story"
PROSE = "The council has decided that the old swimming pool will be heated by the bakery next door, at last"
LONG = "".join(f"<p>{number} times {PROSE}.</p>" for number in range(8))


def body_of(markup: str) -> str:
    """The inside of a body as `even_out` leaves it."""
    tree: HtmlElement = document_fromstring(f"<body>{markup}</body>")
    even_out(tree)
    body = tree.find(".//body")
    assert body is not None
    return "".join(etree.tostring(one, encoding="unicode", method="html") for one in body)


def found_in(markup: str, title: str = "", stated: int = 0) -> Found:
    return find_text(read_page(markup, URL), title, stated)


# --- layouts


@pytest.mark.parametrize(
    ("markup", "evened"),
    [
        ("<figure><img src=a><figcaption>A <b>b</b></figcaption></figure>tail", '<img src="a" alt="A b">tail'),
        ('<figure><img src=a alt="x"><figcaption>A</figcaption></figure>', '<img src="a" alt="x">'),
        ("<figure><picture><source srcset=b><img src=a></picture></figure>", '<img src="a">'),
        ("<picture><img src=a></picture> text", '<img src="a"> text'),
        ("<figure><pre>code</pre></figure>", "<figure><pre>code</pre></figure>"),
        ("<figure><img src=a><p>Text</p></figure>", '<figure><img src="a"><p>Text</p></figure>'),
        ("<p>a<script>b</script>c<style>d</style></p>", "<p>ac</p>"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "<table><tr><td>1</td><td>2</td></tr></table>"),
        ("<table><tr><td><h1>x</h1></td></tr></table>", "<div><div><div><h1>x</h1></div></div></div>"),
    ],
)
def test_frames_scripts_and_tables(markup: str, evened: str) -> None:
    assert body_of(markup) == evened


@pytest.mark.parametrize(
    ("inside", "parted"),
    [
        ("{0}<br><br>{1}", "<p>{0}</p><p>{1}</p>"),
        ("{0}<br>\n<br>{1}<br> {0}", "<p>{0}</p><p>{1}<br> {0}</p>"),
        ("{0} <a href=x>b</a> c<br><br><br><i>d</i>", '<p>{0} <a href="x">b</a> c</p><p><i>d</i></p>'),
        ("{0}<br><br><h2>b</h2>c<br><ul><li>d</li></ul> <br>", "<p>{0}</p><h2>b</h2><p>c</p><ul><li>d</li></ul>"),
        ("<br><br><b>a</b>{0}", "<p><b>a</b>{0}</p>"),
        ("{0}<br><img src=a><br><br>", '<p>{0}<br><img src="a"></p>'),
        ("{0}<br><br><b>a</b> <i>b</i>", "<p>{0}</p><p><b>a</b> <i>b</i></p>"),
        ("short<br><br>short", "short<br><br>short"),
        ("{0}<br>{1}", "{0}<br>{1}"),
    ],
)
def test_line_breaks(inside: str, parted: str) -> None:
    one, other = f"{PROSE} one " * 2, f"{PROSE} other"
    one = one.strip()
    assert body_of(f"<div>{inside.format(one, other)}</div>") == f"<div>{parted.format(one, other)}</div>"


# --- lines that are none of the article


def tidied(*blocks: str, title: str = "") -> list[str]:
    body = etree.fromstring("<body>" + "".join(blocks) + "</body>")
    tidy(body, title)
    return [" ".join("".join(map(str, one.itertext())).split()) or one.tag for one in body]


P, Q = f"<p>{PROSE}.</p>", f"<p>{PROSE}, too.</p>"
TEXT = [f"{PROSE}.", f"{PROSE}, too."]
LINK = '<ref target="/x">{}</ref>'


@pytest.mark.parametrize(
    "line", ["Share", "ADVERTISEMENT", "» Weiterlesen…", "Partager cet article", "Реклама", "広告"]
)
def test_buttons_go_wherever_they_stand(line: str) -> None:
    assert tidied(f"<p>{line}</p>", P, f"<p>{line}</p>", Q) == TEXT


def test_promotions_go_where_they_are_mostly_a_link() -> None:
    promotion = "<p>{}: " + LINK.format("Another story of ours") + "</p>"
    for words in ("Read also", "Lesen Sie auch", "Читайте также", "RELATED"):
        assert tidied(P, promotion.format(words), Q) == TEXT
    kept = "<p>Related: the mayor said that she had not been asked, and that nobody had told her.</p>"
    assert len(tidied(P, kept, Q)) == 3
    assert len(tidied(P, f"<p>Watch: {LINK.format(PROSE * 3)}</p>", Q)) == 3


def test_the_headline_goes_from_the_top() -> None:
    assert tidied("<head>A story!</head>", P, Q, title="A story") == TEXT
    assert tidied("<head>Another</head>", P, Q, title="A story") == ["Another", *TEXT]


@pytest.mark.parametrize(
    "after",
    [
        "<head>Related articles</head><p>Of another story, with words and a stop.</p>",
        "<head>Комментарии</head><p>I was there, and it was cold.</p><p>So was I.</p>",
        f"<list><item>{LINK.format('One of the other stories')}</item><item>x</item></list>",
        f"<p>{LINK.format('All the news from the town')}</p>",
        "<head>And this</head>",
        "<p></p>",
        f"<p>{LINK.format('Most read')}</p><list>"
        + "<item>A headline that has quite a few words</item>" * 3
        + "</list>",
        ("<list>" + "<item>A headline that has quite a few words</item>" * 3 + "</list>") * 2 + "<p>Tags</p>",
    ],
)
def test_what_comes_after_goes(after: str) -> None:
    if after.count("<list>") == 2:  # the first of two such lists may be the article's
        assert tidied(P, Q, after)[:2] == TEXT
        assert len(tidied(P, Q, after)) == 3
    else:
        assert tidied(P, Q, after) == TEXT


@pytest.mark.parametrize(
    "last",
    [
        "<list><item>Two eggs</item><item>Some flour</item><item>Salt</item></list>",
        "<list><item>A sentence that ends as they do.</item><item>And another one of them</item><item>x</item></list>",
        "<list><item>Only two of the items</item><item>of which none ends like a sentence does</item></list>",
        "<graphic src='/x'/>",
        "<quote>Said the mayor</quote>",
        f"<p>By {LINK.format('Ann')} and nobody else.</p>",
    ],
)
def test_what_ends_an_article_stays(last: str) -> None:
    assert len(tidied(P, Q, last)) == 3


def test_a_heading_at_the_start_ends_nothing() -> None:
    assert tidied("<head>Comments</head>", P, Q) == ["Comments", *TEXT]
    assert tidied("<head>Only a heading</head>") == ["Only a heading"]


# --- the whole


def test_addresses_are_absolute_or_gone() -> None:
    page = f"""<base href="/b/"><article>{LONG}<p>{PROSE} <a href="c">c</a> <a href="#d">d</a> <a>e</a>
    <a href="javascript:f()">f</a> <img src="g.jpg" alt="g"></p><img src="data:image/png;base64,AA=="></article>"""
    markup = found_in(page).markup
    assert '<a href="https://news.example.org/b/c">c</a>' in markup
    assert '<img src="https://news.example.org/b/g.jpg" alt="g">' in markup
    assert "javascript" not in markup
    assert "#d" not in markup
    assert "data:" not in markup


def test_a_text_without_blanks_has_words_too() -> None:
    assert (count_words("a b c"), count_words("漢字漢字"), count_words("ภาษาไทย x"), count_words("Ёж и ёж")) == (
        3,
        3,
        5,
        3,
    )


def test_text_that_stands_anywhere_is_found() -> None:
    parts = ["<h2>Heading</h2>", *LONG.split("</p>"), "<ul><li>One of two</li></ul>", *LONG.split("</p>")]
    page = "<div><div>" + "".join(f"<div>{one}</div>" for one in parts) + "</div></div>"
    markup = found_in(page).markup
    assert "<h2>Heading</h2>" in markup
    assert "<li>One of two</li>" in markup
    assert found_in("<p>" * 3).words == 0
    assert found_in(LONG).words > 100


def test_what_was_missed_is_looked_for_less_strictly() -> None:
    short = f"<div class=story>{PROSE}.</div>"
    assert found_in(short).words == len(PROSE.split())
    assert found_in(short, stated=200).words == 0
    hidden = "".join(f"<p><a href=/{n}>{n} times {PROSE}</a></p>" for n in range(9))
    assert found_in(f"<article>{LONG}{hidden}</article>").words > 150


def test_a_page_of_links_is_a_listing() -> None:
    cards = "".join(f"<div><h2><a href=/{n}>Story {n} about a town</a></h2></div>" for n in range(20))
    assert found_in(f"<main>{cards}</main>").is_listing
    plain = "".join(f"<div><a href=/{n}>Story {n} about a town</a></div>" for n in range(20))
    assert found_in(f"<p>Few words here.</p>{plain}").is_listing
    assert not found_in(f"<article>{LONG}</article>").is_listing


def test_odd_pages_are_no_error() -> None:
    for markup in ("", " ", "<!-- x -->", "\0", "<?xml version='1.0' encoding='x'?><p>x"):
        assert found_in(markup).words <= 1


def test_a_breakdown_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(texts, "bare_extraction", broken)
    with pytest.raises(ParseError, match="no text can be had of it: RecursionError: too deep"):
        found_in(LONG)


@pytest.mark.parametrize(
    "markup",
    [
        "<article>" + LONG * 2_000 + "</article>",
        "<div>" + "a line of text <br><br>" * 19_000,
        "<div>" + "a line of text <br>" * 38_000,
        "<table><tr>" + "<td>x" * 19_000,
        "<figure><img src=/a><figcaption>c</figcaption></figure>" * 6_000,
        "<pre>x</pre>" * 19_000,
        "<p><a href=/x>some words</a></p>" * 9_000,
        "<section><p>word word word word word word word word.</p></section>" * 9_000,
        "word " * 390_000,
        "<article><p>" + "&amp; " * 300_000,
        "<article><p>" + "\u0300" * 900_000,
        "<ul>" * 500 + "<li>x" * 19_000,
    ],
    ids=lambda markup: markup[:24],
)
def test_hostile_pages_take_bounded_time(markup: str) -> None:
    start = time.process_time()
    found_in(markup)
    assert time.process_time() - start < 20 * slowness()
