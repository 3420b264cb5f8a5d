"""What the desk knows of sources, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from db.engine import reading
from db.records import NEVER, Pace, PastPoll, SourceRecord
from db.store import sources
from feeds.cadence import DORMANT_AFTER, Bounds, Hints, next_due
from feeds.desk import words
from feeds.reading import PARSERS
from tests.desk import NOON, new_engine, source_id


@pytest.fixture
def source(tmp_path: Path) -> SourceRecord:
    engine = new_engine(tmp_path)
    with engine.begin() as connection:
        source_id(connection)
    with reading(engine) as connection:
        (found,) = sources.every(connection)
    engine.dispose()
    return found


BOUNDS = Bounds(interval=timedelta(minutes=60), least=timedelta(minutes=1), most=timedelta(days=3))
FIXED = replace(BOUNDS, fixed=True)
ALONE = Pace(skip_hours=tuple(range(12, 20)))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "every 60 min, as it is set"),
        ({"bounds": FIXED}, "every 60 min, as it is set"),
        ({"pace": Pace(max_age=9000)}, "its server says that an answer is good for 2 h"),
        ({"pace": Pace(ttl=36000)}, "it asks for 10 h between two polls"),
        ({"pace": Pace(update_period=86400)}, "it says that it changes every 24 h"),
        ({"hints": Hints(retry_after=7200)}, "its server asked to be left alone for 2 h"),
        ({"pace": Pace(every=21_600)}, "it has something new about every 6 h"),
        (
            {"hints": Hints(expires=NOON + timedelta(hours=3))},
            "its server says that the answer is good until 2026-03-02 15:00 UTC",
        ),
        ({"hints": Hints(conditional=False)}, "each poll is a whole download, so every 24 h"),
        ({"pushed": True}, "a hub pushes what is new; polls only make sure"),
        ({"failures": 1}, "it failed once"),
        ({"failures": 3}, "it failed 3 times in a row"),
        ({"failures": DORMANT_AFTER}, f"it failed {DORMANT_AFTER} times in a row, and is asked once a week"),
        ({"pace": Pace(newest=NOON - timedelta(days=400))}, "it has had nothing new for 400 days"),
        ({"pace": Pace(missed=1)}, "entries were lost between two polls, so it is asked more often"),
        ({"local": True}, "it stands on this machine, and is read at every run"),
        ({"hints": Hints(gone=True)}, "its server says that it is gone for good"),
        (
            {"pace": ALONE, "failures": 1},
            "it failed once, but not in the hours and days in which it asks to be left alone",
        ),
    ],
)
def test_what_the_schedule_says_is_spelt_out(asked: dict[str, Any], said: str) -> None:
    _, reason = next_due(NOON, **{"bounds": BOUNDS, **asked})
    assert words.because(reason) == said


@pytest.mark.parametrize(
    ("reason", "said"), [(None, "it has not been polled yet"), ("resumed, but so what", "resumed, but so what")]
)
def test_any_other_reason_is_told_as_it_is(reason: str | None, said: str) -> None:
    assert words.because(reason) == said


def test_a_rhythm_is_told_where_it_is_known(source: SourceRecord) -> None:
    assert words.rhythm(source) == "rhythm not known yet"
    assert words.rhythm(replace(source, pace=Pace(every=10_800))) == "about every 3 h"
    assert words.rhythm(replace(source, pace=Pace(every=1))) == "about every 60 s"


def test_when_a_source_is_polled_next(source: SourceRecord) -> None:
    assert words.due(source, NOON) == "now"
    assert words.due(replace(source, due_at=NOON + timedelta(minutes=5)), NOON) == "in 5 min"
    assert words.due(replace(source, due_at=NEVER), NOON) == "no more"
    assert words.due(replace(source, enabled=False), NOON) == "not while it is paused"


def test_a_state_says_why(source: SourceRecord) -> None:
    polled = replace(source, last_poll=NOON)
    assert words.standing(source, "ok") == "Nobody has polled it yet."
    assert words.standing(polled, "ok") == "Well."
    assert words.standing(replace(polled, error="HTTP 503"), "failing") == "Cannot be read: HTTP 503"
    moved = replace(polled, url="https://new.example/")
    assert words.standing(moved, "moved") == "Moved for good to another address, and is asked there."
    assert words.standing(replace(polled, paused=True), "paused") == "Somebody paused it."
    assert "enabled = false" in words.standing(polled, "paused")


def test_what_a_poll_came_to() -> None:
    poll = PastPoll(
        id=1, source="a", at=NOON, outcome="stored", new=2, updated=1, unchanged=0, skipped=0, error=None, ms=None,
        status=None, size=None,
    )  # fmt: skip
    assert words.outcome(poll) == "2 new, 1 updated"
    assert words.outcome(replace(poll, new=0, updated=0)) == "nothing new"
    assert words.outcome(replace(poll, outcome="failed")) == "failed"
    assert words.outcome(replace(poll, outcome="failed", error="HTTP 503")) == "failed: HTTP 503"


def test_every_kind_of_source_has_a_name() -> None:
    assert set(words.KINDS) == set(PARSERS)
