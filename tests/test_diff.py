"""Two versions side by side: nothing is lost, what is shown can be read, and the work is bounded."""

from __future__ import annotations

import time
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import Access
from feeds import diff
from feeds.diff import Kind, Run, Version, between, words
from tests.pace import slowness

TEXTS = st.text(st.sampled_from("ab c\n,東京กา́é"), max_size=60) | st.text(max_size=30)


def older(runs: tuple[Run, ...]) -> str:
    return "".join(run.text for run in runs if run.kind is not Kind.NEW)


def newer(runs: tuple[Run, ...]) -> str:
    return "".join(run.text for run in runs if run.kind is not Kind.GONE)


def marked(old: str, new: str) -> str:
    """The runs as a line: [gone] and {new}."""
    signs = {Kind.SAME: "%s", Kind.GONE: "[%s]", Kind.NEW: "{%s}"}
    found = words(old, new)
    assert (older(found), newer(found)) == (old, new)
    return "".join(signs[run.kind] % run.text for run in found)


@given(TEXTS, TEXTS)
def test_both_versions_can_be_read_off(old: str, new: str) -> None:
    found = words(old, new)
    assert (older(found), newer(found)) == (old, new)
    assert all(run.text for run in found)
    assert all(one.kind is not other.kind for one, other in pairwise(found))
    assert words(old, old) == ((Run(Kind.SAME, old),) if old else ())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("The council votes", "The council votes again", "The council votes{ again}"),
        ("Council approves timetable", "Council rejects timetable", "Council [approves]{rejects} timetable"),
        ("It cost 5,000 euros", "It cost 5,500 euros", "It cost 5,[000]{500} euros"),
        # An island of a word between longer changes helps nobody.
        ("He approves the ferry now", "He rejects the bus now", "He [approves the ferry]{rejects the bus} now"),
        ("a wide and long bridge", "a b wide and long c bridge", "a {b }wide and long{ c} bridge"),
        ("東京の選挙は来週", "大阪の選挙は再来週", "[東京]{大阪}の選挙は{再}来週"),
        ("เขาไปตลาด", "เขาไปวัด", "เขาไป[ตลา]{วั}ด"),
        ("चुनाव आज है", "चुनाव कल है", "चुनाव [आज]{कल} है"),
        ("one\n\ntwo\n\nthree", "one\n\nthree", "one\n\n[two\n\n]three"),
        ("It ended.", "It ended.\n\nIt was repeated.", "It ended.{\n\nIt was repeated.}"),
        ("one two\n\nthree", "one 2\n\nthree", "one [two]{2}\n\nthree"),
        ("", "new", "{new}"),
        ("gone", "", "[gone]"),
    ],
)
def test_what_a_person_reads(old: str, new: str, said: str) -> None:
    assert marked(old, new) == said


def test_paragraphs_that_stand_once_hold_a_long_text_together() -> None:
    rng = Random(7)  # noqa: S311  # the same texts in every run
    lines = [f"Paragraph {number} is of its own." for number in range(6000)]
    edited = [line.replace("own", "own, edited") if rng.random() < 0.05 else line for line in lines]
    edited[:3] = ["Another beginning."]
    edited[4000:4000] = ["An insertion."]
    edited[-3:] = ["Another end."]
    found = words("\n\n".join(lines), "\n\n".join(edited))
    assert (older(found), newer(found)) == ("\n\n".join(lines), "\n\n".join(edited))
    same = sum(len(run.text) for run in found if run.kind is Kind.SAME)
    assert same > 0.97 * len("\n\n".join(lines))


def test_long_texts_of_nothing_but_recurring_words() -> None:
    rng = Random(7)  # noqa: S311  # the same texts in every run
    one, other = (" ".join(rng.choice("ab") for _ in range(9000)) + end for end in (" x", " y"))
    assert words(one, other)[-1].kind is not Kind.SAME
    marked(one, other)


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(
    ("old", "new", "most"),
    [
        ("word " * 2_000_000, "word " * 1_000_000 + "another " + "word " * 1_000_000, 4),
        ("a\n" * 5_000_000, "b\n" * 5_000_000, 3),
        ("one " * 2_500_000, "two " * 2_500_000, 3),
        ("ab" * 5_000_000, "ba" * 5_000_000, 2),
        ("x\n\n" + "one " * 300_000 + "\n\ny", "x\n\n" + "two " * 300_000 + "\n\ny", 4),
    ],
    ids=["one word", "lines", "other words", "no blanks", "a long paragraph"],
)
def test_ten_megabytes_are_compared_in_seconds(old: str, new: str, most: int) -> None:
    began = time.process_time()
    found = words(old, new)
    assert time.process_time() - began < 10 * slowness()
    assert (older(found), newer(found)) == (old, new)
    assert len(found) <= most


def test_versions() -> None:
    old = Version("A ferry", "It sails.", Access.FREE, ("Town", "Sea"))
    new = Version("A ferry", "It sails on.", Access.PREMIUM, ("SEA", "Money"))
    found = between(old, new)
    assert found.title == (Run(Kind.SAME, "A ferry"),)
    assert newer(found.text) == "It sails on."
    assert found.access == (Access.FREE, Access.PREMIUM)
    assert found.sections == (Run(Kind.GONE, "Town"), Run(Kind.SAME, "SEA"), Run(Kind.NEW, "Money"))
    assert between(old, old).access is None


def test_only_paragraphs_that_changed_are_shown_and_little_around_them() -> None:
    long = "so it was " * 40
    old = f"First.\n\n{long}until noon {long}and then {long}\n\nLast."
    new = f"First.\n\n{long}till noon {long}and later {long}\n\nLast.\n\nAdded."
    assert diff.lines(words("First.\n\nLast.", "First.\n\nLast.")) == []
    before, after, added = diff.lines(words(old, new))
    assert before.startswith("- …")
    assert "until noon so it was" in before
    assert before.count("…") == after.count("…") == 3
    assert "till noon" in after
    assert "and later" in after
    assert added == "+ Added."
    assert diff.lines(words("Gone.\n\nLast.", "Last.")) == ["- Gone."]


def test_html_is_escaped_and_its_elements_are_nested() -> None:
    runs = words("a <b> & c\n\nnext", "a <i> & c\n\nmore\n\nnext")
    assert diff.html(runs) == ("<p>a &lt;<del>b</del><ins>i</ins>&gt; &amp; c</p><p><ins>more</ins></p><p>next</p>")


@given(TEXTS, TEXTS)
def test_html_holds_all_words_whatever_they_are(old: str, new: str) -> None:
    made = diff.html(words(old, new))
    bare = made
    for element in ("p", "del", "ins"):
        assert made.count(f"<{element}>") == made.count(f"</{element}>")
        bare = bare.replace(f"<{element}>", "").replace(f"</{element}>", "")
    assert "<" not in bare
    assert ">" not in bare
