from __future__ import annotations

import time

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from feeds.sources.page.texts import (
    MAX_ELEMENTS,
    MAX_LOOKS,
    MAX_NODES,
    MAX_TEXT,
    Texts,
    above,
    classes_of,
    elements_in,
    text_of,
    words,
)
from tests.pace import slowness
from tests.pages import listing


def first(markup: str) -> LexborNode:
    node = LexborHTMLParser(f"<body>{markup}").css_first("body > *")
    assert node is not None
    return node


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>plain \n text</p>", "plain text"),
        ("<p></p>", ""),
        ("<p><!-- no -->yes</p>", "yes"),
        ("<a><span>Kicker</span><span>Title</span></a>", "Kicker Title"),
        ("<p>Wor<b>ld</b> of <em>news</em></p>", "World of news"),
        ("<p>one<br>two<script>three()</script><svg><title>x</title></svg></p>", "one two"),
        ('<p>More<span class="sr-only"> about it</span><i hidden>!</i></p>', "More"),
    ],
)
def test_the_text_that_a_reader_sees(markup: str, text: str) -> None:
    assert text_of(first(markup)) == text


def test_what_is_left_out_or_let_in() -> None:
    node = first('<p>Title <b class="x">badge</b><span class="sr-only">for readers</span></p>')
    badge = node.css_first("b")
    assert badge is not None
    assert text_of(node, without=frozenset({badge.mem_id})) == "Title"
    assert Texts().of(node, hidden=True) == "Title badge for readers"


def test_bounds() -> None:
    assert len(text_of(first("<p>" + "word " * 5000 + "</p>"))) <= MAX_TEXT
    assert len(text_of(first("<div>" + "<p>word</p>" * 5000 + "</div>"), limit=20)) < 30
    assert len(elements_in([first("<div>" + "<p>word</p>" * 5000 + "</div>")])) == MAX_ELEMENTS
    assert len(classes_of(first(f'<p class="{"a b " * 5000}">'))) == 30
    assert classes_of(first("<p>")) == ()


def test_elements_and_the_texts_between_them() -> None:
    node = first('<div class="Row X"><b>1</b> two</div>')
    assert [(one.tag, one.classes) for one in elements_in([node])] == [("div", ("row", "x")), ("b", ())]
    text = node.last_child
    assert text is not None
    assert [one.tag for one in elements_in([text])] == [""]


def test_words_of_scripts_without_blanks() -> None:
    assert words("three short words") == 3
    assert words("市議会が来年度予算を承認した") == 8


def test_elements_around_one() -> None:
    (node,) = first("<b><i><u>x</u></i></b>").css("u")
    assert [one.tag for one in above(node, 2)] == ["i", "b"]
    assert [one.tag for one in above(node, 9)][:4] == ["i", "b", "body", "html"]


def test_each_text_of_a_page_is_read_once_and_not_too_many() -> None:
    texts = Texts()
    nodes = first("<div>" + "<p>one <i>two</i></p>" * 3 + "</div>").css("p")
    assert [texts.of(node) for node in nodes] == ["one two"] * 3
    assert [texts.of(node) for node in nodes] == ["one two"] * 3
    spent = Texts()
    large = first("<div>" + "<p>x</p>" * MAX_NODES + "</div>")
    for limit in range(MAX_LOOKS // MAX_NODES + 1):
        spent.of(large, limit=limit + MAX_LOOKS)
    assert spent.of(nodes[0]) == ""


@pytest.mark.usefixtures("untraced")
def test_rows_of_nested_elements_take_no_product_of_time() -> None:
    deep = "".join(
        f"<a href=/some-long-slug-of-{n}>{'<span class=x>' * 200}Words of headline {n}{'</span>' * 200}</a>"
        for n in range(250)
    )
    started = time.process_time()
    assert len(listing(f"<section>{deep}</section>").items) > 200
    assert time.process_time() - started < 5 * slowness()
