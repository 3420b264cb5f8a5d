"""What is remembered of the answer to a poll."""

from __future__ import annotations

from datetime import timedelta

from feeds.answered import MOST, Answered, answered
from feeds.errors import FetchError
from feeds.fetch import HttpError
from tests.fakes import Reply, conditional
from tests.polls import Bench, rss

HOUR = timedelta(hours=1)


def test_nothing_is_known_of_what_was_not_asked() -> None:
    assert answered(None) == Answered()
    assert answered(FetchError("cannot connect")) == Answered(0)


def test_headers_are_cut_and_keep_no_secret() -> None:
    headers = (
        ("link", '<https://n.example/feed?token=abc>; rel="self"'),
        ("server", "x"),
        ("etag", "e" * 1000),
        ("link", "<https://hub.example/>\x01"),
    )
    found = answered(HttpError("no", status=503, retry_after=None, headers=headers))
    assert (found.status, found.size) == (503, 0)
    assert found.headers == (
        ("link", '<https://n.example/feed?…>; rel="self", <https://hub.example/>\\u0001'),
        ("etag", "e" * MOST),
    )


def test_headers_that_are_known_are_not_looked_through_again() -> None:
    known = (("etag", '"v1"'),)
    error = HttpError("no", status=503, retry_after=None, headers=(("server", "x"), *known))
    assert answered(error, known).headers == known
    assert answered(error).headers == known


def test_polls_keep_the_last_answer(bench: Bench) -> None:
    document = rss("a", "b")
    bench.site.put("/feed", conditional(document, '"v1"', [("Cache-Control", "max-age=60"), ("X-Other", "1")]))
    bench.configure({"n": bench.at("a")})
    bench.poll()
    source = bench.source()
    assert (source.status, source.size, source.state) == (200, len(document), "ok")
    assert source.ms is not None
    assert dict(source.headers) == {"etag": '"v1"', "cache-control": "max-age=60"}
    assert source.stale_at == bench.now + 7 * timedelta(hours=48)
    bench.poll(HOUR, everyone=True)
    source = bench.source()
    assert (source.status, source.size) == (304, 0)
    bench.site.put("/feed", Reply(status=503, headers=[("Retry-After", "120")]))
    bench.poll(HOUR, everyone=True)
    source = bench.source()
    assert (source.status, source.size, source.state) == (503, 0, "failing")
    assert dict(source.headers) == {"retry-after": "120"}
    assert bench.incidents() == []
    with bench.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT status, size, ms IS NULL FROM polls ORDER BY id").all()
    assert [tuple(row) for row in rows] == [(200, len(document), 0), (503, 0, 0)]
