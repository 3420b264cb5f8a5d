"""Signs of life of the jobs, in memory: when each began, went on and ended, by a clock that nobody sets."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.records import Heartbeat
from feeds.heartbeats import WRITTEN, is_late


@dataclass(slots=True)
class _Sign:
    """`at` is seconds of the monotonic clock."""

    every: int
    at: float
    under_way: bool = False
    error: str | None = None


class Beats:
    """`every` is job -> seconds between two of its runs; `clock` tells the time (UTC), `monotonic` seconds.

    A job that is at work gives signs as it goes on (`beat`), and counts as late when they stop.
    """

    def __init__(
        self,
        every: Mapping[str, int],
        *,
        pid: int,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pid, self._clock, self._monotonic = pid, clock, monotonic
        self._since = clock()
        self._signs = {job: _Sign(seconds, monotonic()) for job, seconds in every.items()}

    def begin(self, job: str) -> None:
        """A run begins."""
        sign = self._signs[job]
        sign.at, sign.under_way = self._monotonic(), True

    def beat(self, job: str) -> None:
        """A run goes on."""
        self._signs[job].at = self._monotonic()

    def end(self, job: str, error: str | None = None) -> str | None:
        """A run is over; returns what the one before it failed with."""
        sign = self._signs[job]
        before, sign.error = sign.error, error
        sign.at, sign.under_way = self._monotonic(), False
        return before

    def every(self) -> list[Heartbeat]:
        """The last sign of each job, in order of name."""
        now, at = self._clock(), self._monotonic()
        return [
            Heartbeat(
                job=job,
                at=now - timedelta(seconds=int(at - sign.at)),
                since=self._since,
                every=min(sign.every, WRITTEN) if sign.under_way else sign.every,
                pid=self._pid,
                error=sign.error,
            )
            for job, sign in sorted(self._signs.items())
        ]

    def late(self) -> list[str]:
        """The jobs that should have given a sign since."""
        now = self._clock()
        return [beat.job for beat in self.every() if is_late(beat, now)]
