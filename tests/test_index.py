"""The full-text index: what a row of it is, and that it keeps in step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, update

from db import index
from db.engine import Connection, Engine, reading, writing
from db.models import Entry
from db.records import Access, Query, Withdrawal, WithdrawnBy
from db.store import withdrawals
from db.store.search import matching
from feeds.query import parse
from tests.desk import BODY, MARKER, NOON, new_engine, only, record, tell

MOMENTS = st.datetimes(datetime(1901, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants them bare
IDS = st.integers(1, index.IDS - 1)


@given(MOMENTS, IDS, MOMENTS, IDS)
def test_rows_are_numbered_by_time_then_the_first_stored_first(
    one: datetime, first: int, other: datetime, second: int
) -> None:
    one, other = one.replace(microsecond=0), other.replace(microsecond=0)
    places = index.place_of(one, first), index.place_of(other, second)
    assert (places[0] < places[1]) is ((one, -first) < (other, -second))
    assert index.place_of(one) <= places[0] < index.place_of(one + timedelta(seconds=1))
    assert list(map(index.entry_at, places)) == [first, second]


@pytest.mark.parametrize("moment", [datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)])
def test_every_time_has_a_number_that_the_database_takes(moment: datetime) -> None:
    assert -(1 << 63) <= index.place_of(moment, 7) < 1 << 63
    assert index.entry_at(index.place_of(moment, 7)) == 7


def test_facets_are_one_word_each_and_no_word_of_a_text() -> None:
    assert index.facet("section", "Foreign Policy") == index.facet("section", "foreign policy")
    assert index.facet("section", "a b") != index.facet("section", "ab")
    assert index.facet("language", "en-GB") == "§languageengb"
    assert " " not in index.facet("language", "a b")


def row(*, access: Access, from_body: bool, language: str | None = "en-GB", withheld: bool = False) -> index.Row:
    authors = ("Ann B.", "Carl")
    return index.row(1, NOON, 3, "Été", from_body, "S", BODY, authors, ("Town",), access.value, language, withheld)


def test_a_row() -> None:
    place, title, summary, body, author, facets = row(access=Access.FREE, from_body=False)
    assert (place, title, summary, author) == (index.place_of(NOON, 1), "ete", "s", "ann b  § carl")
    assert body.split()[:3] == ["the", "council", "approved"]
    assert set(facets.split()) == {
        "§source3", "§accessfree", index.facet("section", "Town"), "§languageen", "§languageengb",
    }  # fmt: skip
    assert "language" not in row(access=Access.FREE, from_body=False, language=None)[5]


def test_a_language_is_found_by_each_beginning_of_its_tag() -> None:
    facets = row(access=Access.FREE, from_body=False, language="zh-Hans-CN")[5].split()
    assert [one for one in facets if "language" in one] == [
        index.facet("language", tag) for tag in ("zh", "zh-hans", "zh-hans-cn")
    ]


@pytest.mark.parametrize(("access", "title"), [(Access.PREMIUM, ""), (Access.METERED, "ete")])
def test_a_title_of_a_gated_body_is_none(access: Access, title: str) -> None:
    assert row(access=access, from_body=True)[1] == title


def test_what_is_withheld_is_marked_and_shows_no_title_of_its_body() -> None:
    _, title, *_, facets = row(access=Access.UNKNOWN, from_body=True, withheld=True)
    assert title == ""
    assert {index.WITHHELD_FACET, "§accessunknown"} <= set(facets.split())


def found(engine: Engine, query: str) -> list[int]:
    with reading(engine) as connection:
        return matching(connection, parse(query), limit=10)


def sound(connection: Connection) -> bool:
    """Whether the index holds what an index made anew would."""
    connection.exec_driver_sql("INSERT INTO search (search) VALUES ('integrity-check')")
    terms = "SELECT term, doc, col, offset FROM temp.terms ORDER BY 1, 2, 3, 4"
    connection.exec_driver_sql("CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab(main, search, instance)")
    stands = connection.exec_driver_sql(terms).all()
    index.fill(connection)
    return stands == connection.exec_driver_sql(terms).all() != []


def test_the_index_follows_every_change(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record("Old headline", guid="1", text=BODY, sections=("Town",)))
    entry = only(engine)
    assert found(engine, "old council section:town source:harbour access:unknown language:en") == [entry.id]
    later = NOON + timedelta(hours=1)
    tell(engine, "a", record("New headline", guid="1", text="Quite other words.", sections=("Sea",)), now=later)
    assert found(engine, "new other section:sea") == [entry.id]
    assert found(engine, "old") == found(engine, "council") == found(engine, "section:town") == []
    tell(
        engine, "a", record("New headline", guid="1", text="Quite other words.", sections=("Sea",), evidence=(MARKER,)),
        now=later + timedelta(hours=1),
    )  # fmt: skip
    assert (found(engine, "access:premium"), found(engine, "access:unknown")) == ([entry.id], [])
    with writing(engine) as connection:
        assert sound(connection)


def test_what_is_changed_or_removed_by_hand_keeps_in_step(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(f"Headline {1}", text="one two"), record("Headline 2", text="one three"))
    with writing(engine) as connection:
        before = index.standing(connection, [1, 2, 99])
        connection.execute(update(Entry).where(Entry.id == 1).values(text="four"))
        connection.execute(delete(Entry).where(Entry.id == 2))
        index.renew(connection, before)
        assert sound(connection)
    assert (found(engine, "four"), found(engine, "one"), found(engine, "headline")) == ([1], [], [1])


def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record())
    with writing(engine) as connection:
        written = connection.exec_driver_sql("SELECT total_changes()").scalar()
        index.renew(connection, index.standing(connection, [1]))
        index.renew(connection, index.standing(connection, []))
        assert connection.exec_driver_sql("SELECT total_changes()").scalar() == written


def test_an_index_is_made_anew_of_what_is_stored(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", *(record(f"Headline number {number}", position=number) for number in range(20)))
    with writing(engine) as connection:
        stood = matching(connection, Query(), limit=None)
        assert len(stood) == 20
        assert sound(connection)
        assert matching(connection, Query(), limit=None) == stood


def test_an_index_that_misses_an_entry_or_has_one_too_many_is_found(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record("One", guid="1"), record("Two", guid="2"))
    with writing(engine) as connection:
        assert index.verify(connection) == []
        (stood,) = index.standing(connection, [1]).values()
        withdrawals.save(connection, 1, Withdrawal(NOON, WithdrawnBy.PERSON, ""))
        assert index.verify(connection) == []
        assert stood is not None
        index.add(connection, [stood])
        (finding,) = index.verify(connection)
    assert finding.startswith("the index has 2 rows for 1 entries; ")


def test_an_index_that_these_rules_made_is_made_again_on_demand_only(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record())
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO search (search) VALUES ('delete-all')")
        index.ensure(connection)
        assert matching(connection, parse("ferry"), limit=2) == []
        index.ensure(connection, anew=True)
        assert matching(connection, parse("ferry"), limit=2) == [1]
