"""The articles of one poll: which are asked for, what became of each, and which a later poll has to try again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from db.engine import Connection
from db.records import ArticleRecord, EntryRecord
from db.store import articles, entries
from feeds.access import http_evidence
from feeds.cadence import RETRY_AFTER_LEAST, RETRY_AFTER_MOST
from feeds.errors import FetchError, ParseError, SourceError
from feeds.fetch import HttpError, NotNow, host_of
from feeds.fulltext import (
    Listed,
    is_told,
    key_of,
    leads_home,
    listed_of,
    manner_of_articles,
    refused,
    with_pages,
)
from feeds.ingest import level_of
from feeds.log import redact
from feeds.manner import Manner
from feeds.model import Document, Reading
from feeds.revise import fold

MOST = 20
"""Articles of one source that one poll asks for: two thirds of what a host is asked in a minute."""

LEFT = 200
"""Articles of one source that wait for later polls; what is beyond them is left."""

TRIES = 3
AGAIN = timedelta(minutes=30)
"""After so many failures an article is left; after the first it is tried no sooner than this, then twice as late."""

MAX_BYTES = 2_000_000
"""Of an article. The longest of the pages that extraction was measured with has half of it."""

WITHIN = 30.0
"""Seconds that a poll waits for its articles: then it ends with what there is."""

LOST = (404, 410)
REFUSED = (401, 402, 403)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An article to ask for; `tries` failed before, and `remembered` says that it is noted as still to be read.

    Its entry `has_text` where one may have been read already.
    """

    listed: Listed
    tries: int = 0
    remembered: bool = False
    has_text: bool = False


class Articles:
    """Those of one poll at `now`: `asked` for now, `left` for later; `dropped` are remembered and not wanted any more.
    `room` is how many may be remembered.

    `readings` are those that were read. Once nobody waits for the rest they are `closed`, and `then` is called.
    """

    def __init__(
        self,
        manner: Manner,
        now: datetime,
        *,
        asked: Sequence[Wanted] = (),
        left: Sequence[Wanted] = (),
        dropped: Sequence[str] = (),
        room: int = LEFT,
    ) -> None:
        self.manner = manner_of_articles(manner)
        self.asked = asked
        self.readings: list[Reading] = []
        self.closed = False
        self.then: Callable[[], None] = lambda: None
        self._now, self._room = now, room
        self._open = {one.listed.url: one for one in asked}
        self._read: list[Wanted] = []
        self._held: dict[str, datetime] = {}
        self._begun: set[str] = set()
        self._failed: list[Wanted] = []
        self._reasons: list[str] = []
        self._left = list(left)
        self._done = list(dropped)

    def begin(self, wanted: Wanted) -> bool:
        """It is asked for now: if nothing comes of that, it was a try. False where nobody waits for it any more."""
        if wanted.listed.url not in self._open:
            return False
        self._begun.add(wanted.listed.url)
        return True

    def put_off(self, wanted: Wanted) -> None:
        """The article could not be asked for: its host's budget is spent."""
        if self._open.pop(wanted.listed.url, None) is not None:
            self._left.append(wanted)
            self._close_if_done()

    def ended(self, wanted: Wanted, found: Reading | Exception) -> None:
        """The article was read, or was not to be had; too late, and it counts no more."""
        url = wanted.listed.url
        if isinstance(found, NotNow):
            self.put_off(wanted)
        elif self._open.pop(url, None) is not None:
            if isinstance(found, HttpError) and found.status in REFUSED and not wanted.has_text:
                # Who wants to be paid says the same as who takes us for a robot, which often is over in minutes.
                evidence = http_evidence(found.status, found.robots)
                self._keep(refused(evidence, self.manner, wanted.listed, self._now))
                self._try_again(wanted)
            elif isinstance(found, Reading) and wanted.has_text and not any(record.text for record in found.records):
                # Its word on who may read it would take the place of one that came with the text that stays.
                self._fail(wanted, ParseError(f"{redact(url)}: has no text any more"))
            elif isinstance(found, Reading):
                self._keep(found)
                self._read.append(wanted)
                self._forget(wanted)
            else:
                self._fail(wanted, found)
            if isinstance(found, HttpError) and found.retry_after:
                self.hold(host_of(url), found.retry_after)
            else:
                self._close_if_done()

    def hold(self, host: str, seconds: int) -> None:
        """Nothing of `host` is asked for so long: it asked for that."""
        wait = min(max(timedelta(seconds=seconds), RETRY_AFTER_LEAST), RETRY_AFTER_MOST)
        self._held[host] = max(self._now + wait, self._held.get(host, self._now))
        for url in [url for url in self._open if url not in self._begun and host_of(url) == host]:
            self._left.append(self._open.pop(url))
        self._close_if_done()

    def close(self) -> None:
        """Nobody waits any longer."""
        if self.closed:
            return
        self.closed = True
        for url, wanted in self._open.items():
            if url in self._begun:
                self._fail(wanted, FetchError(f"{redact(url)}: no answer within {WITHIN:g} s"))
            else:
                self._left.append(wanted)
        self._open.clear()
        self.then()

    def drop(self, error: Exception) -> None:
        """Nothing that was read can be stored: it was a try."""
        for wanted in self._read:
            self._fail(wanted, error)
        self._read.clear()
        self.readings.clear()

    @property
    def warnings(self) -> list[str]:
        """What could not be read, in one line."""
        if not self._reasons:
            return []
        more = f" (and {len(self._reasons) - 1} more articles)" if len(self._reasons) > 1 else ""
        return [f"article: {self._reasons[0]}{more}"]

    def outcome(self) -> tuple[list[ArticleRecord], list[str]]:
        """What is to be remembered, and addresses of what no longer is."""
        every = [self._record(one, self._now + AGAIN * 2 ** (one.tries - 1)) for one in self._failed]
        every += [self._record(one, self._now) for one in self._left]
        return every[: self._room], [*self._done, *(one.url for one in every[self._room :])]

    def _record(self, one: Wanted, due_at: datetime) -> ArticleRecord:
        """What is noted of one, which is due at `due_at` where its host asks for no more."""
        url = one.listed.url
        return ArticleRecord(url, one.tries, max(due_at, self._held.get(host_of(url), due_at)))

    def _keep(self, reading: Reading) -> None:
        """Takes what an article says. What crosses processes does not say that it is one."""
        self.readings.append(replace(reading, partial=True, article=True))

    def _close_if_done(self) -> None:
        if not self._open:
            self.close()

    def _forget(self, wanted: Wanted) -> None:
        if wanted.remembered:
            self._done.append(wanted.listed.url)

    def _fail(self, wanted: Wanted, error: Exception) -> None:
        """Says so, and tries it again but where that cannot help."""
        message = str(error) if isinstance(error, SourceError) else f"internal error ({type(error).__name__})"
        self._reasons.append(message if "://" in message else f"{redact(wanted.listed.url)}: {message}")
        if isinstance(error, HttpError) and error.status in LOST:
            self._forget(wanted)
        else:
            self._try_again(wanted)

    def _try_again(self, wanted: Wanted) -> None:
        """At a later poll, but not for ever."""
        tries = wanted.tries + 1
        if tries < TRIES:
            self._failed.append(replace(wanted, tries=tries))
        else:
            self._forget(wanted)


