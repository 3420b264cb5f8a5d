"""Feeds for paying readers: `/p/<token>/<path>`, and `/private/<path>` with the token as password of HTTP Basic.

In this order, so that neither an answer nor the time it takes tells anything before the token is right: the method, how
often the client was wrong, the token, the path. What is wrong with a token is never said, and no answer and no line of
the log holds one.
"""

from __future__ import annotations

import asyncio
import base64
import math
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from db.engine import Engine, reading
from db.errors import StorageError
from db.records import TokenRecord
from feeds import log, tokens
from feeds.config import Config
from feeds.errors import UsageError
from feeds.ondemand import Composer
from feeds.web.answers import Receive, Scope, Send, client_of, header, networks, plain
from feeds.web.files import is_path
from feeds.web.filtered import narrowing
from feeds.web.public import show
from feeds.web.rates import SPAN, Rates, whose
from feeds.web.shelf import INDEX, Shelf
from feeds.web.stock import Busy, Unavailable
from feeds.web.uses import Uses

REALM = b'Basic realm="Feeds for subscribers", charset="UTF-8"'
"""RFC 7617: the realm is shown by the window that asks for user and password."""

MOST_WRONG = 30
"""Wrong tokens of one client in a minute. A service that polls for many readers is one client, and goes on asking for
those whose tokens have ended: once an hour for each of 1,000 is 17 a minute."""

THREADS = 2
MOST_CHECKS = 100
"""Tokens that wait to be looked up; a lookup takes less than a millisecond."""

RETRY = b"10"
"""Seconds after which a client may ask again where we are too busy, or cannot tell."""

_MOST_CREDENTIALS = 1000
_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request asks for: `given` as a token (None for nothing at all), a path that may be none, and how it is
    refused."""

    given: str | None = field(repr=False)
    path: str | None
    refuse: Callable[[Send], Awaitable[None]]


class Private:
    """The applications of both addresses: `by_token` for what begins with `/p/`, `by_login` for `/private/`.

    `clock` tells the time (UTC), `now` counts seconds.
    """

    def __init__(
        self,
        engine: Engine,
        config: Config,
        composer: Composer,
        clock: Callable[[], datetime],
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._now = now
        self._trusted = networks(config.web.trusted_proxies)
        self._wrong = Rates(MOST_WRONG)
        self._told = -math.inf
        self._shelf = Shelf(engine, config, composer, clock, now=now)
        self._uses = Uses(engine, clock)
        self._threads = ThreadPoolExecutor(THREADS, "tokens")
        self._checks = 0

    async def by_token(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answers `/p/<token>/<path>`. A token that is wrong is no address at all: 404."""
        given, slash, path = (_below(scope, "/p/") or "").partition("/")
        await self._safely(scope, send, _Asked(given, path if slash else None, _not_found))

    async def by_login(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answers `/private/<path>`. Who gives no token, or a wrong one, is asked for it: 401."""
        given = _password(header(scope, b"authorization"))
        await self._safely(scope, send, _Asked(given, _below(scope, "/private/"), _unauthorised))

    async def _safely(self, scope: Scope, send: Send, asked: _Asked) -> None:
        """Answers, whatever goes wrong. What is logged of it is the error, never the request."""
        try:
            await self._answer(scope, send, asked)
        except UsageError as error:
            await plain(send, 400, str(error))
        except (Busy, Unavailable, StorageError) as error:
            if isinstance(error, StorageError):
                _log.warning("token not looked up", error=str(error))
            await plain(send, 503, "Busy; try again soon", [(b"retry-after", RETRY)])
        except Exception as error:
            _log.error("subscriber not answered", exc_info=error)
            await plain(send, 500, "Internal error")

    async def _answer(self, scope: Scope, send: Send, asked: _Asked) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await plain(send, 405, "Method not allowed", [(b"allow", b"GET, HEAD")])
            return
        client = whose(scope, self._trusted)
        if wait := self._wait(client):
            retry = [(b"retry-after", b"%d" % math.ceil(wait))]
            await plain(send, 429, "Too many wrong tokens; try again later", retry)
            return
        record = None if asked.given is None else await self._admitted(asked.given)
        if record is None or asked.given is None:
            if client and asked.given is not None:
                self._wrong.take(client, self._now())
            await asked.refuse(send)
            return
        self._uses.note(record, tokens.network(asked.given, client_of(scope, self._trusted)))
        await self._serve(scope, send, asked.path)

    def _wait(self, client: str | None) -> float:
        """Seconds for which the client is not heard; 0 where it is, or where nobody knows who it is."""
        if not client:
            return 0.0
        now = self._now()
        wait = self._wrong.take(client, now)
        if not wait:
            self._wrong.give_back(client, 1.0)
        elif now >= self._told + SPAN:
            self._told = now
            _log.warning("wrong tokens refused", client=client)
        return wait

    async def _admitted(self, given: str) -> TokenRecord | None:
        """The token, looked up at every request, so that one that was revoked ends with the next."""
        if self._checks >= MOST_CHECKS:
            raise Busy
        self._checks += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._look_up, given)
        finally:
            self._checks -= 1

    def _look_up(self, given: str) -> TokenRecord | None:
        with reading(self._engine) as connection:
            return tokens.admit(connection, given, self._clock(), tokens.FEEDS)

    async def _serve(self, scope: Scope, send: Send, path: str | None) -> None:
        """Answers whoever may read: 200, 304, or 404. Raises what `Shelf.get` does."""
        document = None
        if path == INDEX:
            document = await self._shelf.get(INDEX)
        elif path is not None and is_path(path):
            document = await self._shelf.get(path, narrowing(scope["query_string"]))
        if document is None:
            await _not_found(send)
        else:
            await show(document, scope, send)


def _below(scope: Scope, prefix: str) -> str | None:
    """What the path has behind `prefix`; None where it is written in another way than ours."""
    text = scope["raw_path"].decode("latin-1")
    return text[len(prefix) :] if text.startswith(prefix) and "%" not in text else None


def _password(said: bytes | None) -> str | None:
    """The password of an Authorization header (RFC 7617), "" where it is none of Basic; None without the header."""
    if said is None:
        return None
    scheme, _, value = said[:_MOST_CREDENTIALS].partition(b" ")
    try:
        text = base64.b64decode(value.strip(), validate=True).decode()
    except ValueError:
        return ""
    return text.partition(":")[2] if scheme.lower() == b"basic" else ""


async def _not_found(send: Send) -> None:
    await plain(send, 404, "Not found")


async def _unauthorised(send: Send) -> None:
    await plain(send, 401, "Give your token as the password", [(b"www-authenticate", REALM)])
