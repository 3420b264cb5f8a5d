"""Sources: in line with the configuration, their schedule, and what became of their polls."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event, update

from db.engine import Connection, Engine, reading, writing
from db.models import Source
from db.records import KnownSource, Pace, PollRecord, SourceRecord
from db.store import schedule, sources
from tests.desk import NOON, hours, new_engine, only, record, source_id, tell

A: dict[str, object] = {"kind": "feed", "url": "https://a.example/", "sections": ["Town"]}
B: dict[str, object] = {"kind": "feed", "url": "https://b.example/"}
LATER = NOON + hours(1)


def declare(engine: Engine, declared: dict[str, dict[str, object]]) -> dict[str, SourceRecord]:
    with writing(engine) as connection:
        sources.declare(connection, declared, LATER)
        return {one.name: one for one in sources.every(connection)}


def finish(engine: Engine, **over: object) -> SourceRecord:
    """Stores a poll of the first source; returns how it stands then."""
    with writing(engine) as connection:
        (first, *_rest) = sources.every(connection)
        poll = PollRecord(source_id=first.id, at=NOON, outcome="stored", due_at=NOON + hours(5), reason="interval")
        schedule.finish(connection, [replace(poll, **over)])  # type: ignore[arg-type]
        return sources.every(connection)[0]


def test_declared_sources_are_due_at_once(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    found = declare(engine, {"b": B, "a": A})
    assert list(found) == ["a", "b"]
    one = found["a"]
    assert (one.origin, one.enabled, one.options, one.due_at, one.failures) == ("config", True, A, LATER, 0)
    assert (one.etag, one.last_poll, one.last_success, one.outcome, one.error) == (None, None, None, None, None)
    with reading(engine) as connection:
        assert sources.declared(connection) == {"a": A, "b": B}


def test_what_did_not_change_keeps_its_schedule(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    declare(engine, {"a": A})
    before = finish(engine, etag='"1"')
    assert declare(engine, {"a": dict(A)}) == {"a": before}


def test_a_changed_source_is_asked_anew(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    declare(engine, {"a": A})
    finish(engine, etag='"1"', last_modified="x", failures=0)
    after = declare(engine, {"a": A | {"enabled": False}})["a"]
    assert (after.due_at, after.etag, after.last_modified, after.enabled) == (LATER, None, None, False)


def test_a_source_that_is_declared_no_more_keeps_its_entries(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    declare(engine, {"harbour": A, "b": B})
    tell(engine, "a", record())
    assert list(declare(engine, {"b": B})) == ["b"]
    assert only(engine).source == "harbour"
    with reading(engine) as connection:
        assert [sources.was_ever(connection, name) for name in ("harbour", "b", "a")] == [True, True, False]
        assert schedule.remote(connection, names=["harbour"]) == []
        assert sources.declared(connection) == {"b": B}
    assert list(declare(engine, {"b": B, "harbour": A})) == ["b", "harbour"]


def test_a_source_added_by_command(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    declare(engine, {"a": A})
    with writing(engine) as connection:
        assert sources.add(connection, "b", B, NOON)
        assert not sources.add(connection, "b", A, NOON)
        assert not sources.add(connection, "a", B, NOON)
    # The configuration does not speak of it, so it does not remove it either.
    assert declare(engine, {"a": A})["b"].origin == "added"
    with writing(engine) as connection:
        sources.remove(connection, "b")
        assert [one.name for one in sources.every(connection)] == ["a"]
        assert sources.add(connection, "b", A, NOON)
        assert sources.every(connection)[1].options == A
    assert declare(engine, {"a": A, "b": A})["b"].origin == "config"


def test_many_sources_added_by_command(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    paused = A | {"enabled": False}
    declare(engine, {"config": A, "gone": A, "paused": paused})
    declare(engine, {"config": A, "paused": paused})
    with writing(engine) as connection:
        assert sources.add_many(connection, {"b": B, "idle": paused}, NOON) == {"b", "idle"}
        assert sources.add_many(connection, {}, NOON) == set()
        again = sources.add_many(connection, dict.fromkeys(("config", "paused", "b", "gone", "idle", "new"), B), LATER)
        assert again == {"gone", "idle", "new"}
        found = {one.name: one for one in sources.every(connection)}
        known = sources.locations(connection)
    assert [(one.name, one.origin, one.due_at, one.options == B) for one in found.values()] == [
        ("b", "added", NOON, True),
        ("config", "config", LATER, False),
        ("gone", "added", LATER, True),
        ("idle", "added", LATER, True),
        ("new", "added", LATER, True),
        ("paused", "config", LATER, False),
    ]
    assert [one.name for one in found.values() if not one.enabled] == ["paused"]
    assert known[2] == KnownSource("gone", "added", True, False, B)
    assert [one.name for one in known] == ["b", "config", "gone", "idle", "new", "paused"]


def test_who_may_have_an_address_already(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    declare(engine, {"a": A, "local": {"path": "seeds"}, "idle": A | {"enabled": False}, "over": A, "z": B})
    declare(engine, {"a": A, "local": {"path": "seeds"}, "idle": A | {"enabled": False}, "z": B})
    finish(engine, url="https://new.example/")
    with reading(engine) as connection:
        known = sources.locations(connection)
    assert [(one.name, one.addresses) for one in known] == [
        ("a", ("https://a.example/", "https://new.example/")),
        ("local", ()),
        ("z", ("https://b.example/",)),
        ("idle", ("https://a.example/",)),
        ("over", ("https://a.example/",)),
    ]


def test_sources_that_come_back_are_asked_anew(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        sources.add(connection, "b", B, NOON)
    finish(engine, etag='"1"', last_modified="monday", failures=3, outcome="stored")
    with writing(engine) as connection:
        sources.remove(connection, "b")
        assert [one.removed for one in sources.locations(connection)] == [True]
        sources.add_many(connection, {"b": A}, LATER)
        (one,) = sources.every(connection)
    assert (one.options, one.due_at, one.etag, one.last_modified, one.failures) == (A, LATER, None, None, 0)


def test_many_sources_cost_a_handful_of_statements(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    many: dict[str, dict[str, object]] = {f"s{number}": B for number in range(2500)}
    said: list[str] = []
    with writing(engine) as connection:
        event.listen(connection, "after_cursor_execute", lambda *given: said.append(given[2]))
        assert len(sources.add_many(connection, many, NOON)) == 2500
        inserted = len(said)
        assert len(sources.every(connection)) == 2500
        connection.execute(update(Source).values(removed=True))
        said.clear()
        assert len(sources.add_many(connection, many, NOON)) == 2500
    assert inserted < 10
    assert len(said) < 10


def test_documents_are_known_by_their_digest(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        one, two = source_id(connection, "a"), source_id(connection, "b")
        first, second = sources.save_documents(connection, [(one, "x", b"1"), (two, "x", b"2")])
        assert first != second
        third, again = sources.save_documents(connection, [(two, "y", b"4"), (one, "x", b"3")])
        assert (again, third) == (first, second + 1)
        assert sources.save_documents(connection, []) == []
        assert sources.digests_of(connection, [one, two]) == {(one, "x"): b"3", (two, "x"): b"2", (two, "y"): b"4"}
        assert sources.digests(connection, one) == {"x": b"3"}
        assert sources.digests(connection, two) == {"x": b"2", "y": b"4"}
        assert sources.digests(connection, 99) == {}


def test_validators_are_forgotten(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    declare(engine, {"a": A})
    stands = finish(engine, etag='"1"', last_modified="monday", settings=b"s")
    assert (stands.etag, stands.settings) == ('"1"', b"s")
    with writing(engine) as connection:
        sources.forget_validators(connection, stands.id)
        (after,) = sources.every(connection)
    assert after == replace(stands, etag=None, last_modified=None, settings=None)


def test_a_source_has_a_name(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        assert sources.name_of(connection, source_id(connection, "zeitung")) == "zeitung"


@pytest.mark.parametrize(
    ("options", "host"),
    [
        ({"url": "https://News.example/feed"}, "news.example"),
        ({"url": "https://news.example:443/feed"}, "news.example"),
        ({"url": "http://news.example:8080/"}, "news.example:8080"),
        ({"url": "http://[::1]:80/"}, "[::1]"),
        ({"url": "http://[::1]:81/"}, "[::1]:81"),
        ({"path": "seeds"}, None),
    ],
)
def test_whose_budget_a_source_is_charged_to(options: dict[str, object], host: str | None) -> None:
    assert sources.host_of(options) == host


def test_a_pace_is_stored_without_what_says_nothing() -> None:
    assert sources.plain_pace(Pace()) == {}
    pace = Pace(ttl=60, skip_hours=(1, 2), newest=NOON, moved_to="https://b.example/", moved_since=LATER, moved_seen=2)
    plain = json.loads(json.dumps(sources.plain_pace(pace)))
    assert set(plain) == {"ttl", "skip_hours", "newest", "moved_to", "moved_since", "moved_seen"}
    assert sources.pace_of(plain) == pace


def test_a_document_moves_with_its_source(tmp_path: Path) -> None:
    with writing(new_engine(tmp_path)) as connection:
        one = source_id(connection, "a")
        sources.save_documents(connection, [(one, "x", b"1"), (one, "y", b"2")])
        sources.move_document(connection, one, "x", "z")
        sources.move_document(connection, one, "z", "y")
        sources.move_document(connection, one, "unknown", "w")
        assert sources.digests(connection, one) == {"z": b"1", "y": b"2"}


def test_documents_without_a_digest_are_read_anew_whatever_they_say(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        one = source_id(connection)
        sources.save_documents(connection, [(one, "listing", b"digest"), (one, "article", b"")])
        assert sources.digests_of(connection, [one]) == {(one, "listing"): b"digest"}
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT source_id, name, digest FROM documents "
            "WHERE source_id IN (1, 2) AND length(digest) > 0"
        ).all()
        assert "ix_documents_compared" in plan[0][3]


# --- what people do to one


def one_of(connection: Connection, name: str) -> SourceRecord:
    found = sources.by_name(connection, name)
    assert found is not None
    return found


def test_a_source_is_found_by_its_name(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    found = declare(engine, {"a": A, "b": B})
    with writing(engine) as connection:
        assert sources.by_name(connection, "a") == found["a"]
        assert sources.by_name(connection, "A") is sources.by_name(connection, "c") is None
        sources.remove(connection, "a")
        assert sources.by_name(connection, "a") is None


def test_what_somebody_paused_stays_so_until_it_is_resumed(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    before = declare(engine, {"a": A, "b": B})["a"]
    with writing(engine) as connection:
        sources.pause(connection, before.id)
        assert one_of(connection, "a") == replace(before, paused=True, enabled=False)
        assert sources.polled(connection, [before.id]) == {}
    other: dict[str, object] = {"kind": "feed", "url": "https://other.example/"}
    found = declare(engine, {"a": other, "b": B | {"enabled": False}})
    assert (found["a"].paused, found["a"].enabled, found["a"].options) == (True, False, other)
    assert (found["b"].paused, found["b"].enabled) == (False, False)
    # So it does where the configuration takes it out and back again.
    assert list(declare(engine, {"b": B})) == ["b"]
    found = declare(engine, {"a": other, "b": B})
    assert (found["a"].paused, found["a"].enabled, found["b"].enabled) == (True, False, True)
    with writing(engine) as connection:
        sources.resume(connection, before.id, found["a"].options, LATER + hours(1))
        after = one_of(connection, "a")
        assert (after.paused, after.enabled, after.due_at, after.reason) == (False, True, LATER + hours(1), "resumed")
        sources.pause(connection, before.id)
        sources.resume(connection, before.id, {"enabled": False}, LATER)
        assert (one_of(connection, "a").paused, one_of(connection, "a").enabled) == (False, False)


def test_a_source_that_is_edited_is_asked_as_if_for_the_first_time(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        sources.add(connection, "a", A, NOON)
    before = finish(engine, etag='"1"', failures=2, url="https://moved.example/", state="stale", stale_at=NOON)
    assert (before.url, before.stale_at) == ("https://moved.example/", NOON)
    with writing(engine) as connection:
        sources.edit(connection, before.id, B, LATER)
        after = one_of(connection, "a")
        assert (after.options, after.origin, after.host, after.due_at) == (B, "added", "b.example", LATER)
        assert (after.etag, after.failures, after.url, after.stale_at) == (None, 0, None, None)
        sources.pause(connection, after.id)
        sources.edit(connection, after.id, A, LATER)
        assert (one_of(connection, "a").paused, one_of(connection, "a").enabled) == (True, False)
        sources.resume(connection, after.id, A, LATER)
        sources.edit(connection, after.id, A | {"enabled": False}, LATER)
        assert (one_of(connection, "a").paused, one_of(connection, "a").enabled) == (False, False)


def test_a_source_that_is_added_once_more_is_awake(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        for name in "ab":
            sources.add(connection, name, A, NOON)
            sources.pause(connection, one_of(connection, name).id)
        sources.remove(connection, "a")
        assert sources.add(connection, "a", B, LATER)
        assert (one_of(connection, "a").paused, one_of(connection, "a").enabled) == (False, True)
        assert sources.add_many(connection, {"b": B}, LATER) == {"b"}
        assert (one_of(connection, "b").paused, one_of(connection, "b").enabled) == (False, True)


def test_sources_that_nobody_polls_are_asked_at_once(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    found = declare(engine, {"a": A, "b": B, "c": B})
    with writing(engine) as connection:
        schedule.claim(connection, [found["b"].id], lease="x", until=LATER + hours(1))
        sources.ask_now(connection, [found["a"].id, found["b"].id], NOON, "asked for")
        sources.ask_now(connection, [], NOON, "asked for")
        stand = {one.name: (one.due_at, one.reason) for one in sources.every(connection)}
    assert stand == {"a": (NOON, "asked for"), "b": (LATER + hours(1), None), "c": (LATER, None)}
