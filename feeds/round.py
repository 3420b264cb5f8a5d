"""Many sources side by side: requests under way, documents being read, and what is finished and waits to be stored.

One thread and one loop: begin what the budgets admit, take what was answered, take what was read, store. Nothing waits
for one source but that source: a slow server costs a connection until its deadline, a document that hangs a worker.
"""

from __future__ import annotations

import gc
import math
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Protocol, cast

from db.engine import Connection, Engine, reading, writing
from db.errors import StorageError
from db.records import SourceRecord
from db.store import incidents, schedule, sources
from feeds import log
from feeds.attempt import Attempt, Conclusion, PollResult, many_at_once
from feeds.budget import SPAN, Budget
from feeds.config import Config
from feeds.errors import FetchError, ParseError, SourceError
from feeds.fetch import Fetched, Fetcher, Request, host_of
from feeds.ingest import Saying, Tally, rejudge, store
from feeds.log import redact
from feeds.manner import digest_of, manner_of
from feeds.model import Document
from feeds.paths import poll_path, source_of
from feeds.pool import Pool
from feeds.worker import Read

CLAIM = 500
"""Sources claimed at once: a claim is a transaction, and what is claimed is nobody else's until it is polled."""

LEASE = timedelta(minutes=15)
"""How long a claim holds: longer than a batch takes, so that only a crash lets it run out."""

GROUP = 2000
"""Records, and SOURCES sources, after which what is finished is stored: a commit costs an fsync, which they share."""

SOURCES = 250
HELD = 1.0
"""Seconds after which what is finished is stored, however little it is."""

UNREAD = 64
UNREAD_BYTES = 32_000_000
"""Documents, and their bytes, that wait to be read before nothing more is asked for: memory stays flat."""

COLLECTED = 100_000
"""Objects made before the garbage collector looks through the young ones; Python's own number is 700."""

_log = log.get("poll")


@dataclass(slots=True)
class Standing:
    """How a run stands: sources in all and done, those that failed or were put off, hosts that have to be waited for,
    requests under way."""

    total: int = 0
    done: int = 0
    failed: int = 0
    deferred: int = 0
    waiting: int = 0
    active: int = 0

    def count(self, result: PollResult) -> None:
        """One source is done."""
        self.done += 1
        self.failed += bool(result.errors)
        self.deferred += result.outcome == "deferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a run goes about it: see `feeds.poll.Poller.poll`."""

    progress: Callable[[PollResult], None]
    watch: Callable[[Standing], None] = lambda _: None
    stop: Callable[[], bool] = lambda: False
    patience: float = 0.0
    within: float = float("inf")


class Claims(Protocol):
    """What is left to be polled."""

    def take(self, connection: Connection, lease: str, until: datetime, busy: set[str]) -> list[SourceRecord]:
        """The next `CLAIM` sources at most, none of a host in `busy`; empty when there is nothing left."""


@dataclass(slots=True, eq=False)
class _Asking:
    """One request that an attempt waits for, charged to `host`; `page` where it is for an earlier document."""

    attempt: Attempt
    host: str
    request: Request
    page: bool = False
    document: Document | None = field(default=None, repr=False)


