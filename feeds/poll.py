"""From sources to the database, top to bottom: fetch, parse, normalise, access, dedupe, store.

Stages are pure; `now` is an argument. Documents are parsed outside any transaction and stored in groups, each with
its digest, so that after a crash the next poll reads again exactly what was not stored. What a group stored is logged
only after its commit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from pydantic import ValidationError

from db.engine import Connection, Engine, reading, writing
from db.errors import StorageError
from db.records import Learned, PollRecord, SourceRecord
from db.store import incidents, sources
from feeds import __version__, log
from feeds.cadence import BACKOFF, Bounds, Hints, next_due
from feeds.config import Config, Source
from feeds.errors import FetchError, ParseError, SourceError, UsageError
from feeds.fetch import HttpError, Request, Unreadable, fetch, read_local
from feeds.ingest import Tally, rejudge, store
from feeds.model import Context, Document, Reading, Skipped
from feeds.reading import context_of, parse, read

GROUP = 1000
"""Records stored in one transaction: a commit costs an fsync, which this many rows share."""

NOTED = timedelta(minutes=1)
"""How often it is noted that a local path was read and nothing was new: the daemon reads it every few seconds."""

RESTED = timedelta(hours=1)
"""Longest rest of a local path that cannot be read, where nobody waits for it."""

_log = log.get("poll")
Progress = Callable[["PollResult"], None]


@dataclass(slots=True, kw_only=True)
class PollResult:
    """What became of one source. `outcome`: stored, unchanged or failed.

    `skipped` are rows with their document; `errors` name documents that gave nothing, `read` counts those that could
    be read. `repeated` says that the same errors were noted the last time.
    """

    source: str
    outcome: str = "unchanged"
    tally: Tally = field(default_factory=Tally)
    skipped: list[tuple[str, Skipped]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    read: int = 0
    repeated: bool = False
    next_due: datetime | None = None
    reason: str = ""

    @property
    def error(self) -> str | None:
        """All of them as text that every database takes: names of files may hold bytes that are no UTF-8."""
        return "; ".join(self.errors).encode("utf-8", "backslashreplace").decode() or None


def poll(
    engine: Engine,
    config: Config,
    now: datetime,
    *,
    names: Sequence[str] = (),
    everyone: bool = False,
    patient: bool = False,
    started: Callable[[int], None] | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> list[PollResult]:
    """Polls what is due by `now`, the named sources, or all: local paths first, then in order of name.

    `patient` leaves alone local paths that could not be read a moment ago. `started` hears how many there are,
    `progress` each result; `stop` is asked before each. A failing source fails alone. Raises `UsageError` for a name
    that no source has, or one that is paused.
    """
    with reading(engine) as connection:
        chosen = sources.due(connection, now, names=names, everyone=everyone)
        unknown = set(names) - {source.name for source in sources.every(connection)}
    if unknown:
        raise UsageError(f"no source is named \"{min(unknown)}\"; see 'feeds sources list'")
    paused = set(names) - {source.name for source in chosen}
    if paused:
        raise UsageError(f'source "{min(paused)}" is paused; say enabled = true in its [[source]] table')
    if patient:
        chosen = [source for source in chosen if not _rests(source, now)]
    # What costs a stat must not wait for what may cost a deadline.
    chosen.sort(key=lambda source: ("path" not in source.options, source.name))
    if started is not None:
        started(len(chosen))
    results = []
    for source in chosen:
        if stop():
            break
        results.append(poll_source(engine, config, source, now))
        if progress is not None:
            progress(results[-1])
    return results


def _rests(source: SourceRecord, now: datetime) -> bool:
    """True for a local path in trouble that was looked at a moment ago; the longer the trouble, the longer that is."""
    if "path" not in source.options or source.error is None or source.last_poll is None:
        return False
    return now - source.last_poll < min(NOTED * BACKOFF ** min(source.failures, 20), RESTED)


def poll_source(engine: Engine, config: Config, record: SourceRecord, now: datetime) -> PollResult:
    """One attempt at one source, with exactly one outcome, stored together with what it brought.

    A defect of ours in one source must not stop the others: it fails that source. What the database says is raised.
    """
    began = time.monotonic()
    result = _Attempt(engine, config, record, now).run()
    # A local path is read every few seconds, nearly always for nothing.
    quiet = result.outcome == "unchanged" or result.repeated
    tally, ms = result.tally, round((time.monotonic() - began) * 1000)
    say = _log.debug if quiet else _log.info
    say("source polled", source=record.name, outcome=result.outcome, new=tally.new, updated=tally.updated, ms=ms)
    return result


class _Attempt:
    """One poll while it lasts."""

    def __init__(self, engine: Engine, config: Config, record: SourceRecord, now: datetime) -> None:
        self._engine = engine
        self._config = config
        self._record = record
        self._now = now
        self._result = PollResult(source=record.name)
        self._hints = Hints()
        self._etag, self._last_modified = record.etag, record.last_modified
        self._settings = record.settings
        # Ids of the entries that this poll made: nobody has seen them yet.
        self._made: set[int] = set()
        # Names of documents that are no longer there: one that is new may be one of them, renamed.
        self._lost: set[str] = set()

    def run(self) -> PollResult:
        group: list[Reading] = []
        source = None
        try:
            source = _source_of(self._record)
            for one in self._readings(source):
                group.append(one)
                if sum(len(each.records) for each in group) >= GROUP:
                    self._store(group)
                    group = []
        except SourceError as error:
            self._result.errors.append(str(error))
            if isinstance(error, HttpError):
                self._hints = Hints(retry_after=error.retry_after, gone=error.permanent)
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
        with reading(self._engine) as connection:
            known = sources.digests(connection, self._record.id)
        context = self._taught(source, context_of(self._config, source), known)
        said = _digest_of(source, context)
        settings = blake2b(said, digest_size=16).digest()
        if settings != self._record.settings:
            # What the server calls unchanged has to be read again by other rules.
            self._etag = self._last_modified = None
            with writing(self._engine) as connection:
                rejudge(connection, self._record.id, source.access, self._now)
                sources.forget_validators(connection, self._record.id)
        named = set()
        for found in self._documents(source):
            named.add(found.name)
            if isinstance(found, Unreadable):
                self._result.errors.append(str(found.error))
                continue
            digest = _digest(said, found)
            try:
                one = None if known.get(found.name) == digest else self._read(found, context, source, digest)
            except ParseError as error:
                self._result.errors.append(_placed(str(error), found, source))
            except Exception as error:
                self._crashed(error, found.name)
            else:
                if one is not None:
                    yield one
                self._result.read += 1
        self._settings = settings
        if source.path is not None and not named:
            if known:
                raise FetchError(f"{source.path}: holds no documents any more ({len(known)} before); its entries stay")
            self._result.warnings.append(f"{source.path}: holds no documents (*.txt) yet")

    def _read(self, document: Document, context: Context, source: Source, digest: bytes) -> Reading:
        parsed = parse(document, context, source)
        period = getattr(parsed, "update_period", None)
        self._hints = self._hints.with_document(getattr(parsed, "ttl", None), period)
        return read(parsed, document, source, self._config, digest)

    def _taught(self, source: Source, context: Context, known: Mapping[str, bytes]) -> Context:
        """`context` with what the documents of the source taught, those that are new or changed included.

        All are asked before any is read, so that it does not matter which of them comes first; and what was learned
        is kept, so that a page that lists less today is read no worse.
        """
        if source.kind != "seed" or source.path is None:
            return context
        from feeds.sources.seed import learn

        learned = self._record.learned
        self._lost = set(known)
        before = _digest_of(source, _with_learned(context, learned))
        for found in read_local(self._config.resolve(source.path), self._config.poll, now=self._now):
            self._lost.discard(found.name)
            if isinstance(found, Document) and known.get(found.name) != _digest(before, found):
                learned |= learn(found, context)
        if learned != self._record.learned:
            with writing(self._engine) as connection:
                sources.learn(connection, self._record.id, learned)
        return _with_learned(context, learned)

    def _documents(self, source: Source) -> Iterator[Document | Unreadable]:
        settings = self._config.poll
        if source.path is not None:
            yield from read_local(self._config.resolve(source.path), settings, now=self._now)
            return
        agent = settings.user_agent or f"Broadsheet/{__version__} (+{self._config.site.base_url})"
        request = Request(source.url or "", etag=self._etag, last_modified=self._last_modified)
        fetched = fetch(request, settings, user_agent=agent, now=self._now)
        self._hints = Hints(max_age=fetched.max_age, expires=fetched.expires, retry_after=fetched.retry_after)
        self._etag, self._last_modified = fetched.etag, fetched.last_modified
        if fetched.document is None:
            self._result.read += 1
        else:
            yield fetched.document

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
        source_id, name, prefix = self._record.id, self._record.name, self._config.site.tag_prefix()
        return sum(
            (
                store(connection, source_id, name, one, prefix=prefix, now=self._now, made=made, lost=lost)
                for one in group
            ),
            start=Tally(),
        )

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
        """The rest of the entries, validators, schedule and incidents, in one transaction."""
        result, record, now = self._result, self._record, self._now
        failed = bool(result.errors) and not result.read
        failures = record.failures + 1 if failed else 0
        local = source is not None and source.path is not None
        bounds = self._bounds(source)
        result.next_due, result.reason = next_due(now, bounds, self._hints, local=local, failures=failures)
        result.repeated = result.error is not None and result.error == record.error
        if local and not group and result.tally == Tally() and self._is_noted():
            result.outcome = "failed" if failed else "unchanged"
            return
        made, lost = set(self._made), set(self._lost)
        skipped = len(result.skipped) + sum(len(one.skipped) for one in group)
        with writing(self._engine) as connection:
            tally = self._save(connection, group, made, lost)
            total = result.tally + tally
            outcome = "failed" if failed else "stored" if total.new or total.updated else "unchanged"
            sources.finish(
                connection,
                PollRecord(
                    source_id=record.id,
                    at=now,
                    outcome=outcome,
                    due_at=result.next_due,
                    reason=result.reason,
                    etag=self._etag,
                    last_modified=self._last_modified,
                    settings=self._settings,
                    failures=failures,
                    new=total.new,
                    updated=total.updated,
                    unchanged=total.unchanged,
                    skipped=skipped,
                    error=result.error,
                ),
            )
            if result.error is None:
                incidents.close_incident(connection, "failing", record.name, now)
            elif failures >= self._config.monitor.failing_after or not failed:
                incidents.open_incident(connection, "failing", record.name, result.error, now, record.id)
        result.outcome = outcome
        self._acknowledge(group, tally, made, lost)

    def _is_noted(self) -> bool:
        """True where the database says already what is to be said, and said so a moment ago."""
        record = self._record
        return (
            record.error == self._result.error
            and record.settings == self._settings
            and record.last_poll is not None
            and self._now - record.last_poll < NOTED
        )

    def _bounds(self, source: Source | None) -> Bounds:
        settings = self._config.poll
        own = source.interval if source is not None else None
        interval = timedelta(minutes=own or settings.interval)
        return Bounds(
            interval=interval,
            least=min(interval, timedelta(minutes=settings.min_interval)),
            most=max(interval, timedelta(minutes=settings.max_interval)),
        )


def _digest_of(source: Source, context: Context) -> bytes:
    """What a document is read by, as bytes: where it changes, every document has to be read again."""
    return repr((context, source.sections, source.default_section, source.access, source.link)).encode()


def _digest(said: bytes, document: Document) -> bytes:
    """16 bytes that stand for a document as it is read by `said`."""
    return blake2b(said + b"\0" + document.data, digest_size=16).digest()


def _with_learned(context: Context, learned: Learned) -> Context:
    sections = tuple(dict.fromkeys(context.sections + learned.sections))
    return replace(context, sections=sections, markers=tuple(dict.fromkeys(context.markers + learned.markers)))


def _source_of(record: SourceRecord) -> Source:
    """The source's options; raises `SourceError` where this release cannot use what was stored."""
    try:
        return Source.model_validate({"name": record.name, **record.options})
    except ValidationError as error:
        what = error.errors()[0]["msg"]
        raise SourceError(f"its stored options cannot be used ({what}); remove it and add it again") from error


def _placed(message: str, document: Document, source: Source) -> str:
    """`message` with the document's name before it, where it does not name it itself."""
    name = document.name if source.path is None else str(source.path / document.name)
    if source.path is not None and source.path.name == document.name:
        name = str(source.path)
    return message if document.name in message else f"{name}: {message}"
