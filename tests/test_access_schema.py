"""What a page states of its article in schema.org, and of which articles it does not count."""

from __future__ import annotations

import json

import pytest

from db.records import Evidence
from feeds.access.schema import locked_selectors, main_articles, stated_evidence
from feeds.page import Page, read_page

URL = "https://paper.example.org/town/ferry"
TITLE = "The ferry leaves an hour later"


def page(*things: object, url: str | None = URL, more: str = "") -> Page:
    scripts = "".join(f'<script type="application/ld+json">{json.dumps(thing)}</script>' for thing in things)
    return read_page(f"<title>{TITLE} | The Paper</title><h1>{TITLE}</h1>{more}{scripts}", url)


def article(**said: object) -> dict[str, object]:
    return {"@type": "NewsArticle", "headline": TITLE, "url": URL, **said}


def said(page: Page) -> list[tuple[str, str]]:
    return [(one.signal, one.value) for one in stated_evidence(page)]


LOCKED, FREE = ("isAccessibleForFree", "False"), ("isAccessibleForFree", "True")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (False, [LOCKED]),
        ("False", [LOCKED]),
        ("false ", [LOCKED]),
        ("http://schema.org/False", [LOCKED]),
        ("https://schema.org/False/", [LOCKED]),
        (0, [LOCKED]),
        ("0", [LOCKED]),
        ({"@value": "False"}, [LOCKED]),
        ({"@id": "https://schema.org/True"}, [FREE]),
        (True, [FREE]),
        (1, [FREE]),
        ([True, False, True], [FREE, LOCKED]),
        ("perhaps", []),
        (None, []),
        ({"x": 1}, []),
        ([[False]], []),
        (0.5, []),
    ],
)
def test_booleans_as_they_are_written(value: object, expected: list[tuple[str, str]]) -> None:
    assert said(page(article(isAccessibleForFree=value))) == expected


@pytest.mark.parametrize(
    "kind", ["Organization", "WebSite", "WebPage", "Product", "ItemList", ["CreativeWork", "Product"], "VideoObject", 5]
)
def test_other_things_say_nothing_of_the_article(kind: object) -> None:
    assert said(page({"@type": kind, "url": URL, "isAccessibleForFree": False})) == []


@pytest.mark.parametrize("kind", ["Article", "BlogPosting", "https://schema.org/Report", ["WebPage", "NewsArticle"]])
def test_kinds_of_articles(kind: object) -> None:
    assert said(page(article(**{"@type": kind, "isAccessibleForFree": False}))) == [LOCKED]


PART = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".rest"}


@pytest.mark.parametrize(
    ("parts", "selectors"),
    [
        (PART, [".rest"]),
        ([{**PART, "isAccessibleForFree": True}, {**PART, "cssSelector": [".a", ".b"]}], [".a", ".b"]),
        ({"isAccessibleForFree": "False"}, [""]),
        ([{**PART, "isAccessibleForFree": "true"}], []),
        ({"@type": "NewsArticle", "headline": "Another", "isAccessibleForFree": False}, []),
        ({"@type": "CreativeWork", "name": "The rest", "isAccessibleForFree": False, "cssSelector": "#b"}, ["#b"]),
        ("text", []),
    ],
)
def test_locked_parts(parts: object, selectors: list[str]) -> None:
    found = page(article(isAccessibleForFree=True, hasPart=parts))
    assert said(found) == [FREE, *(("hasPart", selector) for selector in selectors)]
    assert list(locked_selectors(found)) == selectors


def test_a_part_by_reference() -> None:
    graph = {"@graph": [article(hasPart={"@id": "#p"}), {"@id": "#p", **PART}]}
    assert said(page(graph)) == [("hasPart", ".rest")]


def test_the_product_is_named_where_the_article_is_locked() -> None:
    product = {"@type": ["CreativeWork", "Product"], "name": "Paper+", "productID": "paper.example.org:plus"}
    assert ("product", "paper.example.org:plus") in said(page(article(isAccessibleForFree=False, isPartOf=product)))
    named = {"@type": "Product", "name": "Paper+"}
    assert ("product", "Paper+") in said(page(article(isAccessibleForFree=False, isPartOf=[named])))
    assert said(page(article(isAccessibleForFree=True, isPartOf=product))) == [FREE]
    assert said(page(article(isAccessibleForFree=False, isPartOf={"@type": "Product"}))) == [LOCKED]


def other(**more: object) -> dict[str, object]:
    return {"@type": "Article", "headline": "Gulls", "url": "https://paper.example.org/gulls", **more}


def test_the_article_with_the_address_of_the_page() -> None:
    assert said(page(other(isAccessibleForFree=False), article(isAccessibleForFree=True))) == [FREE]
    by_page = {"@type": "Article", "mainEntityOfPage": {"@id": URL + "#main"}, "isAccessibleForFree": False}
    assert said(page(other(isAccessibleForFree=True), by_page)) == [LOCKED]
    by_canonical = page(
        other(isAccessibleForFree=True),
        article(isAccessibleForFree=False),
        url="https://m.example.net/x?id=7",
        more=f'<link rel="canonical" href="{URL}/">',
    )
    assert said(by_canonical) == [LOCKED]


def test_the_article_with_the_headline_of_the_page() -> None:
    named = {"@type": "Article", "headline": TITLE.upper(), "isAccessibleForFree": False}
    assert said(page(other(isAccessibleForFree=True), named)) == [LOCKED]
    at_home = {**named, "mainEntityOfPage": "https://paper.example.org/"}
    assert said(page(article(), at_home, other(isAccessibleForFree=True))) == [LOCKED]
    moved = article(url="https://old.example.net/1", isAccessibleForFree=False)
    assert said(page(other(isAccessibleForFree=True), moved)) == [LOCKED]


