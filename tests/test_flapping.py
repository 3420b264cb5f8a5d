"""Entries that change back and forth: told a few times, kept within bounds, told once more when they are calm."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from sqlalchemy import delete

from db.engine import Engine, reading, writing
from db.models import Untold
from db.records import IncidentRecord
from db.store import incidents, revisions
from feeds import correct, flapping, revise
from tests import desk
from tests.desk import MARKER, NOON, hours, new_engine, only, owed, record, tell

URL = "https://news.example/ferry"
MINUTE = timedelta(minutes=1)


def say(engine: Engine, title: str, now: datetime) -> datetime:
    """Lets the document give the entry this title; returns when the entry counts as updated."""
    tell(engine, "a", record(title, url=URL), now=now)
    assert only(engine).title == title
    return only(engine).updated


def troubles(engine: Engine) -> list[IncidentRecord]:
    with reading(engine) as connection:
        return incidents.opened(connection)


def calm(engine: Engine, now: datetime) -> bool:
    """Tells of what has come to rest; returns whether there was anything to do."""
    with writing(engine) as connection:
        due = flapping.is_calm(connection, now)
        flapping.calm(connection, now)
        assert not flapping.is_calm(connection, now)
        return due


def test_a_title_that_alternates_does_not_move_updated_for_ever(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    moved = [say(engine, "AB"[number % 2], NOON + hours(number / 2)) for number in range(40)]
    # A, then B, then each once more: from then on readers were told of both, twice.
    assert [later > earlier for earlier, later in pairwise(moved)] == [True] * 3 + [False] * 36
    (trouble,) = troubles(engine)
    assert (trouble.kind, trouble.subject, trouble.source) == (flapping.KIND, "harbour", "harbour")
    assert trouble.message.startswith(f"1 entry changes back and forth, the last {only(engine).uid[-8:]}; ")
    assert "24 versions of a day are kept" in trouble.message
    assert len(desk.changes(engine, only(engine))) == revise.MOST_KEPT


def test_versions_that_are_all_new_are_told_until_too_many_are_kept(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    moved = [say(engine, f"Live: no {number}", NOON + number * MINUTE) for number in range(30)]
    assert len(set(moved)) == revise.MOST_KEPT + 1
    assert moved == sorted(moved)
    assert len(desk.changes(engine, only(engine))) == revise.MOST_KEPT
    # There is room again once the first of them are a day old.
    later = NOON + hours(24) + 5 * MINUTE
    assert say(engine, "Live: over", later) == later
    assert len(desk.changes(engine, only(engine))) == revise.MOST_KEPT + 1


def test_what_came_to_rest_is_told_once_more(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for number in range(6):
        say(engine, "AB"[number % 2], NOON + hours(number))
    silent = only(engine).updated
    desk.forget(engine)
    tell(engine, "other", record("Another", url="https://news.example/2"), now=NOON + hours(20))
    assert desk.titled(engine, "B").updated == silent
    assert len(troubles(engine)) == 1
    desk.forget(engine)
    later = NOON + hours(30)
    assert not calm(engine, later - hours(2))
    assert calm(engine, later)
    assert desk.titled(engine, "B").updated == later > silent
    assert (troubles(engine), owed(engine)) == ([], {"*", "Town"})
    assert not calm(engine, later + hours(1))
    assert desk.titled(engine, "B").updated == later


def test_a_trouble_of_an_entry_that_is_gone_is_over(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for number in range(6):
        say(engine, "AB"[number % 2], NOON + hours(number))
    assert len(troubles(engine)) == 1
    with writing(engine) as connection:
        connection.execute(delete(Untold))
    assert calm(engine, NOON + hours(6))
    assert troubles(engine) == []


def test_a_source_has_one_trouble_however_many_of_its_entries_flap(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for number in range(6):
        rows = [record(f"{each} {'AB'[number % 2]}", url=f"{URL}/{each}") for each in range(9)]
        tell(engine, "a", *rows, now=NOON + hours(number))
    (trouble,) = troubles(engine)
    assert trouble.message.startswith("9 entries change back and forth, the last ")
    assert len({entry.updated for entry in desk.all_entries(engine)}) == 1
    assert calm(engine, NOON + hours(29))
    assert {entry.updated for entry in desk.all_entries(engine)} == {NOON + hours(29)}
    assert troubles(engine) == []


def test_a_trouble_names_no_words_of_a_gated_body(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for number in range(6):
        text = f"Secret first words {'AB'[number % 2]}"
        row = record("Secret first words", url=URL, text=text, title_from_body=True, evidence=(MARKER,))
        tell(engine, "a", row, now=NOON + hours(number))
    (trouble,) = troubles(engine)
    assert "Secret" not in trouble.message


def test_taking_back_and_restoring_is_no_version_that_was_told(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, "A", NOON)
    uid = only(engine).uid
    correct.withdraw(engine, uid, "by mistake", NOON + hours(1))
    correct.restore(engine, uid, NOON + hours(2))
    typo = say(engine, "B", NOON + hours(3))
    assert say(engine, "A", NOON + hours(4)) > typo
    assert troubles(engine) == []


def test_an_entry_that_is_being_made_changes_as_often_as_documents_speak(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    made: set[int] = set()
    for number in range(2 * revise.MOST_KEPT):
        given = record("AB"[number % 2], url=URL, updated=NOON + number * MINUTE)
        tell(engine, f"{number:03}", given, now=NOON, moment=NOON, made=made)
    assert only(engine).updated == NOON + (2 * revise.MOST_KEPT - 1) * MINUTE
    assert troubles(engine) == []


def test_a_return_within_a_day_is_kept_as_a_version(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for number, title in enumerate(("A", "B", "A")):
        say(engine, title, NOON + hours(number))
    with reading(engine) as connection:
        kept = revisions.history(connection, only(engine).id)
        assert [one.title for one in kept] == ["B", "A"]
        assert len(set(revisions.late_versions(connection, [only(engine).id], NOON)[only(engine).id])) == 2
    assert troubles(engine) == []
