"""Connections over real sockets: what a client may send and take, and what becomes of who goes beyond it."""

from __future__ import annotations

import asyncio
import gzip
import resource
import socket
import struct
import time
from pathlib import Path

import pytest

from feeds.output import write_atomic
from feeds.web import Limits, public_app, server
from feeds.web.answers import Receive, Scope, Send, answer, plain, read_body
from feeds.web.connection import PIPELINED
from tests.pace import slowness
from tests.test_server import health, received, serving, status

GET = b"GET /x.atom HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = bytes(5_000_000)
FEED = b"<feed>" + b"some words and others " * 4000 + b"</feed>"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_atomic(tmp_path, "x.atom", FEED)
    return tmp_path


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """A part that does what its path says."""
    match scope["path"]:
        case "/echo":
            body = await read_body(receive, 1_000_000)
            await plain(send, 200, "none" if body is None else str(len(body)))
        case "/later":
            await asyncio.sleep(0.2)
            await plain(send, 200, "later")
        case "/large":
            await answer(send, 200, LARGE, [(b"content-length", b"%d" % len(LARGE))])
        case "/headers":
            await read_body(receive, 1000)
            await plain(send, 200, " ".join(name.decode() for name, _ in scope["headers"]))
        case "/unread":
            await plain(send, 403, "No")
        case "/fails":
            raise ValueError("SECRET")
        case "/half":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
            await send({"type": "http.response.body", "body": b"12345", "more_body": True})
            raise ValueError("SECRET")
        case "/short":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
            await send({"type": "http.response.body", "body": b"12345", "more_body": True})
        case "/silent":
            return
        case "/stream":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
            for piece in (b"one ", b"two"):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body"})
        case "/waits":
            while (await receive())["type"] != "http.disconnect":
                pass
        case _:
            path: str = scope["path"]
            await answer(send, 200, path.encode(), [(b"content-length", b"%d" % len(path))])


def exchange(address: tuple[str, int], *pieces: bytes, pause: float = 0.0) -> bytes:
    """All that comes back for `pieces`, until the server closes."""
    with socket.create_connection(address, timeout=5) as connection:
        found = []
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
            while data := connection.recv(1_000_000):
                found.append(data)
        except ConnectionError:
            pass
        return b"".join(found)


def everything(connection: socket.socket) -> bytes:
    """All that comes until the server says that this was all; a reset is none."""
    return b"".join(iter(lambda: connection.recv(1_000_000), b""))


def ask(path: str, *headers: str, method: str = "GET", close: bool = True) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", *headers, *(["Connection: close"] if close else []), "", ""]
    return "\r\n".join(lines).encode()


def test_a_request_may_come_in_any_pieces(root: Path) -> None:
    whole = ask("/x.atom", "Accept-Encoding: gzip")
    with serving(root, Limits()) as address:
        for size in (1, 7, 30):
            pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
            head, _, body = exchange(address, *pieces, pause=0.001).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"\r\nconnection: close" in head
            assert gzip.decompress(body) == FEED


def test_requests_of_one_piece_are_answered_in_their_order(root: Path) -> None:
    with serving(root, Limits(), app) as address:
        requests = [ask(f"/{number}", close=False) for number in range(PIPELINED)]
        got = exchange(address, b"".join(requests) + ask("/last"))
        assert [line.rpartition(b"\r\n")[2] for line in got.split(b"HTTP/1.1 200 OK")[1:]] == [
            *(f"/{number}".encode() for number in range(PIPELINED)),
            b"/last",
        ]
        assert exchange(address, ask("/1", close=False) * 500) == b""
        assert exchange(address, ask("/last") + ask("/never")).count(b"HTTP/1.1") == 1
    with serving(root, Limits()) as address:
        got = exchange(address, GET * 20 + ask("/x.atom"))
        assert got.count(b"HTTP/1.1 200 OK\r\n") == 21
        assert got.count(FEED) == 21
        assert exchange(address, ask("/x.atom") + GET).count(b"HTTP/1.1") == 1


def test_nobody_fills_the_memory_with_answers_that_it_does_not_read(root: Path) -> None:
    write_atomic(root, "large.json", bytes(5_000_000))
    with serving(root, Limits(progress=0.5)) as address, socket.create_connection(address, timeout=5) as deaf:
        deaf.sendall(b"GET /large.json HTTP/1.1\r\nHost: x\r\n\r\n" * 200)
        assert received(deaf) < 100_000_000
        assert health(address) == 200


