"""How often and how widely one host may be asked."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from feeds.budget import SPAN, Budget, Rule


def budget(per_minute: int = 3, per_host: int = 2) -> Budget:
    return Budget(lambda host: Rule(per_minute, per_host if host != "wide" else 99))


def test_so_many_at_once() -> None:
    one = budget()
    one.begin("a", 0)
    assert one.wait("a", 0) == 0
    one.begin("a", 0)
    assert one.wait("a", 1) == math.inf
    assert one.wait("b", 1) == 0
    one.end("a")
    assert one.wait("a", 1) == 0


def test_so_many_a_minute() -> None:
    one = budget()
    for at in (0, 10, 20):
        one.begin("wide", at)
    assert one.wait("wide", 30) == SPAN - 30
    assert one.wait("wide", SPAN) == 0
    one.begin("wide", SPAN)
    assert one.wait("wide", SPAN + 1) == 9


def test_redirects_count_and_are_never_refused() -> None:
    one = budget()
    for at in range(5):
        one.hop("a", at)
    assert one.wait("a", 5) == 2 + SPAN - 5


def test_what_other_processes_asked_counts() -> None:
    one = budget()
    one.hop("a", 1)
    one.learn("a", (5, 1, 3), 6)
    assert one.spent(6) == {"a"}
    assert one.wait("a", 6) == 1 + SPAN - 6
    one.learn("a", (5, 1, 3), 6)
    assert one.wait("a", 3 + SPAN) == 0.0  # learnt once, however often it is told
    assert one.journal == [("a", 1)]


def test_what_nobody_stored_hides_nothing_of_others() -> None:
    one = budget()
    one.hop("a", 1)
    one.learn("a", (2,), 6, unknown=1)
    assert one.wait("a", 6) == 0.0
    one.hop("a", 6)
    assert one.wait("a", 6) == 1 + SPAN - 6


def test_a_clock_that_was_set_back_keeps_nobody_waiting_for_longer() -> None:
    one = budget()
    for at in (3599.0, 3600.0, 3601.0):
        one.hop("a", at)
    one.turn_back(10.0)
    assert one.wait("a", 10.0) == SPAN


def test_who_may_be_asked_no_more() -> None:
    one = budget()
    for host in ("wide", "wide", "wide", "a"):
        one.begin(host, 0)
    assert one.spent(1) == {"wide"}
    assert one.spent(SPAN) == set()
    one.close("b", 100)
    one.close("b", 50)
    assert one.spent(SPAN) == {"b"}
    assert (one.wait("b", 40), one.wait("b", 100)) == (60, 0)


def test_only_what_counts_is_kept() -> None:
    one = budget()
    one.hop("a", 0)
    one.hop("b", 50)
    one.close("c", 10)
    one.forget(SPAN)
    assert list(one._begun) == ["b"]
    assert one._closed == {}


@given(st.lists(st.floats(0, 20), max_size=60), st.integers(1, 7))
def test_no_span_ever_holds_more(gaps: list[float], per_minute: int) -> None:
    """Whoever waits as long as he is told never begins more than `per_minute` in any 60 seconds."""
    one, at, begun = Budget(lambda _: Rule(per_minute, 99)), 0.0, []
    for gap in gaps:
        at += gap
        at += one.wait("a", at)
        one.begin("a", at)
        begun.append(at)
    for first, later in zip(begun, begun[per_minute:], strict=False):
        assert later - first >= SPAN - 1e-6


def test_a_redirect_is_admitted_by_the_minute_alone() -> None:
    budget = Budget(lambda _host: Rule(per_minute=2, per_host=1))
    budget.begin("a", 0.0)
    assert budget.wait("a", 1.0) == float("inf")
    assert budget.wait_for_hop("a", 1.0) == 0.0
    budget.hop("a", 1.0)
    assert budget.wait_for_hop("a", 2.0) == SPAN - 2.0
    assert budget.wait_for_hop("a", SPAN) == 0.0
    budget.close("b", 10.0)
    assert [budget.wait_for_hop("b", at) for at in (9.0, 10.0)] == [1.0, 0.0]
    budget.end_all()
    assert budget.wait("a", SPAN) == 0.0
