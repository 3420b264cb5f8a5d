"""Callbacks of our subscriptions: hubs verify what they were asked for, and bring what is new (WebSub, 5.3 and 7).

What is brought is checked, stored and answered; nobody waits for it to be read. Who does not know a callback's name, or
cannot sign, learns nothing and changes nothing.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from db.engine import Engine, reading, writing
from db.errors import StorageError
from db.records import PushRecord
from db.store import pushes
from feeds import log
from feeds.config import Config
from feeds.web.answers import PLAIN, Application, Headers, Receive, Scope, Send, answer, header, plain, read_body
from feeds.websub import SUBSCRIBE, subscriber

MOST_WAITING = 100
"""Documents of one source that wait to be read; together they may be as long as two of the longest."""

HELD_BYTES = 32_000_000
"""Bytes of bodies under way, or two of the longest documents where that is more: what is beyond comes again."""

KNOWN = frozenset({200, 202, 410})
"""Statuses that nobody gets who does not know a callback's name."""

LATER = ((b"retry-after", b"60"),)
MOST_CHALLENGE = 4096
MOST_REASON = 200

_KEY = re.compile(r"/websub/([A-Za-z0-9_-]{43})")
_LENGTH = re.compile(rb"\d{1,15}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")

_log = log.get(__name__)


def websub_app(
    engine: Engine, config: Config, clock: Callable[[], datetime], rng: Callable[[], float] = random.random
) -> Application:
    """Answers at `/websub/<key>`; `clock` tells the time (UTC), `rng` spreads renewals."""
    return _Callbacks(engine, config, clock, rng)


@dataclass(frozen=True, slots=True)
class _Said:
    """An answer: its status, its text, and more headers."""

    status: int
    text: str
    headers: Headers = ()


_UNKNOWN = _Said(404, "Not found")
_GONE = _Said(410, "Gone: this subscription has ended")
_FORBIDDEN = _Said(403, "Forbidden: X-Hub-Signature is missing or wrong")
_TOO_LARGE = _Said(413, "Too large")
_LATER = _Said(503, "Come again", LATER)


class _Callbacks:
    def __init__(self, engine: Engine, config: Config, clock: Callable[[], datetime], rng: Callable[[], float]) -> None:
        self._engine, self._clock, self._rng = engine, clock, rng
        self._most = config.poll.max_bytes
        self._lease = timedelta(days=config.websub.lease_days)
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _KEY.fullmatch(scope["path"])
        method = scope["method"]
        try:
            if found is None:
                said: _Said | bytes = _UNKNOWN
            elif method == "GET":
                said = await asyncio.to_thread(self._verify, found[1], scope.get("query_string", b""))
            elif method == "POST":
                said = await self._take(found[1], scope, receive)
            else:
                said = _Said(405, "Method not allowed", ((b"allow", b"GET, POST"),))
        except StorageError as error:
            _log.error("push not stored", error=str(error))
            said = _LATER
        if isinstance(said, bytes):
            await answer(send, 200, said, [*PLAIN, (b"content-length", b"%d" % len(said))])
        else:
            await plain(send, said.status, said.text, said.headers)

    def _push(self, key: str) -> PushRecord | None:
        with reading(self._engine) as connection:
            return pushes.by_key(connection, key)

    # --- what a hub asks

    def _verify(self, key: str, query: bytes) -> _Said | bytes:
        """The challenge, where a hub asks for what it was asked for; it takes note of a refusal."""
        said = _parameters(query)
        mode, topic, challenge = (said.get(f"hub.{name}", "") for name in ("mode", "topic", "challenge"))
        push = self._push(key)
        is_refusal = mode == "denied"
        if push is None or not subscriber.answers(push, mode, topic):
            return _UNKNOWN
        if not is_refusal and not 0 < len(challenge) <= MOST_CHALLENGE:
            return _UNKNOWN
        with writing(self._engine) as connection:
            # Once more, for nobody else writes now: it may have been asked to stop meanwhile.
            push = pushes.by_key(connection, key)
            if push is None or not subscriber.answers(push, mode, topic):
                return _UNKNOWN
            now = self._clock()
            if is_refusal:
                why = _CONTROL.sub(" ", said.get("hub.reason", ""))[:MOST_REASON].strip()
                after = subscriber.denied(push, f"denied by its hub: {why}" if why else "denied by its hub", now)
            elif mode == SUBSCRIBE:
                after = subscriber.verified(push, self._lease_of(said.get("hub.lease_seconds", "")), now, self._rng)
            else:
                after = subscriber.ended(push, now)
            pushes.save(connection, after)
        _log.info("subscription", topic=push.topic, state=after.state.value, until=str(after.lease_until or ""))
        return _Said(200, "Noted") if is_refusal else challenge.encode("utf-8", "surrogateescape")

    def _lease_of(self, seconds: str) -> timedelta:
        """The lease that a hub grants; where it does not say, as in PubSubHubbub 0.3, the one that was asked for."""
        if seconds.isascii() and seconds.isdigit() and len(seconds) <= 12 and int(seconds):
            return min(timedelta(seconds=int(seconds)), subscriber.LEASE_MOST)
        return self._lease

    # --- what a hub brings

    async def _take(self, key: str, scope: Scope, receive: Receive) -> _Said:
        push = await asyncio.to_thread(self._push, key)
        refusal = self._refusal(push, scope)
        if push is None or refusal is not None:
            return refusal or _UNKNOWN
        length = header(scope, b"content-length")
        size = int(length) if length is not None and _LENGTH.fullmatch(length) else self._most
        if size > self._most:
            return _TOO_LARGE
        if self._held + size > max(HELD_BYTES, 2 * self._most):
            return _LATER
        self._held += size
        try:
            body = await read_body(receive, self._most)
            if body is None:
                return _TOO_LARGE
            return await asyncio.to_thread(self._keep, push, scope, body)
        finally:
            self._held -= size

    def _refusal(self, push: PushRecord | None, scope: Scope) -> _Said | None:
        """Why nothing is taken from whoever brings it, before any of it is read."""
        if push is None:
            return _UNKNOWN
        if subscriber.is_over(push):
            return _GONE
        if not subscriber.takes(push, self._clock()):
            return _UNKNOWN
        if header(scope, b"x-hub-signature") is None:
            return _FORBIDDEN
        if (header(scope, b"content-encoding") or b"identity").strip().lower() != b"identity":
            return _Said(415, "Unsupported: what is signed has no Content-Encoding")
        return None

    def _keep(self, push: PushRecord, scope: Scope, body: bytes) -> _Said:
        """Stores a body that is signed, to be read soon."""
        signature = (header(scope, b"x-hub-signature") or b"").decode("latin-1")
        if not subscriber.is_signed(signature, push.secret, body):
            _log.warning("push refused", topic=push.topic, reason="its signature is wrong")
            return _FORBIDDEN
        kind = (header(scope, b"content-type") or b"").decode("latin-1")[:MOST_REASON] or None
        now = self._clock()
        with writing(self._engine) as connection:
            if not pushes.keep(connection, push, now, kind, body, rows=MOST_WAITING, size=2 * self._most):
                return _LATER
        return _Said(202, "Accepted")


def _parameters(query: bytes) -> dict[str, str]:
    """The parameters of a query that are said once, their bytes kept as they are."""
    try:
        found = parse_qs(query.decode("latin-1"), keep_blank_values=True, errors="surrogateescape", max_num_fields=50)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items() if len(values) == 1}
