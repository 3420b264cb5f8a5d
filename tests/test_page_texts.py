from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from feeds.sources.page.texts import MAX_ELEMENTS, MAX_TEXT, classes_of, elements_in, text_of, words


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
    assert text_of(node, hidden=True) == "Title badge for readers"


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
