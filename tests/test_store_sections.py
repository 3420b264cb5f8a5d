"""Sections: found by name in any case, one slug each, and which of them owe a feed."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest

from db.engine import Engine, reading, writing
from db.records import ALL_SECTIONS
from db.store import sections
from feeds.slug import slug
from tests.desk import NOON, all_entries, forget, hours, new_engine, owed, plans, record, tell, titled

LATER = NOON + hours(5)


def ensure(engine: Engine, *names: str) -> dict[str, int]:
    with writing(engine) as connection:
        return sections.ensure(connection, names, slug)


def configure(
    engine: Engine, declared: dict[str, str | None], former: dict[str, tuple[str, ...]] | None = None
) -> None:
    with writing(engine) as connection:
        sections.configure(connection, declared, former or {}, slug, LATER)
        assert sections.configured(connection, declared, former or {})


def known(engine: Engine) -> dict[str, str]:
    """Name -> slug."""
    with reading(engine) as connection:
        return {one.name: one.slug for one in sections.every(connection)}


def test_a_section_is_made_once(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    first = ensure(engine, "Politics", "World")
    assert ensure(engine, "POLITICS", "world", "Politics") == first
    assert known(engine) == {"Politics": "politics", "World": "world"}


def test_slugs_that_clash_are_numbered(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    ensure(engine, "A B", "A-B", "a.b")
    assert known(engine) == {"A B": "a-b", "A-B": "a-b-2", "a.b": "a-b-3"}


def test_names_in_two_cases_at_once(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    ensure(engine, "town", "Town", "TOWN")
    assert list(known(engine)) == ["TOWN"]


def test_configuration_moves_names_and_slugs(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    ids = ensure(engine, "POLITICS")
    with reading(engine) as connection:
        assert not sections.configured(connection, {"Politics": None}, {})
        assert sections.configured(connection, {}, {})
    configure(engine, {"Politics": "pol", "Economy": None})
    assert known(engine) == {"Politics": "pol", "Economy": "economy"}
    with reading(engine) as connection:
        assert not sections.configured(connection, {"Politics": "politics"}, {})
    assert ensure(engine, "politics")["politics"] == ids["politics"]
    configure(engine, {"Politics": None})
    assert known(engine)["Politics"] == "pol"


def test_a_configured_slug_wins_over_one_that_was_made(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    ensure(engine, "A B")
    configure(engine, {"X": "a-b"})
    assert known(engine) == {"X": "a-b", "A B": "a-b-2"}


@pytest.mark.parametrize("order", list(permutations(["One", "Two", "Three"])))
def test_slugs_may_change_places(tmp_path: Path, order: tuple[str, ...]) -> None:
    engine = new_engine(tmp_path)
    ensure(engine, "One", "Two", "Three")
    wanted = {"One": "two", "Two": "three", "Three": "one"}
    configure(engine, {name: wanted[name] for name in order})
    assert known(engine) == wanted


def test_a_slug_of_another_s_default(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    configure(engine, {"A B": None, "X": "a-b"})
    assert known(engine) == {"X": "a-b", "A B": "a-b-2"}


def keys(engine: Engine) -> dict[str, str]:
    """Name -> what the ids of its feeds are made of."""
    with reading(engine) as connection:
        return {one.name: one.key for one in sections.every(connection)}


def test_a_renamed_section_keeps_its_feed_and_its_files(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record("One", sections=("Town", "Sea")), record("Two", sections=("sea",)))
    tell(engine, "a", record("Two", sections=("sea",)), now=NOON + hours(1))  # no document names "One" any more
    forget(engine)
    before, moved = keys(engine), {one.title: one.updated for one in all_entries(engine)}
    with reading(engine) as connection:
        assert not sections.configured(connection, {}, {"Harbour": ("SEA",)})
    configure(engine, {"Harbour": None}, {"Harbour": ("SEA", "Coast")})
    assert known(engine) == {"Town": "town", "Harbour": "sea"}
    assert keys(engine) == {"Town": before["Town"], "Harbour": before["sea" if "sea" in before else "Sea"]}
    assert titled(engine, "One").sections == ("Town", "Harbour")
    assert titled(engine, "Two").sections == ("Harbour",)
    # Another name is no news of an entry.
    assert {one.title: one.updated for one in all_entries(engine)} == moved
    assert owed(engine) == {"*", "Harbour"}


def test_what_is_said_of_an_entry_is_renamed_as_well(tmp_path: Path) -> None:
    """Else the next document that speaks of it would bring the old name back."""
    engine = new_engine(tmp_path)
    url = "https://news.example/ferry"
    tell(engine, "a", record(url=url, sections=("Sea",)))
    configure(engine, {"Harbour": None}, {"Harbour": ("Sea",)})
    tell(engine, "b", record(url=url, sections=("Town",)), now=LATER)
    assert sorted(all_entries(engine)[0].sections) == ["Harbour", "Town"]


def test_a_section_that_becomes_part_of_another(tmp_path: Path) -> None:
    many = sections.BATCH + 4
    engine = new_engine(tmp_path)
    tell(engine, "a", *(record(f"No {number}", sections=("Sea", "Town")[number % 2 :]) for number in range(many)))
    tell(engine, "b", record("Boats", sections=("Sea",)))
    forget(engine)
    before = keys(engine)
    configure(engine, {"Town": "town"}, {"Town": ("Sea",)})
    assert (known(engine), keys(engine)) == ({"Town": "town"}, {"Town": before["Town"]})
    assert {one.sections for one in all_entries(engine)} == {("Town",)}
    with reading(engine) as connection:
        assert list(sections.counts(connection).values()) == [many + 1]
    assert owed(engine) == {"*", "Town"}


def test_entries_of_which_no_document_is_left_are_renamed(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record("One", sections=("Sea",)))
    with writing(engine) as connection:
        connection.exec_driver_sql("DELETE FROM documents")
    configure(engine, {"Harbour": None}, {"Harbour": ("Sea",)})
    assert titled(engine, "One").sections == ("Harbour",)


def test_sections_that_become_one_of_a_new_name(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record("One", sections=("Sea",)), record("Two", sections=("Port",)))
    before = keys(engine)
    configure(engine, {"Harbour": None}, {"Harbour": ("Port", "Sea")})
    assert (known(engine), keys(engine)) == ({"Harbour": "port"}, {"Harbour": before["Port"]})


def test_a_name_that_another_had_before_gives_a_key_of_its_own(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    ensure(engine, "Sea")
    configure(engine, {"Harbour": None}, {"Harbour": ("Sea",)})
    ensure(engine, "Sea")
    found = keys(engine)
    assert found["Sea"] != found["Harbour"]
    assert known(engine) == {"Harbour": "sea", "Sea": "sea-2"}


def counts(engine: Engine) -> dict[str, int]:
    with reading(engine) as connection:
        names = {one.id: one.name for one in sections.every(connection)}
        return {names[each]: many for each, many in sections.counts(connection).items()}


def test_counts(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record("One", sections=("Town",)), record("Two", sections=("Town", "Sea")))
    ensure(engine, "Empty")
    assert counts(engine) == {"Town": 2, "Sea": 1}


def test_counts_follow_entries_wherever_they_stand(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record("One", sections=("Town", "Sea")), record("Two", sections=("Sea",)))
    tell(engine, "a", record("One", sections=("Port", "Sea")), record("Two", sections=("Sea",)), now=LATER)
    assert counts(engine) == {"Port": 1, "Sea": 2}
    tell(engine, "a", record("One", sections=()), record("Two", sections=("Sea",)), now=LATER + timedelta(hours=1))
    tell(engine, "b", record("Three", sections=("Port", "Sea")))
    assert counts(engine) == {"Port": 1, "Sea": 2}
    configure(engine, {"Port": None}, {"Port": ("Sea",)})
    assert counts(engine) == {"Port": 2}
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM entry_sections").scalar() == 2


def test_to_count_looks_at_no_entry_but_those_that_were_taken_back(tmp_path: Path) -> None:
    asked = plans(new_engine(tmp_path), sections.counts)
    assert "SEARCH entry_sections USING COVERING INDEX ix_entry_sections_entry_id (entry_id=?)" in asked
    assert "SCAN entry_sections" not in asked


def test_what_is_owed_until_it_was_seen(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        sections.mark(connection, [(3, NOON), (3, NOON), (1, NOON - timedelta(days=9))], NOON)
        seen, first = sections.dirty(connection), sections.first_version(NOON)
        assert seen == {ALL_SECTIONS: first, 1: first, 3: first}
        sections.mark(connection, [(3, NOON - timedelta(days=1))], NOON)
        sections.clean(connection, seen)
        # Changed meanwhile: the publish has not seen it.
        assert sections.dirty(connection) == {ALL_SECTIONS: first + 1, 3: first + 1}
        sections.clean(connection, sections.dirty(connection))
        assert sections.dirty(connection) == {}
        sections.mark_feeds(connection, [], NOON, everything=False)
        assert sections.dirty(connection) == {}
        sections.mark_feeds(connection, [3], NOON, everything=False)
        assert sections.dirty(connection) == {3: first}
        sections.clean(connection, sections.dirty(connection))
        later = NOON + timedelta(seconds=1)
        sections.mark(connection, [], later)
        # None comes a second time, whatever was forgotten between.
        assert sections.dirty(connection) == {ALL_SECTIONS: first + 1_000_000}


def test_since_when_the_oldest_feed_is_owed(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        assert sections.owed(connection) == (None, 0)
        sections.mark_feeds(connection, [7], NOON + hours(1))
        sections.mark_feeds(connection, [8], NOON)
        assert sections.owed(connection) == (NOON, 3)
