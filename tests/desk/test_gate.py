"""The gate: every route there is refuses who may not pass, and what no page of ours has sent."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from starlette.routing import BaseRoute

from feeds import tokens
from feeds.desk.access import Doors, principal_of
from feeds.desk.app import PAGES, desk_parts
from feeds.desk.context import Context
from feeds.desk.gate import Gate, is_public
from feeds.desk.limits import BODY_BYTES, LARGE_BODIES
from feeds.desk.origin import SAFE
from feeds.web.answers import Application, Message, Receive, Scope, Send, answer, read_body
from tests.desk import NOON
from tests.desk.web import GUARDED, Hands, Web, running_desk, unchanged

HERE = {"Sec_Fetch_Site": "same-origin"}
ELSEWHERE: tuple[dict[str, str], ...] = (
    {},
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec_Fetch_Site": "cross-site", "Origin": "http://127.0.0.1"},
)


def walked(routes: Sequence[BaseRoute], before: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of every route, with a word for what a path leaves open."""
    for route in routes:
        path, below = before + getattr(route, "path", ""), getattr(route, "routes", None)
        if below:
            yield from walked(below, path)
            continue
        for method in getattr(route, "methods", None) or {"GET"}:
            yield method, re.sub(r"\{[^}]*\}", "1", path)


def every_route(web: Web) -> list[tuple[str, str]]:
    """All that the desk and its API answer, and what stands beside them."""
    found = {each for module in PAGES for each in walked(module.routes)}
    token = tokens.create(web.engine, f"walk {secrets.token_hex(4)}", NOON, secrets.token_bytes, scopes=["read"]).token
    described = web.ask("/api/v1/openapi.json", Authorization=f"Bearer {token}")
    assert described.status == 200
    for path, calls in json.loads(described.body)["paths"].items():
        found |= {(method.upper(), re.sub(r"\{[^}]*\}", "1", path)) for method in calls}
    found |= {("GET", "/api/v1/openapi.json"), ("GET", "/metrics"), ("POST", "/desk/unknown"), ("GET", "/api/unknown")}
    return sorted(found | {("POST", "/api/v1/unknown")})


def test_the_walk_finds_what_there_is(guarded: Web) -> None:
    routes = every_route(guarded)
    assert {("GET", "/desk/login"), ("POST", "/desk/login"), ("POST", "/desk/logout")} <= set(routes)
    assert ("GET", "/api/v1/openapi.json") in routes
    assert all(path.startswith(("/desk", "/api/v1/", "/metrics", "/api/unknown")) for _, path in routes)
    parts = desk_parts(Context(guarded.engine, guarded.config, lambda: NOON, guarded.hands, guarded.path))
    assert set(parts) == {"healthz", "readyz", "metrics", "desk", "api"}, "a new part needs a line in the walk"


def test_every_route_is_public_or_refuses_the_anonymous(guarded: Web) -> None:
    for method, path in every_route(guarded):
        # What a program of this machine may look at is asked for from elsewhere.
        got = guarded.ask(path, method, **HERE, **({"Via": "1.1 proxy"} if path == "/metrics" else {}))
        if is_public(path):
            assert got.status in (200, 403), (method, path)
        elif path.startswith("/desk"):
            assert (got.status, (got.headers["Location"] or "")[:11]) == (303, "/desk/login"), (method, path)
        else:
            assert (got.status, got.headers["WWW-Authenticate"]) == (401, "Bearer"), (method, path)
        assert got.headers["Cache-Control"] == "no-store"
    assert {path for _, path in every_route(guarded) if is_public(path)} == {"/desk/login"}


@pytest.mark.parametrize("more", ["", GUARDED])
def test_every_route_that_changes_something_needs_a_page_of_ours(tmp_path: Path, more: str) -> None:
    with running_desk(tmp_path, more) as web:
        cookie = {"Cookie": web.sign_in()} if more else {}
        tried = 0
        for method, path in every_route(web):
            for headers in () if method in SAFE else ELSEWHERE:
                got = web.ask(path, method, b"", **headers, **cookie)
                assert got.status == 403, (method, path, headers)
                tried += 1
        assert tried >= 3 * len(ELSEWHERE)
        if more:
            assert web.ask("/desk/unknown", **cookie).status == 404, "logout, for one, was not done"


def test_looking_changes_nothing(guarded: Web) -> None:
    cookie = guarded.sign_in()
    routes = [(method, path) for method, path in every_route(guarded) if method in SAFE]
    with unchanged(guarded):
        for method, path in routes:
            assert guarded.ask(path, method, Cookie=cookie).status < 500, (method, path)
        assert guarded.ask("/desk/", Cookie=cookie).status == 200, "nor is anybody signed out"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
