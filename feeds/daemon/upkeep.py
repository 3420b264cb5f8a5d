"""What is forgotten when its time is over, so that months of work leave a database that can be looked through."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from db.engine import Connection, Engine, writing
from db.store import cursors, hours, incidents, polls, sessions
from feeds.config import Config
from feeds.desk.sessions import IDLE, LONGEST

HOURS_KEPT = timedelta(days=400)
"""The counts of each hour: a row an hour, so that a year can be compared with the one before it."""

CURSORS_KEPT = timedelta(days=365)
"""Who has not looked for a year does not come back."""

PAUSE = 0.1
"""Seconds between two of them: who waits for the database looks for it about as often."""

AT_ONCE = 2000
"""Rows that one transaction forgets: what there is of years must not keep polls from the database."""


def prune(
    engine: Engine, config: Config, now: datetime, beat: Callable[[], None] = lambda: None, *, at_once: int = AT_ONCE
) -> None:
    """Forgets what is older than is kept, `at_once` rows in a transaction; `beat` is called between these.

    Raises `StorageError`.
    """
    until = now - timedelta(days=config.monitor.history_days)
    many: tuple[Callable[[Connection], int], ...] = (
        lambda connection: polls.prune(connection, until, at_once),
        lambda connection: incidents.prune(connection, until, at_once),
    )
    for step in many:
        while True:
            beat()
            with writing(engine) as connection:
                if not step(connection):
                    break
            time.sleep(PAUSE)
    with writing(engine) as connection:
        hours.prune(connection, now - HOURS_KEPT)
        cursors.forget(connection, now - CURSORS_KEPT)
        sessions.prune(connection, now - IDLE, now - LONGEST)
