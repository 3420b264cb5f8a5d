"""What systemd is told, by a socket of its own kind."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from feeds.daemon.beats import Beats
from feeds.daemon.clockwork import Clockwork, Job
from feeds.daemon.systemd import Systemd
from feeds.daemon.vigil import WEB_SILENCE, Vigil
from feeds.heartbeats import SILENCE
from tests.desk import NOON
from tests.fakes import wait_for


@pytest.fixture(params=["file", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A socket as systemd's, and what NOTIFY_SOCKET says of it."""
    name = str(tmp_path / "notify") if request.param == "file" else f"@broadsheet-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(name.replace("@", "\0"))
        listener.setblocking(False)
        yield listener, name


def heard(listener: socket.socket) -> list[dict[str, str]]:
    """The messages that came since."""
    found = []
    with suppress(BlockingIOError):
        while True:
            text = listener.recv(4096).decode()
            found.append(dict(line.split("=", 1) for line in text.split("\n")))
    return found


def test_it_is_told_what_happens(manager: tuple[socket.socket, str]) -> None:
    listener, name = manager
    systemd = Systemd({"NOTIFY_SOCKET": name})
    systemd.ready("serving\nhere")
    systemd.reloading()
    systemd.status("half done")
    systemd.stopping()
    ready, reloading, status, stopping = heard(listener)
    assert ready == {"READY": "1", "STATUS": "serving here"}
    assert reloading["RELOADING"] == "1"
    assert int(reloading["MONOTONIC_USEC"]) > 0
    assert status == {"STATUS": "half done"}
    assert stopping == {"STOPPING": "1", "STATUS": "stopping"}


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1"}])
def test_nobody_is_told_where_nobody_asks(environ: dict[str, str]) -> None:
    systemd = Systemd({**environ, "WATCHDOG_USEC": "1000000"})
    systemd.ready("serving")
    assert systemd.watchdog is None


def test_a_manager_that_is_gone_or_deaf_holds_nobody_up(tmp_path: Path) -> None:
    Systemd({"NOTIFY_SOCKET": str(tmp_path / "nowhere")}).ready("serving")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "deaf"))
        systemd = Systemd({"NOTIFY_SOCKET": str(tmp_path / "deaf")})
        for _ in range(2000):
            systemd.alive()


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({"WATCHDOG_USEC": "60000000"}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_who_is_watched_over(given: dict[str, str], seconds: float | None) -> None:
    assert Systemd({"NOTIFY_SOCKET": "/run/notify", **given}).watchdog == seconds


def test_no_sign_is_given_while_a_job_hangs_or_the_server_does(manager: tuple[socket.socket, str]) -> None:
    listener, name = manager
    seconds = turned = 0.0
    beats = Beats({"other": 1, "tick": 5}, pid=7, clock=lambda: NOON, monotonic=lambda: seconds)
    vigil = Vigil(Systemd({"NOTIFY_SOCKET": name}), beats, lambda: turned, "serving", monotonic=lambda: seconds)
    blocked, begun = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        blocked.wait(30)

    clockwork = Clockwork([Job("tick", 5, hang), Job("other", 1, lambda: None)], beats)
    clockwork.start()
    try:
        assert begun.wait(10)
        vigil.look()
        assert heard(listener) == [{"WATCHDOG": "1"}]
        seconds = turned = SILENCE + 31.0
        assert wait_for(lambda: beats.late() == ["tick"])  # the other one goes on
        vigil.look()
        vigil.look()
        assert heard(listener) == [{"STATUS": "no sign of life of tick"}]
        blocked.set()
        assert wait_for(lambda: beats.late() == [])
        vigil.look()
        assert heard(listener) == [{"WATCHDOG": "1"}, {"STATUS": "serving"}]
        vigil.look()
        assert heard(listener) == [{"WATCHDOG": "1"}]
        turned -= WEB_SILENCE + 1
        vigil.look()
        assert heard(listener) == [{"STATUS": "no sign of life of web"}]
    finally:
        blocked.set()
        assert clockwork.stop(10)
