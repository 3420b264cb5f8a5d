"""What was stored since somebody looked, by a filter, each story told from its eldest."""

from __future__ import annotations

from pathlib import Path

from db.engine import reading
from db.store import news, search
from feeds.query import parse
from tests.desk import BODY, MARKER, NOON, hours, new_engine, plans, record, tell, titled


def test_only_what_is_new_and_found(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with reading(engine) as connection:
        assert news.newest(connection) == 0
        assert news.since(connection, parse("ferry"), 0, limit=9) == ([], 0)
    tell(engine, "0", record("What it said at first"), now=NOON - hours(1))
    with reading(engine) as connection:
        base = news.newest(connection)
    tell(
        engine,
        "1",
        record("The ferry sails"),
        record("The bridge opens"),
        record("A ferry sinks", dated=NOON - hours(99)),
    )
    with reading(engine) as connection:
        last = news.newest(connection)
        first, _, third = (titled(engine, name).id for name in ("The ferry sails", "The bridge opens", "A ferry sinks"))
        assert news.since(connection, parse("ferry"), base, limit=9) == (sorted([first, third]), last)
        assert news.since(connection, parse("ferry"), first, limit=9) == ([third] if third > first else [], last)
        assert news.since(connection, parse("ferry"), base, limit=1) == ([min(first, third)], min(first, third))
        assert news.since(connection, parse("ferry"), last, limit=9) == ([], last)
        ids, looked = news.since(connection, parse("ferry"), base, limit=9, most=1)
        assert looked == min(
            titled(engine, name).id for name in ("The ferry sails", "The bridge opens", "A ferry sinks")
        )
        assert ids in ([], [looked])
        assert news.since(connection, parse("ferry after:2026-03-01"), base, limit=9)[0] == [first]


def test_gated_bodies_are_not_looked_at(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "1", record("Open", text=BODY), record("Closed", text=f"{BODY} zeppelin", evidence=(MARKER,)))
    with reading(engine) as connection:
        ids = [titled(engine, name).id for name in ("Open", "Closed")]
        assert search.among(connection, parse("council"), ids) == {ids[0]}
        assert search.among(connection, parse("zeppelin"), ids) == set()
        assert search.among(connection, parse("closed"), ids) == {ids[1]}
        assert search.among(connection, parse("closed"), []) == set()


def test_what_is_new_is_found_one_by_one(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "1", record("The ferry sails"))
    plan = plans(engine, lambda connection: news.since(connection, parse("ferry"), 0, limit=9))
    assert "SEARCH entries USING INTEGER PRIMARY KEY (rowid>?)" in plan
    assert "SCAN search VIRTUAL TABLE INDEX 0:=M" in plan


def test_elders_tell_the_same_story(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "1", record("Council approves the ferry timetable", text=BODY, guid="1"))
    tell(engine, "2", record("Council approves the ferry timetable", source="bay", text=BODY, guid="2"), source="bay")
    tell(engine, "3", record("Something else", text="Nothing of it"))
    with reading(engine) as connection:
        last = news.newest(connection)
        assert news.elders(connection, range(1, last + 1)) == {last - 1: {last - 2}}
        assert news.elders(connection, []) == {}


def test_elders_are_found_by_the_index(tmp_path: Path) -> None:
    plan = plans(new_engine(tmp_path), lambda connection: news.elders(connection, [1]))
    assert "SCAN" not in plan
    assert "ix_entries_lead" in plan


def test_what_was_there_before_is_no_news(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "1", record("The ferry of long ago"), record("The ferry of today", published=NOON))
    with reading(engine) as connection:
        assert news.since(connection, parse("ferry"), 0, limit=9)[0] == []
    after = NOON + hours(1)
    tell(
        engine,
        "2",
        record("A new ferry"),
        record("An old ferry", published=NOON - hours(50), url="https://a.example/3"),
        now=after,
    )
    tell(engine, "2", record("A ferry of yesterday", published=NOON - hours(40), url="https://a.example/4"), now=after)
    with reading(engine) as connection:
        found = news.since(connection, parse("ferry"), 0, limit=9)[0]
        assert found == sorted(titled(engine, title).id for title in ("A new ferry", "A ferry of yesterday"))
