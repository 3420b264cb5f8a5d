"""Callbacks: what hubs are answered, what is taken from them, and what nobody is told."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote, urlencode

import pytest

from db.engine import reading, writing
from db.records import PushRecord, PushState
from db.store import pushes, sources
from feeds.web import websub
from feeds.web.app import web_app
from feeds.web.server import Server
from tests.fakes import wait_for
from tests.getting import ask
from tests.polls import Bench, rss
from tests.pushing import Desk, served, signed

KEY = "k" * 43
TOPIC = "https://n.example/feed?a=b&c=d"


@pytest.fixture
def desk(bench: Bench) -> Iterator[Desk]:
    with served(bench) as running:
        running.configure({"n": "https://n.example/feed"})
        yield running


def put(desk: Desk, state: PushState = PushState.ACTIVE, **over: object) -> PushRecord:
    """Stores a subscription of the source."""
    now = desk.bench.now
    push = PushRecord(
        source_id=desk.bench.source().id, topic=TOPIC, hubs=("https://h.example/",), key=KEY, secret="s" * 64,
        due_at=now, hub="https://h.example/", state=state, asked_at=now, active_since=now,
        lease_until=now + timedelta(days=1),
    )  # fmt: skip
    with writing(desk.bench.engine) as connection:
        pushes.add(connection, replace(push, **over))  # type: ignore[arg-type]
    return load(desk)


def load(desk: Desk, key: str = KEY) -> PushRecord:
    with reading(desk.bench.engine) as connection:
        found = pushes.by_key(connection, key)
    assert found is not None
    return found


def at(desk: Desk, key: str = KEY) -> str:
    return f"{desk.url}websub/{key}"


def verify(desk: Desk, **said: str) -> tuple[int, bytes, dict[str, str]]:
    """A hub's question; what is not given is as it should be."""
    given = {"mode": "subscribe", "topic": TOPIC, "challenge": "c1", "lease_seconds": "864000"} | said
    query = urlencode({f"hub.{name}": value for name, value in given.items() if value != "-"})
    return ask(f"{at(desk)}?{query}")


def waiting(desk: Desk) -> list[bytes]:
    with reading(desk.bench.engine) as connection:
        return [row.body for row in pushes.waiting(connection, 1000, 10**9)]


def take(desk: Desk) -> list[bytes]:
    """What waits, and waits no more."""
    with writing(desk.bench.engine) as connection:
        rows = pushes.waiting(connection, 1000, 10**9)
        pushes.drop(connection, [row.id for row in rows])
    return [row.body for row in rows]


# --- questions


def test_the_challenge_comes_back_to_the_letter_and_as_text(desk: Desk) -> None:
    put(desk, PushState.ASKED)
    challenge = "<script>alert(1)</script> ü+%20\n"
    status, body, headers = verify(desk, challenge=challenge)
    assert (status, body) == (200, challenge.encode())
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert headers["x-content-type-options"] == "nosniff"
    push = load(desk)
    assert push.state is PushState.ACTIVE
    assert push.lease_until == desk.bench.now + timedelta(days=10)


def test_bytes_that_are_no_text_come_back_as_well(desk: Desk) -> None:
    put(desk, PushState.ASKED)
    query = f"hub.mode=subscribe&hub.topic={quote(TOPIC, safe='')}&hub.challenge=%ff%00%fe"
    assert ask(f"{at(desk)}?{query}")[:2] == (200, b"\xff\x00\xfe")


@pytest.mark.parametrize(
    ("seconds", "lease"),
    [
        ("60", timedelta(minutes=5)),
        ("99999999999", timedelta(days=365)),
        ("0", timedelta(days=10)),
        ("-5", timedelta(days=10)),
        ("9" * 13, timedelta(days=10)),
        ("٣", timedelta(days=10)),
        ("-", timedelta(days=10)),  # not said at all
    ],
)
def test_what_a_hub_says_a_lease_is(desk: Desk, seconds: str, lease: timedelta) -> None:
    put(desk, PushState.ASKED)
    assert verify(desk, lease_seconds=seconds)[0] == 200
    assert load(desk).lease_until == desk.bench.now + lease


@pytest.mark.parametrize(
    "said",
    [
        {"topic": "https://n.example/feed"},
        {"topic": "-"},
        {"mode": "unsubscribe"},
        {"mode": "publish"},
        {"mode": "-"},
        {"challenge": ""},
        {"challenge": "-"},
        {"challenge": "x" * 5000},
        {"mode": "denied", "topic": "https://other.example/"},
    ],
)
def test_other_questions_are_not_found(desk: Desk, said: dict[str, str]) -> None:
    before = put(desk, PushState.ASKED)
    assert verify(desk, **said)[:2] == (404, b"Not found\n")
    assert load(desk) == before


