"""The daemon as an object: what pages may ask of it, and what becomes of another configuration. As a process:
test_daemon."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.engine import open_engine, reading
from db.errors import StorageError
from db.migrations import upgrade
from db.store import incidents, sources
from feeds.config import load
from feeds.daemon import Daemon
from feeds.daemon.work import EVERY
from feeds.declare import declare
from feeds.errors import ConfigError
from feeds.web.server import Server
from tests.command import DOCUMENT, SITE
from tests.desk import NOON
from tests.fakes import wait_for

SEED = '[[source]]\nname = "s"\nkind = "seed"\npath = "1.txt"\n'


@contextmanager
def made(folder: Path, more: str = SEED) -> Iterator[tuple[Daemon, Server]]:
    """A daemon that does not run, with one document, and a server that is not started."""
    (folder / "1.txt").write_text(DOCUMENT, encoding="utf-8")
    path = folder / "config.toml"
    path.write_text(SITE + more)
    config = load(path)
    engine = open_engine(config.database_url)
    upgrade(engine)
    declare(engine, config, NOON)
    said: list[str] = []
    daemon = Daemon(
        engine, config, path=path, work_lock=folder / "lock", clock=lambda: NOON, announce=said.append, environ={}
    )
    try:
        yield daemon, Server(daemon._app, "127.0.0.1", 0)
    finally:
        daemon._work.close()
        engine.dispose()


def open_troubles(daemon: Daemon) -> list[tuple[str, str, str]]:
    with reading(daemon._engine) as connection:
        return [(one.kind, one.subject, one.message) for one in incidents.opened(connection)]


def test_pages_see_how_it_is(tmp_path: Path) -> None:
    with made(tmp_path) as (daemon, _server):
        assert daemon.progress() is None
        daemon._work.tick()
        progress = daemon.progress()
        assert progress is not None
        assert progress.recent == (("s", "stored", 7),)
        beats = daemon.beats()
        assert [beat.job for beat in beats] == sorted(EVERY)
        assert {beat.pid for beat in beats} == {os.getpid()}


def test_whoever_wakes_it_has_the_next_tick_within_a_second(tmp_path: Path) -> None:
    with made(tmp_path) as (daemon, _server):
        daemon.wake()  # before its clock runs: nothing to wake
        scheduler = daemon._clockwork._scheduler
        daemon._clockwork.start()
        try:
            assert wait_for(lambda: (tmp_path / "var" / "public" / "all.atom").exists())
            assert wait_for(lambda: not daemon.beats()[-1].error)
            scheduler.modify_job("tick", next_run_time=datetime.now(UTC) + timedelta(hours=1))
            (tmp_path / "1.txt").write_text(DOCUMENT.replace("Mayor", "Governor"), encoding="utf-8")
            daemon.wake()
            assert scheduler.get_job("tick").next_run_time < datetime.now(UTC) + timedelta(seconds=6)
            assert wait_for(lambda: b"Governor" in (tmp_path / "var" / "public" / "all.atom").read_bytes())
        finally:
            assert daemon._clockwork.stop(20)


def test_another_configuration_is_taken_or_left_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    with made(tmp_path) as (daemon, server):
        former = daemon._work.gear
        path.write_text(SITE + "[web]\nport = 9\n")
        daemon._reload(server)
        assert daemon._work.gear is former
        said = f"{path}:5: web.port: was 8080, and that takes a restart to change"
        assert open_troubles(daemon) == [("config", "config.toml", said)]
        path.write_text(SITE + SEED + '[[source]]\nname = "t"\nkind = "seed"\npath = "2.txt"\n')
        daemon._reload(server)
        assert daemon.reload_ok
        assert daemon._work.gear is not former
        assert open_troubles(daemon) == []
        with reading(daemon._engine) as connection:
            assert [one.name for one in sources.every(connection)] == ["s", "t"]


@pytest.mark.parametrize("raised", [StorageError("disk full"), ValueError("a defect")])
def test_what_fails_late_leaves_the_former_one(tmp_path: Path, raised: Exception) -> None:
    with made(tmp_path) as (daemon, server):
        former = daemon._work.gear
        moments = iter([raised])

        def clock() -> datetime:
            for found in moments:
                raise found
            return NOON

        daemon._clock = clock
        daemon._reload(server)
        assert not daemon.reload_ok
        assert daemon._work.gear is former
        ((kind, _subject, message),) = open_troubles(daemon)
        assert kind == "config"
        assert "a defect" not in message  # which the log tells


def test_a_database_that_cannot_be_written_stops_no_reload(tmp_path: Path) -> None:
    with made(tmp_path) as (daemon, server):
        daemon._engine.dispose()
        (tmp_path / "var" / "feeds.sqlite3").write_bytes(b"not a database any more" * 1000)
        for wal in (tmp_path / "var").glob("feeds.sqlite3-*"):
            wal.unlink()
        daemon._reload(server)
        assert not daemon.reload_ok


def test_a_name_that_others_reach_takes_a_password(tmp_path: Path) -> None:
    """ "0" is the address 0.0.0.0 to the resolver alone."""
    with made(tmp_path, '[web]\nhost = "0"\nport = 0\nallow_remote = true\n') as (daemon, _server):
        with pytest.raises(ConfigError, match="the desk has no password"):
            daemon._serve()
    with made(tmp_path, '[web]\nhost = "0"\nport = 0\n') as (daemon, _server):
        with pytest.raises(ConfigError, match="allow_remote"):
            daemon._serve()
