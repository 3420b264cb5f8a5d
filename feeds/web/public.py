"""The published tree over HTTP: files from memory, conditional requests, nothing else.

Every request costs one `stat`, so that a file that was replaced is served from the next request on. What is not a
published file is a 404 in plain text, whatever the path tries.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import stat
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

MEDIA_TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "opml": "text/x-opml; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
}
CACHE_BYTES = 64_000_000
"""Most bytes of files kept in memory, both encodings counted: about 200 sections' feeds with room to spare."""
MAX_AGE = 60
"""Seconds a browser or a proxy may show a feed unasked: short beside any reader's own interval."""
GZIP_LEVEL = 6
"""1.4 ms for a feed of 60 kB, once a version; level 1 is five times as fast and a fifth larger."""
_SMALLEST_ZIPPED = 256
_PAGES = frozenset({"html", "css"})
# One dot-less start and no percent sign: nothing hidden, temporary, above the tree, or spelled in two ways.
_PATH = re.compile(r"/((?:[A-Za-z0-9_][A-Za-z0-9._-]{0,199}/){0,8}[A-Za-z0-9_][A-Za-z0-9._-]{0,199})", re.ASCII)
_HTML_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_FEED_POLICY = "default-src 'none'; sandbox"
_COMMON = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_PLAIN = _COMMON | {"Content-Security-Policy": _FEED_POLICY, "Cache-Control": "no-store"}