class Round:
    """One run over what `claims` gives. `at` is the present in seconds of the clock of `budget`."""

    def __init__(
        self,
        engine: Engine,
        config: Config,
        fetcher: Fetcher,
        pool: Pool,
        budget: Budget,
        *,
        now: datetime,
        lease: str,
        terms: Terms,
        standing: Standing,
    ) -> None:
        self._engine, self._config = engine, config
        self._fetcher, self._pool, self._budget = fetcher, pool, budget
        self._now, self._begun, self._lease = now, time.monotonic(), lease
        self._terms, self._standing = terms, standing
        self._queues: dict[str, deque[_Asking]] = defaultdict(deque)
        self._queued = 0
        self._ready: deque[str] = deque()
        self._blocked: set[str] = set()
        self._later: list[tuple[float, str]] = []
        self._taken: dict[int, Attempt] = {}
        self._per_host: Counter[str] = Counter()
        self._known: dict[tuple[int, str], bytes] = {}
        self._unread_bytes = 0
        self._finished: list[Attempt] = []
        self._held_since = 0.0
        self._doubtful: list[Attempt] = []
        self._answered_hosts: set[str] = set()
        self._ending = False
        self._exhausted = False

    def run(self, claims: Claims) -> None:
        """Polls until nothing is left, or is to be begun any more. What was claimed and not polled is given back.

        Once it is told to stop, what is under way is nobody's: whoever owns the fetcher and the pool ends it.
        """
        try:
            with _rare_collections():
                self._loop(claims)
            self._store_all()
        finally:
            self._give_back()
        self._look()

    def _loop(self, claims: Claims) -> None:
        while True:
            if self._terms.stop():
                self._doubtful.clear()
                break
            if not self._ending:
                self._refill(claims)
                self._begin()
            self._ending = self._ending or self._elapsed() > self._terms.within
            if self._is_idle():
                break
            self._collect()
            self._store_some()
            self._look()

    # --- what is begun

    def _elapsed(self) -> float:
        return time.monotonic() - self._begun

    def _at(self) -> float:
        return self._now.timestamp() + self._elapsed()

    def _moment(self) -> datetime:
        """The present in whole seconds."""
        return self._now + timedelta(seconds=int(self._elapsed()))

    def _is_idle(self) -> bool:
        if self._fetcher.active or self._pool.pending:
            return False
        return self._ending or (not self._ready and not self._later and self._exhausted)

    def _refill(self, claims: Claims) -> None:
        """Claims more where little is queued."""
        if self._exhausted or self._queued >= self._config.poll.connections:
            return
        full = {host for host, count in self._per_host.items() if count >= self.most_of(host)}
        busy = full if self._terms.patience else full | self._budget.spent(self._at())
        unusable: list[SourceRecord] = []
        with writing(self._engine) as connection:
            records = claims.take(connection, self._lease, self._now + LEASE, busy)
            self._exhausted = not records
            read_before = [record.id for record in records if record.last_success is not None]
            self._known |= sources.digests_of(connection, read_before)
            for record in records:
                self._per_host[record.host or ""] += 1
                try:
                    attempt = self._attempt(connection, record)
                except SourceError:
                    unusable.append(record)
                    continue
                self._taken[record.id] = attempt
                self._queue(_Asking(attempt, record.host or "", attempt.request()))
        for record in unusable:
            self._tell(poll_path(self._engine, self._config, record, self._now, self._pool))

    def most_of(self, host: str) -> int:
        """How many sources of a host one run can poll: as many as its budget admits within the patience."""
        return self._budget.rule(host).per_minute * (1 + int(self._terms.patience // SPAN))

    def _attempt(self, connection: Connection, record: SourceRecord) -> Attempt:
        """An attempt at a source. Raises `SourceError` for options that this release cannot use."""
        source = source_of(record)
        manner = manner_of(self._config, source)
        if record.settings is not None and record.settings != manner.digest:
            # What the server calls unchanged has to be read again by other rules.
            rejudge(connection, record.id, source.access, self._now)
        return Attempt(record, source, manner, self._moment())

    def _queue(self, asking: _Asking) -> None:
        queue = self._queues[asking.host]
        queue.append(asking)
        self._queued += 1
        if len(queue) == 1:
            self._ready.append(asking.host)

    def _begin(self) -> None:
        """Begins what the budgets admit, as long as there is room for what comes of it."""
        while self._later and self._later[0][0] <= self._at():
            self._ready.append(heappop(self._later)[1])
        while self._ready and self._has_room():
            host, at = self._ready.popleft(), self._at()
            wait = self._budget.wait(host, at)
            if wait == 0.0:
                self._ask(host, at)
            elif wait == math.inf:
                self._blocked.add(host)
            elif self._elapsed() + wait <= self._terms.patience:
                heappush(self._later, (at + wait, host))
            else:
                self._give_up(host)

    def _has_room(self) -> bool:
        return (
            self._fetcher.active < self._config.poll.connections
            and self._pool.pending < UNREAD
            and self._unread_bytes < UNREAD_BYTES
        )

    def _ask(self, host: str, at: float) -> None:
        queue = self._queues[host]
        asking = queue.popleft()
        self._queued -= 1
        if queue:
            self._ready.append(host)
        else:
            del self._queues[host]
        self._budget.begin(host, at)
        if not asking.page:
            asking.attempt.began = self._moment()
        self._fetcher.start(asking, asking.request, asking.attempt.began)

    def _give_up(self, host: str) -> None:
        """What a host's budget does not admit within the patience stays due; an earlier document stays unread."""
        queue = self._queues.pop(host)
        self._queued -= len(queue)
        for asking in queue:
            if asking.page:
                asking.attempt.page_failed()
                self._finish(asking.attempt)
            else:
                self.put_off(asking.attempt.record.name, host)

    def put_off(self, name: str, host: str) -> None:
        """A source is not polled: the budget of its host is spent. It stays due as it was."""
        reason = f"the budget of {host} is spent ({self._budget.rule(host).per_minute} requests a minute)"
        self._tell(PollResult(source=name, outcome="deferred", reason=reason))

    # --- what comes

    def _collect(self) -> None:
        """Takes what ended meanwhile; waits a little where nothing did."""
        timeout = 0.01 if self._pool.pending else 0.25
        if self._later:
            timeout = max(0.0, min(timeout, self._later[0][0] - self._at()))
        if self._fetcher.active:
            for key, answer in self._fetcher.wait(timeout):
                asking = cast(_Asking, key)
                self._ended(asking)
                self._answered(asking, answer)
        elif timeout:
            time.sleep(timeout)
        for asking, found in self._pool.done():
            self._unread_bytes -= len(asking.document.data)
            asking.document = None
            self._was_read(asking, found)

    def _ended(self, asking: _Asking) -> None:
        self._budget.end(asking.host)
        if asking.host in self._blocked:
            self._blocked.discard(asking.host)
            self._ready.append(asking.host)

    def _answered(self, asking: _Asking, answer: Fetched | FetchError) -> None:
        attempt, host = asking.attempt, asking.host
        if isinstance(answer, FetchError):
            if asking.page:
                attempt.page_failed()
                self._finish(attempt)
                return
            attempt.failed(answer)
            if attempt.network:
                # Whose fault it is shows when it is known how many fared alike.
                self._doubtful.append(attempt)
                self._ending = self._ending or (
                    not self._answered_hosts and len(self._doubtful) >= self._config.poll.connections
                )
                return
            self._answered_hosts.add(host)
            self._heed_host(host, answer)
            self._finish(attempt)
            return
        self._answered_hosts.add(host)
        if not asking.page:
            attempt.answered(answer)
        if answer.document is None:
            attempt.said_nothing_new()
            self._finish(attempt)
            return
        self._have_read(asking, answer.document)

    def _heed_host(self, host: str, answer: FetchError) -> None:
        """Retry-After for the whole host, where the configuration says that it is meant so."""
        rules = self._config.host.get(host)
        retry_after = getattr(answer, "retry_after", None)
        if rules is not None and rules.share_retry_after and retry_after:
            self._budget.close(host, self._at() + min(max(retry_after, 60), 86_400))

    def _have_read(self, asking: _Asking, document: Document) -> None:
        """Hands a document to a worker, unless it is the one that was read last."""
        attempt = asking.attempt
        digest = digest_of(attempt.manner, document)
        if not asking.page and self._known.get((attempt.record.id, document.name)) == digest:
            attempt.said_nothing_new()
            self._finish(attempt)
            return
        asking.document = document
        self._unread_bytes += len(document.data)
        self._pool.submit(asking, document, attempt.manner, digest)

    def _was_read(self, asking: _Asking, found: Read | Exception) -> None:
        attempt = asking.attempt
        if isinstance(found, Read):
            earlier = attempt.was_read(found)
            if earlier is not None:
                self._queue(_Asking(attempt, host_of(earlier), Request(earlier), page=True))
                return
        elif asking.page:
            attempt.page_failed()
        elif isinstance(found, ParseError):
            message = str(found)
            attempt.failed(found if attempt.url in message else ParseError(f"{redact(attempt.url)}: {message}"))
        else:
            _log.error("poll crashed", source=attempt.record.name, exc_info=found)
            attempt.crashed(found)
        self._finish(attempt)

    # --- what is stored

    def _finish(self, attempt: Attempt) -> None:
        if not self._finished:
            self._held_since = self._elapsed()
        self._finished.append(attempt)

    def _store_some(self) -> None:
        """Stores what is finished once that is much, or has waited."""
        if not self._finished:
            return
        if (
            len(self._finished) >= SOURCES
            or sum(attempt.records for attempt in self._finished) >= GROUP
            or self._elapsed() - self._held_since >= HELD
        ):
            self._store(self._take_finished())

    def _take_finished(self) -> list[Attempt]:
        finished, self._finished = self._finished, []
        return finished

    def _store_all(self) -> None:
        """Stores the rest. Now it is known whether what could not be reached is to blame, or our own network."""
        outage = many_at_once(self._doubtful, self._answered_hosts)
        self._note_outage(outage)
        if outage is None:
            self._finished += self._doubtful
            self._doubtful = []
        if self._finished:
            self._store(self._take_finished())
        if self._doubtful and outage is not None:
            reason = f"our own network: {outage[0]} of {outage[1]} hosts could not be reached"
            conclusions = [attempt.postpone(reason, self._moment()) for attempt in self._doubtful]
            with writing(self._engine) as connection:
                schedule.finish(connection, [conclusion.poll for conclusion in conclusions])
            for attempt, conclusion in zip(self._doubtful, conclusions, strict=True):
                attempt.result.errors.clear()
                self._acknowledge(attempt, conclusion)
            self._doubtful = []

    def _note_outage(self, outage: tuple[int, int] | None) -> None:
        if outage is not None:
            message = f"{outage[0]} of {outage[1]} hosts could not be reached at once; no source is blamed for it"
            with writing(self._engine) as connection:
                incidents.open_incident(connection, "network", "own network", message, self._now)
        elif self._answered_hosts:
            with reading(self._engine) as connection:
                is_open = ("network", "own network") in incidents.subjects(connection)
            if is_open:
                with writing(self._engine) as connection:
                    incidents.close_incident(connection, "network", "own network", self._now)

    def _store(self, attempts: list[Attempt]) -> None:
        """Stores attempts in one transaction; where that fails, each in one of its own, the culprit without entries."""
        try:
            with writing(self._engine) as connection:
                conclusions = self._save(connection, attempts)
        except StorageError:
            raise
        except Exception as error:
            if len(attempts) > 1:
                for attempt in attempts:
                    self._store([attempt])
                return
            if not attempts[0].readings:
                raise
            _log.error("poll crashed", source=attempts[0].record.name, exc_info=error)
            attempts[0].crashed(error)
            self._store(attempts)
            return
        for attempt, conclusion in conclusions:
            self._acknowledge(attempt, conclusion)

    def _save(self, connection: Connection, attempts: list[Attempt]) -> list[tuple[Attempt, Conclusion]]:
        """Everything that these polls change, but for those whose lease ran out: somebody else has them."""
        held = schedule.held(connection, [attempt.record.id for attempt in attempts], self._lease)
        kept = [attempt for attempt in attempts if attempt.record.id in held]
        sayings = [
            Saying(attempt.record.id, attempt.record.name, reading)
            for attempt in kept
            # The earliest first: what comes later corrects it.
            for reading in reversed(attempt.readings)
        ]
        tallies: dict[int, Tally] = defaultdict(Tally)
        prefix = self._config.site.tag_prefix()
        for saying, tally in zip(sayings, store(connection, sayings, prefix=prefix, now=self._now), strict=True):
            tallies[saying.source_id] += tally
        conclusions = [(attempt, attempt.conclude(self._config, tallies[attempt.record.id])) for attempt in kept]
        schedule.finish(connection, [conclusion.poll for _, conclusion in conclusions])
        opened = incidents.subjects(connection)
        for attempt, conclusion in conclusions:
            name, source_id = attempt.record.name, attempt.record.id
            for trouble in conclusion.troubles:
                if trouble.message is not None:
                    incidents.open_incident(connection, trouble.kind, name, trouble.message, self._now, source_id)
                elif (trouble.kind, name) in opened:
                    incidents.close_incident(connection, trouble.kind, name, self._now)
            if conclusion.moved_from is not None and conclusion.poll.url is not None:
                sources.move_document(connection, source_id, conclusion.moved_from, conclusion.poll.url)
        return conclusions

    def _acknowledge(self, attempt: Attempt, conclusion: Conclusion) -> None:
        """Said only after the commit: what this names survives any crash."""
        attempt.acknowledge(conclusion)
        result, poll = attempt.result, conclusion.poll
        self._taken.pop(attempt.record.id, None)
        quiet = result.outcome == "unchanged" or result.repeated
        say = _log.debug if quiet else _log.info
        say("source polled", source=result.source, outcome=result.outcome, new=poll.new, updated=poll.updated)
        if poll.url is not None:
            _log.info("source moved", source=result.source, to=poll.url)
        attempt.readings.clear()
        self._tell(result)

    def _give_back(self) -> None:
        """What was claimed and not polled is due as before."""
        if self._taken:
            with writing(self._engine) as connection:
                taken = {source_id: attempt.record.due_at for source_id, attempt in self._taken.items()}
                schedule.release(connection, taken, self._lease)

    # --- who listens

    def _tell(self, result: PollResult) -> None:
        self._standing.count(result)
        self._terms.progress(result)

    def _look(self) -> None:
        standing = self._standing
        standing.active = self._fetcher.active
        standing.waiting = len(self._later) + len(self._blocked)
        self._terms.watch(standing)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Lets the garbage collector look less often: a batch is thousands of objects that live on, and looking through
    them for cycles that are not there took a quarter of the time."""
    before = gc.get_threshold()
    gc.set_threshold(COLLECTED, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
