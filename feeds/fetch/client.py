"""The one object for every outbound call: many requests side by side, each with its redirects, name and deadline.

One thread, which libcurl and epoll share; only names are looked up elsewhere. Whatever goes wrong in a request ends
that request, and no other.
"""

from __future__ import annotations

import math
import re
import socket
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from types import TracebackType
from typing import Any, Self

import pycurl  # type: ignore[import-untyped]  # its wheel has no py.typed

from feeds.config import Poll
from feeds.errors import FetchError
from feeds.fetch.addresses import networks, refusal
from feeds.fetch.answer import Call, Fetched, NotNow, Request, conditions, is_delta, meaning, said
from feeds.fetch.coding import OFFERED
from feeds.fetch.credentials import Credential, by_origin
from feeds.fetch.loop import AWAY, Loop
from feeds.fetch.names import Lookup, Resolver, lookup
from feeds.fetch.transfer import Answer, Limits, Transfer, options_of
from feeds.fetch.url import Target, host_of, one_line, shown, target_of

MAX_REDIRECTS = 5
LARGE_BYTES = 64_000_000
SMALL_BYTES = 1_000_000
"""Decoded bytes that bodies under way hold together, twice over: each a small share without asking, and a few, one
after the other, as many as a document may have."""
PULSE = 0.5
"""Seconds after which whoever waits for calls can think of something else."""
LATE = 0.5
"""Seconds after its end at which an exchange is ended from outside."""
MOST_ADDRESSES = 8
"""Addresses of one name that are tried; all of them are vetted."""
_LITERAL = re.compile(r"https?://(?:[0-9.]+|\[[0-9a-fA-F:.]+\])(?:[:/?#]|$)", re.ASCII)
"""Addresses of which no name has to be looked up, as they are mostly written."""
_HELD = 86_400.0
"""Seconds by which the time of a body that waits is extended until it does not."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FOR_GOOD = frozenset({301, 308})
_REPEATED = frozenset({307, 308})
_ALWAYS = (
    b"Accept: application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    b"application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5",
    b"Accept-Encoding: " + OFFERED,
)
_OF_CALLS = (b"Accept: */*", b"Expect:")
_UNTYPED = b"Content-Type:"
"""What ends with a colon is not sent: libcurl would wait a second for an interim answer before it sends a large body,
and call whatever is posted a form."""
Outcome = Fetched | Answer | FetchError


@dataclass(slots=True, kw_only=True)
class _Task:
    """One request while it lasts. `ends` is a monotonic time, `target` the hop that is being asked,
    `origin` that of the first, which was `reached` where it said anything; `whole` says not to ask for a delta."""

    key: Hashable
    request: Request | Call
    now: datetime
    headers: Sequence[bytes] = _ALWAYS
    ends: float = 0.0
    target: Target | None = None
    origin: str = ""
    hops: int = 0
    trail: tuple[tuple[int, str], ...] = ()
    reached: bool = False
    for_good: bool = True
    moved_to: str | None = None
    whole: bool = False

    @property
    def url(self) -> str:
        return self.target.url if self.target is not None else self.request.url


class Fetcher:
    """Asks for documents, up to `[poll] connections` at once; what is more waits, without its deadline running.

    `credentials` are by origin (`https://news.example`); each goes to its origin, for requests that name that origin
    themselves, and after a redirect nowhere else. `on_hop` is asked with the host of each redirect, whether that is the
    one that was asked first, and the number of hops so far, in how many seconds it may be followed: 0 for now, infinity
    for never; what has to wait is asked about again, and its deadline stands still. `resolve` turns a name into
    addresses; it is called in other threads. Everything else happens in the caller's thread, while it is in `wait` or
    `fetch`.
    `table` of the configuration is where refusals tell to allow an address.
    While it is `crowded`, which its caller says, no body grows large.
    Raises `ValueError` for credentials that cannot be used, `FetchError` where the system gives no descriptors.
    """

    def __init__(
        self,
        settings: Poll,
        *,
        user_agent: str,
        credentials: Mapping[str, Credential] | None = None,
        on_hop: Callable[[str, bool, int], float] | None = None,
        resolve: Lookup = lookup,
        table: str = "poll",
    ) -> None:
        self._deadline = settings.deadline
        self._most = settings.connections
        self._limits = Limits(
            settings.connect_timeout,
            settings.max_bytes,
            min(SMALL_BYTES, LARGE_BYTES // settings.connections),
            networks(settings.allow_networks),
            table,
        )
        self._most_large = max(1, LARGE_BYTES // settings.max_bytes)
        self._large = 0
        self._filled: list[Transfer] = []
        self._full: deque[tuple[float, float, _Task, Transfer]] = deque()
        self._whole: dict[Any, tuple[int, str]] = {}
        self.crowded = False
        self._options = options_of(user_agent, self._limits)
        self._logins = by_origin(credentials or {})
        self._on_hop = on_hop
        self._waiting: deque[_Task] = deque()
        self._naming: dict[int, tuple[float, _Task, Target]] = {}
        self._running: dict[Any, tuple[_Task, Transfer]] = {}
        self._done: deque[tuple[Any, int, str]] = deque()
        self._idle: list[Transfer] = []
        self._later: list[tuple[float, int, _Task, str]] = []
        self._ended: list[tuple[Hashable, Outcome]] = []
        self._tickets = count()
        self._had_room = time.monotonic()
        self._left = math.inf
        self._extended = False
        try:
            self._loop = Loop(self._most, self._extend)
        except (OSError, pycurl.error) as error:
            raise FetchError(f"nothing can be asked: no descriptor is left ({error})", network=True) from error
        self._resolver = Resolver(resolve, self._loop.wake)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def active(self) -> int:
        """Requests that were started and that `wait` has not yet reported."""
        under_way = (self._waiting, self._naming, self._running, self._later, self._ended)
        return sum(map(len, under_way))

    def start(self, key: Hashable, request: Request, now: datetime) -> None:
        """Begins to ask for `request`; `wait` reports its end under `key`, one that is refused at once included.

        `now` dates the document and turns a Retry-After that names a date into seconds.
        """
        self._waiting.append(_Task(key=key, request=request, now=now))

    def wait(self, timeout: float) -> list[tuple[Hashable, Fetched | FetchError]]:
        """What ended since the last call, in that order, as soon as anything has.

        Sleeps at most `timeout` seconds, also where nothing is under way; 0 only looks. A document, or that there is
        no new one, is a `Fetched`; a status without a document an `HttpError`; anything else a `FetchError`.
        """
        return [(key, outcome) for key, outcome in self._wait(timeout) if not isinstance(outcome, Answer)]

    def _wait(self, timeout: float) -> list[tuple[Hashable, Outcome]]:
        began = time.monotonic()
        until = began + timeout
        if began - self._left > AWAY:
            self._extend(began - self._left)
        while True:
            self._fill()
            now = time.monotonic()
            self._turn(0.0 if self._ended else max(0.0, until - now))
            if self._ended or now >= until:
                break
        ended, self._ended = self._ended, []
        self._left = time.monotonic()
        return ended

    def fetch(self, request: Request, now: datetime) -> Fetched:
        """Asks for `request` alone, to its end. Raises `HttpError`, `FetchError`."""
        key = object()
        self.start(key, request, now)
        others: list[tuple[Hashable, Outcome]] = []
        try:
            while True:
                for found, outcome in self._wait(self._deadline):
                    if found is not key or isinstance(outcome, Answer):
                        others.append((found, outcome))
                    elif isinstance(outcome, FetchError):
                        raise outcome
                    else:
                        return outcome
        finally:
            self._ended += others

    def exchange(self, calls: Iterable[Call], now: datetime) -> Iterator[list[tuple[int, Answer | FetchError]]]:
        """Says all of `calls` side by side; gives the answers as they come, each with its call's place among them, and
        nothing where for half a second none came.

        A 2xx is an `Answer` that holds the beginning of its body, any other status an `HttpError`. Nothing else may
        be under way: this object speaks or reads, not both at once. What is not asked for to the end is abandoned.
        """
        for place, call in enumerate(calls):
            untyped = [_UNTYPED] if call.content_type is None else []
            headers = [*_OF_CALLS, *untyped, *call.lines()]
            self._waiting.append(_Task(key=place, request=call, now=now, headers=headers))
        try:
            while self.active:
                ended = self._wait(PULSE)
                yield [
                    (key, outcome)
                    for key, outcome in ended
                    if isinstance(key, int) and not isinstance(outcome, Fetched)
                ]
        finally:
            self.abandon()

    def close(self) -> None:
        """Abandons what is under way, and closes every connection."""
        self.abandon()
        self._resolver.close()
        for transfer in self._idle:
            transfer.close()
        self._idle.clear()
        self._loop.close()

    def abandon(self) -> None:
        """Forgets what was started: nothing of it is reported, and its connections close."""
        while self._running:
            _, (_task, transfer) = self._running.popitem()
            with suppress(pycurl.error):  # one that has just ended
                self._loop.remove(transfer.curl)
            transfer.close()
        self._waiting.clear()
        for ticket in self._naming:
            self._resolver.forget(ticket)
        self._naming.clear()
        self._later.clear()
        self._filled.clear()
        self._full.clear()
        self._whole.clear()
        self._large = 0
        self._done.clear()
        self._ended.clear()

    def _extend(self, seconds: float) -> None:
        """Gives what is under way the time in which nobody looked: an answer that lies there already came in time."""
        for task, transfer in self._running.values():
            if task.ends < math.inf:  # else its time stands still already
                task.ends += seconds
                transfer.extend(seconds)
        for ticket, (ends, task, target) in self._naming.items():
            task.ends += seconds
            self._naming[ticket] = (ends + seconds, task, target)
        self._extended = True

    def _hold(self, now: float) -> None:
        """Lets full bodies wait for their turn to be large; their time stands still meanwhile."""
        for transfer in self._filled:
            task, own = self._running.get(transfer.curl, (None, None))
            if task is not None and own is transfer:
                self._full.append((now, task.ends, task, transfer))
                task.ends = math.inf
                transfer.extend(_HELD)
        self._filled.clear()
        self._extended = True

    def _grow(self) -> None:
        """Lets those that waited longest be large, as many as may be at once."""
        while self._full and self._large < self._most_large and not self.crowded:
            since, ends, task, transfer = self._full.popleft()
            curl = transfer.curl
            if self._running.get(curl, (None, None))[0] is not task or not transfer.is_full:
                continue  # it has ended meanwhile, and its handle may be somebody else's
            whole = self._whole.pop(curl, None)
            waited = time.monotonic() - since
            task.ends = ends + waited
            transfer.extend(waited - _HELD)
            self._large += 1
            if not transfer.grow():
                self._done.append((curl, pycurl.E_WRITE_ERROR, ""))
            elif whole is not None:
                self._done.append((curl, *whole))

    def _end_late(self, now: float) -> None:
        """Ends what is past its time, where libcurl's own clocks have gone off before it was extended."""
        ended = {curl for curl, *_ in self._done}
        late = [curl for curl, (task, _) in self._running.items() if task.ends + LATE <= now and curl not in ended]
        self._done += [(curl, pycurl.E_OPERATION_TIMEDOUT, "") for curl in late]

    def _fill(self) -> None:
        """Begins what waits, as far as there is room."""
        while self._waiting and len(self._naming) + len(self._running) < self._most:
            if not self._may_look_up() and not _LITERAL.match(self._waiting[0].request.url):
                break
            task = self._waiting.popleft()
            task.ends = time.monotonic() + self._deadline
            if isinstance(task.request, Request) and (lines := conditions(task.request)):
                task.headers = [*_ALWAYS, *lines]
            self._step(task, self._visit, task.request.url)

    def _may_look_up(self) -> bool:
        """Whether a name would be looked up at once. Where lookups hang, requests wait for them to end before their own
        time runs; but not longer than they would take themselves."""
        now = time.monotonic()
        if self._resolver.has_room:
            self._had_room = now
            return True
        return now - self._had_room > self._deadline

    def _turn(self, seconds: float) -> None:
        """Sleeps until something happens, `seconds` at most, and takes what did one step on."""
        while self._later and self._later[0][0] <= time.monotonic():
            _, _, task, to = heappop(self._later)
            task.ends += time.monotonic()
            self._step(task, self._hop, to)
        if self._later:
            seconds = min(seconds, self._later[0][0] - time.monotonic())
        if self._naming:
            seconds = min(seconds, min(ends for ends, *_ in self._naming.values()) - time.monotonic())
        self._grow()
        # Kept, so that an interrupt between two of them leaves the second for the next turn.
        early = {curl for curl, *_ in self._done}
        self._done += [each for each in self._loop.turn(0.0 if early else seconds) if each[0] not in early]
        if self._filled:
            self._hold(time.monotonic())
        if self._extended:
            self._end_late(time.monotonic())
            self._extended = bool(self._running)
        while self._done:
            curl, code, detail = self._done.popleft()
            if code == pycurl.E_OK and self._running[curl][1].is_full:
                self._whole[curl] = (code, detail)
                continue
            task, transfer = self._running.pop(curl)
            self._whole.pop(curl, None)
            self._large -= transfer.is_large
            self._loop.remove(curl)
            self._idle.append(transfer)
            self._step(task, self._answered, transfer, code, detail)
        for ticket, found in self._resolver.answers():
            if ticket in self._naming:  # else its request has ended without it
                _, task, target = self._naming.pop(ticket)
                self._step(task, self._named, target, found)
        if self._naming:
            self._forget_late_names(time.monotonic())

    def _forget_late_names(self, now: float) -> None:
        for ticket in [ticket for ticket, (ends, *_) in self._naming.items() if ends <= now]:
            _, task, _ = self._naming.pop(ticket)
            self._resolver.forget(ticket)
            reason = "the host name was not looked up in time (connect_timeout in [poll])"
            self._end(task, FetchError(f"{shown(task.url)}: {reason}", network=True))

    def _step(self, task: _Task, step: Callable[..., None], *given: Any) -> None:
        """Takes `task` one step on; whatever that raises is its end."""
        try:
            step(task, *given)
        except FetchError as error:
            # Its frames hold the body that was refused, and whoever keeps the error would keep that.
            error.__traceback__ = error.__cause__ = error.__context__ = None
            error.reached = task.reached
            self._end(task, error)
        except Exception as error:  # a defect of ours, or of who listens to hops: the others go on
            ended = FetchError(f"{shown(task.url)}: internal error ({type(error).__name__})")
            ended.__cause__ = error
            self._end(task, ended)

    def _end(self, task: _Task, outcome: Outcome) -> None:
        if isinstance(outcome, FetchError):
            outcome.ms = self._spent(task)
        self._ended.append((task.key, outcome))

    def _spent(self, task: _Task) -> int:
        """Milliseconds of its deadline that a request has used: those in which it had to wait are none of them."""
        if not task.ends or task.ends == math.inf:
            return 0
        return max(0, round((self._deadline - task.ends + time.monotonic()) * 1000))

    def _visit(self, task: _Task, url: str) -> None:
        """The next hop: vets the address and has its name looked up where it has one."""
        target = task.target = target_of(url, task.url if task.hops else None)
        if not task.hops:
            task.origin = target.origin
        if target.name is None:
            self._ask(task, target, ())
        else:
            ends = min(task.ends, time.monotonic() + self._limits.connect_timeout)
            ticket = next(self._tickets)
            self._naming[ticket] = (ends, task, target)
            self._resolver.ask(ticket, target.name)

    def _named(self, task: _Task, target: Target, found: Sequence[str] | Exception) -> None:
        """The name was looked up: one address that is refused refuses all of it."""
        if isinstance(found, Exception) or not found:
            # Words that end in "not known" whatever the resolver says; its own differ with the system's language.
            slow = isinstance(found, socket.gaierror) and found.errno == socket.EAI_AGAIN
            why = "the host name is not known" + (" (no resolver answers)" if slow else "")
            raise FetchError(f"{shown(target.url)}: {why}", network=True)
        for address in found:
            if (reason := refusal(address, target.port, self._limits.allowed, self._limits.table)) is not None:
                raise FetchError(f"{shown(target.url)}: {reason}")
        self._ask(task, target, found[:MOST_ADDRESSES])

    def _ask(self, task: _Task, target: Target, addresses: Sequence[str]) -> None:
        transfer = self._idle.pop() if self._idle else Transfer(self._options, self._limits, self._filled)
        request, seconds = task.request, task.ends - time.monotonic()
        try:
            if isinstance(request, Call):
                transfer.prepare(target, task.headers, addresses, seconds, keep=request.most, body=request.body)
            else:
                # Only for who was named: whatever else leads to an origin that knows us asks as a stranger.
                own = request.login and target.origin == task.origin
                login = self._logins.get(target.origin) if own else None
                headers = [*task.headers, login] if login is not None else task.headers
                transfer.prepare(target, headers, addresses, seconds, request.most)
            self._loop.add(transfer.curl)
        except BaseException:
            transfer.close()
            raise
        self._running[transfer.curl] = (task, transfer)

    def _answered(self, task: _Task, transfer: Transfer, code: int, detail: str) -> None:
        """An exchange ended: with a document, a redirect, or neither."""
        task.reached = task.reached or transfer.heard(code)
        try:
            answer = transfer.answer(code, detail)
        except FetchError as error:
            raise FetchError(f"{shown(task.url)}: {one_line(str(error))}", network=error.network) from error
        request = task.request
        if isinstance(request, Call):
            if answer.status in _REPEATED and request.body is not None and request.moves:
                self._follow(task, answer)
            else:
                self._end(task, said(answer, task.url, task.now))
        elif answer.status in _REDIRECTS:
            self._follow(task, answer)
        elif answer.status == 226 and not task.whole and not is_delta(request, answer):
            # It knows deltas, but not how to send them: once more, without that word.
            task.whole = True
            task.headers = [*_ALWAYS, *conditions(request, delta=False)]
            self._hop(task, task.url)
        else:
            self._end(task, meaning(request, answer, task.url, task.now, task.moved_to, task.trail, self._spent(task)))

    def _follow(self, task: _Task, answer: Answer) -> None:
        location = answer.get("location")
        if not location:
            raise FetchError(f"{shown(task.url)}: HTTP {answer.status} without a Location")
        task.hops += 1
        try:
            to = target_of(location.encode("latin-1").decode("utf-8", "replace").partition("#")[0], task.url).url
        except FetchError as error:
            raise FetchError(f"{shown(task.url)}: it redirects to {error}") from error
        if task.hops > MAX_REDIRECTS:
            raise FetchError(
                f"{shown(task.request.url)}: more than {MAX_REDIRECTS} redirects, the last one to {shown(to)}"
            )
        task.trail += ((answer.status, to),)
        task.for_good = task.for_good and answer.status in _FOR_GOOD
        if task.for_good:
            task.moved_to = to
        self._hop(task, to)

    def _hop(self, task: _Task, to: str) -> None:
        """Goes on to `to`, where its host may be asked now."""
        host = host_of(to)
        wait = self._on_hop(host, host == host_of(task.request.url), task.hops) if self._on_hop is not None else 0.0
        if wait == math.inf:
            raise NotNow(f"{shown(task.request.url)}: leads to {host}, whose budget is spent")
        if wait:
            now = time.monotonic()
            task.ends -= now  # what is left, until it goes on
            heappush(self._later, (now + wait, next(self._tickets), task, to))
        else:
            self._visit(task, to)
