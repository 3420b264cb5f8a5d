"""Pages that sources are made of: a feed at some edition, with its validators, conditional or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from tests.behaviour.scenario import Answer, Moment
from tests.behaviour.server import START, Asked, Reply, http_date

Headers = tuple[tuple[str, str], ...]
LAST_MODIFIED = "Sat, 07 Nov 2026 08:59:00 GMT"
ENTRIES = 20


def titles(name: str, count: int = ENTRIES) -> list[str]:
    """The titles of `feed(name, count)`."""
    return [f"{name}-{number}" for number in range(count)]


@cache
def feed(name: str, count: int = ENTRIES, extra: str = "", first: int = 0) -> bytes:
    """RSS 2.0 with the entries `first` to `count` of `name`, an hour apart, the 20th an hour before the start.

    `extra` goes into the channel.
    """
    items = "".join(
        f"<item><title>{name}-{number}</title><link>https://n.example/{name}/{number}</link>"
        f"<guid>{name}-{number}</guid>"
        f"<pubDate>{http_date(START + timedelta(hours=number - ENTRIES))}</pubDate></item>"
        for number in reversed(range(first, count))
    )
    return (
        '<?xml version="1.0"?>\n<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel>'
        f"<title>{name}</title><link>https://n.example/</link><description>d</description>{extra}{items}</channel></rss>"
    ).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A page as it is for a while. `headers` come with a 200, `headers_304` with a 304 (None: the same ones)."""

    body: bytes
    etag: str | None = None
    last_modified: str | None = None
    headers: Headers = ()
    headers_304: Headers | None = None


def page(edition: Edition | Callable[[Moment], Edition]) -> Answer:
    """A page that answers conditional requests as RFC 9110, section 13.2.2, says."""

    def answer(asked: Asked, moment: Moment) -> Reply:
        now = edition if isinstance(edition, Edition) else edition(moment)
        named: Headers = ()
        if now.etag is not None:
            named += (("ETag", now.etag),)
        if now.last_modified is not None:
            named += (("Last-Modified", now.last_modified),)
        if _matches(asked, now):
            return Reply(status=304, headers=named + (now.headers if now.headers_304 is None else now.headers_304))
        return Reply(headers=(("Content-Type", "application/rss+xml"), *named, *now.headers), body=now.body)

    return answer


def _matches(asked: Asked, now: Edition) -> bool:
    none_match = asked.get("if-none-match")
    if none_match is not None:
        return now.etag is not None and none_match.removeprefix("W/") == now.etag.removeprefix("W/")
    return now.last_modified is not None and asked.get("if-modified-since") == now.last_modified


def steady(name: str, headers: Headers = (), extra: str = "") -> Answer:
    """A well-behaved page that never changes, with both validators."""
    return page(Edition(body=feed(name, extra=extra), etag=f'"{name}"', last_modified=LAST_MODIFIED, headers=headers))


def instead(usual: Answer, other: Answer, *, since: float, until: float | None = None) -> Answer:
    """`usual`, and `other` from `since` to `until`, in hours since the start."""

    def answer(asked: Asked, moment: Moment) -> Reply:
        is_other = since <= moment.hours and (until is None or moment.hours < until)
        return (other if is_other else usual)(asked, moment)

    return answer


def always(reply: Reply) -> Answer:
    """The same reply to everybody."""
    return lambda asked, moment: reply
