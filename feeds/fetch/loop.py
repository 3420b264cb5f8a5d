"""libcurl's multi interface on epoll: any number of exchanges in one thread, which sleeps while nothing happens.

Not `multi.select`, which is bound to descriptors below FD_SETSIZE and looks at every one of them each time.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pycurl  # type: ignore[import-untyped]  # its wheel has no py.typed

_WATCH = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}
_EVENTS = 256


AWAY = 0.25
"""Seconds more than asked for from which on a sleep was a stall: the process was stopped, or the machine."""


class Loop:
    """Exchanges under way. `stalled` is told of seconds in which nobody looked, before anything is done.

    Raises `OSError` or `pycurl.error` where no descriptor is left for it.
    """

    def __init__(self, connections: int, stalled: Callable[[float], None]) -> None:
        self._stalled = stalled
        self._watched: set[int] = set()
        self._alarm: float | None = None
        self._interrupt: BaseException | None = None
        self._epoll = select.epoll()
        try:
            self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        except OSError:
            self._epoll.close()
            raise
        try:
            self._multi = pycurl.CurlMulti()
        except BaseException:
            self._epoll.close()
            os.close(self._wake)
            raise
        self._epoll.register(self._wake, select.EPOLLIN)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._time)
        self._multi.setopt(pycurl.M_MAXCONNECTS, connections)

    def add(self, curl: Any) -> None:
        """Begins the exchange of `curl`, whose options are set; `turn` moves it."""
        self._multi.add_handle(curl)

    def remove(self, curl: Any) -> None:
        """Takes `curl` back, ended or not."""
        self._multi.remove_handle(curl)

    def wake(self) -> None:
        """Ends the sleep of `turn`; may be called from another thread."""
        os.eventfd_write(self._wake, 1)

    def turn(self, seconds: float) -> list[tuple[Any, int, str]]:
        """Sleeps at most `seconds`, does what is to be done, and returns what ended: handle, libcurl's code, detail."""
        if self._alarm is not None:
            seconds = min(seconds, self._alarm - time.monotonic())
        due = time.monotonic() + max(0.0, seconds)
        happened = self._epoll.poll(max(0.0, seconds), _EVENTS)
        if (late := time.monotonic() - due) > AWAY:
            self._stalled(late)
        for descriptor, events in happened:
            if descriptor == self._wake:
                os.eventfd_read(self._wake)
            elif descriptor in self._watched:  # what came before it may have closed it
                self._act(descriptor, _happened(events))
        if self._alarm is not None and self._alarm <= time.monotonic():
            self._alarm = None
            self._act(pycurl.SOCKET_TIMEOUT, 0)
        if self._interrupt is not None:
            interrupt, self._interrupt = self._interrupt, None
            raise interrupt
        return self._ended()

    def close(self) -> None:
        """Closes connections and descriptors; every handle has been removed before."""
        self._multi.close()
        self._epoll.close()
        if self._wake >= 0:
            os.close(self._wake)
            self._wake = -1  # somebody else's number from here on

    def _act(self, descriptor: int, events: int) -> None:
        with suppress(pycurl.error):  # a descriptor that libcurl has just forgotten
            self._multi.socket_action(descriptor, events)

    def _ended(self) -> list[tuple[Any, int, str]]:
        found: list[tuple[Any, int, str]] = []
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            found += [(curl, pycurl.E_OK, "") for curl in good]
            found += [(curl, code, detail) for curl, code, detail in bad]
        return found

    # libcurl's wrapper prints whatever these two raise and goes on, Ctrl-C included: it is kept for `turn` to raise.

    def _watch(self, what: int, descriptor: int, _multi: object, _data: object) -> None:
        try:
            with suppress(OSError):  # closed already, or no more to be watched: its exchange ends with its deadline
                if what == pycurl.POLL_REMOVE:
                    self._watched.discard(descriptor)
                    self._epoll.unregister(descriptor)
                elif descriptor in self._watched:
                    self._epoll.modify(descriptor, _WATCH[what])
                else:
                    self._epoll.register(descriptor, _WATCH[what])
                    self._watched.add(descriptor)
        except BaseException as error:
            self._interrupt = error

    def _time(self, milliseconds: int) -> None:
        try:
            self._alarm = time.monotonic() + milliseconds / 1000 if milliseconds >= 0 else None
        except BaseException as error:
            self._interrupt = error


def _happened(events: int) -> int:
    """epoll's events as libcurl's."""
    found = 0
    if events & select.EPOLLIN:
        found |= pycurl.CSELECT_IN
    if events & select.EPOLLOUT:
        found |= pycurl.CSELECT_OUT
    if events & (select.EPOLLERR | select.EPOLLHUP):
        found |= pycurl.CSELECT_ERR
    return found
