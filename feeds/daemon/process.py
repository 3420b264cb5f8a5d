"""The daemon as a process: it starts, obeys signals, is watched over, takes another configuration, and ends."""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from enum import Enum, auto
from pathlib import Path
from types import FrameType

from db.engine import Engine, reading, writing
from db.errors import StorageError
from db.records import Heartbeat
from db.store import heartbeats, incidents
from feeds import log
from feeds.config import Config
from feeds.daemon.beats import Beats
from feeds.daemon.clockwork import Clockwork
from feeds.daemon.gear import Gear, gear, reread
from feeds.daemon.memory import frugal
from feeds.daemon.systemd import Systemd
from feeds.daemon.terminal import Terminal
from feeds.daemon.vigil import Vigil
from feeds.daemon.work import EVERY, Work
from feeds.declare import declare
from feeds.desk.context import Progress
from feeds.errors import BroadsheetError
from feeds.web.current import Current
from feeds.web.server import Server

STOP_WITHIN = 4.0
"""Seconds a stop waits for the work at hand; what is not done by then was not committed and is done again."""

FORGET_WITHIN = 1.0
"""Seconds a stop waits for the database, to take its signs of life out of it, while the server ends."""

TURN = 5.0
"""Seconds between two looks at the clock, and, where nobody asks for them more often, at the signs of life."""

_log = log.get("daemon")


class _Wish(Enum):
    """What a signal asks for."""

    STOP = auto()
    HANG_UP = auto()


