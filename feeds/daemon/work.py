"""What the daemon does, job by job; when, is `clockwork`'s."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from db.engine import Engine, process_lock, writing
from db.store import heartbeats
from feeds import alerts, log, pushes
from feeds.daemon.beats import Beats
from feeds.daemon.board import Board
from feeds.daemon.clockwork import Job
from feeds.daemon.gear import Gear
from feeds.daemon.memory import give_back
from feeds.daemon.upkeep import prune
from feeds.heartbeats import WRITTEN
from feeds.notify import deliver_all
from feeds.poll import PollResult, Terms
from feeds.publish import Published, publish
from feeds.watch import watch

TICK = 5
"""Seconds between two looks for what is due: a local document is published this soon after it changed."""

TELL = 1
"""Seconds between two looks for what somebody is to be told: a subscriber waits for the question whether it asked."""

ALERT = 10
"""Seconds between two looks for what people are to be alerted of."""

WATCH = 30
"""Seconds between two looks of the monitor."""

DAY = 86_400

SOON = 60
"""Seconds after the start at which old things are forgotten for the first time: what is due comes first."""

ROUND = 20.0
"""Seconds after which a tick begins no more polls: what came is published before the next ones."""

ARCHIVED = 5000
"""Entries of archives after which a publish begins no more of them: feeds wait a third of a second for it."""

EVERY = {"alerts": ALERT, "beats": WRITTEN, "deliver": TELL, "monitor": WATCH, "prune": DAY, "tick": TICK}
"""Job -> seconds between two of its runs."""

_log = log.get("daemon")


class Work:
    """The jobs, by the configuration of `gear`, until another takes its place; `stop()` says that the end has come."""

    def __init__(
        self,
        engine: Engine,
        gear: Gear,
        *,
        work_lock: Path,
        clock: Callable[[], datetime],
        beats: Beats,
        stop: Callable[[], bool],
    ) -> None:
        self._engine = engine
        self._gear = gear
        self._retired: list[Gear] = []
        self._work_lock = work_lock
        self._clock = clock
        self._beats = beats
        self._stop = stop
        self._woken = threading.Event()
        self._troubles: dict[str, str] = {}
        self._has_worked = True
        self.board = Board()

    @property
    def gear(self) -> Gear:
        """What goes by the configuration that counts."""
        return self._gear

    def jobs(self) -> list[Job]:
        """All of them. Each has a thread of its own: a hub or a mail server that answers slowly delays no poll, and a
        slow source no notification."""
        after = {"prune": SOON}
        return [Job(name, every, getattr(self, name), after.get(name, 0)) for name, every in EVERY.items()]

    def take(self, gear: Gear) -> None:
        """Goes by another configuration from the next run of each job on."""
        self._retired.append(self._gear)
        self._gear = gear

    def wake(self) -> None:
        """A tick under way is followed by another one at once."""
        self._woken.set()

    def close(self) -> None:
        """Ends what polls had under way."""
        for one in (*self._retired, self._gear):
            one.poller.close()
        self._retired.clear()

    def tick(self) -> None:
        """Polls what is due and publishes what is owed, and once more where it was woken meanwhile."""
        while True:
            self._woken.clear()
            with process_lock(self._work_lock, "polling and publishing"):
                # In this order: what is retired while this looks is not what is taken.
                while self._retired:
                    self._retired.pop().poller.close()
                self._turn(self._gear)
            if self._stop() or not self._woken.is_set():
                return

    def _turn(self, gear: Gear) -> None:
        terms = Terms(
            progress=self._heard,
            watch=self.board.watch,
            stop=partial(self._asks, "tick"),
            within=ROUND,
            between=partial(self._between, gear),
        )
        self._tend(gear)
        self.board.begin(self._clock())
        try:
            gear.poller.poll(self._clock(), terms, patient=True)
        finally:
            self.board.end(self._clock())
        self._beats.beat("tick")
        self._publish(gear)

    def _between(self, gear: Gear) -> None:
        """What has to go on while a round waits for its slowest source; not by a configuration of before."""
        if gear is not self._gear:
            return
        self._tend(gear)
        # How these stand is not how the round does.
        terms = Terms(progress=self._heard, stop=partial(self._asks, "tick"))
        gear.poller.poll_paths(self._clock(), terms)
        self._publish(gear)

    def _tend(self, gear: Gear) -> None:
        """Reads what hubs brought, and does what is due for our subscriptions."""
        gear.poller.take_pushed(self._clock())
        pushes.tend(self._engine, gear.config, self._clock())
        self._beats.beat("tick")

    def _publish(self, gear: Gear) -> None:
        published = publish(self._engine, gear.config, self._clock(), press=gear.press, budget=ARCHIVED)
        self._beats.beat("tick")
        if published.paths:
            _log.info("published", files=len(published.paths))
            self._has_worked = True
        self._tell_troubles(published)

    def _tell_troubles(self, published: Published) -> None:
        """Says what could not be published, once for each reason, and what can again."""
        for name, reason in {**published.left_out, **published.refused, **published.unwritable}.items():
            if self._troubles.get(name) != reason:
                self._troubles[name] = reason
                _log.warning("not published", what=name, reason=reason)
        for name in sorted(self._troubles.keys() & (published.good | published.shown | set(published.paths))):
            if name not in published.unwritable:
                del self._troubles[name]
                _log.info("published again", what=name)

    def deliver(self) -> None:
        """Says what is owed to hubs and subscribers, all of it."""
        deliver_all(self._engine, self._gear.config, self._clock, stop=partial(self._asks, "deliver"))

    def monitor(self) -> None:
        """Looks at what no poll sees. Where nothing was done since the last look, memory is given back."""
        watch(self._engine, self._gear.config, self._clock(), beats=self._beats.every())
        if not self._has_worked:
            give_back(self._engine)
        self._has_worked = False

    def alerts(self) -> None:
        """Tells people of troubles and of new entries."""
        alerts.plan(self._engine, self._gear.config, self._clock())
        alerts.deliver(self._engine, self._gear.config, self._clock, stop=partial(self._asks, "alerts"))

    def prune(self) -> None:
        """Forgets what is old."""
        prune(self._engine, self._gear.config, self._clock(), partial(self._beats.beat, "prune"))

    def beats(self) -> None:
        """Writes down that all this lives, for whoever asks from another process."""
        with writing(self._engine) as connection:
            heartbeats.note(connection, self._beats.every())

    def _asks(self, job: str) -> bool:
        """Whether the end has come; that a job asks is a sign of its life."""
        self._beats.beat(job)
        return self._stop()

    def _heard(self, result: PollResult) -> None:
        """Says what failed, once."""
        self.board.heard(result)
        self._has_worked = self._has_worked or result.outcome != "unchanged"
        if result.error is not None and not result.repeated:
            _log.warning("source failed", source=result.source, error=result.error)
