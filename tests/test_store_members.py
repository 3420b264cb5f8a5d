"""Entries as duplicates are judged by, and by which indexes they are found."""

from __future__ import annotations

from pathlib import Path

from db.engine import reading
from db.store import entries, members
from tests.desk import BODY, NOON, hours, new_engine, plans, record, tell

STORY = "Minister opens the new bridge over the river"


def test_who_is_folded_behind_whom(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for source in ("agency", "harbour"):
        one = record(STORY, source=source, url=f"https://{source}.example/1", text=BODY)
        tell(engine, "feed", one, source=source)
    with reading(engine) as connection:
        (follower,) = entries.listing(connection, duplicates=True)
        (lead,) = (one for one in entries.listing(connection) if one.is_lead)
        assert members.followers(connection, [lead.id]) == {follower.id}
        assert members.first_followers(connection, [lead.id], 1) == [follower.id]
        assert members.first_followers(connection, [lead.id], 0) == []
        found = members.members(connection, [lead.id, follower.id], 1)
        assert min(found, key=lambda one: one.leading).uid == lead.uid
        assert members.members(connection, [], 1) == []
        assert members.leads_of(connection, [lead.id, follower.id]) == {lead.id}
        assert members.leads_of(connection, []) == set()


def test_who_shares_a_title_and_who_stands_next(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    rows = [("harbour", 0), ("harbour", 10), ("harbour", 20), ("agency", 10), ("agency", 10)]
    for number, (source, hour) in enumerate(rows):
        text = BODY if number == 3 else f"{number} {BODY}"
        one = record(
            STORY, source=source, url=f"https://{source}.example/{number}", text=text, dated=NOON + hours(hour)
        )
        tell(engine, f"feed{number}", one, source=source)
    tell(engine, "short", record("Weather"), record("Alone among all of these"))
    with reading(engine) as connection:
        ids = [row[0] for row in connection.exec_driver_sql("SELECT id FROM entries ORDER BY id")]
        assert members.sharing(connection, ids) == set(ids[:5])
        assert members.sharing(connection, []) == set()
        for number, beside in enumerate([{1}, {0, 2}, {1}, {4}, {3}, set(), set()]):
            assert members.beside(connection, [ids[number]]) == {ids[each] for each in beside}, number
        hour = 3600
        for window, recurring in ((9 * hour, {3, 4}), (10 * hour, {0, 1, 2, 3, 4})):
            found = {one.id: one for one in members.members(connection, ids, window)}
            assert {each for each, one in found.items() if one.recurring} == {ids[each] for each in recurring}
        assert (found[ids[5]].bucket, found[ids[5]].at, found[ids[5]].body_words) == (None, int(NOON.timestamp()), 0)
        assert (found[ids[0]].at, found[ids[0]].body_words) == (int(NOON.timestamp()), 21)
        # Those of one title whose title does not recur, as far as the window reaches.
        assert {one.id for one in members.alike(connection, [ids[4], ids[1]], 9 * hour)} == {ids[1]}
        assert members.alike(connection, [ids[4]], 10 * hour) == []
        text_hash, at = found[ids[3]].text_hash, found[ids[3]].at
        assert text_hash is not None
        assert [one.id for one in members.of_text(connection, text_hash, at, at, hour)] == [ids[3]]
        assert members.of_text(connection, text_hash, at + 1, at + hour, hour) == []


def test_the_hot_lookups_use_indexes(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "feed", *(record(f"Headline number {n} of many", published=NOON - hours(n)) for n in range(40)))
    ids = list(range(1, 30))
    for ask in (
        lambda connection: members.members(connection, ids, 7),
        lambda connection: members.alike(connection, ids, 7),
        lambda connection: members.of_text(connection, 1, 2, 3, 7),
        lambda connection: members.beside(connection, ids),
        lambda connection: members.followers(connection, ids),
        lambda connection: members.first_followers(connection, ids, 7),
        lambda connection: members.leads_of(connection, ids),
        lambda connection: members.sharing(connection, ids),
    ):
        plan = plans(engine, ask)
        assert "SEARCH" in plan
        # What a scan looks through grows with the archive.
        assert not [line for line in plan.splitlines() if line.startswith("SCAN")]
