from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from feeds.sources.page.marks import is_sign, says_paid, signs_of, strip_marker
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


@pytest.mark.parametrize("token", ["premium", "is-locked", "subscriber-only", "teaser--paid", "paywall"])
def test_whole_words_of_a_class(token: str) -> None:
    assert is_sign(token)


@pytest.mark.parametrize("token", ["unlocked", "not-premium", "premiums", "clock", "lockup", "x" * 80 + "-premium"])
def test_words_that_only_look_alike(token: str) -> None:
    assert not is_sign(token)


def test_sentences_are_no_badges() -> None:
    assert says_paid("[Premium]")
    assert not says_paid("Premium cars are sold again")
    assert not says_paid("")


@pytest.mark.parametrize(
    ("title", "rest", "marker"),
    [
        ("🔒 A wall falls", "A wall falls", "🔒"),
        ("A wall falls 🔒", "A wall falls", "🔒"),
        ("A wall falls For subscribers", "A wall falls", "For subscribers"),
        ("For subscribers: A wall falls", "A wall falls", "For subscribers"),
        ("[Premium] A wall falls", "A wall falls", "Premium"),
        ("A wall falls (S+)", "A wall falls", "S+"),
        ("A wall falls (again)", "A wall falls (again)", None),
        ("(Again) a wall falls", "(Again) a wall falls", None),
        ("For subscribers", "For subscribers", None),
        ("🔒", "🔒", None),
        ("How a 🔒 works", "How a 🔒 works", None),
    ],
)
def test_markers_leave_the_headline(title: str, rest: str, marker: str | None) -> None:
    assert strip_marker(title, ("For subscribers",)) == (rest, marker)
