"""The hub over HTTP: what is a request, who asks too much, and what it is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from db.engine import Engine, reading, writing
from feeds.web.hub import BODY_BYTES, PER_MINUTE, Hub
from feeds.websub import FORM
from tests.desk import NOON
from tests.pace import slowness
from tests.websub import Desk, config_of

GOOD = {"hub.mode": "subscribe", "hub.topic": "https://news.example/all.atom", "hub.callback": "https://r.example/1"}


class Clock:
    """Seconds that pass when a test says so."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(tmp_path: Path, engine: Engine, clock: Clock) -> Hub:
    config = config_of(tmp_path, web={"trusted_proxies": ["10.0.0.0/8"]})
    Desk(engine, config).publish("The first headline of all")
    return Hub(engine, config, lambda: NOON, seconds=clock)


def ask(
    hub: Hub,
    body: bytes | Mapping[str, str] | Sequence[tuple[str, str]] = GOOD,
    *,
    method: str = "POST",
    path: str = "/hub",
    content_type: str = FORM,
    client: str = "192.0.2.1",
    forwarded: str | None = None,
) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers of the answer to one request."""
    data = body if isinstance(body, bytes) else urlencode(body).encode()
    headers = [(b"content-type", content_type.encode())]
    if forwarded is not None:
        headers.append((b"x-forwarded-for", forwarded.encode()))
    scope = {"type": "http", "method": method, "path": path, "headers": headers, "client": (client, 4711)}
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": data, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(hub(scope, receive, send))
    start, text = sent
    found = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], text["body"].decode(), found


def owed(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM deliveries").scalar() or 0)


@pytest.mark.parametrize("content_type", [FORM, f"{FORM}; charset=UTF-8", FORM.upper()])
def test_what_is_asked_for_is_noted_and_accepted(hub: Hub, engine: Engine, content_type: str) -> None:
    status, text, headers = ask(hub, content_type=content_type)
    assert (status, text) == (202, "Accepted\n")
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert headers["x-content-type-options"] == "nosniff"
    assert owed(engine) == 1


def test_unsubscribing_and_publishing_are_accepted(hub: Hub) -> None:
    assert ask(hub, GOOD | {"hub.mode": "unsubscribe"})[0] == 202
    assert ask(hub, {"hub.mode": "publish", "hub.url": GOOD["hub.topic"]})[0] == 202


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_looks_is_told_what_it_is(hub: Hub, method: str) -> None:
    status, text, _ = ask(hub, b"", method=method)
    assert (status, text) == (
        200,
        "The WebSub hub of The Harbour: POST hub.mode, hub.topic and hub.callback\n",
    )


def test_other_methods_and_other_paths(hub: Hub) -> None:
    status, text, headers = ask(hub, method="PUT")
    assert (status, text, headers["allow"]) == (405, "Method not allowed\n", "GET, HEAD, POST")
    assert ask(hub, path="/hub/")[:2] == (404, "Not found\n")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "words"),
    [
        (b"{}", "application/json", 415, "send application/x-www-form-urlencoded"),
        (b"", "", 415, "send application/x-www-form-urlencoded"),
        (b"a=" + b"b" * BODY_BYTES, FORM, 413, "more than 16384 bytes"),
        (b"hub.mode=%ff", FORM, 400, "send a form in UTF-8 with 100 fields at most"),
        (b"hub.mode=\xff", FORM, 400, "send a form in UTF-8 with 100 fields at most"),
        (b"a=b&" * 101, FORM, 400, "send a form in UTF-8 with 100 fields at most"),
        (b"", FORM, 400, "hub.mode: missing"),
        (b"hub.mode=subscribe", FORM, 400, "hub.callback: missing"),
        (
            urlencode(GOOD | {"hub.topic": "https://news.example/no.atom"}).encode(),
            FORM,
            404,
            "hub.topic: this hub has no such topic; give the address that the feed calls rel=self",
        ),
    ],
)
def test_what_is_no_request(hub: Hub, engine: Engine, body: bytes, content_type: str, status: int, words: str) -> None:
    assert ask(hub, body, content_type=content_type)[:2] == (status, f"{words}\n")
    assert owed(engine) == 0


def test_a_client_asks_so_often_in_a_minute(hub: Hub, clock: Clock) -> None:
    found = [ask(hub)[0] for _ in range(PER_MINUTE + 2)]
    assert found == [202] * PER_MINUTE + [429] * 2
    status, text, headers = ask(hub)
    assert (status, text, headers["retry-after"]) == (429, "too many requests; try again in a minute\n", "60")
    assert ask(hub, client="192.0.2.2")[0] == 202
    assert ask(hub, method="GET")[0] == 200
    clock.seconds += 60
    assert ask(hub)[0] == 202


def test_a_network_of_ipv6_is_one_client_and_a_trusted_proxy_is_none(hub: Hub) -> None:
    for number in range(PER_MINUTE):
        ask(hub, client=f"2001:db8::{number + 1:x}")
    assert ask(hub, client="2001:db8::ffff")[0] == 429
    assert ask(hub, client="2001:db8:0:1::1")[0] == 202
    assert ask(hub, client="10.0.0.1", forwarded="2001:db8::9")[0] == 429
    assert ask(hub, client="10.0.0.1", forwarded="192.0.2.9")[0] == 202
    assert ask(hub, client="192.0.2.7", forwarded="2001:db8::9")[0] == 202


def test_what_a_client_has_left_comes_back_bit_by_bit(hub: Hub, clock: Clock) -> None:
    for _ in range(PER_MINUTE):
        ask(hub)
    clock.seconds += 60 / PER_MINUTE
    assert [ask(hub)[0] for _ in range(2)] == [202, 429]


def test_clients_that_a_proxy_hides_have_one_share_together(hub: Hub) -> None:
    found = [ask(hub, client="127.0.0.1", forwarded=f"192.0.2.{number}")[0] for number in range(PER_MINUTE + 1)]
    assert found == [202] * PER_MINUTE + [429]


def test_what_needs_no_database_takes_no_turn_at_it(hub: Hub, engine: Engine) -> None:
    """Another process writes all the time; only who has something noted waits for it."""
    topic = GOOD["hub.topic"]
    with writing(engine):
        begun = time.monotonic()
        assert ask(hub, [("hub.mode", "publish"), ("hub.url", topic), ("hub.topic", topic)])[0] == 202
        assert ask(hub, GOOD | {"hub.topic": "https://news.example/no.atom"})[0] == 404
        assert ask(hub, {"hub.mode": "publish", "hub.topic": "https://news.example/no.atom"})[0] == 404
        assert time.monotonic() - begun < 2 * slowness()


def test_what_nobody_subscribes_to_and_what_is_refused_takes_no_turn_either(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.websub.hub.MOST_OF_HOST", 0)
    other = "https://other.example/feeds/"
    hub = Hub(engine, config_of(tmp_path, websub={"hub": True, "hub_topics": [other]}), lambda: NOON)
    topics = [("hub.topic", f"{other}{number}") for number in range(20)]
    with writing(engine):
        begun = time.monotonic()
        assert ask(hub, [("hub.mode", "publish"), *topics])[0] == 202
        assert ask(hub, GOOD | {"hub.topic": f"{other}1"})[0] == 403
        assert time.monotonic() - begun < 2 * slowness()
    assert owed(engine) == 0


def test_a_topic_is_found_without_reading_the_manifest(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "public" / "manifest.json").unlink()
    assert ask(hub)[0] == 202


def test_a_database_that_fails_is_a_line(hub: Hub, engine: Engine, tmp_path: Path) -> None:
    engine.dispose()
    path = tmp_path / "feeds.sqlite3"
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 8000)
    status, text, headers = ask(hub)
    assert (status, text, headers["retry-after"]) == (503, "the hub is busy; try again in a minute\n", "60")
