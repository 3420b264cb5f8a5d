"""In words: for whom an entry is and why, and what it is folded behind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from db.records import PERSON, Access, Evidence, StoredEntry
from feeds.shapes.reasons import Reason, access_in_words, because, evidence_of, reasons_of
from tests.desk import MARKER, UNMARKED, new_engine, only, record, tell

STATED = Evidence("isAccessibleForFree", "false", "JSON-LD")


@pytest.fixture
def entry(tmp_path: Path) -> StoredEntry:
    """Its source says that it costs, once with a marker."""
    engine = new_engine(tmp_path)
    tell(engine, "a", record(evidence=(MARKER,)))
    found = only(engine)
    engine.dispose()
    return found


def test_evidence_has_its_grade(entry: StoredEntry) -> None:
    (reason,) = reasons_of(entry)
    assert (reason.evidence, reason.against) == (MARKER, None)
    assert str(reason) == f'because [{reason.grade}] marker "For subscribers only" (line 9)'
    assert access_in_words(entry).startswith("premium (confidence 0.")


def test_a_persons_word_goes_first_and_evidence_against_it_is_told(entry: StoredEntry) -> None:
    said = replace(entry, access=Access.FREE, access_override=True)
    assert evidence_of(said) == (Evidence("person", "free", "set-access"), MARKER)
    person, source = reasons_of(said)
    assert (str(person), person.grade) == ('because person "free" (set-access)', None)
    assert source.against is Access.PREMIUM
    assert str(source).startswith("against, premium: [")
    assert access_in_words(said) == "free (a person said so)"


def test_nothing_is_known_of_an_entry_without_evidence(entry: StoredEntry) -> None:
    bare = replace(entry, evidence=(), access=Access.UNKNOWN)
    assert (reasons_of(bare), access_in_words(bare)) == ([], "unknown")


def test_a_signal_that_weighs_nothing_has_no_grade() -> None:
    assert str(Reason(UNMARKED, None, None)) == 'because unmarked "" (line 9)'


@pytest.mark.parametrize(
    ("rule", "score", "words"),
    [
        (None, None, None),
        ("R1", None, "R1: the same address"),
        ("R3", 0.873, "R3: 87% of the shorter text's three-word runs stand in the other"),
        (PERSON, None, "a person joined them"),
    ],
)
def test_why_an_entry_is_folded(entry: StoredEntry, rule: str | None, score: float | None, words: str | None) -> None:
    assert because(replace(entry, rule=rule, score=score)) == words
