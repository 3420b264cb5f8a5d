"""Many due sources of which some never answer, some are slow, and many share one host: time, memory, budget.

One source in twenty is dead, half of them refusing the connection and half saying nothing until the deadline; one in
twenty is slow, half of them answering late and half sending their document in pieces. All others answer at once.
"""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from feeds.poll import PollResult, poll
from tests.bench import corpus
from tests.bench.meter import Cost, Meter
from tests.bench.polling import desk
from tests.bench.site import Setup, Site, most_in_a_minute
from tests.bench.stages import Figures

SOURCES, CROWD = (10_000, 200) if os.environ.get("BENCH") == "full" else (1000, 40)
"""Sources in all, and those of them that share one host, so that its budget does not admit them in one minute."""

ENTRIES = 10
DEADLINE = 5
PAUSE = 2.0
"""Seconds that a slow source takes."""

LONGEST = 600.0
"""Seconds after which what the budget of the crowded host still holds back is given up."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Which sources do what; the last `crowd` of `sources` share a host."""

    sources: int
    crowd: int

    def of(self, remainder: int) -> list[int]:
        """The sources whose number leaves `remainder` when divided by 40."""
        return list(range(remainder, self.sources - self.crowd, 40))

    @property
    def silent(self) -> list[int]:
        return self.of(1)

    @property
    def refusing(self) -> list[int]:
        return self.of(21)

    @property
    def slow(self) -> list[int]:
        return self.of(11)

    @property
    def drip(self) -> list[int]:
        return self.of(31)

    @property
    def dead(self) -> set[str]:
        """Names of the sources that cannot be polled."""
        return {f"s{number}" for number in self.silent + self.refusing}


def measure(folder: Path, sources: int = SOURCES, crowd: int = CROWD) -> Figures:
    """Wall seconds of one poll of `sources` due ones beside what the deadlines account for, memory, and requests.

    Then polls go on until the budget of the crowded host has admitted every source. Raises `AssertionError` unless
    every live source was stored and no dead one was.
    """
    cast = Cast(sources, crowd)
    setup = Setup(sources, ENTRIES, silent=cast.silent, slow=cast.slow, drip=cast.drip, pause=PAUSE)
    with _closed_port() as closed, Site(setup) as site, Meter(apart=(site.pid,)) as meter:
        here = desk(folder, _urls(cast, site, closed), poll_settings=f"deadline = {DEADLINE}\n")
        meter.start()
        begun = time.monotonic()  # the clock of the budget runs from here: a later beginning would move it ahead
        results = poll(here.engine, here.config, corpus.NOW)
        cost = meter.stop()
        first = _stored(results)
        every = list(results)
        while _stored(every) < sources - len(cast.dead) and time.monotonic() - begun < LONGEST:
            time.sleep(1)
            passed = timedelta(seconds=time.monotonic() - begun)
            every += poll(here.engine, here.config, corpus.NOW + passed)
        here.engine.dispose()
        _check(cast, every)
        connections = here.config.poll.connections
        requests = _requests(site.log())
        most, allowed = requests["its_most_requests_a_minute"], here.config.poll.per_minute
        assert float(most) <= allowed, f"the crowded host got {most} requests in a minute, {allowed} are allowed"
        return {
            **_figures(cast, cost, connections),
            "live_sources_stored_at_once": first,
            "live_sources_stored": _stored(every),
            "seconds_until_all_were": round(time.monotonic() - begun, 1),
            **requests,
            "requests_allowed_a_minute": here.config.poll.per_minute,
        }


def _urls(cast: Cast, site: Site, closed: int) -> list[str]:
    alone = range(cast.sources - cast.crowd)
    refusing = set(cast.refusing)
    return [
        f"http://f{number}.localhost:{closed}/feed.xml" if number in refusing else site.host_url(number)
        for number in alone
    ] + [site.host_url(number, "crowd") for number in range(cast.sources - cast.crowd, cast.sources)]


@contextmanager
def _closed_port() -> Iterator[int]:
    """A port of 127.0.0.1 that is taken and refuses every connection."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def _stored(results: Sequence[PollResult]) -> int:
    """How many sources were stored whole."""
    return sum(result.tally.new == ENTRIES for result in results)


def _check(cast: Cast, results: Sequence[PollResult]) -> None:
    failed = {result.source for result in results if result.errors}
    assert failed == cast.dead, f"failed: {sorted(failed ^ cast.dead)[:5]} should not have, or should"
    live = cast.sources - len(cast.dead)
    assert _stored(results) == live, f"{_stored(results)} of {live} live sources were stored"


def _figures(cast: Cast, cost: Cost, connections: int) -> Figures:
    """What the first poll took, beside the waits for silent and slow sources where all connections share them."""
    slow = len(cast.slow) + len(cast.drip)
    waits = math.ceil(len(cast.silent) / connections) * DEADLINE + math.ceil(slow / connections) * PAUSE
    found: Figures = {
        "sources": cast.sources,
        "silent": len(cast.silent),
        "refusing": len(cast.refusing),
        "slow": slow,
        "connections": connections,
        "wall_seconds": cost.wall,
        "seconds_by_deadlines": waits,
        "seconds_of_the_rest": round(cost.wall - waits, 1),
        "cpu_seconds": cost.cpu,
    }
    for part, megabytes in enumerate(cost.fifths_mb, 1):
        found[f"mb_after_{part}_of_5"] = round(megabytes)
    return found | {"peak_mb": round(cost.peak_mb), "largest_process_mb": round(cost.largest_mb)}


def _requests(log: dict[str, list[float]]) -> Figures:
    busiest = max(log, key=lambda host: most_in_a_minute(log[host]))
    return {"busiest_host": busiest.partition(".")[0], "its_most_requests_a_minute": most_in_a_minute(log[busiest])}
