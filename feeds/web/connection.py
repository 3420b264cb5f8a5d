"""A connection that has to get somewhere, and the crowd of all of them.

uvicorn leaves open what is bounded here: it waits for ever for the first request and for a client that does not read
what was written, takes headers of any length, and knows no limit but refusing.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from feeds import log
from feeds.web.answers import PLAIN, Application, AtOnce, Message, Prepared, Ready, plain


@dataclass(frozen=True, slots=True)
class Limits:
    """What clients may take. Times are seconds.

    `connections` are open at once, each with one request under way at most. Fewer where the process may not have so
    many descriptors. One more closes that which is idle longest. `unsent_bytes` wait at most for clients that do not
    read; those who wait longest are dropped above it. `progress` is what a whole request may take, and the time in
    which a client has to take `least_bytes` of an answer, or the rest. `grace` is what answers under way get at the
    end, `force` what is left to each of the two steps behind it: closing what is deaf, giving up.
    """

    header_bytes: int = 16_384
    connections: int = 10_000
    unsent_bytes: int = 64_000_000
    progress: float = 15.0
    least_bytes: int = 16_384
    keep_alive: float = 5.0
    grace: int = 2
    force: int = 1


PIPELINED = 32
"""Requests that one connection may have sent before the first of them is answered."""

_SLICE = 4096
"""Bytes that are parsed at once, so that the length of a head is known to about as many."""

_log = log.get(__name__)


class Crowd:
    """All connections of a server, by what they wait for; each kind in the order in which they began to.

    Whatever happens to one costs the same among ten and among ten thousand.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        # Since when: a whole request is waited for, the next request is.
        self._asking: OrderedDict[Connection, float] = OrderedDict()
        self._idle: OrderedDict[Connection, float] = OrderedDict()
        # Since when an answer is made or sent, and how many bytes of it were unsent then, None where it was not begun.
        self._served: OrderedDict[Connection, tuple[float, int | None]] = OrderedDict()
        self._deaf: OrderedDict[Connection, int] = OrderedDict()
        self._unsent = 0
        self._headers: object = None
        self._lines = b""

    def __len__(self) -> int:
        return len(self._asking) + len(self._idle) + len(self._served)

    def admit(self, connection: Connection, now: float) -> bool:
        """Takes a new connection in, and closes the one that is idle longest where that is one too many; False where
        none is idle."""
        if len(self) >= self.limits.connections:
            oldest = [next(iter(kind.items())) for kind in (self._asking, self._idle) if kind]
            if not oldest:
                return False
            min(oldest, key=lambda one: one[1])[0].drop()
        self._asking[connection] = now
        return True

    def asks(self, connection: Connection, now: float) -> None:
        """A part of a request came."""
        if self._idle.pop(connection, None) is not None:
            self._asking[connection] = now

    def serve(self, connection: Connection, now: float) -> None:
        """A request came whole, but for its body, and its answer begins to be made."""
        self._asking.pop(connection, None)
        self._idle.pop(connection, None)
        self._served[connection] = (now, None)
        self._served.move_to_end(connection)

    def served(self, connection: Connection, now: float, unsent: int) -> None:
        """The answer is whole; `unsent` bytes of it still wait for the client."""
        for kind in (self._asking, self._idle, self._served):
            kind.pop(connection, None)
        if unsent:
            self._served[connection] = (now, unsent)
        else:
            self._idle[connection] = now

    def hold(self, connection: Connection, unsent: int) -> None:
        """The client does not read, and so many bytes wait for it. Drops those that wait longest for theirs where that
        is too much in all."""
        self._unsent += unsent
        self._deaf[connection] = unsent
        while self._unsent > self.limits.unsent_bytes and len(self._deaf) > 1:
            next(iter(self._deaf)).drop()

    def release(self, connection: Connection) -> None:
        """The client has read all that waited for it."""
        self._unsent -= self._deaf.pop(connection, 0)

    def forget(self, connection: Connection) -> None:
        """The connection is over. To be said as often as one likes."""
        for kind in (self._asking, self._idle, self._served):
            kind.pop(connection, None)
        self.release(connection)

    def sweep(self, now: float) -> None:
        """Drops whoever has got nowhere in the time there is."""
        limits = self.limits
        for kind, patience in ((self._asking, limits.progress), (self._idle, limits.keep_alive)):
            while kind:
                connection, since = next(iter(kind.items()))
                if since + patience > now:
                    break
                connection.drop()
        while self._served:
            connection, (since, before) = next(iter(self._served.items()))
            if since + limits.progress > now:
                break
            unsent = connection.unsent
            if unsent and (before is None or unsent <= before - limits.least_bytes):
                self.served(connection, now, unsent)
            else:
                connection.drop()

    def lines(self, headers: list[tuple[bytes, bytes]]) -> bytes:
        """`headers`, which the server adds to every answer and makes anew every second, as they are sent."""
        if headers is not self._headers:
            self._lines = b"".join(b"%s: %s\r\n" % one for one in headers)
            self._headers = headers
        return self._lines


