"""The outbox: what is owed is delivered once, or tried for a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from db.engine import Connection, writing
from db.records import DeliveryRecord
from db.store.deliveries import (
    ALERT,
    END,
    LEASE,
    TRIES,
    Waiting,
    any_due,
    delivered,
    due,
    failed,
    first_due,
    forget,
    held,
    owe,
    owe_all,
    prune,
    put_back,
    split,
    targets,
    waiting,
)
from tests.desk import NOON, hours, new_engine

KINDS = ("ping",)


def take(connection: Connection, now: datetime = NOON, limit: int = 10) -> list[DeliveryRecord]:
    return due(connection, now, limit, KINDS)


def rows(connection: Connection) -> list[tuple[object, ...]]:
    found = connection.execute(text("SELECT target, attempts, due_at, error FROM deliveries ORDER BY id"))
    return [tuple(row) for row in found]


def test_what_is_owed_is_due_at_its_time_and_gone_once_delivered(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        owe(connection, "ping", "https://hub.example/", {"topic": "a"}, NOON + hours(1))
        assert not any_due(connection, NOON, KINDS)
        assert take(connection) == []
        assert any_due(connection, NOON + hours(1), KINDS)
        (one,) = take(connection, NOON + hours(1))
        assert (one.kind, one.target, one.payload, one.attempts) == ("ping", "https://hub.example/", {"topic": "a"}, 1)
        assert take(connection, NOON + hours(1)) == []
        delivered(connection, one, NOON + hours(1))
        assert rows(connection) == []


def test_equal_ones_are_one_and_come_at_the_earlier_time(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        owe_all(
            connection, "ping", [("h", {"a": 1, "b": 2}), ("h", {"b": 2, "a": 1}), ("h", {"a": 2})], NOON + hours(2)
        )
        owe(connection, "ping", "h", {"a": 1, "b": 2}, NOON)
        owe(connection, "ping", "h", {"a": 1, "b": 2}, NOON + hours(1))
        owe(connection, "other", "h", {"a": 1, "b": 2}, NOON)
        owe_all(connection, "ping", [], NOON)
        assert len(rows(connection)) == 3
        assert [one.payload for one in take(connection)] == [{"a": 1, "b": 2}]


def test_kinds_that_nobody_knows_stay(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        owe(connection, "newer", "h", {}, NOON)
        assert not any_due(connection, NOON + hours(99), KINDS)
        assert take(connection, NOON + hours(99)) == []
        prune(connection, NOON - hours(1), KINDS)
        assert len(rows(connection)) == 1
        owe(connection, "ping", "h", {}, NOON)
        prune(connection, NOON, KINDS)
        assert [one.kind for one in take(connection)] == ["ping"]
        assert len(rows(connection)) == 1


def test_one_that_was_owed_again_while_it_was_said_is_said_again(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        owe(connection, "ping", "h", {}, NOON)
        (first,) = take(connection)
        owe(connection, "ping", "h", {}, NOON)
        assert take(connection) == []
        delivered(connection, first, NOON)
        (again,) = take(connection)
        assert (again.attempts, again.id) == (1, first.id)
        delivered(connection, again, NOON)
        assert rows(connection) == []


def test_what_a_process_that_died_had_taken_comes_again(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        owe(connection, "ping", "h", {}, NOON)
        take(connection)
        assert take(connection, NOON + LEASE - timedelta(seconds=1)) == []
        (again,) = take(connection, NOON + LEASE)
        assert again.attempts == 2


def test_failures_are_tried_less_and_less_for_a_day(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        owe(connection, "ping", "h", {}, NOON)
        now, waits = NOON, []
        for _ in range(TRIES - 1):
            (one,) = take(connection, now)
            assert not failed(connection, one, "HTTP 500", now)
            (row,) = rows(connection)
            then = datetime.fromisoformat(f"{row[2]}+00:00")
            waits.append((then - now).total_seconds())
            assert row[3] == "HTTP 500"
            assert take(connection, then - timedelta(seconds=1)) == []
            now = then
        assert waits == [60, 180, 540, 1620, 4860, 14580, 21600, 21600, 21600]
        assert now - NOON == timedelta(hours=24, minutes=4)
        (last,) = take(connection, now)
        assert failed(connection, last, "HTTP 500", now)
        assert rows(connection) == []


def test_what_is_owed_again_during_the_last_try_has_all_of_them_again(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        owe(connection, "ping", "h", {}, NOON)
        connection.execute(text("UPDATE deliveries SET attempts = :tried"), {"tried": TRIES - 1})
        (last,) = take(connection)
        owe(connection, "ping", "h", {}, NOON)
        assert not failed(connection, last, "HTTP 500", NOON + hours(1))
        (again,) = take(connection, NOON + hours(1))
        assert (again.id, again.attempts, again.version) == (last.id, 1, last.version + 1)


@pytest.mark.parametrize(("asked", "wait"), [(5, 60), (600, 600), (10**6, 21600), (None, 60)])
def test_a_retry_after_is_kept_to(tmp_path: Path, asked: int | None, wait: int) -> None:
    with writing(new_engine(tmp_path)) as connection:
        owe(connection, "ping", "h", {}, NOON)
        (one,) = take(connection)
        failed(connection, one, "HTTP 429", NOON, retry_after=asked)
        assert take(connection, NOON + timedelta(seconds=wait - 1)) == []
        assert len(take(connection, NOON + timedelta(seconds=wait))) == 1


def test_one_that_fails_is_not_hurried_by_what_is_new(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        owe(connection, "ping", "h", {}, NOON)
        (one,) = take(connection)
        failed(connection, one, "HTTP 500", NOON)
        owe(connection, "ping", "h", {}, NOON)
        assert take(connection, NOON + timedelta(seconds=59)) == []


def test_those_that_failed_least_go_first_and_no_more_than_were_asked_for(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        owe(connection, "ping", "bad", {}, NOON)
        (bad,) = take(connection)
        failed(connection, bad, "HTTP 500", NOON)
        owe_all(connection, "ping", [("late", {}), ("later", {})], NOON + hours(2))
        owe(connection, "ping", "early", {}, NOON + hours(1))
        later = NOON + hours(3)
        assert [one.target for one in take(connection, later, limit=3)] == ["early", "late", "later"]
        assert [one.target for one in take(connection, later)] == ["bad"]


def test_what_is_put_back_is_due_and_was_no_try(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        owe(connection, "ping", "h", {}, NOON)
        put_back(connection, take(connection), NOON)
        (one,) = take(connection)
        assert one.attempts == 1
        delivered(connection, one, NOON)
        put_back(connection, [one], NOON)
        assert rows(connection) == []


def test_alerts_are_not_forgotten(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        for kind in (ALERT, END, "newer"):
            owe(connection, kind, "desk", {}, NOON)
        prune(connection, NOON + hours(1), KINDS)
        assert targets(connection, (ALERT,)) == targets(connection, (END,)) == {"desk"}
        assert targets(connection, ("newer",)) == set()
        forget(connection, (ALERT,), "other")
        forget(connection, (ALERT,), "desk")
        assert targets(connection, (ALERT, END)) == {"desk"}
        assert [(one.kind, one.payload, one.attempts) for one in held(connection, END)] == [(END, {}, 0)]


def test_what_waits_is_told_by_target(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        owe(connection, "ping", "a", {"n": 1}, NOON + hours(2))
        owe(connection, "ping", "a", {"n": 2}, NOON)
        owe(connection, "ping", "b", {}, NOON + hours(3))
        (one,) = take(connection)
        failed(connection, one, "HTTP 500", NOON)
        assert waiting(connection, "ping") == {
            "a": Waiting(2, NOON + hours(1 / 60), "HTTP 500"),
            "b": Waiting(1, NOON + hours(3), None),
        }
        assert first_due(connection, "ping") == {"a": NOON + hours(2), "b": NOON + hours(3)}
        assert waiting(connection, "other") == first_due(connection, "other") == {}


def test_a_delivery_that_some_heard_is_owed_to_the_others(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        owe(connection, "ping", "a", {"n": 1}, NOON)
        (one,) = take(connection)
        split(connection, one, {"a/1": "HTTP 500", "a/2": "HTTP 404"}, NOON)
        due_at = NOON + timedelta(minutes=1)
        assert [(row[0], row[1], row[3]) for row in rows(connection)] == [
            ("a/1", 1, "HTTP 500"),
            ("a/2", 1, "HTTP 404"),
        ]
        assert not any_due(connection, due_at - timedelta(seconds=1), KINDS)
        assert [(again.target, again.payload) for again in take(connection, due_at)] == [
            ("a/1", {"n": 1}),
            ("a/2", {"n": 1}),
        ]
