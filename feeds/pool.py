"""Documents are read in processes that can be killed: a parser that hangs, crashes or eats memory costs one document.

Measured (Python 3.11): a round trip of 42 kB costs 0.06 ms beside the parsing. Threads cannot be killed, and signals
reach the main thread only.
"""

from __future__ import annotations

import gc
import resource
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import TimeoutError
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from typing import Any

from pebble import ProcessExpired, ProcessPool

from feeds.errors import ParseError

DEADLINE = 4.5
"""Seconds that one document may take. An ordinary one takes some milliseconds, the longest ones a second."""

TOGETHER = 1.0
"""Seconds that several documents may take together; beyond that each of them gets a chance of its own."""

BATCH = 8
BATCH_BYTES = 1_000_000
"""Documents that are handed over together, and their bytes: each hand-over costs half a millisecond, more than an
eighth of what it takes to read an ordinary document. What no worker waits for makes up a batch; the others go alone."""

MEMORY = 1 << 30
"""Bytes of address space of one worker."""

TASKS = 500
"""Hand-overs after which a worker makes room for a new one: what parsers leak goes with it."""

WORKERS = 2

IDLE = 60.0
"""Seconds without a document after which workers end; to start them again takes a quarter of one."""

COLLECTED = 100_000
"""Objects made before a worker looks for garbage: documents leave next to none, and looking costs a fifth."""

_BROKE_DOWN = "its readers broke down, so it is refused"


@dataclass(frozen=True, slots=True)
class _Call:
    """One call that somebody waits for; `weight` is the number of bytes that it brings."""

    key: Any
    arguments: tuple[object, ...]
    weight: int


