"""The generated feeds on loopback, each on a host of its own, from a process whose CPU and memory are nobody's figures.

`python -m tests.bench.site OPTIONS` is that process: it says its port, then obeys one JSON command a line on standard
input, and ends with it. `Site` is the other end. Feed 12 is `http://f12.localhost:PORT/feed.xml` (libcurl and
Broadsheet know that names below localhost mean this machine) and, for those who do not, `http://127.0.0.1:PORT/f12/feed.xml`.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from email.utils import format_datetime
from types import TracebackType
from typing import Any

from tests.bench import corpus

NETWORKS = ("127.0.0.0/8", "::1/128")
"""What a client has to admit to reach the site: names below localhost have both kinds of address."""

_NUMBER = re.compile(rb"(?:/f|\bHost: f)(\d+)[/.]", re.IGNORECASE)
_HOST = re.compile(rb"\r\nHost: *([^\r:]+)", re.IGNORECASE)
_ETAG = re.compile(rb"\r\nIf-None-Match: *([^\r]+)", re.IGNORECASE)
_SINCE = re.compile(rb"\r\nIf-Modified-Since: *([^\r]+)", re.IGNORECASE)
_MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Setup:
    """What a site serves: `feeds` feeds of `entries` entries on `port` (0 for a free one).

    Feeds in `silent` never answer, those in `slow` answer after `pause` seconds, those in `drip` send their body in ten
    pieces over `pause` seconds. `archive` entries a page turn the feeds into pages of their archive (`Site.turn`).
    """

    feeds: int
    entries: int = corpus.ENTRIES
    port: int = 0
    silent: Sequence[int] = ()
    slow: Sequence[int] = ()
    drip: Sequence[int] = ()
    pause: float = 2.0
    archive: int = 0


class Site:
    """A site that runs as long as the block, in a process of its own with the id `pid`."""

    def __init__(self, setup: Setup) -> None:
        command = [sys.executable, "-m", "tests.bench.site", json.dumps(asdict(setup))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self._process.pid
        self.port: int = self._heard()["port"]

    def __enter__(self) -> Site:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def bump(self, numbers: Iterable[int]) -> None:
        """Moves feeds to their next version: `corpus.FRESH` new entries on top."""
        self._say({"bump": list(numbers)})

    def turn(self, page: int | None) -> None:
        """Lets every feed show `page` of its archive from now on, or itself again (None)."""
        self._say({"turn": page})

    def log(self) -> dict[str, list[float]]:
        """When each host was asked, in seconds of a steady clock, in order; and forgets it."""
        found: dict[str, list[float]] = self._say({"log": True})["log"]
        return found

    def _say(self, command: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return self._heard()

    def _heard(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the site of the benchmark ended; what it said is above")
        return json.loads(line)

    def host_url(self, number: int, host: str | None = None) -> str:
        """The address of feed `number` on its own host, or on `host`, below localhost."""
        if host is None:
            return f"http://f{number}.localhost:{self.port}/feed.xml"
        return f"http://{host}.localhost:{self.port}/f{number}/feed.xml"

    def plain_url(self, number: int) -> str:
        """The same for those whose resolver knows no names below localhost."""
        return f"http://127.0.0.1:{self.port}/f{number}/feed.xml"


def most_in_a_minute(times: Sequence[float]) -> int:
    """The most requests that began in any 60 seconds of `times`, which ascend."""
    most = first = 0
    for last, at in enumerate(times):
        while times[first] <= at - 60:
            first += 1
        most = max(most, last - first + 1)
    return most


class _Pages:
    """What is served now, each answer made once: whole answers as bytes, and those that say nothing changed."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._versions = [0] * setup.feeds
        self._page: int | None = None
        self._answers: list[tuple[bytes, bytes, bytes, bytes] | None] = [None] * setup.feeds
        self.silent, self.slow, self.drip = set(setup.silent), set(setup.slow), set(setup.drip)
        self.pause = setup.pause
        self.log: dict[str, list[float]] = defaultdict(list)

    def make(self) -> None:
        """Makes what is not made yet, so that nobody waits for it."""
        for number in range(self._setup.feeds):
            self._answer(number)

    def obey(self, command: dict[str, Any]) -> dict[str, Any]:
        for number in command.get("bump", ()):
            self._versions[number] += 1
            self._answers[number] = None
        if "turn" in command:
            self._page = command["turn"]
            self._answers = [None] * self._setup.feeds
        self.make()
        if "log" in command:
            found, self.log = self.log, defaultdict(list)
            return {"log": found}
        return {}

    def _answer(self, number: int) -> tuple[bytes, bytes, bytes, bytes]:
        found = self._answers[number]
        if found is None:
            found = self._answers[number] = self._made(number)
        return found

    def _made(self, number: int) -> tuple[bytes, bytes, bytes, bytes]:
        """ETag, Last-Modified, the answer with the body and the one without."""
        version = self._versions[number]
        if self._page is None:
            body, stamp = corpus.feed(number, self._setup.entries, version), f"{number}-{version}"
            kind = {"rss": "rss+xml", "atom": "atom+xml", "rdf": "rdf+xml"}[corpus.format_of(number)]
        else:
            body, stamp = corpus.archive(number, self._page, self._setup.archive), f"{number}-page-{self._page}"
            kind = "feed+json"
        etag = f'"{stamp}"'.encode()
        since = format_datetime(corpus.NOW + timedelta(hours=12 * version - 12), usegmt=True).encode()
        head = b"Server: bench\r\nETag: " + etag + b"\r\nLast-Modified: " + since + b"\r\n"
        whole = (
            b"HTTP/1.1 200 OK\r\n"
            + head
            + f"Content-Type: application/{kind}; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        return etag, since, whole, b"HTTP/1.1 304 Not Modified\r\n" + head + b"\r\n"

    def reply(self, head: bytes) -> tuple[int | None, bytes]:
        """The number of the feed that a request asks for, and the answer to it."""
        line, _, rest = head.partition(b"\r\n")
        host = _HOST.search(head)
        self.log[host[1].decode("latin-1") if host else ""].append(time.monotonic())
        found = _NUMBER.search(line) or _NUMBER.search(rest)
        if found is None or int(found[1]) >= self._setup.feeds:
            return None, _MISSING
        number = int(found[1])
        etag, since, whole, unchanged = self._answer(number)
        asked = _ETAG.search(head)
        if asked is not None:
            return number, unchanged if asked[1].strip() == etag else whole
        asked = _SINCE.search(head)
        return number, unchanged if asked is not None and asked[1].strip() == since else whole


class _Connection(asyncio.Protocol):
    """One connection that is kept; requests are answered in their order."""

    def __init__(self, pages: _Pages, loop: asyncio.AbstractEventLoop) -> None:
        self._pages, self._loop = pages, loop
        self._held = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(1 << 20)

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head, self._held = self._held[: end + 2], self._held[end + 4 :]
            number, answer = self._pages.reply(head)
            if number in self._pages.silent:
                continue
            if number in self._pages.slow:
                self._loop.call_later(self._pages.pause, self._send, answer)
            elif number in self._pages.drip:
                size = len(answer) // 10 + 1
                for piece in range(10):
                    part = answer[piece * size : (piece + 1) * size]
                    self._loop.call_later(self._pages.pause * (piece + 1) / 10, self._send, part)
            else:
                self._send(answer)

    def _send(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


async def _serve(setup: Setup) -> None:
    pages, loop = _Pages(setup), asyncio.get_running_loop()
    pages.make()
    sockets = [_listener(socket.AF_INET, "127.0.0.1", setup.port)]
    port = sockets[0].getsockname()[1]
    with suppress(OSError):  # a machine without IPv6 has localhost in one kind only
        sockets.append(_listener(socket.AF_INET6, "::1", port))
    for each in sockets:
        await loop.create_server(lambda: _Connection(pages, loop), sock=each, backlog=4096)
    sys.stdout.write(json.dumps({"port": port}) + "\n")
    sys.stdout.flush()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        sys.stdout.write(json.dumps(pages.obey(json.loads(line))) + "\n")
        sys.stdout.flush()


def _listener(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    return socket.create_server((host, port), family=family, backlog=4096)


def main() -> None:
    """Serves what the first argument says until standard input ends."""
    given: dict[str, Any] = json.loads(sys.argv[1])
    asyncio.run(_serve(Setup(**given)))


if __name__ == "__main__":
    main()
