"""What subscribers are served, in memory: composed when it is asked for, once for all of them.

The bytes hold no token and nothing of who asks, so that one copy does for everybody who may read. They are made anew
when the published tree has changed, never written to disk, and bounded.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.engine import Engine, reading
from db.errors import StorageError
from db.store import sections
from feeds import log
from feeds.config import Config
from feeds.errors import BroadsheetError
from feeds.formats import Audience, load
from feeds.formats.subscriber import ListedFeed, render_subscriber
from feeds.manifest import NAME
from feeds.ondemand import Composer
from feeds.targets import targets

INDEX = ""
"""The path of the page that lists all feeds."""

MOST_BYTES = 32_000_000
"""Bytes of documents kept in memory, both encodings counted: about 60 sections in two formats."""

FRESH = timedelta(minutes=5)
"""How old a document may be although nothing was published since: files and pictures of a gated entry are in no
published byte, so a change of them alone changes none."""

THREADS = 2
MOST_WAITING = 32
"""Documents under way at once; each takes 50 to 300 ms of a thread."""

GZIP_LEVEL = 6
_SMALLEST_ZIPPED = 256
_log = log.get(__name__)


class Busy(Exception):
    """More is asked for than can be made soon."""


class Unavailable(Exception):
    """The document cannot be made now, and there is no former one."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document as it is served. `modified` is when these bytes were made first, as far as is remembered; `stamp`
    tells what was published then, `made` when they were made last."""

    media_type: str
    data: bytes
    zipped: bytes | None
    etag: str
    modified: datetime
    made: datetime
    stamp: tuple[int, ...]

    @property
    def cost(self) -> int:
        return len(self.data) + len(self.zipped or b"")


class Shelf:
    """The documents of one desk. Its methods belong to one event loop; the work is done in threads of its own."""

    def __init__(self, engine: Engine, config: Config, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._config = config
        self._clock = clock
        self._composer = Composer(engine, config)
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._bytes = 0
        self._most = MOST_BYTES
        self._threads = ThreadPoolExecutor(THREADS, "subscribers")
        self._under_way: dict[tuple[str, tuple[int, ...]], asyncio.Task[Document | None]] = {}

    async def get(self, path: str) -> Document | None:
        """The document at `path` as it is now; None where there is none.

        Raises `Busy` where too many are under way, `Unavailable` where it cannot be made and never was.
        """
        stamp = self._stamp()
        kept = self._kept.get(path)
        if kept is not None and kept.stamp == stamp and self._clock() - kept.made < FRESH:
            self._kept.move_to_end(path)
            return kept
        key = path, stamp
        task = self._under_way.get(key)
        if task is None:
            if len(self._under_way) >= MOST_WAITING:
                raise Busy
            task = self._under_way[key] = asyncio.create_task(self._renew(path, stamp, kept))
            task.add_done_callback(lambda _done: self._under_way.pop(key, None))
        # A reader that goes away must not take the document from the others that wait for it.
        return await asyncio.shield(task)

    async def _renew(self, path: str, stamp: tuple[int, ...], former: Document | None) -> Document | None:
        """Makes the document and keeps it; the former one where it cannot be made."""
        loop = asyncio.get_running_loop()
        try:
            made = await loop.run_in_executor(self._threads, self._make, path, stamp, former)
        except (BroadsheetError, StorageError) as error:
            _log.warning("subscribers' feed not made", path=path, error=str(error), kept=former is not None)
            if former is None:
                raise Unavailable from None
            return former
        self._forget(path)
        if made is not None:
            self._keep(path, made)
        return made

    def _make(self, path: str, stamp: tuple[int, ...], former: Document | None) -> Document | None:
        """Composes the document at `path`, in a thread."""
        now = self._clock()
        if path == INDEX:
            data, media_type = self._index(), "text/html; charset=utf-8"
        else:
            composed = self._composer.compose(path, now, audience=Audience.SUBSCRIBER)
            if composed is None:
                return None
            data, media_type = composed.data, composed.media_type
        etag = hashlib.sha256(data).hexdigest()[:32]
        same = former is not None and former.etag == etag
        return Document(
            media_type=media_type,
            data=data,
            zipped=gzip.compress(data, GZIP_LEVEL, mtime=0) if len(data) >= _SMALLEST_ZIPPED else None,
            etag=etag,
            modified=former.modified if same and former is not None else now.replace(microsecond=0),
            made=now,
            stamp=stamp,
        )

    def _index(self) -> bytes:
        config = self._config
        formats = [load(name) for name in config.publish.formats]
        with reading(self._engine) as connection:
            known = sections.every(connection)
        listed = [
            ListedFeed(
                target.title,
                tuple((each, target.path(each.suffix)) for each in formats),
            )
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

    def _keep(self, path: str, document: Document) -> None:
        self._kept[path] = document
        self._bytes += document.cost
        while self._bytes > self._most and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].cost

    def _forget(self, path: str) -> None:
        if (kept := self._kept.pop(path, None)) is not None:
            self._bytes -= kept.cost
