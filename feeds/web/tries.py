"""How often one client may be wrong, so that nobody tries tokens by the million."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

WINDOW = 60.0
"""Seconds for which wrong tokens are counted."""

MOST_WRONG = 30
"""Wrong tokens of one client in that time. A service that polls for many readers is one client, and goes on asking
for those whose tokens have ended: once an hour for each of 1,000 is 17 a minute."""

MOST_CLIENTS = 10_000
"""Clients that are remembered, the latest to be wrong."""


class Tries:
    """Counts the wrong tokens of each client. `tick` tells seconds, of which only differences count."""

    def __init__(self, tick: Callable[[], float] = time.monotonic) -> None:
        self._tick = tick
        self._wrong: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def wait(self, client: str) -> int:
        """Seconds, one at least, for which the client is not heard; 0 where it is."""
        began, count = self._wrong.get(_who(client), (0.0, 0))
        left = began + WINDOW - self._tick()
        return int(left) + 1 if count >= MOST_WRONG and left > 0 else 0

    def wrong(self, client: str) -> bool:
        """Notes a wrong token; True where it is the one too many, once in a window."""
        who, now = _who(client), self._tick()
        began, count = self._wrong.pop(who, (now, 0))
        if began + WINDOW <= now:
            began, count = now, 0
        self._wrong[who] = began, count + 1
        if len(self._wrong) > MOST_CLIENTS:
            self._wrong.popitem(last=False)
        return count + 1 == MOST_WRONG


def _who(client: str) -> str:
    """Who counts as one client: an address, of IPv6 its /64, which is what one customer has at least."""
    try:
        found = ip_address(client)
    except ValueError:
        return client
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else client
