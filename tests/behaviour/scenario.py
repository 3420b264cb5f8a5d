"""What a behaviour is: what its sources do over time, and a verdict over the log of who asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from tests.behaviour.server import START, Asked, Reply

State = Literal["pass", "fail", "n.a."]


@dataclass(frozen=True, slots=True)
class Moment:
    """When a request came: simulated time since the start, and how many requests this page had before."""

    elapsed: timedelta
    nth: int

    @property
    def now(self) -> datetime:
        return START + self.elapsed

    @property
    def hours(self) -> float:
        return self.elapsed / timedelta(hours=1)


Answer = Callable[[Asked, Moment], Reply]


class NotApplicable(Exception):
    """This client cannot be judged here; the message says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What was wrong, in words, and the request that shows it, where one does."""

    words: str
    asked: Asked | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """What a simulation left behind. `runs` are the moments at which the client was called.

    `titles` are those of the entries the client holds at the end, None where nobody can look.
    """

    log: Sequence[Asked]
    runs: Sequence[datetime]
    titles: frozenset[str] | None

    def to(self, url: str, install: int = 0) -> list[Asked]:
        """The requests for `url` of one installation, in order."""
        where = url.removeprefix("http://").partition("/")
        host = where[0].rpartition(":")[0]
        return [one for one in self.log if (one.install, one.host, one.target) == (install, host, where[1] + where[2])]


Judge = Callable[[Observed], Iterable[Fault]]


@dataclass(slots=True)
class Stage:
    """The pages of one behaviour, on host names of its own below `localhost`."""

    name: str
    port: int
    sources: list[str] = field(default_factory=list)
    pages: dict[tuple[str, str], Answer] = field(default_factory=dict)

    def source(self, target: str, answer: Answer, *, host: str | None = None) -> str:
        """A page that the client polls; returns its URL."""
        url = self.page(target, answer, host=host)
        self.sources.append(url)
        return url

    def page(self, target: str, answer: Answer, *, host: str | None = None) -> str:
        """A page that the client is not told of."""
        host = host or f"{self.name}.localhost"
        self.pages[host, target] = answer
        return f"http://{host}:{self.port}{target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a behaviour is played.

    `days` are simulated. The client runs every `step` minutes where a run costs a millisecond, every `coarse` where it
    is a process. `asleep` (from, until) and `jumps` (when, by how much) happen to the machine of the client, in time
    since the start. What is `alone` shares no simulation with others.
    """

    days: float = 3
    step: float = 15
    coarse: float = 30
    installs: int = 1
    restarts: bool = False
    loopback: bool = True
    deadline: float | None = None
    asleep: tuple[timedelta, timedelta] | None = None
    jumps: tuple[tuple[timedelta, timedelta], ...] = ()
    alone: bool = False

    def skew(self, elapsed: timedelta) -> timedelta | None:
        """How far the client's clock is off after `elapsed`; None where the machine sleeps."""
        if self.asleep is not None and self.asleep[0] <= elapsed < self.asleep[1]:
            return None
        return sum((by for when, by in self.jumps if when <= elapsed), start=timedelta(0))


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One row of the score: `build` sets a stage and returns the judge of what happened on it."""

    number: int
    name: str
    title: str
    build: Callable[[Stage], Judge]
    setting: Setting


BEHAVIOURS: list[Behaviour] = []
"""All of them, in order of number."""

_USUAL = Setting()


def behaviour(
    number: int, name: str, title: str, setting: Setting = _USUAL
) -> Callable[[Callable[[Stage], Judge]], Callable[[Stage], Judge]]:
    """Registers the function it decorates, the `build` of a behaviour."""

    def register(build: Callable[[Stage], Judge]) -> Callable[[Stage], Judge]:
        BEHAVIOURS.append(Behaviour(number, name, title, build, setting))
        BEHAVIOURS.sort(key=lambda each: each.number)
        return build

    return register


# --- what several judges ask


def at_least(asked: Sequence[Asked], number: int) -> list[Fault]:
    """A fault where there are fewer requests: nothing can be said for a client that does not ask."""
    if len(asked) >= number:
        return []
    what = f"{asked[0].host}{asked[0].target}" if asked else "the source"
    return [Fault(f"asked {len(asked)} times for {what}, expected at least {number}", asked[-1] if asked else None)]


def gaps(asked: Sequence[Asked]) -> list[tuple[timedelta, Asked, Asked]]:
    """The time between each request and the next, with both."""
    return [(later.at - earlier.at, earlier, later) for earlier, later in pairwise(asked)]


def sooner(asked: Sequence[Asked], least: timedelta, why: str) -> list[Fault]:
    """Every request that came less than `least` after the one before."""
    return [
        Fault(f"asked again after {spell(gap)}, not {spell(least)} ({why})", later)
        for gap, _, later in gaps(asked)
        if gap < least
    ]


def echoes(asked: Sequence[Asked]) -> list[Fault]:
    """Every request whose validators are not, byte for byte, those that the last good answer left.

    A 200 or 226 leaves what it names and nothing else; a 304 changes what it names and keeps the rest; anything else
    leaves all as it was.
    """
    faults: list[Fault] = []
    held: dict[str, str | None] = {"if-none-match": None, "if-modified-since": None}
    for one in asked:
        for name, value in held.items():
            if one.get(name) != value:
                faults.append(Fault(f"{name} was {one.get(name)!r}, expected {value!r}", one))
        named = {"if-none-match": one.reply.get("etag"), "if-modified-since": one.reply.get("last-modified")}
        if one.reply.status in (200, 226):
            held = named
        elif one.reply.status == 304:
            held = {name: named[name] or value for name, value in held.items()}
    return faults


def spell(span: timedelta) -> str:
    """A span in words: 90 min, 24 h, 7 days."""
    amount = span / timedelta(minutes=1)
    if amount >= 2880:
        return f"{amount / 1440:.3g} days"
    return f"{amount / 60:.3g} h" if amount > 120 else f"{amount:.3g} min"
