"""When a source is due again, and the reason in words. Pure: the present and the past are arguments."""

from __future__ import annotations

from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What a server and its document ask for: spans in seconds, `expires` a moment; `gone` says 410."""

    max_age: int | None = None
    expires: datetime | None = None
    ttl: int | None = None
    update_period: int | None = None
    retry_after: int | None = None
    gone: bool = False

    def with_document(self, ttl: int | None, update_period: int | None) -> Hints:
        """The same with what the document asks for."""
        return replace(self, ttl=ttl, update_period=update_period)


def next_due(
    now: datetime, bounds: Bounds, hints: Hints | None = None, *, local: bool = False, failures: int = 0
) -> tuple[datetime, str]:
    """The next due time of a source polled at `now`, with the reason: the longest wait that anything asks for.

    `failures` in a row include this poll. A local path is due at every run: asking it costs a stat. Only Retry-After
    may exceed `bounds.most`, up to 24 hours.
    """
    hints = hints or Hints()
    if local:
        return now, "local path: read at every run"
    if hints.gone:
        return now + timedelta(days=7), "410 Gone: asked weekly in case it was a mistake"
    waits = [(bounds.interval, f"interval={_minutes(bounds.interval)}")]
    for name, seconds in (("max-age", hints.max_age), ("ttl", hints.ttl), ("sy:update", hints.update_period)):
        if seconds is not None:
            waits.append((_span(seconds), f"{name}={seconds}"))
    if hints.expires is not None and hints.max_age is None:
        # RFC 9111, 5.3: max-age goes before Expires.
        waits.append((hints.expires - now, f"Expires={hints.expires:%Y-%m-%dT%H:%M:%SZ}"))
    if failures:
        # The exponent is capped where the product has long passed any bound.
        slower = bounds.interval * BACKOFF ** min(failures, 20)
        waits.append((slower, "failed once" if failures == 1 else f"failed {failures} times in a row"))
    wait, reason = max(waits, key=lambda one: one[0])
    wait = min(max(wait, bounds.least), bounds.most)
    if hints.retry_after is not None:
        asked = min(max(_span(hints.retry_after), RETRY_AFTER_LEAST), RETRY_AFTER_MOST)
        if asked > wait:
            wait, reason = asked, f"Retry-After={hints.retry_after}"
    return now + wait, reason


def _span(seconds: int) -> timedelta:
    """What a server asked for, cut to a year either way: spans of time overflow."""
    return timedelta(seconds=min(max(seconds, -_YEAR), _YEAR))


def _minutes(span: timedelta) -> str:
    return f"{int(span.total_seconds() // 60)} min"
