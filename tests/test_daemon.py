"""The daemon as a process: it polls, publishes, serves, and signals end it."""

from __future__ import annotations

import gzip
import os
import pty
import signal
import socket
import sqlite3
import subprocess
import time
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from db.engine import open_engine, writing
from db.store.deliveries import owe
from feeds.websub.publisher import PING
from tests.command import DOCUMENT, FEEDS, SEEDS, Folder
from tests.desk import NOON
from tests.fakes import Reply, Site, wait_for
from tests.getting import ask
from tests.running import eventually, running


@pytest.fixture
def desk(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path).config(SEEDS)
    folder.seed("1.txt", DOCUMENT)
    return folder


def test_run_polls_publishes_and_serves(desk: Folder) -> None:
    with running(desk) as (process, url):
        eventually(url, "Mayor rejects call for early election")
        status, body, headers = ask(url + "sections/politics.atom", headers={"Accept-Encoding": "gzip"})
        assert (status, headers["content-type"]) == (200, "application/atom+xml; charset=utf-8")
        assert gzip.decompress(body) == (desk.public / "sections/politics.atom").read_bytes()
        again = {"If-None-Match": headers["etag"], "Accept-Encoding": "gzip"}
        assert ask(url + "sections/politics.atom", headers=again)[0] == 304
        status, body, _headers = ask(url + "healthz")
        assert (status, body.strip()) == (200, b"ok")
        assert ask(url + "nothing.atom")[0] == 404
        desk.seed("2.txt", DOCUMENT.replace("ferry", "tram").replace("Mayor", "Governor"))
        eventually(url + "all.atom", "Governor rejects call")
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
            time.sleep(2)  # until it waits, which it does for 5 s
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 1
            assert time.monotonic() - began < 2


def test_a_second_daemon_is_refused_and_a_one_shot_is_not(desk: Folder) -> None:
    with running(desk) as (process, url):
        eventually(url, "Mayor")
        second = desk.start("run", "--port", "0")
        assert second.code == 75
        assert f"process {process.pid}" in second.err
        assert len(second.err.strip().splitlines()) == 1
        assert desk.run("update").code == 0
    # The first one was killed: its lock is free at once, and nothing needs mending.
    with running(desk) as (process, url):
        eventually(url, "Mayor")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_a_full_log_does_not_end_it(desk: Folder) -> None:
    with Path("/dev/full").open("w") as full:
        process = subprocess.Popen(
            [FEEDS, "run", "--port", "0"], cwd=desk.path, env=desk.environment, stdout=full, stderr=full
        )
    try:
        assert wait_for(lambda: (desk.public / "manifest.json").exists(), 60)
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
        eventually(url, "Mayor rejects call for early election", within=8)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    # It was not heard to its end: the next run says it again.
    with closing(sqlite3.connect(desk.path / "var" / "feeds.sqlite3")) as database:
        assert set(database.execute("SELECT attempts FROM deliveries").fetchall()) == {(0,)}


def status_of(desk: Folder) -> Any:
    return desk.run("status", "--json").json


