"""What systemd is told: a datagram to the socket that it names (sd_notify(3)), nothing where it names none."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress


class Systemd:
    """Who started us, as `environ` tells. What cannot be told is not: nobody waits for it for ever."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # An @ stands for the NUL of an address that is no file.
        self._address = f"\0{address[1:]}" if address[:1] == "@" else address if address[:1] == "/" else None
        self.watchdog = _watchdog(environ) if self._address is not None else None
        """Seconds within which a sign of life is expected, over and over; None where none is."""

    def ready(self, status: str) -> None:
        """All that is needed to work is at hand, or is again."""
        self._say("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """The configuration is read anew."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", "STATUS=reading the configuration")

    def stopping(self) -> None:
        """The end begins."""
        self._say("STOPPING=1", "STATUS=stopping")

    def alive(self) -> None:
        """All that has to go on does."""
        self._say("WATCHDOG=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._say(f"STATUS={text}")

    def _say(self, *lines: str) -> None:
        if self._address is None:
            return
        message = "\n".join(line.replace("\n", " ") for line in lines).encode("utf-8", "backslashreplace")
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.setblocking(False)
            out.sendto(message, self._address)


def _watchdog(environ: Mapping[str, str]) -> float | None:
    """Seconds of WATCHDOG_USEC, where they are ours (sd_watchdog_enabled(3))."""
    given, whose = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", str(os.getpid()))
    if not (given.isascii() and given.isdigit()) or whose != str(os.getpid()):
        return None
    return int(given) / 1_000_000 or None
