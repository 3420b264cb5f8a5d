"""The ways into the desk, and that there is no other."""

from __future__ import annotations

import json
import secrets
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from db.engine import reading
from db.store import tokens as token_store
from feeds import log, tokens
from feeds.desk.access import Doors, Principal, _on_this_machine, limits_of, needed, principal_of
from feeds.desk.context import Context
from feeds.desk.gate import Gate
from feeds.errors import ConfigError
from feeds.web.answers import Application, Receive, Scope, Send, answer
from tests.desk import NOON
from tests.desk.web import GUARDED, Web, running_desk
from tests.fakes import wait_for
from tests.getting import Got

NAMED = '[desk]\nheader = "X-Remote-User"\nheader_from = ["127.0.0.1/32"]\n'
ELSEWHERE = '[desk]\nheader = "X-Remote-User"\nheader_from = ["192.0.2.0/24"]\n'
PAGE, CALL = "/desk/nowhere", "/api/v1/nowhere"
"""What nothing answers: 404 is what somebody gets who was let in."""


def raw(web: Web, request: str) -> bytes:
    """What comes of bytes as they are."""
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode())
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def problem(got: Got) -> tuple[int, str, str]:
    """Status, words and challenge of an answer to a program."""
    assert got.headers["Content-Type"] == "application/problem+json"
    said = json.loads(got.body)
    assert (said["type"], said["status"], said["instance"][0]) == ("about:blank", got.status, "/")
    return got.status, said["detail"], got.headers["WWW-Authenticate"] or ""


# --- without a password


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080", "127.3.2.1"])
def test_this_machine_is_let_in_without_a_password(web: Web, host: str) -> None:
    assert web.ask(PAGE, Host=host).status == 404
    assert web.ask(CALL, Host=host).status == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "desk.evil.example"},
        {"Host": "news.example"},
        {"Host": "192.168.1.5:8080"},
        {"Host": "localhost.evil.example"},
        {"X_Forwarded_For": "127.0.0.1"},
        {"X_Forwarded_Host": "localhost"},
        {"X_Forwarded_Proto": "http"},
        {"X_Real_IP": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
    ],
)
@pytest.mark.parametrize("path", ["/desk/", PAGE, CALL, "/metrics", "/desk"])
def test_other_names_and_proxies_are_not(web: Web, path: str, headers: dict[str, str]) -> None:
    got = web.ask(path, **headers)
    assert got.status == 403
    assert b"password_hash" in got.body
    assert b"evil" not in got.body


def test_nor_is_a_proxy_of_an_older_language(web: Web) -> None:
    answer = raw(web, "GET /desk/nowhere HTTP/1.0\nHost: 127.0.0.1\n\n")
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert raw(web, "GET /desk/nowhere HTTP/1.1\nHost: 127.0.0.1\nConnection: close\n\n").startswith(b"HTTP/1.1 404 ")


def test_nor_is_another_machine() -> None:
    headers = [(b"host", b"127.0.0.1")]
    base = {"type": "http", "method": "GET", "path": "/desk/", "http_version": "1.1", "headers": headers}
    for peer in (("192.0.2.1", 1), ("10.0.0.1", 1), None):
        found = _on_this_machine({**base, "client": peer})
        assert not isinstance(found, Principal)
        assert found.status == 403
    assert _on_this_machine({**base, "client": ("127.0.0.1", 1)}) == Principal("this machine", "loopback")


def test_what_is_public_is_so_for_everybody(web: Web) -> None:
    for path in ("/healthz", "/readyz", "/desk/static/desk.css"):
        assert web.ask(path, Host="elsewhere.example", X_Forwarded_For="192.0.2.1").status in (200, 503)
    assert web.ask("/desk/static/none.css", Host="elsewhere.example").status == 404


# --- with a password


def test_who_has_not_signed_in_is_led_there(guarded: Web) -> None:
    got = guarded.ask("/desk/entries?q=a%20b&access=free")
    assert (got.status, got.headers["Location"]) == (
        303,
        "/desk/login?next=/desk/entries%3Fq%3Da%2520b%26access%3Dfree",
    )
    assert guarded.ask("/desk/entries", Sec_Fetch_Dest="document").status == 303
    assert guarded.ask("/desk/entries", Sec_Fetch_Dest="empty").status == 401, "a script is told, and gives up"
    got = guarded.post("/desk/sources", {"name": "x"})
    assert (got.status, got.headers["Location"]) == (303, "/desk/login"), (
        "a form that was sent is no place to go back to"
    )
    status, said, challenge = problem(guarded.ask(CALL))
    assert (status, challenge) == (401, "Bearer")
    assert "/desk/login" in said
    assert guarded.ask("/metrics", X_Forwarded_For="192.0.2.1").status == 401
    assert guarded.ask(PAGE, Cookie="sid=" + "A" * 43).status == 303


