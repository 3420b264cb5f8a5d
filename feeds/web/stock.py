"""Documents in memory that are made when they are asked for, once for all who ask for the same at a time.

They are for the published tree as it is: when its manifest changes they are made anew. Making reads the database, which
blocks, so that threads do it.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from db.errors import StorageError
from feeds import log
from feeds.errors import BroadsheetError, UsageError
from feeds.manifest import NAME
from feeds.web.answers import Headers
from feeds.web.files import Version, named, versions, zipped
from feeds.web.negotiation import IDENTITY

K = TypeVar("K", bound=tuple[str, object])
_log = log.get(__name__)


class Busy(Exception):
    """More is asked for than can be made soon."""


class Unavailable(Exception):
    """The document cannot be made now, and there is no former one that may be shown."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Most bytes, all codings counted, and documents that are kept; the seconds for which they are; most that are under
    way at once."""

    most_bytes: int
    kept: int
    seconds: float
    waiting: int


@dataclass(frozen=True, slots=True)
class Made:
    """A document that was made. `modified` is its date where it is a new one; None for one that has no date."""

    data: bytes
    media_type: str
    headers: Headers
    modified: datetime | None = None


class Stock(Generic[K]):
    """Documents by a key whose first part is a path, for the tree at `root`. Its methods belong to one event loop.

    `make` makes one in a thread of `executor`, None where there is none; `failure` is what the log calls it when that
    fails. `now` counts seconds, and never goes back: what is kept would stay longer than it may.
    """

    def __init__(
        self,
        make: Callable[[K], Made | None],
        root: Path,
        limits: Limits,
        executor: Executor,
        *,
        failure: str,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make = make
        self._manifest = os.fspath(root / NAME)
        self._limits = limits
        self._executor = executor
        self._failure = failure
        self._now = now
        self._under_way: dict[tuple[K, tuple[int, ...]], asyncio.Future[Version | None]] = {}
        self._kept: OrderedDict[K, Version] = OrderedDict()
        self._bytes = 0

    def fresh(self, key: K) -> Version | None:
        """The document as it is kept; None where it is not, or no longer is what it would be."""
        return self._fresh(key, self._stamp())

    async def get(self, key: K) -> Version | None:
        """The document, kept or made; None where there is none.

        Raises `UsageError` as `make` does, `Busy` where too many are under way, and `Unavailable` where it cannot be
        made and something was published since the former one was, if there is one.
        """
        stamp = self._stamp()
        kept = self._fresh(key, stamp)
        if kept is not None:
            return kept
        task = self._under_way.get((key, stamp))
        if task is None:
            if len(self._under_way) >= self._limits.waiting:
                raise Busy
            task = self._under_way[key, stamp] = asyncio.ensure_future(self._renew(key, stamp))
            task.add_done_callback(lambda done: self._over((key, stamp), done))
        # Whoever goes away must not take the document from the others that wait for it.
        return await asyncio.shield(task)

    def _fresh(self, key: K, stamp: tuple[int, ...]) -> Version | None:
        kept = self._kept.get(key)
        if kept is None or kept.stamp != stamp or self._now() >= kept.looked + self._limits.seconds:
            return None
        self._kept.move_to_end(key)
        return kept

    def _over(self, made: tuple[K, tuple[int, ...]], done: asyncio.Future[Version | None]) -> None:
        del self._under_way[made]
        if not done.cancelled():
            done.exception()  # whoever waited has it; where all went away nobody need hear of it

    async def _renew(self, key: K, stamp: tuple[int, ...]) -> Version | None:
        """Makes the document and keeps it."""
        former = self._kept.get(key)
        looked = self._now()
        loop = asyncio.get_running_loop()
        try:
            version = await loop.run_in_executor(self._executor, self._version, key, stamp, looked, former)
        except UsageError:
            raise
        except (BroadsheetError, StorageError) as error:
            # What was published since may have taken back, or gated, what the former one shows.
            stays = former is not None and former.stamp == stamp
            _log.warning(self._failure, path=key[0], error=str(error), kept=stays)
            if not stays:
                raise Unavailable from None
            return former
        self._forget(key)
        if version is not None:
            self._kept[key] = version
            self._bytes += version.cost
            while self._bytes > self._limits.most_bytes or len(self._kept) > self._limits.kept:
                self._forget(next(iter(self._kept)))
        return version

    def _version(self, key: K, stamp: tuple[int, ...], looked: float, former: Version | None) -> Version | None:
        """The document with its answers. One whose bytes are the former ones' keeps their date."""
        made = self._make(key)
        if made is None:
            return None
        tag = named(made.data)
        modified = made.modified
        if modified is not None and former is not None and former.codings[IDENTITY].etag == f'"{tag}"'.encode():
            modified = former.modified
        bodies = {IDENTITY: made.data}
        if (small := zipped(made.data)) is not None:
            bodies["gzip"] = small
        return Version(
            path=key[0],
            stamp=stamp,
            modified=modified,
            codings=versions(bodies, tag, made.headers, made.media_type, modified),
            sizes={coding: len(body) for coding, body in bodies.items()},
            complete=True,
            looked=looked,
        )

    def _forget(self, key: K) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self._bytes -= kept.cost

    def _stamp(self) -> tuple[int, ...]:
        """What changes with whatever is published; nothing before the first publish."""
        try:
            status = os.stat(self._manifest)
        except OSError:
            return ()
        return status.st_mtime_ns, status.st_size, status.st_ino
