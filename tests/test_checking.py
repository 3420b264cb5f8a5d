"""Checks of a document where it is served: a real site on loopback, its headers, redirects, answers to conditions."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feeds.budget import SPAN, Rule
from feeds.checking import MAX_REQUESTS, AddressChecker, findings_in_tree, published_findings
from feeds.checking.exchange import serving_notes
from feeds.checking.links import document_links, header_links
from feeds.config import Poll, parse
from feeds.fetch import Fetched, Fetcher
from feeds.model import Document
from tests.command import SITE
from tests.fakes import Reply, Seen, Site, moved

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
JSON = ("Content-Type", "application/feed+json")
CACHE = ("Cache-Control", "max-age=600")
ETAG = ("ETag", '"1"')
MODIFIED = ("Last-Modified", "Sun, 22 Nov 2026 08:00:00 GMT")
ALL = (JSON, CACHE, ETAG, MODIFIED)


def feed(site: Site, path: str = "/feed", **more: Any) -> bytes:
    """A JSON Feed in which nothing is wrong."""
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Courier",
            "home_page_url": "https://news.example/",
            "feed_url": site.url + path,
            "items": [],
            **more,
        }
    ).encode()


class Clock:
    """A clock that only goes on while somebody sleeps."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


def checker_of(
    clock: Clock | None = None, *, per_minute: int = 100, networks: tuple[str, ...] = ("127.0.0.0/8",)
) -> AddressChecker:
    settings = Poll(allow_networks=networks, max_bytes=2_000_000)
    clock = clock or Clock()
    return AddressChecker(
        lambda on_hop: Fetcher(settings, user_agent="Test/1", on_hop=on_hop),
        lambda _host: Rule(per_minute, 2),
        clock=clock.now,
        sleep=clock.sleep,
    )


@pytest.fixture
def checker() -> Iterator[AddressChecker]:
    with checker_of() as made:
        yield made


def behaved(body: bytes, *headers: tuple[str, str]) -> Callable[[Seen], Reply]:
    """Answers 304 to whoever names either of its validators."""

    def answer(seen: Seen) -> Reply:
        named = dict(headers)
        conditions = (seen.headers["If-None-Match"], seen.headers["If-Modified-Since"])
        if set(conditions) & {named.get("ETag"), named.get("Last-Modified")} - {None}:
            return Reply(status=304, headers=headers)
        return Reply(headers=headers, body=body)

    return answer


def codes(checker: AddressChecker, url: str) -> list[str]:
    return [found.code for found in checker.check(url, NOW).findings]


def message(checker: AddressChecker, url: str) -> str:
    (found,) = checker.check(url, NOW).findings
    return found.message


def test_a_feed_in_good_order_has_no_findings_and_costs_three_requests(checker: AddressChecker, site: Site) -> None:
    body = feed(site)
    url = site.put("/feed", behaved(body, *ALL))
    checked = checker.check(url, NOW)
    assert (checked.findings, checked.data) == ((), body)
    asked = [(seen.headers["If-None-Match"], seen.headers["If-Modified-Since"]) for seen in site.log]
    assert asked == [(None, None), ('"1"', None), (None, MODIFIED[1])]


def test_what_is_wrong_inside_is_found_with_its_place(checker: AddressChecker, site: Site) -> None:
    body = feed(site, expired="no")
    (found,) = checker.check(site.put("/feed", behaved(body, *ALL)), NOW).findings
    assert (found.code, found.line, found.column) == ("InvalidValueType", 1, body.index(b'"no"') + 1)


def test_statuses(checker: AddressChecker, site: Site) -> None:
    assert codes(checker, site.url + "/lost") == ["HttpError"]
    assert message(checker, site.url + "/lost").startswith("HTTP 404: no such document")
    site.put("/broken", Reply(status=503))
    assert "HTTP 503" in message(checker, site.url + "/broken")


