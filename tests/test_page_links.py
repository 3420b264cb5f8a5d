from __future__ import annotations

import pytest

from feeds.sources.page.links import rows_above
from tests.pages import FOUR, links, rows


def test_links_that_lead_somewhere_else() -> None:
    found = links(
        '<a href="/n/1">one</a><a href="/news/">this page</a><a href="mailto:x@n.example">mail</a>'
        '<a href="https://facebook.com/x">share</a><a href="/n/2" title="Two" rel="Tag">two</a>'
    )
    assert [(link.key, link.text, link.spoken, link.rel) for link in found] == [
        ("n.example/n/1", "one", "", frozenset()),
        ("n.example/n/2", "two", "Two", frozenset({"tag"})),
    ]
    assert [link.order for link in found] == [0, 1]


def test_a_signature_names_what_stands_above_with_the_first_telling_class_of_the_nearest() -> None:
    (link,) = links(
        '<main class="m"><ul class="list"><li class="odd post-123 entry"><h3 class="first">'
        '<a class="t x" href="/n/1">one</a></h3></li></ul></main>'
    )
    assert link.signature == "a.t<h3<li.entry<ul.list<main<body"
    assert link.heading == 3


def test_headings_inside_a_link_count() -> None:
    (link,) = links('<a href="/n/1"><h2>one</h2></a>')
    assert link.heading == 2


@pytest.mark.parametrize(
    "around",
    [
        "<nav>{}</nav>",
        '<div class="c-sidebar">{}</div>',
        '<div id="main-menu">{}</div>',
        '<div class="block__most-read">{}</div>',
        '<div role="complementary">{}</div>',
        "<form>{}</form>",
        "<header>{}" + '<a href="/a">a</a>' * 5 + "</header>",
    ],
)
def test_chrome_is_told_by_whole_words(around: str) -> None:
    list_ = "".join(f'<p><a href="/n/{n}-a-long-story">A story of so many words</a></p>' for n in range(5))
    found = links(list_ + around.format('<a href="/x/1-another-story">Another story of many words</a>'))
    assert [link.in_chrome for link in found[:5]] == [False] * 5
    assert found[5].in_chrome


@pytest.mark.parametrize(
    "around",
    [
        '<div class="content-with-sidebar">{}</div>',
        '<div class="sidebar">{}</div>',
        "<article><header>{}</header></article>",
        '<div class="' + "x" * 50 + '-menu">{}</div>',
    ],
)
def test_what_holds_the_list_is_no_chrome_whatever_it_is_called(around: str) -> None:
    found = links(around.format(rows(*FOUR)))
    assert not any(link.in_chrome for link in found)


def test_namesakes_that_hold_the_list_together_are_no_chrome() -> None:
    found = links(
        "".join(f'<div class="promo"><a href="/n/{n}-a-story">{title}</a></div>' for n, title in enumerate(FOUR))
    )
    assert not any(link.in_chrome for link in found)


def test_links_in_running_text() -> None:
    text = "word " * 30
    found = links(f'<p>{text}<a href="/n/1">one thing</a></p><p>12.11. <a href="/n/2">a whole headline</a></p>')
    assert [link.in_text for link in found] == [True, False]


def test_the_row_of_a_link_ends_where_the_next_begins() -> None:
    found = links(
        '<ul><li><div><a href="/n/1">one</a></div></li><li><a href="/n/2">two</a></li></ul>'
        '<a href="/n/3">x</a> <a href="/n/4">y</a>'
    )
    assert [row.name if row is not None else None for row in rows_above(found)] == ["li", "li", None, None]
    assert links('<html><a href="/n/1">one</a>')[0].place.tag == "body"
