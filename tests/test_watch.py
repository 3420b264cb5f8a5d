"""The monitor: what it looks at, what it writes, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from db import migrations
from db.engine import Engine, reading, writing
from db.records import Heartbeat, IncidentRecord, Pace, PollRecord
from db.store import cursors, incidents, schedule, sections, sources
from feeds import watch as module
from feeds.config import Config, parse
from feeds.sight import Disk
from feeds.watch import watch
from tests.command import SITE
from tests.desk import NOON, hours, source_id


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return parse(SITE + "[monitor]\ndisk_mb = 1\n", tmp_path / "config.toml")


def opened(engine: Engine) -> list[IncidentRecord]:
    with reading(engine) as connection:
        return incidents.opened(connection)


def state(engine: Engine, name: str = "harbour") -> str:
    with reading(engine) as connection:
        source = sources.by_name(connection, name)
    assert source is not None
    return source.state


def polled(engine: Engine, at: datetime, late: datetime | None = NOON, **over: object) -> int:
    """A source that was polled at a time, and is late from another on."""
    with writing(engine) as connection:
        number = source_id(connection)
        poll = PollRecord(
            source_id=number,
            at=at,
            outcome="unchanged",
            due_at=at,
            reason="",
            state="ok",
            stale_at=late,
            pace=Pace(brought=NOON - hours(48)),
        )
        schedule.finish(connection, [replace(poll, **over)])  # type: ignore[arg-type]
    return number


def test_a_source_is_late_once_it_was_asked_in_vain(engine: Engine, config: Config) -> None:
    polled(engine, NOON - hours(1))
    watch(engine, config, NOON + hours(1))
    # Nobody has asked since it is late.
    assert opened(engine) == []
    polled(engine, NOON + hours(1))
    watch(engine, config, NOON + hours(1))
    (one,) = opened(engine)
    assert (one.kind, one.subject, one.source) == ("stale", "harbour", "harbour")
    assert one.message == "nothing new for 2 days, since 2026-02-28 12:00 UTC"
    assert state(engine) == "stale"
    watch(engine, config, NOON + hours(2))
    assert [each.message for each in opened(engine)] == [one.message]


def test_who_cannot_be_read_is_not_late(engine: Engine, config: Config) -> None:
    polled(engine, NOON + hours(1))
    polled(engine, NOON + hours(2), outcome="failed", error="no", failures=1, state="failing")
    watch(engine, config, NOON + hours(2))
    assert opened(engine) == []
    assert state(engine) == "failing"


def test_other_settings_end_it(engine: Engine, config: Config) -> None:
    polled(engine, NOON + hours(1))
    watch(engine, config, NOON + hours(1))
    polled(engine, NOON + hours(2), NOON + hours(100), state="stale", url="https://b.example/")
    watch(engine, config, NOON + hours(2))
    assert opened(engine) == []
    assert state(engine) == "moved"


def test_a_paused_source_has_no_troubles(engine: Engine, config: Config) -> None:
    number = polled(engine, NOON + hours(1))
    watch(engine, config, NOON + hours(1))
    with writing(engine) as connection:
        sources.pause(connection, number)
    watch(engine, config, NOON + hours(2))
    with reading(engine) as connection:
        (one,) = incidents.newest(connection, 5)
    assert (one.closed_at, one.ended) == (NOON + hours(2), "polled no more")


def test_what_is_owed_for_long_is_a_lag(engine: Engine, config: Config) -> None:
    with writing(engine) as connection:
        sections.mark_feeds(connection, [7], NOON)
    watch(engine, config, NOON + hours(1))
    (one,) = opened(engine)
    assert (one.kind, dict(one.evidence)["sections that owe a feed"]) == ("lag", "2")
    with writing(engine) as connection:
        sections.clean(connection, sections.dirty(connection))
    watch(engine, config, NOON + hours(1))
    assert opened(engine) == []


def test_a_full_disk(engine: Engine, tmp_path: Path, config: Config) -> None:
    full = parse(SITE + "[monitor]\ndisk_mb = 1000000\n", tmp_path / "config.toml")
    watch(engine, full.model_copy(update={"monitor": full.monitor.model_copy(update={"disk_mb": 10**9})}), NOON)
    (one,) = opened(engine)
    assert (one.kind, one.subject) == ("disk", "database")
    watch(engine, config, NOON)
    assert opened(engine) == []


def test_jobs_that_do_not_run(engine: Engine, config: Config) -> None:
    beat = Heartbeat("tick", NOON, NOON, 5, 1)
    watch(engine, config, NOON + hours(1), beats=[beat])
    (one,) = opened(engine)
    assert (one.kind, one.subject, one.message) == ("job", "tick", "the job tick has not run for 60 min; restart")
    watch(engine, config, NOON + hours(1), beats=[replace(beat, at=NOON + hours(1))])
    assert opened(engine) == []


def test_a_database_of_another_release(engine: Engine, config: Config) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    watch(engine, config, NOON)
    assert [(one.kind, one.subject, one.evidence) for one in opened(engine)] == [
        ("database", "schema", (("schema", "9999"),))
    ]
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = ?", (migrations.HEAD,))
    watch(engine, config, NOON)
    assert opened(engine) == []


def test_the_database_is_looked_through_once_a_day(engine: Engine, config: Config) -> None:
    def checked() -> int | None:
        with reading(engine) as connection:
            return cursors.position(connection, "watch: integrity")

    for hour, expected in ((0, 0), (23, 0), (24, 24), (25, 24)):
        watch(engine, config, NOON + hours(hour))
        assert checked() == int((NOON + hours(expected)).timestamp())


def test_damage_is_told(engine: Engine, config: Config, tmp_path: Path) -> None:
    path = tmp_path / "feeds.sqlite3"
    with reading(engine) as connection:
        row = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'ix_polls_at'").one_or_none()
        page = (
            row[0]
            if row is not None
            else connection.exec_driver_sql(
                "SELECT max(rootpage) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'polls'"
            ).scalar_one()
        )
    engine.dispose()
    with path.open("r+b") as file:
        file.seek((page - 1) * 8192)
        file.write(b"\xff" * 8192)
    watch(engine, config, NOON)
    (one,) = opened(engine)
    assert (one.kind, one.subject) == ("database", "integrity")
    assert one.message.startswith("is damaged (")
    assert "put a backup in its place" in one.message


def test_what_cannot_be_opened_any_more_is_damage(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "feeds.sqlite3"
    engine.dispose()
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 8000)
    (said,) = module._damage(engine, path) or []
    assert "is damaged" in said


def test_what_is_not_there_yet_is_no_trouble(engine: Engine, config: Config, tmp_path: Path) -> None:
    assert module._disks(Path("nowhere/at/all/x"), tmp_path / "not" / "yet")
    assert module._length(tmp_path / "none") == 0


def test_a_folder_that_may_not_be_looked_into_hinders_no_look(engine: Engine, config: Config) -> None:
    # A name that no file system takes is refused to everybody, as a folder of others is to all but root.
    public = Path("x" * 300)
    found = config.model_copy(update={"publish": config.publish.model_copy(update={"directory": public})})
    assert Disk("published tree", None) in module._disks(Path("x"), found.public)
    with writing(engine) as connection:
        sections.mark_feeds(connection, [7], NOON)
    watch(engine, found, NOON + hours(1))
    assert [one.kind for one in opened(engine)] == ["lag"]


def test_a_large_database_is_not_looked_through(engine: Engine, tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(module.SMALL + 1)
    assert module._damage(engine, large) is None
