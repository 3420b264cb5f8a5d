"""A loopback server under a clock that the suite sets. It answers what it is told to, and logs who asked when for what.

Lean, because simulated weeks are thousands of requests: bytes in, bytes out, one exchange a connection. It also serves
as an HTTP proxy, so that a client can be given names of hosts that only exist here.
"""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus

from tests.fakes import serving

START = datetime(2026, 11, 7, 9, 0, tzinfo=UTC)
"""When every simulation begins: a Saturday, so that three days hold a whole Sunday."""

GIVES_UP = 45.0
"""Real seconds after which the server ends an answer that the client did not leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a request gets. `length` is a Content-Length that need not be true.

    `pieces` are sent instead of `body`, each after `pause` real seconds and without a Content-Length.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    length: int | None = None
    pieces: Callable[[], Iterable[bytes]] | None = None
    pause: float = 0.0

    def get(self, name: str) -> str | None:
        """The value of the header `name` (lower-case), None where there is none."""
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request. `at` is simulated, `lag` the real seconds since the run of the client began.

    Header names are lower-case; values, as Latin-1 text, encode to the bytes that came. `sent` are bytes of the body,
    `took` real seconds until it was sent or the client left, `left` says that it did.
    """

    at: datetime
    lag: float
    install: int
    host: str
    target: str
    headers: tuple[tuple[str, str], ...]
    reply: Reply = Reply()  # frozen
    sent: int = 0
    took: float = 0.0
    left: bool = False

    def get(self, name: str) -> str | None:
        """The value of the header `name` (lower-case), None where it was not sent."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def conditional(self) -> bool:
        return self.get("if-none-match") is not None or self.get("if-modified-since") is not None

    def __str__(self) -> str:
        since = self.at - START
        hours, rest = divmod(int(since.total_seconds()), 3600)
        kept = ("if-none-match", "if-modified-since")
        said = "".join(f" {name}: {value};" for name, value in self.headers if name in kept)
        return f"{hours}:{rest // 60:02}h GET {self.host}{self.target}{said} -> {self.reply.status}"


@dataclass(slots=True)
class Site:
    """The server while it runs. `now` is set by the suite before each run of the client, `install` with it.

    `answer` gives the reply to a request; `log` keeps every request in order.
    """

    port: int
    answer: Callable[[Asked], Reply]
    now: datetime = START
    install: int = 0
    log: list[Asked] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    _began: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, now: datetime, install: int) -> None:
        """Sets the simulated time: the client numbered `install` runs at `now`."""
        self.now, self.install, self._began = now, install, time.monotonic()

    def take(self, host: str, target: str, headers: tuple[tuple[str, str], ...]) -> Asked:
        """Logs a request and finds its reply."""
        lag = time.monotonic() - self._began
        asked = Asked(at=self.now, lag=lag, install=self.install, host=host, target=target, headers=headers)
        with self._lock:
            asked.reply = self.answer(asked)
            self.log.append(asked)
        return asked


def http_date(moment: datetime) -> str:
    """`moment` as headers give it (RFC 9110, section 5.6.7)."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        head = b""
        try:
            while b"\r\n\r\n" not in head:
                data = self.request.recv(65_536)
                if not data or len(head) > 65_536:
                    return
                head += data
            lines = head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
            pairs = (line.partition(":") for line in lines[1:])
            headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
            host, target = _where(lines[0].split(" ")[1], dict(headers))
            self._send(self.server.site.take(host, target, headers))
        except OSError:
            pass  # the client had enough, which is what some scenarios are about

    def _send(self, asked: Asked) -> None:
        reply, site = asked.reply, self.server.site
        headers = [("Date", http_date(site.now)), ("Connection", "close"), *reply.headers]
        if reply.pieces is None and reply.status != HTTPStatus.NOT_MODIFIED:
            headers.append(("Content-Length", str(len(reply.body) if reply.length is None else reply.length)))
        head = f"HTTP/1.1 {reply.status} Said\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers)
        began = time.monotonic()
        try:
            self.request.sendall(f"{head}\r\n".encode("latin-1") + reply.body)
            asked.sent = len(reply.body)
            for piece in reply.pieces() if reply.pieces is not None else ():
                if site.closing.wait(reply.pause) or time.monotonic() - began > GIVES_UP:
                    break
                self.request.sendall(piece)
                asked.sent += len(piece)
        except OSError:
            asked.left = True
        finally:
            asked.took = time.monotonic() - began


def _where(named: str, headers: dict[str, str]) -> tuple[str, str]:
    """Host and target of a request, whether it came directly or as to a proxy (RFC 9112, section 3.2)."""
    if named.lower().startswith("http://"):
        host, slash, rest = named[7:].partition("/")
        return host.rpartition(":")[0] or host, slash + rest
    host = headers.get("host", "")
    return host.rpartition(":")[0] or host, named


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    site: Site


@contextmanager
def running(answer: Callable[[Asked], Reply]) -> Iterator[Site]:
    """A server on a free port of 127.0.0.1 that ends with the block."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.site = Site(server.server_address[1], answer)
        with serving(server, server.site.closing):
            yield server.site


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)
