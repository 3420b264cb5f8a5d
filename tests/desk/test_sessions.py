"""Who has signed in: how long that lasts, and what ends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import event, text

from db.engine import Engine, reading
from db.errors import StorageError
from feeds.desk.sessions import IDLE, LONGEST, Sessions
from tests.desk import NOON

KEY, OTHER = b"k" * 32, b"o" * 32


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(engine: Engine, clock: Clock) -> Sessions:
    return Sessions(engine, KEY, clock)


def count(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.execute(text("SELECT count(*) FROM sessions")).scalar_one())


def test_what_a_browser_holds_is_stored_nowhere(sessions: Sessions, engine: Engine, tmp_path: Path) -> None:
    tokens = {sessions.open() for _ in range(3)}
    assert len(tokens) == 3
    assert all(len(token) == 43 for token in tokens)
    assert all(sessions.is_open([token]) for token in tokens)
    engine.dispose()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for token in tokens:
        assert token.encode() not in stored
        assert sha256(token.encode()).digest() not in stored, "who has the database cannot tell a guess either"


def test_nothing_else_is_a_session(sessions: Sessions) -> None:
    token = sessions.open()
    for wrong in ("", token[:-1], token + "A", token.swapcase(), "\ud800", "x" * 100_000):
        assert not sessions.is_open([wrong])
    assert not sessions.is_open([])
    assert sessions.is_open(["", "another", token])


def test_another_password_signs_everybody_out(sessions: Sessions, engine: Engine, clock: Clock) -> None:
    token = sessions.open()
    assert not Sessions(engine, OTHER, clock).is_open([token])
    assert Sessions(engine, KEY, clock).is_open([token])


def test_it_ends_when_it_is_not_used(sessions: Sessions, clock: Clock) -> None:
    token = sessions.open()
    clock.now += IDLE - timedelta(seconds=1)
    assert sessions.is_open([token])
    clock.now += IDLE - timedelta(seconds=1)
    assert sessions.is_open([token]), "it was used since"
    clock.now += IDLE
    assert not sessions.is_open([token])


def test_it_ends_after_a_month_however_it_is_used(sessions: Sessions, clock: Clock) -> None:
    token = sessions.open()
    while clock.now + timedelta(days=1) < NOON + LONGEST:
        clock.now += timedelta(days=1)
        assert sessions.is_open([token])
    clock.now = NOON + LONGEST
    assert not sessions.is_open([token])


def test_signing_in_anew_ends_what_was_and_drops_what_is_over(sessions: Sessions, engine: Engine, clock: Clock) -> None:
    first, other = sessions.open(), sessions.open()
    second = sessions.open([first])
    assert [sessions.is_open([each]) for each in (first, second, other)] == [False, True, True]
    assert count(engine) == 2
    clock.now += LONGEST
    sessions.open()
    assert count(engine) == 1


def test_signing_out_ends_it(sessions: Sessions) -> None:
    token, other = sessions.open(), sessions.open()
    sessions.end(["nothing", token])
    assert [sessions.is_open([each]) for each in (token, other)] == [False, True]


def test_a_database_that_cannot_be_written_lets_people_look(sessions: Sessions, engine: Engine, clock: Clock) -> None:
    token = sessions.open()
    clock.now += timedelta(hours=1)
    engine.dispose()
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only=ON").close())
    with pytest.raises(StorageError):
        sessions.open()
    assert sessions.is_open([token])
