"""What hubs brought: from the documents that wait in the database to entries, as a poll's document goes.

A pushed document may hold no more than what is new, so that what it does not name is not gone. It is stored and dropped
in one transaction: a crash leaves it to be read again, or read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from db.engine import Connection, Engine, reading, writing
from db.errors import StorageError
from db.records import PollRecord, PushedRecord, SourceRecord
from db.store import articles as article_rows
from db.store import incidents, pushes, schedule, sources
from feeds import bounds, credence, log
from feeds.articles import plan
from feeds.config import Config, Source
from feeds.errors import ParseError, SourceError
from feeds.fetch.answer import declared
from feeds.ingest import Saying, Tally, store
from feeds.manner import Manner, manner_of
from feeds.model import Document, Reading
from feeds.packing import unpack
from feeds.paths import source_of
from feeds.pool import Pool
from feeds.states import state_between

ROWS, BYTES = 50, 8_000_000
"""Documents that are read and stored together."""

PUSHED = "pushed"
"""The outcome by which the log of polls tells of them."""

_log = log.get("pushed")


@dataclass(frozen=True, slots=True)
class _Brought:
    """A document that was brought, and what came of reading it: `error` where nothing did.

    `says` is what it says, which is not the document that a poll would find, so that no digest of it is kept; `newest`
    is the latest time in it.
    """

    row: PushedRecord
    record: SourceRecord
    source: Source
    manner: Manner
    says: Reading | None = None
    newest: datetime | None = None
    error: str | None = None


def take(engine: Engine, config: Config, pool: Pool, now: datetime) -> int:
    """Reads and stores all that waits; returns how many entries are new or changed by it.

    What cannot be read is dropped, and its subscription says why: no poll failed. Raises `StorageError`.
    """
    changed = 0
    while True:
        with reading(engine) as connection:
            rows = pushes.waiting(connection, ROWS, BYTES)
            known = sources.polled(connection, {row.source_id for row in rows})
        if not rows:
            return changed
        brought = [_read(config, known[row.source_id], row, pool) for row in rows if row.source_id in known]
        tally = _store(engine, config, rows, brought, now)
        changed += tally.new + tally.updated


def _read(config: Config, record: SourceRecord, row: PushedRecord, pool: Pool) -> _Brought | None:
    """What a worker makes of one document."""
    try:
        source = source_of(record, config)
    except SourceError:
        return None  # its polls say so
    manner = manner_of(config, source, record.learned)
    media_type, charset = declared(row.media_type or "")
    document = Document(
        # By this name its polls know it, too: they are one document of the source.
        name=record.url or source.url or row.topic,
        data=row.body,
        as_of=row.at,
        fetched_at=row.at,
        url=row.topic,
        media_type=media_type,
        charset=charset,
        partial=True,
    )
    try:
        read = pool.call(document, manner, b"")
        says = replace(unpack(read.packed), digest=b"", partial=True)
        return _Brought(row, record, source, manner, says, read.newest)
    except ParseError as error:
        return _Brought(row, record, source, manner, error=str(error))
    except Exception as error:
        _log.error("push crashed", source=record.name, exc_info=error)
        return _Brought(row, record, source, manner, error=f"internal error ({type(error).__name__})")


def _store(
    engine: Engine, config: Config, rows: Sequence[PushedRecord], brought: Sequence[_Brought | None], now: datetime
) -> Tally:
    """Stores documents and drops what waited, in one transaction; where that fails, each in one of its own, the culprit
    without its entries."""
    wanted = [one for one in brought if one is not None]
    try:
        with writing(engine) as connection:
            tallies = _save(connection, config, wanted, now)
            pushes.drop(connection, [row.id for row in rows])
    except StorageError:
        raise
    except Exception as error:
        if len(wanted) > 1:
            tallies = [_store(engine, config, [one.row], [one], now) for one in wanted]
            _store(engine, config, rows, [], now)
            return sum(tallies, start=Tally())
        if not wanted or wanted[0].says is None:
            raise
        _log.error("push crashed", source=wanted[0].record.name, exc_info=error)
        culprit = replace(wanted[0], says=None, error=f"internal error ({type(error).__name__})")
        return _store(engine, config, rows, [culprit], now)
    for one, tally in zip(wanted, tallies, strict=True):
        if one.error is not None:
            _log.warning("push failed", source=one.record.name, error=one.error)
        else:
            _log.info("push stored", source=one.record.name, new=tally.new, updated=tally.updated)
    return sum(tallies, start=Tally())


def _save(connection: Connection, config: Config, brought: Sequence[_Brought], now: datetime) -> list[Tally]:
    """Everything that these documents change."""
    sayings, planned = [], []
    for one in brought:
        said = one.says
        if said is not None:
            sayings.append(Saying(one.record.id, one.record.name, said))
            if one.source.fulltext:
                planned.append(plan(connection, one.record.id, one.manner, [said], now, first=False))
                for wanted in planned[-1].asked:
                    planned[-1].put_off(wanted)  # the source's next poll asks for them
                article_rows.remember(connection, [(one.record.id, each) for each in planned[-1].outcome()[0]])
    stored = iter(store(connection, sayings, prefix=config.site.tag_prefix(), now=now))
    tallies = [next(stored) if one.says is not None else Tally() for one in brought]
    own = pushes.current(connection, {one.record.id for one in brought})
    latest = {one.record.id: one.record.pace for one in brought}
    for one, tally in zip(brought, tallies, strict=True):
        push = own.get(one.record.id)
        if push is not None and push.error != one.error:
            own[one.record.id] = push = replace(push, error=one.error)
            pushes.save(connection, push)
        if one.says is None:
            continue
        credence.note(connection, one.record.id, one.source, tally, now)
        pace = latest[one.record.id]
        known = [each for each in (one.newest, pace.newest) if each is not None]
        latest[one.record.id] = pace = replace(pace, newest=max(known, default=one.row.at if tally.new else None))
        poll = _told(one, tally)
        if tally.new:
            latest[one.record.id] = pace = bounds.brought(config, pace, one.row.at)
            poll = replace(
                poll, state=_refreshed(connection, one, now), stale_at=bounds.stale_at(config, one.source, pace)
            )
        schedule.note_pushed(connection, [(poll, pace)])
    return tallies


def _refreshed(connection: Connection, one: _Brought, now: datetime) -> str:
    """Something new came: the source is not late any more. Returns its state."""
    record = one.record
    incidents.close_incident(connection, "stale", record.name, now)
    return state_between(record, incidents.kinds_of(connection, record.id))


def _told(one: _Brought, tally: Tally) -> PollRecord:
    """A pushed document as the log of polls has it."""
    return PollRecord(
        source_id=one.record.id,
        at=one.row.at,
        outcome=PUSHED,
        due_at=one.record.due_at,
        reason=PUSHED,
        new=tally.new,
        updated=tally.updated,
        unchanged=tally.unchanged,
        skipped=len(one.says.skipped) if one.says is not None else 0,
    )
