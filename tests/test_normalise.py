"""Cleaning: text, HTML, addresses, teasers, times, names; and what no input may bring through."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from html.entities import html5
from html.parser import HTMLParser

import nh3
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from db.records import Enclosure, Evidence, Precision
from feeds.model import Document, Item, Parsed, Skipped
from feeds.normalise import Clean, absolute, clean, fold, sanitise, strip_illegal, text_of
from feeds.normalise.text import normalised
from feeds.normalise.urls import _resolved

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
BASE = "https://news.example/a/b.html"
HOME = "https://news.example/"
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FIFTY = " ".join(f"word{n}" for n in range(50))
TAGS = frozenset(
    "p br a b strong i em u s code pre blockquote ul ol li h2 h3 h4 h5 h6 figure figcaption img table caption thead "
    "tbody tfoot tr th td sup sub time".split()
)

pieces = st.sampled_from(
    ["<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<script>", "</script>", "<a href='javascript:x'>", "<h1>",
     "</h1>", "<a href='/r'>", "<img src=x onerror=alert(1)>", "<img src='data:x'>", "<svg>", "<style>", "<!--", "-->",
     "&#1;", "&#xD800;", "&lt;b&gt;", "\u0338" * 3, "\ufffe", "\ud800", "\0", "\u0338", ">", "<", "&#824;", "text ",
     "<br>", "<td>", "<iframe>", '<a href="http:x">', "<p style='x' class=y id=z>", "<math><mi>", "&nbsp;", "é",
     "<a href='https://u:p@h.example/'>"]
)  # fmt: skip
markup = st.lists(pieces, max_size=25).map("".join) | st.text(max_size=60)


class Strict(HTMLParser):
    """Collects what a browser would see of sanitised HTML."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


def cleaned(
    *items: Item,
    parsed_url: str | None = None,
    url: str | None = "https://news.example/feed.xml",
    as_of: datetime = NOW,
    sections: tuple[str, ...] = (),
) -> list[Clean | Skipped]:
    return list(
        clean(
            Parsed(items=items, url=parsed_url, language="de_AT"),
            Document(name="feed.xml", data=b"", as_of=as_of, fetched_at=NOW, url=url),
            sections=sections,
            language="en",
            home=HOME,
            identity=lambda address: address.partition("#")[0].rstrip("/"),
        )
    )


def one(item: Item) -> Clean:
    (found,) = cleaned(item)
    assert isinstance(found, Clean)
    return found


@pytest.mark.parametrize(
    ("raw", "html", "text"),
    [
        ("Plain & <simple", "Plain &amp;", "Plain &"),
        ("No markup\n\nat all", "<p>No markup</p><p>at all</p>", "No markup\n\nat all"),
        ("<div>One</div><div>two</div>", "<p>One</p><p>two</p>", "One\n\ntwo"),
        ("<h1>Head</h1>x<br>y<br><br>z", "<h2>Head</h2>x<br>y<br><br>z", "Head\n\nx y\n\nz"),
        ("<script>evil()</script><p>ok<style>x</style></p>", "<p>ok</p>", "ok"),
        ("<svg><p>kept", "<p>kept</p>", "kept"),
        ("<p class=a style=b id=c onclick=d>x</p>", "<p>x</p>", "x"),
        ("<a href='../c?d=1&amp;e=2'>x</a>", '<a href="https://news.example/c?d=1&amp;e=2"{}>x</a>', "x"),
        ("<a href='java&#10;script:alert(1)'>x</a>", "<a{}>x</a>", "x"),
        ("<a href=#top>x</a>", f'<a href="{BASE}#top"{{}}>x</a>', "x"),
        ("<a href='mailto:a@b.example' title='a>b'>x</a>", '<a href="mailto:a@b.example" title="a&gt;b"{}>x</a>', "x"),
        ("<a href='https://u:p@h.example/'>x</a>", '<a href="https://h.example/"{}>x</a>', "x"),
        ("<img src=i.png alt=A width=1 srcset=x>", '<img src="https://news.example/a/i.png" alt="A" width="1">', ""),
        ("<img src='data:image/png;base64,AA' alt=A>x", "x", "x"),
        ("<img src='mailto:a@b.example'>x", "x", "x"),
        ("<table><tr><td>1<td>2</table>", "<table><tbody><tr><td>1</td><td>2</td></tr></tbody></table>", "1 2"),
        ("<p> &nbsp;</p><p>x</p>", "<p>x</p>", "x"),
        ("a&#1;b\x0b\ufffe&#xFFFE;c", "abc", "abc"),
        ("<b>&#824;&#824;x</b>", "<b>x</b>", "x"),
        ("\u0338x", "<p>x</p>", "x"),
    ],
)  # fmt: skip
def test_html_is_made_safe(raw: str, html: str, text: str) -> None:
    made = sanitise(raw, BASE)
    assert made == html.format(' rel="noopener noreferrer nofollow"')
    assert text_of(made) == text


