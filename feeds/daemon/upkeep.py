"""What is forgotten when its time is over, so that months of work leave a database that can be looked through."""

from __future__ import annotations

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

AT_ONCE = 2000
"""Rows that one transaction forgets: what there is of years must not keep polls from the database."""


def prune(engine: Engine, config: Config, now: datetime, beat: Callable[[], None] = lambda: None) -> None:
    """Forgets what is older than is kept; `beat` is called between the steps, each a transaction of its own.

    Raises `StorageError`.
    """
    until = now - timedelta(days=config.monitor.history_days)
    many: tuple[Callable[[Connection], int], ...] = (
        lambda connection: polls.prune(connection, until, AT_ONCE),
        lambda connection: incidents.prune(connection, until, AT_ONCE),
    )
    for step in many:
        forgotten = AT_ONCE
        while forgotten == AT_ONCE:
            beat()
            with writing(engine) as connection:
                forgotten = step(connection)
    with writing(engine) as connection:
        hours.prune(connection, now - HOURS_KEPT)
        cursors.forget(connection, now - CURSORS_KEPT)
        sessions.prune(connection, now - IDLE, now - LONGEST)
