"""A person's word on access: it sticks, is published, and can be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.engine import Engine, reading
from db.records import PERSON, Access, Evidence
from db.store import entries
from feeds.correct import clear_access, join, let_be, set_access, split
from feeds.errors import UsageError
from tests import desk
from tests.desk import BODY, MARKER, NOON, UNMARKED, hours, new_engine, only, owed, record, tell

URL = "https://news.example/ferry"
LATER = NOON + hours(2)


def test_a_verdict_sticks_through_later_polls_and_can_be_cleared(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL, text=BODY, evidence=(UNMARKED,)))
    desk.forget(engine)
    made = set_access(engine, only(engine).uid, Access.PREMIUM, LATER)
    assert (made.access, made.access_override, made.updated) == (Access.PREMIUM, True, LATER)
    assert (desk.changes(engine, made), owed(engine)) == ([("access",)], {"*", "Town"})
    # A later poll brings new words and new evidence; neither moves the verdict.
    tell(engine, "a", record("Ferry: edited", url=URL, text=BODY, evidence=()), now=NOON + hours(3))
    tell(engine, "b", record(url=URL, evidence=(UNMARKED,)), now=NOON + hours(4))
    after = only(engine)
    assert (after.title, after.access, after.access_override) == ("Ferry: edited", Access.PREMIUM, True)
    desk.forget(engine)
    cleared = clear_access(engine, after.uid, NOON + hours(5))
    assert (cleared.access, cleared.access_override) == (Access.FREE, False)
    assert cleared.updated > after.updated
    assert desk.changes(engine, cleared)[0] == ("access",)
    assert owed(engine) == {"*", "Town"}


def test_a_verdict_that_agrees_makes_no_revision_but_sticks(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL, evidence=(UNMARKED,)))
    before = only(engine)
    made = set_access(engine, before.uid, Access.FREE, LATER)
    assert (made.access_override, made.updated, desk.changes(engine, made)) == (True, before.updated, [])
    tell(engine, "a", record(url=URL, evidence=(MARKER,)), now=NOON + hours(3))
    assert only(engine).access is Access.FREE
    assert clear_access(engine, before.uid, NOON + hours(4)).access is Access.PREMIUM


def test_clearing_keeps_what_the_source_is_configured_to_be(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(text=BODY, evidence=(Evidence("configured", "premium", "config.toml"), UNMARKED)))
    set_access(engine, only(engine).uid, Access.FREE, LATER)
    assert clear_access(engine, only(engine).uid, NOON + hours(3)).access is Access.PREMIUM


def test_a_verdict_changes_who_leads(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for source, hour in (("agency", 0), ("harbour", 1)):
        one = record(
            "Minister opens the new bridge",
            source=source,
            url=f"https://{source}.example/1",
            text=BODY,
            sections=(source,),
            dated=NOON + hours(hour),
        )
        tell(engine, "feed", one, source=source)
    agency, harbour = (
        next(one for one in desk.all_entries(engine) if one.source == name) for name in ("agency", "harbour")
    )
    assert (agency.lead, harbour.lead, harbour.rule) == (agency.uid, agency.uid, "R2")
    desk.forget(engine)
    assert set_access(engine, agency.uid, Access.PREMIUM, LATER).lead == harbour.uid
    assert owed(engine) == {"*", "agency", "harbour"}
    assert clear_access(engine, agency.uid, NOON + hours(4)).lead == agency.uid


def test_an_entry_is_named_by_the_end_of_its_id(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record())
    assert set_access(engine, only(engine).uid[-8:], Access.FREE, LATER).access is Access.FREE


@pytest.mark.parametrize("uid", ["", "unknown", "0" * 32, "%", "________"])
def test_an_unknown_entry(tmp_path: Path, uid: str) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record())
    with pytest.raises(UsageError, match="see 'feeds entries list'") as raised:
        set_access(engine, uid, Access.FREE, LATER)
    assert raised.value.exit_code == 2
    with pytest.raises(UsageError):
        clear_access(engine, uid, LATER)
    with reading(engine) as connection:
        assert [entry.access_override for entry in entries.listing(connection)] == [False]


# What belongs together

STORY = "Minister opens the new bridge over the river"
OTHER = "Storm closes the northern lighthouse road"


def copies(tmp_path: Path, *sources: str, text: str = BODY) -> tuple[Engine, dict[str, str]]:
    """One story in each of `sources`, an hour apart, in sections of their names; the ids by source."""
    engine = new_engine(tmp_path)
    for hour, source in enumerate(sources):
        say(engine, source, text, hour)
    desk.forget(engine)
    return engine, {entry.source: entry.uid for entry in desk.all_entries(engine)}


def say(engine: Engine, source: str, text: str, hour: int, title: str = STORY) -> None:
    url = f"https://{source}.example/1"
    one = record(title, source=source, url=url, text=text, sections=(source,), dated=NOON + hours(hour))
    tell(engine, "feed", one, source=source, now=NOON + hours(hour))


def leads(engine: Engine) -> dict[str, tuple[str, str | None]]:
    found = desk.all_entries(engine)
    sources = {entry.uid: entry.source for entry in found}
    return {entry.source: (sources[entry.lead], entry.rule) for entry in found}


def test_two_that_were_split_stay_apart_whatever_comes(tmp_path: Path) -> None:
    engine, ids = copies(tmp_path, "agency", "harbour")
    made = split(engine, ids["harbour"], ids["agency"], LATER)
    assert (made.is_lead, made.rule, made.score) == (True, None, None)
    assert owed(engine) == {"*", "agency", "harbour"}
    # Nor does an edit bring them together, nor a third copy that both agree with.
    say(engine, "agency", BODY + " More.", 3)
    say(engine, "agency", BODY, 4)
    say(engine, "zeitung", BODY, -1)
    assert leads(engine) == {
        "zeitung": ("zeitung", None),
        "agency": ("zeitung", "R2"),
        "harbour": ("harbour", None),
    }
    let_be(engine, ids["agency"], ids["harbour"], LATER)
    assert leads(engine)["harbour"] == ("zeitung", "R2")


def test_one_that_is_to_stand_alone_leads_nobody_either(tmp_path: Path) -> None:
    engine, ids = copies(tmp_path, "agency", "harbour", "zeitung")
    assert split(engine, ids["agency"], None, LATER).is_lead
    assert leads(engine) == {
        "agency": ("agency", None),
        "harbour": ("harbour", None),
        "zeitung": ("harbour", "R2"),
    }
    assert let_be(engine, ids["agency"], None, LATER).is_lead
    assert set(leads(engine).values()) == {("agency", None), ("agency", "R2")}


def test_two_that_were_joined_stay_together_whatever_comes(tmp_path: Path) -> None:
    engine, ids = copies(tmp_path, "agency", "harbour")
    say(engine, "other", "A text of its own.", 3, OTHER)
    other = desk.at(engine, "https://other.example/1").uid
    desk.forget(engine)
    made = join(engine, other, ids["harbour"], LATER)
    # With whom it was joined is behind another, and it goes there as well.
    assert (made.lead, made.rule, made.score) == (ids["agency"], PERSON, 1.0)
    assert owed(engine) == {"*", "agency", "harbour", "other"}
    say(engine, "other", "Quite another text.", 4, OTHER)
    say(engine, "zeitung", BODY, -1)
    assert {lead for lead, _ in leads(engine).values()} == {"zeitung"}
    # An earlier split is taken back by a join, and the other way round.
    assert split(engine, other, ids["harbour"], LATER).is_lead
    assert not join(engine, other, ids["harbour"], LATER).is_lead
    assert let_be(engine, other, ids["harbour"], LATER).is_lead


def test_who_is_to_stand_alone_is_joined_with_none_and_the_other_way_round(tmp_path: Path) -> None:
    engine, ids = copies(tmp_path, "agency", "harbour")
    join(engine, ids["agency"], ids["harbour"], LATER)
    assert leads(engine)["harbour"] == ("agency", PERSON)
    assert split(engine, ids["agency"], None, LATER).is_lead
    assert leads(engine)["harbour"] == ("harbour", None)
    with pytest.raises(UsageError, match="nobody ruled"):
        let_be(engine, ids["agency"], ids["harbour"], LATER)
    join(engine, ids["harbour"], ids["agency"], LATER)
    assert leads(engine)["harbour"] == ("agency", PERSON)
    with pytest.raises(UsageError, match="standing alone"):
        let_be(engine, ids["agency"], None, LATER)


def test_a_premium_entry_that_is_joined_with_a_free_one_does_not_hide_it(tmp_path: Path) -> None:
    engine, ids = copies(tmp_path, "agency")
    say(engine, "harbour", "A text of its own.", 1, OTHER)
    harbour = desk.at(engine, "https://harbour.example/1").uid
    join(engine, ids["agency"], harbour, LATER)
    assert leads(engine)["harbour"] == ("agency", PERSON)
    set_access(engine, ids["agency"], Access.PREMIUM, LATER)
    assert leads(engine) == {"agency": ("harbour", PERSON), "harbour": ("harbour", None)}


def test_an_entry_is_not_ruled_on_twice_over(tmp_path: Path) -> None:
    engine, ids = copies(tmp_path, "agency", "harbour")
    for ruling in (split, join, let_be):
        with pytest.raises(UsageError, match="are one entry"):
            ruling(engine, ids["agency"], ids["agency"][-8:], LATER)
        with pytest.raises(UsageError, match="see 'feeds entries list'"):
            ruling(engine, ids["agency"], "unknown", LATER)
    with pytest.raises(UsageError, match="nobody ruled"):
        let_be(engine, ids["agency"], ids["harbour"], LATER)
    assert leads(engine)["harbour"] == ("agency", "R2")
