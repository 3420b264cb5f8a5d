"""Times as scripts read them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from db.records import NEVER
from feeds.shapes.times import due, when
from tests.desk import NOON


def test_times_are_of_utc_and_unknown_ones_none() -> None:
    assert when(NOON) == "2026-03-02T12:00:00Z"
    assert when(datetime(2026, 3, 2, 13, tzinfo=ZoneInfo("Europe/Warsaw"))) == "2026-03-02T12:00:00Z"
    assert when(None) is None


def test_never_is_no_time() -> None:
    assert (due(NOON), due(NEVER)) == ("2026-03-02T12:00:00Z", None)
