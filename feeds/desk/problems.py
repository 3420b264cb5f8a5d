"""What a failure is to whoever asked, by a page or by the API: its status, when to come again, and the problem details
that programs read (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from db.errors import Locked
from feeds.desk.limits import Busy, TooOften
from feeds.errors import SourceError, Taken, Unknown, UsageError

MEDIA_TYPE = "application/problem+json"
MOST_DETAIL = 2000
"""Characters of a detail: what was sent may be long."""

BUSY_SECONDS = 10
"""After which one may come again where others have to end first."""

STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (Unknown, 404),
    (Taken, 409),
    (UsageError, 400),
    (TooOften, 429),
    (SourceError, 502),
    (Locked, 503),
    (Busy, 503),
)
"""A failure and its status; the first that fits counts."""


def status_of(error: Exception) -> int:
    """The HTTP status of a failure: 500 for what nobody who asks can help."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def wait_of(error: Exception) -> int | None:
    """After how many seconds one may try again; None where that does not help."""
    if isinstance(error, TooOften):
        return error.wait
    return BUSY_SECONDS if status_of(error) == 503 else None


def details(path: str, status: int, said: str) -> dict[str, str | int]:
    """Problem details of a request at `path`, as a scope has it."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": said[:MOST_DETAIL],
        "instance": quote(path, safe="/:@!$&'()*+,;=-._~"),
    }
