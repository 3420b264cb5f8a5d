"""The whole of what is served, put together: who answers which path. Each part is an ASGI application of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from db.engine import Engine
from feeds.config import Config
from feeds.formats import load
from feeds.ondemand import Composer
from feeds.web.answers import Application, AtOnce, Headers, Ready, Receive, Scope, Send, networks
from feeds.web.files import Tree
from feeds.web.filtered import Filtered
from feeds.web.hub import Hub
from feeds.web.private import Private
from feeds.web.public import Public, Said
from feeds.web.rates import Limited
from feeds.web.websub import KNOWN, websub_app
from feeds.websub.topics import advertised


def web_app(
    engine: Engine,
    config: Config,
    clock: Callable[[], datetime],
    beside: Mapping[str, Application] | None = None,
) -> Application:
    """Everything that `feeds run` serves, `beside` what belongs to feeds: first segment of a path -> who answers
    there. `clock` tells the time (UTC)."""
    composer = Composer(engine, config)
    private = Private(engine, config, composer, clock)
    parts: dict[str, Application] = {
        "p": private.by_token,
        "private": private.by_login,
        "websub": websub_app(engine, config, clock),
        **(beside or {}),
    }
    if config.websub.hub:
        parts["hub"] = Hub(engine, config, clock)
    others = {one.suffix: one.media_type for one in map(load, config.publish.formats)}
    said = Said(config.site.base_url, advertised(config), others)
    app = _Parts(parts, _published(composer, config, said, clock))
    if not config.web.per_minute:
        return app

    def shared(path: str) -> Headers:
        return () if app.has(path) else said.shared(path[1:])

    trusted = networks(config.web.trusted_proxies)
    return Limited(app, config.web.per_minute, trusted, proven=_is_hubs, shared=shared)


def _is_hubs(scope: Scope, status: int) -> bool:
    """Whether a hub of ours was answered, which may push for any number of sources."""
    return status in KNOWN and _first(scope["path"]) == "websub"


def _published(composer: Composer, config: Config, said: Said, clock: Callable[[], datetime]) -> Application:
    """The tree, and feeds of it that an address filters."""
    files = Public(Tree(config.public, said.media_type, said.headers), said)
    return Filtered(composer, files, said, config.public, clock)


class _Parts:
    """Chooses the application by the first segment of the path; what none has is the public tree's."""

    def __init__(self, parts: Mapping[str, Application], rest: Application) -> None:
        self._parts = dict(parts)
        self._rest = rest
        self._rest_at_once: AtOnce | None = getattr(rest, "at_once", None)

    def has(self, path: str) -> bool:
        """Whether a part answers there."""
        return _first(path) in self._parts

    def at_once(self, scope: Scope) -> Ready | None:
        if self._rest_at_once is None or _first(scope["path"]) in self._parts:
            return None
        return self._rest_at_once(scope)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._parts.get(_first(scope["path"]), self._rest)(scope, receive, send)


def _first(path: str) -> str:
    return path[1:].partition("/")[0]
