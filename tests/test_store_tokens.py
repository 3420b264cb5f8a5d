"""Tokens as they are stored: one live one a name, and what is noted of their use."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from db.engine import Connection, reading, writing
from db.store import tokens
from db.store.tokens import MOST_NETWORKS
from tests.desk import NOON, hours, new_engine, plans

MINUTE = timedelta(minutes=1)


def test_a_token_is_found_by_its_key_and_its_name(connection: Connection) -> None:
    made = tokens.create(connection, "anna", "k1", b"digest", NOON, NOON + hours(1))
    assert (made.name, made.key, made.secret, made.created_at, made.expires_at, made.revoked_at, made.last_used) == (
        "anna", "k1", b"digest", NOON, NOON + hours(1), None, None,
    )  # fmt: skip
    assert tokens.by_key(connection, "k1") == tokens.by_name(connection, "anna") == made
    assert tokens.by_key(connection, "k2") is tokens.by_name(connection, "Anna") is None
    assert "digest" not in repr(made)


def test_a_token_opens_what_its_scopes_say(connection: Connection) -> None:
    reader = tokens.create(connection, "anna", "k1", b"1", NOON, None)
    program = tokens.create(connection, "robot", "k2", b"2", NOON, None, ["write", "read", "read"])
    nothing = tokens.create(connection, "idle", "k3", b"3", NOON, None, ())
    assert [one.scopes for one in (reader, program, nothing)] == [{"feeds"}, {"read", "write"}, frozenset()]
    assert tokens.by_key(connection, "k2") == tokens.by_name(connection, "robot") == program
    assert tokens.every(connection) == [reader, nothing, program]
    tokens.rotate(connection, program.id, b"new", None)
    assert (found := tokens.by_key(connection, "k2")) is not None
    assert found.scopes == {"read", "write"}


def test_a_name_is_free_again_once_its_token_was_revoked(connection: Connection) -> None:
    first = tokens.create(connection, "anna", "k1", b"1", NOON, None)
    with pytest.raises(IntegrityError), connection.begin_nested():
        tokens.create(connection, "anna", "k2", b"2", NOON, None)
    tokens.revoke(connection, first.id, NOON + hours(1))
    assert (found := tokens.by_name(connection, "anna")) is not None
    assert (found.key, found.revoked_at) == ("k1", NOON + hours(1))
    second = tokens.create(connection, "anna", "k2", b"2", NOON, None)
    assert tokens.by_name(connection, "anna") == second
    tokens.revoke(connection, second.id, NOON + hours(2))
    third = tokens.create(connection, "anna", "k3", b"3", NOON, None)
    tokens.revoke(connection, third.id, NOON + hours(1))
    assert (found := tokens.by_name(connection, "anna")) is not None
    assert found.key == "k2", "the one that was revoked last"
    tokens.create(connection, "Ann", "k4", b"4", NOON, None)
    tokens.create(connection, "anna", "k5", b"5", NOON, None)
    assert [one.key for one in tokens.every(connection)] == ["k4", "k1", "k2", "k3", "k5"]


def test_use_is_noted_once_a_minute_and_never_goes_back(connection: Connection) -> None:
    one = tokens.create(connection, "anna", "k1", b"1", NOON, None)
    other = tokens.create(connection, "ben", "k2", b"2", NOON, None)

    def used(now: timedelta) -> timedelta:
        tokens.note_use(connection, one.id, None, NOON + now)
        found = tokens.by_key(connection, "k1")
        assert found is not None
        assert found.last_used is not None
        return found.last_used - NOON

    assert used(MINUTE) == MINUTE
    assert used(MINUTE * 2 - timedelta(seconds=1)) == MINUTE
    assert used(MINUTE * 2) == MINUTE * 2
    assert used(MINUTE) == MINUTE * 2
    assert tokens.by_key(connection, "k2") == other
    assert tokens.networks(connection) == {}


def test_networks_are_counted_up_to_a_bound(connection: Connection) -> None:
    one = tokens.create(connection, "anna", "k1", b"1", NOON, None)
    other = tokens.create(connection, "ben", "k2", b"2", NOON, None)
    for network in (b"a", b"b", b"a"):
        tokens.note_use(connection, one.id, network, NOON)
    tokens.note_use(connection, other.id, b"a", NOON)
    assert tokens.networks(connection) == {one.id: 2, other.id: 1}
    for number in range(MOST_NETWORKS):
        tokens.note_use(connection, one.id, b"%d" % number, NOON)
    assert tokens.networks(connection) == {one.id: MOST_NETWORKS, other.id: 1}


def test_a_new_secret_begins_with_a_clean_slate(connection: Connection) -> None:
    one = tokens.create(connection, "anna", "k1", b"1", NOON, NOON + hours(9))
    other = tokens.create(connection, "ben", "k2", b"2", NOON, None)
    for each in (one, other):
        tokens.note_use(connection, each.id, b"a", NOON)
    tokens.rotate(connection, one.id, b"new", None)
    found = tokens.by_key(connection, "k1")
    assert found is not None
    assert (found.id, found.name, found.secret, found.expires_at, found.last_used, found.created_at) == (
        one.id, "anna", b"new", None, None, NOON,
    )  # fmt: skip
    assert tokens.networks(connection) == {other.id: 1}


def test_a_key_is_looked_up_by_an_index_and_gives_one_row_either_way(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        tokens.create(connection, "anna", "k1", b"1", NOON, None)
    asked = [plans(engine, lambda connection, key=key: tokens.by_key(connection, key)) for key in ("k1", "none")]
    assert asked[0] == asked[1]
    assert "USING INDEX sqlite_autoindex_tokens_1 (key=?)" in asked[0]
    with reading(engine) as connection:
        assert tokens.by_key(connection, "none") is None
    engine.dispose()
