"""How sources stand, in one word each."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from feeds.states import GRAVEST_FIRST, KINDS, OF_OUR_OWN, OF_SOURCES, STATES, state_of


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ((), "ok"),
        (("access", "vanished", "flapping", "churn"), "ok"),
        (("moved", "slow"), "slow"),
        (("slow", "stale"), "stale"),
        (("gap", "stale"), "gap"),
        (("gap", "suspicious"), "suspicious"),
        (("broken-selector", "suspicious"), "broken-selector"),
        (("failing", "broken-selector"), "failing"),
        (("failing", "gone"), "gone"),
    ],
)
def test_a_state_is_the_gravest_trouble(kinds: Collection[str], state: str) -> None:
    assert state_of(kinds) == state


def test_what_is_no_incident_yet_is_a_state() -> None:
    assert state_of((), failed=True) == "failing"
    assert state_of(("stale",), moved=True) == "stale"
    assert state_of((), moved=True) == "moved"
    assert state_of((), failed=True, gone=True, moved=True) == "gone"


def test_every_kind_has_words() -> None:
    assert set(GRAVEST_FIRST) == set(STATES) - {"ok", "paused"}
    assert set(GRAVEST_FIRST) <= set(OF_SOURCES)
    assert not set(OF_SOURCES) & set(OF_OUR_OWN)
    assert all(KINDS.values())
