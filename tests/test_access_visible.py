"""What a reader sees of an article page."""

from __future__ import annotations

import pytest

from feeds.access.visible import Visible, visible
from feeds.page import read_page

LONG = "word " * 30


def seen(body: str) -> Visible:
    return visible(read_page(f"<html><body>{body}</body></html>", "https://e.example/").tree)


def heard(body: str) -> str:
    return " ".join(seen(body).text.split())


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>said</script>",
        "<style>said</style>",
        "<noscript>said</noscript>",
        "<template>said</template>",
        "<dialog>said</dialog>",
        "<nav>said</nav>",
        "<footer>said</footer>",
        "<form>said</form>",
        "<div hidden>said</div>",
        '<div aria-hidden="true">said</div>',
        '<div style="color: red; DISPLAY: none">said</div>',
        '<div style="visibility:hidden">said</div>',
        '<div class="box d-none">said</div>',
        '<div class="modal">said</div>',
        '<div class="related-articles">said</div>',
        '<div id="newsletterBox">said</div>',
        "<article><h2>Gulls</h2>said</article><article></article>",
        "<aside>said</aside>",
        "<ul><li>said</li></ul>",
        "<a>said</a>",
        "<button>said</button>",
        "<header>said</header>",
        "<!-- said -->",
    ],
)
def test_what_is_not_of_the_article_is_not_heard(hidden: str) -> None:
    assert heard(f"<main><h1>A</h1><p>The text</p>{hidden}</main>") == "A The text"


@pytest.mark.parametrize(
    "shown",
    [
        "<p>said</p>",
        "<div class='no-modal-here'>said</div>",
        "<section><span>said</span></section>",
        "<aside class='paywall'>said</aside>",
        "<div class='subscribe-box'><a>said</a></div>",
        "<div class='premium'><ul><li>said</li></ul></div>",
    ],
)
def test_what_may_be_a_paywall_is_heard(shown: str) -> None:
    assert heard(f"<main><h1>A</h1>{shown}</main>") == "A said"


def test_the_article_among_others_is_that_with_the_headline() -> None:
    body = "<article><h2>Gulls</h2><p>one</p></article><article><header><h1>A</h1></header><p>two</p></article>"
    assert heard(body) == "A two"
    assert heard("<article class='teaser'><p>only one</p></article>") == "only one"


def test_words_of_the_body() -> None:
    assert seen(f"<main><h1>Two words</h1><p>{LONG}</p><h2>More</h2><p>with <a>a link</a> – and</p></main>").words == 34
    assert seen("<main><a>a link</a><ul><li>a row</li></ul></main>").words == 2
    assert seen("<p>新しい時刻表が月曜日から始まる</p>").words == 7
    assert seen("<p>Ein Ünïcode – –– wort é ё</p>").words == 5


def test_words_of_a_paywall_are_none_of_the_body() -> None:
    offer = "<div class='paywall'><h3>Subscribe</h3><p>1 € a month</p><p>cancel at any time</p></div>"
    assert seen(f"<p>Four words of text</p>{offer}").words == 4
    assert seen(f"<div class='paywall'><p>{LONG}</p></div>").words == 30
    assert seen("<p class='paywall'>Four words of text</p>").words == 4


def test_what_holds_a_text_is_the_article_whatever_it_is_called() -> None:
    paragraphs = f"<p>{LONG}</p>" * 4
    assert seen(f"<h1>A</h1><div class='content has-sidebar'>{paragraphs}</div>").words == 120
    assert seen(f"<div><article>{paragraphs}</article><article><p>other</p></article></div>").words == 120
    assert seen(f"<h1>A</h1><div class='related'><p>{LONG}</p><p>short</p></div>").words == 0


def test_blocks_are_parted_and_inline_elements_are_not() -> None:
    assert seen("<div>one</div><div>t<b>w</b>o<br>three</div>").text.split() == ["one", "two", "three"]


def test_the_ending() -> None:
    assert seen("<p>The ferry leaves an hour later and nobody knows why …</p>").ending.endswith("knows why …")
    assert visible(read_page("<frameset></frameset>", None).tree) == Visible("", 0, "")


def test_a_large_page_is_read_so_far() -> None:
    assert 0 < seen("<p>word</p>" * 100_000).words <= 50_000
    assert seen(f"<p>{'word ' * 200_000}</p><p>later</p>").ending.endswith("word")
    nested = f"<div class='related'><p>{LONG}</p>" * 200
    assert seen(nested).words >= 0
