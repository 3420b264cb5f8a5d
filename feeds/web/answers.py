"""What all parts of the server do alike: plain answers, the headers of every answer, bodies, and who is asking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, NamedTuple

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
"""ASGI 3; a scope's `headers` have names in lower case; to HEAD the server itself sends no body."""

Headers = Iterable[tuple[bytes, bytes]]
Network = IPv4Network | IPv6Network

COMMON = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
"""Headers of every answer."""

HSTS = (b"strict-transport-security", b"max-age=31536000")
"""One more where readers come over https."""

FEED_POLICY = b"default-src 'none'; style-src 'self'; sandbox"
"""Content-Security-Policy of everything that is no page."""

PLAIN = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"content-security-policy", FEED_POLICY),
    (b"cache-control", b"no-store"),
    *COMMON,
)
"""Headers of answers in plain text."""

MOST_HOPS = 32
"""Addresses of an X-Forwarded-For that are looked at, from the right."""


class Prepared(tuple[tuple[bytes, bytes], ...]):
    """Headers of an answer with `status` that is given again and again; its body's length is among them where it has
    a body. `head` is the status line with all of them, as they are sent."""

    status: int
    head: bytes

    @classmethod
    def of(cls, status: int, headers: Headers) -> Prepared:
        """Raises `ValueError` for a header that would be two."""
        made = cls(headers)
        lines = [b"HTTP/1.1 %d %s" % (status, HTTPStatus(status).phrase.encode()), *(b": ".join(one) for one in made)]
        made.status = status
        made.head = b"".join(line + b"\r\n" for line in lines)
        if not made.head.count(b"\n") == made.head.count(b"\r") == len(lines):
            raise ValueError("a header must not hold a line break")
        return made


class Ready(NamedTuple):
    """A whole answer that is at hand."""

    headers: Prepared
    body: bytes


AtOnce = Callable[[Scope], Ready | None]
"""What an application may have as `at_once`: the answer to a GET or HEAD where it is at hand, else None. Our server
asks for it before it makes a task of the request, which takes twice as long; any other server need not know."""


async def give(send: Send, ready: Ready) -> None:
    """Sends an answer that is at hand."""
    await answer(send, ready.headers.status, ready.body, ready.headers)


async def plain(send: Send, status: int, text: str, headers: Headers = ()) -> None:
    """Answers with one line of text. Of the usual headers those that `headers` name, in lower case, are replaced."""
    given = tuple(headers)
    named = {name for name, _ in given}
    body = f"{text}\n".encode()
    usual = [each for each in PLAIN if each[0] not in named]
    await answer(send, status, body, [*usual, (b"content-length", b"%d" % len(body)), *given])


async def answer(send: Send, status: int, body: bytes, headers: Headers) -> None:
    """Sends a whole answer: these headers and no others, then the body."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def read_body(receive: Receive, most: int) -> bytes | None:
    """The body of a request; None where it has more than `most` bytes or the client went away before its end."""
    pieces, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        piece = message.get("body", b"")
        size += len(piece)
        if size > most:
            return None
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces)


def header(scope: Scope, name: bytes) -> bytes | None:
    """The value of the header `name` (lower case), lines of one name joined by commas (RFC 9110, section 5.2)."""
    found = [value for each, value in scope["headers"] if each == name]
    return b", ".join(found) if found else None


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The networks that a configuration names; it has checked them."""
    return tuple(ip_network(each, strict=False) for each in texts)


def client_of(scope: Scope, trusted: Sequence[Network] = ()) -> str:
    """The address that asks, as text; "" where there is none (a unix socket).

    X-Forwarded-For is believed as far as it was written by proxies in `trusted`: read from the right, the first address
    that is none of theirs is the client's. Whatever stands left of it, or is no address, anybody may have written.
    """
    peer = scope.get("client")
    client = address(peer[0]) if peer else None
    if client is None:
        return ""
    if trusted and _is_in(client, trusted):
        said = header(scope, b"x-forwarded-for") or b""
        for hop in reversed(said.decode("latin-1").rsplit(",", MOST_HOPS)[-MOST_HOPS:]):
            before = address(_host(hop.strip()))
            if before is None:
                break
            client = before
            if not _is_in(client, trusted):
                break
    return str(client)


def _host(hop: str) -> str:
    """The address of a hop that may name a port, too: `192.0.2.1:4711`, `[2001:db8::1]:4711`."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


@lru_cache(maxsize=4096)
def address(text: str) -> IPv4Address | IPv6Address | None:
    """An address in its one spelling, without an interface; one of IPv4 as such where it is dressed as IPv6."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _is_in(client: IPv4Address | IPv6Address, trusted: Sequence[Network]) -> bool:
    return any(client in network for network in trusted)


def is_in(text: str, trusted: Sequence[Network]) -> bool:
    """Whether an address, as a peer has it, is in one of the networks."""
    found = address(text)
    return found is not None and _is_in(found, trusted)
