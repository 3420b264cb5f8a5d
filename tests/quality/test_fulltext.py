"""Premium and free parts of articles, metadata and odd pages are where they should be."""

from __future__ import annotations

import pytest

from tests.quality.fulltext import agreement, articles, item_of, pages


def test_there_are_enough_pages_in_enough_languages() -> None:
    assert len(pages()) >= 20
    assert len({article["language"] for article in articles()}) == 6


@pytest.mark.parametrize("article", articles(), ids=lambda article: str(article["language"]))
def test_every_page_of_an_article_has_its_headline_author_and_language(article: dict[str, str]) -> None:
    for name, page, _ in pages():
        if name.endswith("-" + article["language"]):
            item = item_of(page)
            assert item.title == article["title"], name
            if not name.startswith("tables"):
                assert item.language == article["language"], name
            if name.split("-")[0] not in ("tables", "breaks", "wordpress", "discussion"):  # they show it only
                assert item.authors == (article["author"],), name
                assert item.published is not None, name


def test_agreement_is_over_four_words_in_a_row() -> None:
    assert agreement("a b c d e", "A, b: c d e!") == (1000, 0, 0)
    assert agreement("a b c d x", "a b c d e") == (333, 333, 333)
    assert agreement("", "a b c d") == (0, 500, 500)
