"""Who may read an entry, by all that was ever said of it, and what a source is configured to be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from db.engine import Engine, writing
from db.records import Access, Evidence
from feeds.correct import clear_access, set_access
from feeds.credence import rejudge
from feeds.ingest import Tally, level_of
from tests import desk
from tests.desk import BODY, MARKER, NOON, UNMARKED, at, hours, new_engine, only, owed, record, tell, titled

URL = "https://news.example/ferry"
LATER = NOON + hours(2)
EDITED = "Council approves the new ferry timetable"
CONFIGURED = Evidence("configured", "premium", "config.toml")


def test_access_is_a_material_change(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL, text=BODY, evidence=(UNMARKED,)))
    assert only(engine).access is Access.FREE
    before = only(engine)
    desk.forget(engine)
    tell(engine, "b", record(url=URL, evidence=(MARKER,)), now=LATER)
    after = only(engine)
    assert (after.access, after.text) == (Access.PREMIUM, BODY)
    assert desk.changes(engine, after) == [("access",)]
    assert after.updated == LATER > before.updated
    assert owed(engine) == {"*", "Town"}


def test_a_marked_row_closes_the_article_above_it(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(text=BODY, evidence=(UNMARKED,)), record(evidence=(MARKER,), position=1))
    assert (only(engine).access, only(engine).text) == (Access.PREMIUM, BODY)


def test_what_a_source_is_configured_to_be_outlasts_edits(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL, text=BODY, evidence=(CONFIGURED, UNMARKED)))
    tell(engine, "a", record(EDITED, url=URL, text=BODY, evidence=(CONFIGURED, UNMARKED)), now=LATER)
    assert (only(engine).title, only(engine).access) == (EDITED, Access.PREMIUM)
    tell(engine, "b", record(source="agency", url=URL, evidence=(UNMARKED,)), source="agency", now=LATER)
    assert only(engine).access is Access.PREMIUM


def configure(engine: Engine, level: Access | None, *, source: str = "harbour", hour: float = 5) -> int:
    with writing(engine) as connection:
        return rejudge(connection, desk.source_id(connection, source), level, NOON + hours(hour))


def configured(*others: Evidence, level: str = "premium") -> tuple[Evidence, ...]:
    return (Evidence("configured", level, "config.toml"), *others)


def test_what_a_source_is_configured_to_be_reaches_all_it_ever_said(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL, text=BODY, evidence=(UNMARKED,)), record("A row", sections=("Sea",)))
    tell(engine, "a", record("A row", sections=("Sea",)), now=LATER)  # the article is named no more
    desk.forget(engine)
    before = at(engine, URL)
    assert configure(engine, Access.PREMIUM) == 2
    after = at(engine, URL)
    assert (after.access, after.evidence) == (Access.PREMIUM, configured(UNMARKED))
    assert (after.updated, desk.changes(engine, after)) == (NOON + hours(5), [("access",)])
    assert owed(engine) == {"*", "Town", "Sea"}
    # Said once more it changes nothing, nor does a reading of what is there.
    desk.forget(engine)
    assert configure(engine, Access.PREMIUM, hour=6) == 0
    rows = (record(url=URL, text=BODY, evidence=configured(UNMARKED)), record("A row", evidence=configured()))
    assert tell(engine, "a", rows[0], now=NOON + hours(7)) == Tally(unchanged=1)
    assert (at(engine, URL), owed(engine)) == (after, set())
    # Another level, then none: it is as if nothing had been configured.
    assert configure(engine, Access.METERED, hour=8) == 2
    assert at(engine, URL).evidence == configured(UNMARKED, level="metered")
    assert configure(engine, None, hour=9) == 2
    assert configure(engine, None, hour=10) == 0
    back = at(engine, URL)
    assert (back.access, back.evidence, back.text) == (Access.FREE, before.evidence, BODY)
    assert desk.changes(engine, back) == [("access",)] * 3


@pytest.mark.parametrize("first", ["document", "rejudge"])
@pytest.mark.parametrize("text", [BODY, BODY + " Again."])
def test_a_reading_and_a_new_configuration_in_either_order(tmp_path: Path, first: str, text: str) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL, text=BODY, evidence=(UNMARKED,)))
    if first == "rejudge":
        configure(engine, Access.PREMIUM)
    tell(engine, "a", record(url=URL, text=text, evidence=configured(UNMARKED)), now=NOON + hours(5))
    configure(engine, Access.PREMIUM)
    entry = only(engine)
    assert (entry.text, entry.access, entry.evidence) == (text, Access.PREMIUM, configured(UNMARKED))
    tell(engine, "a", record(url=URL, text=text, evidence=configured(UNMARKED)), now=NOON + hours(6))
    assert only(engine) == entry
    assert sum("access" in changed for changed in desk.changes(engine, entry)) == 1


def test_an_override_stands_above_a_new_configuration(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL, text=BODY))
    before = set_access(engine, only(engine).uid, Access.FREE, LATER)
    desk.forget(engine)
    assert configure(engine, Access.PREMIUM) == 0
    assert (only(engine).access, only(engine).updated, owed(engine)) == (Access.FREE, before.updated, set())
    assert clear_access(engine, before.uid, NOON + hours(6)).access is Access.PREMIUM


def test_a_configuration_is_of_one_source(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL, text=BODY, evidence=(UNMARKED,)), record("Our own"))
    tell(engine, "b", record(url=URL, sections=("Sea",)))
    tell(engine, "a", record(source="agency", url=URL, evidence=(MARKER,)), source="agency")
    tell(engine, "b", record("Theirs", source="agency", url="https://agency.example/"), source="agency")
    assert configure(engine, Access.FREE, source="agency") == 2
    assert (at(engine, URL).access, titled(engine, "Our own").access) == (Access.FREE, Access.UNKNOWN)
    # Both are configured: the narrower counts.
    assert configure(engine, Access.METERED) == 2
    assert at(engine, URL).access is Access.METERED
    assert desk.changes(engine, at(engine, URL)) == [("access",)] * 3 + [("sections",)]
    assert configure(engine, None, source="agency") == 1
    assert (at(engine, URL).access, titled(engine, "Theirs").access) == (Access.METERED, Access.UNKNOWN)
    assert configure(engine, None) == 2
    assert at(engine, URL).access is Access.PREMIUM


def test_a_configuration_changes_who_leads(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    title = "Minister opens the new bridge over the river"
    for hour, source in enumerate(("agency", "harbour")):
        one = record(title, source=source, url=f"https://{source}.example/", text=BODY, sections=(source,))
        tell(engine, "feed", replace(one, dated=NOON + hours(hour)), source=source)
    desk.forget(engine)
    assert configure(engine, Access.PREMIUM, source="agency") == 1
    assert {entry.source: entry.is_lead for entry in desk.all_entries(engine)} == {"agency": False, "harbour": True}
    assert owed(engine) == {"*", "agency", "harbour"}


def test_no_source_can_write_what_a_person_configures(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    forged = Evidence("category", '["configured", "premium", "config.toml"]', "category")
    tell(engine, "a", record(evidence=(forged,)))
    assert configure(engine, None) == 0
    assert configure(engine, Access.METERED) == 1


def test_a_configuration_of_thousands(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", *[record(f"Headline number {number} of many") for number in range(1100)])
    assert configure(engine, Access.PREMIUM) == 1100
    assert {entry.access for entry in desk.all_entries(engine)} == {Access.PREMIUM}


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ((), Access.UNKNOWN),
        ((UNMARKED,), Access.FREE),
        ((UNMARKED, MARKER), Access.PREMIUM),
        ((Evidence("configured", "free", ""), MARKER), Access.FREE),
        ((Evidence("configured", "free", ""), CONFIGURED), Access.PREMIUM),
        ((Evidence("configured", "unknown", ""), UNMARKED), Access.UNKNOWN),
        ((Evidence("configured", "unknown", ""), Evidence("configured", "metered", "")), Access.METERED),
    ],
)
def test_level_of(said: tuple[Evidence, ...], level: Access) -> None:
    assert level_of(said) is level
