"""The monitor: one look at what no poll sees, which opens incidents and closes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from db.engine import Engine
from db.records import Heartbeat
from feeds.config import Config


def watch(engine: Engine, config: Config, now: datetime, *, beats: Sequence[Heartbeat] = ()) -> None:
    """Looks at sources that are late, at our own output, the disk and the database, and at the daemon's jobs (`beats`).

    Raises `StorageError`.
    """