def test_what_cannot_be_had(checker: AddressChecker, site: Site) -> None:
    site.put("/cut", Reply(body=b"{", length=100))
    assert codes(checker, site.url + "/cut") == ["IOError"]
    site.put("/big", Reply(body=bytes(2_000_001)))
    assert "max_bytes in [poll]" in message(checker, site.url + "/big")
    assert codes(checker, "gopher://news.example/") == ["IOError"]


def test_a_private_address_says_what_to_allow(site: Site) -> None:
    url = site.put("/feed", feed(site))
    with checker_of(networks=()) as checker:
        said = message(checker, url)
    assert said.startswith("the private address 127.0.0.1 is refused")
    assert 'add "127.0.0.1/32" or its network to allow_networks in [poll]' in said
    assert site.log == []


def test_an_address_costs_at_most_four_requests(checker: AddressChecker, site: Site) -> None:
    site.put("/feed", behaved(feed(site), *ALL))
    for number, to in enumerate(["/feed", "/1", "/2", "/3"], 1):
        site.put(f"/{number}", moved(to))
    for start, expected, requests in (
        ("/1", [], 4),
        ("/2", ["RedirectChain"], 4),
        ("/3", ["RedirectChain"], 4),
        ("/4", ["HttpError"], 4),
    ):
        site.log.clear()
        assert codes(checker, site.url + start) == expected
        assert len(site.log) == requests <= MAX_REQUESTS
    (found,) = checker.check(site.url + "/4", NOW).findings
    assert (found.severity, found.message) == (
        "error",
        "more than 3 redirects, and no document so far. Redirect once, to where the document is.",
    )


def test_redirects_that_lead_to_no_document_are_an_error(checker: AddressChecker, site: Site) -> None:
    checked = checker.check(site.put("/loop", moved("/loop", 302)), NOW)
    assert [(found.severity, found.code) for found in checked.findings] == [("error", "HttpError")]
    assert (checked.data, len(site.log)) == (b"", MAX_REQUESTS)


def test_redirects(checker: AddressChecker, site: Site) -> None:
    site.put("/feed", behaved(feed(site), *ALL))
    for status in (302, 303, 307):
        site.put("/now", moved("/feed", status))
        assert codes(checker, site.url + "/now") == ["TempRedirect"]
        assert str(status) in message(checker, site.url + "/now")
    for status in (301, 308):
        site.put("/moved", moved("/feed", status))
        assert codes(checker, site.url + "/moved") == []


def test_the_self_link_is_the_final_address(checker: AddressChecker, site: Site) -> None:
    site.put("/old", moved("/new"))
    site.put("/new", behaved(feed(site, "/old"), *ALL))
    assert codes(checker, site.url + "/old") == ["SelfDoesntMatchLocation"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((JSON, CACHE), ["MissingValidators"]),
        ((JSON, ETAG), ["MissingCacheControl"]),
        ((JSON, ETAG, ("Expires", "Mon, 23 Nov 2026 13:00:00 GMT")), []),
        ((JSON, ETAG, ("Cache-Control", "private, No-Store")), ["NotCacheable"]),
        ((JSON, CACHE, ("Last-Modified", "yesterday")), ["InvalidHTTPDate"]),
        ((JSON, CACHE, ("Last-Modified", "Sun, 22 Nov 2026 08:00:00 +0100")), ["InvalidHTTPDate"]),
        ((JSON, CACHE, ("Last-Modified", "Sun, 22 Nov 2027 08:00:00 GMT")), ["ImplausibleDate"]),
        ((CACHE, ETAG, ("Content-Type", "text/html")), ["UnexpectedContentType"]),
        ((CACHE, ETAG, ("Content-Type", "application/json")), []),
        ((CACHE, ETAG), ["UnexpectedContentType"]),
        ((CACHE, ETAG, ("Content-Type", "")), ["UnexpectedContentType"]),
        ((CACHE, ETAG, ("Content-Type", "foo")), ["UnexpectedContentType"]),
        ((CACHE, ETAG, ("Content-Type", "; charset=utf-8")), ["UnexpectedContentType"]),
        ((CACHE, ETAG, ("Content-Type", "text/\x1b[31mhtml")), ["UnexpectedContentType"]),
        ((CACHE, ETAG, ("Content-Type", "application/feed+json\x1b[31m")), ["UnexpectedContentType"]),
        ((CACHE, ETAG, ("Content-Type", "text/html"), JSON), []),
        ((CACHE, ETAG, ("Content-Type", "Application/Feed+JSON ; charset=utf-8")), []),
        ((CACHE, ETAG, ("Content-Type", "application/json; charset=iso-8859-1")), ["EncodingMismatch"]),
        ((CACHE, ETAG, ("Content-Type", "application/json; charset=UTF8")), []),
        ((CACHE, ETAG, ("Content-Type", "application/json; charset=x-no")), ["EncodingMismatch"]),
    ],
)
def test_headers(
    checker: AddressChecker, site: Site, headers: tuple[tuple[str, str], ...], expected: list[str]
) -> None:
    assert codes(checker, site.put("/feed", behaved(feed(site), *headers))) == expected