def test_the_article_with_another_address_is_another() -> None:
    assert said(page(other(isAccessibleForFree=False))) == []
    assert said(page(other(isAccessibleForFree=True, hasPart=PART))) == []
    assert said(page(other(url=None, mainEntityOfPage="/gulls", isAccessibleForFree=True))) == []
    assert said(page(other(url=None, **{"@id": "https://paper.example.org/gulls#a"}, isAccessibleForFree=False))) == []
    moved = article(url="https://old.example.net/1", isAccessibleForFree=True)
    assert said(page(moved)) == []


@pytest.mark.parametrize(
    "stranger",
    [
        {"@type": "NewsArticle", "headline": "Gulls"},
        {"@type": "NewsArticle"},
        {"@type": "CreativeWork", "name": "Our theme"},
        {"@type": "Review", "name": "A reader's view"},
        {
            "@type": "NewsArticle",
            "headline": "Gulls",
            "url": "#gulls",
            "mainEntityOfPage": "https://paper.example.org/",
        },
    ],
)
def test_a_stranger_opens_nothing(stranger: dict[str, object]) -> None:
    assert said(page(article(), {**stranger, "isAccessibleForFree": True})) == []
    assert said(page({**stranger, "isAccessibleForFree": True, "hasPart": PART})) == [("hasPart", ".rest")]
    assert said(page({**stranger, "isAccessibleForFree": False})) == [LOCKED]


@pytest.mark.parametrize("headline", [TITLE, f"{TITLE} | The Paper", TITLE.lower()])
def test_the_sole_article_with_the_headline_of_the_page(headline: str) -> None:
    named = {"@type": "NewsArticle", "headline": headline, "isAccessibleForFree": True, "mainEntityOfPage": True}
    assert said(page(named)) == [FREE]


def test_a_headline_that_was_cut() -> None:
    long = "The ferry to the islands leaves an hour later from Monday on, the council says, and nobody is pleased"
    named = {"@type": "NewsArticle", "headline": long[:-10] + "…", "isAccessibleForFree": True}
    assert said(page(named, more=f'<meta property="og:title" content="{long}">')) == [FREE]


def test_headings_of_boxes_are_no_headlines() -> None:
    named = {"@type": "NewsArticle", "headline": "Gulls", "isAccessibleForFree": True}
    assert said(page(named, more="<h1>Gulls</h1>")) == []


def test_an_article_beside_one_that_states_nothing() -> None:
    named = {"@type": "NewsArticle", "headline": "Ferry: the timetable, in brief", "isAccessibleForFree": False}
    assert said(page(article(), other(isAccessibleForFree=True), named)) == [LOCKED]
    nameless = {"@type": "NewsArticle", "isAccessibleForFree": False}
    assert said(page(article(), nameless)) == [LOCKED]


def test_parameters_tell_articles_apart_where_nothing_else_does() -> None:
    def numbered(number: int, **more: object) -> dict[str, object]:
        return {"@type": "Article", "url": f"https://paper.example.org/a.php?id={number}", "headline": "x", **more}

    found = page(
        numbered(1, isAccessibleForFree=True),
        numbered(2, isAccessibleForFree=False),
        url="https://paper.example.org/a.php?id=2",
    )
    assert said(found) == [LOCKED]
    assert said(page(other(isAccessibleForFree=True), article(isAccessibleForFree=False), url=URL + "?utm=x")) == [
        LOCKED
    ]


def test_the_main_entity_of_a_page() -> None:
    entity = {"@type": "WebPage", "mainEntity": [article(isAccessibleForFree=False), {"@type": "Thing"}]}
    assert said(page(entity)) == [LOCKED]
    graph = {"@graph": [{"@type": "WebPage", "mainEntity": {"@id": "#a"}}, article(**{"@id": "#a"})]}
    assert [len(some) for some in main_articles(page(graph))] == [1, 0]


def test_nested_articles_do_not_count() -> None:
    nested = article(isAccessibleForFree=True, mentions=[other(isAccessibleForFree=False)], review=other())
    things = ({"@type": "ItemList", "itemListElement": [other(isAccessibleForFree=False)]}, nested)
    assert said(page(*things)) == [FREE]


def test_microdata() -> None:
    item = (
        '<div itemscope itemtype="http://schema.org/NewsArticle"><h2 itemprop="headline">{}</h2>'
        '<meta itemprop="isAccessibleForFree" content="{}"></div>'
    )
    found = page(more=item.format("Gulls", "true") + item.format(TITLE, "False"))
    assert list(stated_evidence(found)) == [Evidence("isAccessibleForFree", "False", "schema.org NewsArticle")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"@type": "NewsArticle", "headline": "a "b" c", "isAccessibleForFree": "False"}', [LOCKED]),
        ('{"@type": ["NewsArticle"], "x": "a "b", "isAccessibleForFree": true}', [FREE]),
        ('{"@type": "WebPage", "x": "a "b", "isAccessibleForFree": false}', []),
        ('{"@type": "NewsArticle", "x": "a "b", "isAccessibleForFree": maybe}', []),
        ('[{"@type": "NewsArticle", "x": "a "b"}, {"@type": "Article", "isAccessibleForFree": true}]', []),
    ],
)
def test_json_that_is_none(text: str, expected: list[tuple[str, str]]) -> None:
    assert said(page(more=f'<script type="application/ld+json">{text}</script>')) == expected


@pytest.mark.parametrize("address", ["", "no address", "mailto:a@example.org", "http://[", 5])
def test_addresses_that_are_none(address: object) -> None:
    assert said(page(article(url=address, isAccessibleForFree=False), url=None)) == [LOCKED]