def public_app(root: Path, *, base_url: str | None = None) -> Starlette:
    """Serves GET and HEAD of the files below `root`, `index.html` at `/`, and `/healthz`.

    With `base_url` every feed names its own address in a Link header (`rel="self"`, what WebSub asks for), and an
    https one promises https for a year.
    """
    tree = _Tree(root, base_url)

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok", headers=_PLAIN)

    async def refuse(_: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        words = {404: "Not found", 405: "Method not allowed"}.get(status, "Internal error")
        allow = {"Allow": "GET, HEAD"} if status == 405 else {}
        return PlainTextResponse(words + "\n", status, headers=_PLAIN | allow)

    routes = [Route("/healthz", healthz), Route("/{path:path}", tree.respond)]
    app = Starlette(routes=routes, exception_handlers={HTTPException: refuse, 500: refuse})
    app.router.redirect_slashes = False
    return app


@dataclass(frozen=True, slots=True)
class _Version:
    """One version of one file with everything that does not depend on who asks."""

    stamp: tuple[int, ...]
    media_type: str
    data: bytes
    zipped: bytes | None
    etag: str
    modified: datetime
    headers: dict[str, str]

    @property
    def cost(self) -> int:
        return len(self.data) + len(self.zipped or b"")


class _Tree:
    """The files below `root`, the latest asked for kept in memory up to `most` bytes."""

    def __init__(self, root: Path, base_url: str | None, most: int = CACHE_BYTES) -> None:
        self._root = root
        self._base_url = base_url
        self._kept: OrderedDict[str, _Version] = OrderedDict()
        self._bytes = 0
        self._most = most

    async def respond(self, request: Request) -> Response:
        """The file at the request's path: 200 or 304; raises `HTTPException` (404)."""
        path = request.scope["path"]
        found = _PATH.fullmatch("/index.html" if path == "/" else path)
        version = self._version(found[1]) if found is not None else None
        if version is None:
            raise HTTPException(404)
        zipped = version.zipped if _takes_gzip(request.headers.getlist("accept-encoding")) else None
        etag = version.etag if zipped is None else f'{version.etag[:-1]}-gzip"'
        headers = {**version.headers, "ETag": etag}
        if _holds(request, etag, version.modified):
            return Response(status_code=304, headers=headers)
        headers["Content-Type"] = version.media_type
        if zipped is not None:
            headers["Content-Encoding"] = "gzip"
        return Response(version.data if zipped is None else zipped, headers=headers)

    def _version(self, name: str) -> _Version | None:
        """The file as it is now; None where there is none to show."""
        kept = self._kept.get(name)
        try:
            stamp = _stamp(os.stat(self._root / name))
            if kept is None or kept.stamp != stamp:
                kept = self._load(name)
                self._forget(name)
                self._keep(name, kept)
        except (FileNotFoundError, NotADirectoryError):
            self._forget(name)
            return None
        except (OSError, ValueError, OverflowError):
            return kept  # it is there and cannot be read, as when descriptors run out: the last good one
        self._kept.move_to_end(name)
        return kept

    def _load(self, name: str) -> _Version:
        """Reads the file `name`. Raises `FileNotFoundError` for what is none or lies outside the tree."""
        path = self._root / name
        kind = name.rpartition(".")[2]
        if kind not in MEDIA_TYPES or not path.resolve().is_relative_to(self._root.resolve()):
            raise FileNotFoundError(name)
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise FileNotFoundError(name)
            data = file.read()
        modified = datetime.fromtimestamp(status.st_mtime_ns // 1_000_000_000, UTC)
        zipped = gzip.compress(data, GZIP_LEVEL, mtime=0) if len(data) >= _SMALLEST_ZIPPED else None
        return _Version(
            stamp=_stamp(status),
            media_type=MEDIA_TYPES[kind],
            data=data,
            zipped=zipped,
            etag=f'"{hashlib.sha256(data).hexdigest()[:32]}"',
            modified=modified,
            headers=self._headers(name, kind, modified),
        )

    def _headers(self, name: str, kind: str, modified: datetime) -> dict[str, str]:
        """What 200 and 304 both say (RFC 9110, section 15.4.5), with the policies of the file's kind."""
        headers = _COMMON | {
            "Cache-Control": f"public, max-age={MAX_AGE}",
            "Vary": "Accept-Encoding",
            "Last-Modified": format_datetime(modified, usegmt=True),
            "Content-Security-Policy": _HTML_POLICY if kind in _PAGES else _FEED_POLICY,
        }
        if kind in _PAGES:
            headers |= {
                "Cross-Origin-Opener-Policy": "same-origin",
                "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            }
        else:
            headers |= {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
        if self._base_url is not None:
            if kind == "atom":
                headers["Link"] = f'<{self._base_url}{name}>; rel="self"'
            if self._base_url.startswith("https:"):
                headers["Strict-Transport-Security"] = "max-age=31536000"
        return headers

    def _keep(self, name: str, version: _Version) -> None:
        self._kept[name] = version
        self._bytes += version.cost
        while self._bytes > self._most and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].cost

    def _forget(self, name: str) -> None:
        if (kept := self._kept.pop(name, None)) is not None:
            self._bytes -= kept.cost


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    """What changes when a file is replaced or edited; the i-node, because time and size alone can agree."""
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev


def _holds(request: Request, etag: str, modified: datetime) -> bool:
    """True where the client has this version already (RFC 9110, section 13.2.2): its ETag decides, else its date."""
    tags = request.headers.getlist("if-none-match")
    if tags:
        held = {tag.strip().removeprefix("W/") for line in tags for tag in line.split(",")}
        return etag in held or "*" in held
    date = request.headers.get("if-modified-since")
    if date is None or len(date) > 64:
        return False
    try:
        since = parsedate_to_datetime(date)
        return modified <= (since.replace(tzinfo=UTC) if since.tzinfo is None else since)
    except (ValueError, TypeError, OverflowError, IndexError):
        return False


def _takes_gzip(accepted: list[str]) -> bool:
    """True where the client takes gzip (RFC 9110, section 12.5.3); its own word for gzip beats `*`."""
    weights: dict[str, float] = {}
    for coding in ",".join(accepted).lower().split(","):
        name, _, parameters = coding.partition(";")
        weight = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", parameters)
        weights[name.strip()] = float(weight[1]) if weight else 1.0
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0