class Connection(HttpToolsProtocol):
    """One connection. `crowd` and `at_once` are set by the server, on a class of its own."""

    crowd: Crowd
    at_once: AtOnce | None = None
    _ready: Ready | None = None
    _unheard = 0
    """Bytes since a head, a piece of a body or a whole request was told of."""

    @property
    def unsent(self) -> int:
        """Bytes of answers that the client has not taken."""
        return self.transport.get_write_buffer_size()

    @property
    def _rests(self) -> bool:
        """Whether no request is being answered by the application."""
        return self.cycle is None or self.cycle.response_complete

    def drop(self) -> None:
        """Ends it at once; what is unsent is lost."""
        self.crowd.forget(self)
        self.transport.abort()

    # --- what asyncio says

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base does
        super().connection_made(transport)
        # Nothing unsent goes unnoticed: all of it counts.
        transport.set_write_buffer_limits(high=0)
        if not self.crowd.admit(self, self.loop.time()):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.crowd.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        try:
            if len(data) <= _SLICE:
                self._feed(data)
            else:
                for start in range(0, len(data), _SLICE):
                    self._feed(data[start : start + _SLICE])
        except httptools.HttpParserUpgrade:
            self.transport.pause_reading()  # whatever comes now is in another language
        except httptools.HttpParserError:
            self.send_400_response("Bad request")
        else:
            self.crowd.asks(self, self.loop.time())

    def _feed(self, data: bytes) -> None:
        """Raises `HttpParserError` for what is no request, or has a head that is too long."""
        self._unheard += len(data)
        self.parser.feed_data(data)
        if self._unheard > self.crowd.limits.header_bytes:
            raise httptools.HttpParserError("the head is too long")

    def pause_writing(self) -> None:
        super().pause_writing()
        self.crowd.hold(self, self.unsent)

    def resume_writing(self) -> None:
        super().resume_writing()
        self.crowd.release(self)
        if self._rests and not self.transport.is_closing():
            self.crowd.served(self, self.loop.time(), 0)

    # --- what the parser says

    def on_headers_complete(self) -> None:
        self._unheard = 0
        if self.transport.is_closing():
            return
        scope, parser = self.scope, self.parser
        version = parser.get_http_version()
        address = httptools.parse_url(self.url)
        path = address.path.decode("ascii")
        scope["method"] = parser.get_method().decode("ascii")
        scope["http_version"] = version
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = address.path
        scope["query_string"] = address.query or b""
        keep_alive = version != "1.0" and parser.should_keep_alive() and not parser.should_upgrade()
        if self.at_once is not None and self._rests and not self.flow.write_paused and not self.expect_100_continue:
            self._ready = self.at_once(scope)  # type: ignore[arg-type]  # the same, more typed
        if self._ready is None:
            self._answer_by_task(keep_alive=keep_alive)
        else:
            self._keep_alive = keep_alive

    def on_body(self, body: bytes) -> None:
        self._unheard = 0
        if self._ready is None and not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._unheard = 0
        if self.transport.is_closing():
            return
        if self._ready is None:
            super().on_message_complete()
            return
        (headers, body), self._ready = self._ready, None
        head = headers.head + self.crowd.lines(self.server_state.default_headers)
        head += b"\r\n" if self._keep_alive else b"connection: close\r\n\r\n"
        self.transport.write(head if self.scope["method"] == "HEAD" else head + body)
        if not self._keep_alive:
            self.transport.close()
        self.crowd.served(self, self.loop.time(), self.unsent)

    # --- what comes of it

    def _answer_by_task(self, *, keep_alive: bool) -> None:
        """Lets the application answer, or puts the request behind those that came before it."""
        exchange = _Exchange(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=keep_alive,
            on_response=self.on_response_complete,
        )
        rests, self.cycle = self._rests, exchange
        if rests:
            self.crowd.serve(self, self.loop.time())
            self._start_asgi_task(exchange, self.app)
        elif len(self.pipeline) < PIPELINED:
            self.flow.pause_reading()
            self.pipeline.appendleft((exchange, self.app))
        else:
            self.drop()

    def on_response_complete(self) -> None:
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self.crowd.serve(self, self.loop.time())
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self.crowd.served(self, self.loop.time(), self.unsent)

    def send_400_response(self, msg: str) -> None:
        if self.transport.is_closing():
            return
        if not self._rests or self.flow.write_paused:
            self.drop()  # the answer before it must not end in this one
            return
        body = f"{msg}\n".encode()
        headers = Prepared.of(400, [*PLAIN, (b"content-length", b"%d" % len(body)), (b"connection", b"close")])
        self.transport.write(headers.head + self.crowd.lines(self.server_state.default_headers) + b"\r\n" + body)
        self.transport.close()


class _Exchange(RequestResponseCycle):
    """One request that the application answers."""

    async def run_asgi(self, app: Application) -> None:  # type: ignore[override]  # the same application, less typed
        """Runs the application; what it leaves without an answer gets one, in plain text."""
        try:
            await app(self.scope, self.receive, self.send)  # type: ignore[arg-type]
            if not self.response_complete and not self.disconnected:
                raise RuntimeError("the answer has no end")
        except asyncio.CancelledError:
            self.transport.abort()
        except Exception as error:
            # Without the path, which may hold a token.
            _log.error("request failed", part=self.scope["path"][1:].partition("/")[0], exc_info=error)
            if self.response_started:
                self.transport.abort()
            else:
                await plain(self.send, 500, "Internal error")
        finally:
            self.on_response = _nothing

    async def send(self, message: Message) -> None:
        if self.more_body and not self.response_started:
            self.keep_alive = False  # nobody waits for the rest of a body that was not asked for
        await super().send(message)  # type: ignore[arg-type]


def _nothing() -> None:
    """Who is told of an answer when nobody waits for it."""
