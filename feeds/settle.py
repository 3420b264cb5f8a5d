"""What finished polls come to, in the database: in batches, each source whole, and said only after the commit."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta

from db.engine import Connection, Engine, reading, writing
from db.errors import StorageError
from db.records import SourceRecord
from db.store import articles as article_rows
from db.store import incidents, pushes, retold, schedule, sources
from feeds import credence, log
from feeds.attempt import Attempt
from feeds.budget import SPAN
from feeds.clock import Clock
from feeds.config import Config
from feeds.ingest import Saying, Tally, said_again, store
from feeds.outcome import Conclusion, PollResult
from feeds.troubles import FEWEST
from feeds.websub.asking import apply, did_miss
from feeds.websub.subscriber import found, missed, trusted

GROUP = 1000
"""Records, and SOURCES sources, after which what is finished is stored: a commit costs an fsync, which they share."""

SOURCES = 250
LEASE = timedelta(minutes=15)
"""How long a claim holds: longer than a batch takes, so that only a crash lets it run out."""

MOST_AT_ONCE = 3
"""Hosts that were well and cannot all be down at once, from this number on."""

HELD = 1.0
"""Seconds after which what is finished is stored, however little it is."""

_log = log.get("poll")


class Settlement:
    """The attempts of one run: those that are claimed, those that are finished, and those whose failure may be our own
    network's. `tell` hears each result once it is stored, `rng` gives the jitter. What was asked, in `journal`, is
    stored with them."""

    def __init__(
        self,
        engine: Engine,
        config: Config,
        *,
        clock: Clock,
        lease: str,
        tell: Callable[[PollResult], None],
        rng: Callable[[], float],
        journal: list[tuple[str, float]],
    ) -> None:
        self._engine, self._config = engine, config
        self._clock, self._lease = clock, lease
        self._tell, self._rng = tell, rng
        self._journal = journal
        self._taken: dict[int, Attempt] = {}
        self._finished: list[Attempt] = []
        self._held_since = 0.0
        self._doubtful: list[Attempt] = []
        self._answered: set[str] = set()
        self._fell: set[str | None] = set()
        self._shut: dict[str, datetime] = {}

    @property
    def records(self) -> int:
        """Records that wait to be stored."""
        return sum(attempt.records for attempt in self._finished)

    @property
    def is_cut_off(self) -> bool:
        """Whether so many hosts that were well failed, and nothing answered, that it is no use to go on."""
        return not self._answered and len(self._fell) >= max(MOST_AT_ONCE, self._config.poll.connections)

    def take(self, attempt: Attempt) -> None:
        """The attempt's source is claimed: to be polled, or given back."""
        self._taken[attempt.record.id] = attempt

    def answered(self, host: str) -> None:
        """A host answered, whatever it said: the network is there."""
        self._answered.add(host)

    def finish(self, attempt: Attempt) -> None:
        """The attempt is over. Whose fault it is that a host was not reached shows when all are."""
        if attempt.network:
            self._doubtful.append(attempt)
            if _is_witness(attempt.record):
                self._fell.add(attempt.record.host)
            return
        if not self._finished:
            self._held_since = time.monotonic()
        self._finished.append(attempt)

    def store_some(self) -> None:
        """Stores what is finished once that is much, or has waited."""
        if self._finished and (
            len(self._finished) >= SOURCES or self.records >= GROUP or time.monotonic() - self._held_since >= HELD
        ):
            self._store(self._take_finished())

    def store_all(self, *, stopped: bool) -> None:
        """Stores the rest, and whether what could not be reached is to blame, or our own network; of a run that was
        `stopped` that cannot be said."""
        doubtful, self._doubtful = self._doubtful, []
        outage = (
            _many_at_once(doubtful, self._answered, lasting=self.is_cut_off or self._is_noted()) if doubtful else None
        )
        if not stopped:
            self._note_outage(outage)
            if outage is None:
                self._finished += doubtful
        if self._finished:
            self._store(self._take_finished())
        if outage is not None and not stopped:
            self._postpone(doubtful, *outage)

    def give_back(self) -> None:
        """What was claimed and not polled is due as before; where the database fails, once the lease has run out."""
        if self._taken or self._journal:
            taken = {source_id: attempt.record.due_at for source_id, attempt in self._taken.items()}
            with suppress(StorageError), self._writing() as connection:
                schedule.release(connection, taken, self._lease)
                for host, until in self._shut.items():
                    schedule.shut(connection, host, until)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction that also stores what was asked."""
        asked = [(host, math.ceil(at)) for host, at in self._journal]
        with writing(self._engine) as connection:
            schedule.note_asked(connection, asked, int(self._clock.at() - SPAN))
            yield connection
        del self._journal[: len(asked)]

    def _take_finished(self) -> list[Attempt]:
        finished, self._finished = self._finished, []
        return finished

    def _postpone(self, attempts: list[Attempt], hosts: int, tried: int) -> None:
        """Nobody's failure."""
        reason = f"our own network: {hosts} of {tried} hosts could not be reached"
        moment = self._clock.moment()
        with writing(self._engine) as connection:
            kept = self._kept(connection, attempts)
            conclusions = [attempt.postpone(reason, moment, self._rng()) for attempt in kept]
            schedule.finish(connection, [conclusion.poll for conclusion in conclusions])
        for attempt, conclusion in zip(kept, conclusions, strict=True):
            attempt.result.errors.clear()
            self._acknowledge(attempt, conclusion)
        self._let_go(attempts)

    def _note_outage(self, outage: tuple[int, int] | None) -> None:
        if outage is not None:
            message = f"{outage[0]} of {outage[1]} hosts could not be reached at once; no source is blamed for it"
            evidence = (("hosts tried", str(outage[1])), ("not reached", str(outage[0])))
            with writing(self._engine) as connection:
                incidents.open_incident(
                    connection, "network", "own network", message, self._clock.now, evidence=evidence
                )
        elif self._answered:
            if self._is_noted():
                with writing(self._engine) as connection:
                    incidents.close_incident(connection, "network", "own network", self._clock.now)

    def _is_noted(self) -> bool:
        """Whether our own network was down when somebody last looked."""
        with reading(self._engine) as connection:
            return ("network", "own network") in incidents.subjects(connection)

    def _store(self, attempts: list[Attempt]) -> None:
        """Stores attempts in one transaction; where that fails, each in one of its own, the culprit without entries."""
        try:
            with self._writing() as connection:
                conclusions = self._save(connection, attempts)
        except StorageError:
            raise
        except Exception as error:
            if len(attempts) > 1:
                for attempt in attempts:
                    self._store([attempt])
                return
            articles = attempts[0].articles
            if articles is not None and articles.readings:
                # One of them may be what is more than we can take: its listing must not suffer.
                _log.error("articles crashed", source=attempts[0].record.name, exc_info=error)
                articles.drop(error)
                self._store(attempts)
                return
            if not attempts[0].readings:
                raise
            _log.error("poll crashed", source=attempts[0].record.name, exc_info=error)
            attempts[0].crashed(error)
            self._store(attempts)
            return
        for attempt, conclusion in conclusions:
            self._acknowledge(attempt, conclusion)
        self._let_go(attempts)

    def _kept(self, connection: Connection, attempts: list[Attempt]) -> list[Attempt]:
        """Those that are still ours: where a lease ran out, somebody else has the source."""
        held = schedule.held(connection, [attempt.record.id for attempt in attempts], self._lease)
        return [attempt for attempt in attempts if attempt.record.id in held]

    def _let_go(self, attempts: list[Attempt]) -> None:
        """Says of those that were not kept what became of them: nothing."""
        for attempt in attempts:
            if self._taken.pop(attempt.record.id, None) is not None:
                reason = f"it took longer than the {LEASE.seconds // 60} minutes for which it was claimed"
                self._tell(PollResult(source=attempt.record.name, outcome="deferred", reason=reason))

    def _save(self, connection: Connection, attempts: list[Attempt]) -> list[tuple[Attempt, Conclusion]]:
        """Everything that these polls change, but for those whose lease ran out: somebody else has them."""
        kept = self._kept(connection, attempts)
        self._see_pushes(connection, kept)
        sayings = [
            Saying(attempt.record.id, attempt.record.name, reading) for attempt in kept for reading in attempt.sayings
        ]
        tallies: dict[int, Tally] = defaultdict(Tally)
        prefix, made = self._config.site.tag_prefix(), set[int]()
        stored = store(connection, sayings, prefix=prefix, now=self._clock.now, made=made)
        for saying, tally in zip(sayings, stored, strict=True):
            tallies[saying.source_id] += _beside_listing(tally) if saying.reading.article else tally
        for attempt in kept:
            if attempt.learned != attempt.record.learned:
                sources.learn(connection, attempt.record.id, attempt.learned)
            credence.note(connection, attempt.record.id, attempt.source, tallies[attempt.record.id], self._clock.now)
        said_again(connection, {one.record.id: None for one in kept if one.said_again}, self._clock.now)
        kinds: dict[str, set[str]] = defaultdict(set)
        for kind, subject in incidents.subjects(connection):
            kinds[subject].add(kind)
        again = self._told_again(connection, kept, tallies, made)
        conclusions = [
            (
                attempt,
                attempt.conclude(
                    self._config,
                    _whole(tallies[attempt.record.id]),
                    self._rng(),
                    kinds=kinds[attempt.record.name],
                    again=again.get(attempt.record.id, 0),
                ),
            )
            for attempt in kept
        ]
        schedule.finish(connection, [conclusion.poll for _, conclusion in conclusions])
        self._remember(connection, kept)
        for attempt, conclusion in conclusions:
            name, source_id = attempt.record.name, attempt.record.id
            found = conclusion.troubles
            incidents.note(connection, name, found, kinds[name], self._clock.now, source_id)
            if conclusion.shut_until is not None and attempt.record.host is not None:
                self._shut[attempt.record.host] = conclusion.shut_until
                schedule.shut(connection, attempt.record.host, conclusion.shut_until)
            if conclusion.moved_from is not None and conclusion.poll.url is not None:
                sources.move_document(connection, source_id, conclusion.moved_from, conclusion.poll.url)
        return conclusions

    def _told_again(
        self, connection: Connection, attempts: list[Attempt], tallies: Mapping[int, Tally], made: Collection[int]
    ) -> dict[int, int]:
        """Source's id -> how many of the entries that were `made` it told before under their titles; of sources that
        said mostly new things, though they were read before."""
        odd = [
            one.record.id
            for one in attempts
            if one.record.last_success is not None
            and (tally := tallies[one.record.id]).new >= FEWEST
            and tally.new > tally.updated + tally.unchanged
        ]
        return retold.count(connection, odd, made) if odd else {}

    def _see_pushes(self, connection: Connection, attempts: list[Attempt]) -> None:
        """What polls say of who pushes their sources, before anything is stored of them: what it should have brought,
        and who offers to."""
        if not self._config.websub.subscribe:
            return
        now = self._clock.now
        own = pushes.current(connection, [attempt.record.id for attempt in attempts])
        for attempt in attempts:
            push = own.get(attempt.record.id)
            if push is not None and did_miss(connection, push, attempt.readings, now):
                push = missed(push, now)
                pushes.save(connection, push)
                _log.info("push doubted", source=attempt.record.name, until=str(push.doubted_until))
            said = attempt.look_for_hubs()
            if said is not None and (step := found(push, said, now)) is not None:
                push = apply(connection, attempt.record.id, push, step, now, said)
            attempt.is_pushed = trusted(push, now)

    def _remember(self, connection: Connection, attempts: list[Attempt]) -> None:
        """Which articles are still to be read."""
        outcomes = [(one.record.id, *one.articles.outcome()) for one in attempts if one.articles is not None]
        article_rows.forget(connection, [(source_id, url) for source_id, _, done in outcomes for url in done])
        article_rows.remember(connection, [(source_id, one) for source_id, left, _ in outcomes for one in left])

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
        if attempt.articles is not None:
            attempt.articles.readings.clear()  # which the round still holds, until their time is over
        self._tell(result)


