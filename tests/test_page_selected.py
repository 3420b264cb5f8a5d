from __future__ import annotations

import pytest

from db.records import Evidence
from feeds.errors import ParseError
from feeds.sources.page import Listing
from tests.pages import FOUR, listing, rows

CARDS = "".join(
    f'<div class="card"><a href="/tag/town">Town</a><div class="t">{title}</div>'
    f'<a class="go" href="/n/{n}">Go</a><i class="d">2{n}.11.2026</i>'
    f'<b class="r">Town</b><em class="s">Teaser {n}</em>{"<u class=paid title=Plus></u>" if n == 1 else ""}</div>'
    for n, title in enumerate(FOUR, 1)
)


def read(body: str = CARDS, **selectors: str) -> Listing:
    return listing(body, selectors=tuple(selectors.items()))


def test_each_part_by_its_selector() -> None:
    found = read(list="div.card", title=".t", link="a.go", date=".d", section=".r", marker=".paid", summary=".s")
    assert found.how == "selectors"
    assert found.listing == ()
    assert [item.title for item in found.items] == list(FOUR)
    first, second = found.items[:2]
    assert first.url == "https://n.example/n/1"
    assert str(first.published)[:10] == "2026-11-21"
    assert (first.sections, first.summary) == (("Town",), "Teaser 1")
    assert first.evidence == (Evidence("marker", "Plus", "row 1"),)
    assert second.evidence == (Evidence("unmarked", "", "row 2, other rows are marked"),)
    assert not found.warnings


def test_the_list_alone() -> None:
    found = read(f"<ul>{rows(*FOUR)}</ul><p>x</p>", list="li")
    assert [item.title for item in found.items] == list(FOUR)
    headed = read(
        "".join(
            f'<div><a href="/x/{n}">A link before it</a><h4><a href="/n/{n}">{t}</a></h4></div>'
            for n, t in enumerate(FOUR)
        ),
        list="div",
    )
    assert [item.url for item in headed.items] == [f"https://n.example/n/{n}" for n in range(4)]
    assert [
        item.title for item in read('<a class="x" href="/n/1">One</a><p class="x">no link</p>', list=".x").items
    ] == ["One"]
    assert [item.title for item in read('<p class="x">Only <a href="/n/1">more</a></p>', list=".x").items] == [
        "Only more"
    ]


def test_parts_without_the_list() -> None:
    found = read(f"<ul>{rows(*FOUR, inside='<b>Another title</b>')}</ul>", title="b")
    assert {item.title for item in found.items} == {"Another title"}
    assert found.how == "structure"


def test_a_headline_by_its_selector_keeps_what_was_found_of_its_row() -> None:
    listed = "".join(
        f'<dt><a href="/n/{n}-a-long-story">{title} <u>More words</u></a><b><a href="/x/{n}">{title} again</a></b></dt>'
        f"<dd>2{n} Nov 2026</dd><dd>A teaser of seven words for story {n}</dd>"
        for n, title in enumerate(FOUR)
    )
    plain, named = read(f"<dl>{listed}</dl>"), read(f"<dl>{listed}</dl>", title="u")
    assert [item.title for item in named.items] == ["More words"] * 4
    for key in ("url", "published", "summary"):
        assert [getattr(item, key) for item in named.items] == [getattr(item, key) for item in plain.items]
    linked = read(f"<dl>{listed}</dl>", link="b")
    assert [item.url for item in linked.items] == [f"https://n.example/x/{n}" for n in range(4)]
    assert [item.title for item in linked.items] == [item.title for item in plain.items]
    assert all(item.published and item.summary for item in linked.items)
    for key in ("title", "link"):
        with pytest.raises(ParseError, match=rf"selectors\.{key}: \".gone\" finds nothing"):
            read(f"<dl>{listed}</dl>", **{key: ".gone"})
    with pytest.raises(ParseError, match="shows no list"):
        read("<a href='/'>Home</a>", title="b")


def test_a_link_may_be_around_or_inside_what_is_selected() -> None:
    assert (
        read('<div class="x"><p class="l"><a href="/n/1">A wall falls</a></p></div>', list=".x", link=".l").items[0].url
        == "https://n.example/n/1"
    )
    with pytest.raises(ParseError, match=r"selectors\.link: \"\.l\" finds nothing"):
        read('<div class="x"><p class="l">A wall falls</p></div>', list=".x", link=".l")


@pytest.mark.parametrize(
    "selectors", [{"list": ".gone"}, {"list": "div.card", "title": ".gone"}, {"list": "div.card", "link": ".gone"}]
)
def test_what_finds_nothing_is_told(selectors: dict[str, str]) -> None:
    with pytest.raises(
        ParseError, match=r"https://n\.example/news/: selectors\.\w+: \"\.gone\" finds nothing on the page"
    ):
        read(**selectors)


def test_a_part_that_no_row_has_is_a_warning_and_no_guess() -> None:
    found = read(
        list="div.card", title=".t", link=".go", date=".gone", section=".gone", summary=".gone", marker=".gone"
    )
    assert all(
        (item.published, item.sections, item.summary, item.evidence) == (None, (), "", ()) for item in found.items
    )
    assert found.warnings[:3] == tuple(
        f'selectors.{key}: ".gone" finds nothing in any item' for key in ("date", "section", "summary")
    )


def test_a_row_without_what_others_have_is_left_out() -> None:
    found = read(
        CARDS + '<div class="card"><a class="go" href="/n/9">An advertisement</a></div>',
        list="div.card",
        title=".t",
        link=".go",
    )
    assert len(found.items) == 4


def test_headlines_without_words_and_texts_between_rows() -> None:
    empty = '<div class="x"><a href="/n/1"><b class="t"></b></a></div>'
    assert [item.title for item in read(empty + CARDS, list=".x, .card", title=".t", marker=".none").items] == list(
        FOUR
    )
    flat = "".join(f'<a href="/n/{n}-a-long-story">{title}</a> on a day <br>' for n, title in enumerate(FOUR))
    assert len(read(f"<p>{flat}</p>", section="b").items) == 4
    assert read(f"<ul>{rows(*FOUR, inside='<b></b>')}</ul>", section="b").items[0].sections == ()
