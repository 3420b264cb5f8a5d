"""The table of sources: pages of it, filters, and how many are in which state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from db.engine import Connection, writing
from db.records import NEVER, PollRecord
from db.store import register, schedule, sources
from tests.desk import NOON, hours, new_engine

POLL = PollRecord(source_id=0, at=NOON, outcome="stored", due_at=NOON, reason="interval")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """Sources a to h: b fails, c is stale, d is paused and failed before, e is removed, f has no kind, g is a path."""
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        for name in "abcdeh":
            kind = "page" if name == "h" else "feed"
            sources.add(connection, name, {"kind": kind, "url": f"https://{name}.Example/100%_of"}, NOON)
        sources.add(connection, "f", {"url": "https://f.example/"}, NOON)
        sources.add(connection, "g", {"kind": "seed", "path": "Seeds/harbour"}, NOON)
        ids = {one.name: one.id for one in sources.every(connection)}
        states = {"a": None, "b": "failing", "c": "stale", "d": "failing", "e": "failing", "h": "ok"}
        polls = [replace(POLL, source_id=ids[name], state=state) for name, state in states.items()]
        schedule.finish(connection, polls)
        sources.pause(connection, ids["d"])
        sources.remove(connection, "e")
        yield connection
    engine.dispose()


def page(connection: Connection, **how: object) -> str:
    found = register.page(connection, **({"limit": 99} | how))  # type: ignore[arg-type]
    return "".join(one.name for one in found)


def test_states_are_counted_as_people_see_them(connection: Connection) -> None:
    assert register.counts(connection) == {"ok": 4, "failing": 1, "stale": 1, "paused": 1}


def test_pages_follow_one_another_in_both_directions(connection: Connection) -> None:
    assert page(connection) == "abcdfgh"
    assert page(connection, limit=3) == "abc"
    assert page(connection, limit=3, after="c") == "dfg"
    assert page(connection, limit=3, after="g") == "h"
    assert page(connection, limit=3, before="h") == "dfg"
    assert page(connection, limit=3, before="b") == "a"
    assert page(connection, limit=3, before="a") == page(connection, after="h") == ""
    assert page(connection, limit=2, after="e") == "fg", "a name that is gone still parts the others"


def test_a_page_of_what_is_looked_for(connection: Connection) -> None:
    assert page(connection, states=["failing", "stale"]) == "bc"
    assert page(connection, states=["paused"]) == "d"
    assert page(connection, states=["none"]) == ""
    assert page(connection, kind="feed") == "abcdf"
    assert page(connection, kind="seed") == "g"
    assert page(connection, text="EXAMPLE/1") == "abcdh"
    assert page(connection, text="%_") == "abcdh", "what stands for any letter elsewhere stands for itself"
    assert page(connection, text="_1") == ""
    assert page(connection, text="seeds/H") == "g"
    (moved,) = [one.id for one in sources.every(connection) if one.name == "f"]
    schedule.finish(connection, [replace(POLL, source_id=moved, url="https://new.example/f")])
    assert page(connection, text="NEW.example") == page(connection, text="//f.example") == "f"
    assert page(connection, text="example", kind="feed", states=["ok"], limit=1, after="a") == "f"
    assert page(connection, text="example", kind="feed", before="f", limit=2) == "cd"


def test_what_is_polled_next(connection: Connection) -> None:
    ids = {one.name: one.id for one in sources.every(connection)}
    due = {"h": NOON - hours(1), "a": NOON + hours(1), "b": NOON + hours(3), "c": NEVER, "d": NOON - hours(9)}
    schedule.reschedule(connection, {ids[name]: (moment, "test") for name, moment in due.items()})
    assert [one.name for one in register.next_due(connection, 9)] == ["h", "f", "g", "a", "b"]
    assert [one.name for one in register.next_due(connection, 2)] == ["h", "f"]


def test_what_is_polled_now(connection: Connection) -> None:
    assert register.claimed(connection) == 0
    schedule.claim(connection, [1, 2], lease="x", until=NOON + hours(1))
    assert register.claimed(connection) == 2
