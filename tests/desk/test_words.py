"""What the desk knows of sources, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from db.engine import reading
from db.records import NEVER, Pace, PastPoll, SourceRecord
from db.store import sources
from feeds.cadence import PUSHED
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


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(40, "40 s"), (90, "2 min"), (3600, "60 min"), (5400, "2 h"), (40 * 3600, "40 h"), (72 * 3600, "3 days")],
)
def test_a_span_has_one_unit(seconds: int, said: str) -> None:
    assert words.span(seconds) == said


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (None, "it has not been polled yet"),
        ("max-age=900", "its server says that an answer is good for 15 min"),
        ("ttl=3600", "it asks for 60 min between two polls"),
        ("sy:update=86400", "it says that it changes every 24 h"),
        ("Retry-After=120", "its server asked to be left alone for 2 min"),
        ("interval=60 min", "every 60 min, as it is set"),
        ("an entry every 180 min", "it has something new about every 3 h"),
        ("Expires=2026-03-02T12:30:00Z", "its server says that the answer is good until 2026-03-02 12:30 UTC"),
        ("no validators: a download at each poll, every 1440 min", "each poll is a whole download, so every 24 h"),
        (PUSHED, "a hub pushes what is new; polls only make sure"),
        ("failed 3 times in a row", "failed 3 times in a row"),
        ("resumed, but so what", "resumed, but so what"),
        (
            "max-age=900, but not in skipHours or skipDays",
            "its server says that an answer is good for 15 min, but not in the hours and days in which it asks to be "
            "left alone",
        ),
    ],
)
def test_reasons_are_spelt_out(reason: str | None, said: str) -> None:
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