def test_answers_of_the_tree_and_of_parts_take_turns(root: Path) -> None:
    tree = public_app(root)

    class Both:
        def at_once(self, scope: Scope) -> object:
            return tree.at_once(scope)

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await (tree if scope["path"] == "/x.atom" else app)(scope, receive, send)

    with serving(root, Limits(), Both()) as address:
        got = exchange(address, GET, ask("/part", close=False) + GET + ask("/other"))
        assert got.count(b"HTTP/1.1 200 OK\r\n") == 4
        assert got.index(b"/part") < got.rindex(FEED) < got.index(b"/other")


@pytest.mark.parametrize(
    ("request_", "answer_"),
    [
        (ask("/echo", "Content-Length: 5", method="POST") + b"12345", b"5\n"),
        (ask("/echo", "Transfer-Encoding: chunked", method="POST") + b"3\r\n123\r\n2\r\n45\r\n0\r\n\r\n", b"5\n"),
        (ask("/echo", "Content-Length: 900000", method="PUT") + b"x" * 900_000, b"900000\n"),
        (ask("/echo", "Content-Length: 1000001", method="POST") + b"x" * 1_000_001, b"none\n"),
        (ask("/stream"), b"4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n"),
        (ask("/stream", method="HEAD"), b""),
        (ask("/x", "Upgrade: h2c", "Connection: Upgrade", close=False), b"/x"),
        (ask("/x", "Expect: 100-continue"), b"/x"),
        (b"GET /x HTTP/1.0\r\n\r\n", b"/x"),
        (b"GET http://h.example/x?y HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", b"/x"),
        (b"GET http://h.example HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", b"/"),
        (b"GET http://h.example?x=1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", b"/"),
        (b"GET /%78 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", b"/x"),
    ],
)
def test_parts_get_bodies_and_give_them(root: Path, request_: bytes, answer_: bytes) -> None:
    with serving(root, Limits(), app) as address:
        head, _, body = exchange(address, request_).partition(b"\r\n\r\n")
        assert body == answer_
        assert head.startswith(b"HTTP/1.1 200")


def test_what_stands_behind_a_body_is_no_header(root: Path) -> None:
    chunked = ask("/headers", "Transfer-Encoding: chunked", close=False)
    trailer = b"1\r\nx\r\n0\r\nX-Forwarded-For: 192.0.2.1\r\nHost: y\r\n\r\n"
    with serving(root, Limits(), app) as address:
        got = exchange(address, chunked + trailer + ask("/headers", "X: y"))
        assert [answer.partition(b"\r\n\r\n")[2] for answer in got.split(b"HTTP/1.1 200 OK")[1:]] == [
            b"host transfer-encoding\n",
            b"host x connection\n",
        ]


def test_an_answer_at_hand_comes_with_the_head_alone(root: Path) -> None:
    seen: list[list[tuple[bytes, bytes]]] = []

    class Telling:
        def at_once(self, scope: Scope) -> object:
            seen.append(scope["headers"])
            return public_app(root).at_once(scope)

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            raise AssertionError(scope["path"])

    with serving(root, Limits(), Telling()) as address:
        got = exchange(
            address, ask("/x.atom", "Transfer-Encoding: chunked") + b"0\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n"
        )
        assert got.endswith(FEED)
    assert [[name for name, _ in headers] for headers in seen] == [[b"host", b"transfer-encoding", b"connection"]]


def test_a_body_that_nobody_reads_ends_the_connection(root: Path) -> None:
    with serving(root, Limits(), app) as address:
        got = exchange(address, ask("/unread", "Content-Length: 100000000", method="POST", close=False) + b"x" * 100)
        assert got.startswith(b"HTTP/1.1 403")
        assert b"\r\nconnection: close\r\n" in got
    with serving(root, Limits(progress=0.3)) as address, socket.create_connection(address, timeout=5) as slow:
        slow.sendall(ask("/x.atom", "Content-Length: 100000000", close=False) + b"x" * 100)
        assert received(slow) == 0


