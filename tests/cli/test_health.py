"""`feeds health`: whether the daemon lives, in one line and an exit code."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from db.engine import open_engine, writing
from db.records import Heartbeat
from db.store import heartbeats
from feeds.config import load
from tests.command import Folder
from tests.desk import NOON
from tests.fakes import Reply, Site, free_port


@pytest.fixture
def desk(tmp_path: Path) -> Folder:
    """A desk at noon, its database made."""
    folder = Folder(tmp_path, epoch=int(NOON.timestamp())).config("")
    assert folder.run("status").code == 0
    return folder


def note(desk: Folder, *ago: float) -> None:
    """Signs of life of as many jobs, so many seconds ago."""
    engine = open_engine(load(desk.path / "config.toml").database_url)
    with writing(engine) as connection:
        since = NOON - timedelta(hours=1)
        beats = [
            Heartbeat(f"job{number}", NOON - timedelta(seconds=each), since, 5, 7) for number, each in enumerate(ago)
        ]
        heartbeats.note(connection, beats)
    engine.dispose()


def test_nothing_runs_and_nothing_is_made(tmp_path: Path) -> None:
    desk = Folder(tmp_path).config("")
    ran = desk.run("health")
    assert (ran.code, ran.out, ran.err) == (1, "", "no daemon runs ('feeds run')\n")
    assert desk.run("health", "--json").json == {"well": False, "daemon": None, "refusal": None}
    assert not (tmp_path / "var").exists()


def test_a_daemon_that_lives(desk: Folder) -> None:
    note(desk, 1, 4)
    ran = desk.run("health")
    assert (ran.code, ran.out, ran.err) == (0, "process 7 runs for 60 min (job0 1 s ago, job1 4 s ago)\n", "")
    found = desk.run("health", "--json").json
    assert found["well"] is True
    assert [job["job"] for job in found["daemon"]["jobs"]] == ["job0", "job1"]


def test_a_job_that_hangs(desk: Folder) -> None:
    note(desk, 1, 400)
    ran = desk.run("health")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "process 7 runs, but these jobs give no sign of life: job1 (7 min)\n"


def test_a_daemon_that_is_gone(desk: Folder) -> None:
    note(desk, 400)
    assert desk.run("health", "--quiet").code == 1
    assert "it is gone, or hangs" in desk.run("health").err


def test_the_server_is_asked_too(desk: Folder, site: Site) -> None:
    note(desk, 1)
    site.put("/readyz", Reply(body=b"ready"))
    assert desk.run("health", "--url", site.url).code == 0
    assert desk.run("health", "--url", f"{site.url}/").code == 0
    site.put("/readyz", Reply(status=503, body=b"the database is read-only"))
    ran = desk.run("health", "--url", site.url)
    assert ran.code == 1
    assert ran.err.endswith(f"; {site.url}/readyz: HTTP 503\n")
    nobody = f"http://127.0.0.1:{free_port()}"
    found = desk.run("health", "--json", "--url", nobody).json
    assert (found["well"], found["refusal"]) == (False, f"{nobody}/readyz: Connection refused")
    site.put("/readyz", Reply(raw=(b"what\r\n\r\n",)))
    assert desk.run("health", "--url", site.url).err.endswith("/readyz: BadStatusLine\n")
    tls = f"https://127.0.0.1:{site.port}"
    assert desk.run("health", "--url", tls).code == 1


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://127.0.0.1/", "http://", "http://[", "http://h:99999/"])
def test_an_address_that_is_none(desk: Folder, url: str) -> None:
    ran = desk.run("health", "--url", url)
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1


def test_a_database_of_an_older_release_has_no_daemon(desk: Folder) -> None:
    note(desk, 1)
    with closing(sqlite3.connect(desk.path / "var" / "feeds.sqlite3")) as database:
        database.execute("UPDATE alembic_version SET version_num = '0009'")
        database.commit()
    assert desk.run("health").code == 1