def test_a_media_type_that_is_missing_or_nonsense_is_told(checker: AddressChecker, site: Site) -> None:
    untyped = site.put("/feed", behaved(feed(site), CACHE, ETAG))
    assert message(checker, untyped).startswith("it is served without a media type, not as application/feed+json. ")
    odd = site.put("/feed", behaved(feed(site), CACHE, ETAG, ("Content-Type", "text/\x1b[31mhtml")))
    assert message(checker, odd).startswith(r"it is served as 'text/\x1b[31mhtml', not as application/feed+json. ")
    page = site.put("/page", behaved(b"<!DOCTYPE html><title>x</title>", CACHE, ETAG))
    assert codes(checker, page) == ["UndefinedElement"]  # of what is no feed there is nothing else to say


@pytest.mark.parametrize(
    ("declared", "charset", "expected"),
    [
        ("windows-1251", "windows-1251", []),
        ("windows-1251", "cp1251", []),
        ("windows-1251", "utf-8", ["EncodingMismatch"]),
        ("utf-16", "utf-16le", []),
    ],
)
def test_the_charset_is_that_of_the_document(
    checker: AddressChecker, site: Site, declared: str, charset: str, expected: list[str]
) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?><opml version="2.0"><head/>'
    text += '<body><outline text="Порт"/></body></opml>'
    headers = (CACHE, ETAG, ("Content-Type", f"text/x-opml; charset={charset}"))
    assert codes(checker, site.put("/list", behaved(text.encode(declared), *headers))) == expected


def test_compression(checker: AddressChecker, site: Site) -> None:
    body = feed(site, description="x" * 2000)
    assert codes(checker, site.put("/feed", behaved(body, *ALL))) == ["Uncompressed"]
    packed, coded = gzip.compress(body, mtime=0), ("Content-Encoding", "gzip")
    assert codes(checker, site.put("/feed", behaved(packed, *ALL, coded))) == ["MissingVary"]
    for vary in ("Cookie, accept-encoding", "*"):
        assert codes(checker, site.put("/feed", behaved(packed, *ALL, coded, ("Vary", vary)))) == []
    sitemap = b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>%s/a</loc></url>%s</urlset>'
    packed = gzip.compress(sitemap % (site.url.encode(), b" " * 4000), 0, mtime=0)
    headers = (CACHE, ETAG, ("Content-Type", "application/gzip"))
    assert codes(checker, site.put("/sitemap.xml.gz", behaved(packed, *headers))) == []


