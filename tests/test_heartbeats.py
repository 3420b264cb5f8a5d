"""Signs of life, judged: who is late, who is gone, and what a person reads."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db.records import Heartbeat
from feeds.heartbeats import GONE, SILENCE, is_late, running, words
from tests.desk import NOON


def beat(job: str = "tick", ago: float = 0, *, every: int = 5, pid: int = 7, error: str | None = None) -> Heartbeat:
    return Heartbeat(job, NOON - timedelta(seconds=ago), NOON - timedelta(hours=3), every, pid, error)


def test_nobody_runs() -> None:
    assert running([], NOON) is None
    assert words(None, NOON) == "no daemon runs ('feeds run')"


@pytest.mark.parametrize(("ago", "late"), [(0, False), (SILENCE + 5, False), (SILENCE + 6, True)])
def test_a_job_is_late_after_its_time_and_some_patience(ago: int, late: bool) -> None:
    assert is_late(beat(ago=ago), NOON) is late


def test_a_daily_job_is_not_late_for_a_day() -> None:
    assert not is_late(beat("prune", 86_000, every=86_400), NOON)


def test_all_is_well() -> None:
    found = running([beat("deliver", 1, every=1), beat("tick", 4)], NOON)
    assert found is not None
    assert (found.pid, found.late, found.gone, found.well) == (7, (), False, True)
    assert words(found, NOON) == "process 7 runs for 3 h (deliver 1 s ago, tick 4 s ago)"


def test_what_a_job_failed_with_is_told_and_is_no_silence() -> None:
    found = running([beat(error="disk full")], NOON)
    assert found is not None
    assert found.well
    assert words(found, NOON) == "process 7 runs for 3 h (tick 0 s ago); tick failed: disk full"


def test_one_job_is_silent() -> None:
    found = running([beat("deliver", 1), beat("tick", 400)], NOON)
    assert found is not None
    assert (found.late, found.gone, found.well) == (("tick",), False, False)
    assert words(found, NOON) == "process 7 runs, but these jobs give no sign of life: tick (7 min)"


def test_all_are_silent() -> None:
    found = running([beat("deliver", GONE + 1), beat("prune", 3 * 86_400, every=86_400)], NOON)
    assert found is not None
    assert (found.gone, found.well) == (True, False)
    assert words(found, NOON) == "process 7 has given no sign of life for 2 min: it is gone, or hangs"
    old = running([beat(ago=2 * 86_400)], NOON)
    assert words(old, NOON).startswith("process 7 has given no sign of life for 2 days")


def test_the_newest_process_is_told() -> None:
    found = running([beat("prune", 500, pid=9, every=86_400), beat("tick", 2)], NOON)
    assert found is not None
    assert found.pid == 7
