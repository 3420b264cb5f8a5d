"""Documents beside the first one of a poll: what is followed, how far, and sitemaps and pages on loopback."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import timedelta

import pytest

from feeds.config import Source
from feeds.further import DEPTH, ITEMS, SITEMAPS, Further, Part
from feeds.manner import Manner
from feeds.model import Document
from feeds.poll import Poller, PollResult, Terms
from feeds.worker import Read, read_document
from tests.fakes import Reply, conditional
from tests.polls import NOW, Bench, rss

HOUR = timedelta(hours=1)
DAY = timedelta(days=2)
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
    one = further("page", pages=3)
    part = None
    for number in range(2, 9):
        one.name([f"https://n.example/?page={number}"], part)
        part = next(iter(taken(one)), part)
    assert part == Part("https://n.example/?page=3", depth=2)
    assert not one.is_index
    alone = further("page")
    alone.name(["https://n.example/?page=2"], None)
    assert taken(alone) == []


def test_an_index_of_which_nothing_was_read_led_nowhere() -> None:
    one = further()
    seen = [one.nothing_read]
    one.name(["https://n.example/a?token=SECRET"], None)
    (part,) = taken(one)
    one.failed(part, ValueError("what"))
    one.failed(part, ValueError("https://n.example/a?…: that"))
    seen.append(one.nothing_read)
    one.was_read(part)
    assert [*seen, one.nothing_read] == [False, True, False]
    assert one.warnings == ["https://n.example/a?…: what", "https://n.example/a?…: that"]


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
    read = read_document(document, replace(manner, kind="feed"), digest)
    _, found, rest = document.data.partition(b"<!--next ")
    return replace(read, further=(rest.partition(b"-->")[0].decode(),)) if found else read


@pytest.fixture
def listing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A desk that reads three pages of a listing of four."""
    monkeypatch.setattr("feeds.poll.read_document", paged)
    for number in (1, 2, 3, 4):
        following = f"<!--next {bench.at('a', f'/{number + 1}')}-->".encode()
        bench.site.put(f"/{number}", conditional(rss(f"p{number}") + following, '"v1"'))
    bench.configure({}, f'[[source]]\nname = "n"\nkind = "page"\npages = 3\nurl = "{bench.at("a", "/1")}"\n')
    return bench


def test_the_next_pages_of_a_listing_are_read(listing: Bench) -> None:
    assert listing.poll()["n"].tally.new == 3
    assert asked(listing) == ["/1", "/2", "/3"]
    # Where the first page is as it was, so are those behind it.
    assert listing.poll(HOUR, everyone=True)["n"].outcome == "unchanged"
    assert asked(listing) == ["/1"]
    assert listing.source().etag == '"v1"'


def test_what_a_further_page_no_longer_lists_is_not_gone(listing: Bench) -> None:
    listing.poll()
    listing.site.put("/1", rss("p0") + f"<!--next {listing.at('a', '/2')}-->".encode())
    listing.site.put("/2", rss("p1") + f"<!--next {listing.at('a', '/3')}-->".encode())
    listing.poll(HOUR, everyone=True)
    with listing.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "select title, current from items join entries on entries.id = entry_id order by title, current"
        )
        assert rows.all() == [("p0", 1), ("p1", 0), ("p1", 1), ("p2", 1), ("p3", 1)]


def test_a_page_that_is_not_there_is_a_warning(listing: Bench) -> None:
    listing.site.put("/2", Reply(status=500))
    result = listing.poll()["n"]
    assert (result.outcome, result.errors, len(result.warnings)) == ("stored", [], 1)
    assert listing.titles() == {"p1"}


