"""Whether all that has to go on does, for systemd, which starts us anew where it does not."""

from __future__ import annotations

import time
from collections.abc import Callable

from feeds import log
from feeds.daemon.beats import Beats
from feeds.daemon.systemd import Systemd

WEB_SILENCE = 30.0
"""Seconds without a turn of the web server's loop after which it hangs; there are ten in each."""

_log = log.get("daemon")


class Vigil:
    """Looks at the jobs, and at the server by `last_turn()`, when its loop last turned (`monotonic` seconds). `well` is
    the status while all goes on."""

    def __init__(
        self,
        systemd: Systemd,
        beats: Beats,
        last_turn: Callable[[], float],
        well: str = "",
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._systemd, self._beats = systemd, beats
        self._last_turn, self._monotonic = last_turn, monotonic
        self._well = well
        self._silent: list[str] = []

    def look(self) -> None:
        """Says that all is alive; where something is not, nothing is said of that, and what it is once."""
        silent = self._beats.late()
        if self._monotonic() - self._last_turn() > WEB_SILENCE:
            silent.append("web")
        if not silent:
            self._systemd.alive()
            if self._silent:
                _log.info("alive again", jobs=self._silent)
                self._systemd.status(self._well)
        elif silent != self._silent:
            _log.error("no sign of life", jobs=silent)
            self._systemd.status(f"no sign of life of {', '.join(silent)}")
        self._silent = silent