class Daemon:
    """The desk as a running process, and the hands of its pages.

    `path` is the file of the configuration, `announce` says a line to a person, `clock` tells the time (UTC), `environ`
    who started us.
    """

    def __init__(
        self,
        engine: Engine,
        config: Config,
        *,
        path: Path,
        work_lock: Path,
        clock: Callable[[], datetime],
        announce: Callable[[str], None],
        port: int | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._engine = engine
        self._path = path.absolute()
        self._clock = clock
        self._say = announce
        self._port = port
        self._stop = threading.Event()
        self._wishes: queue.SimpleQueue[_Wish] = queue.SimpleQueue()
        self._beats = Beats(EVERY, pid=os.getpid(), clock=clock)
        first = gear(engine, config, clock, self, self._path)
        self._app = Current(first.app)
        self._work = Work(engine, first, work_lock=work_lock, clock=clock, beats=self._beats, stop=self._stop.is_set)
        self._clockwork = Clockwork(self._work.jobs(), self._beats)
        self._systemd = Systemd(environ)
        self._terminal = Terminal()
        self.reload_ok = True

    # --- what the pages of the desk may ask

    def wake(self) -> None:
        """Has what is due polled, and what is owed published, at once."""
        self._work.wake()
        self._clockwork.soon("tick")

    def progress(self) -> Progress | None:
        """How polling stands; None before the first poll."""
        return self._work.board.shown()

    def beats(self) -> Sequence[Heartbeat]:
        """The last sign of life of each job."""
        return self._beats.every()

    # --- from start to end

    def run(self) -> int:
        """Works and serves until SIGTERM or SIGINT, or until its terminal hangs up; returns the exit code.

        SIGHUP has the configuration read anew. A second signal to stop ends the process at once: nothing that was
        acknowledged is lost by that. Raises `BroadsheetError` where the address is taken, `ConfigError` where it is not
        ours to take.
        """
        frugal()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked_to_stop)
        signal.signal(signal.SIGHUP, lambda _number, _frame: self._wishes.put(_Wish.HANG_UP))
        server = self._serve()
        try:
            self._begin(server)
            self._obey(server)
            _log.info("stopping")
            self._systemd.stopping()
            drained = self._clockwork.stop(STOP_WITHIN)
            if not drained:
                _log.warning("work abandoned", after_s=STOP_WITHIN)
            forgetting, until = self._forget(), time.monotonic() + FORGET_WITHIN
        finally:
            server.stop()
        forgetting.join(max(0.0, until - time.monotonic()))
        self._announce("stopped")
        if not drained or forgetting.is_alive():
            # The interpreter would wait for the thread of a slow source; the kernel frees locks and sockets.
            os._exit(0)
        self._work.close()
        return 0

    def _serve(self) -> Server:
        """The server, started."""
        config = self._work.gear.config
        web, port = config.web, config.web.port if self._port is None else self._port
        server = Server(self._app, web.host, port, allow_remote=web.allow_remote, guarded=config.desk.is_guarded)
        server.start()
        return server

    def _begin(self, server: Server) -> None:
        self._announce(f"serving {server.url}  (stop with Ctrl-C)")
        if self._work.gear.config.desk.enabled:
            self._announce(f"desk at {server.url}desk/")
        self._note_config(None)
        self._clockwork.start()
        self._systemd.ready(f"serving {server.url}")

    def _obey(self, server: Server) -> None:
        """Does what signals ask for, and says that all goes on, until it is to stop."""
        vigil = Vigil(self._systemd, self._beats, lambda: server.last_turn, f"serving {server.url}")
        pause = min(TURN, (self._systemd.watchdog or 2 * TURN) / 2)
        while True:
            with suppress(queue.Empty):
                wish = self._wishes.get(timeout=pause)
                if wish is _Wish.STOP:
                    return
                if self._terminal.is_gone():
                    self._stop.set()
                    return
                self._reload(server)
            self._clockwork.mend()
            vigil.look()

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        if self._stop.is_set():
            # Nothing is torn by this: files are replaced whole, and what was not committed was not acknowledged.
            os._exit(1)
        self._stop.set()
        self._wishes.put(_Wish.STOP)

    def _announce(self, line: str) -> None:
        """Says a line to a person; a terminal that is gone or full is no reason to end."""
        with suppress(BroadsheetError, OSError):
            self._say(line)

    def _forget(self) -> threading.Thread:
        """Takes the signs of life out of the database, in a thread of its own: somebody may hold that for long."""

        def forget() -> None:
            with suppress(StorageError), writing(self._engine) as connection:
                heartbeats.forget(connection, os.getpid())

        forgetting = threading.Thread(target=forget, name="forget", daemon=True)
        forgetting.start()
        return forgetting

    # --- another configuration

    def _reload(self, server: Server) -> None:
        """Takes the configuration as it is written now, all of it or, where anything is wrong, nothing."""
        self._systemd.reloading()
        status = f"serving {server.url}"
        try:
            fresh = self._geared()
        except (BroadsheetError, StorageError) as error:
            self.reload_ok = False
            _log.error("configuration not taken", error=str(error))
            self._note_config(str(error))
            status = f"the former configuration stays: {error}"
        except Exception as error:
            self.reload_ok = False
            _log.exception("configuration not taken")
            self._note_config(f"{self._path}: internal error ({type(error).__name__})")
            status = "the former configuration stays"
        else:
            self._work.take(fresh)
            self._app.become(fresh.app)
            self.reload_ok = True
            self._note_config(None)
            _log.info("configuration taken", path=str(self._path))
            self.wake()
        self._systemd.ready(status)

    def _geared(self) -> Gear:
        """What goes by the configuration as it is written now, its sources and sections declared."""
        config = reread(self._path, self._work.gear.config, port_given=self._port is not None)
        fresh = gear(self._engine, config, self._clock, self, self._path)
        try:
            declare(self._engine, config, self._clock())
        except BaseException:
            fresh.poller.close()
            raise
        return fresh

    def _note_config(self, trouble: str | None) -> None:
        """Opens the incident that the configuration is wrong, or closes it; waits for other writers only where there
        is anything to write."""
        subject, now = self._path.name, self._clock()
        try:
            with reading(self._engine) as connection:
                is_open = subject in incidents.subjects_of(connection, "config")
            if trouble is not None or is_open:
                with writing(self._engine) as connection:
                    incidents.note(connection, subject, [("config", trouble, ())], ("config",), now)
        except StorageError as error:
            _log.warning("incident not noted", kind="config", error=str(error))
