"""Host names to addresses, away from the loop: a resolver that says nothing delays nobody but its own request.

libcurl would look names up itself, but it connects to the first address that works and never tells the others: a name
with one private address among public ones could not be refused. It gets all of them from us, vetted.
"""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue

Lookup = Callable[[str], Sequence[str]]
MOST_THREADS = 256
"""Lookups at once. One that hangs keeps its thread until the system's resolver gives up, long after whoever asked."""


def lookup(name: str) -> list[str]:
    """The addresses of `name` (ASCII), in the order to try them. Raises `OSError`.

    Names below `localhost` mean this machine (RFC 6761, section 6.3), whatever a resolver would say.
    """
    if name.rstrip(".").endswith(".localhost"):
        name = "localhost"
    # As bytes, for the codec "idna" refuses names that exist in the DNS.
    found = socket.getaddrinfo(name.encode("ascii"), None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Resolver:
    """Threads that look names up, begun as they are needed. `wake` is called whenever there is an answer."""

    def __init__(self, find: Lookup, wake: Callable[[], None]) -> None:
        self._find = find
        self._wake = wake
        self._asked: SimpleQueue[tuple[int, str] | None] = SimpleQueue()
        self._answers: deque[tuple[int, Sequence[str] | Exception]] = deque()
        self._forgotten: set[int] = set()
        self._lock = threading.Lock()
        self._threads = 0
        self._busy = 0
        self._closed = False

    def ask(self, ticket: int, name: str) -> None:
        """Begins to look `name` up; the answer carries `ticket`."""
        with self._lock:
            self._busy += 1
            more = self._busy > self._threads and self._threads < MOST_THREADS
            self._threads += more
        self._asked.put((ticket, name))
        if more:
            # A daemon: a lookup that hangs must not keep the process from ending.
            try:
                threading.Thread(target=self._work, name="resolver", daemon=True).start()
            except RuntimeError:  # no thread is to be had: the others do it, or the request ends with its deadline
                with self._lock:
                    self._threads -= 1

    @property
    def has_room(self) -> bool:
        """Whether one more would be looked up at once, and not wait for those that hang."""
        return self._busy < MOST_THREADS

    def forget(self, ticket: int) -> None:
        """Nobody waits for `ticket` any more: what was not begun is not begun."""
        with self._lock:
            self._forgotten.add(ticket)

    def answers(self) -> list[tuple[int, Sequence[str] | Exception]]:
        """What was found since the last call: addresses, or why there are none."""
        found = []
        while self._answers:
            found.append(self._answers.popleft())
        if found and self._forgotten:
            with self._lock:
                self._forgotten.difference_update([ticket for ticket, _ in found])
        return found

    def close(self) -> None:
        """Lets the threads end, each after the lookup that it is in; `wake` is called no more."""
        with self._lock:
            self._closed = True
        for _ in range(self._threads):
            self._asked.put(None)

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None:
            ticket, name = asked
            answer: Sequence[str] | Exception = ()
            if ticket not in self._forgotten:
                try:
                    answer = self._find(name)
                except Exception as error:  # not only OSError: whatever it is, it is this request's
                    answer = error
            with self._lock:
                self._busy -= 1
                if self._closed:
                    return
                if ticket in self._forgotten:
                    self._forgotten.discard(ticket)
                else:
                    self._answers.append((ticket, answer))
                self._wake()
