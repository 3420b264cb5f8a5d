"""What the operator allows for a source: when it is asked, and from when on it is slow or late."""

from __future__ import annotations

from datetime import datetime, timedelta

from db.records import Pace
from feeds import rhythm
from feeds.cadence import Bounds
from feeds.config import Config, Source


def bounds_of(config: Config, source: Source | None, host: str | None) -> Bounds:
    """What the operator allows for a source: its own interval, that of its host, or that of all."""
    settings = config.poll
    own = source.interval if source is not None else None
    if own is None and host is not None and host in config.host:
        own = config.host[host].interval
    interval = timedelta(minutes=own or settings.interval)
    return Bounds(
        interval=interval,
        least=min(interval, timedelta(minutes=settings.min_interval)),
        most=max(interval, timedelta(minutes=settings.max_interval)),
        unconditional=timedelta(minutes=settings.unconditional_interval),
        fixed=own is not None or "interval" in settings.model_fields_set,
    )


def stale_at(config: Config, source: Source, pace: Pace) -> datetime | None:
    """When the source is late by its rhythm, or by what a person said of it; None for never."""
    own = timedelta(hours=source.stale_hours) if source.stale_hours is not None else None
    return rhythm.stale_at(pace, *_patience(config), own)


def brought(config: Config, pace: Pace, at: datetime) -> Pace:
    """`pace` after something new came at that time."""
    return rhythm.noted(pace, at, rhythm.allowed(pace, *_patience(config)))


def _patience(config: Config) -> tuple[timedelta, float]:
    """How long any source may bring nothing new, and how many times its usual gap."""
    return timedelta(hours=config.monitor.stale_hours), config.monitor.stale_after


def slow_from(config: Config) -> int:
    """Milliseconds from which on an answer is slow."""
    return round(config.monitor.slow_seconds * 1000)


def shut_for(config: Config, host: str | None, retry_after: int | None) -> int | None:
    """Seconds for which nothing of `host` is asked, where its Retry-After is configured to mean all of it: from a
    minute to a day."""
    rules = config.host.get(host or "")
    if rules is None or not rules.share_retry_after or not retry_after:
        return None
    return min(max(retry_after, 60), 86_400)