def test_without_a_base_relative_links_go() -> None:
    assert "href" not in sanitise("<a href='/x'>y</a>", None)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a<!-- <p>b</p> -->c", "ac"),
        ("a<!-- no end", "a"),
        ("a<SCRIPT>b</p>c</Script >d", "ad"),
        ("a<noscript>b", "a"),
        ("<img title='a>b' alt=\"c>d\">e", "e"),
        ("<!doctype html><?pi?>x</>y", "xy"),
        ("1 < 2 &amp; 3 &gt; 2", "1 < 2 & 3 > 2"),
    ],
)
def test_text_of_unsafe_html(raw: str, text: str) -> None:
    assert text_of(raw) == text


@given(markup)
@example("<b>\u0338<script>")
@example("<p>&#1;\u0338")
@example("<b>\u0301\u0338x")
@example("<p>\u0301&#824;x")
@example("&#60;script&#62;")
@settings(max_examples=300)
def test_nothing_but_the_allowlist_comes_through(raw: str) -> None:
    made = sanitise(raw, BASE)
    seen = Strict(made)
    assert set(seen.tags) <= TAGS
    for tag, name, value in seen.attributes:
        assert name in {"a": {"href", "title", "rel"}, "img": {"src", "alt", "title", "width", "height"}}[tag]
        if name in ("href", "src"):
            assert value.startswith(("http://", "https://", "mailto:"))
            assert "@h.example" not in value
    assert ILLEGAL.search(made) is None
    assert unicodedata.is_normalized("NFC", made)


@pytest.mark.parametrize(
    "raw",
    [
        "<div>" * 100_000 + "x",
        "<b></p>" * 100_000,
        "<p>" + "".join(f"<b id={n}>" for n in range(255)) + "</p><p>x" * 50_000,
        "<b><table></b></table>" * 40_000,
        "<svg><b></svg>" * 60_000,
        "&x" * 400_000,
        "<script>" * 100_000,
        "<!--" * 200_000,
        "</b" * 200_000,
        "<a \"'" * 100_000,
        "<i title='" * 90_000,
        "\n \n" * 300_000,
        "<p>x</p>" * 130_000,
        "<p>" + "".join(f"<b id={n}>" for n in range(15)) + "</p><p>x" * 50_000,
        "<b>" + "\u0338" * 900_000,
        "<b>x" + "\u0301\u0338" * 100_000,
    ],
    ids=range(16),
)
def test_hostile_html_takes_no_time(raw: str) -> None:
    before = datetime.now(UTC)
    assert len(sanitise(raw, BASE)) < 4_000_000
    assert datetime.now(UTC) - before < timedelta(seconds=5)


@pytest.mark.parametrize(
    "raw",
    ["<p>x" * 2000, "<li>x" * 2000, "<b>x</b>" * 2000, "<a href='/x'>x" * 300, "<b><i>x</b></i>" * 10 + "<br>" * 20],
)
def test_careless_html_keeps_its_links_and_markup(raw: str) -> None:
    assert set(Strict(sanitise(raw, BASE)).tags) & {"p", "li", "b", "a"}