@pytest.mark.parametrize("query", ["", "hub.mode=subscribe&hub.mode=subscribe", "&".join(f"a{n}=b" for n in range(60))])
def test_a_question_that_is_none_is_not_found(desk: Desk, query: str) -> None:
    before = put(desk, PushState.ASKED)
    assert ask(f"{at(desk)}?{query}")[0] == 404
    assert load(desk) == before


@pytest.mark.parametrize("state", [PushState.DENIED, PushState.LEAVING, PushState.ENDED])
def test_who_was_not_asked_for_it_is_not_confirmed(desk: Desk, state: PushState) -> None:
    put(desk, state)
    assert verify(desk)[0] == 404


def test_the_end_is_confirmed_only_where_it_is_wanted(desk: Desk) -> None:
    put(desk, PushState.LEAVING)
    assert verify(desk, mode="unsubscribe", lease_seconds="-")[:2] == (200, b"c1")
    assert load(desk).state is PushState.ENDED
    assert verify(desk, mode="unsubscribe")[0] == 404


def test_a_refusal_is_noted_with_its_reason(desk: Desk) -> None:
    put(desk)
    assert verify(desk, mode="denied", challenge="-", reason="no\nroom" + "!" * 900)[:2] == (200, b"Noted\n")
    push = load(desk)
    assert push.state is PushState.DENIED
    assert (push.error or "").startswith("denied by its hub: no room!!")
    assert len(push.error or "") < 250


def test_a_refusal_needs_no_reason(desk: Desk) -> None:
    put(desk)
    assert verify(desk, mode="denied", challenge="-")[0] == 200
    assert load(desk).error == "denied by its hub"


# --- what is brought


@pytest.mark.parametrize(
    "key", ["", "k", "k" * 42, "k" * 44, "K" * 43, "k" * 42 + "%6b/", "../" + "k" * 40, "k" * 42 + "ü"]
)
def test_who_does_not_know_the_name_finds_nothing(desk: Desk, key: str) -> None:
    put(desk)
    for method, body in (("GET", None), ("POST", b"x"), ("POST", b"x" * 200_000)):
        status, text, _ = ask(at(desk, quote(key)), method=method, body=body, headers=signed("s" * 64, body or b""))
        assert (status, text) == (404, b"Not found\n")
    assert ask(f"{desk.url}websub")[0] == 404


def test_other_methods_are_not_allowed(desk: Desk) -> None:
    put(desk)
    for method in ("PUT", "DELETE", "HEAD"):
        status, _, headers = ask(at(desk), method=method)
        assert (status, headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (PushState.ACTIVE, 202),
        (PushState.FOUND, 404),
        (PushState.ASKED, 404),
        (PushState.DENIED, 404),
        (PushState.LEAVING, 410),
        (PushState.ENDED, 410),
    ],
)
def test_what_is_brought_is_taken_while_it_is_wanted(desk: Desk, state: PushState, status: int) -> None:
    push = put(desk, state)
    body = rss("a")
    assert ask(at(desk), method="POST", body=body, headers=signed(push.secret, body))[0] == status
    assert waiting(desk) == ([body] if status == 202 else [])
    assert load(desk).last_push == (desk.bench.now if status == 202 else None)


def test_after_its_lease_nothing_is_taken(desk: Desk) -> None:
    push = put(desk, lease_until=desk.bench.now)
    assert ask(at(desk), method="POST", body=b"x", headers=signed(push.secret, b"x"))[0] == 404


@pytest.mark.parametrize("headers", [{}, {"X-Hub-Signature": ""}, signed("other", b"x"), signed("s" * 64, b"y")])
def test_nothing_unsigned_is_stored(desk: Desk, headers: dict[str, str]) -> None:
    put(desk)
    assert ask(at(desk), method="POST", body=b"x", headers=headers)[0] == 403
    assert waiting(desk) == []
    assert load(desk).last_push is None


def test_what_is_coded_is_not_taken(desk: Desk) -> None:
    push = put(desk)
    headers = signed(push.secret, b"x") | {"Content-Encoding": "gzip"}
    assert ask(at(desk), method="POST", body=b"x", headers=headers)[0] == 415
    assert ask(at(desk), method="POST", body=b"x", headers=headers | {"Content-Encoding": "identity"})[0] == 202


def chunked(desk: Desk, secret: str, body: bytes, size: int) -> int:
    """Brings `body` in pieces, without saying how long it is."""
    connection = http.client.HTTPConnection(desk.url.split("/")[2], timeout=10)
    with closing(connection):
        pieces = (body[start : start + size] for start in range(0, len(body), size))
        headers = signed(secret, body)
        connection.request("POST", f"/websub/{KEY}", pieces, headers, encode_chunked=True)
        return connection.getresponse().status