def _beside_listing(tally: Tally) -> Tally:
    """What an article changed, its entry being counted as left alone by the listing that is stored after it."""
    return replace(tally, unchanged=-(tally.new + tally.updated))


def _whole(tally: Tally) -> Tally:
    """`tally` where the listing of an article was not read again."""
    return tally if tally.unchanged >= 0 else replace(tally, unchanged=0)


def _is_witness(record: SourceRecord) -> bool:
    """Whether it says something about our own network that a source cannot be reached: it was reached the last time."""
    return record.last_success is not None and not record.failures


def _many_at_once(attempts: Sequence[Attempt], answered: set[str], *, lasting: bool) -> tuple[int, int] | None:
    """`(hosts that could not be reached, hosts tried)` where that says that our own network is down, else None.

    Three or more hosts that were well, and more than answered, cannot all be down. Those that were excused by that
    before count only while an outage is `lasting`, and nothing at all answers: else some hosts that died together
    would be excused for good.
    """
    excused = lasting and not answered
    fell = {
        one.record.host
        for one in attempts
        if one.network and _is_witness(one.record) and (excused or not one.record.pace.postponed)
    } - answered
    # While it lasts, each is asked in a round of its own.
    if len(fell) >= (1 if excused else MOST_AT_ONCE) and len(fell) > len(answered):
        return len(fell), len(fell) + len(answered)
    return None