def test_huge_html_keeps_its_text() -> None:
    made = sanitise("<p>x <b>y</b></p>" * 80_000, BASE)
    assert made.startswith("<p>x y</p><p>x y</p>")
    assert len(sanitise("x" * 1_100_000, BASE)) == 1_000_007


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("https://a.example/x?y#z", "https://a.example/x?y#z"),
        ("https://a.example", "https://a.example"),
        (" /x y ", "https://news.example/x%20y"),
        ("//b.example/x", "https://b.example/x"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://user:secret@a.example/", "https://a.example/"),
        (
            "https://a.example/story|1?utm=a|b&id={4}^`[\\]#{x}",
            "https://a.example/story%7C1?utm=a%7Cb&id=%7B4%7D%5E%60%5B%5C%5D#%7Bx%7D",
        ),
        ("https://a.example/x.mp3?a=1|2", "https://a.example/x.mp3?a=1%7C2"),
        ("https://a.example/a%7Cb?c=%", "https://a.example/a%7Cb?c=%"),
        ("http://[::1]:8080/a|b", "http://[::1]:8080/a%7Cb"),
        ('https://a"b{.example/', None),
        ("javascript:alert(1)", None),
        ("https://[", None),
        ("https://a.example/\ud800", None),
        ("https://a.example/" + "x" * 4000, None),
    ],
)
def test_addresses_are_absolute_http(url: str, made: str | None) -> None:
    assert absolute(url, BASE) == made


_RAW = st.text(st.characters(codec="utf-8") | st.sampled_from('{}|\\^`[]<>"%#?&= /'), max_size=40)


@given(
    _RAW, st.sampled_from(["https://a.example/", "https://a.example/x?", "https://a.example/#", "http://[::1]/", ""])
)
def test_every_address_is_one_of_rfc_3986(text: str, before: str) -> None:
    made = absolute(before + text, BASE)
    if made is not None:
        assert re.fullmatch(
            r"https?://(?:\[[0-9a-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]+)(:[0-9]+)?[/?#]?[^][{}|\\^`<>\"\s]*", made
        )
        assert absolute(made, BASE) == made


_SEGMENTS = st.sampled_from(["a", "B9.html", "..", ".x", "", "~", "%2e", "a=b", "é", "?", "x?y=1&z", "'", ";", "\\"])
_BASES = [
    "https://u:p@A.example:443/x/y?z",
    "http://[::1]:8080/a",
    "https://é.example",
    "http://a|b/",
    "file:///a",
    "x",
    "",
]


@given(st.lists(_SEGMENTS, max_size=5).map("/".join), st.none() | st.sampled_from(_BASES))
@example("a/B9.html", "https://news.example/a/b.html")
def test_an_address_from_the_root_is_what_a_parse_makes_of_it(path: str, base: str | None) -> None:
    assert absolute("/" + path, base) == _resolved("/" + path, base)


@given(st.text(st.characters(max_codepoint=127)) | st.text())
@example("a\x1f\x7f\t\n\r")
def test_nothing_legal_is_stripped(text: str) -> None:
    assert strip_illegal(text) == normalised(ILLEGAL.sub("", text))


def test_no_named_reference_gives_what_xml_forbids() -> None:
    named = " ".join(f"&{name}" for name in html5 if name.endswith(";"))
    made = nh3.clean(named)
    assert ILLEGAL.search(made) is None
    assert made.count(" &amp;") < 50


@given(st.text())
@example("x\u0338>")
def test_text_is_fit_for_any_xml(text: str) -> None:
    made = strip_illegal(text)
    assert ILLEGAL.search(made) is None
    assert unicodedata.is_normalized("NFC", made)
    assert strip_illegal(made) == made


@given(st.lists(st.sampled_from(["\u0301", "\u0334", "\u0301" * 29, "\u0301" * 31, "—", "e", "\n", "\0"]), max_size=9))
def test_marks_are_cut_wherever_a_run_begins(pieces: list[str]) -> None:
    text = "".join(pieces)
    marks, kept = 0, []
    for character in text.replace("\0", ""):
        marks = marks + 1 if unicodedata.combining(character) else 0
        kept += [character] if marks <= 30 else []
    assert strip_illegal(text) == unicodedata.normalize("NFC", "".join(kept))


def test_marks_are_cut_where_no_language_needs_them() -> None:
    assert strip_illegal("x" + "\u0301\u0323" * 50) == unicodedata.normalize("NFC", "x" + "\u0301\u0323" * 15)
    assert strip_illegal("—" * 99) == "—" * 99


@given(st.text(), st.integers(2, 40))
def test_a_line_is_a_line_and_no_longer_than_asked(text: str, limit: int) -> None:
    line = fold(text, limit)
    assert len(line) <= limit
    assert line == " ".join(line.split())


