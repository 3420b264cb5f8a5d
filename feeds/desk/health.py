"""`/healthz` and `/readyz`: whether the process lives, and whether it can work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from db.engine import open_engine, reading, writing
from db.errors import Locked, StorageError
from db.migrations import HEAD, current
from db.store import cursors, entries, sections
from feeds import log, manifest
from feeds.desk.context import Context
from feeds.desk.origin import is_near
from feeds.heartbeats import is_late
from feeds.web.answers import Receive, Scope, Send, plain

KEPT = 1.0
"""Seconds for which an answer counts: whoever asks in a loop costs no more than one who asks each second."""

WAIT_MS = 1000
"""How long another writer is waited for: what asks gives up after a few seconds."""

EVERYTHING = "all.atom"
"""The feed that every published tree has."""

MARK = "readiness"
"""The row that a check writes."""

_NEVER = (float("-inf"), ())
_log = log.get(__name__)


class Health:
    """Answers both. `now` counts seconds."""

    def __init__(self, context: Context, now: Callable[[], float] = time.monotonic) -> None:
        self._context = context
        self._now = now
        self._one = asyncio.Lock()
        self._last: tuple[float, tuple[str, ...]] = _NEVER

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await plain(send, 405, "Method not allowed", [(b"allow", b"GET, HEAD")])
        elif scope["path"] == "/healthz":
            await plain(send, 200, "ok")
        elif scope["path"] != "/readyz":
            await plain(send, 404, "Not found")
        elif troubles := await self._troubles():
            said = "\n".join(troubles) if is_near(scope) else "not ready"
            await plain(send, 503, said, [(b"retry-after", b"5")])
        else:
            await plain(send, 200, "ok")

    async def _troubles(self) -> tuple[str, ...]:
        """What is wrong, found out by one request at a time: the others get what that found."""
        async with self._one:
            at, found = self._last
            if self._now() >= at + KEPT:
                found = await run_in_threadpool(lambda: tuple(troubles(self._context)))
                if found and found != self._last[1]:
                    _log.warning("not ready", reasons="; ".join(found))
                self._last = (self._now(), found)
            return found


def troubles(context: Context) -> Iterator[str]:
    """Each check that fails, in a line: the database, its schema, the daemon's jobs, the published tree."""
    now = context.clock()
    lost = list(_database(context, now))
    yield from lost
    for beat in context.hands.beats():
        if is_late(beat, now):
            seconds = round((now - beat.at) / timedelta(seconds=1))
            yield f"job {beat.job}: has not run for {seconds} s; it runs every {beat.every} s"
    yield from _tree(context, is_readable=not lost)


def _database(context: Context, now: datetime) -> Iterator[str]:
    """Opened anew, as a process that starts would: a connection that is open goes on with files that nobody can open
    any more. And written to: what a transaction that is taken back writes never reaches the disk."""
    file = Path(context.engine.url.database or "")
    if _is_missing(file):  # SQLite would make an empty one, and all that was published would be gone with it
        yield f"database: {file}: there is no such file; put it back"
        return
    try:
        engine = open_engine(context.engine.url.render_as_string(hide_password=False), busy_ms=WAIT_MS)
        try:
            with writing(engine) as connection:
                schema = current(connection)
                if schema == HEAD:
                    cursors.move(connection, MARK, int(now.timestamp()), now)
        finally:
            engine.dispose()
    except Locked:
        yield f"database: held by another writer for longer than {WAIT_MS / 1000:.0f} s"
    except StorageError as error:
        yield f"database: {error}"
    else:
        if schema != HEAD:
            yield f"schema: is {schema or 'missing'}, this release writes {HEAD}; run 'feeds db upgrade'"


def _is_missing(file: Path) -> bool:
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        pass  # who opens it says why
    return False


def _tree(context: Context, *, is_readable: bool) -> Iterator[str]:
    """Whether what was published last is there; a database that `is_readable` tells whether there was anything."""
    root = context.config.public
    said, standing = manifest.read(root), manifest.Standing(root)
    if not said:
        if standing.has(EVERYTHING) or (is_readable and _was_published(context)):
            yield f"feeds: {root / manifest.NAME} is missing or cannot be read; 'feeds publish' writes it"
    elif EVERYTHING in said and standing.size(EVERYTHING) != said.size(EVERYTHING):
        yield f"feeds: {root / EVERYTHING} is not what was published last; 'feeds publish' writes it"


def _was_published(context: Context) -> bool:
    """Whether there are entries of which no feed is owed: they have stood in one."""
    with reading(context.engine) as connection:
        return not sections.dirty(connection) and bool(entries.newest(connection, 1))
