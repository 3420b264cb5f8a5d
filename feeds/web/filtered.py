"""Feeds that an address filters (`all.atom?q=ferry&access=free`): composed when they are asked for, kept for a while.

Composing reads the database, which blocks, so a few threads do it, one of them for all who ask for the same at a time.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qsl

from db.errors import StorageError
from feeds import log
from feeds.errors import BroadsheetError, UsageError
from feeds.ondemand import NAMES, Composed, Composer, Narrowing
from feeds.web.answers import Application, AtOnce, Ready, Receive, Scope, Send, plain
from feeds.web.files import Version, named, versions, zipped
from feeds.web.negotiation import IDENTITY
from feeds.web.public import MANIFEST, Said, chosen, show

THREADS = 2
WAITING = 32
"""Feeds that may be waiting to be composed, or are; whoever asks for one more is sent away for `RETRY` seconds."""

RETRY = 2
KEPT_BYTES = 16_000_000
KEPT = 512
KEPT_FOR = 60.0
"""Most bytes and feeds that are kept, and seconds for which; until something is published at the longest."""

LONGEST = 2000
"""Bytes of the query of an address that filters."""

MOST_ARGUMENTS = 50
_OURS = re.compile(rb"(?:^|&)(?:" + "|".join(sorted(NAMES)).encode() + rb")=[^&]")

Key = tuple[str, Narrowing]
_log = log.get(__name__)


def narrowing(query: bytes) -> Narrowing | None:
    """What the query of an address leaves of a feed; None where it holds nothing of ours, and so changes nothing.

    Raises `UsageError`, in words for whoever wrote it.
    """
    if not _OURS.search(query):
        return None
    if len(query) > LONGEST:
        raise UsageError(
            f"the address is too long: {len(query)} bytes behind the question mark; {LONGEST} are the most"
        )
    try:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_ARGUMENTS)
    except ValueError:
        raise UsageError(f"the address has more than {MOST_ARGUMENTS} arguments") from None
    return Narrowing.read(pairs)


_remembered = lru_cache(maxsize=KEPT)(narrowing)


class Filtered:
    """Answers addresses that filter a feed, and leaves all others to `rest`.

    Kept feeds are for `root` as it is: when its manifest changes they are made anew. `clock` tells the time (UTC),
    `now` counts seconds.
    """

    def __init__(
        self,
        composer: Composer,
        rest: Application,
        said: Said,
        root: Path,
        clock: Callable[[], datetime],
        *,
        executor: Executor | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._composer = composer
        self._rest = rest
        self._rest_at_once: AtOnce | None = getattr(rest, "at_once", None)
        self._said = said
        self._manifest = root / MANIFEST
        self._clock = clock
        self._executor = executor or ThreadPoolExecutor(THREADS, thread_name_prefix="filter")
        self._now = now
        self._made: dict[tuple[Key, tuple[int, ...]], asyncio.Future[Version | None]] = {}
        self._kept: OrderedDict[Key, Version] = OrderedDict()
        self._bytes = 0

    def at_once(self, scope: Scope) -> Ready | None:
        """The answer of the rest, or of a feed that is kept."""
        query = scope["query_string"]
        if not query:
            return None if self._rest_at_once is None else self._rest_at_once(scope)
        try:
            asked = _remembered(query)
        except UsageError:
            return None
        kept = None if asked is None else self._fresh((scope["path"][1:], asked), self._stamp())
        return None if kept is None else chosen(kept, scope)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if not scope["query_string"] or scope["method"] not in ("GET", "HEAD") or not self._said.is_composed(path[1:]):
            await self._rest(scope, receive, send)
            return
        try:
            asked = narrowing(scope["query_string"])
            version = None if asked is None else await self._version((path[1:], asked))
        except UsageError as error:
            await plain(send, 400, str(error))
        except _Full:
            await plain(send, 503, "Too many filters at once; try again", [(b"retry-after", b"%d" % RETRY)])
        except (BroadsheetError, StorageError) as error:
            _log.error("filter failed", path=path, error=str(error))
            await plain(send, 503, "This cannot be made now; try again", [(b"retry-after", b"60")])
        else:
            if version is None:
                await self._rest(scope, receive, send)
            else:
                await show(version, scope, send)

    async def _version(self, key: Key) -> Version | None:
        """The feed `key`, kept or made; None where there is no such feed. Raises `_Full`, and what composing does."""
        stamp = self._stamp()
        kept = self._fresh(key, stamp)
        if kept is not None:
            return kept
        made = self._made.get((key, stamp))
        if made is None:
            if len(self._made) >= WAITING:
                raise _Full
            made = asyncio.ensure_future(self._make(key, stamp))
            self._made[key, stamp] = made
            made.add_done_callback(lambda done: self._over((key, stamp), done))
        # Whoever goes away must not take it from the others.
        return await asyncio.shield(made)

    def _fresh(self, key: Key, stamp: tuple[int, ...]) -> Version | None:
        """The feed `key` as it is kept; None where it is not, or no longer is what it would be."""
        kept = self._kept.get(key)
        if kept is None or kept.stamp != stamp or self._now() >= kept.looked + KEPT_FOR:
            self._forget(key)
            return None
        self._kept.move_to_end(key)
        return kept

    def _over(self, made: tuple[Key, tuple[int, ...]], done: asyncio.Future[Version | None]) -> None:
        del self._made[made]
        if not done.cancelled():
            done.exception()  # whoever waited has it; where all went away nobody need hear of it

    async def _make(self, key: Key, stamp: tuple[int, ...]) -> Version | None:
        looked = self._now()
        version = await asyncio.get_running_loop().run_in_executor(self._executor, self._compose, key, stamp, looked)
        if version is not None:
            self._forget(key)
            self._kept[key] = version
            self._bytes += version.cost
            while self._bytes > KEPT_BYTES or len(self._kept) > KEPT:
                self._forget(next(iter(self._kept)))
        return version

    def _compose(self, key: Key, stamp: tuple[int, ...], looked: float) -> Version | None:
        """Makes a feed and its answers, in a thread."""
        path, asked = key
        composed = self._composer.compose(path, self._clock(), narrowing=asked)
        return None if composed is None else self._answered(key, composed, stamp, looked)

    def _answered(self, key: Key, composed: Composed, stamp: tuple[int, ...], looked: float) -> Version:
        path, asked = key
        bodies = {IDENTITY: composed.data}
        if (small := zipped(composed.data)) is not None:
            bodies["gzip"] = small
        headers = self._said.headers(path, query=asked.address)
        # No date: an entry may leave while no other has changed since.
        return Version(
            path=path,
            stamp=stamp,
            modified=None,
            codings=versions(bodies, named(composed.data), headers, composed.media_type, None),
            sizes={coding: len(body) for coding, body in bodies.items()},
            complete=True,
            looked=looked,
        )

    def _forget(self, key: Key) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self._bytes -= kept.cost

    def _stamp(self) -> tuple[int, ...]:
        """What changes when something is published."""
        try:
            status = self._manifest.stat()
        except OSError:
            return ()
        return status.st_mtime_ns, status.st_size, status.st_ino


class _Full(Exception):
    """As many feeds as may wait to be composed do."""
