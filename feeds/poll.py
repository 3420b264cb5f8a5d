"""From sources to the database, top to bottom: choose, claim, fetch, read, store.

Local paths go one after the other (`feeds.paths`). Sources with an address go side by side (`feeds.round`): as many
requests are under way as the settings and the budgets of hosts admit, documents are read by workers that can be killed
(`feeds.worker`), and what came is stored in batches (`feeds.ingest`). One source is one transaction: its entries,
validators, schedule and incidents are saved together or not at all, and what was stored is logged only after that.
"""

from __future__ import annotations

import math
import random
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from shlex import quote
from types import TracebackType

from db.engine import Connection, Engine, reading, writing
from db.records import SourceRecord
from db.store import schedule, sources
from feeds import flapping, log, pushed
from feeds.budget import SPAN, Budget, Rule
from feeds.clock import Clock
from feeds.config import Config
from feeds.errors import ConfigError, UsageError
from feeds.fetch import Credential, Fetcher, by_origin
from feeds.naming import no_source
from feeds.outcome import PollResult
from feeds.paths import poll_path, rests
from feeds.pool import Pool
from feeds.round import CLAIM, Round
from feeds.settle import LEASE
from feeds.terms import Standing, Terms
from feeds.worker import read_document

__all__ = ["PollResult", "Poller", "Standing", "Terms", "poll"]

_log = log.get("poll")
PRELOAD = ("feeds.worker", "feeds.sources.feed")
"""What the workers that read documents share from the start."""