def test_a_document_has_a_most(desk: Desk) -> None:
    push = put(desk)
    for body, status in ((b"x" * 100_000, 202), (b"x" * 100_001, 413)):
        assert ask(at(desk), method="POST", body=body, headers=signed(push.secret, body))[0] == status
    assert chunked(desk, push.secret, b"y" * 100_000, 10_000) == 202
    assert chunked(desk, push.secret, b"y" * 100_001, 50_000) == 413
    assert list(map(len, waiting(desk))) == [100_000, 100_000]


def test_a_source_whose_share_is_full_is_told_to_come_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websub, "MOST_WAITING", 2)
    push = put(desk)
    found = [ask(at(desk), method="POST", body=b"x", headers=signed(push.secret, b"x")) for _ in range(3)]
    assert [status for status, *_ in found] == [202, 202, 503]
    assert found[2][2]["retry-after"] == "60"
    assert waiting(desk) == [b"x", b"x"]


def begun(desk: Desk, secret: str, body: bytes, length: int) -> http.client.HTTPConnection:
    """A push of `body`, of which nothing was sent yet, and `length` bytes are promised; it is being received."""
    one = http.client.HTTPConnection(desk.url.split("/")[2], timeout=10)
    one.putrequest("POST", f"/websub/{KEY}")
    for name, value in (signed(secret, body) | {"Content-Length": str(length), "Expect": "100-continue"}).items():
        one.putheader(name, value)
    one.endheaders()
    # What the server says when somebody begins to read, and not before.
    assert one.sock.recv(1000).startswith(b"HTTP/1.1 100 ")
    return one


def test_bodies_under_way_are_bounded_together(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of the longest fit; who comes while two are coming is told to come again."""
    monkeypatch.setattr(websub, "HELD_BYTES", 0)
    push = put(desk)
    long = b"x" * 100_000
    for _ in range(2):  # the second time in the room that the first left
        with (
            closing(begun(desk, push.secret, long, 100_000)) as one,
            closing(begun(desk, push.secret, long, 100_000)) as two,
        ):
            assert ask(at(desk), method="POST", body=b"y", headers=signed(push.secret, b"y"))[0] == 503
            for each in (one, two):
                each.send(long)
                assert each.getresponse().status == 202
        assert take(desk) == [long, long]


def test_a_hub_that_pushes_much_is_not_sent_away_and_strangers_are(desk: Desk) -> None:
    push = put(desk)
    put(desk, PushState.ENDED, key="e" * 43)
    web = desk.bench.config.web.model_copy(update={"per_minute": 3})
    config = desk.bench.config.model_copy(update={"web": web})
    server = Server(web_app(desk.bench.engine, config, lambda: desk.bench.now), "127.0.0.1", 0)
    server.start()

    def bring(secret: str, key: str = KEY) -> int:
        return ask(f"{server.url}websub/{key}", method="POST", body=b"x", headers=signed(secret, b"x"))[0]

    try:
        assert {bring(push.secret) for _ in range(9)} == {202}
        assert {bring(push.secret, "e" * 43) for _ in range(9)} == {410}
        found = [bring("other"), bring(push.secret, "K" * 43), bring("other"), bring("other"), bring(push.secret)]
        assert found == [403, 404, 403, 429, 429]
    finally:
        server.stop()


def test_a_client_that_goes_away_leaves_nothing(desk: Desk) -> None:
    push = put(desk)
    with closing(begun(desk, push.secret, b"half", 1000)) as one:
        one.send(b"half")
    assert ask(at(desk), method="POST", body=b"x", headers=signed(push.secret, b"x"))[0] == 202
    assert not wait_for(lambda: waiting(desk) != [b"x"], 0.5)


def test_a_database_that_cannot_be_written_is_no_loss(desk: Desk) -> None:
    """What is not stored is not acknowledged."""
    push = put(desk)
    path = desk.bench.folder / "feeds.sqlite3"
    with reading(desk.bench.engine) as connection:
        assert sources.every(connection)
    desk.bench.engine.dispose()
    path.rename(path.with_suffix(".away"))
    path.mkdir()
    try:
        status, body, headers = ask(at(desk), method="POST", body=b"x", headers=signed(push.secret, b"x"))
        assert (status, body, headers["retry-after"]) == (503, b"Come again\n", "60")
        assert verify(desk)[0] == 503
    finally:
        desk.bench.engine.dispose()
        path.rmdir()
        path.with_suffix(".away").rename(path)
    assert ask(at(desk), method="POST", body=b"x", headers=signed(push.secret, b"x"))[0] == 202