def test_a_reload_takes_what_is_right_and_leaves_what_is_wrong(desk: Folder) -> None:
    """Valid, broken, valid: the former configuration serves meanwhile."""
    port_and_seeds = f"[web]\nport = 0\n{SEEDS}"
    desk.config(port_and_seeds)
    own = desk.path / "config.toml"
    valid = own.read_text()
    with running(desk) as (process, url):
        eventually(url, "Mayor rejects call for early election")
        assert b"Test Desk" in ask(url)[1]
        own.write_text(valid + '[site]\ntitel = "x"\n')
        process.send_signal(signal.SIGHUP)
        log_line = ""
        assert process.stdout is not None
        while "configuration not taken" not in log_line:
            log_line = process.stdout.readline()
            assert log_line
        assert f"{own}: not TOML" in log_line
        own.write_text(valid.replace("[site]", '[site]\ntitel = "x"'))
        process.send_signal(signal.SIGHUP)
        while f"{own}:2: site.titel: unknown key" not in log_line:
            log_line = process.stdout.readline()
            assert log_line
        assert b"Test Desk" in ask(url)[1]
        own.write_text(valid)
        (trouble,) = status_of(desk)["incidents"]
        assert (trouble["kind"], trouble["subject"]) == ("config", "config.toml")
        assert "site.titel: unknown key" in trouble["message"]
        more = '[[source]]\nname = "more"\nkind = "seed"\npath = "more"\n'
        own.write_text(valid.replace("Test Desk", "Other Desk") + more)
        (desk.path / "more").mkdir()
        (desk.path / "more" / "2.txt").write_text(DOCUMENT.replace("Mayor", "Governor"))
        process.send_signal(signal.SIGHUP)
        assert wait_for(lambda: b"Other Desk" in ask(url)[1])
        eventually(url + "all.atom", "Governor rejects call")
        assert ask(url + "desk/static/desk.css")[0] == 200
        assert status_of(desk)["incidents"] == []
        # What takes a restart is refused as well.
        own.write_text(own.read_text().replace("port = 0", 'port = 0\nhost = "::1"'))
        process.send_signal(signal.SIGHUP)
        while "takes a restart" not in log_line:
            log_line = process.stdout.readline()
            assert log_line
        assert ask(url)[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_terminal_that_hangs_up_ends_it(desk: Folder) -> None:
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover  # becomes the daemon
        os.chdir(desk.path)
        os.execve(FEEDS, [str(FEEDS), "run", "--port", "0"], desk.environment)  # noqa: S606  # our own command
    try:
        said = b""
        while b"desk at http" not in said:
            said += os.read(terminal, 4096)
        # Somebody asks for a reload while the terminal is there.
        os.kill(pid, signal.SIGHUP)
        while b"configuration taken" not in said:
            said += os.read(terminal, 4096)
        os.close(terminal)
        assert wait_for(lambda: os.waitpid(pid, os.WNOHANG) == (pid, 0), 15)
        pid = 0
    finally:
        if pid:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def test_without_a_terminal_a_hang_up_reloads(desk: Folder) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does; a child inherits it
    try:
        with running(desk) as (process, url):
            desk.config(SEEDS + '[[saved]]\nname = "ferry"\ntitle = "F"\nquery = "ferry"\n')
            process.send_signal(signal.SIGHUP)
            eventually(url + "saved/ferry.atom", "<feed")
            assert process.poll() is None
    finally:
        signal.signal(signal.SIGHUP, before)


def test_systemd_hears_of_it_from_start_to_end(desk: Folder, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)

        def heard(wanted: str) -> list[str]:
            while True:
                lines = manager.recv(4096).decode().splitlines()
                if wanted in lines:
                    return lines

        process = subprocess.Popen(
            [FEEDS, "run", "--port", "0"],
            cwd=desk.path,
            env={
                **desk.environment,
                "NOTIFY_SOCKET": str(tmp_path / "notify"),
                "WATCHDOG_USEC": "1000000",
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert heard("READY=1")[1].startswith("STATUS=serving http://127.0.0.1:")
            heard("WATCHDOG=1")
            process.send_signal(signal.SIGHUP)
            assert heard("RELOADING=1")[1].startswith("MONOTONIC_USEC=")
            heard("READY=1")
            heard("WATCHDOG=1")
            process.send_signal(signal.SIGTERM)
            heard("STOPPING=1")
            assert process.wait(10) == 0
        finally:
            process.kill()
            process.wait()


def test_its_health_is_known_to_other_processes(desk: Folder) -> None:
    before = desk.run("health")
    assert (before.code, before.err) == (1, "no daemon runs ('feeds run')\n")
    with running(desk) as (process, url):
        assert wait_for(lambda: desk.run("health", "--json").code == 0)
        found = desk.run("health", "--json", "--url", url).json
        assert (found["well"], found["refusal"], found["daemon"]["pid"]) == (True, None, process.pid)
        jobs = ["alerts", "beats", "deliver", "monitor", "prune", "tick"]
        assert [job["job"] for job in found["daemon"]["jobs"]] == jobs
        assert status_of(desk)["daemon"]["pid"] == process.pid
        assert f"daemon: process {process.pid} runs for " in desk.run("status").out
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert status_of(desk)["daemon"] is None
    assert desk.run("health").code == 1
    assert "daemon" not in desk.run("status").out


def test_the_desk_is_served_unless_it_is_turned_off(tmp_path: Path) -> None:
    desk = Folder(tmp_path).config("")
    with running(desk) as (process, url):
        assert process.stdout is not None
        assert f"desk at {url}desk/" in process.stdout.readline()
        assert ask(url + "desk/static/desk.css")[0] == 200
    desk.config("[desk]\nenabled = false\n")
    with running(desk) as (_process, url):
        assert ask(url + "desk/")[0] == 404


def test_a_wrong_configuration_is_one_line(tmp_path: Path) -> None:
    ran = Folder(tmp_path).config("[web]\nprot = 1\n").start("run")
    assert ran.code == 78
    assert "config.toml:5: web.prot: unknown key" in ran.err
    assert len(ran.err.strip().splitlines()) == 1


def test_a_desk_without_a_password_is_for_this_machine_alone(tmp_path: Path) -> None:
    """A name tells only when it is looked up whether other machines reach what it leads to."""
    name = socket.gethostname()
    try:
        if ip_address(socket.getaddrinfo(name, 0)[0][4][0]).is_loopback:
            name = "0"  # an address that is written as a name
    except OSError:
        name = "0"
    ran = Folder(tmp_path).config(f'[web]\nhost = "{name}"\nport = 0\nallow_remote = true\n').start("run")
    assert ran.code == 78
    assert "the desk has no password" in ran.err
    assert len(ran.err.strip().splitlines()) == 1
