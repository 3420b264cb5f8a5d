"""What a record changes, as values: folding, minting, whose words count, edits."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from db.records import Access, Enclosure, EntryRecord, Evidence, Precision, Revised, Said, StoredEntry, version_of
from feeds import revise
from feeds.ingest import level_of
from tests.desk import BODY, MARKER, NOON, PREFIX, UNMARKED, hours, record

FERRY = "Council approves the ferry timetable"
TWO = NOON + hours(2)
OTHER_BODY = (
    "Residents of the old harbour asked the court to stop the works until the noise has been measured properly."
)
keys = st.lists(st.sampled_from([bytes([n]) * 16 for n in range(6)]), min_size=1, max_size=3, unique=True).map(tuple)
records = st.builds(
    lambda found, title, text, names, proofs: record(
        title, text=text, sections=tuple(names), evidence=tuple(proofs), keys=found
    ),
    keys,
    st.sampled_from(["One headline", "Another headline"]),
    st.sampled_from(["", BODY]),
    st.lists(st.sampled_from(["Town", "TOWN", "Sea"]), max_size=2, unique_by=str.casefold),
    st.lists(st.sampled_from([MARKER, UNMARKED]), max_size=2, unique=True),
)


def said(number: int, source: str, rank: str, *names: str, evidence: tuple[Evidence, ...] = ()) -> Said:
    return Said(number, source, b"", rank, names, evidence)


def stored(**over: object) -> StoredEntry:
    """A stored entry as `record()` makes it."""
    made = record()
    entry = StoredEntry(
        id=1,
        uid=PREFIX + "x",
        source="harbour",
        title=made.title,
        title_from_body=False,
        url=None,
        summary="",
        content="",
        text="",
        published=None,
        published_precision=None,
        published_basis=None,
        updated=NOON,
        first_seen=NOON,
        sorted_at=NOON,
        place=0,
        language="en",
        label=None,
        authors=(),
        categories=(),
        enclosures=(),
        sections=("Town",),
        access=Access.UNKNOWN,
        access_override=False,
        evidence=(),
        lead=PREFIX + "x",
        rule=None,
    )
    return replace(entry, **over)  # type: ignore[arg-type]


# Digest and ranks


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another"},
        {"url": "https://news.example/"},
        {"summary": "s"},
        {"content": "<p>c</p>"},
        {"published": NOON},
        {"updated": NOON},
        {"language": None},
        {"label": "Photo"},
        {"authors": ("Ann",)},
        {"categories": ("x",)},
        {"enclosures": (Enclosure("https://news.example/a.mp3", "audio/mpeg"),)},
        {"sections": ("Town", "Sea")},
        {"evidence": (MARKER,)},
        {"extra": '{"comments":"https://news.example/1#comments"}'},
    ],
)
def test_the_digest_changes_with_whatever_is_said(change: dict[str, object]) -> None:
    one = record()
    assert revise.digest(replace(one, **change)) != revise.digest(one)  # type: ignore[arg-type]


def test_the_digest_is_of_words_not_of_places() -> None:
    elsewhere = record(position=7, evidence=(replace(MARKER, where="line 70"),), dated=NOON + hours(1))
    assert revise.digest(elsewhere) == revise.digest(record(evidence=(MARKER,)))
    assert len(revise.digest(elsewhere)) == 16


def test_what_a_source_is_configured_to_be_is_not_what_a_document_says() -> None:
    proof = Evidence("configured", "premium", "config.toml")
    given = record(evidence=(proof, MARKER))
    assert revise.digest(given) == revise.digest(record(evidence=(MARKER,)))
    assert revise.configured_of((MARKER, proof)) == ["premium"]
    assert revise.configured_of((MARKER,)) == []


WORDS = st.sampled_from(["", "a", "b", "None"])
SEVERAL = st.lists(st.sampled_from(["a", "b", "ab"]), max_size=2).map(tuple)


@given(*[st.lists(st.builds(lambda *given: given, WORDS, st.none() | WORDS, SEVERAL, SEVERAL), min_size=2, max_size=2)])
@example([("", None, ("a", "b"), ()), ("", None, ("ab",), ())])
@example([("", None, ("a",), ()), ("", None, (), ("a",))])
@example([("", None, (), ()), ("", "", (), ())])
def test_other_words_never_read_the_same(said: list[tuple[str, str | None, tuple[str, ...], tuple[str, ...]]]) -> None:
    one, other = (
        record("T", summary=summary, label=label, authors=authors, categories=categories)
        for summary, label, authors, categories in said
    )
    assert (revise.digest(one) == revise.digest(other)) is (said[0] == said[1])


def test_a_change_of_what_else_is_said_tells_nobody() -> None:
    before, made = stored(), record(extra='{"rights":"r"}')
    one = said(1, "harbour", "0/a", "Town")
    change = revise.revise(before, [], made, one, access=Access.UNKNOWN, evidence=(), moment=TWO)
    assert (change.changed, change.updated, change.record) == ((), before.updated, made)


def test_the_digest_takes_lone_surrogates() -> None:
    assert revise.digest(record("\ud800")) != revise.digest(record("\ud801"))


def test_ranks_sort_documents() -> None:
    dated = [record(published=NOON), record(published=NOON - hours(48)), record()]
    ranks = [revise.document_rank([record()], "z"), revise.document_rank(dated, "a"), revise.document_rank(dated, "b")]
    assert ranks == sorted(ranks)
    assert revise.document_rank([], "a") == "/a"
    assert revise.rank(record(), "2026/a") < revise.rank(record(text=BODY), "2025/a")


# Folding


def folded(*given: EntryRecord) -> list[EntryRecord]:
    return revise.fold(given, level_of)


def test_rows_of_one_headline_are_one_record() -> None:
    row = record(sections=("Sea", "TOWN"), evidence=(MARKER, UNMARKED), position=3)
    article = record(text=BODY, evidence=(UNMARKED,), published=NOON, position=9)
    other = record("Quite another thing", position=5)
    one, two = folded(row, other, article)
    assert (one.text, one.position, one.published) == (BODY, 3, NOON)
    assert one.sections == ("Town", "Sea")
    assert one.evidence == (UNMARKED, MARKER)
    assert one.access is Access.PREMIUM
    assert two is other


def test_the_date_of_a_row_serves_an_article_without_one() -> None:
    row = record(published=NOON, published_precision=Precision.DAY, published_basis="row")
    (one,) = folded(record(text=BODY), row)
    assert (one.text, one.published, one.published_precision) == (BODY, NOON, Precision.DAY)
    assert one.published_basis == "row"


def test_a_record_with_two_keys_shows_that_two_were_one() -> None:
    address = record("By address", url="https://news.example/1")
    guid = record("By guid", guid="g", text=BODY)
    both = record("By both", url="https://news.example/1", guid="g", sections=("Sea",))
    last = record("By guid again", guid="g")
    (one,) = folded(address, record("Between"), guid, both, last)[:1]
    assert one.title == "By guid"
    assert set(one.keys) == set(both.keys)
    assert one.sections == ("Town", "Sea")
    assert len(folded(address, record("Between"), guid, both, last)) == 2


@given(st.lists(records, max_size=8))
def test_folded_records_share_nothing_and_lose_nothing(given: list[EntryRecord]) -> None:
    made = folded(*given)
    found = [key for one in made for key in one.keys]
    assert len(found) == len(set(found))
    assert set(found) == {key for one in given for key in one.keys}
    for before in given:
        (whole,) = (one for one in made if set(before.keys) & set(one.keys))
        assert {name.casefold() for name in before.sections} <= {name.casefold() for name in whole.sections}
        assert len({name.casefold() for name in whole.sections}) == len(whole.sections)
        assert set(before.evidence) <= set(whole.evidence)
        assert whole.access is level_of(whole.evidence)
        assert whole.text or not before.text
    assert folded(*made) == made


# Minting


def test_a_new_entry() -> None:
    one = record(position=5, published=NOON, updated=NOON + hours(1))
    made = revise.mint(one, PREFIX)
    assert made.uid == PREFIX + one.keys[0].hex()
    assert (made.sorted_at, made.updated) == (NOON, NOON + hours(1))
    assert made.place >> 31 == 5
    assert 0 <= made.place < 2**63
    assert revise.mint(one, PREFIX) == made
    assert revise.mint(record("Another", position=5), PREFIX).place != made.place


def test_a_new_entry_is_never_updated_before_it_is_published() -> None:
    assert revise.mint(record(published=NOON, updated=NOON - hours(1)), PREFIX).updated == NOON
    undated = revise.mint(record(dated=NOON + hours(3)), PREFIX)
    assert (undated.sorted_at, undated.updated) == (NOON + hours(3), NOON + hours(3))


# Evidence


def test_evidence_is_united_in_one_order() -> None:
    proofs = [Evidence("marker", str(number), f"line {number}") for number in range(3)]
    again = Evidence("marker", "0", "line 99")
    voices = [
        said(1, "b", "0a", evidence=(again, proofs[2])),
        said(2, "a", "0b", evidence=(proofs[1],)),
        said(3, "a", "0a", evidence=(proofs[0],)),
    ]
    for order in permutations(voices):
        assert revise.evidence_of(order) == tuple(proofs)


# Whose words count


def change(
    before: StoredEntry,
    new: EntryRecord,
    own: Said,
    *others: Said,
    access: Access = Access.UNKNOWN,
    unseen: bool = False,
    moment: datetime = TWO,
) -> Revised:
    return revise.revise(
        before,
        others,
        new,
        own,
        access=access,
        evidence=(),
        moment=moment,
        unseen=unseen,
    )


def test_words_of_the_speaker_replace_those_that_stand() -> None:
    new = record("Another headline", text=BODY, summary="In short.", sections=("Town",))
    made = change(stored(), new, said(1, "harbour", "1a", "Town"))
    assert (made.record, made.changed, made.updated) == (new, ("title", "body"), NOON + hours(2))


@pytest.mark.parametrize(
    ("own", "other", "counts"),
    [
        (said(1, "z", "1a"), said(2, "a", "0z"), True),
        (said(1, "a", "0z"), said(2, "z", "1a"), False),
        (said(1, "a", "0a"), said(2, "b", "0b"), True),
        (said(1, "b", "0b"), said(2, "a", "0a"), False),
        (said(1, "a", "02026/b"), said(2, "a", "02025/c"), True),
        (said(1, "a", "0/a"), said(2, "a", "0/b"), False),
    ],
)
def test_who_speaks(own: Said, other: Said, counts: bool) -> None:
    made = change(stored(sections=()), record("Another headline", sections=()), own, other)
    assert (made.record is not None) is counts
    assert made.changed == (("title",) if counts else ())


def test_the_speaker_s_sections_come_first() -> None:
    voices = [said(1, "b", "1a", "Sea", "town"), said(2, "a", "0a", "Money"), said(3, "a", "0b", "TOWN", "World")]
    for own, one, two in permutations(voices):
        made = change(stored(), record(sections=own.sections), own, one, two)
        assert made.sections == ("Sea", "town", "Money", "World")
        assert "sections" in made.changed


def test_updated_follows_what_the_document_tells() -> None:
    own = said(1, "harbour", "0a", "Town")
    told = change(stored(), record("Another", updated=NOON + hours(1)), own)
    assert told.updated == NOON + hours(1)
    dated = change(stored(), record("Another", published=NOON + hours(1)), own)
    assert dated.updated == NOON + hours(1)
    past = change(stored(), record("Another", updated=NOON - hours(1)), own, moment=NOON - hours(9))
    assert past.updated == NOON + revise.TICK
    same = change(stored(), record(updated=NOON + hours(1)), own)
    assert (same.updated, same.changed) == (NOON, ())


def test_a_document_that_does_not_speak_tells_no_time() -> None:
    speaker = said(2, "agency", "0a")
    made = change(stored(), record(updated=NOON + hours(9)), said(1, "harbour", "0a", "Sea"), speaker)
    assert (made.record, made.changed, made.updated) == (None, ("sections",), NOON + hours(2))


def test_an_unseen_entry_takes_the_latest_time_of_all() -> None:
    own, speaker = said(1, "harbour", "0a", "Town"), said(2, "agency", "0a")
    later = change(stored(), record(dated=NOON + hours(5)), own, speaker, unseen=True)
    assert (later.updated, later.changed) == (NOON + hours(5), ())
    assert change(stored(), record("Another"), own, unseen=True).updated == NOON


def test_a_person_s_verdict_stands() -> None:
    before = stored(access=Access.FREE, access_override=True)
    made = change(before, record(), said(1, "harbour", "0a", "Town"), access=Access.PREMIUM)
    assert (made.access, made.changed) == (Access.FREE, ())
    assert change(stored(), record(), said(1, "harbour", "0a", "Town"), access=Access.PREMIUM).changed == ("access",)


def test_an_override() -> None:
    made = revise.override(stored(), Access.FREE, NOON + hours(1))
    assert (made.access, made.changed, made.updated, made.record) == (
        Access.FREE,
        ("access",),
        NOON + hours(1),
        None,
    )
    assert revise.override(stored(), Access.FREE, NOON - hours(1)).updated == NOON + revise.TICK
    same = revise.override(stored(), Access.UNKNOWN, NOON + hours(1))
    assert (same.changed, same.updated) == ((), NOON)


def test_other_evidence_for_the_same_words() -> None:
    made = revise.rejudge(stored(), Access.PREMIUM, (MARKER,), TWO)
    assert (made.access, made.changed, made.updated, made.evidence) == (Access.PREMIUM, ("access",), TWO, (MARKER,))
    by_hand = stored(access=Access.FREE, access_override=True)
    made = revise.rejudge(by_hand, Access.PREMIUM, (MARKER,), TWO)
    assert (made.access, made.changed, made.updated, made.evidence) == (Access.FREE, (), NOON, (MARKER,))


# Edits


def gone(number: int, title: str = FERRY, text: str = "", position: int = 0) -> revise.Gone:
    return revise.Gone(number, title, text, position)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (gone(7), record("Council approves the new ferry timetable", position=8), True),
        (gone(7), record("Council halts the ferry timetable plan", position=0), True),
        (gone(7), record("Council halts the ferry timetable plan", position=1), False),
        (gone(7), record("Storm breaks the old pier"), False),
        (gone(7, text=BODY), record("Storm breaks the old pier", text=BODY + " Again."), True),
        (gone(7, text=BODY), record("Council approves the new ferry timetable", text="Nothing alike."), True),
        (gone(7, text=BODY), record("Storm breaks the old pier", text="Nothing alike."), False),
        (gone(7, text=BODY), record(), False),
        (gone(7), record(text=BODY), False),
    ],
)
def test_what_counts_as_an_edit(old: revise.Gone, new: EntryRecord, same: bool) -> None:
    assert revise.match_edits([old], [new]) == ({0: 7} if same else {})


def test_each_edit_is_used_once_and_the_best_first() -> None:
    old = [
        gone(1, "Council approves the ferry timetable"),
        gone(2, "Council approves the ferry timetables", position=1),
    ]
    new = [
        record("Council approves the ferry timetables!", position=5),
        record("Council approves the ferry timetable again", position=6),
        record("Council approves the ferry timetable twice", position=7),
    ]
    found = revise.match_edits(old, new)
    assert found[0] == 2
    assert sorted(found.values()) == [1, 2]
    assert len(found) == 2


def test_nothing_gone_or_too_much() -> None:
    assert revise.match_edits([], [record()]) == {}
    assert revise.match_edits([gone(1)], []) == {}
    assert revise.match_edits([gone(number) for number in range(201)], [record()]) == {}
    assert revise.match_edits([gone(1)] * 200, [record()]) == {0: 1}


def test_a_section_learned_late_re_mints_nothing_on_a_long_page() -> None:
    old = [gone(number, f"TechnologyStory {number} of a long page", position=number) for number in range(600)]
    new = [record(f"Story {number} of a long page", position=number) for number in range(600)]
    assert revise.match_edits(old, new) == {number: number for number in range(600)}


def test_long_bodies_are_compared_by_their_beginning() -> None:
    """Whole ones, 200 against 200, would take a minute."""
    old = [gone(number, f"Old {number}", f"{number} {OTHER_BODY} " * 400) for number in range(60)]
    new = [record(f"New story {number}", text=f"{number} {BODY} " * 400) for number in range(60)]
    assert revise.match_edits(old, new) == {}


# Back and forth


def test_a_version_is_told_twice_within_a_day() -> None:
    made = change(stored(), record("Council rejects the timetable"), said(1, "harbour", "0a", "Town"))
    assert made.changed == ("title",)
    assert made.record is not None
    after = version_of(made.record.title, "", "", Access.UNKNOWN, ("town",))
    several: list[list[bytes | None]] = [[], [None], [after], [after, b"other", None]]
    for late in several:
        assert revise.damp(made, late) == made
    told = revise.damp(made, [after, b"other", after])
    assert (told.updated, told.kept, told.record) == (made.before.updated, True, made.record)


def test_too_many_versions_of_a_day_are_not_kept() -> None:
    made = change(stored(), record("Council rejects the timetable"), said(1, "harbour", "0a", "Town"))
    late: list[bytes | None] = [bytes([number]) for number in range(revise.MOST_KEPT)]
    assert revise.damp(made, late[1:]) == made
    told = revise.damp(made, late)
    assert (told.updated, told.kept, told.changed) == (made.before.updated, False, ("title",))


def test_what_no_document_words_anew_is_compared_by_what_stands() -> None:
    made = revise.override(stored(), Access.PREMIUM, TWO)
    after = version_of(made.before.title, "", "", Access.PREMIUM, made.before.sections)
    assert revise.damp(made, [after, after]).updated == NOON
    same = revise.override(stored(), stored().access, TWO)
    assert revise.damp(same, [after] * revise.MOST_KEPT) == same
