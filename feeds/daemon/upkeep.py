"""What is forgotten when its time is over, so that months of work leave a database that can be looked through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from db.engine import Connection, Engine, writing
from db.store import cursors, hours, incidents, polls, sessions
from feeds.config import Config

HOURS_KEPT = timedelta(days=400)
"""The counts of each hour: a row an hour, so that a year can be compared with the one before it."""

CURSORS_KEPT = timedelta(days=365)
"""Who has not looked for a year does not come back."""

SESSION_IDLE, SESSION_LONGEST = timedelta(days=7), timedelta(days=30)
"""After how long without use, and after how long at most, one has to sign in again."""


def prune(engine: Engine, config: Config, now: datetime, beat: Callable[[], None] = lambda: None) -> None:
    """Forgets what is older than is kept; `beat` is called between the steps, each a transaction of its own.

    Raises `StorageError`.
    """
    until = now - timedelta(days=config.monitor.history_days)
    steps: tuple[Callable[[Connection], object], ...] = (
        lambda connection: polls.prune(connection, until),
        lambda connection: incidents.prune(connection, until),
        lambda connection: hours.prune(connection, now - HOURS_KEPT),
        lambda connection: cursors.forget(connection, now - CURSORS_KEPT),
        lambda connection: sessions.prune(connection, now - SESSION_IDLE, now - SESSION_LONGEST),
    )
    for step in steps:
        beat()
        with writing(engine) as connection:
            step(connection)
