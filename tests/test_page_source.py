"""A whole page as a source: what its items hold, what a person is told, and that nothing breaks it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.records import Evidence
from feeds.errors import ParseError
from feeds.model import Context
from feeds.sources.page import Listing, parse
from tests.pages import FOUR, document, listing, page, rows

LIST = f'<title>News of the town</title><ul class="list">{rows(*FOUR)}</ul>'


def test_a_page_and_its_items() -> None:
    found = listing(f'<html lang="be"><link rel="canonical" href="/town/">{LIST}')
    assert (found.title, found.url, found.language) == ("News of the town", "https://n.example/town/", "be")
    assert [item.title for item in found.items] == list(FOUR)
    assert [item.position for item in found.items] == [0, 1, 2, 3]
    assert all(item.url is not None and item.url.startswith("https://n.example/n/") for item in found.items)


def test_what_a_person_is_told() -> None:
    found = listing(
        f'<link rel="alternate" type="text/html" href="/ru">'
        '<link rel="alternate" type="application/rss+xml" href="/feed">'
        f'<link rel="alternate" type="text/html" href="/be"><link rel="alternate" '
        f'type="application/rss+xml" href="mailto:x">{LIST}'
    )
    assert found.warnings == (
        "the page advertises a feed: https://n.example/feed; it says more than the page, and costs less",
        "4 of 4 items have no date: they are filed under the time they are first seen",
    )
    away = listing(
        "<ul>"
        + "".join(f'<li><a href="https://x.example.net/a-story-{n}-of-it">{FOUR[n]}</a></li>' for n in range(2))
        + "</ul>"
    )
    assert away.warnings[1:] == ("there are few items; it may be the wrong list", "all items lead to other sites")


@pytest.mark.parametrize(
    ("body", "url", "told"),
    [
        ("", "https://n.example/", "is no page with links"),
        (LIST, None, "its links are relative"),
        ('<nav><a href="/a/">Home</a></nav>', "https://n.example/", "shows no list of articles"),
    ],
)
def test_why_there_are_no_items(body: str, url: str | None, told: str) -> None:
    with pytest.raises(ParseError, match=told):
        listing(body, url)


def test_a_saved_page_lives_where_somebody_or_it_says() -> None:
    assert len(listing(LIST, None, base="https://n.example/").items) == 4
    assert len(listing('<meta property="og:url" content="https://n.example/x">' + LIST, None).items) == 4
    assert len(listing('<base href="https://n.example/">' + LIST, None).items) == 4


def test_rows_without_a_mark_are_free_where_others_have_one() -> None:
    found = listing(LIST.replace(FOUR[1], f"🔒 {FOUR[1]}").replace(FOUR[2], f"<i class=premium-icon></i>{FOUR[2]}"))
    assert [item.evidence[0].signal for item in found.items] == ["unmarked", "marker", "badge", "unmarked"]
    assert found.items[1].title == FOUR[1]
    assert listing(LIST, markers=("at last",)).items[1].evidence == (Evidence("marker", "at last", "row 2"),)


def test_what_is_stated_adds_to_what_is_shown() -> None:
    stated = (
        "<script "
        'type="application/ld+json">[{"@type":"NewsArticle","url":"/n/1-a-long-story","headline":"x","datePublished":"2026-11-25",'
        '"author":"Ada","articleSection":"Town","description":"About it","isAccessibleForFree":"False"}]</script>'
    )
    first, second = listing(stated + LIST).items[:2]
    assert (first.title, first.authors, first.sections, first.summary) == (FOUR[0], ("Ada",), ("Town",), "About it")
    assert first.evidence == (Evidence("isAccessibleForFree", "False", "row 1"),)
    assert str(first.published)[:10] == "2026-11-25"
    assert second.evidence == ()


def test_a_page_may_state_all_and_show_nothing() -> None:
    def one(number: int, more: str = "") -> str:
        return f'{{"@type":"NewsArticle","url":"/n/{number}","headline":"Story {number}"{more}}}'

    more = ',"image":"/2.jpg","articleSection":"Town","isAccessibleForFree":true'
    dated = ',"datePublished":"2026-11-25"'
    said = f"[{one(1)},{one(2, more)},{one(3, dated)}]".replace("]", ',{"@type":"Article","url":"/n/4"}]')
    found = listing(f'<a href="/x/">x</a><script type="application/ld+json">{said}</script>')
    assert [item.title for item in found.items] == ["Story 1", "Story 2", "Story 3"]
    assert found.how == "stated"
    assert found.items[1].images[0].url == "https://n.example/2.jpg"
    assert found.items[2].published is not None


_PIECES = st.sampled_from(
    [
        '<a href="/n/1-a-long-story">A wall falls down at night</a>', "<li>", "</ul>", "<h2>", "</h2>",
        "<article class='card'>", "<time datetime='2026-11-25'>", "<p class='teaser'>", "25 November", "<nav>",
        "<table><tr><td>", "🔒", "<a href='?p=2' rel=next>", "<a href='//x y'>", "</a>", "\0", "<base href='::'>",
        '<script type="application/ld+json">{"@type":["ItemList"],"itemListElement":[{"url":"/n/2"},7]}</script>',
        "<a href=/n/2><img alt='A wall falls down'>", "<div class='", "'>", "<svg><title>", "&#0;", "12:30",
        "2 hours ago", "<meta property='og:url' content='https://x'>", "<form>", "<a href=/n/3>Read more</a>",
    ]
)  # fmt: skip


@settings(deadline=None)  # how long is for `tests/hostile`
@given(st.lists(_PIECES | st.text(max_size=20), max_size=60).map("".join) | st.binary(max_size=500))
def test_any_bytes_give_items_with_whole_addresses_or_one_error(body: str | bytes) -> None:
    data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    try:
        found: Listing = parse(document(data), Context())
    except ParseError:
        return
    assert found.items
    for item in found.items:
        assert item.title
        assert urlsplit(item.url or "").scheme in ("http", "https")
    assert len({item.url for item in found.items}) == len(found.items)


def test_hostile_pages_end() -> None:
    many = "".join(f"<li><a href=/{n}-a-b-c-d>one two three {n}</a>" for n in range(20_000))
    assert len(listing(many).items) <= 500
    assert len(listing("<div><a href=/x-y-z-w>one two three four</a>" * 3_000).items) == 1
    assert len(listing(f'<div class="{"a b-c " * 200_000}">{LIST}').items) == 4
    assert page("x").url is not None
