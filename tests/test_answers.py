"""What the parts of the server share: plain answers, bodies, and who is asking."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.web.answers import Prepared, client_of, header, networks, plain, read_body

Message = MutableMapping[str, Any]


def said(status: int, text: str, headers: list[tuple[bytes, bytes]]) -> tuple[Message, Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(plain(send, status, text, headers))
    start, body = sent
    return start, body


def test_a_plain_answer_has_the_headers_of_every_answer() -> None:
    start, body = said(404, "Not found", [])
    assert body == {"type": "http.response.body", "body": b"Not found\n"}
    assert start["status"] == 404
    assert dict(start["headers"]) == {
        b"content-type": b"text/plain; charset=utf-8",
        b"content-length": b"10",
        b"content-security-policy": b"default-src 'none'; style-src 'self'; sandbox",
        b"cache-control": b"no-store",
        b"x-content-type-options": b"nosniff",
        b"referrer-policy": b"no-referrer",
    }


def test_a_header_that_is_given_replaces_the_usual_one() -> None:
    start, body = said(410, "žlutý", [(b"cache-control", b"max-age=60"), (b"retry-after", b"7")])
    headers = start["headers"]
    assert [value for name, value in headers if name == b"cache-control"] == [b"max-age=60"]
    assert dict(headers)[b"retry-after"] == b"7"
    assert dict(headers)[b"content-length"] == b"%d" % len(body["body"])


@pytest.mark.parametrize("value", [b"a\r\nb: c", b"a\nb", b"a\rb"])
def test_a_header_is_one_line(value: bytes) -> None:
    with pytest.raises(ValueError, match="line break"):
        Prepared.of(200, [(b"a", value)])
    assert Prepared.of(404, [(b"a", b"b")]).head == b"HTTP/1.1 404 Not Found\r\na: b\r\n"


def read(messages: list[Message], most: int) -> bytes | None:
    left = iter(messages)

    async def receive() -> Message:
        return next(left)

    return asyncio.run(read_body(receive, most))


def request(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def test_bodies() -> None:
    pieces = [request(b"ab", more=True), {"type": "http.request", "more_body": True}, request(b"c", more=False)]
    assert read(pieces, 3) == b"abc"
    assert read(pieces, 2) is None
    assert read([{"type": "http.request"}], 0) == b""
    assert read([request(b"ab", more=True), {"type": "http.disconnect"}], 100) is None


def test_the_rest_of_a_body_that_is_too_long_is_not_waited_for() -> None:
    assert read([request(b"abcd", more=True)], 3) is None


def test_headers_of_one_name_are_joined() -> None:
    scope = {"headers": [(b"a", b"1"), (b"b", b"2"), (b"a", b"3")]}
    assert header(scope, b"a") == b"1, 3"
    assert header(scope, b"c") is None


TRUSTED = networks(["127.0.0.0/8", "10.0.0.0/8", "2001:db8:1::/48"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.1, 198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.1, 198.51.100.7, 10.1.1.1", "198.51.100.7"),
        ("127.0.0.1", "10.2.2.2, 10.1.1.1", "10.2.2.2"),
        ("127.0.0.1", "198.51.100.7, nonsense, 10.1.1.1", "10.1.1.1"),
        ("127.0.0.1", "198.51.100.7, unknown", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
        ("127.0.0.1", "[2001:db8:2::1]:4711", "2001:db8:2::1"),
        ("127.0.0.1", "2001:DB8:2:0::1", "2001:db8:2::1"),
        ("2001:db8:1::5", "198.51.100.7", "198.51.100.7"),
        ("::ffff:127.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("fe80::1%eth0", None, "fe80::1"),
        ("127.0.0.1", "198.51.100.7," + "10.0.0.1," * 40 + "10.0.0.2", "10.0.0.1"),
    ],
)
def test_who_is_asking(peer: str, forwarded: str | None, client: str) -> None:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    assert client_of({"client": (peer, 4711), "headers": headers}, TRUSTED) == client


def test_lines_of_proxies_are_read_in_order() -> None:
    headers = [(b"x-forwarded-for", b"203.0.113.1"), (b"x-forwarded-for", b"198.51.100.7")]
    assert client_of({"client": ("127.0.0.1", 1), "headers": headers}, TRUSTED) == "198.51.100.7"


@pytest.mark.parametrize("peer", [None, ("", 0)])
def test_a_client_without_an_address(peer: tuple[str, int] | None) -> None:
    assert client_of({"client": peer, "headers": []}, TRUSTED) == ""
    assert client_of({"headers": []}) == ""


@given(st.binary(max_size=200))
def test_nobody_is_believed_who_is_not_a_proxy(forwarded: bytes) -> None:
    headers = [(b"x-forwarded-for", forwarded)]
    assert client_of({"client": ("192.0.2.1", 1), "headers": headers}, TRUSTED) == "192.0.2.1"
    assert client_of({"client": ("127.0.0.1", 1), "headers": headers}, TRUSTED)
