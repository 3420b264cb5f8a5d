"""What a document names no more: taken back where one can be sure, and never where the document is odd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from db.engine import Connection, Engine, reading, writing
from db.records import ALL_SECTIONS, EntryRecord, Tombstone, VanishedRecord, WithdrawnBy
from db.store import archives, incidents, revisions, sections, sources, withdrawals
from feeds import absence, ingest
from feeds.absence import CONFIRMED, CONFIRMED_FOR, KIND, Seen, judge
from feeds.ingest import Saying, Tally, store
from tests import desk
from tests.desk import BODY, NOON, PREFIX, hours, new_engine, record, tell

HOUR = hours(1)


def dated(number: int, **over: object) -> EntryRecord:
    """The entry number `number` of a feed, an hour after the one before it."""
    at = NOON - hours(100) + hours(number)
    given = {"title": f"Entry number {number}", "url": f"https://news.example/{number}", "published": at, **over}
    return record(**given)  # type: ignore[arg-type]


def feed(*numbers: int) -> list[EntryRecord]:
    return [dated(number) for number in numbers]


def stones(connection: Connection, section_id: int = ALL_SECTIONS) -> list[Tombstone]:
    """What the archives of a section tell of as taken back."""
    months = sorted(month for each, month in archives.months(connection) if each == section_id)
    return [one for month in months for one in archives.withdrawn(connection, section_id, month)]


def say(engine: Engine, numbers: Sequence[int], now: datetime, *, partial: bool = False, name: str = "feed") -> Tally:
    with writing(engine) as connection:
        one = replace(desk.document(name, *feed(*numbers), moment=now), partial=partial)
        return store(connection, [Saying(desk.source_id(connection), "harbour", one)], prefix=PREFIX, now=now)[0]


def gone(engine: Engine) -> dict[int, str]:
    """Numbers of the entries that were taken back -> why."""
    with reading(engine) as connection:
        found = {entry.id: entry for entry in desk.every_entry(connection)}
        return {
            int(found[each].title.rpartition(" ")[2]): one.why
            for each, one in withdrawals.among(connection, list(found)).items()
        }


def troubles(engine: Engine) -> list[tuple[str, str]]:
    with reading(engine) as connection:
        return [(one.kind, one.subject) for one in incidents.opened(connection)]


FULL = range(10, 20)
LESS = [number for number in FULL if number != 15]


def later(read: int) -> list[int]:
    """The same with the entries that came until this read."""
    return [*LESS, *range(20, 20 + read)]


def test_an_entry_that_is_gone_from_the_middle_three_times_is_taken_back(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, FULL, NOON)
    for read in range(1, CONFIRMED):
        say(engine, later(read), NOON + read * HOUR)
        assert gone(engine) == {}
    desk.forget(engine)
    entry = desk.titled(engine, "Entry number 15")
    last = NOON + CONFIRMED * HOUR
    say(engine, later(CONFIRMED), last)
    assert gone(engine) == {15: "gone since 2026-03-02T13:00:00Z from feed, which names older and newer entries"}
    with reading(engine) as connection:
        (taken,) = withdrawals.among(connection, [entry.id]).values()
        (tombstone,) = stones(connection)
        (former,) = revisions.history(connection, entry.id)
    assert (taken.at, taken.by) == (last, WithdrawnBy.SOURCE)
    assert (tombstone.uid, tombstone.at) == (entry.uid, last)
    assert (former.changed, former.title) == (("withdrawn",), entry.title)
    assert "Entry number 15" not in {one.title for one in desk.all_entries(engine)}
    assert desk.owed(engine) == {"*", "Town"}
    assert troubles(engine) == []


def test_reads_within_an_hour_are_not_enough(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, FULL, NOON)
    for read in range(10):
        say(engine, later(read), NOON + timedelta(minutes=6 * read))
    assert gone(engine) == {}
    say(engine, later(10), NOON + CONFIRMED_FOR)
    assert list(gone(engine)) == [15]


def test_a_document_that_says_the_same_again_confirms_it(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, FULL, NOON)
    say(engine, LESS, NOON + HOUR)
    with writing(engine) as connection:
        source = desk.source_id(connection)
        for names in ([], ["another"]):
            ingest.said_again(connection, {source: names}, NOON + 2 * HOUR)
        ingest.said_again(connection, {source: None}, NOON + 2 * HOUR)
        # Once a poll, however often one asks.
        ingest.said_again(connection, {source: None}, NOON + 2 * HOUR)
        assert stones(connection) == []
        ingest.said_again(connection, {source: {"feed"}}, NOON + 3 * HOUR)
        assert len(stones(connection)) == 1


def test_the_newest_entry_is_missed_once_newer_ones_came(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, FULL, NOON)
    for read in range(1, 5):
        say(engine, FULL[:-1], NOON + read * HOUR)
    with writing(engine) as connection:
        ingest.said_again(connection, {desk.source_id(connection): None}, NOON + 5 * HOUR)
    assert gone(engine) == {}
    for read in range(CONFIRMED):
        say(engine, [*FULL[:-1], *range(30, 31 + read)], NOON + (6 + read) * HOUR)
    assert list(gone(engine)) == [19]


def test_what_falls_off_the_end_or_comes_back_in_time_stays(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, FULL, NOON)
    for read in range(1, 6):
        say(engine, range(10 + read, 20 + read), NOON + read * HOUR)
    # Two reads without 20, then one with it; and one that is gone until the end of the feed went past it.
    say(engine, [number for number in range(16, 26) if number not in (17, 20)], NOON + 7 * HOUR)
    say(engine, [number for number in range(16, 27) if number not in (17, 20)], NOON + 8 * HOUR)
    say(engine, range(18, 28), NOON + 9 * HOUR)
    say(engine, [number for number in range(18, 29) if number != 20], NOON + 10 * HOUR)
    say(engine, [number for number in range(18, 30) if number != 20], NOON + 11 * HOUR)
    assert gone(engine) == {}
    say(engine, [number for number in range(18, 31) if number != 20], NOON + 12 * HOUR)
    assert list(gone(engine)) == [20]


def test_what_another_document_names_is_not_taken_back_until_it_names_it_no_more(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, FULL, NOON)
    tell(engine, "list", *feed(14, 15, 16), source="wire", now=NOON)
    for read in range(1, 6):
        say(engine, later(read), NOON + read * HOUR)
    assert gone(engine) == {}
    tell(engine, "list", *feed(16, 17, 18), source="wire", now=NOON + 6 * HOUR)
    say(engine, later(9), NOON + 7 * HOUR)
    assert list(gone(engine)) == [15]


def test_what_is_told_in_the_words_of_another_source_is_that_one_s(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, FULL, NOON)
    tell(engine, "page", dated(15, text=BODY), source="agency", now=NOON)
    tell(engine, "page", *feed(3, 2, 4), source="agency", now=NOON + HOUR)
    for read in range(2, 8):
        say(engine, later(read), NOON + read * HOUR)
    assert gone(engine) == {}


def test_many_at_once_are_an_incident_for_a_day(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, FULL, NOON)
    for read in range(1, 6):
        say(engine, [10, 11, 12, 13, 18, 19, *range(20, 20 + read)], NOON + read * HOUR)
    assert (gone(engine), troubles(engine)) == ({}, [(KIND, "harbour")])
    say(engine, [10, 11, 12, 13, 18, 19, *range(20, 27)], NOON + hours(24))
    assert troubles(engine) == [(KIND, "harbour")]
    say(engine, [10, 11, 12, 13, 18, 19, *range(20, 28)], NOON + hours(25))
    assert troubles(engine) == []


def test_many_one_after_the_other_are_not_taken_back_at_one_time(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, range(10, 17), NOON)
    # Two go in each read, so that four of the last five are missed for the time it takes.
    say(engine, [10, 13, 14, 15, 16], NOON + HOUR)
    say(engine, [10, 15, 16], NOON + 2 * HOUR)
    for read in range(3, 6):
        say(engine, [10, 15, 16], NOON + read * HOUR)
    assert (gone(engine), troubles(engine)) == ({}, [(KIND, "harbour")])


def test_what_is_much_of_what_is_left_is_not_taken_back(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    missing = range(20, 25)
    say(engine, range(10, 31), NOON)
    for read in range(1, CONFIRMED):
        say(engine, [number for number in range(10, 31 + read) if number not in missing], NOON + read * HOUR)
    assert troubles(engine) == []
    say(engine, [19, *range(25, 33)], NOON + CONFIRMED * HOUR)
    assert (gone(engine), troubles(engine)) == ({}, [(KIND, "harbour")])
    with reading(engine) as connection:
        assert withdrawals.vanished_of(connection, [desk_source(engine)]) == []


def test_a_document_without_order_or_times_says_nothing_of_what_it_leaves_out(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, FULL, NOON)
    say(engine, LESS, NOON + HOUR)
    say(engine, [12, *[number for number in LESS if number != 12]], NOON + 2 * HOUR)
    with reading(engine) as connection:
        assert withdrawals.vanished_of(connection, [desk_source(engine)]) == []
    for read in range(3, 8):
        say(engine, later(read), NOON + read * HOUR)
    assert gone(engine) == {}


def desk_source(engine: Engine) -> int:
    with reading(engine) as connection:
        return next(one.id for one in sources.every(connection) if one.name == "harbour")


def test_a_part_that_names_it_first_does_not_keep_it_from_being_restored(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, FULL, NOON)
    for read in range(1, CONFIRMED + 1):
        say(engine, later(read), NOON + read * HOUR)
    say(engine, [15], NOON + 10 * HOUR, partial=True)
    assert list(gone(engine)) == [15]
    say(engine, FULL, NOON + 11 * HOUR)
    assert gone(engine) == {}


def test_it_is_restored_where_a_whole_document_names_it_again(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, FULL, NOON)
    for read in range(1, CONFIRMED + 1):
        say(engine, later(read), NOON + read * HOUR)
    assert list(gone(engine)) == [15]
    say(engine, FULL, NOON + 10 * HOUR, partial=True, name="archive")
    assert list(gone(engine)) == [15]
    desk.forget(engine)
    assert say(engine, FULL, NOON + 20 * HOUR) == Tally(updated=1, unchanged=9)
    assert gone(engine) == {}
    entry = desk.titled(engine, "Entry number 15")
    assert (entry.updated, entry.withdrawal) == (NOON + 20 * HOUR, None)
    assert desk.changes(engine, entry) == [("restored",), ("withdrawn",)]
    assert desk.owed(engine) == {"*", "Town"}


def test_what_a_person_took_back_no_document_brings_back(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, FULL, NOON)
    with writing(engine) as connection:
        found = {entry.title: entry.id for entry in desk.every_entry(connection)}
        entry_id = found["Entry number 15"]
        ingest.withdraw(connection, {entry_id: "gone (410)"}, WithdrawnBy.SOURCE, NOON + HOUR)
        ingest.withdraw(connection, {entry_id: "an error"}, WithdrawnBy.PERSON, NOON + 2 * HOUR)
        ingest.withdraw(connection, {entry_id: "gone (410)"}, WithdrawnBy.SOURCE, NOON + 3 * HOUR)
        ingest.withdraw(connection, {}, WithdrawnBy.SOURCE, NOON)
        (taken,) = withdrawals.among(connection, list(found.values())).values()
    assert (taken.at, taken.by, taken.why) == (NOON + HOUR, WithdrawnBy.PERSON, "an error")
    for read in range(1, CONFIRMED + 1):
        say(engine, later(read), NOON + (read + 3) * HOUR)
    with reading(engine) as connection:
        assert withdrawals.vanished_of(connection, [desk_source(engine)]) == []
    tell(engine, "another", *feed(14, 15), source="agency", now=NOON + 8 * HOUR)
    assert gone(engine) == {15: "an error"}
    with writing(engine) as connection:
        assert ingest.restore(connection, [entry_id, found["Entry number 14"]], NOON + 9 * HOUR) == {entry_id}
        assert ingest.restore(connection, [], NOON) == set()
    assert gone(engine) == {}


def test_it_leads_nobody_and_follows_nobody(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for hour, source in enumerate(("agency", "harbour", "wire")):
        given = record(
            "Minister opens the new bridge",
            source=source,
            url=f"https://{source}.example/1",
            text=BODY,
            sections=(source,),
            dated=NOON + hours(hour),
        )
        tell(engine, "feed", given, source=source)
    ids = {entry.source: entry.id for entry in desk.all_entries(engine)}
    leads = {entry.source: entry.lead for entry in desk.all_entries(engine)}
    assert len(set(leads.values())) == 1
    desk.forget(engine)
    with writing(engine) as connection:
        ingest.withdraw(connection, {ids["agency"]: ""}, WithdrawnBy.PERSON, NOON + hours(5))
        found = {entry.source: entry for entry in desk.every_entry(connection)}
    assert found["agency"].is_lead
    assert found["harbour"].is_lead
    assert found["wire"].lead == found["harbour"].uid
    assert desk.owed(engine) == {"*", "agency", "harbour", "wire"}
    with writing(engine) as connection:
        ingest.restore(connection, [ids["agency"]], NOON + hours(6))
    assert {entry.source: entry.lead for entry in desk.all_entries(engine)} == leads


def test_feeds_do_not_show_it_and_counts_leave_it_out(tmp_path: Path) -> None:
    from db.store.entries import newest

    engine = new_engine(tmp_path)
    say(engine, [1, 2], NOON)
    with writing(engine) as connection:
        (section,) = sections.every(connection)
        found = {entry.title: entry.id for entry in desk.every_entry(connection)}
        one, two = found["Entry number 1"], found["Entry number 2"]
        ingest.withdraw(connection, {two: ""}, WithdrawnBy.PERSON, NOON)
        assert newest(connection, 9) == newest(connection, 9, section_id=section.id) == [one]
        assert sections.counts(connection) == {section.id: 1}
        assert [each.uid for each in stones(connection, section.id)]


# Documents of which nothing may follow


@st.composite
def odd_reads(draw: st.DrawFn) -> list[tuple[list[int], bool]]:
    """Reads of a feed of the entries 10 to 19, each empty, partial, undated in part, or of less than two thirds."""
    found: list[tuple[list[int], bool]] = []
    for _ in range(draw(st.integers(3, 6))):
        match draw(st.sampled_from(["empty", "partial", "few"])):
            case "empty":
                found.append(([], False))
            case "partial":
                found.append((sorted(draw(st.sets(st.sampled_from(FULL)))), True))
            case _:
                found.append((sorted({10, 19, *draw(st.sets(st.sampled_from(FULL), max_size=3))}), False))
    return found


@settings(max_examples=25, deadline=None)
@given(odd_reads())
def test_nothing_is_taken_back_by_documents_that_are_odd(reads: list[tuple[list[int], bool]]) -> None:
    with TemporaryDirectory() as folder:
        engine = new_engine(Path(folder))
        say(engine, FULL, NOON)
        for number, (numbers, partial) in enumerate(reads, 1):
            say(engine, numbers, NOON + number * HOUR, partial=partial)
        assert gone(engine) == {}
        engine.dispose()


TIMES = st.lists(st.none() | st.integers(0, 20).map(lambda number: NOON + number * HOUR), max_size=8)


@given(TIMES, st.sets(st.integers(0, 20)), st.lists(st.integers(0, 20), unique=True), st.integers(0, 12))
def test_only_what_lies_between_is_thought_gone(
    times: list[datetime | None], names: set[int], missing: list[int], before: int
) -> None:
    seen = Seen(
        document_id=1, document="feed", source_id=1, source="n", named=names, times=times, gone=missing, before=before
    )
    published = {each: NOON + each * HOUR for each in missing}
    pending = [
        VanishedRecord(
            document_id=1,
            document="feed",
            source_id=1,
            source="n",
            entry_id=each,
            published=NOON + each * HOUR,
            since=NOON,
            last=NOON,
            reads=1,
        )
        for each in range(30, 33)
    ]
    found = judge(seen, pending, published, NOON + HOUR)
    known = [each for each in times if each is not None]
    for one in found.keep:
        assert one.entry_id not in names or one.entry_id in missing
        assert one.published > min(known)
        assert one.last == NOON + HOUR
    if not times or None in times or (known != sorted(known) and known != sorted(known)[::-1]):
        assert (found.keep, found.odd) == ((), 0)
    if len(found.keep) > 0:
        assert len(found.keep) * absence.PART <= before + len(pending)
    assert {one.entry_id for one in found.forget}.isdisjoint(one.entry_id for one in found.keep)
