"""What documents change in the database, and what they must never change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.engine import reading, writing
from db.records import Access, EntryRecord, Evidence
from db.store import entries, revisions, sections
from feeds.ingest import Saying, Tally, store
from tests import desk
from tests.desk import BODY, MARKER, NOON, UNMARKED, at, hours, new_engine, only, owed, record, tell, titled

URL = "https://news.example/ferry"
LATER = NOON + hours(2)
EDITED = "Council approves the new ferry timetable"
OTHER_BODY = (
    "Residents of the old harbour asked the court to stop the works until the noise has been measured properly."
)


def test_tallies_add_up() -> None:
    assert Tally(1, 2, 3) + Tally(10, 20, 30) == Tally(11, 22, 33)


# The same again


def test_a_document_told_twice_changes_nothing(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    rows = (record(text=BODY, published=NOON), record("Bare headline of a row", position=1, evidence=(MARKER,)))
    assert tell(engine, "a.txt", *rows) == Tally(new=2)
    before = desk.shape(engine)
    desk.forget(engine)
    assert tell(engine, "a.txt", *rows, now=LATER) == Tally(unchanged=2)
    assert (desk.shape(engine), owed(engine)) == (before, set())
    assert [desk.changes(engine, entry) for entry in desk.all_entries(engine)] == [[], []]


def test_rows_that_move_in_the_document_change_nothing(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a.txt", record("First headline here"), record("Second headline there", position=1))
    desk.forget(engine)
    moved = (record("Second headline there"), record("First headline here", position=1))
    assert tell(engine, "a.txt", *moved, now=LATER) == Tally(unchanged=2)
    assert owed(engine) == set()


def test_a_page_drops_a_row_and_names_it_again(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    row, other = record("First headline here"), record("Quite another thing happened", position=1)
    tell(engine, "a.txt", row, other)
    before = desk.shape(engine)
    desk.forget(engine)
    for hour, rows in enumerate([(other,), (row, other), (other,), (row, other)]):
        tally = tell(engine, "a.txt", *rows, now=NOON + hours(hour + 1))
        assert tally == Tally(unchanged=len(rows))
        assert owed(engine) == set()
    assert desk.shape(engine) == before


def test_a_row_that_came_back_may_be_edited(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for hour, rows in enumerate([(record(),), (), (record(),), (record(EDITED),)]):
        tell(engine, "a.txt", *rows, now=NOON + hours(hour))
    assert only(engine).title == EDITED


def test_an_empty_document_withdraws_nothing(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a.txt", record())
    assert tell(engine, "a.txt", now=LATER) == Tally()
    assert only(engine).title == "Council approves the ferry timetable"


# Edits


@pytest.mark.parametrize("text", ["", BODY])
def test_an_edited_headline_keeps_the_entry(tmp_path: Path, text: str) -> None:
    engine = new_engine(tmp_path)
    when = NOON if text else None
    tell(engine, "a.txt", record(text=text, published=when), record("A second row", position=1))
    before = titled(engine, "Council approves the ferry timetable")
    desk.forget(engine)
    edit = (record(EDITED, text=text, published=when), record("A second row", position=1))
    assert tell(engine, "a.txt", *edit, now=LATER) == Tally(updated=1, unchanged=1)
    after = titled(engine, EDITED)
    assert (after.id, after.uid, after.sorted_at, after.place) == (
        before.id,
        before.uid,
        before.sorted_at,
        before.place,
    )
    assert (after.published, after.first_seen) == (before.published, before.first_seen)
    assert after.updated >= before.updated + hours(1)
    assert desk.changes(engine, after) == [("title",)]
    assert owed(engine) == {"*", "Town"}
    with reading(engine) as connection:
        (former,) = revisions.history(connection, after.id)
    assert (former.title, former.updated, former.replaced_at) == (before.title, before.updated, LATER)


def test_either_headline_finds_an_edited_entry(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a.txt", record())
    tell(engine, "a.txt", record(EDITED), now=LATER)
    tell(engine, "b.txt", record(sections=("Sea",)), now=NOON + hours(3))
    assert only(engine).sections == ("Town", "Sea") or only(engine).sections == ("Sea", "Town")


def test_both_headlines_of_an_entry_in_one_document_keep_both_sections(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a.txt", record())
    tell(engine, "a.txt", record(EDITED), now=LATER)
    both = (record(EDITED), record(sections=("Sea",), evidence=(MARKER,), position=1))
    tell(engine, "a.txt", *both, now=NOON + hours(3))
    entry = only(engine)
    assert set(entry.sections) == {"Town", "Sea"}
    assert entry.access is Access.PREMIUM


def test_a_row_that_vanished_beside_another_is_no_edit(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a.txt", record(), record("Rates rise", url="https://news.example/1"))
    assert tell(engine, "a.txt", record("Storm breaks the old pier"), now=LATER).new == 1
    assert len(desk.all_entries(engine)) == 3


def test_updated_moves_on_even_where_the_document_claims_an_earlier_time(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL, published=NOON, updated=LATER))
    stamps = [only(engine).updated]
    for number in range(4):
        edit = record(f"Edit {number}", url=URL, published=NOON, updated=NOON)
        tell(engine, "a", edit, now=LATER + hours(1), moment=NOON)
        stamps.append(only(engine).updated)
    assert stamps == sorted(set(stamps))
    assert all(second - first >= hours(1 / 3600) for first, second in pairwise(stamps))
    assert only(engine).published == NOON


def test_a_second_document_of_the_same_second_but_another_poll_moves_updated(tmp_path: Path) -> None:
    """Between two polls of one second the entry was published: `SOURCE_DATE_EPOCH` makes every poll of one second."""
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL, text=BODY), made=set())
    before = only(engine)
    tell(engine, "b", record(url=URL, text=BODY + " Again.", published=NOON), made=set())
    after = only(engine)
    assert (after.text, desk.changes(engine, after)) == (BODY + " Again.", [("body",)])
    assert after.updated > before.updated


def test_a_poll_notes_what_it_made(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    made = {10**9}
    tell(engine, "a", record(url=URL), record("Another headline"), made=made)
    assert made == {10**9} | {entry.id for entry in desk.all_entries(engine)}
    before = at(engine, URL)
    tell(engine, "b", record(EDITED, url=URL, sections=("Sea",), dated=LATER), made=made)
    assert at(engine, URL).updated == max(before.updated, LATER)
    # What this document said itself and says otherwise now is an edit, whoever has seen it.
    tell(engine, "b", record("Ferries", url=URL, sections=("Sea",), dated=LATER), made=made)
    assert at(engine, URL).updated > LATER


def test_a_document_of_tomorrow_changes_what_it_changes_today(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL))
    tell(engine, "a", record(EDITED, url=URL), now=LATER, moment=NOON + hours(24 * 365 * 70))
    assert (only(engine).title, only(engine).updated) == (EDITED, LATER)


def test_an_edit_in_the_second_in_which_the_entry_was_made_still_moves_updated(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL))
    before = only(engine)
    tell(engine, "a", record(EDITED, url=URL))
    assert only(engine).updated > before.updated


def test_a_change_that_nobody_reads_makes_no_revision(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL, authors=("Ann",)))
    before = only(engine)
    desk.forget(engine)
    assert tell(engine, "a", record(url=URL, authors=("Ann", "Bob")), now=LATER) == Tally(unchanged=1)
    after = only(engine)
    assert (after.authors, after.updated) == (("Ann", "Bob"), before.updated)
    assert desk.changes(engine, after) == []
    assert owed(engine) == {"*", "Town"}


def test_a_section_in_other_letters_is_the_same_section(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL))
    before = only(engine)
    tell(engine, "a", record(url=URL, sections=("TOWN",)), now=LATER)
    assert (only(engine).updated, desk.changes(engine, before)) == (before.updated, [])


def test_one_document_may_spell_a_section_in_two_ways(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    assert tell(engine, "a", record(), record(sections=("TOWN", "Sea"))) == Tally(new=1)
    assert only(engine).sections == ("Town", "Sea")


def test_a_date_that_comes_later_is_noted_but_moves_nothing(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL))
    before = only(engine)
    tell(engine, "a", record(url=URL, published=NOON - hours(5)), now=LATER)
    after = only(engine)
    assert (after.published, after.sorted_at, after.updated) == (NOON - hours(5), before.sorted_at, before.updated)
    tell(engine, "a", record(url=URL, published=NOON - hours(9)), now=LATER)
    assert only(engine).published == NOON - hours(5)


# Whose words count


def test_a_bare_headline_never_erases_a_body(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL, text=BODY, summary="In short."))
    before = only(engine)
    tell(engine, "b", record("Ferry: what changes", url=URL, sections=("Sea",)), now=LATER)
    tell(engine, "a0", record("Ferries!", source="agency", url=URL, sections=("Sea",)), source="agency", now=LATER)
    after = only(engine)
    assert (after.title, after.text, after.content) == (before.title, before.text, before.content)
    assert set(after.sections) == {"Town", "Sea"}


def test_the_document_of_a_body_may_come_to_list_only_its_headline(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "z", record(url=URL, text=BODY))
    tell(engine, "z", record("Ferry timetable: the headline moved on", url=URL), now=LATER)
    after = only(engine)
    assert (after.title, after.text) == ("Ferry timetable: the headline moved on", BODY)
    assert desk.changes(engine, after) == [("title",)]
    # Nor does another bare headline, whose source sorts first, take the words over.
    tell(engine, "x", record("Ferries!", source="agency", url=URL), source="agency", now=NOON + hours(4))
    assert (only(engine).title, only(engine).text) == ("Ferry timetable: the headline moved on", BODY)


def test_a_shorter_body_is_an_edit(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL, text=BODY))
    tell(engine, "a", record(url=URL, summary="Only a teaser is left."), now=LATER)
    assert (only(engine).text, only(engine).summary) == ("", "Only a teaser is left.")
    assert desk.changes(engine, only(engine)) == [("body",)]


def test_two_sources_that_repeat_their_own_headlines_do_not_flap(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)

    def both(hour: int) -> None:
        # Something in each answer differs every time, so that neither is skipped as known.
        for source, title in (("agency", "The agency's headline"), ("harbour", "The harbour's headline")):
            label = f"hour {hour}"
            one = record(title, source=source, url=URL, label=label)
            tell(engine, "feed", one, source=source, now=NOON + hours(hour))

    both(0)
    settled = only(engine)
    assert settled.title == "The agency's headline"
    for hour in range(1, 5):
        both(hour)
    after = only(engine)
    assert (after.title, after.updated, desk.changes(engine, after)) == (settled.title, settled.updated, [])


@pytest.mark.parametrize("order", [("agency", "harbour"), ("harbour", "agency")])
def test_an_entry_belongs_to_the_source_that_speaks_even_in_equal_words(tmp_path: Path, order: tuple[str, str]) -> None:
    engine = new_engine(tmp_path)
    for source in order:
        tell(engine, "feed", record(source=source, url=URL), source=source)
    assert only(engine).source == "agency"


OTHER = "Storm closes the northern lighthouse road"
SAYINGS: Sequence[tuple[str, str, EntryRecord]] = (
    ("harbour", "day1", record(url=URL, text=BODY, evidence=(UNMARKED,), sections=("Town", "Sea"))),
    ("harbour", "day2", record("Ferry", url=URL, evidence=(MARKER,), sections=("Front",), dated=NOON + hours(1))),
    ("harbour", "day3", record("Ferry!", url=URL, sections=("town", "Money"), updated=NOON + hours(3))),
    ("agency", "feed", record("Ferries", source="agency", url=URL, text=BODY + " Again.", sections=("Money", "Sea"))),
    ("agency", "side", record("Boats", source="agency", url=URL, evidence=(Evidence("unmarked", "", "else"),))),
    ("agency", "copy", record(OTHER, source="agency", url="https://agency.example/2", sections=("World",))),
    ("harbour", "rows", record(OTHER, evidence=(MARKER,), position=4)),
    ("zeitung", "feed", record(OTHER, source="zeitung", url="https://z.example/3", text=OTHER_BODY)),
    ("zweite", "feed", record(OTHER, source="zweite", url="https://y.example/3", text=BODY, dated=NOON + hours(2))),
)


def settled(order: Iterable[int]) -> list[tuple[Any, ...]]:
    """What a fresh database holds after the sayings were read in this order, in one poll."""
    with TemporaryDirectory() as folder:
        engine = new_engine(Path(folder))
        made: set[int] = set()
        for index in order:
            source, name, one = SAYINGS[index]
            tell(engine, name, one, source=source, moment=NOON + hours(index), made=made)
        found = desk.shape(engine)
        engine.dispose()
        return found


@cache
def as_written() -> list[tuple[Any, ...]]:
    return settled(range(len(SAYINGS)))


@given(st.permutations(range(len(SAYINGS))))
@settings(max_examples=15, deadline=None)
def test_the_order_of_reading_does_not_matter(order: list[int]) -> None:
    """The undated entries keep one time each: `sorted_at` is that of the first reading and never moves."""
    assert settled(order) == as_written()


def test_the_settled_words_are_the_expected_ones(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for source, name, one in SAYINGS:
        tell(engine, name, one, source=source)
    (ferry,) = (entry for entry in desk.all_entries(engine) if entry.url == URL)
    assert (ferry.title, ferry.source) == ("Ferries", "agency")
    assert ferry.access is Access.PREMIUM
    assert ferry.sections == ("Money", "Sea", "Town", "Front")
    storms = {entry.source: entry for entry in desk.all_entries(engine) if entry.title == OTHER}
    assert {name: entry.lead == storms["zeitung"].uid for name, entry in storms.items()} == {
        "zeitung": True,
        "agency": True,
        "harbour": True,
        "zweite": False,
    }


def test_a_large_document(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    rows = [record(f"Headline number {number} of many", position=number) for number in range(1500)]
    assert tell(engine, "a", *rows) == Tally(new=1500)
    closed = [record(one.title, position=one.position, evidence=(MARKER,)) for one in rows]
    assert tell(engine, "a", *closed, now=LATER) == Tally(updated=1500)
    assert {entry.access for entry in desk.all_entries(engine)} == {Access.PREMIUM}
    with reading(engine) as connection:
        (town,) = sections.every(connection)
        assert len(entries.newest(connection, 2000, section_id=town.id)) == 1500
    # Replaced as a whole: too much to be edits.
    others = [record(f"Headline number {number} of more", position=number) for number in range(250)]
    assert tell(engine, "a", *others, now=LATER) == Tally(new=250)


def test_a_record_of_two_entries_belongs_to_the_one_of_its_strongest_key(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record("Known by its guid", guid="g"), record("Known by its address", url=URL))
    before = titled(engine, "Known by its address")
    tell(engine, "b", record("Now it has both", url=URL, guid="g"), now=LATER)
    assert titled(engine, "Now it has both").uid == before.uid
    assert len(desk.all_entries(engine)) == 2


def test_items_with_ids_of_their_own_are_never_edits_of_each_other(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "feed", record("Episode 11", guid="11"), record("Episode 12", guid="12"))
    tell(engine, "feed", record("Episode 12", guid="12"), record("Episode 13", guid="13"))
    assert {entry.title for entry in desk.all_entries(engine)} == {"Episode 11", "Episode 12", "Episode 13"}


def test_documents_that_name_one_stored_entry_by_different_keys_follow_each_other(tmp_path: Path) -> None:
    """Both know the entry, by its guid the one, by its address the other: what the first says the second must see."""
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL, guid="g", text=BODY, evidence=(UNMARKED,)))
    marked = record(url="https://news.example/moved", guid="g", text=BODY, evidence=(MARKER,))
    corrected = record(url=URL, text=OTHER_BODY, evidence=(UNMARKED,), source="agency")
    with writing(engine) as connection:
        sayings = [
            Saying(desk.source_id(connection, source), source, desk.document(name, one, moment=LATER))
            for source, name, one in (("harbour", "a", marked), ("agency", "b", corrected))
        ]
        store(connection, sayings, prefix=desk.PREFIX, now=LATER)
    assert (only(engine).access, only(engine).text) == (Access.PREMIUM, OTHER_BODY)
