"""The published tree over HTTP: files from memory in the coding that a client likes best, conditional requests, and
nothing else.

What is not a published file is a 404 in plain text, whatever the path tries; what was one and is gone for good a 410.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from feeds import manifest
from feeds.web.answers import (
    COMMON,
    FEED_POLICY,
    HSTS,
    PLAIN,
    Headers,
    Prepared,
    Ready,
    Receive,
    Scope,
    Send,
    give,
    header,
    plain,
)
from feeds.web.conditions import fails, holds
from feeds.web.files import Coded, Tree, Unreadable, Version

MEDIA_TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/feed+json",
    "opml": "text/x-opml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
}
"""Suffix -> media type of what is published; other formats add theirs."""

MAX_AGE = 60
"""Seconds a browser or a proxy may show a feed unasked: short beside any reader's own interval."""

RETRY = b"10"
"""Seconds after which a client may ask again for a file that cannot be read now."""

PAGE_POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self' data:; "
    b"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of pages and their style."""

ASKED_WITH = b"If-Modified-Since, If-None-Match"
"""Headers that scripts of other sites may ask with."""

_NO_FEEDS = frozenset({"css", "html", "opml", "xml"})
_PAGES = frozenset({"html", "css"})
_WITHOUT_HUBS = ("archive/",)
_NOTHING = {"type": "http.response.body", "body": b""}
_SHORTLY = [(b"cache-control", b"public, max-age=%d" % MAX_AGE)]
_HEALTHY = Ready(Prepared.of(200, [*PLAIN, (b"content-length", b"2")]), b"ok")
_DEMANDS = (b"if-match", b"if-unmodified-since")
_SHARED = ((b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"Retry-After"))
_METHODS = [(b"allow", b"GET, HEAD")]
_VARIES = [(b"vary", b"Accept-Encoding")]
_PREFLIGHT = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-allow-headers", ASKED_WITH),
    (b"access-control-max-age", b"86400"),
    (b"cache-control", b"public, max-age=86400"),
    *COMMON,
]


