"""`feeds run`: a clock, the work, and an HTTP server, in one process that a signal ends cleanly.

APScheduler is only the clock (`clockwork`). What is due stands in the database, so that a crash, a sleep of the machine
or a second process cost nothing: each tick asks for what is due by now.
"""

from __future__ import annotations

from feeds.daemon.process import STOP_WITHIN, Daemon
from feeds.daemon.work import TICK

__all__ = ["STOP_WITHIN", "TICK", "Daemon"]
