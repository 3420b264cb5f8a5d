"""The daemon as a process: it polls, publishes, serves, and signals end it."""

from __future__ import annotations

import gzip
import signal
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from db.engine import open_engine, writing
from db.store.deliveries import owe
from feeds.websub.publisher import PING
from tests.command import DOCUMENT, FEEDS, SEEDS, Folder
from tests.desk import NOON
from tests.fakes import Reply, Site, wait_for
from tests.running import running


def get(url: str, headers: dict[str, str] | None = None) -> tuple[int, bytes, dict[str, str]]:
    request = urllib.request.Request(url, headers=headers or {})  # noqa: S310  # a loopback address of the test's own
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, answer.read(), {k.lower(): v for k, v in answer.headers.items()}
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), {k.lower(): v for k, v in error.headers.items()}


def eventually(url: str, wanted: bytes, within: float = 20) -> bytes:
    until = time.monotonic() + within
    while time.monotonic() < until:
        status, body, _headers = get(url)
        if status == 200 and wanted in body:
            return body
        time.sleep(0.2)
    raise AssertionError(f"{url} did not say {wanted!r} within {within} s")


@pytest.fixture
def desk(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path).config(SEEDS)
    folder.seed("1.txt", DOCUMENT)
    return folder


def test_run_polls_publishes_and_serves(desk: Folder) -> None:
    with running(desk) as (process, url):
        eventually(url, b"Mayor rejects call for early election")
        status, body, headers = get(url + "sections/politics.atom", {"Accept-Encoding": "gzip"})
        assert (status, headers["content-type"]) == (200, "application/atom+xml; charset=utf-8")
        assert gzip.decompress(body) == (desk.public / "sections/politics.atom").read_bytes()
        assert (
            get(url + "sections/politics.atom", {"If-None-Match": headers["etag"], "Accept-Encoding": "gzip"})[0] == 304
        )
        status, body, _headers = get(url + "healthz")
        assert (status, body.strip()) == (200, b"ok")
        assert get(url + "nothing.atom")[0] == 404
        desk.seed("2.txt", DOCUMENT.replace("ferry", "tram").replace("Mayor", "Governor"))
        eventually(url + "all.atom", b"Governor rejects call")
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 10


def test_a_slow_source_does_not_hold_up_the_end(desk: Folder, site: Site) -> None:
    url = site.put("/slow", Reply(body=b"late", pause=60))
    desk.config(f'{SEEDS}[poll]\nallow_networks = ["127.0.0.0/8"]\n[[source]]\nname = "a"\nurl = "{url}"\n')
    with running(desk) as (process, _address):
        assert wait_for(lambda: bool(site.log))
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        assert time.monotonic() - began < 10
    site.closing.set()
    desk.config(SEEDS)
    assert desk.run("update").code == 0
    assert len(desk.run("entries", "list", "--json").json) == 7


def test_a_second_signal_ends_it_at_once(desk: Folder) -> None:
    desk.config(SEEDS)
    assert desk.run("update").code == 0
    desk.seed("2.txt", "Another story\n\nMarch 4, 2026, Coastwire. Body.\n")
    # Somebody else writes to the database, so that the work at hand has to wait.
    with closing(sqlite3.connect(desk.path / "var" / "feeds.sqlite3")) as other:
        other.execute("BEGIN IMMEDIATE")
        with running(desk) as (process, _address):
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 1
            assert time.monotonic() - began < 2


def test_a_second_daemon_is_refused_and_a_one_shot_is_not(desk: Folder) -> None:
    with running(desk) as (process, url):
        eventually(url, b"Mayor")
        second = desk.start("run", "--port", "0")
        assert second.code == 75
        assert f"process {process.pid}" in second.err
        assert len(second.err.strip().splitlines()) == 1
        assert desk.run("update").code == 0
    # The first one was killed: its lock is free at once, and nothing needs mending.
    with running(desk) as (process, url):
        eventually(url, b"Mayor")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_a_full_log_does_not_end_it(desk: Folder) -> None:
    with Path("/dev/full").open("w") as full:
        process = subprocess.Popen(
            [FEEDS, "run", "--port", "0"], cwd=desk.path, env=desk.environment, stdout=full, stderr=full
        )
    try:
        assert wait_for(lambda: (desk.public / "manifest.json").exists(), 15)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()


def test_a_port_in_use(desk: Folder) -> None:
    with running(desk) as (_process, url):
        other = Folder(desk.path / "other")
        other.path.mkdir()
        other.config("")
        ran = other.run("run", "--port", url.rstrip("/").rpartition(":")[2])
    assert ran.code == 1
    assert "Address already in use" in ran.err
    assert len(ran.err.strip().splitlines()) == 1


def test_other_machines_are_let_in_only_on_purpose(tmp_path: Path) -> None:
    folder = Folder(tmp_path).config('[web]\nhost = "0.0.0.0"\nport = 0\n')
    for words in (("config", "check"), ("run",)):
        ran = folder.run(*words)
        assert ran.code == 78
        assert "allow_remote" in ran.err


def owe_ping(desk: Folder, hub: str) -> None:
    """Owes `hub` word of a feed, as a publish does that changed it."""
    assert desk.run("config", "check").code == 0
    assert desk.run("sources", "list").code == 0
    engine = open_engine(f"sqlite:///{desk.path / 'var' / 'feeds.sqlite3'}")
    with writing(engine) as connection:
        owe(connection, PING, hub, {"topic": "http://127.0.0.1:8080/all.atom"}, NOON)
    engine.dispose()


HUB = '[publish]\nhubs = ["{}"]\n[poll]\nallow_networks = ["127.0.0.0/8"]\n'


def test_hubs_are_told_while_a_source_is_slow(tmp_path: Path, site: Site) -> None:
    hub = site.put("/hub", Reply(status=204))
    slow = site.put("/slow", Reply(pause=20, body=b"x"))
    source = f'[[source]]\nname = "slow"\nkind = "feed"\nurl = "{slow}"\n'
    desk = Folder(tmp_path).config(HUB.format(hub) + source)
    owe_ping(desk, hub)
    with running(desk) as (process, _url):
        assert wait_for(lambda: {"/hub", "/slow"} <= {seen.path for seen in site.log}, 10)
        (told,) = (seen for seen in site.log if seen.path == "/hub")
        assert told.method == "POST"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_slow_hub_delays_no_publish_and_no_end(desk: Folder, site: Site) -> None:
    hub = site.put("/hub", Reply(pause=20, body=b"x", raw=(b"HTTP/1.1 200 OK\r\n",)))
    desk.config(HUB.format(hub) + SEEDS)
    owe_ping(desk, hub)
    with running(desk) as (process, url):
        assert wait_for(lambda: site.log != [], 10)
        eventually(url, b"Mayor rejects call for early election", within=8)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    # It was not heard to its end: the next run says it again.
    with closing(sqlite3.connect(desk.path / "var" / "feeds.sqlite3")) as database:
        assert set(database.execute("SELECT attempts FROM deliveries").fetchall()) == {(0,)}
