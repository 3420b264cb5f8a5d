"""Labelled material, and how much of it the code gets right: precision and recall, with floors.

A topic is a module of this package with `TITLE` and `score() -> Tally`. Its floors stand in `floors.json`: raising one
is free, lowering one is a decision for `docs/design.md`.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

Tally = tuple[int, int, int, list[str]]
"""True positives, false positives, false negatives, and a line for each thing that was got wrong."""

FLOORS = Path(__file__).with_name("floors.json")


@dataclass(frozen=True, slots=True)
class Score:
    """What a topic comes to, from 0 to 1, and what was got wrong."""

    precision: float
    recall: float
    f1: float
    misses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of question with known answers; `floors` are by the names of `Score`, empty where none is set."""

    name: str
    title: str
    score: Callable[[], Tally]
    floors: dict[str, float]


def topics() -> list[Topic]:
    """Every topic of this package, by name."""
    floors: dict[str, dict[str, float]] = json.loads(FLOORS.read_text(encoding="utf-8"))
    found = []
    for _, name, _ in pkgutil.iter_modules([str(FLOORS.parent)]):
        if name != "__main__" and not name.startswith("test_"):
            module = import_module(f"{__name__}.{name}")
            if hasattr(module, "score"):
                found.append(Topic(name, module.TITLE, module.score, floors.get(name, {})))
    return found


def scored(tally: Tally) -> Score:
    """Precision, recall and their harmonic mean; of nothing they are 1."""
    right, wrong, missing, misses = tally
    return Score(
        precision=right / (right + wrong) if right + wrong else 1.0,
        recall=right / (right + missing) if right + missing else 1.0,
        f1=2 * right / (2 * right + wrong + missing) if right + wrong + missing else 1.0,
        misses=tuple(misses),
    )


def short(score: Score, floors: dict[str, float]) -> list[str]:
    """What of a score is below its floor, and what has none."""
    found = [] if floors else [f"has no floor in {FLOORS.name}"]
    for name, floor in floors.items():
        if (reached := getattr(score, name)) < floor:
            found.append(f"{name} {reached:.4f} is below its floor {floor}")
    return found
