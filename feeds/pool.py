"""Documents are read in processes that can be killed: a parser that hangs, crashes or eats memory costs one document.

Measured (Python 3.11): a round trip of 42 kB costs 0.06 ms beside the parsing. Threads cannot be killed, and signals
reach the main thread only.
"""

from __future__ import annotations

import gc
import resource
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, TimeoutError
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from typing import Any

from pebble import ProcessExpired, ProcessPool

from feeds.errors import ParseError

DEADLINE = 5.0
"""Seconds that one document may take. An ordinary one takes a millisecond, the longest ones a second."""

MEMORY = 1 << 30
"""Bytes of address space of one worker."""

TASKS = 2000
"""Documents after which a worker makes room for a new one: what parsers leak goes with it."""

WORKERS = 2

IDLE = 60.0
"""Seconds without a document after which workers end; to start them again takes a quarter of one."""

COLLECTED = 100_000
"""Objects made before a worker looks for garbage: documents leave next to none, and looking costs a fifth."""


class Pool:
    """Runs `function` in worker processes, each call with a deadline. Workers start when they are needed.

    `preload` names the modules that workers share from the start.
    """

    def __init__(self, function: Callable[..., Any], *, preload: tuple[str, ...] = ()) -> None:
        self._function = function
        self._preload = list(preload)
        self._pool: ProcessPool | None = None
        self._done: deque[tuple[Any, Any]] = deque()
        self._used = 0.0
        self.pending = 0

    def submit(self, key: object, *arguments: object) -> None:
        """Begins one call; `done` gives its result under `key`."""
        future: Any = self._started().schedule(self._function, args=arguments, timeout=DEADLINE)
        self.pending += 1
        # Called in a thread of the pool: appending is all that is safe there.
        future.add_done_callback(lambda ended: self._done.append((key, ended)))

    def done(self) -> list[tuple[Any, Any]]:
        """What ended since: `(key, result)`, the result being an exception where there is none."""
        ended = []
        while self._done:
            key, future = self._done.popleft()
            self.pending -= 1
            ended.append((key, _result(future)))
        return ended

    def call(self, *arguments: object) -> Any:
        """One call to its end. Raises what it raises, `ParseError` for a worker that was killed or died."""
        found = _result(self._started().schedule(self._function, args=arguments, timeout=DEADLINE))
        if isinstance(found, Exception):
            raise found
        return found

    def rest(self) -> None:
        """Ends workers that had nothing to do for a while: they come back when they are needed."""
        if not self.pending and time.monotonic() - self._used > IDLE:
            self.close()

    def close(self) -> None:
        """Ends the workers, whatever they are at."""
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]  # the library types the rest
            self._pool.join()
            self._pool = None
        self._done.clear()
        self.pending = 0

    def _started(self) -> ProcessPool:
        self._used = time.monotonic()
        if self._pool is None:
            context: ForkServerContext = get_context("forkserver")
            context.set_forkserver_preload(self._preload)
            self._pool = ProcessPool(WORKERS, max_tasks=TASKS, context=context, initializer=_confine)
        return self._pool


def _confine() -> None:
    """Bounds a worker. What it loaded stays to the end, and is no garbage."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.freeze()
    gc.set_threshold(COLLECTED)


def _result(future: Any) -> Any:
    try:
        return future.result()
    except TimeoutError:
        return ParseError(f"takes longer than {DEADLINE:.0f} s to read, so it is refused")
    except (ProcessExpired, CancelledError) as error:
        return ParseError(f"its reader died ({_words(error)}), so it is refused")
    except MemoryError:
        return ParseError(f"takes more than {MEMORY >> 20} MB to read, so it is refused")
    except Exception as error:
        return error


def _words(error: BaseException) -> str:
    code = getattr(error, "exitcode", None)
    return f"exit code {code}" if code is not None else type(error).__name__
