"""How a run goes about it, how it stands, and what it has to poll: what its callers and it agree on."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from db.engine import Connection
from db.records import SourceRecord
from feeds.outcome import PollResult


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
    """How a run goes about it.

    `progress` hears what became of each source, once that is stored; `watch` how things stand, a few times a second;
    `stop` is asked as often, and after `within` seconds nothing more is begun. `patience` is how many seconds may be
    waited for hosts whose budget is spent; what has to wait for longer stays due, and with `whole` it is heard of, too.
    `rng` gives the jitter. `between` is called every few seconds of a run, by whoever has more to do than to
    wait for the slowest source; then sources are also claimed that come due meanwhile.
    """

    progress: Callable[[PollResult], None]
    watch: Callable[[Standing], None] = lambda _: None
    stop: Callable[[], bool] = lambda: False
    patience: float = 0.0
    within: float = float("inf")
    rng: Callable[[], float] = random.random
    between: Callable[[], None] | None = None
    whole: bool = False


class Claims(Protocol):
    """What is left to be polled. `heed_hours` says that sources may ask to be left alone: a person asks for none."""

    @property
    def heed_hours(self) -> bool: ...

    def take(
        self, connection: Connection, now: datetime, lease: str, until: datetime, busy: set[str]
    ) -> list[SourceRecord]:
        """The next sources, as many as are claimed at once, none of a host in `busy`; empty when nothing is left."""
