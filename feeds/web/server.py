"""The HTTP server as an object with a start and a stop, in a thread of its own.

uvicorn serves; what it leaves open is bounded here: a client that sends half a request, reads nothing, or opens
connections without end. Its own `limit_concurrency` is not used: it counts idle connections as requests. Signals are
the caller's.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from feeds import log
from feeds.errors import BroadsheetError, ConfigError
from feeds.web.answers import Application


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take. Times are seconds.

    `connections` are open at once, idle ones included, each with one request under way at most; more are closed
    unheard. It is half of the 1,024 descriptors that a process has by default. `progress` is how often a connection is
    looked at: one that has not taken a whole answer since the last look is closed. `grace` is what answers under way
    get at the end, `force` what is left to each of the two steps behind it: closing what is deaf, giving up.
    """

    header_bytes: int = 16_384
    connections: int = 512
    progress: float = 15.0
    keep_alive: int = 5
    grace: int = 2
    force: int = 1


_log = log.get(__name__)


class Server:
    """Serves `app` on `host` and `port` between `start` and `stop`; port 0 takes a free one."""

    def __init__(
        self, app: Application, host: str, port: int, *, allow_remote: bool = False, limits: Limits | None = None
    ) -> None:
        self._host, self._port, self._allow_remote = host, port, allow_remote
        self._limits = limits or Limits()
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http=type("Connection", (_Connection,), {"limits": self._limits}),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=self._limits.keep_alive,
            timeout_graceful_shutdown=self._limits.grace,
            h11_max_incomplete_event_size=self._limits.header_bytes,
        )
        self._uvicorn = _Uvicorn(config)
        self._thread: threading.Thread | None = None
        self.url = ""
        """Where it listens, such as `http://127.0.0.1:8080/`; empty before `start`."""

    def start(self) -> None:
        """Binds, then serves in a thread.

        Raises `BroadsheetError` where the port cannot be had, `ConfigError` for an address that other machines reach
        unless that was allowed.
        """
        listener = self._bind()
        name, port = listener.getsockname()[:2]
        self.url = f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"
        self._thread = threading.Thread(
            target=self._uvicorn.run, kwargs={"sockets": [listener]}, name="web", daemon=True
        )
        self._thread.start()
        _log.info("server started", url=self.url)

    def stop(self) -> None:
        """Ends within `grace` and twice `force`, four seconds: no new connection, answers under way get the grace."""
        if self._thread is None:
            return
        self._uvicorn.should_exit = True
        self._thread.join(self._limits.grace + self._limits.force)
        self._uvicorn.force_exit = True
        self._thread.join(self._limits.force)
        self._thread = None
        _log.info("server stopped", url=self.url)

    def _bind(self) -> socket.socket:
        """Listens on the first address of the host that can be had, IPv6 being off on some machines."""
        problem: Exception | None = None
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except (OSError, UnicodeError) as error:
            found, problem = [], error
        for family, _, _, _, address in found:
            if not self._allow_remote and not ip_address(address[0]).is_loopback:
                raise ConfigError(
                    f"[web] host: other machines could reach {self._host}; say allow_remote = true, or take 127.0.0.1"
                )
            try:
                return socket.create_server(address, family=family, backlog=self._limits.connections)
            except OSError as error:
                problem = error
        reason = getattr(problem, "strerror", None) or problem
        raise BroadsheetError(f"[web] cannot listen on {self._host}, port {self._port}: {reason}") from problem


class _Uvicorn(uvicorn.Server):
    """uvicorn that drops, when the grace is over, whoever has still not taken its answer."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # the transports close at the loop's next turn, which would be none


class _Connection(H11Protocol):
    """A connection that has to get somewhere.

    uvicorn waits for ever for the first request, and for a client that does not read what was written.
    """

    limits = Limits()
    _answered = 0
    _watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            transport.abort()
        else:
            self._watch = self.loop.call_later(self.limits.progress, self._check, 0)

    def on_response_complete(self) -> None:
        self._answered += 1
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def _check(self, answered: int) -> None:
        if self._answered == answered:
            self.transport.abort()
        else:
            self._watch = self.loop.call_later(self.limits.progress, self._check, self._answered)
