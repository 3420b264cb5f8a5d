"""From sources to the database, top to bottom: fetch, parse, normalise, access, dedupe, store.

Stages are pure; `now` is an argument. Documents are parsed outside any transaction and stored in groups, each with
its digest, so that after a crash the next poll reads again exactly what was not stored. What a group stored is logged
only after its commit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from importlib import import_module
from zoneinfo import ZoneInfo

from db.engine import Connection, Engine, reading, writing
from db.errors import StorageError
from db.records import EntryRecord, PollRecord, SourceRecord
from db.store import incidents, sources
from feeds import __version__, access, dedupe, log, normalise
from feeds.cadence import Bounds, next_due
from feeds.config import Config, Source
from feeds.errors import FetchError, ParseError, UsageError
from feeds.fetch import HttpError, Request, Unreadable, fetch, read_local
from feeds.ingest import Reading, Tally, store
from feeds.model import Context, Document, Parsed, Skipped

GROUP = 1000
"""Records stored in one transaction: a commit costs an fsync, which this many rows share."""

NOTED = timedelta(minutes=1)
"""How often it is noted that a local path was read and nothing was new: the daemon reads it every few seconds."""

PARSERS = {"seed": "feeds.sources.seed", "feed": "feeds.sources.feed"}
"""Source kinds, loaded when used."""

_log = log.get("poll")
Progress = Callable[["PollResult"], None]


@dataclass(slots=True, kw_only=True)
class PollResult:
    """What became of one source. `outcome`: stored, unchanged or failed.

    `skipped` are rows with their document; `errors` name documents that gave nothing, `read` counts those that could
    be read.
    """

    source: str
    outcome: str = "unchanged"
    tally: Tally = field(default_factory=Tally)
    skipped: list[tuple[str, Skipped]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    read: int = 0
    next_due: datetime | None = None
    reason: str = ""

    @property
    def error(self) -> str | None:
        return "; ".join(self.errors) or None


def poll(
    engine: Engine,
    config: Config,
    now: datetime,
    *,
    names: Sequence[str] = (),
    everyone: bool = False,
    started: Callable[[int], None] | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> list[PollResult]:
    """Polls what is due by `now`, the named sources, or all; one result each, in order of name.

    `started` hears how many there are, `progress` each result; `stop` is asked before each. A failing source fails
    alone. Raises `UsageError` for a name that no source has.
    """
    with reading(engine) as connection:
        chosen = sources.due(connection, now, names=names, everyone=everyone)
        unknown = set(names) - {source.name for source in sources.every(connection)}
    paused = set(names) - unknown - {source.name for source in chosen}
    if paused:
        raise UsageError(f'source "{min(paused)}" is paused; say enabled = true in its [[source]] table')
    if unknown:
        raise UsageError(f"no source is named \"{min(unknown)}\"; see 'feeds sources list'")
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


def poll_source(engine: Engine, config: Config, record: SourceRecord, now: datetime) -> PollResult:
    """One attempt at one source, with exactly one outcome, stored together with what it brought.

    A defect of ours in one source must not stop the others: it fails that source. What the database says is raised.
    """
    began = time.monotonic()
    source = Source.model_validate({"name": record.name, **record.options})
    result = PollResult(source=record.name)
    hints = _Hints(etag=record.etag, last_modified=record.last_modified)
    group: list[Reading] = []
    try:
        for one in _readings(engine, config, source, record, now, result, hints):
            group.append(one)
            if sum(len(each.records) for each in group) >= GROUP:
                _store(engine, config, record, group, result, now)
                group = []
    except (FetchError, ParseError) as error:
        result.errors.append(str(error))
        hints.heed(error)
    except StorageError:
        raise
    except Exception as error:
        _crashed(record, result, error)
    try:
        _finish(engine, config, source, record, group, result, hints, now)
    except StorageError:
        raise
    except Exception:
        # Something in the group is more than we can take: what else is in it must not suffer.
        _store(engine, config, record, group, result, now)
        _finish(engine, config, source, record, [], result, hints, now)
    ms = round((time.monotonic() - began) * 1000)
    tally = result.tally
    # A local path is read every few seconds, nearly always for nothing.
    say = _log.debug if result.outcome == "unchanged" else _log.info
    say("source polled", source=record.name, outcome=result.outcome, new=tally.new, updated=tally.updated, ms=ms)
    return result


def _crashed(record: SourceRecord, result: PollResult, error: Exception, document: str | None = None) -> None:
    """Notes a defect of ours: one line for a person, the traceback for the log at -vv."""
    _log.error("poll crashed", source=record.name, document=document, exc_info=error)
    where = f"{document}: " if document else ""
    result.errors.append(f"{where}internal error: {error!r}; run again with -vv and report it")


@dataclass(slots=True)
class _Hints:
    """What a server said about the next request."""

    etag: str | None = None
    last_modified: str | None = None
    max_age: int | None = None
    retry_after: int | None = None
    gone: bool = False

    def heed(self, error: FetchError | ParseError) -> None:
        if isinstance(error, HttpError):
            self.retry_after = error.retry_after
            self.gone = error.permanent


def _readings(
    engine: Engine,
    config: Config,
    source: Source,
    record: SourceRecord,
    now: datetime,
    result: PollResult,
    hints: _Hints,
) -> Iterator[Reading]:
    """The documents of a source that are not as they were, read. Those that cannot be used are noted in `result`."""
    with reading(engine) as connection:
        known = sources.digests(connection, record.id)
    context = context_of(config, source)
    said = repr((context, source.sections, source.default_section, source.access, source.link)).encode()
    for found in _documents(config, source, now, hints):
        if isinstance(found, Unreadable):
            result.errors.append(str(found.error))
            continue
        digest = blake2b(said + b"\0" + found.data, digest_size=16).digest()
        result.read += 1
        if known.get(found.name) == digest:
            continue
        try:
            yield read(found, context, source, config, digest)
        except ParseError as error:
            result.read -= 1
            result.errors.append(_placed(str(error), found, source))


def _placed(message: str, document: Document, source: Source) -> str:
    """`message` with the document's name before it, where it does not name it itself."""
    name = document.name if source.url is not None or source.path is None else str(source.path / document.name)
    if source.path is not None and source.path.name == document.name:
        name = str(source.path)
    return message if document.name in message else f"{name}: {message}"


