"""Many sources side by side: requests under way, documents being read, and what is finished and waits to be stored.

One thread and one loop: begin what the budgets admit, take what was answered, take what was read, store. Nothing waits
for one source but that source: a slow server costs a connection until its deadline, a document that hangs a worker.
"""

from __future__ import annotations

import gc
import math
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import cast

from db.engine import Connection, Engine, reading, writing
from db.errors import StorageError
from db.records import SourceRecord
from db.store import schedule, sources
from feeds import cadence, log
from feeds.articles import MAX_BYTES, WITHIN, Articles, Wanted, all_left, check_article, plan
from feeds.attempt import Attempt
from feeds.bounds import shut_for
from feeds.budget import SPAN, Budget
from feeds.clock import Clock
from feeds.config import Config
from feeds.credence import rejudge
from feeds.errors import FetchError, ParseError, SourceError
from feeds.fetch import Fetched, Fetcher, HttpError, NotNow, Request, host_of
from feeds.further import Part
from feeds.log import redact
from feeds.manner import digest_of, manner_of
from feeds.model import Document
from feeds.outcome import PollResult
from feeds.packing import unpack
from feeds.paths import poll_path, source_of
from feeds.pool import Pool
from feeds.settle import LEASE, Settlement
from feeds.terms import Claims, Standing, Terms
from feeds.worker import Read

CLAIM = 500
"""Sources claimed at once: a claim is a transaction, and what is claimed is nobody else's until it is polled."""

UNREAD = 32
UNREAD_BYTES = 32_000_000
"""Documents, and their bytes, that wait to be read before nothing more is asked for: memory stays flat."""

BETWEEN = 5.0
"""Seconds between two turns of whoever has other things to do while a run lasts."""

COLLECTED = 100_000
"""Objects made before the garbage collector looks through the young ones; Python's own number is 700."""

_log = log.get("poll")


@dataclass(slots=True, eq=False)
class _Asking:
    """One request that an attempt waits for, charged to `host`: for the source's own document, one more `part` of it,
    or an `article`."""

    attempt: Attempt
    host: str
    request: Request
    part: Part | None = None
    article: tuple[Articles, Wanted] | None = None
    document: Document | None = field(default=None, repr=False)