def check_article(document: Document) -> None:
    """Raises `ParseError` for what a server gave in place of an article."""
    if leads_home(document):
        raise ParseError(f"{redact(document.name)}: leads to the home page")


def plan(
    connection: Connection,
    source_id: int,
    manner: Manner,
    readings: Sequence[Reading],
    now: datetime,
    *,
    first: bool,
) -> Articles:
    """The articles that a source's poll asks for: those of entries that are new in `readings` or that they change, the
    newest first, then those that earlier polls left.

    Of a `first` poll only as many as one poll asks for: what is older than they are is left.
    """
    records = with_pages(_folded(readings), manner.name)
    told = articles.told(connection, source_id, list(records)) if records else {}
    fresh = {key: one for key, one in records.items() if not is_told(one, told.get(key, ()))}
    known = {one.url: one for one in articles.remembered(connection, source_id)}
    wanted = []
    for key, record in fresh.items():
        if record.url is not None:
            remembered = known.pop(record.url, None) is not None
            wanted.append(Wanted(listed_of(record, record.url), remembered=remembered, has_text=key in told))
    asked, left = wanted[:MOST], [] if first else wanted[MOST:]
    due = [one for one in known.values() if one.due_at <= now][: MOST - len(asked)]
    again, dropped = _stored(connection, manner.name, due)
    room = max(0, LEFT - (len(known) - len(due)))
    return Articles(manner, now, asked=[*asked, *again], left=left, dropped=dropped, room=room)


def all_left(manner: Manner, readings: Sequence[Reading], now: datetime) -> Articles:
    """The articles of a poll of which nobody can tell which are to be read: none is asked for now, and the first that
    its documents name are left."""
    named = {record.url: record for one in readings for record in one.records if record.url is not None}
    left = [Wanted(listed_of(record, url)) for url, record in named.items()]
    return Articles(manner, now, left=left[:MOST])


def _folded(readings: Iterable[Reading]) -> Iterable[EntryRecord]:
    """The records of documents as they are stored: those of one entry made one."""
    for one in readings:
        yield from fold(one.records, level_of)


def _stored(connection: Connection, source: str, due: Sequence[ArticleRecord]) -> tuple[list[Wanted], list[str]]:
    """Articles that earlier polls left, by what is stored of their entries; addresses of those that have none."""
    if not due:
        return [], []
    keys = {one.url: key_of(source, one.url) for one in due}
    found = entries.find(connection, list(keys.values()))
    stored = entries.load(connection, list(found.values()))
    wanted, dropped = [], []
    for one in due:
        entry = stored.get(found.get(keys[one.url], 0))
        if entry is None:
            dropped.append(one.url)
        else:
            wanted.append(Wanted(listed_of(entry, one.url), one.tries, remembered=True, has_text=bool(entry.text)))
    return wanted, dropped
