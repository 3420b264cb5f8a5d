"""What the tests of the fetcher share: the settings to ask with, and how to ask."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from feeds.config import Poll
from feeds.errors import FetchError
from feeds.fetch import Fetched, Fetcher, Request

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def poll_of(**settings: object) -> Poll:
    return Poll.model_validate(settings)


LOOPBACK = poll_of(allow_networks=("127.0.0.0/8",), deadline=5, max_bytes=100_000)
AGENT = "Broadsheet/0 (+https://news.example/)"
FEED = b"<rss version='2.0'/>"


def ask(url: str, etag: str | None = None, last_modified: str | None = None, poll: Poll = LOOPBACK) -> Fetched:
    """What asking for `url` now gives."""
    with Fetcher(poll, user_agent=AGENT) as fetcher:
        return fetcher.fetch(Request(url, etag, last_modified), NOW)


def data(fetched: Fetched) -> bytes:
    """The bytes of the document that came."""
    assert fetched.document is not None
    return fetched.document.data


def failure(url: str, poll: Poll = LOOPBACK) -> str:
    """The message of a failure: one line, which names the host that was asked."""
    with pytest.raises(FetchError) as caught:
        ask(url, poll=poll)
    message = str(caught.value)
    assert "\n" not in message
    assert url.partition("//")[2].partition("/")[0] in message
    return message
