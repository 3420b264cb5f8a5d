"""Three polls of one set of feeds, whoever makes them: everything new, nothing new, a little new."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tests.bench import corpus
from tests.bench.meter import Meter
from tests.bench.site import Site

FEEDS = 2000
STAGES = ("first", "unchanged", "changed")
SHARE = 20
"""One feed in so many has `corpus.FRESH` new entries in the third poll; the others are as they were."""

Figures = dict[str, float | str]
T = TypeVar("T")


def changing(feeds: int) -> range:
    """The feeds that have new entries in the third poll."""
    return range(0, feeds, SHARE)


def fresh(feeds: int) -> tuple[int, int, int]:
    """How many entries are new in each of the polls."""
    return feeds * corpus.ENTRIES, 0, len(changing(feeds)) * corpus.FRESH


def measure(
    site: Site, feeds: int, poll: Callable[[int], T], check: Callable[[int, T], None], *, own: bool = True
) -> Figures:
    """What the three polls take: `poll` gets the number of the stage, `check` that and what the poll returned.

    CPU and wall time are those of `poll` alone. `own` says that this process is a part of the memory; without it only
    what it starts is.
    """
    found: Figures = {"feeds": feeds}
    peak = largest = 0.0
    with Meter(apart=(site.pid,), own=own) as meter:
        for stage, name in enumerate(STAGES):
            if name == "changed":
                site.bump(changing(feeds))
            meter.start()
            result = poll(stage)
            cost = meter.stop()
            check(stage, result)
            found[f"{name}_cpu_seconds"] = cost.cpu
            found[f"{name}_cpu_ms_a_feed"] = round(cost.cpu * 1000 / feeds, 3)
            found[f"{name}_wall_seconds"] = cost.wall
            peak, largest = max(peak, cost.peak_mb), max(largest, cost.largest_mb)
    return found | {"peak_mb": round(peak), "largest_process_mb": round(largest)}
