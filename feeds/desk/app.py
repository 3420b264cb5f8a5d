"""The desk put together: which part of it answers which path."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.applications import Starlette

from feeds.desk.access import Doors
from feeds.desk.api.app import api_app
from feeds.desk.context import Context
from feeds.desk.gate import Gate
from feeds.desk.headers import Dressed
from feeds.desk.health import Health
from feeds.desk.metrics import Metrics
from feeds.desk.origin import is_near
from feeds.desk.page import STATIC_URL
from feeds.desk.pages import (
    adding,
    editing,
    entries,
    entry,
    incidents,
    live,
    login,
    opml,
    overview,
    sections,
    settings,
    source,
    sources,
    tokens,
)
from feeds.desk.static import Static
from feeds.desk.visit import not_found
from feeds.web.answers import Application, Receive, Scope, Send

PAGES = (
    overview, live, adding, opml, sources, source, editing, entries, entry, sections, incidents, tokens, settings,
    login,
)  # fmt: skip
"""Modules of pages, each with its `routes`. Those of `adding` and `opml` would be sources of such names else."""


def desk_parts(context: Context, doors: Doors | None = None) -> Mapping[str, Application]:
    """First segment of a path -> what answers there, beside the published feeds. All of it has one way in, `doors`
    where they are given. Raises `ConfigError` where the password cannot be read."""
    health, doors = Health(context), doors or Doors(context)
    parts: dict[str, Application] = {"healthz": health, "readyz": health}
    if context.config.monitor.metrics:
        metrics = Metrics(context)
        parts["metrics"] = _Near(metrics, Gate(metrics, doors))
    if context.config.desk.enabled:
        parts["desk"] = Gate(_Desk(context), doors)
        parts["api"] = Gate(api_app(context), doors)
    return {name: Dressed(part, https=doors.origins.scheme == "https") for name, part in parts.items()}


class _Near:
    """Has programs of this machine answered by `here`, all others by `elsewhere`. What is for the machine alone would
    need a token else as soon as the desk has a password."""

    def __init__(self, here: Application, elsewhere: Application) -> None:
        self._here = here
        self._elsewhere = elsewhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._here if is_near(scope) else self._elsewhere)(scope, receive, send)


class _Desk:
    """The pages, and the files that they need."""

    def __init__(self, context: Context) -> None:
        self._static = Static()
        routes = [route for module in PAGES for route in module.routes]
        self._pages = Starlette(routes=routes, exception_handlers={404: not_found})
        self._pages.state.context = context
        # It would lead to the host that a client names.
        self._pages.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: Application = self._static if scope["path"].startswith(STATIC_URL) else self._pages
        await app(scope, receive, send)