def test_it_is_the_method_that_counts(tmp_path: Path, method: str) -> None:
    with running_desk(tmp_path) as web:
        own = f"http://127.0.0.1:{web.port}"
        assert web.ask("/desk/unknown", method, **ELSEWHERE[1]).status == 403
        for headers in (HERE, {"Origin": own}, {"Sec_Fetch_Site": "none"}):
            assert web.ask("/desk/unknown", method, **headers).status == 404
        assert web.ask("/desk/unknown", method, Origin=own, Host="localhost").status == 403


def echoing(context: Context) -> dict[str, Application]:
    """A desk that says how much came, and who sent it."""

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive, 100_000_000)
        said = [principal_of(scope).by, -1 if body is None else len(body)]
        await answer(send, 200, json.dumps(said).encode(), [])

    doors = Doors(context)
    return {"desk": Gate(echo, doors, body_seconds=0.5), "api": Gate(echo, doors, body_seconds=0.5)}


def test_bodies_are_bounded(tmp_path: Path) -> None:
    with running_desk(tmp_path, parts=echoing) as web:
        for path in ("/desk/x", *LARGE_BODIES):
            most = LARGE_BODIES.get(path, BODY_BYTES)
            assert json.loads(web.ask(path, "POST", bytes(most), **HERE).body) == ["loopback", most]
            got = web.ask(path, "POST", bytes(most + 1), **HERE)
            assert (got.status, f"more than {most:,} bytes".encode() in got.body) == (413, True)
        assert json.loads(web.ask("/api/v1/x", "POST", bytes(BODY_BYTES + 1), **HERE).body)["status"] == 413


def test_a_body_of_many_pieces_is_bounded_just_so(tmp_path: Path) -> None:
    piece = b"10000\r\n" + bytes(65536) + b"\r\n"
    with running_desk(tmp_path, parts=echoing) as web:
        head = "POST /desk/x HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: none\r\nTransfer-Encoding: chunked\r\n"
        for count, status in ((15, b"200"), (16, b"413")):
            with socket.create_connection(("127.0.0.1", web.port), timeout=10) as connection:
                connection.sendall(f"{head}Connection: close\r\n\r\n".encode() + piece * count + b"0\r\n\r\n")
                assert connection.recv(100).split()[1] == status


def test_a_body_has_to_come_in_time(tmp_path: Path) -> None:
    with running_desk(tmp_path, parts=echoing) as web:
        head = "POST /desk/x HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: none\r\nContent-Length: 3\r\n\r\n"
        with socket.create_connection(("127.0.0.1", web.port), timeout=10) as connection:
            connection.sendall(head.encode() + b"a")
            assert connection.recv(100).startswith(b"HTTP/1.1 408 ")


def test_who_is_refused_is_not_listened_to(tmp_path: Path) -> None:
    with running_desk(tmp_path, parts=echoing) as web:
        head = "POST /desk/x HTTP/1.1\r\nHost: evil.example\r\nSec-Fetch-Site: none\r\nContent-Length: 3000000\r\n\r\n"
        with socket.create_connection(("127.0.0.1", web.port), timeout=10) as connection:
            connection.sendall(head.encode() + b"a")
            assert connection.recv(100).startswith(b"HTTP/1.1 403 ")


def test_behind_the_body_the_application_hears_what_comes(tmp_path: Path) -> None:
    heard: list[Message] = []

    async def listen(_scope: Scope, receive: Receive, _send: Send) -> None:
        heard.extend([await receive(), await receive()])

    with running_desk(tmp_path) as web:
        doors = Doors(Context(web.engine, web.config, lambda: NOON, Hands(), web.path))
        coming: list[Message] = [{"type": "http.disconnect"}, {"type": "http.request", "body": b"a"}]

        async def receive() -> Message:
            return coming.pop()

        async def send(_message: Message) -> None:
            raise AssertionError

        scope: Scope = {
            "type": "http", "method": "POST", "path": "/desk/x", "http_version": "1.1", "client": ("127.0.0.1", 1),
            "headers": [(b"host", b"localhost"), (b"sec-fetch-site", b"none")],
        }  # fmt: skip
        asyncio.run(Gate(listen, doors)(scope, receive, send))
    assert [message["type"] for message in heard] == ["http.request", "http.disconnect"]
    assert heard[0]["body"] == b"a"


def test_refusals_are_plain_text_or_json(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        hostile = "/desk/%3Cscript%3Ealert(1)%3C/script%3E"
        got = web.ask(f"{hostile}?q=<script>", Host="<script>.example")
        assert got.status in (400, 403)
        assert b"<script" not in got.body
        got = web.ask(hostile, Via="<script>")
        assert (got.status, got.headers["Content-Type"]) == (403, "text/plain; charset=utf-8")
        assert b"<script" not in got.body
        got = web.ask("/api/v1/x", Via="<script>")
        assert (got.status, got.headers["Content-Type"]) == (403, "application/problem+json")
        assert b"<script" not in got.body
