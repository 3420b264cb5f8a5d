"""A person's word on access: it sticks, is published, and can be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.engine import reading
from db.records import Access, Evidence
from db.store import entries
from feeds.correct import clear_access, set_access
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
    with pytest.raises(UsageError, match="feeds entries list") as raised:
        set_access(engine, uid, Access.FREE, LATER)
    assert raised.value.exit_code == 2
    with pytest.raises(UsageError):
        clear_access(engine, uid, LATER)
    with reading(engine) as connection:
        assert [entry.access_override for entry in entries.listing(connection)] == [False]