def test_who_has_signed_in_is_let_in_everywhere(guarded: Web) -> None:
    cookie = guarded.sign_in()
    assert [guarded.ask(path, Cookie=cookie).status for path in (PAGE, CALL)] == [404, 404]
    assert guarded.ask("/metrics", Cookie=cookie).status in (200, 404)
    other = f"theme=dark; sid=of-another-port; {cookie}; x"
    assert guarded.ask(PAGE, Cookie=other).status == 404
    crowd = "; ".join(f"sid={number}" for number in range(9))
    assert guarded.ask(PAGE, Cookie=f"{crowd}; {cookie}").status == 303, "but not through any number"


def test_a_proxy_on_this_machine_opens_nothing(guarded: Web) -> None:
    assert guarded.ask(PAGE, X_Remote_User="anna", X_Forwarded_For="127.0.0.1").status == 303


def test_a_database_that_is_damaged_lets_nobody_in(guarded: Web) -> None:
    cookie = guarded.sign_in()
    guarded.engine.dispose()
    for suffix in ("", "-wal", "-shm"):
        file = guarded.path.parent / f"feeds.sqlite3{suffix}"
        file.write_bytes(b"SQLite format 3\x00" + bytes(9000)) if not suffix else file.unlink(missing_ok=True)
    got = guarded.ask(PAGE, Cookie=cookie)
    assert (got.status, got.headers["Retry-After"]) == (503, "10")
    assert problem(guarded.ask(CALL, Cookie=cookie))[:2] == (503, "The desk is busy; try again in a moment")


@pytest.mark.parametrize("desk", ['password_env = "NOT_SET_ANYWHERE"', 'password_file = "none"'])
def test_a_password_that_cannot_be_read_keeps_the_desk_from_starting(tmp_path: Path, desk: str) -> None:
    with pytest.raises(ConfigError, match=r"^\[desk\] password: "), running_desk(tmp_path, f"[desk]\n{desk}\n"):
        pass


# --- named by a proxy


def test_a_proxy_that_is_believed_names_who_asks(tmp_path: Path) -> None:
    with running_desk(tmp_path, NAMED, parts=telling) as web:
        for given, name in {
            "anna": "anna",
            "  anna  ": "anna",
            "Анна".encode().decode("latin-1"): "Анна",
            "a\tn\u00ffna": "an\ufffdna",
            "x" * 300: "x" * 100,
        }.items():
            said = json.loads(web.ask("/desk/", X_Remote_User=given, X_Forwarded_For="192.0.2.1").body)
            assert said == {"name": name, "by": "proxy", "scopes": ["admin", "read", "write"]}
        for headers in ({}, {"X_Remote_User": ""}, {"X_Remote_User": " "}, {"X_Remote_Users": "anna"}):
            got = web.ask("/desk/", **headers)
            assert (got.status, got.body) == (403, b"Sign in at the proxy in front of the desk, and ask there\n")
        twice = "GET /desk/ HTTP/1.1\nHost: 127.0.0.1\nX-Remote-User: anna\nX-Remote-User: ben\nConnection: close\n\n"
        assert raw(web, twice).startswith(b"HTTP/1.1 403 "), "one of the two is not the proxy's"


def telling(context: Context) -> dict[str, Application]:
    """A desk that says who asks."""

    async def tell(scope: Scope, _receive: Receive, send: Send) -> None:
        found = principal_of(scope)
        said = {"name": found.name, "by": found.by, "scopes": sorted(found.scopes)}
        limits_of(scope).asked.spend(found.name)
        await answer(send, 200, json.dumps(said).encode(), [])

    return {"desk": Gate(tell, Doors(context))}


def test_another_peer_is_not_believed_and_that_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_desk(tmp_path, ELSEWHERE) as web:
        assert [web.ask(PAGE, X_Remote_User="anna").status for _ in range(3)] == [403] * 3
        assert web.ask(PAGE).status == 403, "nor is this machine, which has no password"
    assert capsys.readouterr().err.count("name not believed") == 1


def test_a_password_may_stand_beside_a_proxy(tmp_path: Path) -> None:
    both = GUARDED + 'header = "X-Remote-User"\nheader_from = ["127.0.0.1/32"]\n'
    with running_desk(tmp_path, both) as web:
        assert web.ask(PAGE, X_Remote_User="anna").status == 404
        assert web.ask(PAGE).status == 303
        assert web.ask(PAGE, Cookie=web.sign_in()).status == 404


# --- tokens


def token(web: Web, *scopes: str, name: str = "watcher") -> str:
    return tokens.create(web.engine, name, NOON, secrets.token_bytes, scopes=scopes).token


