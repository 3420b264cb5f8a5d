"""Headers of every answer of the desk, of the API, and of what tells whether all is well."""

from __future__ import annotations

from feeds.desk.page import STATIC_URL
from feeds.web.answers import HSTS, Application, Message, Receive, Scope, Send

POLICY = (
    b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing inline, nothing from elsewhere. `connect-src` is for what the script brings up to date."""

_REFUSED = ("camera", "display-capture", "geolocation", "microphone", "midi", "payment", "serial", "usb")
_USUAL = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", ", ".join(f"{name}=()" for name in _REFUSED).encode()),
)
_PAGE = ((b"content-security-policy", POLICY), (b"cache-control", b"no-store"))


class Dressed:
    """Gives the answers of `app` these headers, in place of any of the names that it gave itself; `https` tells whether
    readers come over https."""

    def __init__(self, app: Application, *, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        own = [*_USUAL, (b"referrer-policy", _referrer_policy(scope["path"]))]
        # Files of ours are kept for ever by their address, and have a policy of their own.
        own += [] if scope["path"].startswith(STATIC_URL) else _PAGE
        own += [HSTS] if self._https else []
        named = {name for name, _ in own} | {b"server"}

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [(bytes(name).lower(), value) for name, value in message.get("headers", ())]
                message = {**message, "headers": [*(each for each in given if each[0] not in named), *own]}
            await send(message)

        await self._app(scope, receive, dressed)


def _referrer_policy(path: str) -> bytes:
    """Nothing is told to other sites. Forms of pages have to say where they come from all the same: under `no-referrer`
    browsers send `Origin: null` with them (Fetch, "append a request Origin header")."""
    return b"same-origin" if path.startswith("/desk") else b"no-referrer"
