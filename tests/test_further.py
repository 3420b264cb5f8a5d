"""Documents beside the first one of a poll: what is followed, how far, and sitemaps and pages on loopback."""

from __future__ import annotations

import gzip
from datetime import timedelta

import pytest

from feeds.config import Source
from feeds.further import DEPTH, ITEMS, SITEMAPS, Further, Part
from feeds.manner import Manner
from feeds.model import Document
from feeds.worker import Read, read_document
from tests.fakes import Reply, conditional
from tests.polls import NOW, Bench, rss

HOUR = timedelta(hours=1)
AT = "https://n.example/index.xml"


def further(kind: str = "sitemap", pages: int = 1) -> Further:
    return Further(AT, Source.model_validate({"name": "n", "kind": kind, "url": AT, "pages": pages}))


def taken(one: Further) -> list[Part]:
    found = []
    while (part := one.take(0)) is not None:
        found.append(part)
    return found


def test_what_an_index_names_is_followed_once_and_within_its_site() -> None:
    one = further()
    one.name(
        [AT, "https://n.example/a", "https://n.example/a", "https://x.example/b", "https://maps.n.example/c"], None
    )
    assert one.is_index
    assert [part.url for part in taken(one)] == ["https://n.example/a", "https://maps.n.example/c"]


def test_an_index_is_followed_so_deep_and_no_deeper() -> None:
    one = further()
    part: Part | None = None
    for depth in range(DEPTH + 2):
        one.name([f"https://n.example/{depth}"], part)
        part = next(iter(taken(one)), part)
    assert part is not None
    assert part.depth == DEPTH


def test_no_more_sitemaps_are_asked_for_than_is_bearable() -> None:
    one = further()
    one.name([f"https://n.example/{number}" for number in range(100)], None)
    assert one.take(ITEMS) is None
    assert len(taken(one)) == SITEMAPS


def test_of_a_listing_as_many_pages_are_read_as_are_configured() -> None:
    one = further("feed", pages=3)
    part = None
    for number in range(2, 9):
        one.name([f"https://n.example/?page={number}"], part)
        part = next(iter(taken(one)), part)
    assert part == Part("https://n.example/?page=3", depth=2)
    assert not one.is_index
    alone = further("feed")
    alone.name(["https://n.example/?page=2"], None)
    assert taken(alone) == []


def test_an_index_of_which_nothing_was_read_led_nowhere() -> None:
    one = further()
    seen = [one.nothing_read]
    one.name(["https://n.example/a?token=SECRET"], None)
    (part,) = taken(one)
    one.failed(part, ValueError("what"))
    seen.append(one.nothing_read)
    one.was_read()
    assert [*seen, one.nothing_read] == [False, True, False]
    assert one.warnings == ["https://n.example/a?…: what"]


# --- sitemaps on loopback


def news(*names: str, hour: int = 0) -> bytes:
    pages = "".join(
        f"<url><loc>/a/{name}</loc><news><publication_date>{(NOW + hour * HOUR).isoformat()}</publication_date>"
        f"<title>{name}</title></news></url>"
        for name in names
    )
    return f"<urlset>{pages}</urlset>".encode()


def index(*children: str) -> bytes:
    return (
        f"<sitemapindex>{''.join(f'<sitemap><loc>{one}</loc></sitemap>' for one in children)}</sitemapindex>".encode()
    )


def sitemap(bench: Bench, path: str = "/index.xml", settings: str = "per_minute = 1000") -> None:
    bench.configure({}, f'[[source]]\nname = "n"\nkind = "sitemap"\nurl = "{bench.at("a", path)}"\n', settings)


def asked(bench: Bench) -> list[str]:
    found = [seen.path for seen in bench.site.log]
    bench.site.log.clear()
    return found


def test_a_news_sitemap_is_polled_as_a_feed_is(bench: Bench) -> None:
    bench.site.put("/news.xml.gz", conditional(gzip.compress(news("One", "Two")), '"v1"'))
    sitemap(bench, "/news.xml.gz")
    result = bench.poll()["n"]
    assert (result.outcome, result.tally.new, result.warnings) == ("stored", 2, [])
    assert bench.titles() == {"One", "Two"}
    assert bench.source().etag == '"v1"'
    assert bench.poll(HOUR, everyone=True)["n"].outcome == "unchanged"


def test_the_sitemaps_of_an_index_are_read_by_its_poll(bench: Bench) -> None:
    bench.site.put("/index.xml", conditional(index("/posts.xml", "/news.xml", "/nested.xml"), '"v1"'))
    bench.site.put("/news.xml", news("One"))
    bench.site.put("/posts.xml", b"<urlset><url><loc>/a/two-of-it</loc></url></urlset>")
    bench.site.put("/nested.xml", index("/deep.xml", "/index.xml", "/nested.xml"))
    bench.site.put("/deep.xml", index("/deeper.xml"))
    sitemap(bench)
    result = bench.poll()["n"]
    assert (result.outcome, result.tally.new, result.errors, result.warnings) == ("stored", 2, [], [])
    assert asked(bench) == ["/index.xml", "/news.xml", "/posts.xml", "/nested.xml", "/deep.xml"]
    assert bench.titles() == {"One", "Two of it"}
    assert bench.source().pace.newest == NOW
    # An index may stay as it is while what it names changes.
    bench.site.put("/news.xml", news("One", "Three", hour=1))
    result = bench.poll(HOUR, everyone=True)["n"]
    assert (result.outcome, result.tally.new) == ("stored", 1)
    assert {seen.headers["If-None-Match"] for seen in bench.site.log} == {None}
    assert bench.poll(HOUR, everyone=True)["n"].outcome == "unchanged"


