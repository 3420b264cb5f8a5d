"""Pairs and people's words: each stands on both sides, and is found, replaced and taken back from either."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.engine import Engine, reading, writing
from db.records import COMPARED, RELATED, Pair, Withdrawal, WithdrawnBy
from db.store import pairs, saving, withdrawals
from tests import desk
from tests.desk import NOON, hours, new_engine, record, tell


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Eight entries, their ids 1 to 8; the last has no text but a teaser."""
    engine = new_engine(tmp_path)
    rows = [record(f"Headline number {n} of many", url=f"https://news.example/{n}", text=f"{n}.") for n in range(1, 8)]
    tell(engine, "feed", *rows, record("A teaser alone", summary="In short."))
    return engine


def test_a_pair_is_known_from_either_side(engine: Engine) -> None:
    with writing(engine) as connection:
        pairs.put(connection, [Pair(1, 2, "R3", 0.5), Pair(3, 1, RELATED, 0.25)])
        pairs.put(connection, [Pair(2, 1, "R4", 0.75)])
        assert pairs.of(connection, [2, 3]) == [Pair(2, 1, "R4", 0.75), Pair(3, 1, RELATED, 0.25)]
        assert pairs.paired(connection, [1, 2, 4]) == {1, 2}
        assert (pairs.of(connection, []), pairs.paired(connection, [])) == ([], set())
        pairs.put(connection, [])


def test_all_pairs_of_an_entry_are_forgotten_on_both_sides(engine: Engine) -> None:
    with writing(engine) as connection:
        pairs.put(connection, [Pair(1, 2, "R3", 0.5), Pair(3, 1, "R3", 0.25), Pair(2, 3, "R3", 1.0)])
        assert set(pairs.drop(connection, [1])) == {Pair(1, 2, "R3", 0.5), Pair(1, 3, "R3", 0.25)}
        assert pairs.of(connection, [1, 2, 3]) == [Pair(2, 3, "R3", 1.0), Pair(3, 2, "R3", 1.0)]
        assert pairs.drop(connection, [1, 9]) == []


def test_texts_or_the_teasers_that_stand_for_them(engine: Engine) -> None:
    with reading(engine) as connection:
        assert pairs.texts(connection, [1, 8, 99]) == {
            1: ("Headline number 1 of many", "1."),
            8: ("A teaser alone", "In short."),
        }


def test_no_more_of_a_text_is_read_than_is_compared(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "feed", record(text="a b" * COMPARED))
    with reading(engine) as connection:
        assert len(pairs.texts(connection, [1])[1][1]) == COMPARED


def test_related_are_leads_of_other_clusters_the_nearest_first(engine: Engine) -> None:
    with writing(engine) as connection:
        pairs.put(connection, [Pair(1, other, RELATED, other / 10) for other in range(2, 9)])
        pairs.put(connection, [Pair(1, 7, "R3", 0.9)])
        # Behind 6: 3, which thus is shown as 6, once. Behind 1: 5, which is the same story.
        saving.set_leads(connection, {3: (6, "R2"), 5: (1, "R2")})
        found = pairs.related(connection, [1, 2, 5])
        assert [(one.title, one.score) for one in found[1]] == [
            ("A teaser alone", 0.8),
            ("Headline number 6 of many", 0.6),
            ("Headline number 4 of many", 0.4),
            ("Headline number 2 of many", 0.2),
        ]
        assert [(one.url, one.source) for one in found[2]] == [("https://news.example/1", "harbour")]
        assert 5 not in found
        assert pairs.related_ids(connection, [2, 3]) == {1}
        pairs.put(connection, [Pair(2, other, RELATED, 1.0) for other in (3, 4, 5, 7, 8)])
        assert len(pairs.related(connection, [2])[2]) == pairs.RELATED_SHOWN


def test_what_was_taken_back_is_related_to_none_until_it_is_shown_again(engine: Engine) -> None:
    with writing(engine) as connection:
        pairs.put(connection, [Pair(1, 2, RELATED, 0.5), Pair(1, 3, RELATED, 0.25)])
        withdrawals.save(connection, 2, Withdrawal(NOON, WithdrawnBy.SOURCE, "gone"))
        assert [one.title for one in pairs.related(connection, [1])[1]] == ["Headline number 3 of many"]
        withdrawals.remove(connection, [2])
        assert len(pairs.related(connection, [1])[1]) == 2


def test_a_ruling_is_replaced_and_taken_back_from_either_side(engine: Engine) -> None:
    with writing(engine) as connection:
        assert not pairs.are_ruled(connection)
        pairs.rule_on(connection, 1, 2, same=True, now=NOON)
        pairs.rule_on(connection, 2, 1, same=False, now=NOON + hours(1))
        pairs.rule_on(connection, 3, 3, same=False, now=NOON)
        assert pairs.rulings(connection, [1, 2, 3, 4]) == {1: {2: False}, 2: {1: False}, 3: {3: False}}
        assert pairs.are_ruled(connection)
        assert pairs.take_back(connection, 2, 1)
        assert not pairs.take_back(connection, 1, 2)
        assert pairs.take_back(connection, 3, 3)
        assert not pairs.are_ruled(connection)


def test_the_score_of_a_pair_is_that_of_the_entry_behind_the_other(engine: Engine) -> None:
    with writing(engine) as connection:
        pairs.put(connection, [Pair(1, 2, "R3", 0.5), Pair(3, 2, RELATED, 0.25)])
        saving.set_leads(connection, {1: (2, "R3"), 3: (2, "R5")})
    scores = {entry.title: (entry.rule, entry.score) for entry in desk.all_entries(engine)}
    assert [scores[f"Headline number {n} of many"] for n in (1, 2, 3)] == [("R3", 0.5), (None, None), ("R5", 1.0)]
