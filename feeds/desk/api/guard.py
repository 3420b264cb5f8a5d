"""What stands before the calls of the API: whether a caller's scopes reach, and how long a body may be."""

from __future__ import annotations

from feeds.desk.access import principal_of
from feeds.desk.api.base import PREFIX, scope_of
from feeds.desk.api.problems import problem
from feeds.formats.opml import MAX_BYTES
from feeds.web.answers import COMMON, FEED_POLICY, Application, Message, Receive, Scope, Send, read_body

MOST_BYTES = 1_000_000
"""Bytes of a body that is no list of subscriptions."""

HEADERS = ((b"cache-control", b"no-store"), (b"content-security-policy", FEED_POLICY), *COMMON)
"""Headers of every answer: it may hold what is for its caller alone."""

_LISTS = f"{PREFIX}/sources/import"


class Guard:
    """Lets `app` answer who may ask, with the whole body at hand."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        needed, headers = scope_of(method, path), {name.decode(): value.decode() for name, value in HEADERS}
        if needed not in principal_of(scope).scopes:
            refused = problem(path, 403, f"this needs a token with the scope {needed}", headers)
            await refused(scope, receive, send)
            return
        body = await read_body(receive, MAX_BYTES if path == _LISTS else MOST_BYTES)
        if body is None:
            await problem(path, 413, "the body is too long", headers)(scope, receive, send)
            return
        said = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def again() -> Message:
            return next(said, None) or await receive()

        async def closed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        if method == "HEAD":  # as GET, without its body, which the server leaves out
            scope = {**scope, "method": "GET"}
        try:
            await self._app(scope, again, closed)
        except Exception:  # noqa: S110  # answered and logged below, and told once more to a server that would log it, too
            pass
