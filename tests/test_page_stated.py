from __future__ import annotations

import json
from typing import Any

from feeds.sources.page.stated import Stated, stated_in
from tests.pages import page


def of(*things: Any) -> dict[str, Stated]:
    return stated_in(page(f'<script type="application/ld+json">{json.dumps(list(things))}</script>'))


def test_articles_with_what_is_said_of_them() -> None:
    (one,) = of(
        {
            "@type": "NewsArticle",
            "mainEntityOfPage": {"@id": "/n/1"},
            "headline": "A wall falls",
            "datePublished": "2026-11-25",
            "author": [{"name": "Ada"}, "https://n.example/people/b"],
            "image": {"url": "/1.jpg"},
            "articleSection": "Town",
            "isAccessibleForFree": False,
            "description": "Teaser",
        }
    ).values()
    assert one == Stated(
        "https://n.example/n/1", "A wall falls", "2026-11-25", "Teaser", "/1.jpg", ("Ada",), "Town", "False"
    )


def test_lists_of_addresses_and_of_articles() -> None:
    found = of(
        {
            "@type": "ItemList",
            "itemListElement": [
                {"@type": "ListItem", "url": "/n/1"},
                {"@type": "ListItem", "item": "/n/2"},
                {
                    "@type": "ListItem",
                    "item": {"@type": "NewsArticle", "url": ["/n/3"], "headline": "Three", "image": ["/3.jpg"]},
                },
                {"@type": "ListItem", "item": {"@type": "Product", "url": "/shop/4"}},
                {"@type": "ListItem", "name": "nowhere"},
            ],
        }
    )
    assert [one.url for one in found.values()] == [f"https://n.example/n/{number}" for number in (1, 2, 3)]
    assert [one.image for one in found.values()] == ["", "", "/3.jpg"]


def test_what_is_no_list_of_articles() -> None:
    assert not of(
        {"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "item": "/politics/"}]},
        {"@type": "NewsArticle", "url": "https://n.example/news/"},
        {"@type": "NewsArticle", "url": "https://n.example/"},
        {"@type": "NewsArticle", "url": []},
        {"@type": "NewsArticle"},
    )


def test_an_article_counts_once() -> None:
    found = of({"@type": "Article", "url": "/n/1", "name": "One"}, {"@type": "Article", "url": "/n/1", "name": "Two"})
    assert [one.title for one in found.values()] == ["One"]