def test_a_large_feed(checker: AddressChecker, site: Site) -> None:
    packed = gzip.compress(feed(site, description="x" * 1_000_000), mtime=0)
    headers = (*ALL, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
    assert codes(checker, site.put("/feed", behaved(packed, *headers))) == ["LargeFeed"]


def test_conditions_that_are_not_understood(checker: AddressChecker, site: Site) -> None:
    url = site.put("/feed", Reply(headers=ALL, body=feed(site)))
    (found,) = checker.check(url, NOW).findings  # once, not for each of the two
    assert found.code == "ConditionalGetIgnored"
    assert "asked with If-None-Match, the server sent the whole document again" in found.message
    url = site.put("/dated", Reply(headers=(JSON, CACHE, MODIFIED), body=feed(site, "/dated")))
    assert "asked with If-Modified-Since" in message(checker, url)


def test_a_server_that_fails_where_it_is_asked_conditionally(checker: AddressChecker, site: Site) -> None:
    def answer(seen: Seen) -> Reply:
        return (
            Reply(status=500) if seen.headers["If-None-Match"] else Reply(headers=(JSON, CACHE, ETAG), body=feed(site))
        )

    said = message(checker, site.put("/feed", answer))
    assert said.startswith("asked with If-None-Match: HTTP 500")


def test_a_part_that_is_new_is_an_answer_too(checker: AddressChecker, site: Site) -> None:
    def answer(seen: Seen) -> Reply:
        status, more = (226, [("IM", "feed")]) if seen.headers["If-None-Match"] else (200, [])
        return Reply(status=status, headers=[JSON, CACHE, ETAG, *more], body=feed(site))

    assert codes(checker, site.put("/feed", answer)) == []


def test_validators_that_change_by_themselves(checker: AddressChecker, site: Site) -> None:
    def answer(_seen: Seen) -> Reply:
        return Reply(headers=(JSON, CACHE, ("ETag", f'"{len(site.log)}"')), body=feed(site))

    said = message(checker, site.put("/feed", answer))
    assert said.startswith("ETag changed between two requests, and the document did not")


def test_bytes_that_change_by_themselves(checker: AddressChecker, site: Site) -> None:
    def answer(_seen: Seen) -> Reply:
        return Reply(headers=(JSON, CACHE, ETAG), body=feed(site, user_comment=str(len(site.log))))

    assert codes(checker, site.put("/feed", answer)) == ["UnstableContent"]


def test_hubs_agree(checker: AddressChecker, site: Site) -> None:
    own = f'<{site.url}/feed>; rel="self"'
    body = feed(site, hubs=[{"type": "WebSub", "url": "https://hub.example/"}])

    def found(link: str, document: bytes = body) -> list[str]:
        return codes(checker, site.put("/feed", behaved(document, *ALL, ("Link", link))))

    assert found(f"<https://hub.example/>; rel=hub, {own}") == []
    assert found("") == []
    assert found(f"<https://other.example/>; rel=hub, {own}") == ["HubsDontMatch"]
    assert found(f"{own}, </elsewhere>; rel=self") == ["DuplicateSelf"]
    assert found("</elsewhere>; rel=self") == ["SelfDoesntMatchLocation"]
    lonely = json.loads(body)
    del lonely["feed_url"]
    assert found("<https://hub.example/>; rel=hub", json.dumps(lonely).encode()) == ["MissingSelf", "MissingSelf"]


def test_a_page_is_told_from_a_feed(checker: AddressChecker, site: Site) -> None:
    page = b"<!DOCTYPE html><title>x</title>"
    headers = (CACHE, ETAG, ("Content-Type", "text/html; charset=utf-8"))
    assert codes(checker, site.put("/", behaved(page, *headers))) == ["UndefinedElement"]


def test_budgets_hold(site: Site) -> None:
    clock = Clock()
    site.put("/feed", behaved(feed(site), *ALL))
    site.put("/moved", moved("/feed"))
    with checker_of(clock, per_minute=3) as checker:
        assert codes(checker, site.url + "/feed") == []
        assert clock.slept == []
        assert codes(checker, site.url + "/feed") == []
        assert clock.slept == [SPAN]
        assert len(site.log) == 6


def test_a_redirect_waits_for_the_budget(site: Site) -> None:
    class Hasty(Clock):
        """A minute goes by between two looks, nearly."""

        def now(self) -> float:
            self.at += SPAN - 0.1
            return self.at

    site.put("/feed", behaved(feed(site), JSON, CACHE))
    site.put("/moved", moved("/feed"))
    begun = time.monotonic()
    with checker_of(Hasty(), per_minute=1) as checker:
        assert codes(checker, site.url + "/moved") == ["MissingValidators"]
    assert time.monotonic() - begun >= 0.09


def test_a_redirect_from_https_to_http() -> None:
    document = Document(name="", data=b"<html>", as_of=NOW, fetched_at=NOW, url="http://a.example/")
    hops = ((301, "https://b.example/"), (301, "http://a.example/"))
    answer = Fetched(
        status=200,
        document=document,
        etag='"1"',
        last_modified=None,
        max_age=None,
        expires=None,
        retry_after=None,
        headers=(("cache-control", "max-age=600"),),
        hops=hops,
    )
    found = [note.code for note in serving_notes("https://a.example/", answer, document, "html", NOW)]
    assert found == ["RedirectChain", "InsecureRedirect"]


def test_links_of_a_header() -> None:
    value = '<a>; rel="self hub", <https://h.example/?a,b;c>; REL=Hub; title="x, y", <b>; title=x'
    value += ", <[>; rel=next, <a>; rel=self"
    assert header_links(value, "https://news.example/x/") == {
        "self": ["https://news.example/x/a"],
        "hub": ["https://news.example/x/a", "https://h.example/?a,b;c"],
        "next": ["https://news.example/x/["],
    }
    assert header_links("", "https://news.example/") == {}
    assert header_links("<http://[a>; rel=x", "https://news.example/") == {"x": ["http://[a"]}


def test_links_of_a_document() -> None:
    rss = (
        b'<rss xmlns:a="http://www.w3.org/2005/Atom"><channel><a:link rel="hub" href="https://h.example/"/><link>x</link>'
        b'<a:link href="/all" rel="self"/><item><a:link rel="self" href="/1"/></item></channel></rss>'
    )
    found = {"hub": ["https://h.example/"], "self": ["https://news.example/all"]}
    assert document_links(rss, "rss", "https://news.example/a") == found
    broken = (b"{", b"[]", b'{"hubs": 1}', b'{"hubs": [1, {}, {"url": 2}], "feed_url": 3}')
    assert [document_links(data, "json", "") for data in broken] == [{}] * 4


@pytest.mark.parametrize(
    ("path", "data", "expected"),
    [
        ("all.json", b'{"version":"https://jsonfeed.org/version/1.1","title":"x","home_page_url":"https://news.example/",'
                     b'"feed_url":"https://news.example/all.json","items":[]}', []),
        ("sections/a.json", b"{}", ["NotJSONFeed"]),
        ("all.atom", b"<rss version='2.0'/>", ["UnexpectedContentType"]),
        ("feeds.opml", b"<opml version='2.0'><head/><body><outline text='x'/></body></opml>", []),
        ("sitemap-news.xml", b"<urlset/>", ["MissingNamespace", "EmptySitemap"]),
        ("manifest.json", b"{}", []),
        ("index.html", b"<html>", []),
        ("gone/sections/a.atom", b"", []),
        ("all.atom.gz", b"\x1f\x8b", []),
        ("LICENSE", b"", []),
    ],
)  # fmt: skip
def test_published_files(path: str, data: bytes, expected: list[str]) -> None:
    found = published_findings(path, data, "https://news.example/", NOW)
    assert [one.code for one in found] == expected


def test_a_published_file_that_cannot_be_read_has_nothing_told_of_it(tmp_path: Path) -> None:
    config = parse(SITE, tmp_path / "config.toml")
    assert findings_in_tree("all.atom", config, NOW) is None
    config.public.mkdir(parents=True)
    (config.public / "all.atom").write_bytes(b"<rss version='2.0'/>")
    assert [one.code for one in findings_in_tree("all.atom", config, NOW) or ()] == ["UnexpectedContentType"]


def test_a_published_feed_names_its_own_address() -> None:
    feed = b'{"version":"https://jsonfeed.org/version/1.1","title":"x","home_page_url":"https://news.example/",'
    feed += b'"feed_url":"https://news.example/all.json","items":[]}'
    (found,) = published_findings("saved/x.json", feed, "https://news.example/", NOW)
    assert found.code == "SelfDoesntMatchLocation"
