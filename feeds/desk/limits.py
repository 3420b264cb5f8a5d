"""How much of the desk one may use: attempts to sign in, what makes us ask others, bytes of a request."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from feeds.errors import BroadsheetError
from feeds.formats.opml import MAX_BYTES
from feeds.web.rates import Rates

LOGINS, LOGIN_SPAN = 5, 900.0
"""Wrong passwords from one address (of IPv6 one network of 64 bits), and the seconds in which they are as many."""

ALL_LOGINS, ALL_SPAN = 20, 3600.0
"""Wrong passwords from everywhere together, and the seconds in which they are as many. Beyond that each answer takes
`DELAY` longer, one after the other: who guesses from many addresses gets nowhere, who knows the password gets in."""

DELAY = 5.0
"""Seconds, of which a guess of many costs one each: 720 an hour."""

MOST_DELAYED = 10
"""Attempts that wait for that. One more is sent away."""

ASKED = 10
"""Previews and polls at once, of one principal in a minute: each makes us ask a server that somebody names."""

PREVIEWS = 2
"""Addresses that are tried at once: each takes up to half a minute for a request, and two processes."""

WRONG_TOKENS = 30
"""Wrong tokens of the API, of one client in a minute."""

BODY_BYTES = 1_000_000
"""Most bytes of a request."""

LARGE_BODIES = {"/desk/sources/import": MAX_BYTES + 10_000, "/api/v1/sources/import": MAX_BYTES}
"""Paths that take more: lists of subscriptions. In a form there is something around one."""

BODY_SECONDS = 15.0
"""In which a body has to come."""


class TooOften(BroadsheetError):
    """Somebody asked more than is for one; `wait` is for how many seconds there is nothing."""

    def __init__(self, wait: float) -> None:
        self.wait = math.ceil(wait)
        super().__init__(f"that was too often; try again in {self.wait} {'second' if self.wait == 1 else 'seconds'}")


class Busy(BroadsheetError):
    """Others have to end first."""


class Allowance:
    """`count` questions in `span` seconds for each key, at once if one likes. For any number of threads."""

    def __init__(self, count: int, span: float, seconds: Callable[[], float] = time.monotonic) -> None:
        self._rates = Rates(count, span=span)
        self._seconds = seconds
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Takes one question of `key`; returns 0, or for how many seconds there is none."""
        with self._lock:
            return self._rates.take(key, self._seconds())

    def give_back(self, key: str) -> None:
        """What was taken counts no more."""
        with self._lock:
            self._rates.give_back(key, 1.0)

    def spend(self, key: str) -> None:
        """Takes one question of `key`. Raises `TooOften` where there is none left."""
        if wait := self.take(key):
            raise TooOften(wait)


class Places:
    """`count` previews at once, and no more; nobody waits for a place. For any number of threads."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._free = threading.BoundedSemaphore(count)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """One of them, until the block ends. Raises `Busy` where there is none left."""
        if not self._free.acquire(blocking=False):
            raise Busy(f"{self._count} addresses are being tried; try again")
        try:
            yield
        finally:
            self._free.release()


class Limits:
    """What all pages and the API of one process share. `seconds` counts them."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic, *, delay: float = DELAY) -> None:
        self.delay = delay
        self._delayed = 0
        self._turn = asyncio.Lock()
        self.logins = Allowance(LOGINS, LOGIN_SPAN, seconds)
        self.all_logins = Allowance(ALL_LOGINS, ALL_SPAN, seconds)
        self.wrong_tokens = Allowance(WRONG_TOKENS, 60.0, seconds)
        self.asked = Allowance(ASKED, 60.0, seconds)
        """By name of the principal: previews, and polls at once."""
        self.previews = Places(PREVIEWS)

    async def delayed(self) -> bool:
        """Waits for `delay` seconds, behind all others that wait; False at once where too many do."""
        if self._delayed >= MOST_DELAYED:
            return False
        self._delayed += 1
        try:
            async with self._turn:
                await asyncio.sleep(self.delay)
        finally:
            self._delayed -= 1
        return True


def most_bytes(path: str) -> int:
    """How large the body of a request to `path` may be."""
    return LARGE_BODIES.get(path, BODY_BYTES)
