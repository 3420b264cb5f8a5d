"""Badges and what is glued to headlines, as strings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.markers import ENDS, STARTS, has_lock, is_sign, says_paid, unmarked


@pytest.mark.parametrize(
    "token",
    "premium is-locked subscriber-only teaser--paid paywall Icon-Lock c-card__paywall-label fa-lock plus-badge is-plus "
    "icon-plus-article post-access-tiers icon-abonne gate-pay".split(),
)
def test_whole_words_of_a_class(token: str) -> None:
    assert is_sign(token)


@pytest.mark.parametrize(
    "token",
    [
        *"unlocked not-premium premiums clock lockup no-paywall paywall-hidden scroll-lock apple-pay google-pay pay "
        "team-members family-members newsletter-subscription comment-subscribers tag-premium tag-lock category-members "
        "category-subscription cat-abo-label icon-plus plus-icon".split(),
        "x" * 80 + "-premium",
    ],
)
def test_words_that_only_look_alike(token: str) -> None:
    assert not is_sign(token)


@pytest.mark.parametrize(
    "text",
    [
        "[Premium]",
        "Plus",
        "Nur für Abonnenten",
        "S+",
        "Abonné",
        "Riservato agli abbonati",
        "За підпискою",
        "🔒",
        " Lock ",
    ],
)
def test_badges(text: str) -> None:
    assert says_paid(text)


@pytest.mark.parametrize("text", ["Premium cars are sold again", "", "+", "Subscribe", "Only " + "for " * 40])
def test_sentences_are_no_badges(text: str) -> None:
    assert not says_paid(text)


def test_locks_within_a_text() -> None:
    assert has_lock("a 🔒 b")
    assert not has_lock("a 🗝 b")


TAKEN = [
    ("🔒 A wall falls", "A wall falls", "🔒"),
    ("A wall falls 🔐", "A wall falls", "🔐"),
    ("🔒\ufe0f A wall falls", "A wall falls", "🔒"),
    ("A wall falls 🔒\ufe0f", "A wall falls", "🔒"),
    ("A wall falls For subscribers", "A wall falls", "For subscribers"),
    ("A wall falls | Plus", "A wall falls", "Plus"),
    ("A wall falls!Plus", "A wall falls!", "Plus"),
    ("A wall falls[P]", "A wall falls", "[P]"),
    ("A wall falls +", "A wall falls", "+"),
    ("[Premium] A wall falls", "A wall falls", "Premium"),
    ("A wall falls (S+)", "A wall falls", "S+"),
]
KEPT = [
    "A wall falls (again)",
    "(Again) a wall falls",
    "For subscribers",
    "- Plus",
    "🔒",
    "[P]",
    "How a 🔒 works",
    "🗝 Keys of the city",
    "Plusieurs blessés à Paris",
    "For subscribers: A wall falls",
    "Canal+",
    "A SurPlus",
    "",
]


@pytest.mark.parametrize(("title", "bare", "marker"), [*TAKEN, *((title, title, None) for title in KEPT)])
def test_markers_leave_the_headline(title: str, bare: str, marker: str | None) -> None:
    assert unmarked(title, ("For subscribers", "Plus", "[P]", "+")) == (bare, marker)
    assert marker is None or title.startswith(STARTS) or title.endswith((*ENDS, marker))


@given(st.text("ab 🔒\ufe0f\u200b+[]()"), st.lists(st.text("ab +[]", min_size=1), max_size=3))
def test_a_headline_never_vanishes(title: str, markers: list[str]) -> None:
    bare, marker = unmarked(title, markers)
    assert (bare == title) is (marker is None)
    assert bare or not title.strip()
