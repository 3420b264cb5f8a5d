"""Troubles: one at a time of each kind, closed when they are over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from db.engine import Connection, reading, writing
from db.records import IncidentRecord
from db.store import sources
from db.store.incidents import (
    SETTLED,
    by_id,
    by_ids,
    close_idle,
    close_incident,
    close_old,
    count_by_kind,
    count_opened,
    gravest,
    is_any_idle,
    kinds_of,
    newest,
    note,
    open_incident,
    opened,
    page,
    plan,
    prune,
    subjects,
    subjects_of,
    unplanned,
)
from tests.desk import NOON, hours, new_engine, plans, source_id


def test_an_incident_is_open_once_until_it_is_closed(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        open_incident(connection, "failing", "a", "first", NOON)
        open_incident(connection, "failing", "a", "second", NOON + hours(1))
        open_incident(connection, "disk", "a", "full", NOON + hours(2))
        assert [(one.kind, one.message, one.opened_at, one.source, one.closed_at) for one in opened(connection)] == [
            ("failing", "second", NOON, None, None),
            ("disk", "full", NOON + hours(2), None, None),
        ]
        close_incident(connection, "failing", "a", NOON + hours(3))
        close_incident(connection, "failing", "a", NOON + hours(4))
        close_incident(connection, "failing", "unknown", NOON)
        assert [one.kind for one in opened(connection)] == ["disk"]
        open_incident(connection, "failing", "a", "again", NOON + hours(5))
        assert [one.message for one in opened(connection)] == ["full", "again"]
        rows = connection.exec_driver_sql("SELECT closed_at FROM incidents WHERE kind = 'failing' ORDER BY id").all()
    assert [row[0] for row in rows] == ["2026-03-02 15:00:00.000000", None]


def test_a_source_that_is_polled_no_more_has_no_trouble(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        for name in ("kept", "removed", "paused"):
            open_incident(connection, "failing", name, "m", NOON, source_id(connection, name))
        assert [one.source for one in opened(connection)] == ["kept", "removed", "paused"]
        sources.remove(connection, "removed")
        sources.remove(connection, "paused")
        sources.add(connection, "paused", {"enabled": False}, NOON)
    with reading(engine) as connection:
        assert [one.source for one in opened(connection)] == ["kept"]


def test_the_gravest_come_first_then_the_longest(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        harbour = source_id(connection, "harbour")
        for kind, subject, at in (
            ("moved", "a", 0), ("of another time", "a", 0), ("failing", "late", 4), ("failing", "early", 1),
            ("disk", "var", 5), ("failing", "over", 0),
        ):  # fmt: skip
            open_incident(connection, kind, subject, "so it is", NOON + hours(at))
        open_incident(connection, "failing", "idle", "so it is", NOON, harbour)
        close_incident(connection, "failing", "over", NOON + hours(1))
        sources.pause(connection, harbour)
    kinds = ("disk", "gone", "failing", "moved")
    with reading(engine) as connection:
        found = [(one.kind, one.subject) for one in gravest(connection, kinds, 9)]
        assert found == [
            ("disk", "var"), ("failing", "early"), ("failing", "late"), ("moved", "a"), ("of another time", "a"),
        ]  # fmt: skip
        assert len(found) == count_opened(connection)
        assert [one.kind for one in gravest(connection, kinds, 2)] == ["disk", "failing"]
        assert gravest(connection, kinds, 0) == []


def test_an_old_trouble_is_closed_and_a_new_one_stays(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        for subject, hour in (("b", 0), ("a", 2)):
            open_incident(connection, "vanished", subject, "many", NOON + hours(hour))
        open_incident(connection, "gap", "c", "lost", NOON)
        assert subjects_of(connection, "vanished") == ["a", "b"]
        for subject in "abc":
            close_old(connection, "vanished", subject, NOON + hours(1), NOON + hours(3))
        assert subjects_of(connection, "vanished") == ["a"]
        assert subjects_of(connection, "gap") == ["c"]


def kinds(found: list[IncidentRecord]) -> list[str]:
    return [one.kind for one in found]


def test_what_comes_back_soon_is_the_same_trouble(connection: Connection) -> None:
    source = source_id(connection, "a")
    open_incident(connection, "failing", "a", "timeout", NOON, source, evidence=(("status", "503"), ("polls", "3")))
    (first,) = opened(connection)
    assert (first.source, first.evidence, first.ended, first.reopened) == (
        "a", (("status", "503"), ("polls", "3")), None, 0,
    )  # fmt: skip
    assert first.changed_at == NOON
    over = NOON + hours(1)
    close_incident(connection, "failing", "a", over, "answers again")
    closed = by_id(connection, first.id)
    assert closed is not None
    assert (closed.closed_at, closed.ended, closed.changed_at) == (over, "answers again", over)
    open_incident(connection, "failing", "a", "refused", over + SETTLED - timedelta(seconds=1), source)
    (again,) = opened(connection)
    assert (again.id, again.opened_at, again.message, again.evidence) == (first.id, NOON, "refused", ())
    assert (again.closed_at, again.ended, again.reopened) == (None, None, 1)
    later = NOON + hours(2)
    close_incident(connection, "failing", "a", later)
    open_incident(connection, "failing", "a", "dns", later + SETTLED, source)
    (other,) = opened(connection)
    assert (other.id > first.id, other.opened_at, other.reopened) == (True, later + SETTLED, 0)
    assert by_id(connection, 99) is None
    assert by_ids(connection, [other.id, first.id, 99, first.id]).keys() == {first.id, other.id}
    assert by_ids(connection, []) == {}


def test_of_those_that_were_over_lately_the_last_comes_back(connection: Connection) -> None:
    for kind, subject in (("gap", "a"), ("gap", "b"), ("slow", "a")):
        open_incident(connection, kind, subject, "m", NOON)
        close_incident(connection, kind, subject, NOON)
    connection.exec_driver_sql("UPDATE incidents SET closed_at = '2026-03-02 11:59:00.000000' WHERE subject = 'b'")
    connection.exec_driver_sql("UPDATE incidents SET subject = 'a' WHERE subject = 'b'")
    open_incident(connection, "gap", "a", "again", NOON)
    (found,) = opened(connection)
    assert (found.kind, found.id, found.reopened) == ("gap", 1, 1)
    assert subjects(connection) == {("gap", "a")}


def test_the_troubles_of_sources_that_are_polled_no_more_are_closed(connection: Connection) -> None:
    ids = {name: source_id(connection, name) for name in ("kept", "removed", "paused")}
    for name, number in ids.items():
        open_incident(connection, "failing", name, "m", NOON, number)
    open_incident(connection, "disk", "here", "full", NOON)
    assert count_opened(connection) == 4
    sources.remove(connection, "removed")
    sources.pause(connection, ids["paused"])
    assert count_opened(connection) == len(opened(connection)) == 2
    assert close_idle(connection, NOON + hours(1), "is not polled") == 2
    assert close_idle(connection, NOON + hours(2), "is not polled") == 0
    closed = page(connection, limit=9, is_open=False)
    assert {(one.source, one.closed_at, one.ended) for one in closed} == {
        ("removed", NOON + hours(1), "is not polled"),
        ("paused", NOON + hours(1), "is not polled"),
    }


def test_pages_of_troubles_hold_each_once(connection: Connection) -> None:
    source = source_id(connection, "a")
    for number, hour in enumerate((0, 2, 1, 1, 1, 3)):
        kind = ("gap", "slow", "disk")[number % 3]
        of = None if kind == "disk" else source
        open_incident(connection, kind, f"{number}", "m", NOON + hours(hour), of)
    close_incident(connection, "gap", "0", NOON + hours(9))
    close_incident(connection, "disk", "5", NOON + hours(8))

    def paged(limit: int, **how: object) -> list[str]:
        found: list[IncidentRecord] = []
        while more := page(connection, limit=limit, before=found[-1].id if found else None, **how):  # type: ignore[arg-type]
            found += more
        return [one.subject for one in found]

    for limit in (1, 2, 4, 99):
        assert paged(limit) == ["5", "1", "4", "3", "2", "0"]
    assert paged(2, kinds=["gap", "disk"]) == ["5", "3", "2", "0"]
    assert paged(2, source="a") == ["1", "4", "3", "0"]
    assert paged(2, is_open=True) == ["1", "4", "3", "2"]
    assert paged(2, is_open=False, kinds=["gap"]) == ["0"]
    assert page(connection, limit=9, before=99) == page(connection, limit=9, source="none") == []
    assert [one.subject for one in newest(connection, 3)] == ["0", "5", "1"]


def test_alerts_are_planned_once_of_each_end_of_a_trouble(connection: Connection) -> None:
    for number, kind in enumerate(("gap", "slow")):
        open_incident(connection, kind, "a", "m", NOON + hours(number))
    assert [(one.kind, over) for one, over in unplanned(connection, NOON)] == [("gap", False), ("slow", False)]
    plan(connection, [1], over=False)
    assert [(one.kind, over) for one, over in unplanned(connection, NOON)] == [("slow", False)]
    # One that is over before anybody planned anything of it is still news, and then its end is.
    for kind in ("gap", "slow"):
        close_incident(connection, kind, "a", NOON + hours(2))
    late = NOON + hours(2) + SETTLED
    assert [(one.kind, over) for one, over in unplanned(connection, late - timedelta(seconds=1))] == [("slow", False)]
    assert [(one.kind, over) for one, over in unplanned(connection, late)] == [("slow", False), ("gap", True)]
    plan(connection, [2], over=False)
    plan(connection, [], over=True)
    assert [(one.kind, over) for one, over in unplanned(connection, late)] == [("gap", True), ("slow", True)]
    open_incident(connection, "gap", "a", "again", NOON + hours(2.2))
    assert [(one.kind, over) for one, over in unplanned(connection, late)] == [("slow", True)]
    close_incident(connection, "gap", "a", NOON + hours(3))
    plan(connection, [1, 2], over=True)
    assert unplanned(connection, NOON + hours(99)) == []


def test_old_troubles_are_forgotten_and_lasting_ones_are_not(connection: Connection) -> None:
    for number, closed in enumerate((NOON, NOON + hours(1), None)):
        open_incident(connection, "gap", f"{number}", "m", NOON)
        if closed is not None:
            close_incident(connection, "gap", f"{number}", closed)
    assert [prune(connection, NOON + hours(1), 1) for _ in range(2)] == [1, 0]
    assert {one.subject for one in page(connection, limit=9)} == {"1", "2"}


def test_what_was_found_of_a_subject_is_noted(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        number = source_id(connection)
        found = [("slow", "takes long", (("answered after", "12 s"),)), ("gap", None, ()), ("stale", None, ())]
        open_incident(connection, "gap", "harbour", "lost", NOON, number)
        note(connection, "harbour", found, {"gap"}, NOON + hours(1), number)
        (one,) = opened(connection)
        assert (one.kind, one.message, one.evidence) == ("slow", "takes long", (("answered after", "12 s"),))
        assert kinds_of(connection, number) == {"slow"}


def test_the_newest_are_those_that_opened_or_ended_last(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        for number in range(4):
            open_incident(connection, "gap", str(number), "lost", NOON + hours(number))
        close_incident(connection, "gap", "0", NOON + hours(10))
        close_incident(connection, "gap", "2", NOON + hours(2))
        assert [one.subject for one in newest(connection, 10)] == ["0", "3", "2", "1"]
        assert [one.subject for one in newest(connection, 2)] == ["0", "3"]


def test_whether_any_trouble_is_of_a_source_that_is_polled_no_more(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        number = source_id(connection)
        open_incident(connection, "gap", "harbour", "lost", NOON, number)
        assert not is_any_idle(connection)
        sources.pause(connection, number)
        assert is_any_idle(connection)
    assert "SCAN source" not in plans(engine, is_any_idle)


def test_other_numbers_are_no_news_of_a_trouble(connection: Connection) -> None:
    open_incident(connection, "slow", "a", "takes 12.1 s to answer", NOON, evidence=(("after", "12.1 s"),))
    open_incident(connection, "slow", "a", "takes 14.0 s to answer", NOON + hours(1), evidence=(("after", "14.0 s"),))
    (one,) = opened(connection)
    assert (one.message, one.evidence) == ("takes 12.1 s to answer", (("after", "12.1 s"),))
    open_incident(connection, "slow", "a", "takes 14.0 s to say no", NOON + hours(2))
    assert opened(connection)[0].message == "takes 14.0 s to say no"
    for line in (12, 40):
        open_incident(connection, "config", "c.toml", f"c.toml:{line}: source[0].interval: HTTP {line}", NOON)
    assert [one.message for one in opened(connection) if one.kind == "config"] == [
        "c.toml:40: source[0].interval: HTTP 40"
    ]


def test_what_people_were_told_is_over_opens_as_another(connection: Connection) -> None:
    open_incident(connection, "gap", "a", "m", NOON)
    close_incident(connection, "gap", "a", NOON + hours(1))
    plan(connection, [1], over=True)
    # The clock was set back: by it the former one is not over for long.
    open_incident(connection, "gap", "a", "m", NOON + hours(1))
    assert [(one.id, over) for one, over in unplanned(connection, NOON + hours(2))] == [(2, False)]


def test_what_alerts_are_made_of_is_found_by_an_index(connection: Connection) -> None:
    engine = connection.engine
    found = plans(engine, lambda asking: unplanned(asking, NOON))
    assert "ix_incidents_planned" in found
    assert "SCAN incidents" not in found


def test_troubles_are_counted_by_their_kind(connection: Connection) -> None:
    assert count_by_kind(connection) == {}
    ours, theirs = source_id(connection), source_id(connection, "wire")
    open_incident(connection, "disk", "var", "full", NOON)
    open_incident(connection, "failing", "harbour", "gone", NOON, ours)
    open_incident(connection, "failing", "wire", "gone", NOON, theirs)
    assert count_by_kind(connection) == {"disk": 1, "failing": 2}
    close_incident(connection, "disk", "var", NOON)
    sources.pause(connection, theirs)
    assert count_by_kind(connection) == {"failing": 1}
