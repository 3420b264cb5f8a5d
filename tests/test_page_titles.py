from __future__ import annotations

import time

import pytest

from feeds.errors import ParseError
from feeds.sources.page.titles import NAMELESS, Beside, Title, is_generic, title_of
from tests.pace import slowness
from tests.pages import links, listing

FALLS = "A wall falls"
LONG = "The council met on Monday for many hours and decided what everybody had expected it to decide all along"


@pytest.mark.parametrize(
    "text",
    ["Read more »", "Подробнее", "Чытаць далей", "Weiterlesen", "Lire la suite", "12", "", "›", "12 comments", "x"],
)
def test_what_names_no_article(text: str) -> None:
    assert is_generic(text)


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ('<h3><a href="/n/1">A wall falls</a></h3>', "A wall falls"),
        ('<a href="/n/1"><h3>A wall falls</h3><p>Teaser</p></a>', "A wall falls"),
        ('<a href="/n/1"><b class="card__title">A wall falls</b> Teaser</a>', "A wall falls"),
        ('<a href="/n/1">A wall falls <time>12:30</time></a>', "A wall falls"),
        ('<a href="/n/1">A wall falls <span class="comments-count">12</span></a>', "A wall falls"),
        (f'<a href="/n/1"><p>A wall falls down</p><p>{LONG}</p></a>', "A wall falls down"),
        ('<a href="/n/1"><p>A wall falls down</p><p>Nobody was hurt.</p></a>', "A wall falls down"),
        ('<a href="/n/1" title="A wall falls down">The town: A wall falls down</a>', "A wall falls down"),
        (f'<a href="/n/1"><b>{LONG}</b></a>', LONG),
        (f'<a href="/n/1"><b><i>{LONG}</i></b></a>', LONG),
        (f'<a href="/n/1"><b class="title">More</b> {FALLS}</a>', f"More {FALLS}"),
        (f'<a href="/n/1"><b class="kicker"></b>{FALLS}</a>', FALLS),
        (f'<h2><a href="/n/1"><b class="x">{FALLS}</b></a></h2>', FALLS),
        (f'<a href="/n/1">{LONG}</a>', LONG),
        (f'<a href="/n/1"><b>Now</b>{LONG}</a>', f"Now{LONG}"),
        ('<div><h3>A wall falls</h3><p>Teaser</p><a href="/n/1">Read more</a></div>', "A wall falls"),
        ('<div><b class="title">A wall falls</b><a href="/n/1"></a></div>', "A wall falls"),
        ('<a href="/n/1" aria-label="A wall falls"></a>', "A wall falls"),
        ('<a href="/n/1"><img alt="A wall falls"></a>', "A wall falls"),
        ('<a href="/n/1" title="A wall falls at night">A wall falls at…</a>', "A wall falls at night"),
        ('<a href="/n/1" title="Another">A wall falls at...</a>', "A wall falls at..."),
    ],
)
def test_the_headline_of_a_link(markup: str, title: str) -> None:
    assert title_of(links(markup)[0]).text == title


@pytest.mark.parametrize(
    "markup",
    [
        '<a href="/n/1">Read more</a>',
        '<a href="/n/1"><img alt="logo"></a>',
        '<div><h3><a href="/n/2">Another</a></h3><a href="/n/1">Read more</a></div>',
        '<a href="/n/2"><h3>Another</h3><div></div></a><a href="/n/1"><i></i></a>',
        '<div><h3>One</h3><h3>Two</h3><a href="/n/1">More</a></div>',
        '<h3><a href="/n/1">More</a></h3>',
        "<p><i><b><u><s><q><a href='/n/1'>More</a></q></s></u></b></i></p>",
        '<a href="/n/1"><b class="title">More</b></a>',
        '<i class="title"><i><i><i><i><i><i><a href="/n/1">More</a></i></i></i></i></i></i></i>',
        '<nav><b><i><a href="/n/1">More</a></i></b></nav>',
    ],
)
def test_a_link_that_nothing_names(markup: str) -> None:
    assert title_of(next(link for link in links(markup) if link.key.endswith("/1"))) is NAMELESS


def test_kickers_are_set_apart() -> None:
    markup = (
        '<h2><a href="/n/1"><span class="teaser__kicker">Politics</span>'
        '<span class="teaser__title">A wall falls</span></a></h2>'
    )
    assert title_of(links(markup)[0]) == Title("A wall falls", 5, ("Politics",))
    (alone,) = links('<h2><a href="/n/1"><span class="kicker">A wall falls</span></a></h2>')
    assert title_of(alone).text == "A wall falls"


def test_the_better_of_two_headlines() -> None:
    plain, heading = Title("A wall falls", 3), Title("A wall", 5)
    assert plain < heading
    assert Title("Politics", 3) < plain
    assert Title("A wall f…", 3) < Title("A wall falls", 3)
    assert not plain < Title("Another headline here", 3)


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("inside", ["<img src=x>", "more", "<i class=x>.</i>"])
@pytest.mark.parametrize("after", ["", "<b class=q></b>" * 20_000, "<h2>One</h2>" * 20_000])
def test_many_links_in_one_box_take_no_longer_than_the_page_is(inside: str, after: str) -> None:
    box = "".join(f'<a href="/some-long-slug-of-{n}">{inside}</a> ' for n in range(6_000))
    started = time.process_time()
    with pytest.raises(ParseError, match="shows no list"):
        listing(f"<section><div><div>{box}{after}")
    assert time.process_time() - started < 5 * slowness()


def test_the_heading_of_a_box_is_none_of_its_many_links() -> None:
    more = "".join(f'<b><a href="/n/{n}">More</a></b>' for n in range(9))
    assert all(title_of(link) is NAMELESS for link in links(f"<div><h3>One box</h3><div>{more}</div></div>"))
    beside = Beside()
    two = links('<div><h3>A wall falls</h3><b><a href="/n/1">More</a></b><i><a href="/n/1#c">More</a></i></div>')
    assert {title_of(link, beside).text for link in two} == {"A wall falls"}


def test_a_title_beside_its_teaser_is_told_by_what_they_stand_in() -> None:
    named, teased = links(
        '<div class="Promo-title"><a href="/n/1">A wall falls</a></div>'
        '<div class="Promo-description"><a href="/n/1">Nobody was hurt when it fell</a></div>'
    )
    assert title_of(teased) < title_of(named)
