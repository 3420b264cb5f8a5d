"""`POST /hub`: subscribers, and publishers whose feeds our hub serves (WebSub, section 5.1).

What is asked for is noted and answered with 202; whether the subscriber really asked is found out later, from the
outbox, so that no answer tells what our network reaches.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address, ip_network
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from db.engine import Engine, writing
from db.errors import StorageError
from feeds import log
from feeds.config import Config
from feeds.websub.hub import accept
from feeds.websub.publisher import FORM
from feeds.websub.topics import Topics, own_hub
from feeds.websub.wish import Refused, Wish, wish_of

BODY_BYTES = 16_384
"""Most bytes of a request: two addresses, a secret, and what we do not know."""
MOST_FIELDS = 100
PER_MINUTE = 60
"""Most requests of one client in a minute: each makes us ask some address that it names."""
MOST_CLIENTS = 10_000
"""Clients that are counted at once; where there are more, all of them begin anew."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
_log = log.get(__name__)


def hub_app(
    engine: Engine, config: Config, clock: Callable[[], datetime], *, seconds: Callable[[], float] = time.monotonic
) -> Starlette:
    """Answers at `/hub`. `clock` tells the time (UTC), `seconds` those by which requests are counted."""
    topics, hub, admitted = Topics(config), own_hub(config), _Rate(seconds)

    async def respond(request: Request) -> Response:
        if request.method != "POST":
            return _plain(f"The WebSub hub of {config.site.title}: POST hub.mode, hub.topic and hub.callback.", 200)
        try:
            if not admitted(request.client.host if request.client else ""):
                raise Refused(429, "too many requests; try again in a minute")
            wish = wish_of(await _fields(request), hub)
            await run_in_threadpool(take, wish)
        except Refused as error:
            _log.info("hub refused", status=error.status, reason=str(error))
            return _plain(str(error), error.status)
        except StorageError as error:
            _log.warning("hub failed", error=str(error))
            return _plain("the hub is busy; try again in a minute", 503)
        _log.info("hub accepted", mode=wish.mode, topic=wish.topic, host=wish.host)
        return _plain("Accepted", 202)

    def take(wish: Wish) -> None:
        with writing(engine) as connection:
            accept(connection, config, topics, wish, clock())

    app = Starlette(routes=[Route("/hub", respond, methods=["GET", "POST"])])
    app.router.redirect_slashes = False
    return app


def _plain(line: str, status: int) -> Response:
    retry = {"Retry-After": "60"} if status in (429, 503) else {}
    return PlainTextResponse(f"{line}\n", status, headers=_HEADERS | retry)


async def _fields(request: Request) -> list[tuple[str, str]]:
    """The fields of a form. Raises `Refused` for what is none, or too much of one."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Refused(415, f"send {FORM}")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES:
            raise Refused(413, f"more than {BODY_BYTES} bytes")
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refused(400, f"send a form in UTF-8 with {MOST_FIELDS} fields at most") from None


class _Rate:
    """Counts the requests of each client, an IPv6 one by its network, in the running minute."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._minute = 0.0
        self._counts: dict[str, int] = {}

    def __call__(self, client: str) -> bool:
        """Whether one more is admitted."""
        now = self._seconds()
        if now - self._minute >= 60 or len(self._counts) >= MOST_CLIENTS:
            self._minute = now
            self._counts.clear()
        key = _network(client)
        self._counts[key] = self._counts.get(key, 0) + 1
        return self._counts[key] <= PER_MINUTE


def _network(client: str) -> str:
    try:
        address = ip_address(client)
    except ValueError:
        return client
    return str(ip_network(f"{client}/64", strict=False)) if address.version == 6 else client
