"""The clock: jobs run again and again, whatever becomes of them."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from db.errors import Locked, StorageError
from feeds import log
from feeds.daemon.beats import Beats
from feeds.daemon.clockwork import Clockwork, Job
from tests.desk import NOON
from tests.fakes import wait_for


@contextmanager
def working(**jobs: Callable[[], None]) -> Iterator[tuple[Clockwork, Beats]]:
    """A clock that runs `jobs` every second."""
    beats = Beats(dict.fromkeys(jobs, 1), pid=7, clock=lambda: NOON)
    clockwork = Clockwork([Job(name, 1, work) for name, work in jobs.items()], beats)
    clockwork.start()
    try:
        yield clockwork, beats
    finally:
        assert clockwork.stop(10)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[tuple[str, str, str]]]]:
    """Level, event and job of what was logged."""
    log.configure(1, json=True)

    def lines() -> list[tuple[str, str, str]]:
        found = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        return [(line["level"], line["event"], line["job"]) for line in found if "job" in line]

    yield lines
    log.configure(0, json=False)


def test_what_a_job_raises_stops_neither_it_nor_others(said: Callable[[], list[tuple[str, str, str]]]) -> None:
    runs: list[int] = []
    raised: list[BaseException] = [SystemExit(3), StorageError("disk full"), StorageError("disk full"), Locked("held")]

    def bad() -> None:
        if raised:
            raise raised.pop(0)

    with working(bad=bad, good=lambda: runs.append(1)) as (clockwork, beats):
        for left in (3, 2, 1, 0):
            assert wait_for(lambda left=left: len(raised) == left)  # type: ignore[misc]  # mypy sees no default
            clockwork.soon("bad")
        assert wait_for(lambda: all(beat.error is None for beat in beats.every()))
        count = len(runs)
        assert wait_for(lambda: len(runs) > count)
    # What is the same again is told once; what another process keeps us from is no failure.
    assert said() == [
        ("error", "job failed", "bad"),
        ("error", "job failed", "bad"),
        ("info", "job works again", "bad"),
    ]


def test_what_failed_is_known_until_the_next_run() -> None:
    def bad() -> None:
        sys.exit(3)

    with working(bad=bad) as (_clockwork, beats):
        assert wait_for(lambda: beats.every()[0].error == "internal error: SystemExit: 3")


def test_a_wish_is_a_run_at_once_and_many_are_one() -> None:
    runs: list[float] = []
    beats = Beats({"rare": 3600}, pid=7, clock=lambda: NOON)
    clockwork = Clockwork([Job("rare", 3600, lambda: runs.append(1), after=1800)], beats)
    clockwork.start()
    try:
        for _ in range(20):
            clockwork.soon("rare")
        assert wait_for(lambda: runs != [], 2)
        assert not wait_for(lambda: len(runs) > 1, 0.6)
    finally:
        assert clockwork.stop(10)
    clockwork.soon("rare")  # nobody is there to hear it


def test_a_clock_that_was_set_back_stalls_nothing() -> None:
    runs: list[int] = []
    with working(tick=lambda: runs.append(1)) as (clockwork, _beats):
        assert wait_for(lambda: runs != [])
        clockwork.mend()
        scheduler = clockwork._scheduler
        scheduler.modify_job("tick", next_run_time=datetime.now(UTC) + timedelta(days=1))
        assert wait_for(lambda: scheduler.get_job("tick").next_run_time > datetime.now(UTC) + timedelta(hours=1))
        count = len(runs)
        clockwork.mend()
        assert wait_for(lambda: len(runs) > count, 5)


def test_work_that_does_not_end_is_abandoned() -> None:
    held = threading.Event()
    beats = Beats({"tick": 1}, pid=7, clock=lambda: NOON)
    begun = threading.Event()

    def hang() -> None:
        begun.set()
        held.wait(30)

    clockwork = Clockwork([Job("tick", 1, hang)], beats)
    clockwork.start()
    assert begun.wait(10)
    assert not clockwork.stop(0.1)
    held.set()


def test_one_that_hangs_holds_up_no_other() -> None:
    held, runs = threading.Event(), list[int]()
    with working(alerts=lambda: bool(held.wait(30)) and None, tick=lambda: runs.append(1)):
        assert wait_for(lambda: len(runs) > 1)
        held.set()
