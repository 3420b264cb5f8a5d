"""`POST /hub`: subscribers, and publishers whose feeds our hub serves (WebSub, section 5.1).

What is asked for is noted and answered with 202; whether the subscriber really asked is found out later, from the
outbox, so that no answer tells what our network reaches.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool

from db.engine import Engine, reading, writing
from db.errors import StorageError
from feeds import log
from feeds.config import Config
from feeds.web.answers import Receive, Scope, Send, header, networks, plain, read_body
from feeds.web.rates import Rates, whose
from feeds.websub import FORM
from feeds.websub.hub import accept, left_of, wanted
from feeds.websub.topics import Topics, own_hub
from feeds.websub.wish import Refused, Wish, wish_of

BODY_BYTES = 16_384
"""Most bytes of a request: two addresses, a secret, and what we do not know."""
MOST_FIELDS = 100
PER_MINUTE = 60
"""Most requests of one client in a minute: each makes us ask some address that it names."""

_log = log.get(__name__)


class Hub:
    """Answers at `/hub`. `clock` tells the time (UTC), `seconds` those by which requests are counted."""

    def __init__(
        self,
        engine: Engine,
        config: Config,
        clock: Callable[[], datetime],
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine, self._config, self._clock = engine, config, clock
        self._topics = Topics(config)
        self._address = own_hub(config)
        self._trusted = networks(config.web.trusted_proxies)
        self._rates, self._seconds = Rates(PER_MINUTE), seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request to one line of text."""
        try:
            status, line = await self._respond(scope, receive)
        except Refused as error:
            status, line = error.status, str(error)
            _log.info("hub refused", status=status, reason=line)
        except StorageError as error:
            status, line = 503, "the hub is busy; try again in a minute"
            _log.warning("hub failed", error=str(error))
        later = [(b"retry-after", b"60")] if status in (429, 503) else []
        allowed = [(b"allow", b"GET, HEAD, POST")] if status == 405 else []
        await plain(send, status, line, [*later, *allowed])

    async def _respond(self, scope: Scope, receive: Receive) -> tuple[int, str]:
        if scope["path"] != "/hub":
            raise Refused(404, "Not found")
        if scope["method"] in ("GET", "HEAD"):
            return 200, f"The WebSub hub of {self._config.site.title}: POST hub.mode, hub.topic and hub.callback"
        if scope["method"] != "POST":
            raise Refused(405, "Method not allowed")
        # Those of whom nobody knows who they are have one share together: each makes us ask somebody.
        if self._rates.take(whose(scope, self._trusted) or "", self._seconds()):
            raise Refused(429, "too many requests; try again in a minute")
        wish = wish_of(await _fields(scope, receive), self._address)
        await run_in_threadpool(self._accept, wish)
        _log.info("hub accepted", mode=wish.mode, topic=wish.topic, host=wish.host)
        return 202, "Accepted"

    def _accept(self, wish: Wish) -> None:
        left = left_of(wish, self._topics)
        if left is not None:
            # Most is settled by this, which keeps nobody waiting who writes.
            with reading(self._engine) as connection:
                left = wanted(connection, self._topics, left, self._clock())
        if left is not None:
            with writing(self._engine) as connection:
                accept(connection, self._config, left, self._clock())


async def _fields(scope: Scope, receive: Receive) -> list[tuple[str, str]]:
    """The fields of a form. Raises `Refused` for what is none, or too much of one."""
    if (header(scope, b"content-type") or b"").partition(b";")[0].strip().lower() != FORM.encode():
        raise Refused(415, f"send {FORM}")
    body = await read_body(receive, BODY_BYTES)
    if body is None:
        raise Refused(413, f"more than {BODY_BYTES} bytes")
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refused(400, f"send a form in UTF-8 with {MOST_FIELDS} fields at most") from None
