from __future__ import annotations

import pytest

from feeds.sources.page.paging import next_page
from tests.pages import links, page


def further(body: str, url: str | None = "https://n.example/news/") -> tuple[str, ...]:
    return next_page(page(body, url), links(body, url))


@pytest.mark.parametrize(
    "markup",
    [
        '<link rel="next" href="?page=2">',
        '<a rel="nofollow next" href="?page=2">2</a>',
        '<a href="?page=2">Older posts</a>',
        '<a href="?page=2">Следующая »</a>',
        '<div class="pager"><b><a href="?page=2">Наступная</a></b></div>',
        '<a rel="next" href="https://elsewhere.example.net/"></a><a rel="next" href="?page=2">2</a>',
    ],
)
def test_the_next_page(markup: str) -> None:
    assert further(markup) == ("https://n.example/news/?page=2",)


@pytest.mark.parametrize("query", ["seite=2", "paged=2", "offset=20", "pg=2", "start=40", "from=20"])
def test_a_page_may_be_told_by_any_name(query: str) -> None:
    address = f"https://n.example/news/?{query}"
    assert further(f'<link rel="next" href="?{query}">') == (address,)
    assert further(f'<a rel="next" href="?{query}">2</a>', "https://n.example/news/?seite=1") == (address,)
    assert further(f'<a rel="next" href="?{query}#list">2</a>', address) == ()


def test_words_count_in_a_pager() -> None:
    assert further('<ul class="pagination"><li><a href="/older">Next</a></li></ul>') == ("https://n.example/older",)


@pytest.mark.parametrize(
    "markup",
    [
        '<p><a href="/older">Next</a></p>',
        '<a href="https://elsewhere.example.net/?page=2">Next</a>',
        '<a rel="next" href="/news/">Next</a>',
        '<a rel="next" href="/news/#page-2">2</a>',
        '<a href="?page=2">A headline that has the word next</a>',
        "",
    ],
)
def test_what_leads_to_no_next_page(markup: str) -> None:
    assert further(markup) == ()


def test_a_page_that_lives_nowhere_has_none() -> None:
    assert further('<a rel="next" href="https://n.example/2">2</a>', None) == ()