@pytest.mark.parametrize("trouble", [Reply(status=500), Reply(body=b"<html>maintenance")])
@pytest.mark.parametrize("page", [2, 3])
def test_a_page_that_fails_once_is_read_by_the_next_poll(listing: Bench, page: int, trouble: Reply) -> None:
    whole = rss(f"p{page}") + f"<!--next {listing.at('a', f'/{page + 1}')}-->".encode()
    listing.site.put(f"/{page}", trouble)
    assert listing.poll()["n"].tally.new == page - 1
    assert listing.source().etag is None
    listing.site.put(f"/{page}", whole)
    assert listing.poll(DAY)["n"].tally.new == 4 - page
    assert listing.titles() == {"p1", "p2", "p3"}
    asked(listing)
    assert listing.poll(DAY)["n"].outcome == "unchanged"
    assert asked(listing) == ["/1"]


def test_a_page_that_is_gone_is_asked_once(listing: Bench) -> None:
    listing.site.put("/2", Reply(status=404))
    listing.poll()
    assert listing.source().etag == '"v1"'
    asked(listing)
    listing.poll(DAY)
    assert asked(listing) == ["/1"]


def test_pages_that_a_budget_does_not_admit_are_read_by_the_next_poll(listing: Bench) -> None:
    url = listing.at("a", "/1")
    source = f'[[source]]\nname = "n"\nkind = "page"\npages = 3\nurl = "{url}"\n'
    listing.configure({}, source, "per_minute = 2")
    assert listing.poll()["n"].tally.new == 2
    listing.configure({}, source)
    assert listing.poll(DAY)["n"].tally.new == 1
    assert listing.titles() == {"p1", "p2", "p3"}


def test_pages_for_which_a_run_has_no_time_are_read_by_the_next_poll(listing: Bench) -> None:
    results: list[PollResult] = []
    with Poller(listing.engine, listing.config) as poller:
        poller.poll(listing.now, Terms(progress=results.append, within=0.0))
    assert [result.tally.new for result in results] == [1]
    assert listing.poll(DAY)["n"].tally.new == 2


# --- what is asked too much


def test_a_site_that_wants_to_be_left_alone_is_left_alone(bench: Bench) -> None:
    bench.site.put("/index.xml", index(*(f"/{number}.xml" for number in range(6))))
    sitemap(bench)
    for number in range(6):
        bench.site.put(f"/{number}.xml", Reply(status=429, headers=[("Retry-After", "7200")]))
    result = bench.poll()["n"]
    assert asked(bench) == ["/index.xml", "/0.xml"]
    assert (result.outcome, result.reason) == ("failed", "Retry-After=7200")
    assert result.next_due is not None
    assert NOW + 2 * HOUR <= result.next_due < NOW + 3 * HOUR


def test_another_host_that_wants_to_be_left_alone_delays_itself_alone(bench: Bench) -> None:
    there = bench.at("x.a", "/{}.xml")
    bench.site.put("/index.xml", index(there.format(1), there.format(2), "/3.xml"))
    sitemap(bench)
    for number in (1, 2):
        bench.site.put(f"/{number}.xml", Reply(status=503, headers=[("Retry-After", "7200")]))
    bench.site.put("/3.xml", news("Three"))
    result = bench.poll()["n"]
    assert asked(bench) == ["/index.xml", "/1.xml", "/3.xml"]
    assert (result.tally.new, result.reason == "Retry-After=7200") == (1, False)


def test_the_pages_behind_one_that_was_refused_are_read_later(listing: Bench) -> None:
    listing.site.put("/2", Reply(status=503, headers=[("Retry-After", "7200")]))
    result = listing.poll()["n"]
    assert (result.tally.new, result.reason) == (1, "Retry-After=7200")
    listing.site.put("/2", rss("p2"))
    assert listing.poll(DAY)["n"].tally.new == 1


def test_a_nested_index_that_stays_as_it_is_hides_nothing(bench: Bench) -> None:
    bench.site.put("/index.xml", index("/nested.xml"))
    bench.site.put("/nested.xml", index("/news.xml"))
    bench.site.put("/news.xml", news("One"))
    sitemap(bench)
    assert bench.poll()["n"].tally.new == 1
    bench.site.put("/news.xml", news("One", "Two"))
    assert bench.poll(HOUR, everyone=True)["n"].tally.new == 1
