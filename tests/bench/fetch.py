"""What a request costs: 2,000 documents of 20 kB, each from a host of its own, 64 under way, plain HTTP on loopback."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pycurl  # type: ignore[import-untyped]  # its wheel has no py.typed

from feeds.config import Poll
from feeds.fetch import Fetched, Fetcher, Request

WIDE = 64
_SERVER = """
import sys
from tests.fakes import quick_site
with quick_site() as port:
    print(port, flush=True)
    sys.stdin.read()
"""


def measure(_folder: Path, hosts: int = 2000) -> dict[str, float]:
    """Microseconds of CPU a request: first poll by name, again over connections that stay open, and bare pycurl."""
    with _served() as port:
        named = [f"http://h{number}.example:{port}/feed" for number in range(hosts)]
        same = [f"http://127.0.0.1:{port}/{number}" for number in range(hosts)]
        settings = Poll(allow_networks=("127.0.0.0/8",))
        with Fetcher(settings, user_agent="bench", resolve=lambda _name: ["127.0.0.1"]) as fetcher:
            _ours(fetcher, same[:WIDE])
            first, again = _ours(fetcher, named), _ours(fetcher, same)
        bare = _bare(named, port)
    figures = {"new_host": first, "same_host": again, "bare_pycurl_new_host": bare}
    return {"requests": hosts, **{f"{name}_us": round(cpu / hosts * 1e6) for name, cpu in figures.items()}}


@contextmanager
def _served() -> Iterator[int]:
    """The port of a server in a process of its own, whose CPU is not ours."""
    command = [sys.executable, "-c", _SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.stdin.close()


def _ours(fetcher: Fetcher, urls: list[str]) -> float:
    now, begun, good = datetime.now(UTC), 0, 0
    cpu = time.process_time()
    while good < len(urls):
        while begun < len(urls) and fetcher.active < WIDE:
            fetcher.start(begun, Request(urls[begun]), now)
            begun += 1
        for _, outcome in fetcher.wait(5):
            if not isinstance(outcome, Fetched):
                raise outcome
            good += 1
    return time.process_time() - cpu


def _bare(urls: list[str], port: int) -> float:
    """The least that can be done with pycurl: no check, no header read, no decoding."""
    multi, waiting, good = pycurl.CurlMulti(), list(urls), 0
    multi.setopt(pycurl.M_MAXCONNECTS, WIDE)
    idle: list[Any] = [pycurl.Curl() for _ in range(WIDE)]
    cpu = time.process_time()
    while good < len(urls):
        while idle and waiting:
            curl, url, body = idle.pop(), waiting.pop(), bytearray()
            curl.setopt(pycurl.URL, url)
            curl.setopt(pycurl.RESOLVE, [f"+{url[7:].partition(':')[0]}:{port}:127.0.0.1"])
            curl.setopt(pycurl.WRITEFUNCTION, body.extend)
            multi.add_handle(curl)
        multi.perform()
        _, ended, failed = multi.info_read(WIDE)
        if failed:
            raise pycurl.error(*failed[0][1:])
        for curl in ended:
            multi.remove_handle(curl)
            idle.append(curl)
            good += 1
        multi.select(1.0)
    return time.process_time() - cpu
