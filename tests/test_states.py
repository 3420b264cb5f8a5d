"""The words for how sources stand, and which of several is said."""

from __future__ import annotations

import pytest

from feeds.states import GRAVEST_FIRST, KINDS, OF_OUR_OWN, OF_SOURCES, STATES, is_well, state_of


@pytest.mark.parametrize(
    ("kinds", "how", "state"),
    [
        ((), {}, "ok"),
        ((), {"failed": True}, "failing"),
        ((), {"moved": True}, "moved"),
        (("gone",), {"failed": True, "moved": True}, "gone"),
        (("slow",), {"moved": True}, "slow"),
        (("stale", "slow"), {}, "stale"),
        (("stale", "gap"), {}, "gap"),
        (("suspicious", "gap"), {"failed": True}, "failing"),
        (("suspicious", "broken-selector"), {}, "broken-selector"),
        (("churn", "access", "vanished", "flapping"), {}, "ok"),
        (("failing", "gone"), {}, "gone"),
    ],
)
def test_the_gravest_of_what_is_wrong_is_said(kinds: tuple[str, ...], how: dict[str, bool], state: str) -> None:
    assert state_of(kinds, **how) == state_of(frozenset(kinds), **how) == state
    assert state in STATES


def test_every_word_has_its_meaning_once() -> None:
    assert set(GRAVEST_FIRST) == set(STATES) - {"ok", "paused"}
    assert len(GRAVEST_FIRST) == len(set(GRAVEST_FIRST))
    assert set(KINDS) == set(OF_SOURCES) | set(OF_OUR_OWN)
    assert not set(OF_SOURCES) & set(OF_OUR_OWN)
    # As the columns hold them.
    assert max(map(len, STATES)) <= 20
    assert max(map(len, KINDS)) <= 30


def test_who_needs_somebody() -> None:
    assert is_well([], [])
    assert is_well(["ok", "moved", "paused"], ["moved"])
    assert not is_well(["ok", "slow"], [])
    assert not is_well(["ok"], ["disk"])