def poll(
    engine: Engine,
    config: Config,
    now: datetime,
    *,
    names: Sequence[str] = (),
    everyone: bool = False,
    patient: bool = False,
    patience: float = 0.0,
    watch: Callable[[Standing], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    rng: Callable[[], float] = random.random,
) -> list[PollResult]:
    """Polls what is due by `now`, the named sources, or all, once; what became of each, in the order of ending.

    See `Poller.poll` and `Terms`.
    """
    results: list[PollResult] = []
    terms = Terms(progress=results.append, watch=watch, stop=stop, patience=patience, rng=rng, whole=True)
    with Poller(engine, config) as poller:
        poller.poll(now, terms, names=names, everyone=everyone, patient=patient)
    return results


class Poller(AbstractContextManager["Poller"]):
    """What the polls of one process share: the fetcher, the workers, and what each host was asked lately."""

    def __init__(self, engine: Engine, config: Config) -> None:
        self._engine = engine
        self._config = config
        self._pool = Pool(read_document, preload=PRELOAD)
        self._budget = Budget(self._rule)
        self._clock = Clock(datetime.now(UTC))
        self._last: datetime | None = None
        self._patient_until = 0.0
        self._fetcher = fetcher_of(config, on_hop=self._may_follow)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends what is under way."""
        self._fetcher.close()
        self._pool.close()

    def poll(
        self,
        now: datetime,
        terms: Terms,
        *,
        names: Sequence[str] = (),
        everyone: bool = False,
        patient: bool = False,
    ) -> None:
        """Polls what is due by `now`, the named sources, or all but those that are gone: local paths first.

        `terms` hear what became of each, once that is stored. `patient` leaves alone local paths that could not be
        read a moment ago. A failing source fails alone. Raises `UsageError` for a name that no source has, or one
        that is paused.
        """
        self._clock = Clock(now)
        self._patient_until = math.inf if terms.between is not None else now.timestamp() + terms.patience
        with reading(self._engine) as connection:
            self._remember(connection, now)
        self._heal(now)
        self._calm(now)
        with reading(self._engine) as connection:
            local = schedule.local(connection, now, names=names, everyone=everyone)
            listed = schedule.remote(connection, names=names) if names or everyone else None
            due = schedule.count_due(connection, now) if listed is None else len(listed)
            if names:
                _check(connection, names)
        standing = Standing(total=len(local) + due)
        self._poll_paths(local, now, terms, standing, patient=patient)
        if due and not terms.stop():
            self._poll_addresses(now, listed, terms, standing)
        self._pool.rest()

    def take_pushed(self, now: datetime) -> None:
        """Reads and stores what hubs brought."""
        pushed.take(self._engine, self._config, self._pool, now)

    def poll_paths(self, now: datetime, terms: Terms) -> None:
        """Polls the local paths that are due by `now`, but for those that could not be read a moment ago."""
        with reading(self._engine) as connection:
            local = schedule.local(connection, now)
        self._poll_paths(local, now, terms, Standing(total=len(local)), patient=True)

    def _poll_paths(
        self, local: Sequence[SourceRecord], now: datetime, terms: Terms, standing: Standing, *, patient: bool
    ) -> None:
        for source in local:
            if terms.stop():
                break
            if patient and rests(source, now):
                continue
            result = poll_path(self._engine, self._config, source, now, self._pool)
            standing.count(result)
            terms.progress(result)
            terms.watch(standing)

    def _poll_addresses(
        self, now: datetime, listed: Sequence[tuple[int, str, str]] | None, terms: Terms, standing: Standing
    ) -> None:
        """The sources with an address: those in `listed` (id, name, host), or those that are due."""
        round_ = Round(
            self._engine,
            self._config,
            self._fetcher,
            self._pool,
            self._budget,
            clock=self._clock,
            lease=secrets.token_hex(8),
            terms=terms,
            standing=standing,
        )
        if listed is not None:
            claims = _Listed(listed)
            round_.run(claims)
            left = claims.left()
        else:
            round_.run(_Due(self._config.poll.per_minute))
            left = []
            if terms.whole and not terms.stop():
                with reading(self._engine) as connection:
                    left = schedule.waiting(connection, now, None if round_.cut_off else round_.busy())
        for name, host in left:
            round_.put_off(name, host)
        self._budget.forget(now.timestamp())

    def _rule(self, host: str) -> Rule:
        return budget_of(self._config, host)

    def _remember(self, connection: Connection, now: datetime) -> None:
        """Charges the budgets with what other processes asked: one before this one, or a command meanwhile."""
        at = now.timestamp()
        unstored = Counter(host for host, _ in self._budget.journal)
        for host, times in schedule.recent(connection, int(at - SPAN), math.ceil(at) + 1).items():
            self._budget.learn(host, [min(each, at) for each in times], at, unknown=unstored[host])

    def _heal(self, now: datetime) -> None:
        """Mends what a crash or a clock left behind, at the first poll of a process and where time went backwards.

        One process polls at a time, so that what is claimed when this one begins is nobody's any more. Where the clock
        was set back, what was put off until a day that is far again is put off as long from now.
        """
        before, self._last = self._last, now
        if before is not None and before <= now:
            return
        if before is not None:
            self._budget.turn_back(now.timestamp())
        with reading(self._engine) as connection:
            claimed = before is None and schedule.is_anything_claimed(connection)
            asked = schedule.claimed_hosts(connection, now - timedelta(seconds=SPAN)) if claimed else {}
            astray = schedule.astray(connection, now)
        # Nobody knows which of them it asked, the moment before it died.
        for host, count in asked.items():
            for _ in range(min(count, self._rule(host).per_minute)):
                self._budget.hop(host, now.timestamp())
        if claimed:
            with writing(self._engine) as connection:
                _log.warning("claims taken over", sources=schedule.take_over(connection, now, now + LEASE))
        if astray:
            with writing(self._engine) as connection:
                schedule.bring_back(connection, astray, now)
            _log.warning("clock set back", sources=len(astray))

    def _calm(self, now: datetime) -> None:
        """Tells readers of what has come to rest, also where nobody says anything new."""
        with reading(self._engine) as connection:
            if not flapping.is_calm(connection, now):
                return
        with writing(self._engine) as connection:
            flapping.calm(connection, now)

    def _may_follow(self, host: str, own: bool, hops: int) -> float:
        """Seconds until a redirect may be followed to `host`, the one that is so many `hops` away; 0, and it is noted.

        Within its `own` host it waits for the budget, as long as the run may; beyond the budget it goes only where that
        is too small for so many hops, for else they could never be read.
        """
        at = self._clock.at()
        wait = self._budget.wait_for_hop(host, at)
        if wait > SPAN:
            return math.inf  # the host asked to be left alone
        if own and hops >= self._rule(host).per_minute:
            wait = 0.0
        if wait and (not own or at + wait > self._patient_until):
            return math.inf
        if not wait:
            self._budget.hop(host, at)
        return wait


def _check(connection: Connection, names: Sequence[str]) -> None:
    """Raises `UsageError` for a name that nothing can be polled by."""
    known = {source.name: source for source in sources.every(connection)}
    unknown = set(names) - set(known)
    if unknown:
        raise UsageError(no_source(min(unknown)))
    for name in sorted(names):
        if known[name].paused:
            raise UsageError(f'source "{name}" is paused; polled again after: feeds sources resume {quote(name)}')
        if not known[name].enabled:
            raise UsageError(f'source "{name}" is paused; say enabled = true in its [[source]] table')


def budget_of(config: Config, host: str) -> Rule:
    """How often and how widely `host` may be asked."""
    settings, own = config.poll, config.host.get(host)
    if own is None:
        return Rule(settings.per_minute, settings.per_host)
    return Rule(own.per_minute or settings.per_minute, own.per_host or settings.per_host)


def fetcher_of(config: Config, on_hop: Callable[[str, bool, int], float] | None = None) -> Fetcher:
    """What asks for documents as `config` says: who we are, to everybody and to the origins that know us.

    Raises `ConfigError` as `logins_of` does, `FetchError` without descriptors.
    """
    return Fetcher(config.poll, user_agent=config.agent, credentials=logins_of(config), on_hop=on_hop)


def logins_of(config: Config) -> dict[str, Credential]:
    """Who we are, by origin. Raises `ConfigError` for a secret that is not where it should be, or that no header can
    carry."""
    found = {}
    for origin, one in config.credential.items():
        secret = config.secret(origin)
        try:
            if one.username is not None:
                found[origin] = Credential(username=one.username, password=secret)
            else:
                found[origin] = Credential(bearer=secret)
            by_origin({origin: found[origin]})
        except ValueError as error:
            raise ConfigError(f'credential "{origin}": {error}') from error
    return found


@dataclass(frozen=True, slots=True)
class _Due:
    """What is due, the longest due first."""

    per_host: int
    heed_hours: bool = True

    def take(
        self, connection: Connection, now: datetime, lease: str, until: datetime, busy: set[str]
    ) -> list[SourceRecord]:
        return schedule.claim_due(
            connection, now, lease=lease, until=until, limit=CLAIM, per_host=self.per_host, busy=busy
        )


class _Listed:
    """Named sources, or all: `(id, name, host)` in the order in which they are wanted, hosts taking turns."""

    heed_hours = False

    def __init__(self, listed: Sequence[tuple[int, str, str]]) -> None:
        turns: dict[str, int] = defaultdict(int)
        ranked = []
        for place, (source_id, name, host) in enumerate(listed):
            turns[host] += 1
            ranked.append((turns[host], place, source_id, name, host))
        # The last first, so that taking is popping.
        self._left = sorted(ranked, reverse=True)

    def take(
        self, connection: Connection, now: datetime, lease: str, until: datetime, busy: set[str]
    ) -> list[SourceRecord]:
        ids: list[int] = []
        kept = []
        while self._left and len(ids) < CLAIM:
            one = self._left.pop()
            if one[4] in busy:
                kept.append(one)
            else:
                ids.append(one[2])
        self._left += reversed(kept)
        return schedule.claim(connection, ids, lease=lease, until=until)

    def left(self) -> list[tuple[str, str]]:
        """`(name, host)` of what was not taken, because its host was busy to the end."""
        return [(name, host) for _, _, _, name, host in reversed(self._left)]
