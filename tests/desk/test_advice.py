"""What to do about troubles."""

from __future__ import annotations

from feeds.desk.advice import GRAVEST, TO_DO, to_do
from feeds.states import KINDS


def test_there_is_something_to_do_about_each_kind() -> None:
    assert set(TO_DO) == set(KINDS)
    assert to_do("slow").startswith("Nothing has to be done")
    assert to_do("of another time") == "Look at the message and at the log."


def test_what_touches_everything_is_the_gravest() -> None:
    order = [GRAVEST.index(kind) for kind in ("network", "disk", "failing", "moved")]
    assert order == sorted(order)
