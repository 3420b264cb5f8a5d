"""Local paths: files and folders of documents that are looked at in every run, because that costs a stat.

Documents are read outside any transaction and stored in groups, each with its digest, so that after a crash the next
poll reads again exactly what was not stored. What a group stored is logged only after its commit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from db.engine import Connection, Engine, reading, writing
from db.errors import StorageError
from db.records import Learned, PollRecord, SourceRecord
from db.store import incidents, schedule, sources
from feeds import credence, log, troubles
from feeds.bounds import bounds_of, brought, stale_at
from feeds.cadence import BACKOFF, next_due
from feeds.config import Config, Source
from feeds.errors import FetchError, ParseError, SourceError
from feeds.fetch import Unreadable, read_local
from feeds.ingest import Saying, Tally, said_again, store
from feeds.manner import Manner, digest_of, manner_of
from feeds.model import Document, Reading
from feeds.outcome import PollResult
from feeds.packing import unpack
from feeds.pool import Pool
from feeds.reading import parse, read
from feeds.states import state_of
from feeds.troubles import Trouble
from feeds.worker import Read

GROUP = 1000
"""Records stored in one transaction: a commit costs an fsync, which this many rows share."""

NOTED = timedelta(minutes=1)
"""How often it is noted that a local path was read and nothing was new: the daemon reads it every few seconds."""

RESTED = timedelta(hours=1)
"""Longest rest of a local path that cannot be read, where nobody waits for it."""

REMOTE = ("gone", "moved", "slow", "gap", "churn", "suspicious")
"""Troubles that only a source with an address has: this one may have had one."""

_log = log.get("paths")


def rests(source: SourceRecord, now: datetime) -> bool:
    """True for a path in trouble that was looked at a moment ago; the longer the trouble, the longer that is."""
    if source.error is None or source.last_poll is None:
        return False
    return now - source.last_poll < min(NOTED * BACKOFF ** min(source.failures, 20), RESTED)


def poll_path(engine: Engine, config: Config, record: SourceRecord, now: datetime, pool: Pool) -> PollResult:
    """One attempt at one path, with exactly one outcome, stored together with what it brought.

    A defect of ours in one source must not stop the others: it fails that source. What the database says is raised.
    """
    began = time.monotonic()
    result = _Look(engine, config, record, now, pool).run()
    # A local path is read every few seconds, nearly always for nothing.
    quiet = result.outcome == "unchanged" or result.repeated
    tally, ms = result.tally, round((time.monotonic() - began) * 1000)
    say = _log.debug if quiet else _log.info
    say("source polled", source=record.name, outcome=result.outcome, new=tally.new, updated=tally.updated, ms=ms)
    return result


def source_of(record: SourceRecord, config: Config) -> Source:
    """The source's options. Raises `SourceError` where this release cannot use what was stored, or its
    profile is gone."""
    try:
        source = Source.model_validate({"name": record.name, **record.options})
    except ValidationError as error:
        what = error.errors()[0]["msg"]
        raise SourceError(f"its stored options cannot be used ({what}); remove it and add it again") from error
    # Of a source of the configuration that is seen there; one that was added outlives its profile.
    if source.profile is not None and source.profile not in config.profile:
        raise SourceError(f"there is no [profile.{source.profile}] any more; write it again, or edit the source")
    return source


class _Look:
    """One poll while it lasts."""

    def __init__(self, engine: Engine, config: Config, record: SourceRecord, now: datetime, pool: Pool) -> None:
        self._engine = engine
        self._config = config
        self._record = record
        self._now = now
        self._pool = pool
        self._result = PollResult(source=record.name)
        self._settings = record.settings
        self._began = time.monotonic()
        self._size = 0  # bytes of the documents that were read
        # Ids of the entries that this poll made: nobody has seen them yet.
        self._made: set[int] = set()
        # Names of documents that are no longer there: one that is new may be one of them, renamed.
        self._lost: set[str] = set()
        # Names of documents that were looked at: those that are not stored anew say what they said before.
        self._seen: set[str] = set()

    def run(self) -> PollResult:
        group: list[Reading] = []
        source = None
        try:
            source = source_of(self._record, self._config)
            for one in self._readings(source):
                group.append(one)
                if sum(len(each.records) for each in group) >= GROUP:
                    self._store(group)
                    group = []
        except SourceError as error:
            self._result.errors.append(str(error))
        except StorageError:
            raise
        except Exception as error:
            self._crashed(error)
        try:
            self._finish(source, group)
        except StorageError:
            raise
        except Exception:
            # Something in the group is more than we can take: what else is in it must not suffer.
            self._store(group)
            self._finish(source, [])
        return self._result

    def _crashed(self, error: Exception, document: str | None = None) -> None:
        """Notes a defect of ours: one line for a person, the traceback for the log at -vv."""
        _log.error("poll crashed", source=self._record.name, document=document, exc_info=error)
        where = f"{document}: " if document else ""
        kind = type(error).__name__
        self._result.errors.append(f"{where}internal error ({kind}); run again with -vv and report what it says")

    def _readings(self, source: Source) -> Iterator[Reading]:
        """The documents that are not as they were, read. Those that cannot be used are noted in the result."""
        if source.path is None:
            return
        if self._config.is_served(source.path):
            raise FetchError(f"{source.path}: stands in the published folder, where everything is served: move it")
        with reading(self._engine) as connection:
            known = sources.digests(connection, self._record.id)
        manner = manner_of(self._config, source, self._learned(source, known))
        if manner.digest != self._record.settings:
            with writing(self._engine) as connection:
                credence.rejudge(connection, self._record.id, source.access, self._now)
                sources.forget_validators(connection, self._record.id)
        named = set()
        for found in read_local(self._config.resolve(source.path), self._config.poll, now=self._now):
            named.add(found.name)
            if isinstance(found, Unreadable):
                self._result.errors.append(str(found.error))
                continue
            digest = digest_of(manner, found)
            try:
                one = None if known.get(found.name) == digest else self._read(found, manner, digest)
            except ParseError as error:
                self._result.errors.append(_placed(str(error), found, source.path))
            except Exception as error:
                self._crashed(error, found.name)
            else:
                if one is not None:
                    self._size += len(found.data)
                    yield one
                self._result.read += 1
                self._seen.add(found.name)
        self._settings = manner.digest
        if not named:
            if known:
                raise FetchError(f"{source.path}: holds no documents any more ({len(known)} before); its entries stay")
            self._result.warnings.append(f"{source.path}: holds no documents (*.txt) yet")

    def _read(self, document: Document, manner: Manner, digest: bytes) -> Reading:
        """Text documents are read here, by a grammar that is linear; what a parser of others must read, in a worker."""
        if manner.kind == "seed":
            return read(parse(document, manner), document, manner, digest)
        found: Read = self._pool.call(document, manner, digest)
        return replace(unpack(found.packed), partial=found.partial)

    def _learned(self, source: Source, known: Mapping[str, bytes]) -> Learned:
        """What the documents of the source taught, those that are new or changed included.

        All are asked before any is read, so that it does not matter which of them comes first; and what was learned
        is kept, so that a page that lists less today is read no worse.
        """
        if source.kind != "seed" or source.path is None:
            return self._record.learned
        from feeds.sources.seed import learn

        learned = self._record.learned
        self._lost = set(known)
        bare, before = manner_of(self._config, source), manner_of(self._config, source, learned)
        for found in read_local(self._config.resolve(source.path), self._config.poll, now=self._now):
            self._lost.discard(found.name)
            if isinstance(found, Document) and known.get(found.name) != digest_of(before, found):
                learned |= learn(found, bare.context)
        if learned != self._record.learned:
            with writing(self._engine) as connection:
                sources.learn(connection, self._record.id, learned)
        return learned

    def _store(self, group: list[Reading]) -> None:
        """Stores a group in one transaction; where that fails, each of its documents in one of its own."""
        made, lost = set(self._made), set(self._lost)
        try:
            with writing(self._engine) as connection:
                tally = self._save(connection, group, made, lost)
        except StorageError:
            raise
        except Exception as error:
            if len(group) > 1:
                for one in group:
                    self._store([one])
                return
            self._result.read -= 1
            self._crashed(error, group[0].name)
            return
        self._acknowledge(group, tally, made, lost)

    def _save(self, connection: Connection, group: list[Reading], made: set[int], lost: set[str]) -> Tally:
        sayings = [Saying(self._record.id, self._record.name, one) for one in group]
        prefix = self._config.site.tag_prefix()
        return sum(store(connection, sayings, prefix=prefix, now=self._now, made=made, lost=lost), start=Tally())

    def _acknowledge(self, group: list[Reading], tally: Tally, made: set[int], lost: set[str]) -> None:
        """Said only after the commit: what this names survives any crash."""
        result = self._result
        result.tally += tally
        self._made, self._lost = made, lost
        for one in group:
            result.skipped += [(one.name, row) for row in one.skipped]
            result.warnings += [f"{one.name}: {warning}" for warning in one.warnings]
            _log.info(
                "document stored",
                source=self._record.name,
                document=one.name,
                records=len(one.records),
                encoding=one.encoding,
            )

    def _finish(self, source: Source | None, group: list[Reading]) -> None:
        """The rest of the entries, the schedule and incidents, in one transaction."""
        result, record, now = self._result, self._record, self._now
        failed = bool(result.errors) and not result.read
        failures = record.failures + 1 if failed else 0
        local = source is not None
        bounds = bounds_of(self._config, source, record.host)
        result.next_due, result.reason = next_due(now, bounds, local=local, failures=failures)
        result.repeated = result.error is not None and result.error == record.error
        if local and not group and result.tally == Tally() and self._is_noted():
            result.outcome = "failed" if failed else "unchanged"
            return
        made, lost = set(self._made), set(self._lost)
        skipped = len(result.skipped) + sum(len(one.skipped) for one in group)
        with writing(self._engine) as connection:
            tally = self._save(connection, group, made, lost)
            said_again(connection, {record.id: self._seen}, now)
            total = result.tally + tally
            outcome = "failed" if failed else "stored" if total.new or total.updated else "unchanged"
            kinds = incidents.kinds_of(connection, record.id)
            found = self._troubles(failures, failed=failed, new=total.new)
            is_first = record.pace.brought is None and not failed
            pace = brought(self._config, record.pace, now) if total.new or is_first else record.pace
            noted = PollRecord(
                source_id=record.id,
                at=now,
                outcome=outcome,
                due_at=result.next_due,
                reason=result.reason,
                settings=self._settings,
                failures=failures,
                new=total.new,
                updated=total.updated,
                unchanged=total.unchanged,
                skipped=skipped,
                error=result.error,
                pace=pace if pace != record.pace else None,
                state=state_of(troubles.after(kinds, found), failed=failed),
                stale_at=stale_at(self._config, source, pace) if source is not None else None,
                ms=round((time.monotonic() - self._began) * 1000),
                size=self._size,
            )
            schedule.finish(connection, [noted])
            if source is not None:
                credence.note(connection, record.id, source, total, now)
            incidents.note(connection, record.name, found, kinds, now, record.id)
        result.outcome = outcome
        self._acknowledge(group, tally, made, lost)

    def _troubles(self, failures: int, *, failed: bool, new: int) -> list[Trouble]:
        """Incidents that this poll opens or closes; what it had while it was asked elsewhere is over once it is
        read."""
        record, bound = self._record, self._config.monitor.failing_after
        found = troubles.failing(self._result.error, failures=failures, bound=bound, last=record.last_success)
        over = (*(("stale",) if new else ()), *(() if failed else REMOTE))
        return [*found, *(Trouble(kind, None) for kind in over)]

    def _is_noted(self) -> bool:
        """True where the database says already what is to be said, and said so a moment ago."""
        record = self._record
        return (
            record.error == self._result.error
            and record.settings == self._settings
            and record.last_poll is not None
            and self._now - record.last_poll < NOTED
        )


def _placed(message: str, document: Document, path: Path) -> str:
    """`message` with the document's name before it, where it does not name it itself."""
    name = str(path) if path.name == document.name else str(path / document.name)
    return message if document.name in message else f"{name}: {message}"
