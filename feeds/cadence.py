"""When a source is due again, and the reason in words. Pure: the present and the past are arguments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

BACKOFF = 1.8
"""Factor by which each failure in a row lengthens the wait: a dead source is asked daily after its sixth failure."""

RETRY_AFTER_MOST = timedelta(hours=24)
RETRY_AFTER_LEAST = timedelta(minutes=1)

_YEAR = 366 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the operator allows, as spans of time."""

    interval: timedelta
    least: timedelta
    most: timedelta


def next_due(
    now: datetime,
    bounds: Bounds,
    *,
    local: bool = False,
    failures: int = 0,
    max_age: int | None = None,
    retry_after: int | None = None,
    gone: bool = False,
) -> tuple[datetime, str]:
    """The next due time of a source polled at `now`, with the reason.

    `failures` in a row include this poll; `max_age` and `retry_after` are what the server asked for, in seconds.
    A local path is due at every run: asking it costs a stat. What the server asked for may exceed `bounds.most` only
    by Retry-After, which is obeyed up to 24 hours.
    """
    if local:
        return now, "local path: read at every run"
    if gone:
        return now + timedelta(days=7), "410 Gone: asked weekly in case it was a mistake"
    wait, reason = bounds.interval, f"interval={_minutes(bounds.interval)}"
    if max_age is not None and _span(max_age) > wait:
        wait, reason = _span(max_age), f"max-age={max_age}"
    if failures:
        # The exponent is capped where the product has long passed any bound.
        slower = bounds.interval * BACKOFF ** min(failures, 20)
        if slower > wait:
            wait, reason = slower, "failed once" if failures == 1 else f"failed {failures} times in a row"
    wait = min(max(wait, bounds.least), bounds.most)
    if retry_after is not None:
        asked = min(max(_span(retry_after), RETRY_AFTER_LEAST), RETRY_AFTER_MOST)
        if asked > wait:
            wait, reason = asked, f"Retry-After={retry_after}"
    return now + wait, reason


def _span(seconds: int) -> timedelta:
    """What a server asked for, cut to a year either way: spans of time overflow."""
    return timedelta(seconds=min(max(seconds, -_YEAR), _YEAR))


def _minutes(span: timedelta) -> str:
    return f"{int(span.total_seconds() // 60)} min"
