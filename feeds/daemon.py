"""`feeds run`: a clock, the work, and an HTTP server, in one process that a signal ends cleanly.

APScheduler is only the clock. What is due stands in the database, so that a crash, a sleep of the machine or a second
process cost nothing: each tick asks for what is due by now.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from db.engine import Engine, process_lock
from db.errors import Locked, StorageError
from feeds import log, pushes
from feeds.config import Config
from feeds.errors import BroadsheetError
from feeds.notify import deliver_all
from feeds.poll import Poller, PollResult, Terms
from feeds.publish import Press, Published, publish
from feeds.web.app import web_app
from feeds.web.server import Server

TICK = 5
"""Seconds between two looks for what is due: a local document is published this soon after it changed."""

TELL = 1
"""Seconds between two looks for what somebody is to be told: a subscriber waits for the question whether it asked."""

ROUND = 20.0
"""Seconds after which a tick begins no more polls: what came is published before the next ones."""

ARCHIVED = 5000
"""Entries of archives after which a publish begins no more of them: feeds wait a third of a second for it."""

STOP_WITHIN = 4.0
"""Seconds a stop waits for the work at hand; what is not done by then was not committed and is done again."""

_log = log.get("daemon")


class Daemon:
    """The desk as a running process. `announce` says a line to a person, `clock` tells the time (UTC)."""

    def __init__(
        self,
        engine: Engine,
        config: Config,
        *,
        work_lock: Path,
        clock: Callable[[], datetime],
        announce: Callable[[str], None],
        port: int | None = None,
    ) -> None:
        self._engine = engine
        self._config = config
        self._work_lock = work_lock
        self._clock = clock
        self._say = announce
        self._port = config.web.port if port is None else port
        self._stop = threading.Event()
        self._poller = Poller(engine, config)
        self._press = Press()
        self._troubles: dict[str, str] = {}
        self._terms = Terms(progress=_warn, stop=self._stop.is_set, within=ROUND, between=self._between)

    def run(self) -> int:
        """Works and serves until SIGTERM, SIGINT or SIGHUP; returns the exit code.

        Raises `BroadsheetError` where the address is taken, `ConfigError` where it is not ours to take. A second
        signal ends the process at once: nothing that was acknowledged is lost by that.
        """
        web = self._config.web
        app = web_app(self._engine, self._config, self._clock)
        server = Server(app, web.host, self._port, allow_remote=web.allow_remote, guarded=self._config.desk.is_guarded)
        # SIGHUP is what a closing terminal sends.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        server.start()
        try:
            self._announce(f"serving {server.url}  (stop with Ctrl-C)")
            scheduler = self._scheduler()
            scheduler.start()
            while not self._stop.wait(3600):
                pass
            _log.info("stopping")
            drained = self._drain(scheduler)
        finally:
            server.stop()
        self._announce("stopped")
        if not drained:
            # The interpreter would wait for the thread of a slow source; the kernel frees locks and sockets.
            os._exit(0)
        self._poller.close()
        return 0

    def _announce(self, line: str) -> None:
        """Says a line to a person; a terminal that is gone or full is no reason to end."""
        with suppress(BroadsheetError, OSError):
            self._say(line)

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        if self._stop.is_set():
            # Nothing is torn by this: files are replaced whole, and what was not committed was not acknowledged.
            os._exit(1)
        self._stop.set()

    def _scheduler(self) -> BackgroundScheduler:
        # It warns of every tick that finds the one before it at work, which is what `coalesce` is for.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        scheduler = BackgroundScheduler(
            # Two threads: a hub that answers slowly delays no poll, and a slow source no notification.
            executors={"default": ThreadPoolExecutor(1), "deliver": ThreadPoolExecutor(1)},
            # None: a late tick is still wanted; one makes up for all that were missed.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone="UTC",
        )
        scheduler.add_job(self.tick, "interval", seconds=TICK, id="tick", next_run_time=datetime.now(UTC))
        scheduler.add_job(self.deliver, "interval", seconds=TELL, id="deliver", executor="deliver")
        return scheduler

    def _drain(self, scheduler: BackgroundScheduler) -> bool:
        """Waits for the tick at hand, but not for ever; False where it had to be abandoned."""
        ending = threading.Thread(target=scheduler.shutdown, name="drain", daemon=True)
        ending.start()
        ending.join(STOP_WITHIN)
        if ending.is_alive():
            _log.warning("work abandoned", after_s=STOP_WITHIN)
        return not ending.is_alive()

    def _between(self) -> None:
        """What has to go on while a round waits for its slowest source."""
        self._tend()
        self._poller.poll_paths(self._clock(), self._terms)
        self._publish()

    def _tend(self) -> None:
        """Reads what hubs brought, and does what is due for our subscriptions."""
        self._poller.take_pushed(self._clock())
        pushes.tend(self._engine, self._config, self._clock())

    def _publish(self) -> None:
        published = publish(self._engine, self._config, self._clock(), press=self._press, budget=ARCHIVED)
        if published.paths:
            _log.info("published", files=len(published.paths))
        self._tell_troubles(published)

    def _tell_troubles(self, published: Published) -> None:
        """Says what could not be published, once for each reason, and what can again."""
        for name, reason in {**published.left_out, **published.refused, **published.unwritable}.items():
            if self._troubles.get(name) != reason:
                self._troubles[name] = reason
                _log.warning("not published", what=name, reason=reason)
        for name in sorted(self._troubles.keys() & (published.good | published.shown | set(published.paths))):
            if name not in published.unwritable:
                del self._troubles[name]
                _log.info("published again", what=name)

    def tick(self) -> None:
        """Polls what is due and publishes what is owed. A failure is logged and tried again at the next tick."""
        try:
            with process_lock(self._work_lock, "polling and publishing"):
                self._tend()
                self._poller.poll(self._clock(), self._terms, patient=True)
                self._publish()
        except Locked:
            _log.debug("tick skipped", reason="another process is at work")
        except (BroadsheetError, StorageError) as error:
            _log.error("tick failed", error=str(error))
        except Exception:
            _log.exception("tick crashed")

    def deliver(self) -> None:
        """Says what is owed to hubs and subscribers, all of it. A failure is logged, and tried again a second later."""
        try:
            deliver_all(self._engine, self._config, self._clock, stop=self._stop.is_set)
        except Locked:
            _log.debug("delivery put off", reason="another process is at work")
        except (BroadsheetError, StorageError) as error:
            _log.error("delivery failed", error=str(error))
        except Exception:
            _log.exception("delivery crashed")


def _warn(result: PollResult) -> None:
    """Says what failed, once."""
    if result.error is not None and not result.repeated:
        _log.warning("source failed", source=result.source, error=result.error)