class Pool:
    """Runs `function` in worker processes, each call with a deadline. Workers start when they are needed.

    `preload` names the modules that workers share from the start.
    """

    def __init__(self, function: Callable[..., Any], *, preload: tuple[str, ...] = ()) -> None:
        self._function = function
        self._preload = list(preload)
        self._pool: ProcessPool | None = None
        self._waiting: deque[_Call] = deque()
        self._out: dict[Any, list[_Call]] = {}
        self._ended: deque[Any] = deque()
        self._found: list[tuple[Any, Any]] = []
        self._used = 0.0
        self.pending = 0

    def submit(self, key: object, *arguments: object, weight: int = 0) -> None:
        """Begins one call; `done` gives its result under `key`."""
        self._waiting.append(_Call(key, arguments, weight))
        self.pending += 1
        self._hand_over()

    def done(self) -> list[tuple[Any, Any]]:
        """What ended since: `(key, result)`, the result being an exception where there is none."""
        while self._ended:
            future = self._ended.popleft()
            batch = self._out.pop(future, None)
            if batch is not None:  # else it is of workers that were ended meanwhile
                self._take(batch, future)
        if self._out and self._pool is not None and not self._pool.active:
            self._replace()
        self._hand_over()
        found, self._found = self._found, []
        self.pending -= len(found)
        return found

    def call(self, *arguments: object) -> Any:
        """One call to its end. Raises what it raises, `ParseError` for a worker that was killed or died."""
        token = object()
        others: list[tuple[Any, Any]] = []
        self.submit(token, *arguments)
        while True:
            found = dict(self.done())
            mine = token in found
            result = found.pop(token, None)
            others += found.items()
            if mine:
                break
            time.sleep(0.001)
        self._found += others
        self.pending += len(others)
        if isinstance(result, Exception):
            raise result
        return result

    def rest(self) -> None:
        """Ends workers that had nothing to do for a while: they come back when they are needed."""
        if not self.pending and time.monotonic() - self._used > IDLE:
            self.close()

    def close(self) -> None:
        """Ends the workers, whatever they are at."""
        self._waiting.clear()
        self._out.clear()
        self._found.clear()
        self.pending = 0
        self._stop()
        self._ended.clear()

    def _stop(self) -> None:
        stopped, self._pool = self._pool, None
        if stopped is not None:
            stopped.stop()  # type: ignore[no-untyped-call]  # the library types the rest
            stopped.join()

    def _replace(self) -> None:
        """Ends workers that broke down; what they were given and not answered is lost with them."""
        self._stop()
        for future in [each for each in self._out if not each.done() or each.cancelled()]:
            self._found += [(call.key, ParseError(_BROKE_DOWN)) for call in self._out.pop(future)]

    def _hand_over(self) -> None:
        """Gives workers what waits, and one more task than there are workers, so that none of them has to wait."""
        while self._waiting and len(self._out) <= WORKERS:
            batch = [self._waiting.popleft()]
            # A few are shared out before they are bundled.
            most = min(BATCH, 1 + len(self._waiting) // WORKERS)
            weight = batch[0].weight
            while self._waiting and len(batch) < most and weight + self._waiting[0].weight <= BATCH_BYTES:
                batch.append(self._waiting.popleft())
                weight += batch[-1].weight
            self._begin(batch)

    def _begin(self, batch: list[_Call]) -> None:
        calls = [call.arguments for call in batch]
        deadline = DEADLINE if len(batch) == 1 else TOGETHER
        try:
            future = self._schedule(calls, deadline)
        except (RuntimeError, OSError):
            # It broke down, as where no process could be started for a moment: once more with another.
            try:
                self._replace()
                future = self._schedule(calls, deadline)
            except (RuntimeError, OSError) as error:
                self._found += [(call.key, error) for call in batch]
                return
        self._out[future] = batch
        # Called in a thread of the pool: appending is all that is safe there.
        future.add_done_callback(self._ended.append)

    def _schedule(self, calls: list[tuple[object, ...]], deadline: float) -> Any:
        return self._started().schedule(_each, args=(self._function, calls), timeout=deadline)

    def _take(self, batch: list[_Call], future: Any) -> None:
        """The results of a task. Where it was killed or died, nobody knows by which call: each goes alone."""
        try:
            results = future.result()
        except Exception as error:
            if len(batch) > 1:
                for call in batch:
                    self._begin([call])
                return
            results = [_refusal(error)]
        self._found += [(call.key, result) for call, result in zip(batch, results, strict=True)]

    def _started(self) -> ProcessPool:
        self._used = time.monotonic()
        if self._pool is None:
            context: ForkServerContext = get_context("forkserver")
            context.set_forkserver_preload(self._preload)
            self._pool = ProcessPool(WORKERS, max_tasks=TASKS, context=context, initializer=_confine)
        return self._pool


def _each(function: Callable[..., Any], calls: Sequence[tuple[object, ...]]) -> list[Any]:
    """What a worker does: one call after the other, each with its result or its exception."""
    results: list[Any] = []
    for arguments in calls:
        # Whoever asked kills a call that takes too long; this is for when they are gone. The default action ends us.
        signal.setitimer(signal.ITIMER_REAL, DEADLINE + 1)
        try:
            results.append(function(*arguments))
        except MemoryError:
            results.append(ParseError(f"takes more than {MEMORY >> 20} MB to read, so it is refused"))
        except Exception as error:
            results.append(error)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return results


def _confine() -> None:
    """Bounds a worker. What it loaded stays to the end, and is no garbage."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.freeze()
    gc.set_threshold(COLLECTED)


def _refusal(error: Exception) -> Exception:
    """What is told of a call whose worker did not come back with an answer."""
    if isinstance(error, TimeoutError):
        return ParseError(f"takes longer than {DEADLINE:g} s to read, so it is refused")
    if isinstance(error, ProcessExpired):
        return ParseError(f"its reader died (exit code {error.exitcode}), so it is refused")
    if isinstance(error, BrokenProcessPool):  # the library noticed before we did
        return ParseError(_BROKE_DOWN)
    return error
