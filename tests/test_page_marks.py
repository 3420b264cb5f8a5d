from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from feeds.sources.page.marks import common_classes, signs_of
from feeds.sources.page.texts import elements_in


@pytest.mark.parametrize(
    ("markup", "sign"),
    [
        ('<li><i class="premium-icon"></i></li>', "premium-icon"),
        ('<li><span class="c-card__paywall-label">x</span></li>', "c-card__paywall-label"),
        ("<li><span>Nur für Abonnenten</span></li>", "Nur für Abonnenten"),
        ('<li><svg aria-label="Premium"></svg></li>', "Premium"),
        ('<li><a data-premium="true">x</a></li>', "data-premium=true"),
        (
            '<li><span class="x"><span class="sr-only">Article réservé aux abonnés</span></span></li>',
            "Article réservé aux abonnés",
        ),
    ],
)
def test_signs_that_an_article_costs(markup: str, sign: str) -> None:
    node = LexborHTMLParser(markup).css_first("li")
    assert node is not None
    assert sign in list(signs_of(elements_in([node])))


def test_a_lock_between_elements_is_a_sign() -> None:
    node = LexborHTMLParser("<ul><li>x</li>🔒 <li>y</li> and</ul>").css_first("ul")
    assert node is not None
    assert list(signs_of(elements_in(node.iter(include_text=True)))) == ["🔒"]


def signs(markup: str, href: str | None = None) -> list[str]:
    node = LexborHTMLParser(markup).css_first("li")
    assert node is not None
    return list(signs_of(elements_in([node]), href))


def test_a_word_that_leads_elsewhere_is_a_section() -> None:
    assert signs('<li><a href="/a">A wall falls</a><a class=cat href="/members">Members</a>', "/a") == []
    assert signs('<li><a href="/a">A wall falls</a><a href="/m"><span><b>Plus</b></span></a>', "/a") == []
    assert "Plus" in signs('<li><a href="/a">A wall falls <span>Plus</span></a>', "/a")
    assert "For subscribers" in signs('<li><a href="/a">A wall falls</a><a href="/abo">For subscribers</a>', "/a")


def test_what_all_rows_bear_is_the_templates() -> None:
    items = LexborHTMLParser('<ul><li class="lock"><i class="is-paid">x</i><li class="lock">y<li class="lock">z</ul>')
    rows = [elements_in([node]) for node in items.css("li")]
    assert common_classes(rows) == {"lock"}
    assert [list(signs_of(row, None, common_classes(rows))) for row in rows] == [["is-paid"], [], []]
    assert common_classes(rows[:2]) == frozenset()
