"""What stands before the calls of the API, behind the gate."""

from __future__ import annotations

from feeds.desk.access import principal_of
from feeds.desk.api.base import scope_of
from feeds.desk.api.problems import problem
from feeds.web.answers import Application, Receive, Scope, Send


class Guard:
    """Lets `app` answer whose scopes reach."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        needed = scope_of(scope["method"], scope["path"])
        if needed not in principal_of(scope).scopes:
            refused = problem(scope["path"], 403, f'this needs a token with the scope "{needed}"')
            await refused(scope, receive, send)
            return
        if scope["method"] == "HEAD":  # as GET, without its body, which the server leaves out
            scope = {**scope, "method": "GET"}
        try:
            await self._app(scope, receive, send)
        except Exception:  # noqa: S110  # is answered and logged; it comes here so that a server may log it as well
            pass
