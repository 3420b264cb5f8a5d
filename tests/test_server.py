"""The HTTP server: where it listens, whom it turns away, and how it ends."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from feeds.errors import BroadsheetError, ConfigError
from feeds.output import write_atomic
from feeds.web import Limits, Server, public_app
from feeds.web.answers import Application
from tests.fakes import free_port, wait_for

PAGE = b"<!doctype html><title>x</title>"


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BroadsheetError, match=rf"cannot listen on 127.0.0.1, port {port}: Address already in use"):
            Server(public_app(tmp_path), "127.0.0.1", port).start()


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 300])
def test_a_host_that_is_none_is_one_clear_line(tmp_path: Path, host: str) -> None:
    with pytest.raises(BroadsheetError, match="cannot listen on"):
        Server(public_app(tmp_path), host, 0).start()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104  # to be refused
def test_other_machines_are_let_in_only_when_told(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigError, match="allow_remote = true"):
        Server(public_app(tmp_path), host, 0).start()


def test_other_machines_are_let_in_when_told(tmp_path: Path) -> None:
    running = Server(public_app(tmp_path), "0.0.0.0", 0, allow_remote=True, guarded=True)  # noqa: S104
    running.start()
    assert running.url.startswith("http://0.0.0.0:")
    running.stop()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104  # to be refused
def test_other_machines_are_not_let_in_to_a_desk_without_a_password(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigError, match=r"^\[desk\] other machines could reach .*password_hash") as failed:
        Server(public_app(tmp_path), host, 0, allow_remote=True).start()
    assert failed.value.exit_code == 78


def has(host: str) -> bool:
    """Whether this machine has the address; IPv6 is off on some."""
    try:
        socket.create_server((host, 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("host", ["localhost", *filter(has, ["::1"])])
def test_names_and_ipv6(tmp_path: Path, host: str) -> None:
    write_atomic(tmp_path, "index.html", PAGE)
    running = Server(public_app(tmp_path), host, free_port())
    running.start()
    with closing(HTTPConnection(host, int(running.url.rpartition(":")[2][:-1]), timeout=5)) as connection:
        connection.request("GET", "/")
        assert connection.getresponse().read() == PAGE
    running.stop()


def test_stop_before_start_and_twice(tmp_path: Path) -> None:
    running = Server(public_app(tmp_path), "127.0.0.1", 0)
    running.stop()
    running.start()
    running.stop()
    running.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(running.url[17:-1])))


def test_stop_waits_for_nobody_longer_than_its_grace(tmp_path: Path) -> None:
    write_atomic(tmp_path, "large.json", bytes(30_000_000))
    threads = threading.active_count()
    running = Server(public_app(tmp_path), "127.0.0.1", 0, limits=Limits(grace=1))
    running.start()
    address = ("127.0.0.1", int(running.url[17:-1]))
    with socket.create_connection(address) as half, socket.create_connection(address) as deaf:
        half.sendall(b"GET /large.json HTTP/1.1\r\n")
        deaf.sendall(b"GET /large.json HTTP/1.1\r\nHost: x\r\n\r\n")
        assert deaf.recv(1)
        begun = time.monotonic()
        running.stop()
        assert time.monotonic() - begun < 3
    assert wait_for(lambda: threading.active_count() <= threads)


def test_a_client_that_gets_nowhere_is_dropped(tmp_path: Path) -> None:
    write_atomic(tmp_path, "large.json", bytes(30_000_000))
    running = Server(public_app(tmp_path), "127.0.0.1", 0, limits=Limits(progress=0.2))
    running.start()
    address = ("127.0.0.1", int(running.url[17:-1]))
    with (
        socket.create_connection(address, timeout=5) as silent,
        socket.create_connection(address, timeout=5) as half,
        socket.create_connection(address, timeout=5) as deaf,
        closing(HTTPConnection(*address, timeout=5)) as busy,
    ):
        half.sendall(b"GET /large.json HTTP/1.1\r\n")
        deaf.sendall(b"GET /large.json HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range(10):
            busy.request("GET", "/healthz")
            assert busy.getresponse().read() == b"ok"
            time.sleep(0.1)
        assert [received(each) for each in (silent, half)] == [0, 0]
        assert received(deaf) < 30_000_000
    running.stop()


def received(connection: socket.socket) -> int:
    """Bytes that come before the other side closes or resets; a time-out if it does neither."""
    total = 0
    while True:
        try:
            data = connection.recv(1_000_000)
        except ConnectionResetError:
            return total
        total += len(data)
        if not data:
            return total


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Where a server listens that ends with the test."""
    running = Server(public_app(tmp_path), "127.0.0.1", 0)
    running.start()
    yield int(running.url[17:-1])
    running.stop()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20_000, b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nxxx", b"405"),
    ],
    ids=["large headers", "no HTTP", "a body nobody asked for"],
)
def test_nonsense_is_refused_and_the_next_one_served(port: int, sent: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(sent)
        assert connection.recv(100).startswith(b"HTTP/1.1 " + status)
    assert health(("127.0.0.1", port)) == 200


def test_one_connection_more_closes_the_one_that_is_idle_longest(tmp_path: Path) -> None:
    with serving(tmp_path, Limits(connections=8)) as address:
        held = [socket.create_connection(address, timeout=5) for _ in range(8)]
        time.sleep(0.2)  # until the last is accepted, too, for otherwise the first is idle for longer
        for each in held[:4]:
            assert status(each) == b"200"
        # Idle since their answers, so that those that never asked have been so for longer.
        assert health(address) == 200
        assert held[4].recv(1) == b""
        for each in (*held[:4], *held[5:]):
            assert status(each) == b"200"
        for each in held:
            each.close()


def test_hundreds_of_idle_connections_keep_nobody_out(tmp_path: Path) -> None:
    with serving(tmp_path, Limits(connections=50)) as address, ExitStack() as stack:
        held = []
        for _ in range(400):
            held.append(stack.enter_context(socket.create_connection(address, timeout=5)))
            with suppress(ConnectionError):
                held[-1].sendall(b"GET / HTTP/1.1\r\n")
        assert [health(address) for _ in range(20)] == [200] * 20
        assert received(held[0]) == 0


def test_nobody_is_closed_whose_answer_is_under_way(tmp_path: Path) -> None:
    write_atomic(tmp_path, "large.json", bytes(30_000_000))
    with serving(tmp_path, Limits(connections=3, unsent_bytes=200_000_000)) as address, ExitStack() as stack:
        busy = [stack.enter_context(socket.create_connection(address, timeout=5)) for _ in range(3)]
        for each in busy:
            each.sendall(b"GET /large.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert each.recv(1)
        assert health(address) is None
        assert [received(each) > 30_000_000 for each in busy] == [True] * 3
        assert wait_for(lambda: health(address) == 200)


def test_who_reads_nothing_longest_is_dropped_when_too_much_waits(tmp_path: Path) -> None:
    write_atomic(tmp_path, "large.json", bytes(20_000_000))
    with serving(tmp_path, Limits(unsent_bytes=30_000_000)) as address, ExitStack() as stack:
        deaf = [stack.enter_context(socket.create_connection(address, timeout=5)) for _ in range(3)]
        for each in deaf:
            each.sendall(b"GET /large.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert each.recv(1)
        assert [received(each) > 20_000_000 for each in deaf] == [False, False, True]


def test_as_many_as_the_limit_are_answered_at_once(tmp_path: Path) -> None:
    limits = Limits(connections=40)
    running = Server(public_app(tmp_path), "127.0.0.1", 0, limits=limits)
    running.start()
    address = ("127.0.0.1", int(running.url[17:-1]))
    connections = [socket.create_connection(address, timeout=5) for _ in range(limits.connections)]
    for each in connections:
        each.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert {each.recv(100)[:12] for each in connections} == {b"HTTP/1.1 200"}
    for each in connections:
        each.close()
    running.stop()


def health(address: tuple[str, int]) -> int | None:
    """The status of one more client's request; None where it is turned away."""
    with closing(HTTPConnection(*address, timeout=5)) as connection:
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status
        except ConnectionError:
            return None


def status(connection: socket.socket, path: str = "/healthz") -> bytes:
    """The status of a request for what is one line, over a connection that stays open."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    data = b""
    while not data.endswith((b"\r\n\r\nok", b"\r\n\r\nNot found\n")):
        data += connection.recv(1000)
    return data[9:12]


@contextmanager
def serving(root: Path, limits: Limits, app: Application | None = None) -> Iterator[tuple[str, int]]:
    """The address of a server that ends with the block."""
    running = Server(app or public_app(root), "127.0.0.1", 0, limits=limits)
    running.start()
    try:
        yield "127.0.0.1", int(running.url[17:-1])
    finally:
        running.stop()


def test_a_stop_takes_four_seconds_at_most() -> None:
    limits = Limits()
    assert limits.grace + 2 * limits.force == 4
