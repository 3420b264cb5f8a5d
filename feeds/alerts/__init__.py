"""Alerts: who is told of troubles and of new entries, when, and how often."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from db.engine import Engine
from feeds.config import Config


def plan(engine: Engine, config: Config, now: datetime) -> int:
    """Owes what the rules of the configuration say; returns how many alerts. Raises `StorageError`."""
    return 0


def deliver(
    engine: Engine, config: Config, clock: Callable[[], datetime], *, stop: Callable[[], bool] = lambda: False
) -> None:
    """Sends what is due, until `stop()` holds, at the latest. Raises `StorageError`."""
