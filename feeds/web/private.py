"""Feeds for paying readers: `/p/<token>/<path>`, and `/private/<path>` with the token as password of HTTP Basic.

In this order, so that neither an answer nor the time it takes tells anything before the token is right: the method, how
often the client was wrong, the token, the path. What is wrong with a token is never said, and no answer and no line of
the log holds one.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from db.engine import Engine, reading
from db.errors import StorageError
from db.records import TokenRecord
from feeds import log, tokens
from feeds.config import Config
from feeds.web.answers import COMMON, FEED_POLICY, Receive, Scope, Send, answer, client_of, header, networks, plain
from feeds.web.coding import IDENTITY, choose
from feeds.web.conditions import holds
from feeds.web.shelf import INDEX, Busy, Document, Shelf, Unavailable
from feeds.web.tries import WINDOW, Tries
from feeds.web.uses import Uses

REALM = b'Basic realm="Feeds for subscribers", charset="UTF-8"'
"""RFC 7617: the realm is shown by the window that asks for user and password."""

THREADS = 2
MOST_CHECKS = 100
"""Tokens that wait to be looked up; a lookup takes less than a millisecond."""

RETRY = b"10"
"""Seconds after which a client may ask again where we are too busy, or cannot tell."""

_MOST_CREDENTIALS = 1000
# One way of writing each address: no percent sign, no empty segment, nothing hidden.
_PATH = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,199}/){0,8}[A-Za-z0-9_][A-Za-z0-9._-]{0,199}", re.ASCII)
_PAGE_POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self' data:; "
    b"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = (
    *COMMON,
    (b"cache-control", b"private, no-cache"),
    (b"x-robots-tag", b"noindex, noarchive"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request asks for: `given` as a token (None for nothing at all), a path that may be none, how it is refused
    and what its answer depends on."""

    given: str | None = field(repr=False)
    path: str | None
    refuse: Callable[[Send], Awaitable[None]]
    vary: bytes


class Private:
    """The applications of both addresses: `by_token` for what begins with `/p/`, `by_login` for `/private/`.

    `clock` tells the time (UTC).
    """

    def __init__(
        self, engine: Engine, config: Config, clock: Callable[[], datetime], *, tries: Tries | None = None
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._proxies = networks(config.web.trusted_proxies)
        self._tries = tries or Tries()
        self._shelf = Shelf(engine, config, clock)
        self._uses = Uses(engine, clock)
        self._threads = ThreadPoolExecutor(THREADS, "tokens")
        self._checks = 0
        https = config.site.base_url.startswith("https:")
        self._always = (*_ALWAYS, (b"strict-transport-security", b"max-age=31536000")) if https else _ALWAYS

    async def by_token(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answers `/p/<token>/<path>`. A token that is wrong is no address at all: 404."""
        given, slash, path = (_below(scope, "/p/") or "").partition("/")
        await self._safely(scope, send, _Asked(given, path if slash else None, _not_found, b"accept-encoding"))

    async def by_login(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answers `/private/<path>`. Who gives no token, or a wrong one, is asked for it: 401."""
        given = _password(header(scope, b"authorization"))
        vary = b"accept-encoding, authorization"
        await self._safely(scope, send, _Asked(given, _below(scope, "/private/"), _unauthorised, vary))

    async def _safely(self, scope: Scope, send: Send, asked: _Asked) -> None:
        """Answers, whatever goes wrong. What is logged of it is the error, never the request."""
        try:
            await self._answer(scope, send, asked)
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
        client = client_of(scope, self._proxies)
        if wait := self._tries.wait(client):
            await plain(send, 429, "Too many wrong tokens; try again later", [(b"retry-after", b"%d" % wait)])
            return
        record = await self._admitted(asked.given) if asked.given is not None else None
        if record is None:
            if asked.given is not None and self._tries.wrong(client):
                _log.warning("wrong tokens refused", client=client, for_s=int(WINDOW))
            await asked.refuse(send)
            return
        self._uses.note(record, tokens.network(asked.given or "", client))
        whole = asked.path == INDEX or (asked.path is not None and _PATH.fullmatch(asked.path) is not None)
        document = await self._shelf.get(asked.path or INDEX) if whole else None
        if document is None:
            await _not_found(send)
        else:
            await self._send(scope, send, document, asked.vary)

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
            return tokens.admit(connection, given, self._clock())

    async def _send(self, scope: Scope, send: Send, document: Document, vary: bytes) -> None:
        """Sends the document, or that the client has it: 200 or 304, with a tag of its own for each coding."""
        sizes = {IDENTITY: len(document.data)} | ({"gzip": len(document.zipped)} if document.zipped else {})
        zipped = document.zipped if choose(header(scope, b"accept-encoding"), sizes) == "gzip" else None
        etag = f'"{document.etag}"' if zipped is None else f'"{document.etag}-gzip"'
        page = document.media_type.startswith("text/html")
        headers = [
            *self._always,
            (b"content-security-policy", _PAGE_POLICY if page else FEED_POLICY),
            (b"vary", vary),
            (b"etag", etag.encode()),
            (b"last-modified", format_datetime(document.modified, usegmt=True).encode()),
        ]
        tags, since = header(scope, b"if-none-match"), header(scope, b"if-modified-since")
        if holds(tags, since, etag.encode(), document.modified):
            await answer(send, 304, b"", headers)
            return
        body = document.data if zipped is None else zipped
        headers += [(b"content-type", document.media_type.encode()), (b"content-length", b"%d" % len(body))]
        if zipped is not None:
            headers.append((b"content-encoding", b"gzip"))
        await answer(send, 200, body, headers)


def _below(scope: Scope, prefix: str) -> str | None:
    """What the path has behind `prefix`; None where it is written in another way than ours."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")
    text = raw.decode("latin-1")
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