def test_a_cut_ends_at_a_word() -> None:
    assert fold("one two three", 9) == "one two…"
    assert fold("onetwothree", 6) == "onetw…"


def test_a_whole_item() -> None:
    item = Item(
        position=3,
        title=" Title\u00a0of \x01 cafe\u0301 ",
        url="/story",
        guid=" g\x00 ",
        summary="<p>A <b>teaser</b> &amp; more</p>",
        content="<p>Body</p><p>with <a href='x'>link</a></p>",
        published=datetime(2025, 2, 26, 10, 0, 0, 999, tzinfo=timezone(timedelta(hours=3))),
        published_precision=Precision.SECOND,
        published_basis="published",
        updated=NOW,
        language="be-tarask",
        label=" Wire ",
        authors=("Ann", "ANN", " "),
        categories=("News", " news"),
        enclosures=(Enclosure("/a.mp3", "Audio/MPEG", 5), Enclosure("ftp://x/y", "", 0), Enclosure("/b", "x", -1)),
        sections=("Politics",),
        evidence=(Evidence("marker", "+\x00", "row"),),
    )
    (found,) = cleaned(item, sections=("politics", "World"))
    assert found == Clean(
        position=3,
        title="Title of café",
        title_from_body=False,
        url="https://news.example/story",
        url_shared=False,
        guid=" g ",
        summary="A teaser & more",
        content='<p>Body</p><p>with <a href="https://news.example/x" rel="noopener noreferrer nofollow">link</a></p>',
        text="Body\n\nwith link",
        published=datetime(2025, 2, 26, 7, tzinfo=UTC),
        published_precision=Precision.SECOND,
        published_basis="published",
        updated=NOW,
        dated=datetime(2025, 2, 26, 7, tzinfo=UTC),
        language="be-tarask",
        label="Wire",
        authors=("Ann",),
        categories=("News",),
        enclosures=(
            Enclosure("https://news.example/a.mp3", "audio/mpeg", 5),
            Enclosure("https://news.example/b", "application/octet-stream", 0),
        ),
        sections=("Politics", "World"),
        evidence=(Evidence("marker", "+", "row"),),
    )


def test_plain_items_are_escaped_paragraph_by_paragraph() -> None:
    found = one(
        Item(position=0, title="AT&amp;T <b>", content="One <b>\nline.\n \nTwo & three.", summary="<i>", plain=True)
    )
    assert found.title == "AT&amp;T <b>"
    assert found.content == "<p>One &lt;b&gt; line.</p><p>Two &amp; three.</p>"
    assert (found.text, found.summary) == ("One <b> line.\n\nTwo & three.", "<i>")


@pytest.mark.parametrize(
    ("summary", "content", "teaser"),
    [
        ("Teaser.", "<p>Body of another wording.</p>", "Teaser."),
        ("<p>Whole body.</p>", "<p>Whole  body.</p>", ""),
        ("Before. Whole body. After.", "<p>Whole body.</p>", ""),
        (FIFTY, f"<p>{FIFTY} and more</p>", FIFTY),
        (FIFTY + " and", f"<p>Photo</p><p>{FIFTY} and more</p>", ""),
        (FIFTY + " but", f"<p>Other {FIFTY[:-1]}</p>", FIFTY + " but"),
        ("x " * 250, "", ("x " * 250).strip()),
        ("Title", "<p>Body.</p>", ""),
        ("", "<p>Body.</p>", ""),
    ],
)
def test_a_body_never_leaks_through_the_teaser(summary: str, content: str, teaser: str) -> None:
    assert one(Item(position=0, title="Title", summary=summary, content=content)).summary == teaser


def test_an_overlong_summary_is_the_body() -> None:
    found = one(Item(position=0, title="Title", summary="<p>" + "word " * 101 + "</p>"))
    assert (found.summary, found.text) == ("", ("word " * 101).strip())
    with_body = one(Item(position=0, title="Title", summary="word " * 101, content="<p>Body.</p>"))
    assert (with_body.summary, with_body.text) == (("word " * 99).strip() + "…", "Body.")


