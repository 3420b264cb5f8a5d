"""`/healthz` and `/readyz`: whether the process lives, and whether it can work."""

from __future__ import annotations

from feeds.desk.context import Context
from feeds.web.answers import Receive, Scope, Send, plain


class Health:
    """Answers both."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await plain(send, 200, "ok")
