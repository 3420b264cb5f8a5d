"""The gate before every page and every call of the API: who may not pass is told to sign in, or refused."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import quote

from db.errors import StorageError
from feeds import log
from feeds.desk.access import DOORS, KEY, NOBODY, Doors, Refusal, is_page, part_of
from feeds.desk.limits import BODY_SECONDS, most_bytes
from feeds.desk.origin import SAFE
from feeds.desk.page import STATIC_URL
from feeds.desk.problems import BUSY_SECONDS, MEDIA_TYPE, details
from feeds.web.answers import Application, Headers, Message, Receive, Scope, Send, answer, header, plain, read_body

LOGIN = "/desk/login"
"""The page on which one signs in."""

_log = log.get(__name__)


def is_public(path: str) -> bool:
    """Whether everybody may look: the page on which one signs in, and the style and script that it needs."""
    return path == LOGIN or path.startswith(STATIC_URL)


class Gate:
    """Lets those through to `app` who may, with a body that is all there: everybody else is told why not."""

    def __init__(self, app: Application, doors: Doors, *, body_seconds: float = BODY_SECONDS) -> None:
        self._app = app
        self._doors = doors
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[DOORS] = self._doors
        try:
            found = NOBODY if is_public(scope["path"]) else await self._doors.who(scope)
        except StorageError as error:
            _log.warning("nobody let in", error=str(error))
            found = Refusal(503, "The desk is busy; try again in a moment", wait=BUSY_SECONDS)
        refusal = found if isinstance(found, Refusal) else self._doors.refused(scope, found)
        body = b""
        if refusal is None and scope["method"] not in SAFE:
            given = await self._body(scope, receive)
            refusal, body = (given, b"") if isinstance(given, Refusal) else (None, given)
            receive = _after(body, receive)
        if refusal is not None:
            await _refuse(scope, send, refusal)
            return
        scope[KEY] = found
        await self._app(scope, receive, send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | Refusal:
        """The body of a request that changes something; it is here before anything is done about it."""
        most = most_bytes(scope["path"])
        try:
            async with asyncio.timeout(self._body_seconds):
                body = await read_body(receive, most)
        except TimeoutError:
            return Refusal(408, f"This took longer than {self._body_seconds:g} seconds to come; send it again")
        return Refusal(413, f"This has more than {most:,} bytes; send less") if body is None else body


def _after(body: bytes, receive: Receive) -> Receive:
    """What the application receives: the body, and then whatever comes."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return pending.pop() if pending else await receive()

    return next_message


async def _refuse(scope: Scope, send: Send, refusal: Refusal) -> None:
    """Pages answer people in a line of text, or lead them to where they sign in; the rest answers programs (RFC
    9457)."""
    if refusal.status == 403:
        _log.info("refused", method=scope["method"], part=part_of(scope), reason=refusal.said)
    headers = [(b"retry-after", b"%d" % refusal.wait)] if refusal.wait else []
    if not is_page(scope):
        if refusal.challenge:
            headers.append((b"www-authenticate", refusal.challenge.encode()))
        await _problem(scope, send, refusal, headers)
    elif refusal.status == 401 and header(scope, b"sec-fetch-dest") in (None, b"document"):
        await plain(send, 303, "Sign in", [(b"location", _way_in(scope).encode())])
    else:
        await plain(send, refusal.status, refusal.said, headers)


def _way_in(scope: Scope) -> str:
    """The page on which one signs in, which leads back to where one was: a form that was sent is no place."""
    if scope["method"] not in SAFE:
        return LOGIN
    asked: bytes = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    return f"{LOGIN}?next={quote(asked.decode('latin-1'), safe='/')}"


async def _problem(scope: Scope, send: Send, refusal: Refusal, headers: Headers) -> None:
    body = json.dumps(details(scope["path"], refusal.status, refusal.said)).encode()
    usual = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(body))]
    await answer(send, refusal.status, body, [*usual, *headers])