def test_a_token_opens_the_api_and_no_page(guarded: Web) -> None:
    reads = f"Bearer {token(guarded, 'read')}"
    assert guarded.ask(CALL, Authorization=reads).status == 404
    assert guarded.ask(CALL, Authorization=reads.replace("Bearer", "bearer  ")).status == 404
    assert guarded.ask("/metrics", Authorization=reads).status in (200, 404)
    assert guarded.ask(PAGE, Authorization=reads).status == 303
    assert guarded.ask(CALL, Authorization=reads, Host="news.example", X_Forwarded_For="192.0.2.1").status == 404


def test_a_token_does_what_its_scopes_say(guarded: Web) -> None:
    made = {scope: token(guarded, scope, name=scope) for scope in ("read", "write", "admin")}
    for method, path, need in (
        ("GET", CALL, "read"), ("HEAD", CALL, "read"), ("POST", CALL, "write"), ("DELETE", CALL, "write"),
        ("GET", "/api/v1/tokens", "admin"), ("POST", "/api/v1/tokens", "admin"),
        ("DELETE", "/api/v1/tokens/x", "admin"),
        ("POST", "/api/v1/tokenss", "write"), ("PROPFIND", CALL, "write"),
    ):  # fmt: skip
        assert needed(method, path) == need
        for scope, given in made.items():
            got = guarded.ask(path, method, Authorization=f"Bearer {given}")
            if scope == need:
                assert got.status in (200, 404, 405, 422), (method, path, scope)
            elif method == "HEAD":
                assert got.status == 403
            else:
                status, said, challenge = problem(got)
                assert (status, said) == (403, f'This token has no scope "{need}"')
                assert challenge == f'Bearer error="insufficient_scope", scope="{need}"'


def test_a_token_of_a_subscriber_opens_no_api_and_that_of_a_program_no_feed(guarded: Web) -> None:
    feeds, program = token(guarded, "feeds"), token(guarded, "read", "write", "admin", name="program")
    status, _, challenge = problem(guarded.ask(CALL, Authorization=f"Bearer {feeds}"))
    assert (status, challenge) == (401, 'Bearer error="invalid_token"')
    assert guarded.ask(f"/p/{program}/").status == 404
    assert guarded.ask(f"/p/{feeds}/").status == 200


@pytest.mark.parametrize("given", ["", "x", "0123456789abcdef." + "A" * 43, "ä", "x" * 5000])
def test_a_wrong_token_is_refused_even_on_this_machine(web: Web, given: str) -> None:
    assert problem(web.ask(CALL, Authorization=f"Bearer {given}"))[0] == 401
    assert web.ask(CALL, Authorization="Basic YTpi").status == 404, "what is for somebody else is left alone"


def test_a_token_that_ended_opens_nothing_at_once(guarded: Web) -> None:
    given = token(guarded, "read")
    assert guarded.ask(CALL, Authorization=f"Bearer {given}").status == 404
    tokens.revoke(guarded.engine, "watcher", NOON)
    assert guarded.ask(CALL, Authorization=f"Bearer {given}").status == 401


def test_the_use_of_a_token_is_noted(guarded: Web) -> None:
    guarded.now += timedelta(hours=1)
    assert guarded.ask(CALL, Authorization=f"Bearer {token(guarded, 'read')}").status == 404

    def noted() -> bool:
        with reading(guarded.engine) as connection:
            (one,) = token_store.every(connection)
            return one.last_used == guarded.now and token_store.networks(connection) == {one.id: 1}

    assert wait_for(noted)


def test_wrong_tokens_are_bounded_and_right_ones_are_not(guarded: Web) -> None:
    right = f"Bearer {token(guarded, 'read')}"
    assert {guarded.ask(CALL, Authorization=right).status for _ in range(40)} == {404}
    statuses = [guarded.ask(CALL, Authorization="Bearer x").status for _ in range(31)]
    assert statuses == [401] * 30 + [429]
    guarded.now += timedelta(seconds=0.5)
    got = guarded.ask(CALL, Authorization=right)
    assert (got.status, got.headers["Retry-After"]) == (429, "2")


# --- the rest


def test_no_secret_is_logged(guarded: Web, capsys: pytest.CaptureFixture[str]) -> None:
    given = token(guarded, "read")
    log.configure(1, json=False)
    try:
        cookie = guarded.sign_in()
        guarded.ask(CALL, Authorization=f"Bearer {given}")
        guarded.ask(CALL, "POST", Authorization=f"Bearer {given}")
        guarded.post("/desk/login", {"password": "another sentence of words"})
        guarded.post("/desk/logout", Cookie=cookie)
    finally:
        log.configure(0, json=False)
    said = capsys.readouterr().err
    assert "signed in" in said
    assert "client=127.0.0.1" in said
    for secret in (cookie.partition("=")[2], given, given.partition(".")[2], "another sentence"):
        assert secret not in said
