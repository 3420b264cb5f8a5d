"""How connections end: clients that close their half, and answers that did not wait for what they answer."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from feeds.output import write_atomic
from feeds.web import Limits
from tests.pace import slowness
from tests.test_connection import FEED, GET, LARGE, app, ask, everything
from tests.test_server import health, received, serving


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_atomic(tmp_path, "x.atom", FEED)
    return tmp_path


@pytest.mark.parametrize("pause", [0.0, 0.1])
def test_who_asks_its_last_and_listens_is_answered(root: Path, pause: float) -> None:
    with serving(root, Limits(), app) as address:
        for asked, answers in (
            (ask("/later", close=False), 1),
            (ask("/x", close=False), 1),
            (ask("/later", close=False) * 3 + ask("/large", close=False), 4),
            (ask("/large", close=False), 1),
            (ask("/echo", "Content-Length: 5", method="POST", close=False) + b"12345", 1),
            (ask("/later", close=False) + GET[:10], 1),
            (ask("/echo", "Content-Length: 5", method="POST", close=False) + b"123", 0),
            (GET[:10], 0),
            (b"", 0),
        ):
            with socket.create_connection(address, timeout=5) as connection:
                connection.sendall(asked)
                time.sleep(pause)
                begun = time.monotonic()
                connection.shutdown(socket.SHUT_WR)
                got = everything(connection)
                assert (got.count(b"HTTP/1.1 200 OK"), len(got) > len(LARGE)) == (answers, b"/large" in asked)
                assert time.monotonic() - begun < 2 * slowness()


def test_who_asks_its_last_and_listens_holds_no_longer_than_others(root: Path) -> None:
    with serving(root, Limits(progress=0.3), app) as address:
        with socket.create_connection(address, timeout=5) as connection:
            connection.sendall(ask("/waits", close=False))
            connection.shutdown(socket.SHUT_WR)
            begun = time.monotonic()
            assert received(connection) == 0
            assert time.monotonic() - begun < 2 * slowness()


# --- bodies that nobody asked for


@pytest.mark.parametrize(
    ("path", "headers", "code"),
    [
        ("/unread", (), b"403"),
        ("/echo", (), b"200"),
        ("/none", ("Expect: 100-continue",), b"200"),
        ("/fails", (), b"500"),
        ("/stream", (), b"200"),
        ("/unread", ("Host: y",), b"400"),
        ("/unread", ("X: " + "y" * 17_000,), b"400"),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_an_early_answer_reaches_who_still_sends(
    root: Path, path: str, headers: tuple[str, ...], code: bytes, chunked: bool
) -> None:
    body = bytes(5_000_000)
    if chunked:
        framing, body = "Transfer-Encoding: chunked", b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    else:
        framing = f"Content-Length: {len(body)}"
    with serving(root, Limits(), app) as address:
        with socket.create_connection(address, timeout=5) as connection:
            connection.sendall(ask(path, framing, *headers, method="POST", close=False) + body)
            got = everything(connection)
            assert got[9:12] == code
            assert b"\r\nconnection: close\r\n" in got
            assert got.count(b"HTTP/1.1") == 1
        assert health(address) == 200


def test_an_early_answer_is_sent_whole_to_a_slow_reader(root: Path) -> None:
    with serving(root, Limits(progress=0.3, linger=0.1), app) as address, socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        slow.settimeout(5)
        slow.connect(address)
        slow.sendall(ask("/large", "Content-Length: 5", method="POST", close=False) + b"x")
        begun, got = time.monotonic(), 0
        while data := slow.recv(500_000):
            got += len(data)
            time.sleep(0.03 if time.monotonic() < begun + 1 else 0)
        assert got > len(LARGE)
        assert time.monotonic() - begun > 0.8


def taken(connection: socket.socket, piece: bytes, pause: float) -> int:
    """Bytes that the other side takes of `piece`, said again and again, until it closes, or five seconds."""
    until, total = time.monotonic() + 5, 0
    with suppress(ConnectionError):
        while time.monotonic() < until:
            total += connection.send(piece)
            time.sleep(pause)
    return total


@pytest.mark.parametrize("pause", [0.02, 1.0], ids=["goes on", "waits"])
def test_nobody_is_listened_to_for_long_behind_an_early_answer(root: Path, pause: float) -> None:
    with serving(root, Limits(linger=0.4), app) as address, socket.create_connection(address, timeout=5) as connection:
        connection.sendall(ask("/unread", "Content-Length: 1000000000", method="POST", close=False))
        begun = time.monotonic()
        taken(connection, b"x", pause)
        assert 0.3 < time.monotonic() - begun < 3


def test_nobody_sends_much_behind_an_early_answer(root: Path) -> None:
    limits = Limits(linger=30, unread_bytes=2_000_000)
    with serving(root, limits, app) as address, socket.create_connection(address, timeout=5) as connection:
        connection.sendall(ask("/unread", "Content-Length: 1000000000", method="POST", close=False))
        assert 2_000_000 <= taken(connection, bytes(100_000), 0) < 20_000_000


def test_who_is_listened_to_behind_an_early_answer_keeps_nobody_out(root: Path) -> None:
    asked = ask("/unread", "Content-Length: 1000000000", method="POST", close=False)
    with serving(root, Limits(linger=30, connections=5), app) as address, ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(address, timeout=5)) for _ in range(5)]
        for each in held:
            each.sendall(asked)
            assert each.recv(1000)
        assert [health(address) for _ in range(5)] == [200] * 5
