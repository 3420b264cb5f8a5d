"""What a failure is to whoever asked."""

from __future__ import annotations

import pytest

from db.errors import Locked, StorageError
from feeds.desk.limits import Busy, TooOften
from feeds.desk.problems import BUSY_SECONDS, MOST_DETAIL, details, status_of, wait_of
from feeds.errors import BroadsheetError, FetchError, OutputError, ParseError, Taken, Unknown, UsageError


@pytest.mark.parametrize(
    ("error", "status", "wait"),
    [
        (Unknown("x"), 404, None),
        (Taken("x"), 409, None),
        (UsageError("x"), 400, None),
        (TooOften(6.5), 429, 7),
        (FetchError("x"), 502, None),
        (ParseError("x"), 502, None),
        (Locked("x"), 503, BUSY_SECONDS),
        (Busy("x"), 503, BUSY_SECONDS),
        (StorageError("x"), 500, None),
        (OutputError("x"), 500, None),
        (BroadsheetError("x"), 500, None),
        (ValueError("x"), 500, None),
    ],
)
def test_a_failure_has_a_status_and_a_time_to_come_again(error: Exception, status: int, wait: int | None) -> None:
    assert (status_of(error), wait_of(error)) == (status, wait)


def test_details_for_programs() -> None:
    assert details("/api/v1/я\n", 404, "x" * 3000) == {
        "type": "about:blank", "title": "Not Found", "status": 404, "detail": "x" * MOST_DETAIL,
        "instance": "/api/v1/%D1%8F%0A",
    }  # fmt: skip
