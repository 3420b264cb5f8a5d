"""Frozen dataclasses, quickly made: they are what the class itself makes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, replace

import pytest

from feeds.quick import maker


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2


@dataclass(frozen=True, slots=True)
class Checked:
    x: int

    def __post_init__(self) -> None:
        raise ValueError(self.x)


def test_what_is_made_is_one_of_its_class() -> None:
    make = maker(Point)
    assert make(1) == Point(1)
    assert {make(1, y=3), make(x=1, y=3)} == {Point(1, 3)}
    assert replace(make(1), y=5) == Point(1, 5)
    assert repr(make(1)) == "Point(x=1, y=2)"
    with pytest.raises(FrozenInstanceError):
        make(1).x = 4  # type: ignore[misc]
    with pytest.raises(TypeError):
        make()


def test_a_class_that_checks_itself_is_refused() -> None:
    with pytest.raises(TypeError, match="Checked has a __post_init__"):
        maker(Checked)
