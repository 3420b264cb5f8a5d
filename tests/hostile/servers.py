"""Sites that misbehave, as a table: how each behaves, and what must be said of it."""

from __future__ import annotations

import gzip
import itertools
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache

import brotli  # type: ignore[import-untyped]  # its wheel has no py.typed

OK = b"HTTP/1.1 200 OK\r\n"
MEGABYTE = 1_000_000
Pieces = Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Trap:
    """A site that misbehaves: `says` gives what it sends, in pieces with `pause` seconds before each.

    `words` are part of what a person is told; `slow` ones can only be ended by the deadline. With `asks` it waits for
    a request first.
    """

    says: Callable[[], Pieces]
    words: str
    pause: float = 0.0
    slow: bool = False
    asks: bool = True
    scheme: str = "http"


def _body(coding: str, body: bytes) -> Pieces:
    return (OK + f"Content-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode(), body)


@cache
def gzip_bomb() -> bytes:
    """315 MB of zeros in 306 kB, one member: a block that is flushed can be said again."""
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = press.compress(bytes(5 * MEGABYTE)) + press.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + block * 63 + press.flush() + struct.pack("<II", 0, 315 * MEGABYTE)


@cache
def brotli_bomb() -> bytes:
    """100 MB of zeros in some hundred bytes."""
    return bytes(brotli.compress(bytes(100 * MEGABYTE), quality=2))


@cache
def zstd_bomb() -> bytes:
    """537 MB of zeros in 16 kB, by the book: 4,096 blocks that repeat one byte 128 kB long (RFC 8878, 3.1.1.2)."""
    block = struct.pack("<I", (1 << 17 << 3) | 1 << 1)[:3] + b"\0"
    return b"\x28\xb5\x2f\xfd\x00\x68" + block * 4096


def zstd_window() -> bytes:
    """A frame that asks for a window of 1 GB."""
    return b"\x28\xb5\x2f\xfd\x00\xa0" + struct.pack("<I", 5 << 3 | 1)[:3] + b"hello"


def _moved(location: str) -> Pieces:
    return (f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode(),)


TOO_MUCH = "more than 10,000,000 bytes"
HEADERS = "64 kB of headers"
LATE = "no complete answer in time"

TRAPS: dict[str, Trap] = {
    "gzip-bomb": Trap(lambda: _body("gzip", gzip_bomb()), TOO_MUCH),
    "gzip-twice": Trap(lambda: _body("gzip, gzip", gzip.compress(gzip_bomb())), 'encoded as "gzip, gzip"'),
    "br-bomb": Trap(lambda: _body("br", brotli_bomb()), TOO_MUCH),
    "zstd-bomb": Trap(lambda: _body("zstd", zstd_bomb()), TOO_MUCH),
    "zstd-window": Trap(lambda: _body("zstd", zstd_window()), "damaged zstd"),
    "gzip-of-nothing": Trap(
        lambda: itertools.chain(
            [OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10]],
            itertools.repeat(b"\0\0\0\xff\xff" * 9999),
        ),
        TOO_MUCH,
    ),
    "slow-body": Trap(lambda: itertools.chain([OK + b"\r\n"], itertools.repeat(b"x")), LATE, pause=0.1, slow=True),
    "slow-headers": Trap(lambda: itertools.chain([OK + b"X: "], itertools.repeat(b"x")), LATE, pause=0.1, slow=True),
    "silence": Trap(lambda: (), LATE, slow=True),
    "endless-body": Trap(lambda: itertools.chain([OK + b"\r\n"], itertools.repeat(b"x" * 65536)), TOO_MUCH),
    "200k-headers": Trap(
        lambda: itertools.chain([OK], itertools.repeat(b"X-A: b\r\n" * 1000, 200)), "too many headers"
    ),
    "50-mb-header": Trap(
        lambda: itertools.chain([OK + b"X: "], itertools.repeat(b"x" * 65536, 800)),
        "too many headers, or one without end",
    ),
    "endless-103": Trap(lambda: itertools.repeat(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"), HEADERS),
    "slow-103": Trap(lambda: itertools.repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n"), LATE, pause=0.1, slow=True),
    "redirect-loop": Trap(lambda: _moved("/again"), "more than 5 redirects"),
    "redirect-to-file": Trap(lambda: _moved("file:///etc/passwd"), "only http and https are asked, not file:"),
    "redirect-to-ftp": Trap(lambda: _moved("ftp://127.0.0.1/"), "only http and https are asked, not ftp:"),
    "too-long-length": Trap(lambda: (OK + b"Content-Length: 5000\r\n\r\n<rss/>",), "cut short"),
    "chunk-of-2^64": Trap(
        lambda: (OK + b"Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n<rss/>\r\n",), "chunk size"
    ),
    "garbage": Trap(lambda: (bytes(range(256)) * 40,), "something else than HTTP"),
    "hang-in-handshake": Trap(
        lambda: (), "the TLS handshake did not end in time", slow=True, asks=False, scheme="https"
    ),
    "garbage-in-handshake": Trap(
        lambda: (b"SSH-2.0-OpenSSH_9\r\n",), "the TLS handshake failed", asks=False, scheme="https"
    ),
}


class _Site:
    """One trap on a port of its own, a thread a visitor, until `close`."""

    def __init__(self, trap: Trap) -> None:
        self._trap = trap
        self._closing = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"{trap.scheme}://127.0.0.1:{self._server.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                visitor, _ = self._server.accept()
                threading.Thread(target=self._answer, args=(visitor,), daemon=True).start()

    def _answer(self, visitor: socket.socket) -> None:
        with visitor, suppress(OSError):
            visitor.settimeout(10)
            if self._trap.asks:
                visitor.recv(65536)
            for piece in self._trap.says():
                if self._closing.wait(self._trap.pause) if self._trap.pause else self._closing.is_set():
                    return
                visitor.sendall(piece)
            if self._trap.slow:
                self._closing.wait()

    def close(self) -> None:
        """Frees the port and lets the visitors go."""
        self._closing.set()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # wakes `accept`, which `close` alone would not
        self._server.close()


@contextmanager
def running(*names: str) -> Iterator[dict[str, str]]:
    """The named traps, name -> address, until the block ends."""
    with ExitStack() as stack:
        sites = {name: _Site(TRAPS[name]) for name in names}
        for site in sites.values():
            stack.callback(site.close)
        yield {name: site.url for name, site in sites.items()}
