"""How polling stands, as pages show it."""

from __future__ import annotations

from datetime import timedelta

from feeds.daemon.board import RECENT, Board
from feeds.ingest import Tally
from feeds.poll import PollResult
from feeds.terms import Standing
from tests.desk import NOON

LATER = NOON + timedelta(minutes=1)


def result(name: str, outcome: str = "stored", new: int = 0) -> PollResult:
    return PollResult(source=name, outcome=outcome, tally=Tally(new=new))


def test_nothing_is_shown_before_the_first_poll() -> None:
    board = Board()
    board.begin(NOON)
    board.end(LATER)
    assert board.shown() is None


def test_a_poll_is_shown_while_it_lasts_and_after() -> None:
    board, standing = Board(), Standing(total=3, active=2)
    board.begin(NOON)
    board.watch(standing)
    shown = board.shown()
    assert shown is not None
    assert (shown.began_at, shown.ended_at, shown.standing) == (NOON, None, Standing(total=3, active=2))
    for one in (result("a", new=4), result("b", "failed")):
        standing.count(one)
        board.heard(one)
    standing.active, standing.waiting = 0, 1
    board.watch(standing)
    shown = board.shown()
    assert shown is not None
    assert (shown.standing.done, shown.standing.waiting) == (2, 1)
    assert shown.recent == (("b", "failed", 0), ("a", "stored", 4))
    board.end(LATER)
    ended = board.shown()
    assert ended is not None
    assert (ended.ended_at, ended.standing.waiting, ended.standing.done) == (LATER, 0, 2)


def test_local_paths_that_say_nothing_new_hide_no_poll() -> None:
    board = Board()
    board.begin(NOON)
    board.heard(result("a", new=1))
    board.watch(Standing(total=1, done=1))
    board.end(NOON)
    before = board.shown()
    for _ in range(3):
        board.begin(LATER)
        board.heard(result("local", "unchanged"))
        board.watch(Standing(total=1, done=1))
        board.end(LATER)
    assert board.shown() == before
    board.begin(LATER)
    board.watch(Standing(total=1, active=1))
    shown = board.shown()
    assert shown is not None
    assert shown.recent == (("local", "unchanged", 0), ("a", "stored", 1))


def test_the_last_few_are_told() -> None:
    board = Board()
    board.begin(NOON)
    for number in range(RECENT + 5):
        board.heard(result(f"s{number}"))
    board.watch(Standing(total=50))
    shown = board.shown()
    assert shown is not None
    assert [name for name, _outcome, _new in shown.recent] == [f"s{number}" for number in range(RECENT + 4, 4, -1)]
    assert len(shown.recent) == RECENT
