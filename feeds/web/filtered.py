"""Feeds that an address filters (`all.atom?q=ferry&access=free`): composed when they are asked for, kept for a while.

What is kept of them, and how, is `feeds.web.stock`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qsl

from feeds.errors import UsageError
from feeds.ondemand import NAMES, Composer, Narrowing
from feeds.web.answers import Application, AtOnce, Ready, Receive, Scope, Send, plain
from feeds.web.public import Said, chosen, show
from feeds.web.stock import Busy, Limits, Made, Stock, Unavailable

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


def _spelt(name: str) -> bytes:
    """A pattern of `name` as application/x-www-form-urlencoded lets it be written: any character percent-encoded."""
    return b"".join(b"(?:%c|%%(?i:%02x))" % (char, char) for char in name.encode())


_OURS = re.compile(rb"(?:^|&)(?:" + b"|".join(map(_spelt, sorted(NAMES))) + rb")=[^&]")

Key = tuple[str, Narrowing]


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
        self._clock = clock
        limits = Limits(most_bytes=KEPT_BYTES, kept=KEPT, seconds=KEPT_FOR, waiting=WAITING)
        threads = executor or ThreadPoolExecutor(THREADS, thread_name_prefix="filter")
        self._stock: Stock[Key] = Stock(self._make, root, limits, threads, failure="filtered feed not made", now=now)

    def at_once(self, scope: Scope) -> Ready | None:
        """The answer of the rest, or of a feed that is kept."""
        query = scope["query_string"]
        if not query:
            return None if self._rest_at_once is None else self._rest_at_once(scope)
        try:
            asked = _remembered(query)
        except UsageError:
            return None
        kept = None if asked is None else self._stock.fresh((scope["path"][1:], asked))
        return None if kept is None else chosen(kept, scope)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if not scope["query_string"] or scope["method"] not in ("GET", "HEAD") or not self._said.is_composed(path[1:]):
            await self._rest(scope, receive, send)
            return
        shared = self._said.shared(path[1:])
        try:
            asked = narrowing(scope["query_string"])
            version = None if asked is None else await self._stock.get((path[1:], asked))
        except UsageError as error:
            await plain(send, 400, str(error), shared)
        except Busy:
            again = [(b"retry-after", b"%d" % RETRY), *shared]
            await plain(send, 503, "Too many filters at once; try again", again)
        except Unavailable:
            await plain(send, 503, "This cannot be made now; try again", [(b"retry-after", b"60"), *shared])
        else:
            if version is None:
                await self._rest(scope, receive, send)
            else:
                await show(version, scope, send, shared)

    def _make(self, key: Key) -> Made | None:
        """Composes a feed, in a thread. It has no date: an entry may leave while no other has changed since."""
        path, asked = key
        composed = self._composer.compose(path, self._clock(), narrowing=asked)
        if composed is None:
            return None
        return Made(composed.data, composed.media_type, self._said.headers(path, query=asked.address))
