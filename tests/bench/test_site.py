"""The site answers as a server of feeds does, in time or not, and knows who asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench import corpus
from tests.bench.site import Setup, Site, most_in_a_minute


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site(Setup(6, 2, silent=(3,), slow=(4,), drip=(5,), pause=0.3, archive=4)) as running:
        yield running


def ask(site: Site, number: int, headers: dict[str, str] | None = None) -> tuple[HTTPResponse, bytes, float]:
    """The answer to a request for a feed by its host, its body, and the seconds it took."""
    connection = HTTPConnection("127.0.0.1", site.port, timeout=1)
    began = time.monotonic()
    try:
        connection.request("GET", "/feed.xml", headers={"Host": f"f{number}.localhost:{site.port}", **(headers or {})})
        answer = connection.getresponse()
        return answer, answer.read(), time.monotonic() - began
    finally:
        connection.close()


def test_requests_are_conditional(site: Site) -> None:
    answer, body, _ = ask(site, 1)
    assert (answer.status, body) == (200, corpus.feed(1, 2))
    etag, modified = answer.headers["ETag"], answer.headers["Last-Modified"]
    assert ask(site, 1, {"If-None-Match": etag})[0].status == 304
    assert ask(site, 1, {"If-Modified-Since": modified})[0].status == 304
    assert ask(site, 1, {"If-None-Match": '"other"', "If-Modified-Since": modified})[0].status == 200
    site.bump([1])
    answer, body, _ = ask(site, 1, {"If-None-Match": etag, "If-Modified-Since": modified})
    assert (answer.status, body) == (200, corpus.feed(1, 2, version=1))


def test_both_addresses_of_a_feed_are_the_same_feed_and_one_connection_serves_many_requests(site: Site) -> None:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=1)
    bodies = []
    for path, host in (("/feed.xml", "f2.localhost"), ("/f2/feed.xml", "127.0.0.1"), ("/f2/feed.xml", "big.localhost")):
        connection.request("GET", path, headers={"Host": host})
        bodies.append(connection.getresponse().read())
    connection.request("GET", "/f6/feed.xml", headers={"Host": "127.0.0.1"})
    missing = connection.getresponse()
    missing.read()
    connection.close()
    assert bodies == [corpus.feed(2, 2)] * 3
    assert missing.status == 404


def test_a_site_may_be_silent_slow_or_drip(site: Site) -> None:
    with pytest.raises(TimeoutError):
        ask(site, 3)
    for number in (4, 5):
        _, body, seconds = ask(site, number)
        assert body == corpus.feed(number, 2)
        assert seconds >= 0.3


def test_pages_of_the_archive_stand_in_for_the_feeds(site: Site) -> None:
    site.turn(1)
    assert ask(site, 2)[1] == corpus.archive(2, 1, 4)
    site.turn(None)
    assert ask(site, 2)[1] == corpus.feed(2, 2)


def test_the_log_says_when_each_host_was_asked_and_begins_anew(site: Site) -> None:
    site.log()
    ask(site, 0)
    ask(site, 0)
    log = site.log()
    assert list(log) == ["f0.localhost"]
    first, second = log["f0.localhost"]
    assert first <= second
    assert site.log() == {}


@given(st.lists(st.floats(min_value=0, max_value=500), max_size=40))
def test_most_in_a_minute(times: list[float]) -> None:
    times.sort()
    expected = max((sum(at - 60 < other <= at for other in times) for at in times), default=0)
    assert most_in_a_minute(times) == expected
