"""A proxy on loopback that writes down who asks for what, and what is answered."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import urlsplit


class Asked(NamedTuple):
    """One request: who (User-Agent), for which path, whether with a validator, and the status of the answer."""

    agent: str
    path: str
    conditional: bool
    status: int


@dataclass(slots=True)
class Proxy:
    """Stands at `url` before the server at `origin`. `log` keeps every request.

    `behind` is by how many seconds the Date of its answers is past: clients that may keep one for a minute then ask
    again at once.
    """

    url: str
    origin: str = ""
    behind: int = 0
    log: list[Asked] = field(default_factory=list)

    def forget(self) -> None:
        """Begins a new log."""
        self.log.clear()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        proxy = self.server.proxy
        origin = http.client.HTTPConnection(urlsplit(proxy.origin).netloc, timeout=20)
        try:
            origin.request(self.command, self.path, headers={**dict(self.headers.items()), "Connection": "close"})
            answer = origin.getresponse()
            body = answer.read()
        finally:
            origin.close()
        conditional = "If-None-Match" in self.headers or "If-Modified-Since" in self.headers
        proxy.log.append(Asked(self.headers.get("User-Agent", ""), self.path, conditional, answer.status))
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("date", "connection", "keep-alive", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Date", formatdate(time.time() - proxy.behind, usegmt=True))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: the log is the proxy's."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    proxy: Proxy


@contextmanager
def running_proxy() -> Iterator[Proxy]:
    """A proxy until the block ends; its `origin` is to be set before the first request."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.proxy = Proxy(f"http://127.0.0.1:{server.server_address[1]}/")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
