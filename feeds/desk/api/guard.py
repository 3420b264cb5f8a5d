"""What stands before the calls of the API, behind the gate, which has asked who may call them."""

from __future__ import annotations

from feeds.web.answers import Application, Receive, Scope, Send


class Guard:
    """Lets `app` answer HEAD, too, and no failure pass that it has answered."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":  # as GET, without its body, which the server leaves out
            scope = {**scope, "method": "GET"}
        try:
            await self._app(scope, receive, send)
        except Exception:  # noqa: S110  # is answered and logged; it comes here so that a server may log it as well
            pass
