"""The whole of what is served, put together: who answers which path. Each part is an ASGI application of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from db.engine import Engine
from feeds.config import Config
from feeds.web.answers import Application, Receive, Scope, Send
from feeds.web.hub import Hub
from feeds.web.public import public_app
from feeds.web.websub import websub_app
from feeds.websub.topics import advertised


def web_app(engine: Engine, config: Config, clock: Callable[[], datetime]) -> Application:
    """Everything that `feeds run` serves. `clock` tells the time (UTC)."""
    parts: dict[str, Application] = {}
    parts["websub"] = websub_app(engine, config, clock)
    if config.websub.hub:
        parts["hub"] = Hub(engine, config, clock)
    return _Parts(parts, public_app(config.public, base_url=config.site.base_url, hubs=advertised(config)))


class _Parts:
    """Chooses the application by the first segment of the path; what none has is the public tree's."""

    def __init__(self, parts: Mapping[str, Application], rest: Application) -> None:
        self._parts = dict(parts)
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        await self._parts.get(path[1:].partition("/")[0], self._rest)(scope, receive, send)
