"""The present of a run goes on from what the caller says it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from feeds.clock import Clock

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def test_it_goes_on_with_the_process_from_the_moment_it_is_told() -> None:
    fresh, older = Clock(NOW), Clock(NOW, time.monotonic() - 90.5)
    assert 0.0 <= fresh.at() - NOW.timestamp() < 30.0
    assert 0.0 <= older.at() - NOW.timestamp() - 90.5 < 30.0
    assert older.at() <= older.at()
    # Whole seconds of what has passed, whatever fraction the beginning had.
    assert Clock(NOW + timedelta(milliseconds=700)).moment().microsecond == 700_000
    assert timedelta(seconds=90) <= older.moment() - NOW < timedelta(seconds=120)
