"""A connection that has to get somewhere.

uvicorn leaves open what is bounded here: it waits for ever for the first request and for a client that does not read
what was written, takes headers of any length, and knows no limit but refusing.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from functools import lru_cache
from urllib.parse import unquote

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from feeds import log
from feeds.web.answers import PLAIN, Application, AtOnce, Message, Prepared, Ready, plain
from feeds.web.crowd import Crowd

PIPELINED = 32
"""Requests that one connection may have sent before the first of them is answered."""

_SLICE = 1024
"""Bytes that are parsed at once, so that the length of a head is known to about as many."""

# A host and perhaps a port, or nothing (RFC 9112 §3.2, RFC 3986 §3.2.2); the parser leaves blanks behind it.
_HOST = re.compile(
    rb"(?:\[[\w.:~!$&'()*+,;=-]+\]|[\w.~!$&'()*+,;=-]*(?:%[0-9A-Fa-f]{2}[\w.~!$&'()*+,;=-]*)*)(?::\d*)?[ \t]*"
)

_log = log.get(__name__)


class Connection(HttpToolsProtocol):
    """One connection. `crowd` and `at_once` are set by the server, on a class of its own."""

    crowd: Crowd
    at_once: AtOnce | None = None
    _ready: Ready | None = None
    cycle: _Exchange
    _unread: int | None = None
    """Bytes that are thrown away if they come, now that all is said; None before that."""
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

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio asks whether it stays open
        """Stays open for the answers of whoever has asked all that it will ask, and listens."""
        if self._rests or self.cycle.more_body:
            return False
        self.cycle.keep_alive = False
        return True

    def data_received(self, data: bytes) -> None:
        if self._unread is not None:
            self._unread -= len(data)
            if self._unread < 0:
                self.transport.close()
            return
        # Before it is looked at, for its answer may be at hand, and then the client is idle again.
        self.crowd.asks(self, self.loop.time())
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

    def _feed(self, data: bytes) -> None:
        """Raises `HttpParserError` for what is no request, or has a head that is too long."""
        self._unheard += len(data)
        self.parser.feed_data(data)
        self._check()

    def _check(self) -> None:
        if self._unheard > self.crowd.limits.header_bytes:
            raise httptools.HttpParserError("the head is too long")

    def pause_writing(self) -> None:
        super().pause_writing()
        self.crowd.hold(self, self.unsent)

    def resume_writing(self) -> None:
        super().resume_writing()
        self.crowd.release(self)
        if self._unread is not None:
            self.crowd.leaves(self, self.loop.time())
        elif self._rests and not self.transport.is_closing():
            self.crowd.served(self, self.loop.time(), 0)

    # --- what the parser says

    def on_headers_complete(self) -> None:
        self._check()
        self._unheard = 0
        if self.transport.is_closing():
            return
        scope, parser = self.scope, self.parser
        version = parser.get_http_version()
        hosts = [value for name, value in self.headers if name == b"host"]
        if version == "1.1":
            if len(hosts) != 1 or not _is_host(hosts[0]):
                raise httptools.HttpParserError("one Host header is needed")  # RFC 9112 §3.2
        elif version != "1.0" or len(hosts) > 1 or not all(map(_is_host, hosts)):
            raise httptools.HttpParserError("not a request of HTTP/1.1 or 1.0")
        # The scope has its own list: what comes behind the body is no header of the request (RFC 9110 §6.5.1).
        self.headers = []
        address = httptools.parse_url(self.url)
        raw_path = address.path or b"/"  # of http://host (RFC 9110 §4.2.3)
        path = raw_path.decode("ascii")
        scope["method"] = parser.get_method().decode("ascii")
        scope["http_version"] = version
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = raw_path
        scope["query_string"] = address.query or b""
        keep_alive = version != "1.0" and parser.should_keep_alive() and not parser.should_upgrade()
        ready = self._rests and not self.flow.write_paused and not self.expect_100_continue
        if ready and self.at_once is not None and scope["method"] in ("GET", "HEAD"):
            try:
                self._ready = self.at_once(scope)  # type: ignore[arg-type]  # the same, more typed
            except Exception:
                self._ready = None  # the application meets the same, and is told of it
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
            self._begin(exchange, self.app)
        elif len(self.pipeline) < PIPELINED:
            self.flow.pause_reading()
            self.pipeline.appendleft((exchange, self.app))
        else:
            self.drop()

    def _begin(self, exchange: RequestResponseCycle, app: ASGI3Application) -> None:
        task = self.loop.create_task(exchange.run_asgi(app))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def on_response_complete(self) -> None:
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self._rests and self.cycle.lingers:
            self._linger()
        elif self.pipeline:
            self.crowd.serve(self, self.loop.time())
            self._begin(*self.pipeline.pop())
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
        self._linger()

    def _linger(self) -> None:
        """Says that this was all, and closes when the client has seen it: of whoever still sends when we close, the
        kernel takes back what it has not read (RFC 9112 §9.6)."""
        self._unread = self.crowd.limits.unread_bytes
        with suppress(OSError):  # it has gone
            self.transport.write_eof()
        if self.unsent:
            self.crowd.served(self, self.loop.time(), self.unsent)
        else:
            self.crowd.leaves(self, self.loop.time())


class _Exchange(RequestResponseCycle):
    """One request that the application answers. `lingers` where it was answered before all of it came."""

    lingers = False

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

    async def send(self, message: Message) -> None:  # type: ignore[override]  # the same messages, less typed
        if self.more_body:
            # Nobody waits for the rest of a body that was not asked for, and nobody closes before the client looks up.
            self.lingers = self.response_started and not message.get("more_body", False)
            self.keep_alive = self.lingers
        await super().send(message)  # type: ignore[arg-type]


@lru_cache(maxsize=64)
def _is_host(value: bytes) -> bool:
    return _HOST.fullmatch(value) is not None


def _nothing() -> None:
    """Who is told of an answer when nobody waits for it."""