@pytest.mark.parametrize("path", ["/fails", "/silent"])
def test_a_part_that_fails_gives_a_plain_500(root: Path, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(root, Limits(), app) as address:
        got = exchange(address, ask(path))
        assert got.startswith(b"HTTP/1.1 500 ")
        assert got.endswith(b"\r\n\r\nInternal error\n")
        assert b"nosniff" in got
        assert b"SECRET" not in got
        assert health(address) == 200
    said = capsys.readouterr().err
    assert "request failed" in said
    assert "Traceback" not in said


def test_an_answer_at_hand_that_fails_is_left_to_the_application(root: Path) -> None:
    class Failing:
        def at_once(self, scope: Scope) -> object:
            raise ValueError(scope["path"])

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await app(scope, receive, send)

    with serving(root, Limits(), Failing()) as address:
        assert exchange(address, ask("/x")).endswith(b"\r\n\r\n/x")


@pytest.mark.parametrize("path", ["/half", "/short"])
def test_a_part_that_fails_half_way_ends_the_connection(root: Path, path: str) -> None:
    with serving(root, Limits(), app) as address:
        assert not exchange(address, ask(path, close=False)).endswith(b"1234512345")
        assert health(address) == 200


@pytest.mark.parametrize("how", ["resets", "closes in its body", "closes"])
def test_a_client_that_leaves_is_no_failure(root: Path, how: str, capsys: pytest.CaptureFixture[str]) -> None:
    # Who closes behind its request may still listen, and has the time that any answer has.
    limits = Limits(progress=0.3) if how == "closes" else Limits()
    with serving(root, limits, app) as address:
        with socket.create_connection(address) as connection:
            if how == "resets":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            size = 5 if how == "closes in its body" else 0
            connection.sendall(ask("/waits", f"Content-Length: {size}", close=False))
            time.sleep(0.1)
        time.sleep(0.6 if how == "closes" else 0.1)
        assert health(address) == 200
        begun = time.monotonic()
    assert time.monotonic() - begun < 1 * slowness()
    assert capsys.readouterr().err == ""


def test_a_part_that_does_not_end_is_ended_by_the_stop(root: Path) -> None:
    begun = 0.0
    with serving(root, Limits(grace=1), app) as address:
        connection = socket.create_connection(address, timeout=5)
        connection.sendall(ask("/waits", close=False))
        time.sleep(0.1)
        begun = time.monotonic()
    assert time.monotonic() - begun < 3 * slowness()
    assert received(connection) == 0
    connection.close()


# --- heads


def head_of(size: int) -> bytes:
    """A request whose head has `size` bytes, with a Connection: close."""
    rest = len(ask("/x.atom", "X: "))
    return ask("/x.atom", "X: " + "x" * (size - rest))


HOSTS = (
    b"",
    b"  ",
    b"x",
    b"X.example",
    b"x.example:8080",
    b"x:",
    b"127.0.0.1:1",
    b"[::1]:80",
    b"[::1]",
    b"x_y.example",
    b"x%2Dy",
    b"x.example  ",
    b"!$&'()*+,;=~",
)
NO_HOSTS = (
    b"a b/<>",
    b"x/",
    b"x y",
    b"u@x",
    b"x:8o",
    b"x:1:2",
    b"::1",
    b"[::1",
    b"[]",
    b"[::1]x",
    b"x%2",
    b"x?",
    b"x#",
    b"\xc5\xbe.example",
    b'"x"',
    b"x\\",
    b"a" * 9000 + b"/",
)


def to(host: bytes) -> bytes:
    """A request for a feed at `host`."""
    return b"GET /x.atom HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (head_of(16_000), b"200"),
        (head_of(17_000), b"400"),
        (head_of(300_000), b"400"),
        (ask("/x.atom", *(f"X{number}: y" for number in range(1500))), b"200"),
        (ask("/x.atom", *(f"X{number}: y" for number in range(3000))), b"400"),
        (ask("/" + "y" * 17_000), b"400"),
        (b"\r\n" * 9000, b"400"),
        (b"GET /x.atom HTTP/1.1\r\nX: " + b"x" * 17_000, b"400"),
        (b"GET  HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /x.atom HTTP/1.1\r\nConnection: close\r\n\r\n", b"400"),
        (b"GET /x.atom HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n", b"400"),
        (b"GET /x.atom HTTP/1.0\r\n\r\n", b"200"),
        (b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
        (b"GET /x.atom HTTP/3.7\r\nHost: x\r\n\r\n", b"400"),
        (b"GET /x.atom HTTP/2.0\r\nHost: x\r\n\r\n", b"400"),
        (b"GET /x.atom HTTP/0.9\r\nHost: x\r\n\r\n", b"400"),
        (b"GET /x.atom\r\n\r\n", b"400"),
        (b"GET /x.atom HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n", b"400"),
        (b"GET /x.atom HTTP/1.0\r\nHost: x/y\r\n\r\n", b"400"),
        (b"GET /x.atom HTTP/1.0\r\nHost: x\r\n\r\n", b"200"),
        *((to(host), b"200") for host in HOSTS),
        *((to(host), b"400") for host in NO_HOSTS),
        (b"CONNECT h.example:443 HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
        (ask("/x", "Content-Length: 5", "Content-Length: 6", method="POST"), b"400"),
        (ask("/x", "Content-Length: 5", "Transfer-Encoding: chunked", method="POST"), b"400"),
        (ask("/x", "X : y"), b"400"),
    ],
)
def test_heads(root: Path, sent: bytes, code: bytes) -> None:
    with serving(root, Limits()) as address:
        got = exchange(address, sent)
        assert got[9:12] == code
        assert code == b"200" or b"nosniff" in got
        assert health(address) == 200


@pytest.mark.parametrize("piece", [b"X: " + b"y" * 1000 + b"\r\n", b"y" * 1000])
def test_headers_behind_a_body_are_bounded_too(root: Path, piece: bytes) -> None:
    begun = ask("/echo", "Transfer-Encoding: chunked", method="POST") + b"1\r\nx\r\n0\r\nTrailer: "
    with serving(root, Limits(), app) as address:
        assert exchange(address, begun, *[piece] * 30, pause=0.005) == b""
        assert health(address) == 200


def test_nonsense_behind_a_request_does_not_end_in_its_answer(root: Path) -> None:
    with serving(root, Limits(), app) as address:
        assert b"400" not in exchange(address, ask("/waits", close=False) + b"\x00nonsense\r\n\r\n")
    with serving(root, Limits()) as address:
        got = exchange(address, GET + b"\x00nonsense\r\n\r\n")
        assert got.index(FEED) < got.index(b"HTTP/1.1 400 ")


# --- time


@pytest.mark.parametrize("path", ["/healthz", "/small.atom", "/none"], ids=["by task", "at hand", "none"])
def test_who_says_nothing_more_is_closed_soon_and_who_goes_on_is_kept(root: Path, path: str) -> None:
    write_atomic(root, "small.atom", b"ok")
    with serving(root, Limits(keep_alive=0.5)) as address:
        with socket.create_connection(address, timeout=5) as idle, socket.create_connection(address, timeout=5) as busy:
            assert status(idle, path) == status(busy, path) != b""
            for _ in range(8):
                time.sleep(0.1)
                assert status(busy, path) != b""
            begun = time.monotonic()
            assert idle.recv(1) == b""
            assert time.monotonic() - begun < 1 * slowness()


def test_who_goes_on_with_half_a_request_gets_the_time_of_a_request(root: Path) -> None:
    with serving(root, Limits(keep_alive=0.3, progress=1.5)) as address:
        with socket.create_connection(address, timeout=5) as slow:
            slow.sendall(GET + GET[:10])
            time.sleep(0.1)
            slow.sendall(GET[10:20])
            time.sleep(0.8)
            slow.sendall(GET[20:-2] + b"Connection: close\r\n\r\n")
            assert received(slow) > 2 * len(FEED)


def test_a_head_that_comes_drop_by_drop_is_not_waited_for(root: Path) -> None:
    with serving(root, Limits(progress=0.4)) as address, socket.create_connection(address, timeout=5) as slow:
        begun = time.monotonic()
        try:
            slow.sendall(b"GET / HTTP/1.1\r\n")
            while time.monotonic() < begun + 5:
                slow.sendall(b"X: y\r\n")
                time.sleep(0.05)
        except ConnectionError:
            pass
        assert 0.3 < time.monotonic() - begun < 2


def test_a_slow_reader_that_goes_on_reading_gets_everything(root: Path) -> None:
    size = 12_000_000
    write_atomic(root, "large.json", bytes(size))
    with serving(root, Limits(progress=0.3)) as address, socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        slow.settimeout(5)
        slow.connect(address)
        slow.sendall(ask("/large.json"))
        begun, got = time.monotonic(), 0
        while data := slow.recv(500_000):
            got += len(data)
            time.sleep(0.03 if time.monotonic() < begun + 1.5 else 0)
        assert got > size
        assert time.monotonic() - begun > 1


# --- descriptors


@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "most", "then"),
    [
        (1024, 4096, 100, 100, 1024),
        (1024, 1_048_576, 10_000, 10_000, 10_256),
        (1024, 4096, 10_000, 3840, 4096),
        (100, 100, 10_000, 1, 100),
        (1024, -1, 10_000, 10_000, 10_256),
        (-1, -1, 10_000, 10_000, -1),
    ],
)
def test_as_many_connections_as_there_may_be_descriptors(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, wanted: int, most: int, then: int
) -> None:
    limits = [soft, hard]
    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(limits))
    monkeypatch.setattr(resource, "setrlimit", lambda _, new: limits.__setitem__(slice(None), new))
    assert server._most_connections(wanted) == most
    assert limits == [then, hard]


def test_descriptors_that_are_refused_are_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert server._most_connections(10_000) == 1024 - server.DESCRIPTORS
