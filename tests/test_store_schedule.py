"""The schedule: what is due, who polls it, and what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from db.engine import reading, writing
from db.models import Poll
from db.records import NEVER, Pace, PollRecord, SourceRecord
from db.store import schedule, sources
from tests.desk import NOON, hours, new_engine, plans

LEASE = NOON + timedelta(minutes=15)


def add(connection: Connection, **urls: str) -> dict[str, int]:
    """Sources by name and address, a bare word being a local path; returns their ids."""
    for name, url in urls.items():
        options: dict[str, object] = {"url": url} if "://" in url else {"path": url}
        sources.add(connection, name, options, NOON)
    return {one.name: one.id for one in sources.every(connection)}


def due_at(connection: Connection, name: str) -> datetime:
    return next(one.due_at for one in sources.every(connection) if one.name == name)


def claim(connection: Connection, now: datetime = NOON, **how: object) -> list[str]:
    given = {"limit": 10, "per_host": 10, "lease": "mine"} | how
    taken = schedule.claim_due(connection, now, until=LEASE, **given)  # type: ignore[arg-type]
    return [one.name for one in taken]


def polled(source_id: int, **over: object) -> PollRecord:
    made = PollRecord(source_id=source_id, at=NOON, outcome="stored", due_at=NOON + hours(5), reason="interval")
    return replace(made, **over)  # type: ignore[arg-type]


def names(found: list[SourceRecord]) -> list[str]:
    return [one.name for one in found]


def test_local_paths_and_addresses_are_apart(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        ids = add(connection, z="folder", y="other", a="https://a.example/", b="https://b.example/")
        schedule.finish(connection, [polled(ids["y"]), polled(ids["a"])])
        assert names(schedule.local(connection, NOON)) == ["z"]
        assert names(schedule.local(connection, NOON, everyone=True)) == ["y", "z"]
        assert names(schedule.local(connection, NOON, names=["y", "a"])) == ["y"]
        assert schedule.remote(connection) == [(ids["b"], "b", "b.example"), (ids["a"], "a", "a.example")]
        assert schedule.remote(connection, names=["a", "y"]) == [(ids["a"], "a", "a.example")]
        assert schedule.count_due(connection, NOON) == 1
        assert schedule.count_due(connection, NOON + hours(5)) == 2


def test_what_is_gone_is_asked_by_name_alone(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        ids = add(connection, a="https://a.example/")
        schedule.finish(connection, [polled(ids["a"], outcome="failed", due_at=NEVER)])
        assert schedule.remote(connection) == []
        assert schedule.remote(connection, names=["a"]) == [(ids["a"], "a", "a.example")]
        assert claim(connection, NOON + timedelta(days=3650)) == []


def test_a_claim_is_for_one(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        add(connection, a="https://a.example/", b="https://b.example/", c="https://c.example/")
        assert claim(connection, limit=2) == ["a", "b"]
        assert claim(connection) == ["c"]
        assert claim(connection) == []
        assert claim(connection, LEASE - timedelta(seconds=1)) == []
        # Whoever had them is gone.
        assert claim(connection, LEASE, lease="other") == ["a", "b", "c"]


def test_one_host_does_not_eat_a_batch(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        add(connection, **{f"a{number}": f"https://big.example/{number}" for number in range(9)})
        add(connection, b="https://b.example/")
        assert claim(connection, per_host=3, limit=5) == ["a0", "a1", "a2", "b"]
        assert claim(connection, per_host=3, busy={"big.example"}) == []
        assert claim(connection, per_host=3) == ["a3", "a4", "a5"]


def test_paused_and_removed_sources_are_nobodys(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        add(connection, a="https://a.example/")
        sources.add(connection, "paused", {"url": "https://b.example/", "enabled": False}, NOON)
        sources.remove(connection, "a")
        assert claim(connection) == []
        assert schedule.remote(connection, names=["a", "paused"]) == []


def test_what_was_claimed_and_not_polled_is_due_as_before(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        ids = add(connection, a="https://a.example/", b="https://b.example/")
        (one, two) = schedule.claim(connection, [ids["b"], ids["a"], 99], lease="mine", until=LEASE)
        assert (one.name, one.due_at, two.name) == ("b", NOON, "a")
        assert schedule.held(connection, [ids["a"], ids["b"]], "mine") == {ids["a"], ids["b"]}
        schedule.release(connection, {ids["a"]: two.due_at}, "other")
        assert due_at(connection, "a") == LEASE
        schedule.release(connection, {ids["a"]: two.due_at}, "mine")
        schedule.release(connection, {}, "mine")
        assert due_at(connection, "a") == NOON
        assert schedule.held(connection, [ids["a"], ids["b"]], "mine") == {ids["b"]}


def test_the_outcomes_of_polls(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)

    def finish(**over: object) -> SourceRecord:
        with writing(engine) as connection:
            ids = add(connection, a="https://a.example/")
            schedule.finish(connection, [polled(ids["a"], **over)])
            return sources.every(connection)[0]

    pace = Pace(ttl=60, skip_days=(6,))
    stored = finish(etag='"1"', last_modified="monday", new=3, updated=2, unchanged=1, skipped=4, pace=pace)
    assert (stored.outcome, stored.last_success, stored.reason) == ("stored", NOON, "interval")
    assert (stored.due_at, stored.pace, stored.url) == (NOON + hours(5), pace, None)
    later = NOON + hours(1)
    failed = finish(at=later, outcome="failed", error="timeout", failures=1, etag='"2"')
    assert (failed.etag, failed.last_modified, failed.last_success, failed.last_poll) == ('"1"', "monday", NOON, later)
    assert (failed.error, failed.failures, failed.pace) == ("timeout", 1, pace)
    put_off = finish(at=later, outcome="deferred", error="timeout", failures=1, etag='"4"')
    assert (put_off.etag, put_off.last_success) == ('"1"', NOON)
    quiet = finish(at=NOON + hours(2), outcome="unchanged", etag='"3"', url="https://b.example:8443/feed")
    assert (quiet.etag, quiet.last_modified, quiet.error, quiet.failures) == ('"3"', None, None, 0)
    assert (quiet.url, quiet.host) == ("https://b.example:8443/feed", "b.example:8443")
    with reading(engine) as connection:
        polls = connection.execute(select(Poll.outcome, Poll.new, Poll.updated, Poll.skipped, Poll.error)).all()
    assert [tuple(row) for row in polls] == [("stored", 3, 2, 4, None), ("failed", 0, 0, 0, "timeout")]


def test_what_a_poll_tells_of_the_answer_stays_until_another_does(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)

    def finish(**over: object) -> tuple[object, ...]:
        with writing(engine) as connection:
            ids = add(connection, a="https://a.example/")
            schedule.finish(connection, [polled(ids["a"], **over)])
            one = sources.every(connection)[0]
        return one.state, one.stale_at, one.ms, one.status, one.size, one.headers

    headers = (("Content-Type", "text/xml"), ("ETag", '"1"'))
    assert finish() == ("ok", None, None, None, None, ())
    told = finish(state="slow", stale_at=LEASE, ms=900, status=200, size=40, headers=headers)
    assert told == ("slow", LEASE, 900, 200, 40, headers)
    # A poll of which nobody judges, or that no answer came to, says nothing of either.
    assert finish(stale_at=NOON, status=500, size=1) == told
    assert finish(state="failing") == ("failing", None, 900, 200, 40, headers)
    assert finish(ms=5, status=304) == ("failing", None, 5, 304, None, headers)
    assert finish(headers=()) == ("failing", None, 5, 304, None, ())
    with reading(engine) as connection:
        rows = connection.execute(select(Poll.ms, Poll.status, Poll.size).order_by(Poll.id)).all()
    assert rows[1] == (900, 200, 40)
    assert rows[4] == (5, 304, None)


def test_who_was_asked_lately(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        schedule.note_asked(connection, [("a.example", 100), ("a.example", 101), ("b.example", 90)], 0)
        assert schedule.recent(connection, 91, 200) == {"a.example": [100, 101]}
        assert schedule.recent(connection, 91, 100) == {"a.example": [100]}
        schedule.note_asked(connection, [("b.example", 160)], 101)
        assert schedule.recent(connection, 0, 200) == {"a.example": [101], "b.example": [160]}


def test_hosts_of_what_is_claimed(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        add(connection, a="https://a.example/1", b="https://a.example/2", c="folder", d="https://d.example/")
        claim(connection, limit=3)
        assert schedule.claimed_hosts(connection, NOON) == {"a.example": 2, "d.example": 1}
        assert schedule.claimed_hosts(connection, NOON + timedelta(days=1)) == {}


def test_a_claim_makes_nothing_due_before_it_was(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tomorrow = NOON + timedelta(days=1)
    with writing(engine) as connection:
        ids = add(connection, a="https://a.example/", b="https://b.example/", c="https://c.example/")
        schedule.finish(connection, [polled(ids["b"], due_at=tomorrow), polled(ids["c"], due_at=NEVER)])
        found = schedule.claim(connection, list(ids.values()), lease="x", until=NOON + hours(1))
        assert {each.name for each in found} == {"a", "b", "c"}
        assert schedule.take_over(connection, NOON, NOON + hours(1)) == 3
        assert [due_at(connection, name) for name in "abc"] == [NOON, tomorrow, NEVER]


def test_a_host_that_is_shut_is_asked_nothing(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    later = NOON + hours(1)
    with writing(engine) as connection:
        ids = add(
            connection,
            a="https://a.example/1",
            b="https://a.example/2",
            c="https://a.example/3",
            d="https://d.example/",
        )
        schedule.finish(connection, [polled(ids["c"], due_at=NOON + hours(2))])
        schedule.claim(connection, [ids["a"]], lease="x", until=NOON + hours(0.5))
        schedule.shut(connection, "a.example", later)
        assert [due_at(connection, name) for name in "abc"] == [NOON + hours(0.5), later, NOON + hours(2)]
        assert due_at(connection, "d") < later


def test_due_sources_use_their_index(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        add(connection, a="https://a.example/", b="folder")
    later = NOON + timedelta(days=1)

    def claimed(connection: Connection) -> None:
        schedule.claim_due(connection, later, lease="x", until=later, limit=5, per_host=5, busy={"c.example"})

    for ask in (lambda connection: schedule.local(connection, later), claimed):
        plan = plans(engine, ask)
        assert "ix_source_state_due_at (due_at<?)" in plan
        assert "SCAN source_state" not in plan
    plan = plans(engine, lambda connection: schedule.late(connection, "stale", later, 5))
    assert "ix_source_state_stale_at (stale_at" in plan
    assert "SCAN source_state" not in plan
    plan = plans(engine, lambda connection: schedule.late_no_more(connection, ["a"], later))
    assert "SCAN" not in plan


def test_what_was_declared_by_a_clock_that_was_ahead_is_due(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        ids = add(connection, a="https://a.example/", b="https://b.example/", c="https://c.example/")
        claim(connection, limit=1, lease="other")
        earlier = NOON - hours(5)
        assert schedule.astray(connection, earlier) == {ids["b"]: earlier, ids["c"]: earlier}
        schedule.bring_back(connection, {ids["b"]: earlier}, earlier)
        assert due_at(connection, "b") == earlier
        # It was never polled, and is not said to be.
        assert {one.name: one.last_poll for one in sources.every(connection)}["b"] is None
