"""Writing entries: every row of an entry together, and nothing twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, func, select

from db.engine import writing
from db.models import Entry, EntryKey, EntrySection, Fingerprint, Item, Revision
from db.records import Access, EntryRecord, Evidence, Precision, Revised, Said
from db.store import entries, members, revisions, saving, search, sections
from db.store.sources import save_documents
from feeds.query import parse
from feeds.revise import mint
from feeds.slug import slug
from tests import desk
from tests.desk import BODY, MARKER, NOON, PREFIX, hours, new_engine, only, record

LATER = NOON + hours(2)


def insert(connection: Connection, *records: EntryRecord) -> list[int]:
    names = sections.ensure(connection, {name for one in records for name in one.sections}, slug)
    source = desk.source_id(connection)
    return saving.insert_entries(connection, [(source, mint(one, PREFIX)) for one in records], names, NOON)


def rows(connection: Connection, model: type[object]) -> int:
    return int(connection.scalar(select(func.count()).select_from(model)) or 0)


def test_ids_come_back_in_the_order_given(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    given = [record(f"Headline number {number} of many") for number in (5, 3, 9, 1)]
    with writing(engine) as connection:
        ids = insert(connection, *given)
        found = entries.load(connection, ids)
        assert [found[each].title for each in ids] == [one.title for one in given]
        assert insert(connection) == []


def test_an_entry_without_sections_or_bucket(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        (one,) = insert(connection, record("Weather", sections=("Town",)))
        insert(connection, record("Tides", sections=()))
        bare = change(connection, one, sections=(), changed=("sections",))
        saving.revise_entries(connection, [(None, bare)], {}, LATER)
        assert (rows(connection, EntrySection), rows(connection, Fingerprint)) == (0, 0)


def test_all_rows_of_an_entry(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        insert(connection, record(url="https://news.example/1", guid="g", sections=("Town", "Sea"), text=BODY))
        counted = [rows(connection, model) for model in (Entry, EntryKey, EntrySection, Fingerprint)]
        assert counted == [1, 2, 2, 1]


def test_a_key_keeps_finding_its_first_entry(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        one, two = insert(connection, record("One"), record("Two"))
        key = record("One").keys[0]
        saving.add_keys(connection, [(key, two), (b"k" * 16, two)])
        saving.add_keys(connection, [])
        assert entries.find(connection, [key, b"k" * 16]) == {key: one, b"k" * 16: two}


def said(document_id: int, digest: bytes, *names: str) -> Said:
    return Said(document_id, "harbour", digest, "0/a", names, (MARKER,))


def test_what_a_document_says_is_replaced(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        ids = insert(connection, record("One"), record("Two"))
        source = desk.source_id(connection)
        (document,) = save_documents(connection, [(source, "a", b"d")])
        assert save_documents(connection, [(source, "a", b"e")]) == [document]
        saving.save_items(connection, [(each, said(document, b"1", "Town")) for each in ids])
        saving.save_items(connection, [])
        saving.set_current(connection, [(document, each) for each in ids], current=False)
        saving.set_current(connection, [], current=True)
        assert entries.named_by(connection, [document]) == {document: []}
        assert not entries.said_of(connection, ids)[ids[0]][0].current
        saving.save_items(connection, [(ids[0], said(document, b"2", "Sea"))])
        assert entries.named_by(connection, [document]) == {document: [ids[0]]}
        found = entries.said_of(connection, ids)
        assert [found[each][0].digest for each in ids] == [b"2", b"1"]
        assert found[ids[0]][0].sections == ("Sea",)
        saving.set_current(connection, [(document, ids[1])], current=True)
        assert sorted(entries.named_by(connection, [document])[document]) == sorted(ids)
        assert rows(connection, Item) == 2


def change(connection: Connection, entry_id: int, **over: object) -> Revised:
    before = entries.load(connection, [entry_id])[entry_id]
    made = Revised(
        before=before,
        record=None,
        updated=LATER,
        sections=before.sections,
        access=before.access,
        evidence=before.evidence,
        changed=(),
    )
    return replace(made, **over)  # type: ignore[arg-type]


def test_a_revision_keeps_the_former_version_whole(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        (one,) = insert(connection, record(text=BODY, summary="s", evidence=(MARKER,), sections=("Town", "Sea")))
        ids = sections.ensure(connection, {"Money"}, slug)
        new = record("Another", text=BODY, sections=("Money",))
        edit = change(
            connection, one, record=new, sections=("Money",), access=Access.FREE, changed=("title", "sections")
        )
        saving.revise_entries(connection, [(desk.source_id(connection, "agency"), edit)], ids, LATER)
        (former,) = revisions.history(connection, one)
        stands = list(connection.execute(select(EntrySection.section_id, EntrySection.sorted_at, EntrySection.place)))
        place = entries.load(connection, [one])[one].place
    after = only(engine)
    assert (former.title, former.content, former.summary) == (
        "Council approves the ferry timetable",
        f"<p>{BODY}</p>",
        "s",
    )
    assert (former.access, former.sections, former.changed) == (Access.PREMIUM, ("Town", "Sea"), ("title", "sections"))
    assert (after.title, after.source, after.access, after.updated) == ("Another", "agency", Access.FREE, LATER)
    assert stands == [(ids["money"], NOON, place)]


def test_new_words_bring_a_new_fingerprint_and_are_found(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        (one,) = insert(connection, record())
        new = record("Quite another thing happened today", text=BODY)
        saving.revise_entries(
            connection, [(desk.source_id(connection), change(connection, one, record=new))], {}, LATER
        )
        (row,) = connection.execute(select(Fingerprint.__table__)).all()
        own = new.fingerprint
        assert (row.hash, row.text_hash, row.body_words) == (own.bucket, own.text_hash, own.body_words)
        assert (row.at, row.source_id) == (int(NOON.timestamp()), desk.source_id(connection))
        assert search.matching(connection, parse('"quite another"'), limit=2) == [one]
        assert search.matching(connection, parse("approves"), limit=2) == []
        assert rows(connection, Revision) == 0


def test_a_date_is_noted_once(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        (one,) = insert(connection, record())
        for when in (NOON, LATER):
            new = record(published=when, published_precision=Precision.SECOND, published_basis="feed")
            edit = change(connection, one, record=new)
            saving.revise_entries(connection, [(desk.source_id(connection), edit)], {}, LATER)
    assert (only(engine).published, only(engine).published_precision) == (NOON, Precision.SECOND)


def test_an_override_stands_above_what_is_stored_below_it(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        (one,) = insert(connection, record(evidence=(MARKER,)))
        free = change(connection, one, access=Access.FREE, changed=("access",))
        saving.revise_entries(connection, [(None, free)], {}, LATER, override=Access.FREE)
        assert entries.load(connection, [one])[one].access is Access.FREE
        proof = Evidence("category", "paid", "category")
        more = change(connection, one, evidence=(MARKER, proof), access=Access.FREE)
        saving.revise_entries(connection, [(None, more)], {}, LATER)
        stored = entries.load(connection, [one])[one]
        assert (stored.access, stored.access_override, stored.evidence) == (Access.FREE, True, (MARKER, proof))
        saving.clear_override(connection, one, Access.METERED)
        stored = entries.load(connection, [one])[one]
        assert (stored.access, stored.access_override) == (Access.METERED, False)


def test_leads_are_set_and_taken_back(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        one, two, three = insert(connection, record("One"), record("Two"), record("Three"))
        saving.set_leads(connection, {two: (one, "R2"), three: (one, "R5"), one: (None, None)})
        saving.set_leads(connection, {})
        found = {each.id: (each.lead_id, each.rule) for each in members.members(connection, [one, two, three], 1)}
        assert found == {one: (None, None), two: (one, "R2"), three: (one, "R5")}
        saving.set_leads(connection, {two: (None, None), three: (two, "R5")})
        assert members.followers(connection, [two]) == {three}
        assert members.followers(connection, [one]) == set()


def test_places_of_thousands(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        ids = insert(connection, *[record(f"Row {number}", sections=(f"S{number % 7}",)) for number in range(1100)])
        assert len(saving.places_of(connection, ids)) == 8
        assert len(saving.places_of(connection, ids[:1])) == 2
        assert saving.places_of(connection, []) == set()
        saving.set_leads(connection, {ids[1]: (ids[0], "R2"), ids[2]: (ids[0], "R2")})
        assert len(saving.places_of(connection, ids[:1])) == 4
        assert len(saving.places_of(connection, ids[1:2])) == 2
