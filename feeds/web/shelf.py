"""What subscribers are served, in memory: composed when it is asked for, once for all of them.

The bytes hold no token and nothing of who asks, so that one copy does for everybody who may read. They are made anew
when the published tree has changed, never written to disk, and bounded.
"""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from db.engine import Engine, reading
from db.errors import StorageError
from db.store import sections
from feeds import log
from feeds.config import Config
from feeds.errors import BroadsheetError, UsageError
from feeds.formats import Audience, load
from feeds.formats.subscriber import ListedFeed, render_subscriber
from feeds.manifest import NAME
from feeds.ondemand import Composer, Narrowing
from feeds.targets import targets
from feeds.web.answers import COMMON, FEED_POLICY
from feeds.web.files import Version, named, versions, zipped
from feeds.web.negotiation import IDENTITY
from feeds.web.public import PAGE_POLICY

INDEX = ""
"""The path of the page that lists all feeds."""

MOST_BYTES = 32_000_000
MOST_KEPT = 1000
"""Bytes of documents kept in memory, both encodings counted, and how many: about 60 sections in two formats."""

FRESH = 300.0
"""Seconds after which a document is made anew although nothing was published since: files and pictures of a gated entry
are in no published byte, so a change of them alone changes none."""

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
_log = log.get(__name__)


class Busy(Exception):
    """More is asked for than can be made soon."""


class Unavailable(Exception):
    """The document cannot be made now, and there is no former one."""


class Shelf:
    """The documents of one desk. Its methods belong to one event loop; the work is done in threads of its own."""

    def __init__(self, engine: Engine, config: Config, composer: Composer, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._config = config
        self._composer = composer
        self._clock = clock
        self._kept: OrderedDict[Key, Version] = OrderedDict()
        self._bytes = 0
        self._most = MOST_BYTES
        self._threads = ThreadPoolExecutor(THREADS, "subscribers")
        self._under_way: dict[tuple[Key, tuple[int, ...]], asyncio.Future[Version | None]] = {}

    async def get(self, path: str, narrowing: Narrowing | None = None) -> Version | None:
        """The document at `path` as it is now, with what `narrowing` leaves of it; None where there is none.

        Raises `UsageError` for a filter that cannot be understood, `Busy` where too many are under way, `Unavailable`
        where it cannot be made and never was.
        """
        key, stamp = (path, narrowing), self._stamp()
        kept = self._kept.get(key)
        if kept is not None and kept.stamp == stamp and self._clock().timestamp() < kept.looked + FRESH:
            self._kept.move_to_end(key)
            return kept
        task = self._under_way.get((key, stamp))
        if task is None:
            if len(self._under_way) >= MOST_WAITING:
                raise Busy
            task = self._under_way[key, stamp] = asyncio.ensure_future(self._renew(key, stamp, kept))
            task.add_done_callback(lambda done: self._over((key, stamp), done))
        # A reader that goes away must not take the document from the others that wait for it.
        return await asyncio.shield(task)

    def _over(self, made: tuple[Key, tuple[int, ...]], done: asyncio.Future[Version | None]) -> None:
        del self._under_way[made]
        if not done.cancelled():
            done.exception()  # whoever waited has it; where all went away nobody need hear of it

    async def _renew(self, key: Key, stamp: tuple[int, ...], former: Version | None) -> Version | None:
        """Makes the document and keeps it; the former one where it cannot be made."""
        loop = asyncio.get_running_loop()
        try:
            made = await loop.run_in_executor(self._threads, self._make, key, stamp, former)
        except UsageError:
            raise
        except (BroadsheetError, StorageError) as error:
            _log.warning("subscribers' feed not made", path=key[0], error=str(error), kept=former is not None)
            if former is None:
                raise Unavailable from None
            return former
        self._forget(key)
        if made is not None:
            self._keep(key, made)
        return made

    def _make(self, key: Key, stamp: tuple[int, ...], former: Version | None) -> Version | None:
        """Composes the document, in a thread. The date of one whose bytes are the former ones' stays."""
        path, narrowing = key
        now = self._clock().replace(microsecond=0)
        if path == INDEX:
            data, media_type = self._index(), _PAGE
        else:
            composed = self._composer.compose(path, now, narrowing=narrowing, audience=Audience.SUBSCRIBER)
            if composed is None:
                return None
            data, media_type = composed.data, composed.media_type
        tag = named(data)
        same = former is not None and former.codings[IDENTITY].etag == f'"{tag}"'.encode()
        modified = former.modified if former is not None and same else now
        bodies = {IDENTITY: data}
        if (small := zipped(data)) is not None:
            bodies["gzip"] = small
        return Version(
            path=path,
            stamp=stamp,
            modified=modified,
            codings=versions(bodies, tag, self._headers(media_type), media_type, modified),
            sizes={coding: len(body) for coding, body in bodies.items()},
            complete=True,
            looked=now.timestamp(),
        )

    def _headers(self, media_type: str) -> list[tuple[bytes, bytes]]:
        page = media_type.startswith("text/html")
        headers = [*_ALWAYS, (b"content-security-policy", PAGE_POLICY if page else FEED_POLICY)]
        if self._config.site.base_url.startswith("https:"):
            headers.append((b"strict-transport-security", b"max-age=31536000"))
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

    def _stamp(self) -> tuple[int, ...]:
        """What changes with whatever is published; nothing before the first publish."""
        try:
            status = os.stat(self._config.public / NAME)
        except OSError:
            return ()
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _keep(self, key: Key, document: Version) -> None:
        self._kept[key] = document
        self._bytes += document.cost
        while (self._bytes > self._most or len(self._kept) > MOST_KEPT) and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].cost

    def _forget(self, key: Key) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self._bytes -= kept.cost