def _documents(config: Config, source: Source, now: datetime, hints: _Hints) -> Iterator[Document | Unreadable]:
    if source.path is not None:
        yield from read_local(config.resolve(source.path), config.poll, now=now)
        return
    agent = config.poll.user_agent or f"Broadsheet/{__version__} (+{config.site.base_url})"
    request = Request(source.url or "", etag=hints.etag, last_modified=hints.last_modified)
    fetched = fetch(request, config.poll, user_agent=agent, now=now)
    hints.max_age, hints.retry_after = fetched.max_age, fetched.retry_after
    if fetched.document is not None:
        yield fetched.document
    # Only now: the validators of a document that could not be parsed must not hide it from the next poll.
    hints.etag, hints.last_modified = fetched.etag, fetched.last_modified


def context_of(config: Config, source: Source) -> Context:
    """What the parser of `source` may know beside the bytes."""
    profile = config.profile_of(source)
    return Context(
        language=source.language or config.site.language,
        zone=ZoneInfo(source.timezone or config.site.timezone),
        sections=profile.sections,
        markers=profile.markers + config.access.markers,
        premium_categories=config.access.categories,
        dateline=profile.dateline,
        year=profile.year,
    )


def read(document: Document, context: Context, source: Source, config: Config, digest: bytes) -> Reading:
    """One document from bytes to records: parse, normalise, access, dedupe. Raises `ParseError`."""
    parse: Callable[[Document, Context], Parsed] = import_module(PARSERS[source.kind]).parse
    parsed = parse(document, context)
    cleaned = normalise.clean(
        parsed,
        document,
        sections=source.sections,
        default_section=source.default_section,
        language=context.language,
        home=source.link or config.site.base_url,
        identity=dedupe.canon,
    )
    records: list[EntryRecord] = []
    skipped = list(parsed.skipped)
    for clean in cleaned:
        if isinstance(clean, Skipped):
            skipped.append(clean)
        else:
            records.append(record_of(clean, source))
    return Reading(
        name=document.name,
        digest=digest,
        moment=document.as_of,
        records=tuple(records),
        encoding=parsed.encoding,
        skipped=tuple(skipped),
        warnings=parsed.warnings,
    )


