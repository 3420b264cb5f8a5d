"""What subscribers are served, in memory: composed when it is asked for, once for all of them.

The bytes hold no token and nothing of who asks, so that one copy does for everybody who may read. They are made anew
when the published tree has changed, never written to disk, and bounded.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from db.engine import Engine, reading
from db.store import sections
from feeds.config import Config
from feeds.formats import Audience, load
from feeds.formats.subscriber import ListedFeed, render_subscriber
from feeds.ondemand import Composer, Narrowing
from feeds.targets import targets
from feeds.web.answers import COMMON, FEED_POLICY, HSTS
from feeds.web.files import Version
from feeds.web.public import PAGE_POLICY
from feeds.web.stock import Limits, Made, Stock

INDEX = ""
"""The path of the page that lists all feeds."""

MOST_BYTES = 32_000_000
MOST_KEPT = 1000
"""Bytes of documents kept in memory, both encodings counted, and how many: about 60 sections in two formats."""

FRESH = 300.0
"""Seconds after which a document is made anew although nothing was published since: files and pictures of a gated entry
are in no published byte, so a change of them alone changes none."""

_BEHIND = timedelta(seconds=1)
"""How old the Date of an answer may be, which is set once a second; nothing may be newer than it says (RFC 9110
§8.8.2.1)."""

THREADS = 2
MOST_WAITING = 32
"""Documents under way at once; each takes 50 to 300 ms of a thread."""

_PAGE = "text/html; charset=utf-8"
_ALWAYS = (
    *COMMON,
    (b"cache-control", b"private, no-cache"),
    (b"vary", b"Accept-Encoding, Authorization"),
    (b"x-robots-tag", b"noindex, noarchive"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
Key = tuple[str, Narrowing | None]


class Shelf:
    """The documents of one desk. Its methods belong to one event loop; the work is done in threads of its own.

    `clock` tells the time (UTC), `now` counts seconds.
    """

    def __init__(
        self,
        engine: Engine,
        config: Config,
        composer: Composer,
        clock: Callable[[], datetime],
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._config = config
        self._composer = composer
        self._clock = clock
        limits = Limits(most_bytes=MOST_BYTES, kept=MOST_KEPT, seconds=FRESH, waiting=MOST_WAITING)
        threads = ThreadPoolExecutor(THREADS, "subscribers")
        self._stock: Stock[Key] = Stock(
            self._make, config.public, limits, threads, failure="subscribers' feed not made", now=now
        )

    async def get(self, path: str, narrowing: Narrowing | None = None) -> Version | None:
        """The document at `path` as it is now, with what `narrowing` leaves of it; None where there is none.

        Raises `UsageError` for a filter that cannot be understood, and what `Stock.get` does.
        """
        return await self._stock.get((path, narrowing))

    def _make(self, key: Key) -> Made | None:
        """Composes the document, in a thread."""
        path, narrowing = key
        now = self._clock().replace(microsecond=0)
        modified = now - _BEHIND
        if path == INDEX:
            return Made(self._index(), _PAGE, self._headers(_PAGE), modified)
        composed = self._composer.compose(path, now, narrowing=narrowing, audience=Audience.SUBSCRIBER)
        if composed is None:
            return None
        return Made(composed.data, composed.media_type, self._headers(composed.media_type), modified)

    def _headers(self, media_type: str) -> list[tuple[bytes, bytes]]:
        page = media_type.startswith("text/html")
        headers = [*_ALWAYS, (b"content-security-policy", PAGE_POLICY if page else FEED_POLICY)]
        if self._config.site.base_url.startswith("https:"):
            headers.append(HSTS)
        return headers

    def _index(self) -> bytes:
        config = self._config
        formats = [load(name) for name in config.publish.formats]
        with reading(self._engine) as connection:
            known = sections.every(connection)
        listed = [
            ListedFeed(target.title, tuple((each, target.path(each.suffix)) for each in formats))
            for target in targets(config, known)
            if not target.free
        ]
        return render_subscriber(config.site.title, config.site.language, config.site.base_url, listed)
