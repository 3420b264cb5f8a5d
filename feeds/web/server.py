"""The HTTP server as an object with a start and a stop, in a thread of its own.

uvicorn serves; what it leaves open is bounded in `feeds.web.connection`. Signals are the caller's.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address

import uvicorn

from feeds import log
from feeds.config.tables import remote_refused
from feeds.config.whole import unguarded
from feeds.errors import BroadsheetError, ConfigError
from feeds.web.answers import Application, AtOnce
from feeds.web.connection import Connection
from feeds.web.crowd import Crowd, Limits

DESCRIPTORS = 256
"""Files and sockets that are left for the rest of the process: the database, polls, what is published."""

WAITING = 4096
"""Connections that the kernel keeps until they are accepted; it may keep fewer."""

ACCEPTED = 128
"""Connections that are accepted in one turn of the loop: a flood of them must not keep the others waiting."""

KERNEL_BYTES = 262_144
"""What the kernel takes of an answer beyond what its client has read. By itself it takes 4 MB, and nobody can see a
client read that."""

_log = log.get(__name__)


class Server:
    """Serves `app` on `host` and `port` between `start` and `stop`; port 0 takes a free one."""

    def __init__(
        self,
        app: Application,
        host: str,
        port: int,
        *,
        allow_remote: bool = False,
        guarded: bool = False,
        limits: Limits | None = None,
    ) -> None:
        """`guarded` tells whether nobody gets in unproven where there is more than what is published."""
        self._host, self._port = host, port
        self._allow_remote, self._guarded = allow_remote, guarded
        limits = limits or Limits()
        self._limits = replace(limits, connections=_most_connections(limits.connections))
        crowd = Crowd(self._limits)
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http=type("Connection", (Connection,), {"crowd": crowd, "at_once": _at_once(app)}),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=self._limits.grace,
            backlog=ACCEPTED,
        )
        self._uvicorn = _Uvicorn(config, crowd)
        self._thread: threading.Thread | None = None
        self.url = ""
        """Where it listens, such as `http://127.0.0.1:8080/`; empty before `start`."""

    @property
    def last_turn(self) -> float:
        """When its loop last turned, in seconds of the monotonic clock."""
        return self._uvicorn.last_turn

    def start(self) -> None:
        """Binds, then serves in a thread.

        Raises `BroadsheetError` where the port cannot be had, `ConfigError` for an address that other machines reach
        unless that was allowed, and the desk is guarded.
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
            if not ip_address(address[0]).is_loopback:
                # A name, that is: of addresses the configuration has said so before.
                if not self._allow_remote:
                    raise ConfigError(f"[web] {remote_refused(self._host)}")
                if not self._guarded:
                    raise ConfigError(f"[desk] {unguarded(self._host)}")
            try:
                listener = socket.create_server(address, family=family, backlog=WAITING)
                # For those it accepts. Head and body are written one after the other: without the second option the
                # body waits 40 ms for the client to acknowledge the head.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return listener
            except OSError as error:
                problem = error
        reason = getattr(problem, "strerror", None) or problem
        raise BroadsheetError(f"[web] cannot listen on {self._host}, port {self._port}: {reason}") from problem


class _Uvicorn(uvicorn.Server):
    """uvicorn that looks after its connections, and drops, when the grace is over, whoever has still not taken its
    answer."""

    def __init__(self, config: uvicorn.Config, crowd: Crowd) -> None:
        super().__init__(config)
        self._crowd = crowd
        self.last_turn = time.monotonic()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for each in sockets or ():
            each.listen(WAITING)  # asyncio takes one number for this and for how many it accepts in one turn

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second."""
        self.last_turn = time.monotonic()
        self._crowd.sweep(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # the transports close at the loop's next turn, which would be none


def _at_once(app: Application) -> AtOnce | None:
    """What the application has of this name, as an attribute of a class that binds nothing to it."""
    found: AtOnce | None = getattr(app, "at_once", None)
    return None if found is None else staticmethod(found)


def _most_connections(wanted: int) -> int:
    """How many connections of `wanted` the process may have, after asking for the descriptors it needs."""
    soft, hard = (sys.maxsize if each == resource.RLIM_INFINITY else each for each in _limits())
    if soft < min(wanted + DESCRIPTORS, hard):
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted + DESCRIPTORS, hard), _limits()[1]))
            soft = _limits()[0]
    return min(wanted, max(1, soft - DESCRIPTORS))


def _limits() -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_NOFILE)
