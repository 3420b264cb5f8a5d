"""What is noted of the use of tokens, beside the answers: nobody waits for it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from db.engine import Engine, writing
from db.errors import StorageError
from db.records import TokenRecord
from db.store import tokens
from db.store.tokens import NOTED_EVERY
from feeds import log

MOST_REMEMBERED = 10_000
"""Pairs of a token and a network of which is remembered when they were noted."""

MOST_WAITING = 1000
"""Notes that wait for the database; more are dropped, for another request will bring them again."""

_log = log.get(__name__)


class Uses:
    """Notes that tokens were used, each pair of token and network once a minute. Its methods belong to one event
    loop."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "uses")
        self._noted: OrderedDict[tuple[int, bytes | None], datetime] = OrderedDict()
        self._waiting: set[asyncio.Future[None]] = set()

    def note(self, record: TokenRecord, network: bytes | None) -> None:
        """Notes that the token was used now from `network`, soon."""
        now, key = self._clock(), (record.id, network)
        before = self._noted.get(key)
        if (before is not None and now - before < NOTED_EVERY) or len(self._waiting) >= MOST_WAITING:
            return
        self._noted[key] = now
        self._noted.move_to_end(key)
        if len(self._noted) > MOST_REMEMBERED:
            self._noted.popitem(last=False)
        done = asyncio.get_running_loop().run_in_executor(self._thread, self._write, record.id, network, now)
        self._waiting.add(done)
        done.add_done_callback(self._waiting.discard)

    def _write(self, token_id: int, network: bytes | None, now: datetime) -> None:
        try:
            with writing(self._engine) as connection:
                tokens.note_use(connection, token_id, network, now)
        except StorageError as error:
            _log.info("use of a token not noted", error=str(error))
