"""Subscriptions and what came by them, in the database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from db.engine import Connection
from db.models import Source
from db.records import PushRecord, PushState
from db.store import pushes, sources
from tests.desk import NOON, hours, source_id

HUB, TOPIC = "https://h.example/", "https://n.example/feed"
PUSH = PushRecord(source_id=1, topic=TOPIC, hubs=(HUB,), key="k", secret="s", due_at=NOON)  # noqa: S106


@pytest.fixture
def connection(connection: Connection) -> Connection:
    source_id(connection, "a")
    source_id(connection, "b")
    return connection


def stored(connection: Connection, push: PushRecord) -> PushRecord:
    pushes.add(connection, push)
    found = pushes.by_key(connection, push.key)
    assert found is not None
    return found


def test_a_subscription_is_stored_whole(connection: Connection) -> None:
    push = replace(
        PUSH, hub=HUB, callback="https://d.example/websub/k", state=PushState.ACTIVE, asked_at=NOON, active_since=NOON,
        lease_until=hours(2) + NOON, last_push=NOON, doubted_until=NOON, doubts=2, tries=3, error="x",
    )  # fmt: skip
    found = stored(connection, push)
    assert replace(found, id=0) == push
    assert pushes.load(connection, found.id) == found
    changed = replace(found, state=PushState.ENDED, hubs=(), error=None)
    pushes.save(connection, changed)
    assert pushes.load(connection, found.id) == changed
    pushes.forget(connection, found.id)
    assert pushes.load(connection, found.id) is None
    assert pushes.by_key(connection, "k") is None


def test_a_source_has_one_that_counts(connection: Connection) -> None:
    stored(connection, replace(PUSH, state=PushState.LEAVING))
    stored(connection, replace(PUSH, key="e", state=PushState.ENDED))
    assert pushes.current(connection) == {}
    one = stored(connection, replace(PUSH, key="c"))
    other = stored(connection, replace(PUSH, key="d", source_id=2, state=PushState.DENIED))
    assert pushes.current(connection) == {1: one, 2: other}
    assert pushes.current(connection, [2, 3]) == {2: other}
    assert pushes.current(connection, []) == {}


@pytest.mark.parametrize(
    ("state", "late", "early"),
    [
        # Whether it is due where it is wanted and where not, once its time has come and before.
        (PushState.FOUND, (True, False), (False, False)),
        (PushState.DENIED, (True, False), (False, False)),
        (PushState.ASKED, (True, True), (False, True)),
        (PushState.ACTIVE, (True, True), (False, True)),
        (PushState.LEAVING, (True, True), (False, False)),
        (PushState.ENDED, (True, True), (False, False)),
    ],
)
def test_what_is_due(
    connection: Connection, state: PushState, late: tuple[bool, bool], early: tuple[bool, bool]
) -> None:
    push = stored(connection, replace(PUSH, state=state))
    for now, expected in ((NOON, late), (NOON - hours(1), early)):
        for subscribing, is_due in zip((True, False), expected, strict=True):
            found = [(push, subscribing)] if is_due else []
            assert pushes.due(connection, now, subscribing=subscribing) == found
            assert pushes.any_due(connection, now, subscribing=subscribing) is is_due


@pytest.mark.parametrize("gone", [{"enabled": False}, {"removed": True}])
def test_of_a_source_that_is_not_polled_nothing_is_wanted(connection: Connection, gone: dict[str, bool]) -> None:
    push = stored(connection, replace(PUSH, state=PushState.ACTIVE))
    other = stored(connection, replace(PUSH, key="o", source_id=2, due_at=NOON - hours(1)))
    connection.execute(update(Source).where(Source.name == "a").values(gone))
    assert pushes.due(connection, NOON, subscribing=True) == [(other, True), (push, False)]
    assert set(sources.polled(connection, [1, 2, 3])) == {2}


@pytest.mark.parametrize(
    ("over", "turn"),
    [
        ({}, "a"),
        ({"hub": "a", "tries": 1}, "b"),
        ({"hub": "b", "tries": 1}, "a"),
        ({"hub": "b", "tries": 2}, "a"),
        ({"hub": "gone", "tries": 1}, "a"),
        ({"hub": "b", "state": PushState.ACTIVE, "lease_until": NOON + hours(1)}, "b"),
        ({"hub": "b", "state": PushState.ACTIVE, "lease_until": NOON}, "a"),
        ({"hub": "b", "state": PushState.LEAVING}, "b"),
        ({"hub": "b", "state": PushState.ENDED}, ""),
    ],
)
def test_whose_turn_it_is_not_is_left_out(connection: Connection, over: dict[str, object], turn: str) -> None:
    push = stored(connection, replace(PUSH, hubs=("a", "b"), **over))  # type: ignore[arg-type]
    for full in ("a", "b"):
        found = pushes.due(connection, NOON, subscribing=True, full=[full])
        assert found == ([] if full == turn else [(push, True)])
        assert pushes.any_due(connection, NOON, subscribing=True, full=[full]) is (full != turn)
    assert pushes.due(connection, NOON, subscribing=True, limit=0) == []


def test_how_often_hubs_were_asked(connection: Connection) -> None:
    for number, (hub, at) in enumerate((("x", NOON), ("x", NOON), ("y", NOON - hours(1)), ("z", None))):
        stored(connection, replace(PUSH, key=str(number), hub=hub, asked_at=at))
    assert pushes.asked_since(connection, NOON) == {"x": 2}


def test_documents_wait_in_their_order(connection: Connection) -> None:
    one = stored(connection, PUSH)
    other = stored(connection, replace(PUSH, key="o", source_id=2))
    assert not pushes.waiting(connection, 1, 1)
    assert pushes.waiting(connection, 10, 10) == []
    assert pushes.keep(connection, one, NOON, "text/xml", b"12345", rows=9, size=99)
    assert pushes.keep(connection, other, NOON + hours(1), None, b"678", rows=9, size=99)
    assert pushes.keep(connection, one, NOON + hours(2), None, b"90", rows=9, size=99)
    assert bool(pushes.waiting(connection, 1, 1))
    found = pushes.waiting(connection, 10, 99)
    assert [(row.source_id, row.body) for row in found] == [(1, b"12345"), (2, b"678"), (1, b"90")]
    assert (found[0].topic, found[0].at, found[0].media_type) == (PUSH.topic, NOON, "text/xml")
    latest = pushes.load(connection, one.id)
    assert latest is not None
    assert latest.last_push == NOON + hours(2)
    # As many as are wanted, as long as they may be; but one in any case.
    for rows, size, count in ((2, 99, 2), (10, 8, 2), (10, 7, 1), (10, 1, 1)):
        assert len(pushes.waiting(connection, rows, size)) == count
    pushes.drop(connection, [row.id for row in found[:2]])
    assert pushes.waiting(connection, 10, 99) == found[2:]


def test_one_source_fills_its_own_share_only(connection: Connection) -> None:
    one = stored(connection, PUSH)
    other = stored(connection, replace(PUSH, key="o", source_id=2))
    assert pushes.keep(connection, one, NOON, None, b"123456", rows=2, size=10)
    assert not pushes.keep(connection, one, NOON + hours(1), None, b"78901", rows=2, size=10)
    assert pushes.keep(connection, one, NOON, None, b"7890", rows=2, size=10)
    assert not pushes.keep(connection, one, NOON, None, b"", rows=2, size=10)
    assert pushes.keep(connection, other, NOON, None, b"123456", rows=2, size=10)
    latest = pushes.load(connection, one.id)
    assert latest is not None
    assert latest.last_push == NOON
