"""Signs of life in memory: what begins, goes on and ends, by a clock that nobody sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from feeds.daemon.beats import Beats
from feeds.heartbeats import SILENCE
from tests.desk import NOON


@dataclass
class Time:
    """Both clocks. `shift` is what the one on the wall was set wrong by."""

    seconds: float = 0.0
    shift: timedelta = timedelta()

    def monotonic(self) -> float:
        return 1000 + self.seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds) + self.shift


def beats(time: Time) -> Beats:
    return Beats({"tick": 5, "prune": 86_400}, pid=7, clock=time.now, monotonic=time.monotonic)


def test_each_job_has_its_last_sign() -> None:
    time = Time()
    signs = beats(time)
    time.seconds = 10
    signs.begin("tick")
    time.seconds = 12
    assert signs.end("tick") is None
    time.seconds = 15
    prune, tick = signs.every()
    assert (prune.job, prune.at, prune.every) == ("prune", NOON, 86_400)
    assert (tick.job, tick.at, tick.since, tick.every, tick.pid) == ("tick", NOON + timedelta(seconds=12), NOON, 5, 7)


def test_a_long_run_lives_as_long_as_it_goes_on() -> None:
    time = Time()
    signs = beats(time)
    signs.begin("prune")
    for _ in range(10):
        time.seconds += SILENCE
        signs.beat("prune")
        signs.end("tick")
        assert signs.late() == []
    # It hangs: a job that is under way gives a sign more often than once a day.
    time.seconds += SILENCE + 31
    signs.end("tick")
    assert signs.late() == ["prune"]
    signs.end("prune")
    assert signs.late() == []


def test_an_error_stays_until_the_next_run() -> None:
    signs = beats(Time())
    assert signs.end("tick", "disk full") is None
    assert [beat.error for beat in signs.every()] == [None, "disk full"]
    assert signs.end("tick", "disk full") == "disk full"
    assert signs.end("tick") == "disk full"
    assert signs.end("tick") is None


def test_a_clock_that_is_set_makes_nobody_late() -> None:
    time = Time()
    signs = beats(time)
    for shift in (timedelta(days=1), timedelta(days=-1)):
        time.shift = shift
        assert signs.late() == []
        assert signs.every()[0].at == NOON + shift