class Round:
    """One run over what `claims` gives, by `clock`; `cut_off` says that it ended early, because nothing could be
    reached."""

    def __init__(
        self,
        engine: Engine,
        config: Config,
        fetcher: Fetcher,
        pool: Pool,
        budget: Budget,
        *,
        clock: Clock,
        lease: str,
        terms: Terms,
        standing: Standing,
    ) -> None:
        self._engine, self._config = engine, config
        self._fetcher, self._pool, self._budget = fetcher, pool, budget
        self._clock, self._lease = clock, lease
        self._begun = time.monotonic()
        self._terms, self._standing = terms, standing
        self._queues: dict[str, deque[_Asking]] = defaultdict(deque)
        self._queued = 0
        self._ready: deque[str] = deque()
        self._blocked: set[str] = set()
        self._later: list[tuple[float, str]] = []
        self._per_host: Counter[str] = Counter()
        self._known: dict[tuple[int, str], bytes] = {}
        self._unread_bytes = 0
        self._dropped: list[Attempt] = []
        self._awaited: deque[tuple[float, Articles]] = deque()
        self._told: set[str] = set()
        self.cut_off = False
        self._settlement = Settlement(
            engine, config, clock=clock, lease=lease, tell=self._tell, rng=terms.rng, journal=budget.journal
        )
        self._next_between = BETWEEN
        self._ending = False
        self._exhausted = False

    def run(self, claims: Claims) -> None:
        """Polls until nothing is left, or is to be begun any more. What was claimed and not polled is given back; what
        is under way when it is told to stop, or fails, is abandoned.
        """
        ended = False
        try:
            with _rare_collections():
                stopped = self._loop(claims)
                self._end_articles(math.inf)
                self._settlement.store_all(stopped=stopped)
                ended = not stopped
        finally:
            try:
                if not ended:
                    self._abandon()
            finally:
                self._settlement.give_back()
        if self.cut_off:
            self._say_cut_off()
        self._look()

    def _loop(self, claims: Claims) -> bool:
        """True where it was told to stop."""
        while not self._terms.stop():
            if not self._ending:
                self._refill(claims)
                self._begin()
            if not self._ending:
                self.cut_off = self._settlement.is_cut_off
                if self.cut_off or self._elapsed() > self._terms.within:
                    self._wind_up()
            if self._is_idle():
                return False
            self._collect()
            self._end_articles(self._elapsed())
            self._settlement.store_some()
            self._look()
        return True

    # --- what is begun

    def _elapsed(self) -> float:
        return time.monotonic() - self._begun

    def _is_idle(self) -> bool:
        if self._fetcher.active or self._pool.pending:
            return False
        return self._ending or (not self._ready and not self._later and self._exhausted)

    def _wind_up(self) -> None:
        """Begins nothing more: what was not asked for is given back, further documents stay unread."""
        self._ending = True
        queued = [asking for queue in self._queues.values() for asking in queue]
        self._queues.clear()
        self._queued = 0
        for waiting in (self._ready, self._later, self._blocked):
            waiting.clear()
        for asking in queued:
            if not self._is_left(asking):
                self._dropped.append(asking.attempt)

    def _say_cut_off(self) -> None:
        """Where every source is to be heard of, so are those that were not asked because nothing can be reached."""
        for attempt in self._dropped if self._terms.whole else ():
            self.put_off(attempt.record.name, attempt.record.host or "")

    def _abandon(self) -> None:
        """Ends what is under way; the next round begins with nothing."""
        self._fetcher.abandon()
        self._pool.close()
        self._budget.end_all()

    def _refill(self, claims: Claims) -> None:
        """Claims more where little is queued."""
        if self._exhausted or self._queued >= self._config.poll.connections:
            return
        full = {host for host, count in self._per_host.items() if count >= self.most_of(host)}
        busy = full if self._terms.patience else full | self._budget.spent(self._clock.at())
        unusable: list[SourceRecord] = []
        changed: list[Attempt] = []
        with writing(self._engine) as connection:
            moment = self._clock.now if self._terms.between is None else self._clock.moment()
            records = claims.take(connection, moment, self._lease, self._clock.moment() + LEASE, busy)
            self._exhausted = not records
            read_before = [record.id for record in records if record.last_success is not None]
            self._known |= sources.digests_of(connection, read_before)
            records = self._awake(connection, records) if claims.heed_hours else records
            for record in records:
                self._per_host[record.host or ""] += 1
                try:
                    attempt = self._attempt(record)
                except SourceError:
                    unusable.append(record)
                    continue
                self._settlement.take(attempt)
                self._queue(_Asking(attempt, record.host or "", attempt.request()))
                if record.settings is not None and not attempt.conditional:
                    changed.append(attempt)
        for attempt in changed:
            self._rejudge(attempt)
        for record in unusable:
            self._tell(poll_path(self._engine, self._config, record, self._clock.now, self._pool))

    def _awake(self, connection: Connection, records: list[SourceRecord]) -> list[SourceRecord]:
        """Those that may be asked now. Who came late, after a source was due, may have come into hours in which it asks
        to be left alone: it is due when they end."""
        moment = self._clock.moment()
        asleep = {record.id: due for record in records if (due := cadence.opens(moment, record.pace)) > moment}
        schedule.release(connection, asleep, self._lease)
        self._standing.total -= len(asleep)
        return [record for record in records if record.id not in asleep]

    def most_of(self, host: str) -> int:
        """How many sources of a host one run can poll: as many as its budget admits within the patience."""
        return self._budget.rule(host).per_minute * (1 + int(self._terms.patience // SPAN))

    def _attempt(self, record: SourceRecord) -> Attempt:
        """An attempt at a source. Raises `SourceError` for options that cannot be used."""
        source = source_of(record, self._config)
        return Attempt(record, source, manner_of(self._config, source, record.learned), self._clock.moment())

    def _rejudge(self, attempt: Attempt) -> None:
        """What is stored of a source is judged by other settings than before. Where that fails, its poll goes on."""
        try:
            with writing(self._engine) as connection:
                rejudge(connection, attempt.record.id, attempt.source.access, self._clock.now)
        except StorageError:
            raise
        except Exception as error:
            attempt.keep_settings()
            _log.error("poll crashed", source=attempt.record.name, exc_info=error)

    def _queue(self, asking: _Asking) -> None:
        """Puts a request behind those of its host that wait; articles wait behind all others."""
        queue = self._queues[asking.host]
        at = len(queue)
        if queue and asking.article is None and queue[-1].article is not None:
            at = next(number for number, one in enumerate(queue) if one.article is not None)
        queue.insert(at, asking)
        self._queued += 1
        if len(queue) == 1:
            self._ready.append(asking.host)

    def _begin(self) -> None:
        """Begins what the budgets admit, as long as there is room for what comes of it."""
        while self._later and self._later[0][0] <= self._clock.at():
            self._ready.append(heappop(self._later)[1])
        while self._ready and self._has_room():
            host, at = self._ready.popleft(), self._clock.at()
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
        if asking.article is not None:
            articles, wanted = asking.article
            if not articles.begin(wanted):
                return
        self._budget.begin(host, at)
        if asking.part is None and asking.article is None:
            asking.attempt.began = self._clock.moment()
        self._fetcher.start(asking, asking.request, asking.attempt.began)

    def _give_up(self, host: str) -> None:
        """What a host's budget does not admit within the patience stays due; further documents stay unread."""
        queue = self._queues.pop(host)
        self._queued -= len(queue)
        for asking in queue:
            if not self._is_left(asking):
                self.put_off(asking.attempt.record.name, host)

    def _is_left(self, asking: _Asking) -> bool:
        """Goes on without what is not asked for now; False for a source's own document, without which there is no
        poll."""
        if asking.article is not None:
            articles, wanted = asking.article
            articles.put_off(wanted)
        elif asking.part is not None:
            self._finish(asking.attempt)
        return asking.article is not None or asking.part is not None

    def busy(self) -> set[str]:
        """The hosts of which nothing more was begun because their budget is spent."""
        full = {host for host, count in self._per_host.items() if count >= self.most_of(host)}
        return full | self._budget.spent(self._clock.at())

    def put_off(self, name: str, host: str) -> None:
        """A source is not polled and stays due: the budget of its host is spent, or nothing can be reached."""
        reason = f"the budget of {host} is spent ({self._budget.rule(host).per_minute} requests a minute)"
        if self.cut_off:
            reason = "our own network: no host could be reached"
        if name not in self._told:
            self._told.add(name)
            self._tell(PollResult(source=name, outcome="deferred", reason=reason))

    # --- what comes

    def _collect(self) -> None:
        """Takes what ended meanwhile; waits a little where nothing did."""
        timeout = 0.01 if self._pool.pending else 0.25
        if self._later:
            timeout = max(0.0, min(timeout, self._later[0][0] - self._clock.at()))
        if self._fetcher.active:
            self._fetcher.crowded = self._unread_bytes >= UNREAD_BYTES
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
        if isinstance(answer, Fetched) or answer.reached:
            self._settlement.answered(host)
        if isinstance(answer, HttpError):
            self._heed(asking, answer)
        if asking.article is not None:
            self._article_answered(asking, asking.article, answer)
        elif isinstance(answer, FetchError):
            if asking.part is not None:
                self._go_on(attempt, attempt.part_failed(asking.part, answer))
                return
            if isinstance(answer, NotNow):
                attempt.put_off(answer)
            else:
                attempt.failed(answer)
            self._settlement.finish(attempt)
        else:
            if asking.part is None:
                attempt.answered(answer)
            if answer.document is None:
                self._go_on(attempt, attempt.said_nothing_new(asking.part))
            else:
                self._have_read(asking, answer.document)

    def _heed(self, asking: _Asking, answer: HttpError) -> None:
        """Retry-After, for the whole host where the configuration says that it is meant so."""
        if asking.part is not None or asking.article is not None:
            asking.attempt.heed(asking.host, answer)
        wait = shut_for(self._config, asking.host, answer.retry_after)
        if wait is not None:
            self._budget.close(asking.host, self._clock.at() + wait)

    def _have_read(self, asking: _Asking, document: Document) -> None:
        """Hands a document to a worker, unless it is the one that was read last."""
        attempt = asking.attempt
        digest = digest_of(attempt.manner, document)
        is_earlier = asking.part is not None and asking.part.earlier
        if not is_earlier and self._known.get((attempt.record.id, document.name)) == digest:
            self._go_on(attempt, attempt.said_nothing_new(asking.part))
            return
        self._submit(asking, document, attempt.manner, digest)

    def _submit(self, asking: _Asking, document: Document, *given: object) -> None:
        asking.document = document
        self._unread_bytes += len(document.data)
        self._pool.submit(asking, document, *given, weight=len(document.data))

    def _was_read(self, asking: _Asking, found: Read | Exception) -> None:
        attempt = asking.attempt
        if not isinstance(found, Read | SourceError):
            _log.error("poll crashed", source=attempt.record.name, exc_info=found)
        if asking.article is not None:
            articles, wanted = asking.article
            articles.ended(wanted, unpack(found.packed) if isinstance(found, Read) else found)
            return
        if isinstance(found, Read):
            self._go_on(attempt, attempt.was_read(found, asking.part))
            return
        if asking.part is not None:
            self._go_on(attempt, attempt.part_failed(asking.part, found))
            return
        if isinstance(found, ParseError):
            message = str(found)
            attempt.failed(found if attempt.url in message else ParseError(f"{redact(attempt.url)}: {message}"))
        else:
            attempt.crashed(found)
        self._settlement.finish(attempt)

    def _go_on(self, attempt: Attempt, part: Part | None) -> None:
        """Asks for one more document of an attempt, or ends it."""
        if part is None or self._ending:
            self._finish(attempt)
            return
        request = Request(part.url, login=attempt.is_own(part.url))
        self._queue(_Asking(attempt, host_of(part.url), request, part))

    # --- the articles of what was read

    def _finish(self, attempt: Attempt) -> None:
        """The documents of an attempt are read: it is over once its articles are, of which each waits for its host."""
        if not (attempt.source.fulltext and attempt.result.read):
            self._settlement.finish(attempt)
            return
        articles = attempt.articles = self._plan(attempt)
        articles.then = lambda: self._settlement.finish(attempt)
        for host, seconds in attempt.waits.items():
            articles.hold(host, seconds)
        if self._ending:
            articles.close()  # all are left: what is stored of their entries would keep the next poll from asking
            return
        self._awaited.append((self._elapsed() + WITHIN, articles))
        for wanted in articles.asked:
            url = wanted.listed.url
            request = Request(url, login=attempt.is_own(url), most=MAX_BYTES)
            self._queue(_Asking(attempt, host_of(url), request, article=(articles, wanted)))
        if not articles.asked:
            articles.close()

    def _plan(self, attempt: Attempt) -> Articles:
        """The articles that an attempt asks for; where a defect of ours is in the way, a later poll does."""
        record, moment = attempt.record, self._clock.moment()
        try:
            with reading(self._engine) as connection:
                first = record.last_success is None
                return plan(connection, record.id, attempt.manner, attempt.readings, moment, first=first)
        except StorageError:
            raise
        except Exception as error:
            _log.error("articles crashed", source=record.name, exc_info=error)
            return all_left(attempt.manner, attempt.readings, moment)

    def _article_answered(
        self, asking: _Asking, article: tuple[Articles, Wanted], answer: Fetched | FetchError
    ) -> None:
        """Hands an article to a worker, where there is one and somebody still waits for it."""
        articles, wanted = article
        if isinstance(answer, FetchError):
            articles.ended(wanted, answer)
        elif answer.document is not None and not articles.closed:
            try:
                check_article(answer.document)
            except ParseError as error:
                articles.ended(wanted, error)
            else:
                self._submit(asking, answer.document, articles.manner, b"", wanted.listed)

    def _end_articles(self, at: float) -> None:
        """Lets nobody wait any longer for articles that were to be read by `at`, in seconds of the round."""
        while self._awaited and self._awaited[0][0] <= at:
            self._awaited.popleft()[1].close()

    # --- who listens

    def _tell(self, result: PollResult) -> None:
        self._standing.count(result)
        self._terms.progress(result)

    def _look(self) -> None:
        standing = self._standing
        standing.active = self._fetcher.active
        standing.waiting = len(self._later) + len(self._blocked)
        self._terms.watch(standing)
        if self._terms.between is not None and self._elapsed() >= self._next_between:
            self._next_between = self._elapsed() + BETWEEN
            self._exhausted = False
            self._per_host.clear()
            self._terms.between()


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
