"""Copies are found where they can be, are compared a bounded number of times, and never twice."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from db.engine import Engine, reading, writing
from db.models import Pair as PairRow
from db.models import Shingle, Sketch
from db.records import RELATED
from db.store import pairs, shingles
from feeds import dedupe
from feeds.correct import restore, withdraw
from feeds.pairs import ENOUGH, FOLLOWERS, LIKELY, SINGLES, _worth
from tests import desk
from tests.desk import MARKER, NOON, UNMARKED, hours, new_engine, record, tell

WORDS = [f"{start}{end}" for start in "bcdfghlmnprstvwz" for end in ("arbour", "ermit", "ollege", "ustice", "inter")]
TITLE = "Minister opens the new bridge over the river"


def prose(seed: int, words: int = 120) -> str:
    """Words that no other seed has in this order."""
    return " ".join(random.Random(seed).choices(WORDS, k=words))  # noqa: S311  # a generator of text, not of secrets


def edited(text: str) -> str:
    """A reprint: another beginning, a passage less, a line at the end."""
    words = text.split()
    return " ".join(["Our", "correspondent", "writes:", *words[:30], *words[45:], "Read", "more", "here."])


def say(engine: Engine, name: str, text: str, title: str = TITLE, **over: Any) -> str:
    """One entry of the source `name`; its id."""
    now = over.pop("now", NOON)
    one = record(title, source=name, url=f"https://{name}.example/1", text=text, **over)
    tell(engine, "feed", one, source=name, now=now)
    return desk.at(engine, f"https://{name}.example/1").uid


def stands(engine: Engine) -> dict[str, tuple[str, str | None]]:
    found = desk.all_entries(engine)
    sources = {entry.uid: entry.source for entry in found}
    return {entry.source: (sources[entry.lead], entry.rule) for entry in found}


def rows(engine: Engine, model: type[object]) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(model)) or 0


def test_an_edited_copy_is_folded_with_how_much_it_shares(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, "agency", prose(1))
    say(engine, "harbour", edited(prose(1)), "Bridge is open, says minister", dated=NOON + hours(1))
    assert stands(engine) == {"agency": ("agency", None), "harbour": ("agency", "R3")}
    (copy,) = (entry for entry in desk.all_entries(engine) if not entry.is_lead)
    assert copy.score is not None
    assert 0.7 < copy.score < 1


def test_a_copy_that_comes_before_the_first_takes_all_that_followed_it(tmp_path: Path) -> None:
    """More copies than one entry is compared with, and in the end one that is earlier than all."""
    engine = new_engine(tmp_path)
    for number in range(1, LIKELY + 8):
        text = edited(prose(1)) + f" Copy number {number} of this story."
        say(engine, f"s{number:02}", text, f"The bridge, number {number}", dated=NOON + hours(number))
    assert {lead for lead, _ in stands(engine).values()} == {"s01"}
    say(engine, "agency", prose(1), dated=NOON)
    assert {lead for lead, _ in stands(engine).values()} == {"agency"}
    assert FOLLOWERS > LIKELY


def test_an_edit_undoes_a_pair_and_makes_another(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, "agency", prose(1))
    say(engine, "zeitung", prose(2), "Storm closes the northern lighthouse road")
    say(engine, "harbour", edited(prose(1)), "Bridge is open", dated=NOON + hours(1))
    say(engine, "harbour", edited(prose(2)), "Bridge is open", dated=NOON + hours(1), now=NOON + hours(2))
    assert stands(engine)["harbour"] == ("zeitung", "R3")
    say(engine, "harbour", prose(3), "Bridge is open", dated=NOON + hours(1), now=NOON + hours(3))
    assert stands(engine)["harbour"] == ("harbour", None)
    assert rows(engine, PairRow) == 0
    # As many as there are entries, whatever they said before.
    assert rows(engine, Sketch) == 3


def test_an_edit_of_an_old_entry_is_compared_with_those_it_agreed_with(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, "agency", prose(1))
    say(engine, "harbour", edited(prose(1)), "Bridge is open", dated=NOON + hours(1))
    late = NOON + hours(24 * 30)
    text = edited(prose(1)) + " Corrected."
    unsketched = dedupe.imprint("Bridge is open", text, at=NOON + hours(1), sketched=False)
    say(engine, "harbour", text, "Bridge is open", dated=NOON + hours(1), now=late, fingerprint=unsketched)
    assert stands(engine)["harbour"] == ("agency", "R3")
    assert rows(engine, Sketch) == 1


def test_what_was_old_when_its_document_was_made_costs_the_index_nothing(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, "agency", prose(1))
    old = dedupe.imprint("Bridge is open", edited(prose(1)), at=NOON, sketched=False)
    say(engine, "harbour", edited(prose(1)), "Bridge is open", fingerprint=old)
    assert (rows(engine, Sketch), rows(engine, Shingle), rows(engine, PairRow)) == (1, 17, 0)
    assert stands(engine)["harbour"] == ("harbour", None)


def test_copies_are_found_whenever_they_are_read(tmp_path: Path) -> None:
    """A folder of old documents, and one of years: the index holds the last week of what is told."""
    engine = new_engine(tmp_path)
    for year in range(4):
        then, now = NOON - hours(24 * 365 * (4 - year)), NOON + hours(24 * 365)
        for name, text, dated in (("agency", prose(year), then), ("harbour", edited(prose(year)), then + hours(1))):
            say(engine, f"{name}{year}", text, f"A headline of the {name} in {year}", dated=dated, now=now)
    assert {name: lead for name, (lead, _) in stands(engine).items() if name.startswith("harbour")} == {
        f"harbour{year}": f"agency{year}" for year in range(4)
    }
    assert rows(engine, Sketch) == 2


def test_a_date_in_the_future_takes_nothing_out_of_the_index(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, "agency", prose(1))
    say(engine, "zeitung", prose(2), "Storm closes the northern road", dated=NOON + hours(24 * 365))
    say(engine, "harbour", edited(prose(1)), "Bridge is open", dated=NOON + hours(1))
    assert stands(engine)["harbour"] == ("agency", "R3")


def test_related_entries_are_the_same_whatever_came_first(tmp_path: Path) -> None:
    """More than are shown, and no more than are compared."""
    told = [
        (f"s{n}", f"{prose(1, words=25 + n % 3)} {prose(10 + n)}", f"Minister opens bridge over river in Town{n}")
        for n in range(LIKELY)
    ]
    found: list[dict[str, list[str]]] = []
    for order in (told, told[::-1], told[::2] + told[1::2]):
        engine = new_engine(tmp_path, f"in{len(found)}")
        for name, text, title in order:
            say(engine, name, text, title)
        with reading(engine) as connection:
            ids = {entry.id: entry.uid for entry in desk.all_entries(engine)}
            shown = pairs.related(connection, list(ids))
            found.append({ids[each]: [one.uid for one in others] for each, others in shown.items()})
    assert found[0] == found[1] == found[2]
    assert {len(others) for others in found[0].values()} == {pairs.RELATED_SHOWN}


def test_the_index_is_pruned_by_what_comes(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for number in range(5):
        say(engine, f"s{number}", prose(number), f"A headline of number {number}")
    late = NOON + hours(24 * 8)
    say(engine, "agency", prose(9), dated=late, now=late)
    assert rows(engine, Sketch) == 4
    say(engine, "harbour", prose(10), dated=late, now=late)
    assert (rows(engine, Sketch), rows(engine, Shingle)) == (4 - 2 + 1, 3 * 17)


def test_a_line_that_every_entry_begins_with_fills_its_place_in_the_index_once(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    line = prose(1, words=30)
    many = [
        record(f"A headline of number {n}", url=f"https://a.example/{n}", text=f"{line} {prose(100 + n, words=60)}")
        for n in range(shingles.MOST + 30)
    ]
    tell(engine, "feed", *many)
    with reading(engine) as connection:
        held = select(func.count()).select_from(Shingle).group_by(Shingle.hash)
        counts = connection.scalars(held).all()
    assert max(counts) == shingles.MOST
    assert all(entry.is_lead for entry in desk.all_entries(engine))


def test_a_text_that_more_have_copied_than_the_index_holds_is_still_found(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for number in range(shingles.MOST + 5):
        say(engine, f"s{number:03}", f"{prose(1)} Number {number}.", f"The bridge, number {number}", dated=NOON)
    # One that is before all of them, when there is no room left in the index, and one more after that.
    say(engine, "agency", prose(1), dated=NOON - hours(1))
    say(engine, "zeitung", f"{prose(1)} The last.", "The bridge, for the last time", dated=NOON)
    found = stands(engine)
    assert {lead for lead, _ in found.values()} == {"agency"}
    assert sum(rule == "R3" for _, rule in found.values()) == shingles.MOST + 6


def test_a_premium_copy_never_hides_a_free_one(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, "agency", prose(1), evidence=(MARKER,))
    say(engine, "harbour", edited(prose(1)), "Bridge is open", evidence=(UNMARKED,), dated=NOON + hours(1))
    assert stands(engine) == {"agency": ("harbour", "R3"), "harbour": ("harbour", None)}


def test_a_text_leads_before_a_teaser_of_it(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    text = prose(1)
    teaser = " ".join(text.split()[:25])
    made = dedupe.imprint(TITLE, teaser, at=NOON)
    tell(engine, "feed", record(TITLE, source="agency", summary=teaser, fingerprint=made), source="agency")
    say(engine, "harbour", text, dated=NOON + hours(1))
    assert stands(engine) == {"agency": ("harbour", "R4"), "harbour": ("harbour", None)}


def test_one_event_in_other_words_is_linked_and_hides_nothing(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    one = prose(1, words=20) + " " + prose(2)
    other = prose(3) + " " + prose(1, words=20)
    say(engine, "agency", one, "Minister opens bridge across river Quayle")
    say(engine, "harbour", " ".join(other.split()[100:]), "Bridge across river Quayle open, minister says")
    assert all(lead == source for source, (lead, _) in stands(engine).items())
    with reading(engine) as connection:
        (pair, _) = pairs.of(connection, [1, 2])
        assert (pair.rule, pair.other_id) == (RELATED, 2)
        assert [one.source for one in pairs.related(connection, [1])[1]] == ["harbour"]


def test_what_was_taken_back_takes_no_place_among_the_likeliest(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for number in range(LIKELY + 2):
        uid = say(engine, f"s{number:02}", f"{prose(1)} Number {number}.", f"The bridge, number {number}")
        withdraw(engine, uid, "by mistake", NOON + hours(1))
    say(engine, "agency", prose(1), dated=NOON + hours(2))
    say(engine, "harbour", edited(prose(1)), "Bridge is open", dated=NOON + hours(3))
    assert stands(engine) == {"agency": ("agency", None), "harbour": ("agency", "R3")}
    restore(engine, uid, NOON + hours(4))
    assert {lead for lead, _ in stands(engine).values()} == {"s11"}


def test_what_is_not_there_any_more_is_no_candidate(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, "agency", prose(1))
    hashes = dedupe.imprint(TITLE, edited(prose(1))).sketch
    with writing(engine) as connection:
        shingles.add(connection, [(99, int(NOON.timestamp()), hashes)], [(value, 99) for value in hashes])
    say(engine, "harbour", edited(prose(1)), "Bridge is open")
    with reading(engine) as connection:
        assert [(one.other_id, one.rule) for one in pairs.of(connection, [2])] == [(1, "R3")]


def test_a_batch_of_copies_costs_no_statement_for_each(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    say(engine, "agency", prose(1))
    counted = 0

    @event.listens_for(engine, "before_cursor_execute")
    def _count(*_: object) -> None:
        nonlocal counted
        counted += 1

    many = [
        record(f"The bridge, number {n}", url=f"https://a.example/{n}", text=f"{edited(prose(1))} Number {n}.")
        for n in range(300)
    ]
    tell(engine, "feed", *many)
    event.remove(engine, "before_cursor_execute", _count)
    assert sum(rule == "R3" for rule in [entry.rule for entry in desk.all_entries(engine)]) == 300
    assert counted < len(many) / 2


@pytest.mark.parametrize(
    ("shared", "hashes", "singles", "worth"),
    [
        ([[1, 2], [1, 3]], 16, 0, {1: (-2, 0)}),
        # The rarest first, and all that are as rare as the last of them.
        ([[6, 7, 8, 9], [2, 3, 4], [1]], 16, SINGLES, {1: (-1, 1), 2: (-1, 3), 3: (-1, 3), 4: (-1, 3)}),
        # A line of the source's: nobody is worth a look for it.
        ([list(range(shingles.MOST))] * 7, 16, SINGLES, {}),
        # Most of the text: the first are.
        ([list(range(shingles.MOST))] * 8, 16, 0, dict.fromkeys(range(shingles.MOST), (-ENOUGH, 0))),
    ],
)
def test_who_is_worth_a_look(shared: list[list[int]], hashes: int, singles: int, worth: dict[int, Any]) -> None:
    assert _worth(shared, hashes, singles=singles) == worth
