"""One entry as HTML: pictures, openings, files and links, and JSON in a script element."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from db.records import Access, Enclosure
from feeds.formats import PublicEntry
from feeds.formats.fragments import MOST_LINKS, MOST_TEASER, Site, fragment, in_script
from feeds.model import Episode, Link, Origin
from feeds.normalise.markup import sanitise
from tests.shown import entry

SITE = Site("en", "UTC", "https://news.example/pay", False, "")


def read(one: PublicEntry, **fields: Any) -> LexborHTMLParser:
    return LexborHTMLParser(fragment(one, SITE._replace(**fields)).html)


def texts(tree: LexborHTMLParser, selector: str) -> list[str]:
    return [" ".join(node.text().split()) for node in tree.css(selector)]


def body(markup: str) -> str:
    """What becomes of sanitised HTML."""
    (found,) = read(entry(content=markup)).css(".text")
    return (found.html or "").removeprefix('<div class="text" dir="auto">').removesuffix("</div>")


REL = ' rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize(
    ("content", "made"),
    [
        ("<p>None.</p>", "<p>None.</p>"),
        (
            '<p><img src="https://a.example/i.jpg?a=1&amp;b=2" alt="A &gt; b"></p>',
            f'<p><a class="picture" href="https://a.example/i.jpg?a=1&amp;b=2"{REL}>A &gt; b</a></p>',
        ),
        (
            '<img alt=" " src="https://a.example/i.jpg" width="1">',
            f'<a class="picture" href="https://a.example/i.jpg"{REL}>Picture</a>',
        ),
        (
            '<p><a href="https://a.example/"><img src="https://a.example/i" alt="x"></a> '
            '<img alt="y" src="https://b.example/"></p>',
            '<p><a href="https://a.example/"><span class="picture">x</span></a>'
            f' <a class="picture" href="https://b.example/"{REL}>y</a></p>',
        ),
        ('<b>&lt;img src="x"&gt;</b><img alt="x">', '<b>&lt;img src="x"&gt;</b><span class="picture">x</span>'),
    ],
)  # fmt: skip
def test_pictures_of_others_are_linked_not_loaded(content: str, made: str) -> None:
    assert body(content) == made


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_no_picture_is_left_whatever_its_words(words: str, link: str) -> None:
    one, other = words.replace('"', "&quot;"), link.replace('"', "&quot;")
    content = sanitise(
        f'<p>a<img src="https://a.example/{other}" alt="{one}"><a href="/{other}">b<img src="/x"></a>',
        "https://b.example/",
    )
    tree = read(entry(content=content)) if content else LexborHTMLParser("")
    assert not tree.css("img")
    assert not tree.css(".text a a")


@pytest.mark.parametrize(
    ("content", "opening"),
    [
        ('<p>One <b title="a > b">two</b>&amp;\n three.</p><p>Four.</p>', ["One two& three."]),
        ("<h2>No paragraph</h2><p>Four.</p>", []),
        ("<p>" + "word " * 200 + "</p>", ["word " * 62 + "word…"]),
        ("<p>" + "x" * 500 + "</p>", ["x" * (MOST_TEASER - 1) + "…"]),
    ],
)
def test_an_entry_without_a_teaser_shows_how_its_text_begins(content: str, opening: list[str]) -> None:
    tree = read(entry(summary="", content=content))
    assert texts(tree, ".opening") == opening
    assert all(len(line) <= MOST_TEASER for line in opening)
    assert not read(entry(content=content)).css(".opening")


@pytest.mark.parametrize(
    ("file", "duration", "words"),
    [
        (Enclosure("https://a.example/e%2031.mp3?a=/b", "audio/mpeg", 23_412_345), 1450,
         "Listen: e 31.mp3 (24:10, 23.4 MB)"),
        (Enclosure("https://a.example/v.mp4", "video/mp4"), 3671, "Watch: v.mp4 (1:01:11)"),
        (Enclosure("https://a.example/m.pdf", "application/pdf", 1), 60, "File: m.pdf (1 kB)"),
        (Enclosure("https://a.example/", "image/png", 99_999), None, "Picture: https://a.example/ (99 kB)"),
        (Enclosure("https://a.example/a.ogg", "audio/ogg", -1), None, "Listen: a.ogg"),
    ],
)  # fmt: skip
def test_files_say_what_they_are(file: Enclosure, duration: int | None, words: str) -> None:
    episode = Episode(duration=duration) if duration else None
    assert texts(read(entry(enclosures=(file,), episode=episode)), ".more a") == [words]


def test_files_stay_behind_with_the_text() -> None:
    one = entry(access=Access.PREMIUM, content="<p>x</p>", enclosures=(Enclosure("https://a.example/a", "audio/ogg"),))
    assert not read(one, withheld=True).css("details, .more")
    assert len(read(one).css("details, .more")) == 2


def test_links_are_few_and_of_the_web() -> None:
    many = tuple((f"https://a.example/{at}", f"N{at}") for at in range(100))
    tree = read(entry(via=(("javascript:alert(1)", "x"), *many), related=(("data:,x", "y"),)))
    assert texts(tree, ".more b") == ["Also in"]
    assert texts(tree, ".more li") == [f"N{at}" for at in range(MOST_LINKS)]
    tree = read(
        entry(replies=(Link("https://a.example/c", "replies"), Link("https://a.example/f", "replies", title="F")))
    )
    assert texts(tree, ".more li") == ["Comments", "F"]


@pytest.mark.parametrize(
    ("origin", "said", "links"),
    [
        (Origin("Wire", "https://w.example/"), ["Wire"], 1),
        (Origin("Wire", "javascript:x"), ["Wire"], 0),
        (Origin(" ", "https://w.example/"), [], 0),
        (Origin(None, None), [], 0),
        (None, [], 0),
    ],
)
def test_where_it_was_taken_from(origin: Origin | None, said: list[str], links: int) -> None:
    tree = read(entry(source=origin))
    assert texts(tree, "cite") == said
    assert len(tree.css("cite a")) == links


@pytest.mark.parametrize(
    ("level", "teaser", "locked"),
    [
        (Access.PREMIUM, "A teaser.", "The whole text is on the site, for subscribers. Become a subscriber"),
        (
            Access.REGISTRATION,
            "A teaser.",
            "The whole text is on the site, for registered readers. Become a subscriber",
        ),
        (Access.PREMIUM, "", "premium"),
    ],
)
def test_what_stands_for_a_text_that_is_not_shown(level: Access, teaser: str, locked: str) -> None:
    one = entry(access=level, summary=teaser, access_label="")
    assert texts(read(one, withheld=True), ".locked") == [locked]
    assert not read(one, withheld=True, subscribe_url=None).css("[rel=payment]")


def test_nothing_but_a_headline() -> None:
    bare = read(entry(title=" ", url="mailto:x", summary="", sections=(), published=None))
    assert texts(bare, "article > *") == ["mailto:x"]
    assert not bare.css("a")


@settings(deadline=None)
@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_in_a_script_element_is_read_back(value: Any) -> None:
    text = in_script(value)
    assert json.loads(text) == value
    assert not set(text) & set("<>&\u2028\u2029")
