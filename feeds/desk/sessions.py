"""Who has signed in: what a browser holds, and how it is known again.

A browser holds 32 random bytes in a cookie. Stored is their HMAC-SHA-256, keyed by the password of the desk: who has
the database gets in with none of it, and a new password makes all of them unknown.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from db.engine import Connection, Engine, reading, writing
from db.errors import StorageError
from db.records import SessionRecord
from db.store import sessions
from feeds import log

IDLE = timedelta(days=7)
"""After which a session ends that nobody uses: a newsroom that works every day signs in once a month."""

LONGEST = timedelta(days=30)
"""After which it ends, used or not."""

MAX_GIVEN = 200
"""Characters of a cookie that are looked at: four times as many as one has."""

_log = log.get(__name__)


class Sessions:
    """Opens, finds and ends them. `key` is the password's, `clock` tells the time (UTC). All of it waits for the
    database, hence is for threads."""

    def __init__(self, engine: Engine, key: bytes, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._key = key
        self._clock = clock

    def open(self, held: Sequence[str] = ()) -> str:
        """Begins a session, ends those that the browser `held`, drops those that are over; returns what it is to
        hold."""
        token, now = secrets.token_urlsafe(32), self._clock()
        with writing(self._engine) as connection:
            sessions.prune(connection, now - IDLE, now - LONGEST)
            for former in held:
                sessions.end(connection, self._digest(former))
            sessions.create(connection, self._digest(token), now)
        return token

    def is_open(self, held: Sequence[str]) -> bool:
        """Whether a browser that holds these is signed in. That a session was used is noted now and then."""
        if not held:
            return False
        now = self._clock()
        with reading(self._engine) as connection:
            found = next(filter(None, (self._find(connection, token, now) for token in held)), None)
        if found is not None and now - found.last_used >= sessions.NOTED_EVERY:
            self._note(found.id, now)
        return found is not None

    def end(self, held: Sequence[str]) -> None:
        """Signs out the browser that holds these."""
        with writing(self._engine) as connection:
            for token in held:
                sessions.end(connection, self._digest(token))

    def _find(self, connection: Connection, token: str, now: datetime) -> SessionRecord | None:
        """The session that `token` proves; None where there is none, or it is over."""
        found = sessions.find(connection, self._digest(token))
        return found if found and now - found.last_used < IDLE and now - found.created_at < LONGEST else None

    def _note(self, session_id: int, now: datetime) -> None:
        try:
            with writing(self._engine) as connection:
                sessions.note_use(connection, session_id, now)
        except StorageError as error:
            _log.info("use of a session not noted", error=str(error))

    def _digest(self, token: str) -> bytes:
        return hmac.digest(self._key, token[:MAX_GIVEN].encode("utf-8", "surrogatepass"), sha256)