def record_of(clean: normalise.Clean, source: Source) -> EntryRecord:
    """A clean item with what identifies it, who may read it, and what it is compared by."""
    verdict = access.judge(clean.evidence, configured=source.access)
    url = None if clean.url_shared else clean.url
    return EntryRecord(
        keys=dedupe.keys(source.name, clean.url, clean.guid, clean.title, url_shared=clean.url_shared),
        position=clean.position,
        title=clean.title,
        title_from_body=clean.title_from_body,
        url=clean.url,
        summary=clean.summary,
        content=clean.content,
        text=clean.text,
        published=clean.published,
        published_precision=clean.published_precision,
        published_basis=clean.published_basis,
        updated=clean.updated,
        dated=clean.dated,
        language=clean.language,
        label=clean.label,
        authors=clean.authors,
        categories=clean.categories,
        enclosures=clean.enclosures,
        sections=clean.sections,
        access=verdict.level,
        evidence=verdict.evidence,
        fingerprint=dedupe.fingerprint(clean.title, clean.text, url, at=clean.dated),
    )


def _store(
    engine: Engine, config: Config, record: SourceRecord, group: list[Reading], result: PollResult, now: datetime
) -> None:
    """Stores a group in one transaction; where that fails, each of its documents in one of its own."""
    try:
        with writing(engine) as connection:
            tally = _save(connection, config, record, group, now)
    except StorageError:
        raise
    except Exception as error:
        if len(group) > 1:
            for one in group:
                _store(engine, config, record, [one], result, now)
            return
        result.read -= 1
        _crashed(record, result, error, group[0].name)
        return
    _acknowledge(record, group, result, tally)


def _save(connection: Connection, config: Config, record: SourceRecord, group: list[Reading], now: datetime) -> Tally:
    prefix = config.site.tag_prefix()
    return sum((store(connection, record.id, record.name, one, prefix=prefix, now=now) for one in group), start=Tally())


def _acknowledge(record: SourceRecord, group: list[Reading], result: PollResult, tally: Tally) -> None:
    """Said only after the commit: what this names survives any crash."""
    result.tally += tally
    for one in group:
        result.skipped += [(one.name, row) for row in one.skipped]
        result.warnings += [f"{one.name}: {warning}" for warning in one.warnings]
        _log.info(
            "document stored", source=record.name, document=one.name, records=len(one.records), encoding=one.encoding
        )


def _finish(
    engine: Engine,
    config: Config,
    source: Source,
    record: SourceRecord,
    group: list[Reading],
    result: PollResult,
    hints: _Hints,
    now: datetime,
) -> None:
    """The rest of the entries, validators, schedule and incidents, in one transaction."""
    failed = bool(result.errors) and not result.read
    failures = record.failures + 1 if failed else 0
    interval = timedelta(minutes=source.interval or config.poll.interval)
    bounds = Bounds(
        interval=interval,
        least=min(interval, timedelta(minutes=config.poll.min_interval)),
        most=max(interval, timedelta(minutes=config.poll.max_interval)),
    )
    result.next_due, result.reason = next_due(
        now,
        bounds,
        local=source.path is not None,
        failures=failures,
        max_age=hints.max_age,
        retry_after=hints.retry_after,
        gone=hints.gone,
    )
    settled = record.error is None and record.last_success is not None and now - record.last_success < NOTED
    if source.path is not None and settled and not group and not result.errors and not result.tally.new:
        return
    skipped = len(result.skipped) + sum(len(one.skipped) for one in group)
    with writing(engine) as connection:
        tally = _save(connection, config, record, group, now)
        total = result.tally + tally
        changed = total.new or total.updated
        result.outcome = "failed" if failed else "stored" if changed else "unchanged"
        sources.finish(
            connection,
            PollRecord(
                source_id=record.id,
                at=now,
                outcome=result.outcome,
                due_at=result.next_due,
                reason=result.reason,
                etag=hints.etag,
                last_modified=hints.last_modified,
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
        elif failures >= config.monitor.failing_after or not failed:
            incidents.open_incident(connection, "failing", record.name, result.error, now, record.id)
    _acknowledge(record, group, result, tally)