class Said:
    """What answers with a published document say, by its name in the tree (`sections/sea.atom`).

    With `base_url` every feed names its own address in a Link header (`rel="self"`, what WebSub asks for) and the hubs
    that tell of it, and an https one promises https for a year. `media_types` are those of formats of others.
    """

    def __init__(
        self, base_url: str | None = None, hubs: Iterable[str] = (), media_types: Mapping[str, str] | None = None
    ) -> None:
        self._base_url = base_url
        self._hubs = tuple(hubs)
        self._media_types = {**(media_types or {}), **MEDIA_TYPES}

    def media_type(self, name: str) -> str | None:
        """What the document is served as; None for a name that no published one has."""
        return "application/json" if name == manifest.NAME else self._media_types.get(_kind(name))

    def is_feed(self, name: str) -> bool:
        kind = _kind(name)
        return kind in self._media_types and kind not in _NO_FEEDS and name != manifest.NAME

    def is_composed(self, name: str) -> bool:
        """Whether it is a feed or the page of one, so that it may be filtered."""
        return self.is_feed(name) or _kind(name) == "html"

    def headers(self, name: str, *, query: str = "") -> list[tuple[bytes, bytes]]:
        """What 200 and 304 both say (RFC 9110, section 15.4.5), with the policies of the document's kind. A feed that
        `query` filters is another one, which no hub tells of."""
        page = _kind(name) in _PAGES
        headers = [
            *COMMON,
            (b"cache-control", b"public, max-age=%d" % MAX_AGE),
            (b"vary", b"Accept-Encoding"),
            (b"content-security-policy", PAGE_POLICY if page else FEED_POLICY),
        ]
        if page:
            headers += [
                (b"cross-origin-opener-policy", b"same-origin"),
                (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
            ]
        else:
            headers += [
                (b"access-control-allow-origin", b"*"),
                (b"access-control-expose-headers", b"ETag, Last-Modified, Link"),
                (b"cross-origin-resource-policy", b"cross-origin"),
            ]
        if self._base_url is not None:
            if self.is_feed(name):
                headers.append((b"link", self._links(name, query).encode()))
            if self._base_url.startswith("https:"):
                headers.append(HSTS)
        return headers

    def is_open(self, name: str) -> bool:
        """Whether scripts of other sites may read it."""
        return self.media_type(name) is not None and _kind(name) not in _PAGES

    def shared(self, name: str) -> Headers:
        """What answers without the document say beside the usual, so that scripts of other sites that may read it learn
        what is wrong, and when to come again."""
        return _SHARED if self.is_open(name) else ()

    def _links(self, name: str, query: str) -> str:
        hubs = () if query or name.startswith(_WITHOUT_HUBS) else self._hubs
        own = f"{self._base_url}{name}" + (f"?{query}" if query else "")
        return ", ".join([f'<{own}>; rel="self"', *(f'<{hub}>; rel="hub"' for hub in hubs)])


class Public:
    """Answers GET and HEAD of the files of a tree, `index.html` at `/`, and `/healthz`."""

    def __init__(self, tree: Tree, said: Said) -> None:
        self._tree = tree
        self._said = said

    def at_once(self, scope: Scope) -> Ready | None:
        """The answer where there is such a file and its client takes it."""
        path: str = scope["path"]
        version = self._tree.version("/index.html" if path == "/" else path)
        return None if version is None else chosen(version, scope)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if scope["method"] not in ("GET", "HEAD"):
            await self._otherwise(scope, send)
            return
        try:
            version = self._tree.version("/index.html" if path == "/" else path)
        except Unreadable:
            again = [(b"retry-after", RETRY), *self._said.shared(path[1:])]
            await plain(send, 503, "This cannot be read now; try again", again)
            return
        if version is None:
            await self._without(path, send)
        else:
            await show(version, scope, send, self._said.shared(path[1:]))

    async def _without(self, path: str, send: Send) -> None:
        if path == "/healthz":
            await give(send, _HEALTHY)
        elif self._tree.gone(path):
            await plain(send, 410, "Gone", [*_SHORTLY, *self._said.shared(path[1:])])
        else:
            await plain(send, 404, "Not found", self._said.shared(path[1:]))

    async def _otherwise(self, scope: Scope, send: Send) -> None:
        """Says which methods there are: to a browser that asks for a script of another site (a CORS preflight), with
        what such a script may do; always the same words, whatever was asked for."""
        asks = scope["method"] == "OPTIONS" and header(scope, b"access-control-request-method") is not None
        path: str = scope["path"]
        if asks and self._said.is_open(path[1:]) and self._has(path):
            await send({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
            await send(_NOTHING)
        else:
            await plain(send, 405, "Method not allowed", _METHODS)

    def _has(self, path: str) -> bool:
        try:
            return self._tree.version(path) is not None
        except Unreadable:
            return True


def chosen(version: Version, scope: Scope) -> Ready | None:
    """The answer to a GET or HEAD, 200 or 304, in the coding that its client likes best; None where it takes none, or
    wants another version only."""
    accepted = tags = since = None
    demands = False
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            accepted = value if accepted is None else accepted + b"," + value
        elif name[0] == 105:  # an i, as few names begin: a comparison each for the others
            if name == b"if-none-match":
                tags = value if tags is None else tags + b"," + value
            elif name == b"if-modified-since":
                since = value
            elif name in _DEMANDS:
                demands = True
    coded = version.coded(accepted)
    if coded is None or (demands and _fails(version, coded, scope)):
        return None
    if tags is None and since is None:
        return coded.whole
    same = tags == coded.etag or holds(tags, since, coded.etag, version.modified)
    return coded.same if same else coded.whole


async def show(version: Version, scope: Scope, send: Send, headers: Headers = ()) -> None:
    """Answers a GET or HEAD with `version`: 200, 304, or 406 and 412, which say `headers` beside the usual."""
    ready = chosen(version, scope)
    if ready is not None:
        await give(send, ready)
    elif version.coded(header(scope, b"accept-encoding")) is None:
        await plain(send, 406, f"Not acceptable; there are {', '.join(version.codings)}", [*_VARIES, *headers])
    else:
        await plain(send, 412, "Precondition failed: this is another version", [*_VARIES, *headers])


def _fails(version: Version, coded: Coded, scope: Scope) -> bool:
    tags, since = (header(scope, name) for name in _DEMANDS)
    return fails(tags, since, coded.etag, version.modified)


def _kind(name: str) -> str:
    return name.rpartition(".")[2]


def public_app(root: Path, *, base_url: str | None = None, hubs: Iterable[str] = ()) -> Public:
    """Serves the files below `root`; `Said` tells what with."""
    said = Said(base_url, hubs)
    return Public(Tree(root, said.media_type, said.headers), said)
