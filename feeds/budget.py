"""How often and how widely one host may be asked. Pure: the time is an argument, in seconds of one steady clock."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

SPAN = 61.0
"""Seconds in which no more than a host's `per_minute` requests begin, wherever the span is laid: a minute, and one
second because what leaves here evenly does not arrive evenly."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Most requests to one host that begin in any `SPAN`, and most that are under way at once."""

    per_minute: int
    per_host: int


class Budget:
    """The requests to each host within the last `SPAN`, and those under way.

    `rule` tells a host's rule. What is begun is also added to `journal`, for whoever keeps it for other processes.
    """

    def __init__(self, rule: Callable[[str], Rule]) -> None:
        self.rule = rule
        self.journal: list[tuple[str, float]] = []
        self._closed: dict[str, float] = {}
        self._begun: dict[str, deque[float]] = defaultdict(deque)
        self._active: Counter[str] = Counter()

    def wait(self, host: str, at: float) -> float:
        """Seconds from `at` until a request to `host` may begin: 0 for now, infinity until one of its own has ended."""
        rule = self.rule(host)
        if self._closed.get(host, 0.0) > at:
            return self._closed[host] - at
        if self._active[host] >= rule.per_host:
            return float("inf")
        return self.wait_for_hop(host, at)

    def wait_for_hop(self, host: str, at: float) -> float:
        """Seconds from `at` until a redirect may lead to `host`; what is under way there counts for nothing, as the
        request that is redirected waits for it already."""
        if self._closed.get(host, 0.0) > at:
            return self._closed[host] - at
        begun, most = self._recent(host, at), self.rule(host).per_minute
        return 0.0 if len(begun) < most else max(0.0, begun[-most] + SPAN - at)

    def begin(self, host: str, at: float) -> None:
        """Notes that a request begins at `at`."""
        self._active[host] += 1
        self.hop(host, at)

    def hop(self, host: str, at: float) -> None:
        """Notes a request that begins on its way from another. Those of one host are noted in their order."""
        self._recent(host, at).append(at)
        self.journal.append((host, at))

    def learn(self, host: str, times: Sequence[float], at: float, *, unknown: int = 0) -> None:
        """Notes requests that are known to have begun at `times`, in any order; those noted already are among them, but
        for so many as are `unknown` to whoever tells it."""
        own = self._recent(host, at)
        missing = len(times) - (len(own) - unknown)
        if missing > 0:
            self._begun[host] = deque(sorted([*own, *sorted(times)[-missing:]]))

    def turn_back(self, at: float) -> None:
        """The clock was set back to `at`: what began later began now."""
        self._begun = defaultdict(
            deque, {host: deque(min(each, at) for each in self._begun[host]) for host in self._begun}
        )

    def close(self, host: str, until: float) -> None:
        """Nothing begins at `host` before `until`: it asked for that."""
        self._closed[host] = max(until, self._closed.get(host, 0.0))

    def end(self, host: str) -> None:
        """Notes that a request ended, however it did."""
        self._active[host] -= 1
        if self._active[host] <= 0:
            del self._active[host]

    def end_all(self) -> None:
        """Notes that nothing is under way any more."""
        self._active.clear()

    def spent(self, at: float) -> set[str]:
        """The hosts that may be asked no more at `at`, whatever is under way."""
        spent = {host for host, begun in self._begun.items() if len(begun) >= self.rule(host).per_minute}
        spent = {host for host in spent if len(self._recent(host, at)) >= self.rule(host).per_minute}
        return spent | {host for host, until in self._closed.items() if until > at}

    def forget(self, at: float) -> None:
        """Drops what no span reaches any more, so that a process that runs for months holds today's hosts alone."""
        for host in [each for each in self._begun if not self._recent(each, at)]:
            del self._begun[host]
        self._closed = {host: until for host, until in self._closed.items() if until > at}

    def _recent(self, host: str, at: float) -> deque[float]:
        begun = self._begun[host]
        while begun and begun[0] <= at - SPAN:
            begun.popleft()
        return begun
