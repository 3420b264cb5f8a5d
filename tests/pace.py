"""Bounds of CPU time that hold on any machine: seconds are those of the one that they were written on."""

from __future__ import annotations

import time

REFERENCE = 0.025
"""CPU seconds that `_work` takes on the machine of the bounds, when it is idle."""


ROUNDS = 4


def slowness() -> float:
    """How many times as long as there Python takes here just now, 1 at least: other machines are slower, and so is this
    one while its neighbours are busy."""
    return max(1.0, sum(_spent() for _ in range(ROUNDS)) / ROUNDS / REFERENCE)


def _spent() -> float:
    """What most things here are made of: small objects, strings, tables."""
    started = time.process_time()
    table: dict[str, list[int]] = {}
    for number in range(60_000):
        table.setdefault(f"key {number % 997}", []).append(number)
    " ".join(" ".join(map(str, each)) for each in table.values())
    return time.process_time() - started
