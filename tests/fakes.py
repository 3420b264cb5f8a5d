"""Small real stand-ins: a web site on loopback that says what a test tells it to, and remembers who asked."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer

Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that came in. `headers` are read without regard to case; `path` holds the query.

    `port` is the client's: two requests from one port came over one connection. `body` is what it sent.
    """

    method: str
    path: str
    headers: Message
    port: int = 0
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a path answers.

    `pause` is seconds before the body and between its `pieces`; `endless` repeats the pieces until the client goes.
    `length` is a Content-Length that need not be true; without it the true one is sent, or none where endless.
    `raw`, bytes in pieces, replaces status line, headers and body.
    """

    status: int = 200
    headers: Headers = ()
    body: bytes = b""
    pieces: tuple[bytes, ...] = ()
    pause: float = 0.0
    endless: bool = False
    length: int | None = None
    raw: tuple[bytes, ...] = ()


def zipped(body: bytes, headers: Headers = ()) -> Reply:
    """A reply whose body is `body` in gzip."""
    return Reply(headers=[("Content-Encoding", "gzip"), *headers], body=gzip.compress(body, mtime=0))


def moved(to: str, status: int = 301) -> Reply:
    """A redirect to `to`."""
    return Reply(status=status, headers=[("Location", to)])


def conditional(body: bytes, etag: str, headers: Headers = ()) -> Callable[[Seen], Reply]:
    """A well-behaved document: 304 without a body to whoever has `etag` already."""

    def answer(seen: Seen) -> Reply:
        named = [("ETag", etag), *headers]
        if seen.headers["If-None-Match"] == etag:
            return Reply(status=304, headers=named)
        return Reply(headers=named, body=body)

    return answer


@dataclass(slots=True)
class Site:
    """A site at `url`. `pages` maps paths to replies; what is not there is a 404. `log` keeps every request.

    `keeps` leaves connections open for the next request.
    """

    url: str
    port: int
    pages: dict[str, Reply | Callable[[Seen], Reply]] = field(default_factory=dict)
    log: list[Seen] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    keeps: bool = False

    def put(self, path: str, reply: Reply | Callable[[Seen], Reply] | bytes) -> str:
        """Puts `reply` (or bytes, as a plain 200) at `path`; returns its address."""
        self.pages[path] = Reply(body=reply) if isinstance(reply, bytes) else reply
        return self.url + path

    def answer(self, seen: Seen) -> Reply:
        self.log.append(seen)
        page = self.pages.get(seen.path, Reply(status=404, body=b"no such page"))
        return page if isinstance(page, Reply) else page(seen)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        reply = self.server.site.answer(Seen(self.command, self.path, self.headers, self.client_address[1], body))
        self.close_connection = not self.server.site.keeps or bool(reply.raw) or reply.endless
        try:
            self._send(reply)
        except OSError:
            pass  # the client had enough, which is what some tests are about

    do_POST = do_HEAD = do_GET

    def _send(self, reply: Reply) -> None:
        pieces = reply.raw or reply.pieces or (reply.body,)
        if not reply.raw:
            self.send_response_only(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            if reply.length is not None or not reply.endless:
                self.send_header("Content-Length", str(reply.length or sum(map(len, pieces))))
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
        while True:
            for piece in pieces:
                if self.server.site.closing.wait(reply.pause) if reply.pause else self.server.site.closing.is_set():
                    return
                self.wfile.write(piece)
            if not reply.endless:
                return

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: the log is `Site.log`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    site: Site

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing of a client that went away or refused our certificate; the rest is a mistake in a test."""
        if not isinstance(sys.exc_info()[1], OSError):
            traceback.print_exc()


@contextmanager
def serving(server: BaseServer, closing: threading.Event) -> Iterator[None]:
    """Lets `server` answer in a thread of its own until the block ends, which sets `closing`."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        closing.set()
        server.shutdown()
        thread.join()


@contextmanager
def running_site(tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Site]:
    """A site on a free port of 127.0.0.1, or on `port`, that ends with the block; with `tls` it speaks https."""
    with _Server(("127.0.0.1", port), _Handler) as server:
        port = server.server_address[1]
        server.site = Site(f"{'https' if tls else 'http'}://127.0.0.1:{port}", port)
        if tls is not None:
            # The handshake is the handler's, so that a client which never ends it holds up nobody else.
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        with serving(server, server.site.closing):
            yield server.site


@contextmanager
def quick_site() -> Iterator[int]:
    """A port on which a small document is served at little cost, over connections that stay open."""
    reply = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 20000\r\n\r\n' + bytes(20000)

    class Quick(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, _data: bytes) -> None:
            assert isinstance(self.transport, asyncio.Transport)
            self.transport.write(reply)

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(Quick, "127.0.0.1", 0, backlog=256))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_for(true: Callable[[], bool], seconds: float = 20.0, *, every: float = 0.01) -> bool:
    """Waits until `true()` holds, asking `every` so many seconds; False where it does not within `seconds`."""
    ends = time.monotonic() + seconds
    while not true():
        if time.monotonic() > ends:
            return False
        time.sleep(every)
    return True
