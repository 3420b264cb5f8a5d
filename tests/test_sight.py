"""What the monitor makes of what it saw: bounds at which troubles open, and others at which they close."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from db.records import Heartbeat, Pace
from feeds.config import Monitor
from feeds.sight import INTEGRITY, LAG, SCHEMA, WAL, WAL_BYTES, Disk, Sight, findings, stale
from tests.desk import NOON, hours
from tests.test_monitor import SOURCE

SETTINGS = Monitor()
MB = 1_000_000


def said(seen: Sight, now: datetime = NOON) -> dict[tuple[str, str], bool]:
    """What is found -> whether it opens."""
    return {(one.kind, one.subject): one.message is not None for one in findings(seen, SETTINGS, now)}


def test_where_nothing_is_wrong_nothing_is_found() -> None:
    assert findings(Sight(), SETTINGS, NOON) == []


def test_a_lag_opens_after_minutes_and_closes_below_half_of_them() -> None:
    lag, minutes = ("lag", LAG), timedelta(minutes=1)
    assert said(Sight(owed_since=NOON - 10 * minutes, owed=1)) == {}
    assert said(Sight(owed_since=NOON - 11 * minutes, owed=1)) == {lag: True}
    assert said(Sight(owed_since=NOON - 11 * minutes, owed=1, opened={lag})) == {}
    assert said(Sight(owed_since=NOON - 5 * minutes, owed=1, opened={lag})) == {}
    assert said(Sight(owed_since=NOON - 4 * minutes, owed=1, opened={lag})) == {lag: False}
    assert said(Sight(opened={lag})) == {lag: False}


def test_what_was_owed_before_the_daemon_began_is_no_lag_of_its_own() -> None:
    beat = Heartbeat("publish", NOON, NOON - timedelta(minutes=2), 5, 1)
    seen = Sight(owed_since=NOON - hours(20), owed=3, beats=[beat])
    assert said(seen) == {}
    late = replace(seen, beats=[replace(beat, since=NOON - timedelta(minutes=12))])
    (found,) = findings(late, SETTINGS, NOON)
    assert found.message == "what changed 12 min ago is not published yet"
    assert found.evidence == (("owed since", "2026-03-01 16:00 UTC"), ("sections that owe a feed", "3"))


@pytest.mark.parametrize(("free", "is_open", "opens"), [
    (499, False, True), (500, False, None), (499, True, None), (749, True, None), (751, True, False),
])  # fmt: skip
def test_a_disk_is_full_below_a_bound_and_roomy_above_another(free: int, is_open: bool, opens: bool | None) -> None:
    disk = ("disk", "database")
    found = said(Sight(disks=[Disk("database", free * MB)], opened={disk} if is_open else set()))
    assert found == ({} if opens is None else {disk: opens})


def test_a_disk_that_holds_nothing_of_ours_any_more_is_no_trouble() -> None:
    former = ("disk", "published tree")
    assert said(Sight(disks=[Disk("database", 10**12)], opened={former})) == {former: False}
    assert said(Sight(disks=[Disk("published tree", None)], opened={former})) == {}


def test_the_database() -> None:
    wal, schema, integrity = (("database", each) for each in (WAL, SCHEMA, INTEGRITY))
    assert said(Sight(wal=WAL_BYTES + 1, schema="0042", damage=["row 3 missing"])) == {
        wal: True, schema: True, integrity: True
    }  # fmt: skip
    opened = {wal, schema, integrity}
    assert said(Sight(wal=WAL_BYTES // 2, opened=opened)) == {schema: False}
    assert said(Sight(wal=WAL_BYTES // 3, damage=[], opened=opened)) == {wal: False, schema: False, integrity: False}


def test_jobs() -> None:
    fresh = Heartbeat("tick", NOON - timedelta(seconds=9), NOON, 5, 1)
    late = Heartbeat("deliver", NOON - timedelta(seconds=306), NOON, 5, 1)
    tick, deliver, former = (("job", each) for each in ("tick", "deliver", "former"))
    assert said(Sight(beats=[fresh, late])) == {deliver: True}
    assert said(Sight(beats=[fresh, late], opened={tick, deliver, former})) == {tick: False, former: False}
    # Between the bounds nothing changes.
    between = replace(late, at=NOON - timedelta(seconds=70))
    assert said(Sight(beats=[between], opened={deliver})) == {}
    assert said(Sight(opened={tick})) == {}


def test_what_is_told_of_a_late_source() -> None:
    pace = Pace(brought=NOON - hours(100), gaps=(6 * 3600,) * 3, silences=(6 * 3600, 30 * 3600))
    message, evidence = stale(replace(SOURCE, pace=pace, stale_at=NOON - hours(4)), NOON)
    assert message == "nothing new for 4 days, since 2026-02-26 08:00 UTC"
    assert evidence == (
        ("last new entry", "2026-02-26 08:00 UTC"),
        ("usual gap", "6 h"),
        ("longest silence lately", "30 h"),
        ("late since", "2026-03-02 08:00 UTC"),
    )
    assert stale(SOURCE, NOON)[1] == (("last new entry", "2026-03-02 12:00 UTC"),)
