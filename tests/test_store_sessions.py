"""Who is signed in."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from db.engine import Connection
from db.records import SessionRecord
from db.store import sessions
from tests.desk import NOON, hours


def found(connection: Connection, digest: bytes) -> SessionRecord:
    one = sessions.find(connection, digest)
    assert one is not None
    return one


def test_a_session_is_found_by_its_digest_until_it_ends(connection: Connection) -> None:
    sessions.create(connection, b"a", NOON)
    sessions.create(connection, b"b", NOON + hours(1))
    with pytest.raises(IntegrityError), connection.begin_nested():
        sessions.create(connection, b"a", NOON)
    one = found(connection, b"a")
    assert (one.created_at, one.last_used) == (NOON, NOON)
    sessions.note_use(connection, one.id, NOON + hours(2))
    assert found(connection, b"a") == SessionRecord(one.id, NOON, NOON + hours(2))
    assert found(connection, b"b").last_used == NOON + hours(1)
    sessions.end(connection, b"a")
    sessions.end(connection, b"unknown")
    assert sessions.find(connection, b"a") is None


def test_a_session_ends_when_it_is_idle_or_old(connection: Connection) -> None:
    for name, made, used in ((b"idle", 5, 5), (b"old", 0, 9), (b"kept", 5, 6)):
        sessions.create(connection, name, NOON + hours(made))
        sessions.note_use(connection, found(connection, name).id, NOON + hours(used))
    sessions.prune(connection, used_until=NOON + hours(5), made_until=NOON)
    assert [sessions.find(connection, name) is None for name in (b"idle", b"old", b"kept")] == [True, True, False]
