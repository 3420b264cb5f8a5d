"""From the outbox to whoever is owed a notification: take what is due, say it side by side, settle each answer.

What a kind of delivery says, and what an answer to it means, its handler knows (`KINDS`). Deliveries of kinds that this
release does not know stay where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from db.engine import Connection, Engine, reading, writing
from db.records import DeliveryRecord
from db.store import deliveries, hub
from feeds import log
from feeds.config import Config, Poll
from feeds.errors import FetchError
from feeds.fetch import Answer, Call, Fetcher, HttpError, shown
from feeds.websub.asking import SUBSCRIPTION, Subscriptions
from feeds.websub.hub import DENIAL, DISTRIBUTION, FETCH, VERIFICATION
from feeds.websub.publisher import PING, Pings
from feeds.websub.telling import Denials, Distributions, Fetches, Verifications

STRANGERS = frozenset({VERIFICATION, DENIAL, DISTRIBUTION})
"""Kinds whose targets anybody names: they reach the private networks of `[websub]`, not those opened for polls."""
AT_ONCE = 200
"""Most deliveries of one run: what became due meanwhile, and failed less often, goes before the rest."""
HELD_BYTES = 32_000_000
"""Bytes of what is said from which on a run takes no more: 600 feeds of 50 kB."""
KEPT = timedelta(days=30)
"""For which a delivery of a kind that nobody knows stays."""
DEADLINE = 10.0
"""Seconds that one notification may take, where `[poll] deadline` is not shorter."""

_log = log.get("notify")


class Handler(Protocol):
    """What knows one kind of delivery. Its methods are called in a transaction that may write."""

    def request(self, connection: Connection, delivery: DeliveryRecord, now: datetime) -> Call | None:
        """What to say; None where there is nothing to say any more, which ends the delivery."""

    def heard(
        self, connection: Connection, delivery: DeliveryRecord, answer: Answer | FetchError, now: datetime
    ) -> bool:
        """Takes the answer, a 2xx or why there is none; False where it is to be tried again."""

    def given_up(self, connection: Connection, delivery: DeliveryRecord, error: str, now: datetime) -> None:
        """Takes that nobody tries any more; `error` is what the last try came to."""


KINDS: Mapping[str, Callable[[Config], Handler]] = {
    PING: Pings,
    VERIFICATION: Verifications,
    DENIAL: Denials,
    DISTRIBUTION: Distributions,
    FETCH: Fetches,
    SUBSCRIPTION: Subscriptions,
}
"""Kind of delivery -> what makes its handler."""


@dataclass(slots=True)
class Delivered:
    """What a run came to: deliveries that were heard, that are to be tried again, that were given up, and that had
    nothing to say any more."""

    done: int = 0
    later: int = 0
    given_up: int = 0
    dropped: int = 0

    @property
    def taken(self) -> int:
        """All that the run brought to an end: none where nothing was due, or all was given back."""
        return self.done + self.later + self.given_up + self.dropped


def deliver_all(
    engine: Engine, config: Config, clock: Callable[[], datetime], *, stop: Callable[[], bool] = lambda: False
) -> None:
    """Delivers all that is due, until `stop()` holds, at the latest. Raises `StorageError`, as `deliver` does.

    Whatever comes of it: who cannot be told keeps nobody waiting who can.
    """
    # It ends: what was heard is gone, what failed is put off by a minute and three times as long each time.
    while not stop() and deliver(engine, config, clock, stop=stop).taken:
        pass


def deliver(
    engine: Engine,
    config: Config,
    clock: Callable[[], datetime],
    *,
    stop: Callable[[], bool] = lambda: False,
    kinds: Mapping[str, Callable[[Config], Handler]] = KINDS,
) -> Delivered:
    """Delivers what is due, at most 200 in one run, each within 10 seconds; until `stop()` holds, at the latest.

    What could not be delivered comes again, later each time, and is given up after ten tries. Raises `StorageError`;
    what was taken and not settled is then owed as before.
    """
    run = _Run(engine, clock, {kind: make(config) for kind, make in kinds.items()})
    with reading(engine) as connection:
        if not deliveries.any_due(connection, clock(), run.handlers.keys()):
            return run.result
    settings = config.poll.model_copy(update={"deadline": min(config.poll.deadline, DEADLINE)})
    try:
        taken = run.take()
        # Each has connections of its own, which nobody else may use again.
        for table, networks in (("poll", config.poll.allow_networks), ("websub", config.websub.allow_networks)):
            calls = [(one, call) for one, call in taken if (one.kind in STRANGERS) is (table == "websub")]
            own = settings.model_copy(update={"allow_networks": networks})
            if calls and not run.say(calls, own, table, config.agent, stop):
                break
    finally:
        run.put_back()
    return run.result


class _Run:
    """One run while it lasts. `_open` are the deliveries that are taken and not settled, by id."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], handlers: Mapping[str, Handler]) -> None:
        self.handlers = handlers
        self.result = Delivered()
        self._engine = engine
        self._clock = clock
        self._open: dict[int, DeliveryRecord] = {}

    def take(self) -> list[tuple[DeliveryRecord, Call]]:
        """Takes what is due, with what to say."""
        now = self._clock()
        found: list[tuple[DeliveryRecord, Call]] = []
        bodies: dict[int, int] = {}
        # In a transaction of its own: a try counts, even if what is to be said ends the process.
        with writing(self._engine) as connection:
            deliveries.prune(connection, now - KEPT, self.handlers.keys())
            hub.prune(connection, now)
            taken = deliveries.due(connection, now, AT_ONCE, self.handlers.keys())
        self._open = {delivery.id: delivery for delivery in taken}
        with writing(self._engine) as connection:
            for place, delivery in enumerate(taken):
                call = self._request(connection, delivery, now)
                if call is not None:
                    found.append((delivery, call))
                    bodies[id(call.body)] = len(call.body or b"")
                if sum(bodies.values()) > HELD_BYTES:
                    deliveries.put_back(connection, taken[place + 1 :], now)
                    break
        self._open = {delivery.id: delivery for delivery, _ in found}
        return found

    def _request(self, connection: Connection, delivery: DeliveryRecord, now: datetime) -> Call | None:
        """What to say; None where that settled it already."""
        if delivery.attempts > deliveries.TRIES:
            # Whoever took it the last time did not live to give it up.
            before = "" if delivery.error is None else f"; before it: {delivery.error}"
            self._again(connection, delivery, f"the last try came to no end{before}", now)
            return None
        try:
            with connection.begin_nested():
                call = self.handlers[delivery.kind].request(connection, delivery, now)
        except Exception as error:  # a defect of ours: the others go on
            _log.exception("delivery crashed", kind=delivery.kind, target=shown(delivery.target))
            self._again(connection, delivery, _words(error), now)
            return None
        if call is None:
            deliveries.delivered(connection, delivery, now)
            self.result.dropped += 1
        return call

    def say(
        self, calls: list[tuple[DeliveryRecord, Call]], settings: Poll, table: str, agent: str, stop: Callable[[], bool]
    ) -> bool:
        """Says all of `calls` side by side and settles each; False where it was stopped before the end."""
        with Fetcher(settings, user_agent=agent, table=table) as fetcher:
            for answers in fetcher.exchange([call for _, call in calls], self._clock()):
                self.settle([(calls[place][0], answer) for place, answer in answers])
                if stop():
                    return False
        return True

    def settle(self, answers: list[tuple[DeliveryRecord, Answer | FetchError]]) -> None:
        """Notes what each came to, all in one transaction."""
        if not answers:
            return
        now = self._clock()
        with writing(self._engine) as connection:
            for delivery, answer in answers:
                try:
                    with connection.begin_nested():
                        done = self.handlers[delivery.kind].heard(connection, delivery, answer, now)
                except Exception as error:  # a defect of ours: the others go on
                    _log.exception("delivery crashed", kind=delivery.kind, target=shown(delivery.target))
                    self._again(connection, delivery, _words(error), now)
                    continue
                if done:
                    deliveries.delivered(connection, delivery, now)
                    self.result.done += 1
                    if isinstance(answer, FetchError):  # a question that was asked often enough, or answered with a no
                        _log.info("asked no more", kind=delivery.kind, target=shown(delivery.target))
                    else:
                        _log.info("delivered", kind=delivery.kind, target=shown(delivery.target))
                else:
                    wait = answer.retry_after if isinstance(answer, HttpError) else None
                    self._again(connection, delivery, _words(answer), now, wait)
        for delivery, _ in answers:
            del self._open[delivery.id]

    def _again(
        self, connection: Connection, delivery: DeliveryRecord, error: str, now: datetime, wait: int | None = None
    ) -> None:
        if deliveries.failed(connection, delivery, error, now, retry_after=wait):
            self.handlers[delivery.kind].given_up(connection, delivery, error, now)
            self.result.given_up += 1
            _log.warning("delivery given up", kind=delivery.kind, target=shown(delivery.target), error=error)
        else:
            self.result.later += 1
            _log.info("delivery failed", kind=delivery.kind, target=shown(delivery.target), error=error)

    def put_back(self) -> None:
        """Gives back what nobody has heard the end of."""
        if self._open:
            with writing(self._engine) as connection:
                deliveries.put_back(connection, self._open.values(), self._clock())


def _words(answer: Answer | Exception) -> str:
    if isinstance(answer, Answer):
        return f"HTTP {answer.status}: not the answer that was asked for"
    return str(answer) if isinstance(answer, FetchError) else f"internal error ({type(answer).__name__})"
