"""The jobs of the daemon, without its clock."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from db.engine import open_engine, process_lock, reading, writing
from db.errors import Locked
from db.migrations import upgrade
from db.records import Heartbeat
from db.store import heartbeats, sources
from db.store.deliveries import owe
from feeds import log
from feeds.config import parse
from feeds.daemon.beats import Beats
from feeds.daemon.gear import gear
from feeds.daemon.work import EVERY, Work
from feeds.declare import declare
from feeds.websub.publisher import PING
from tests.command import DOCUMENT, SITE
from tests.desk import NOON, all_entries
from tests.desk.web import Hands

SEED = '[[source]]\nname = "s"\nkind = "seed"\npath = "1.txt"\n'


@contextmanager
def working(
    folder: Path,
    text: str = SITE + SEED,
    *,
    clock: Callable[[], datetime] = lambda: NOON,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Work]:
    """The work of a desk in `folder`, with one document."""
    (folder / "1.txt").write_text(DOCUMENT, encoding="utf-8")
    path = folder / "config.toml"
    config = parse(text, path)
    engine = open_engine(config.database_url)
    upgrade(engine)
    declare(engine, config, NOON)
    beats = Beats(EVERY, pid=os.getpid(), clock=lambda: NOON)
    first = gear(engine, config, clock, Hands(), path)
    work = Work(engine, first, work_lock=folder / "lock", clock=clock, beats=beats, stop=stop)
    try:
        yield work
    finally:
        work.close()
        engine.dispose()


def published(folder: Path, name: str = "all.atom") -> bytes:
    return (folder / "var" / "public" / name).read_bytes()


def test_a_tick_polls_and_publishes(tmp_path: Path) -> None:
    with working(tmp_path) as work:
        work.tick()
        assert b"Mayor rejects call" in published(tmp_path)
        shown = work.board.shown()
        assert shown is not None
        assert (shown.standing.done, shown.ended_at, shown.recent) == (1, NOON, (("s", "stored", 7),))


def test_a_tick_that_is_woken_meanwhile_is_followed_by_another(tmp_path: Path) -> None:
    moments: list[datetime] = []

    def clock() -> datetime:
        moments.append(NOON)
        if len(moments) == 1:
            work.wake()
        return NOON

    with working(tmp_path, clock=clock) as work:
        work.tick()
        twice = len(moments)
        moments[:] = [NOON]
        work.tick()
        assert len(moments) - 1 == twice / 2


def test_a_tick_that_is_woken_at_the_end_of_all_is_not(tmp_path: Path) -> None:
    with working(tmp_path, stop=lambda: True) as work:
        work.wake()
        work.tick()
        assert all_entries(work._engine) == []


def test_another_configuration_counts_from_the_next_tick_on(tmp_path: Path) -> None:
    with working(tmp_path) as work:
        work.tick()
        former = work.gear
        config = parse(SITE.replace("Test Desk", "Other Desk") + SEED, tmp_path / "config.toml")
        work.take(gear(work._engine, config, lambda: NOON, Hands(), tmp_path / "config.toml"))
        # A round that began by the former one publishes nothing more by it.
        before = published(tmp_path, "index.html")
        work._between(former)
        assert published(tmp_path, "index.html") == before
        work.tick()
        assert b"Other Desk" in published(tmp_path, "index.html")
        work._between(work.gear)
        assert b"Other Desk" in published(tmp_path, "index.html")


def test_work_of_another_process_is_waited_for(tmp_path: Path) -> None:
    with working(tmp_path) as work, process_lock(tmp_path / "lock", "a command"):
        with pytest.raises(Locked):
            work.tick()
        assert all_entries(work._engine) == []


def test_what_cannot_be_published_is_logged_once_and_so_is_its_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure(1, json=True)
    with working(tmp_path) as work:
        in_the_way = work.gear.config.public / "sections/politics.atom"
        in_the_way.mkdir(parents=True)
        try:
            work.tick()
            work.tick()
            in_the_way.rmdir()
            work.tick()
        finally:
            log.configure(0, json=False)
    said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    told = [(line["event"], line["what"]) for line in said if "what" in line]
    assert told == [("not published", "sections/politics.atom"), ("published again", "sections/politics.atom")]


def test_a_source_that_fails_is_logged_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(0, json=True)
    moments = [NOON]
    with working(tmp_path, SITE + SEED.replace("1.txt", "2.txt"), clock=lambda: moments[0]) as work:
        try:
            work.tick()
            moments[0] += timedelta(hours=1)
            work.tick()
        finally:
            log.configure(0, json=False)
    said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["source"]) for line in said] == [("source failed", "s")]


def test_deliveries_stop_with_the_process(tmp_path: Path) -> None:
    with working(tmp_path, stop=lambda: True) as work:
        with writing(work._engine) as connection:
            owe(connection, PING, "https://hub.example/", {"topic": "x"}, NOON)
        work.deliver()
        with reading(work._engine) as connection:
            assert connection.exec_driver_sql("SELECT attempts FROM deliveries").scalar() == 0


def test_signs_of_life_are_written_down(tmp_path: Path) -> None:
    with working(tmp_path) as work:
        work.beats()
        with reading(work._engine) as connection:
            written = heartbeats.every(connection)
    assert [beat.job for beat in written] == sorted(EVERY)
    assert {(beat.pid, beat.at) for beat in written} == {(os.getpid(), NOON)}


def test_every_job_can_run_where_nothing_is_due(tmp_path: Path) -> None:
    with working(tmp_path, SITE) as work:
        jobs = {job.name: job for job in work.jobs()}
        assert {name: job.every for name, job in jobs.items()} == EVERY
        assert {name for name, job in jobs.items() if job.after} == {"prune"}
        for job in jobs.values():
            job.work()
        with reading(work._engine) as connection:
            assert sources.every(connection) == []


def test_a_job_that_asks_whether_to_stop_lives(tmp_path: Path) -> None:
    seconds = 0.0
    with working(tmp_path) as work:
        beats = Beats(EVERY, pid=1, clock=lambda: NOON, monotonic=lambda: seconds)
        work._beats = beats
        seconds = 1000.0
        assert not work._asks("alerts")
        signs: dict[str, Heartbeat] = {beat.job: beat for beat in beats.every()}
        assert signs["alerts"].at - signs["tick"].at == timedelta(seconds=1000)


def test_a_wish_may_come_from_any_thread(tmp_path: Path) -> None:
    with working(tmp_path) as work:
        thread = threading.Thread(target=work.wake)
        thread.start()
        thread.join()
        assert work._woken.is_set()


def test_memory_is_given_back_where_nothing_was_done_for_a_while(tmp_path: Path) -> None:
    with working(tmp_path) as work:
        work.tick()
        pools = [work._engine.pool]
        for _ in range(3):
            work.monitor()
            pools.append(work._engine.pool)
    # The first look sees that there was work; a pool that was given up is another one afterwards.
    assert pools[1] is pools[0]
    assert pools[2] is not pools[1]