def test_a_missing_title_is_the_beginning_of_the_text() -> None:
    body = one(Item(position=0, content="<p>" + FIFTY + "</p>"))
    assert (body.title, body.title_from_body) == (" ".join(FIFTY.split()[:12]) + "…", True)
    teaser = one(Item(position=0, summary="Short teaser.", content="<p>Body.</p>"))
    assert (teaser.title, teaser.title_from_body) == ("Short teaser.", False)


def test_an_item_without_title_and_text_is_left_out_with_the_reason() -> None:
    found = cleaned(Item(position=4, url="https://a.example/"), Item(position=5, line=9, content="<img src=/x>"))
    assert found == [
        Skipped(5, "https://a.example/", "neither title nor text"),
        Skipped(9, "", "neither title nor text"),
    ]


def test_addresses_that_name_several_items_are_shared() -> None:
    url = "https://news.example/live"
    items = (
        Item(position=0, title="One", url=url + "#1", guid="1"),
        Item(position=1, title="Two", url=url + "#2", guid="2"),
        Item(position=2, title="Same", url="https://news.example/same", guid="3"),
        Item(position=3, title="Same, edited", url="https://news.example/same", guid="3"),
        Item(position=4, title="Again", url="https://news.example/again", guid="4"),
        Item(position=5, title="Again", url="https://news.example/again", guid="5"),
        Item(position=6, title="Home", url=HOME),
        Item(position=7, title="Section", url="https://news.example/section"),
        Item(position=8, title="Bad", url="https://["),
        Item(position=9, title="None"),
    )
    found = cleaned(*items, parsed_url="https://news.example/section/")
    shared = [one.url_shared for one in found if isinstance(one, Clean)]
    assert shared == [True, True, False, False, False, False, True, True, False, False]


@pytest.mark.parametrize(
    ("as_of", "dated"),
    [
        (datetime(2024, 5, 1, 10, 0, 0, 7, tzinfo=UTC), datetime(2024, 5, 1, 10, tzinfo=UTC)),
        (datetime(1970, 1, 1, tzinfo=UTC), NOW),
        (datetime(2026, 1, 1, tzinfo=UTC), NOW),
    ],
)
def test_an_undated_item_is_filed_under_its_document(as_of: datetime, dated: datetime) -> None:
    (found,) = cleaned(Item(position=0, title="a"), as_of=as_of)
    assert isinstance(found, Clean)
    assert (found.published, found.dated) == (None, dated)


def test_sections_of_the_source_come_after_the_items_own() -> None:
    bare, own = Item(position=0, title="a"), Item(position=0, title="a", sections=("  Own  one ", "own one"))
    assert [one.sections for one in cleaned(bare, own, sections=("All", "OWN one")) if isinstance(one, Clean)] == [
        ("All", "OWN one"),
        ("Own one", "All"),
    ]
    assert one(bare).sections == ()


@pytest.mark.parametrize(("tag", "language"), [("be_BY", "be-BY"), (None, "de-AT"), ("not a tag", "de-AT")])
def test_language_is_the_items_then_the_documents(tag: str | None, language: str) -> None:
    assert one(Item(position=0, title="a", language=tag)).language == language


def test_language_is_the_sources_where_nothing_else_is_said() -> None:
    document = Document(name="a", data=b"", as_of=NOW, fetched_at=NOW)
    parsed = Parsed(items=(Item(position=0, title="a", url="/x", content="<a href='/y'>y</a>"),))
    (found,) = clean(parsed, document, sections=(), language="be", home=HOME, identity=lambda url: url)
    assert isinstance(found, Clean)
    assert (found.language, found.url) == ("be", "https://news.example/x")


@given(st.builds(Item, position=st.just(0), title=st.text(), summary=markup, content=markup, plain=st.booleans(),
                 guid=st.none() | st.text(), url=st.none() | st.text(), label=st.none() | st.text(),
                 authors=st.lists(st.text()).map(tuple), sections=st.lists(st.text()).map(tuple)))  # fmt: skip
def test_whatever_comes_in_clean_text_goes_out(item: Item) -> None:
    for found in cleaned(item):
        if isinstance(found, Clean):
            assert found.title
            texts = (found.title, found.summary, found.content, found.text, found.guid or "", found.label or "")
            for text in (*texts, *found.authors, *found.sections):
                assert ILLEGAL.search(text) is None
                assert unicodedata.is_normalized("NFC", text)
            assert len(found.summary) <= 500
