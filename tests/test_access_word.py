"""Whether a source's word is believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import Access, Evidence, Learned
from feeds.access import believed, doubted, judge, noted, stated
from feeds.access.word import LEAST, RECENT

LOCKED = Evidence("isAccessibleForFree", "False", "schema.org NewsArticle")
FREE = Evidence("isAccessibleForFree", "True", "schema.org NewsArticle")
PART = Evidence("hasPart", ".paywall", "schema.org NewsArticle")
TIER = Evidence("content_tier", "free", "meta article:content_tier")


@pytest.mark.parametrize(
    ("said", "locked"),
    [((), None), ((TIER,), None), ((FREE,), False), ((FREE, PART), True), (doubted([LOCKED]), True)],
)
def test_stated(said: tuple[Evidence, ...], locked: bool | None) -> None:
    assert stated(said) is locked


def test_a_doubted_word_is_a_hint() -> None:
    said = doubted([LOCKED, PART, TIER])
    assert [one.signal for one in said] == ["isAccessibleForFree (doubted)", "hasPart (doubted)", "content_tier"]
    assert judge(said).level is Access.FREE
    assert judge(doubted([LOCKED])).level is Access.UNKNOWN
    assert judge(doubted([LOCKED])).confidence == 0.3
    assert judge(doubted([FREE])).level is Access.FREE


def test_what_one_template_states_is_one_hint() -> None:
    said = doubted([LOCKED, PART])
    assert (judge(said).level, judge(said).confidence) == (Access.UNKNOWN, 0.3)
    looks = Evidence("class", ".paywall", "page")
    assert judge([*said, looks]).level is Access.UNKNOWN
    assert judge([*said, Evidence("phrase", "subscribe to read", "text"), looks]).level is Access.PREMIUM


@given(st.lists(st.sampled_from([LOCKED, FREE, PART, TIER, Evidence("unheard of", "x", "y")])))
def test_doubt_can_be_taken_back(said: list[Evidence]) -> None:
    assert believed(doubted(said)) == tuple(said)
    assert doubted(doubted(said)) == doubted(said)


def test_a_source_is_doubted_from_twenty_articles_on() -> None:
    learned = noted(Learned(sections=("Town",)), LEAST - 1, LEAST - 1)
    assert not learned.doubted
    learned = noted(learned, 1, 1)
    assert learned == Learned(sections=("Town",), articles=LEAST, locked=LEAST, doubted=True)
    assert noted(learned, 0, 0) is learned


def test_a_source_is_believed_again_once_a_fifth_is_free() -> None:
    learned = noted(Learned(), 20, 20)
    assert noted(learned, 5, 0).doubted  # 20 of 25
    assert not noted(learned, 6, 0).doubted
    # And not doubted anew before nearly all is locked once more.
    assert not noted(noted(learned, 6, 0), 60, 60).doubted
    assert noted(noted(learned, 6, 0), 200, 200).doubted


def test_one_in_ten_that_is_free_is_enough_to_be_believed() -> None:
    assert not noted(Learned(), 100, 90).doubted
    assert noted(Learned(), 100, 95).doubted


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(0, 500)), max_size=30))
def test_counts_stay_small(polls: list[tuple[int, int]]) -> None:
    learned = Learned()
    for articles, locked in polls:
        learned = noted(learned, articles, min(locked, articles))
        assert 0 <= learned.locked <= learned.articles < RECENT
