"""Small real stand-ins: a web site on loopback that says what a test tells it to, and remembers who asked."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that came in. `headers` are read without regard to case; `path` holds the query."""

    method: str
    path: str
    headers: Message


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
    """A site at `url`. `pages` maps paths to replies; what is not there is a 404. `log` keeps every request."""

    url: str
    port: int
    pages: dict[str, Reply | Callable[[Seen], Reply]] = field(default_factory=dict)
    log: list[Seen] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

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
        self.close_connection = True
        reply = self.server.site.answer(Seen(self.command, self.path, self.headers))
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
    site: Site


@contextmanager
def running_site() -> Iterator[Site]:
    """A site on a free port of 127.0.0.1 that ends with the block."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        port = server.server_address[1]
        server.site = Site(f"http://127.0.0.1:{port}", port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.site
        finally:
            server.site.closing.set()
            server.shutdown()
            thread.join()


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_for(true: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Waits until `true()` holds; False where it does not within `seconds`."""
    ends = time.monotonic() + seconds
    while not true():
        if time.monotonic() > ends:
            return False
        time.sleep(0.01)
    return True
