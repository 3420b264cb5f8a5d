"""How much one client may ask in a minute."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import ip_address

from feeds import log
from feeds.fetch.addresses import share
from feeds.web.answers import (
    Application,
    AtOnce,
    Headers,
    Message,
    Network,
    Ready,
    Receive,
    Scope,
    Send,
    client_of,
    header,
    plain,
)

SPAN = 60.0
"""Seconds in which a client may ask as often as it is allowed to, at once if it likes."""

MOST_CLIENTS = 50_000
"""Clients that are told apart; of more, those that have not asked for longest are forgotten."""

SAME = 0.25
"""What a 304 counts: a reader that asks for 200 feeds and gets none of them anew has asked for 50."""

_FORWARDED = (b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via")
_log = log.get(__name__)


class Rates:
    """What each client has left, as one number: when it will have all again (a token bucket, without a clock of its
    own), for `count` questions in `span` seconds. Every question takes the same time."""

    def __init__(self, count: int, most: int = MOST_CLIENTS, *, span: float = SPAN) -> None:
        self._span = span
        self._step = span / count
        self._most = most
        self._whole: OrderedDict[str, float] = OrderedDict()

    def take(self, client: str, now: float, count: float = 1.0) -> float:
        """Takes `count` of what `client` has left at `now` (seconds); returns 0, or how long it has to wait."""
        whole = max(self._whole.get(client, now), now) + count * self._step
        # A trifle more, so that sums of steps may be rounded.
        if whole - now > self._span * (1 + 1e-8):
            return whole - now - self._span
        self._whole[client] = whole
        self._whole.move_to_end(client)
        if len(self._whole) > self._most:
            self._whole.popitem(last=False)
        return 0.0

    def give_back(self, client: str, count: float) -> None:
        """Gives back what was taken too much."""
        if client in self._whole:
            self._whole[client] -= count * self._step


class Limited:
    """Lets `app` answer who has not asked too often, and sends the others away (429).

    What was `proven` by its scope and status to be no stranger's counts nothing once it is answered.

    A client on this machine has its share, too. What comes through a proxy on this machine that is not `trusted` is not
    counted: nobody knows whose it is, and together all readers would seem to be one.

    `shared` tells what the answer at a path says beside the usual to scripts of other sites; `now` counts seconds.
    """

    def __init__(
        self,
        app: Application,
        per_minute: int,
        trusted: Sequence[Network] = (),
        *,
        proven: Callable[[Scope, int], bool] = lambda _scope, _status: False,
        shared: Callable[[str], Headers] = lambda _: (),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._proven = proven
        self._shared = shared
        self._at_once: AtOnce | None = getattr(app, "at_once", None)
        self._rates = Rates(per_minute)
        self._trusted = trusted
        self._now = now
        self._warned = False

    def at_once(self, scope: Scope) -> Ready | None:
        ready = None if self._at_once is None else self._at_once(scope)
        if ready is None:
            return None
        client = self._client(scope)
        count = SAME if ready.headers.status == 304 else 1.0
        return None if client and self._rates.take(client, self._now(), count) else ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = self._client(scope)
        wait = self._rates.take(client, self._now()) if client else 0.0
        if wait:
            again = [(b"retry-after", b"%d" % math.ceil(wait)), *self._shared(scope["path"])]
            await plain(send, 429, "Too many requests", again)
            return

        async def counted(message: Message) -> None:
            status = message.get("status")
            if status == 304:
                self._rates.give_back(client, 1 - SAME)
            elif status is not None and self._proven(scope, status):
                self._rates.give_back(client, 1)
            await send(message)

        await self._app(scope, receive, counted)

    def _client(self, scope: Scope) -> str:
        """Whose share the request takes; "" for nobody's."""
        client = whose(scope, self._trusted)
        if client is None and not self._warned:
            self._warned = True
            _log.warning("limit of requests not kept", reason="a proxy that [web] trusted_proxies does not name")
        return client or ""


def whose(scope: Scope, trusted: Sequence[Network] = ()) -> str | None:
    """Whose share the request takes, "" for nobody's; None where a proxy on this machine handed it on that is not
    `trusted`, so that nobody knows."""
    client = client_of(scope, trusted)
    if not client:
        return ""
    if _is_loopback(client) and not any(ip_address(client) in network for network in trusted):
        if any(header(scope, name) is not None for name in _FORWARDED):
            return None
    return share(client)


@lru_cache(maxsize=4096)
def _is_loopback(client: str) -> bool:
    return ip_address(client).is_loopback
