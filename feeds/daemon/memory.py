"""Memory that was needed for a moment, given back to the system.

The C library keeps what was freed for the next time, in an arena for each thread: after a publish of some hundred feeds
that is 30 MB that a desk at rest does not need (1,000,000 entries, 10,000 sources: see `docs/benchmarks.md`).
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

from db.engine import Engine

ARENAS = 2
"""Heaps that threads share; glibc makes eight for each processor."""

_M_ARENA_MAX = -8
"""mallopt(3)."""


def frugal() -> None:
    """Has threads share their heaps from now on. Does nothing where the C library is another one."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS)


def give_back(engine: Engine) -> None:
    """Gives back what a desk at rest does not need: the connections that nobody uses, each with pages of the database
    (8 MB), and what is free. A few milliseconds."""
    engine.dispose()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