def test_a_sitemap_that_fails_is_a_warning(bench: Bench) -> None:
    bench.site.put("/index.xml", index("/news.xml", "/gone.xml", "/page.xml"))
    bench.site.put("/news.xml", news("One"))
    bench.site.put("/page.xml", b"<html>maintenance")
    sitemap(bench)
    result = bench.poll()["n"]
    assert (result.outcome, result.errors, len(result.warnings)) == ("stored", [], 2)
    assert "/gone.xml: HTTP 404" in result.warnings[0]
    assert "/page.xml: is an HTML page" in result.warnings[1]


def test_an_index_that_leads_nowhere_fails(bench: Bench) -> None:
    bench.site.put("/index.xml", index("/one.xml", "/two.xml"))
    sitemap(bench)
    result = bench.poll()["n"]
    assert (result.outcome, len(result.warnings)) == ("failed", 1)
    assert "/one.xml: HTTP 404" in (result.error or "")
    assert bench.source().failures == 1
    bench.site.put("/two.xml", news("Two"))
    result = bench.poll(HOUR, everyone=True)["n"]
    assert (result.outcome, bench.source().failures) == ("stored", 0)


def test_an_index_of_nothing_says_nothing(bench: Bench) -> None:
    bench.site.put("/index.xml", index())
    sitemap(bench)
    assert bench.poll()["n"].outcome == "unchanged"


def test_what_a_budget_does_not_admit_of_an_index_stays_unread(bench: Bench) -> None:
    bench.site.put("/index.xml", index("/1.xml", "/2.xml", "/3.xml"))
    for number in (1, 2, 3):
        bench.site.put(f"/{number}.xml", news(f"N{number}"))
    sitemap(bench, settings="per_minute = 3")
    assert bench.poll()["n"].tally.new == 2
    assert asked(bench) == ["/index.xml", "/1.xml", "/2.xml"]


def test_what_a_plain_sitemap_no_longer_chooses_is_not_gone(bench: Bench) -> None:
    bench.site.put("/index.xml", b"<urlset><url><loc>/a/one-story</loc></url></urlset>")
    sitemap(bench)
    bench.poll()
    bench.site.put("/index.xml", b"<urlset><url><loc>/a/other-story</loc></url></urlset>")
    bench.poll(HOUR, everyone=True)
    with bench.engine.connect() as connection:
        assert connection.exec_driver_sql("select current from items").scalars().all() == [1, 1]


# --- the pages of a listing


def paged(document: Document, manner: Manner, digest: bytes) -> Read:
    """A reader of listings: a feed that names the next page in its data."""
    from dataclasses import replace

    read = read_document(document, manner, digest)
    _, found, rest = document.data.partition(b"<!--next ")
    return replace(read, further=(rest.partition(b"-->")[0].decode(),)) if found else read


@pytest.fixture
def listing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A desk that reads two pages of a listing of three."""
    monkeypatch.setattr("feeds.poll.read_document", paged)
    for number in (1, 2, 3):
        following = f"<!--next {bench.at('a', f'/{number + 1}')}-->".encode()
        bench.site.put(f"/{number}", conditional(rss(f"p{number}") + following, '"v1"'))
    bench.configure({}, f'[[source]]\nname = "n"\npages = 2\nurl = "{bench.at("a", "/1")}"\n')
    return bench


def test_the_next_pages_of_a_listing_are_read(listing: Bench) -> None:
    assert listing.poll()["n"].tally.new == 2
    assert asked(listing) == ["/1", "/2"]
    # Where the first page is as it was, so are those behind it.
    assert listing.poll(HOUR, everyone=True)["n"].outcome == "unchanged"
    assert asked(listing) == ["/1"]
    assert listing.source().etag == '"v1"'


def test_what_a_further_page_no_longer_lists_is_not_gone(listing: Bench) -> None:
    listing.poll()
    listing.site.put("/1", rss("p0") + f"<!--next {listing.at('a', '/2')}-->".encode())
    listing.site.put("/2", rss("p1"))
    listing.poll(HOUR, everyone=True)
    with listing.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "select title, current from items join entries on entries.id = entry_id order by title, current"
        )
        assert rows.all() == [("p0", 1), ("p1", 0), ("p1", 1), ("p2", 1)]


def test_a_page_that_is_not_there_is_a_warning(listing: Bench) -> None:
    listing.site.put("/2", Reply(status=500))
    result = listing.poll()["n"]
    assert (result.outcome, result.errors, len(result.warnings)) == ("stored", [], 1)
    assert listing.titles() == {"p1"}
