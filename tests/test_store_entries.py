"""Reading entries: what is known, what feeds show, what a person looks for, and by which index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from db.engine import Engine, reading, writing
from db.records import Access, Enclosure, Precision
from db.store import entries, revisions, saving, sections
from tests import desk
from tests.desk import BODY, MARKER, NOON, PREFIX, UNMARKED, hours, new_engine, only, plans, record, tell, titled

STORY = "Minister opens the new bridge over the river"


def many(engine: Engine, count: int = 40) -> None:
    """Entries an hour apart in two sections, every third premium, every fourth free."""
    rows = [
        record(
            f"Headline number {number} of many",
            url=f"https://news.example/{number}",
            published=NOON - hours(number),
            sections=("Town", "Sea") if number % 2 else ("Town",),
            evidence=(MARKER,) if number % 3 == 0 else (UNMARKED,) if number % 4 == 0 else (),
        )
        for number in range(count)
    ]
    tell(engine, "feed", *rows)


def section_id(engine: Engine, name: str) -> int:
    with reading(engine) as connection:
        return next(one.id for one in sections.every(connection) if one.name == name)


def titles(engine: Engine, ids: list[int]) -> list[str]:
    with reading(engine) as connection:
        found = entries.load(connection, ids)
    return [found[each].title for each in ids]


# One entry


def test_an_entry_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    one = record(
        "“Smörgås” — 漢字 \U0001f6a2",
        url="https://news.example/1",
        summary="In short.",
        text=BODY,
        title_from_body=True,
        published=NOON,
        published_precision=Precision.DAY,
        published_basis="dateline",
        updated=NOON + hours(1),
        label="Photo",
        authors=("Ann", "Bob"),
        categories=("x", "y"),
        enclosures=(Enclosure("https://news.example/a.mp3", "audio/mpeg", 12),),
        sections=("Town", "Sea"),
        evidence=(MARKER, UNMARKED),
    )
    tell(engine, "a", one, now=NOON + hours(2))
    entry = only(engine)
    for name in (
        *("title", "title_from_body", "url", "summary", "content", "text", "published", "published_precision"),
        *("published_basis", "updated", "language", "label", "authors", "categories", "enclosures", "sections"),
        *("access", "evidence"),
    ):
        assert getattr(entry, name) == getattr(one, name), name
    assert entry.uid == PREFIX + one.keys[0].hex()
    assert (entry.source, entry.first_seen, entry.sorted_at) == ("harbour", NOON + hours(2), NOON)
    assert (entry.lead, entry.rule, entry.is_lead, entry.access_override) == (entry.uid, None, True, False)


def test_find_and_load_many(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    rows = [record(f"Headline number {number} of many") for number in range(1201)]
    tell(engine, "a", *rows)
    with reading(engine) as connection:
        found = entries.find(connection, [b"nothing", *(one.keys[0] for one in rows)])
        assert len(found) == 1201
        assert len(entries.load(connection, [*found.values(), 10**9])) == 1201
        shown = entries.show(connection, [*found.values(), 10**9])
        assert {one.title for one in shown.values()} == {one.title for one in rows}
        assert entries.count(connection) == 1201
        assert entries.find(connection, []) == {}
        assert entries.load(connection, []) == {}


def test_by_uid(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(), record("Another headline"))
    uid = titled(engine, "Another headline").uid
    with reading(engine) as connection:
        for given in (uid, uid[-32:], uid[-8:]):
            found = entries.by_uid(connection, given)
            assert found is not None
            assert found.uid == uid
        for given in ("", uid[-7:], "%" * 8, "_" * 8, "x" + uid, uid + "x", uid[:-1]):
            assert entries.by_uid(connection, given) is None


def test_an_id_as_a_whole_is_looked_up_and_ends_are_sought_in_an_index(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record())
    for given in (only(engine).uid, "tag:news.example,2026:none"):
        assert "SCAN" not in plans(engine, lambda connection, uid=given: entries.by_uid(connection, uid))
    ends = plans(engine, lambda connection: entries.by_uid(connection, "0" * 8))
    assert [line for line in ends.splitlines() if "SCAN" in line] == [
        "SCAN entries USING COVERING INDEX sqlite_autoindex_entries_1"
    ]


def test_an_ending_of_two_ids_finds_neither(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(keys=(b"\x01" + bytes(15),)), record("Another", keys=(b"\x02" + bytes(15),)))
    with reading(engine) as connection:
        assert entries.by_uid(connection, "0" * 8) is None
        assert entries.by_uid(connection, "01" + "0" * 30) is not None


def test_what_documents_say(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(evidence=(MARKER,)))
    tell(engine, "b", record(text=BODY, sections=("Sea",)), record("Another"))
    entry = titled(engine, "Council approves the ferry timetable")
    with reading(engine) as connection:
        found = {one.rank: one for one in entries.said_of(connection, [entry.id])[entry.id]}
        (named,) = entries.named_by(connection, [found["0/a"].document_id]).values()
        assert entries.said_of(connection, []) == {}
    assert set(found) == {"0/a", "1/b"}
    assert (found["0/a"].sections, found["0/a"].evidence, found["0/a"].source) == (("Town",), (MARKER,), "harbour")
    assert named == [entry.id]
    tell(engine, "a", record("Storm breaks the old pier"))
    with reading(engine) as connection:
        document_id = found["0/a"].document_id
        assert entry.id not in entries.named_by(connection, [document_id])[document_id]
        assert len(entries.said_of(connection, [entry.id])[entry.id]) == 2


def test_history_is_the_latest_first(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for number in range(3):
        one = record(f"Title {number}", url="https://news.example/1", sections=(f"S{number}",))
        tell(engine, "a", one, now=NOON + hours(number))
    with reading(engine) as connection:
        found = revisions.history(connection, only(engine).id)
    assert [(one.title, one.sections, one.changed, one.replaced_at) for one in found] == [
        ("Title 1", ("S1",), ("title", "sections"), NOON + hours(2)),
        ("Title 0", ("S0",), ("title", "sections"), NOON + hours(1)),
    ]


# Lists


def test_listing_filters(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    many(engine, 12)
    tell(engine, "feed", record(STORY, source="agency", url="https://agency.example/1", text="Straße"), source="agency")

    def numbers(**filters: Any) -> list[str]:
        with reading(engine) as connection:
            return [entry.title.split()[2] for entry in entries.listing(connection, **filters)]

    assert numbers(source="harbour") == [str(number) for number in range(12)]
    assert numbers(source="agency") == ["the"]
    assert numbers(section="SEA") == numbers(section="sea") == ["1", "3", "5", "7", "9", "11"]
    assert numbers(section="none") == []
    assert numbers(access=Access.PREMIUM) == ["0", "3", "6", "9"]
    assert numbers(access=Access.FREE, section="Town") == ["4", "8"]
    assert numbers(limit=2, source="harbour") == ["0", "1"]
    assert numbers(duplicates=True) == []


def test_so_many_copies_of_a_story_are_shown_and_no_more(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    text = " ".join(f"word{number}" for number in range(60))
    told = [record(STORY, url=f"https://harbour.example/{number}", text=text) for number in range(30)]
    tell(engine, "feed", *told)
    with reading(engine) as connection:
        copies = sorted(entries.listing(connection, duplicates=True), key=lambda one: one.uid)
        lead = next(one for one in entries.listing(connection) if one.is_lead)
        assert len(copies) == 29
        (found,) = entries.elsewhere(connection, [lead.id]).values()
    assert found == [(one.url, "harbour") for one in copies[: entries.MOST_ELSEWHERE]]


def test_listing_shows_duplicates(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for source in ("agency", "harbour"):
        one = record(STORY, source=source, url=f"https://{source}.example/1", text=BODY)
        tell(engine, "feed", one, source=source)
    with reading(engine) as connection:
        (follower,) = entries.listing(connection, duplicates=True)
        (lead,) = (one for one in entries.listing(connection) if one.is_lead)
        assert (follower.lead, follower.rule) == (lead.uid, "R2")
        assert entries.elsewhere(connection, [lead.id, 10**9]) == {lead.id: [(follower.url, follower.source)]}


# What feeds show


def test_newest_of_a_section(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    many(engine)
    sea = section_id(engine, "Sea")
    with reading(engine) as connection:
        shown = entries.newest(connection, 3, section_id=sea)
        free = entries.newest(connection, 50, section_id=section_id(engine, "Town"), free=True)
        everything = entries.newest(connection, 100)
        free_of_all = entries.newest(connection, 2, free=True)
        assert entries.newest(connection, 3, section_id=999) == []
    assert titles(engine, shown) == [f"Headline number {number} of many" for number in (1, 3, 5)]
    assert titles(engine, free) == [f"Headline number {number} of many" for number in (4, 8, 16, 20, 28, 32)]
    assert titles(engine, free_of_all) == [f"Headline number {number} of many" for number in (4, 8)]
    assert titles(engine, everything) == [f"Headline number {number} of many" for number in range(40)]


def test_entries_of_one_time_keep_the_order_of_the_document(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", *[record(f"Row {number}", position=number) for number in range(20)])
    with reading(engine) as connection:
        ids = entries.newest(connection, 20)
        assert entries.newest(connection, 20, section_id=section_id(engine, "Town")) == ids
        assert [entry.id for entry in entries.listing(connection)] == ids
    assert titles(engine, ids) == [f"Row {number}" for number in range(20)]


def test_a_lead_stands_in_the_sections_of_those_behind_it_once(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for number, source in enumerate(("agency", "harbour", "zeitung")):
        one = record(
            STORY,
            source=source,
            url=f"https://{source}.example/1",
            text=BODY,
            sections=("World",) if source == "agency" else ("Town",),
            dated=NOON + hours(number),
        )
        tell(engine, "feed", one, source=source)
    tell(engine, "rows", record("Older row", dated=NOON - hours(1)))
    (lead,) = (entry for entry in desk.all_entries(engine) if entry.title == STORY and entry.is_lead)
    with reading(engine) as connection:
        shown = entries.newest(connection, 5, section_id=section_id(engine, "Town"))
        assert shown == [lead.id, titled(engine, "Older row").id]
        # Asked for one, a folded row must not cost the lead's place.
        assert entries.newest(connection, 1, section_id=section_id(engine, "Town")) == [lead.id]
        assert entries.newest(connection, 5) == shown


# By which index


@pytest.mark.parametrize("analysed", [False, True])
@pytest.mark.parametrize("free", [False, True])
def test_feeds_are_read_in_the_order_of_an_index(tmp_path: Path, free: bool, analysed: bool) -> None:
    engine = new_engine(tmp_path)
    many(engine)
    if analysed:
        with writing(engine) as connection:
            connection.exec_driver_sql("ANALYZE")
    section = plans(engine, lambda connection: entries.newest(connection, 5, section_id=1, free=free))
    everything = plans(engine, lambda connection: entries.newest(connection, 5, free=free))
    assert "USING COVERING INDEX ix_entry_sections_order (section_id=?)" in section or (
        "USING INDEX ix_entry_sections_order (section_id=?)" in section
    )
    assert f"INDEX ix_entries_{'free' if free else 'order'}" in everything
    for plan in (section, everything):
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan
        assert "SCAN member" not in plan


def test_the_hot_lookups_use_indexes(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    many(engine)
    ids = list(range(1, 30))
    for ask in (
        lambda connection: entries.find(connection, [bytes(16)] * 3),
        lambda connection: entries.load(connection, ids),
        lambda connection: entries.said_of(connection, ids),
        lambda connection: entries.named_by(connection, [1]),
        lambda connection: entries.elsewhere(connection, ids),
        lambda connection: saving.places_of(connection, ids),
        lambda connection: revisions.history(connection, 1),
    ):
        plan = plans(engine, ask)
        assert "SEARCH" in plan
        # Sources are a handful; a scan of anything else grows with the archive.
        scans = [line for line in plan.splitlines() if line.startswith("SCAN") and line != "SCAN sources"]
        assert scans == []
