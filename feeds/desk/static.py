"""The style and the script of the desk, from memory."""

from __future__ import annotations

from pathlib import Path

from feeds.desk.page import STATIC, STATIC_URL
from feeds.web.answers import COMMON, Prepared, Ready, Receive, Scope, Send, give, plain

_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
}


class Static:
    """Answers for the files of the desk's own folder, read once."""

    def __init__(self) -> None:
        self._files = {f"{STATIC_URL}{one.name}": _ready(one) for one in STATIC.iterdir() if one.suffix in _TYPES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._files.get(scope["path"])
        if found is None:
            await plain(send, 404, "Not found")
        elif scope["method"] not in ("GET", "HEAD"):
            await plain(send, 405, "Method not allowed", [(b"allow", b"GET, HEAD")])
        else:
            await give(send, found)


def _ready(file: Path) -> Ready:
    body = file.read_bytes()
    headers = [
        (b"content-type", _TYPES[file.suffix]),
        (b"content-length", b"%d" % len(body)),
        # Its address changes with it.
        (b"cache-control", b"public, max-age=31536000, immutable"),
        (b"content-security-policy", b"default-src 'none'"),
        *COMMON,
    ]
    return Ready(Prepared.of(200, headers), body)
