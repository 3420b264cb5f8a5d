"""HTTP out, against a real site on loopback: requests, redirects, validators, and what is never asked."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from feeds.errors import FetchError
from feeds.fetch import Fetched, Fetcher, HttpError, Request
from feeds.fetch.answer import declared
from feeds.model import Document
from tests.asking import AGENT, FEED, LOOPBACK, NOW, ask, data, failure, poll_of
from tests.fakes import Reply, Seen, Site, conditional, free_port, moved


def test_a_document_and_everything_known_about_it(site: Site) -> None:
    headers = [
        ("Content-Type", 'Application/RSS+XML; Charset="UTF-8"'),
        ("ETag", 'W/"a b"'),
        ("Last-Modified", "Sun, 01 Feb 2026 10:00:00 GMT"),
        ("Cache-Control", "public, s-maxage=1"),
        ("Cache-Control", "max-age=600"),
        ("Expires", "Sun, 01 Mar 2026 13:00:00 GMT"),
        ("Retry-After", "90"),
    ]
    url = site.put("/feed?b=2&a=1", Reply(headers=headers, body=FEED))
    assert ask(url) == Fetched(
        status=200,
        document=Document(
            name=url,
            data=FEED,
            as_of=NOW,
            fetched_at=NOW,
            url=url,
            media_type="application/rss+xml",
            charset="utf-8",
        ),
        etag='W/"a b"',
        last_modified="Sun, 01 Feb 2026 10:00:00 GMT",
        max_age=600,
        expires=datetime(2026, 3, 1, 13, tzinfo=UTC),
        retry_after=90,
        headers=(
            *((name.lower(), value) for name, value in headers),
            ("content-length", str(len(FEED))),
            ("connection", "close"),
        ),
    )


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("", (None, None)),
        ("nonsense", (None, None)),
        (" Text/XML ", ("text/xml", None)),
        ('application/rss+xml; charset="UTF-8"', ("application/rss+xml", "utf-8")),
        ("text/xml;x=1;\tCharset=windows-1251", ("text/xml", "windows-1251")),
        ("; charset=koi8-r", (None, "koi8-r")),
    ],
)
def test_what_a_content_type_says(said: str, found: tuple[str | None, str | None]) -> None:
    assert declared(said) == found


def test_the_request_is_honest_and_bare(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    url = site.put("/a/../feed?x=%20y", FEED)
    site.put("/a/../feed?x=%20y", Reply(headers=[("Set-Cookie", "a=b")], body=FEED))
    ask(url)
    ask(url)
    for seen in site.log:
        assert (seen.method, seen.path) == ("GET", "/a/../feed?x=%20y")
        assert seen.headers["User-Agent"] == AGENT
        assert seen.headers["Accept-Encoding"] == "gzip, br, zstd"
        assert seen.headers["Host"] == f"127.0.0.1:{site.port}"
        unwanted = {"cookie", "referer", "authorization", "if-none-match", "if-modified-since", "a-im", "from"}
        assert not unwanted & {name.lower() for name in seen.headers}


def test_a_header_cannot_be_smuggled_in(site: Site) -> None:
    url = site.put("/", FEED)
    with Fetcher(LOOPBACK, user_agent="a\r\nX-Three: 3") as fetcher:
        fetcher.fetch(Request(url, 'x"\r\nX-One: 1', "a\nX-Two: 2"), NOW)
    assert not [name for name in site.log[0].headers if name.lower().startswith(("x-", "if-"))]
    assert site.log[0].headers["User-Agent"] == "a X-Three: 3"


@pytest.mark.parametrize("etag", ['"1"', 'W/"1"', "unquoted", '"a,b"', '"\xe9\xff"', '"a  b"', '"' + "x" * 3000 + '"'])
def test_validators_go_back_byte_for_byte(site: Site, etag: str) -> None:
    date = "Sunday, 01-Feb-26 10:00:00 GMT"

    def answer(seen: Seen) -> Reply:
        told = seen.headers["If-None-Match"] == etag and seen.headers["If-Modified-Since"] == date
        return Reply(status=304 if told else 200, headers=[("ETag", etag), ("Last-Modified", date)])

    url = site.put("/feed", answer)
    first = ask(url)
    again = ask(url, first.etag, first.last_modified)
    assert (first.status, again.status, again.document) == (200, 304, None)
    assert (again.etag, again.last_modified) == (etag, date)


def test_a_304_keeps_validators_it_does_not_name_and_takes_those_it_does(site: Site) -> None:
    url = site.put("/feed", Reply(status=304, headers=[("Cache-Control", "max-age=7"), ("ETag", '"new"')]))
    again = ask(url, '"old"', "some date")
    assert (again.etag, again.last_modified, again.max_age) == ('"new"', "some date", 7)


def test_a_200_forgets_validators_it_does_not_name(site: Site) -> None:
    again = ask(site.put("/feed", FEED), '"old"', "some date")
    assert (again.etag, again.last_modified) == (None, None)


def test_a_304_that_nobody_asked_for_is_an_error(site: Site) -> None:
    assert "304" in failure(site.put("/feed", Reply(status=304)))


@pytest.mark.parametrize("etag", ["", "\x01", "x" * 5000])
def test_validators_that_cannot_go_back_are_dropped(site: Site, etag: str) -> None:
    assert ask(site.put("/feed", Reply(headers=[("ETag", etag)], body=FEED))).etag is None


def test_a_part_of_a_document_is_asked_for_with_an_entity_tag_only(site: Site) -> None:
    url = site.put("/feed", FEED)
    ask(url)
    ask(url, None, "Sun, 01 Feb 2026 10:00:00 GMT")
    ask(url, '"1"')
    ask(url, "x" * 5000)
    assert [seen.headers["A-IM"] for seen in site.log] == [None, None, "feed", None]


@pytest.mark.parametrize("im", ["feed", " Feed "])
def test_what_is_new_since_alone(site: Site, im: str) -> None:
    found = ask(site.put("/feed", Reply(status=226, headers=[("IM", im), ("ETag", '"2"')], body=FEED)), '"1"')
    assert (found.status, data(found), found.etag) == (226, FEED, '"2"')
    assert found.document is not None
    assert found.document.partial


@pytest.mark.parametrize("im", ["", "gzip", "feed, gzip", "vcdiff"])
def test_a_part_of_another_kind_is_an_error(site: Site, im: str) -> None:
    with pytest.raises(HttpError, match="HTTP 226: a part of a document that was not asked for"):
        ask(site.put("/feed", Reply(status=226, headers=[("IM", im)], body=FEED)), '"1"')
    # Asked once more, without a word of deltas.
    assert [seen.headers["A-IM"] for seen in site.log] == ["feed", None]


def test_a_part_that_nobody_asked_for_is_an_error(site: Site) -> None:
    url = site.put("/feed", Reply(status=226, headers=[("IM", "feed"), ("ETag", '"2"')], body=FEED))
    with pytest.raises(HttpError, match="HTTP 226: a part of a document that was not asked for"):
        ask(url)


def test_conditional_requests_end_to_end(site: Site) -> None:
    url = site.put("/feed", conditional(FEED, '"v1"'))
    first = ask(url)
    assert data(first) == FEED
    assert ask(url, first.etag).status == 304
    site.put("/feed", conditional(b"new", '"v2"'))
    assert data(ask(url, first.etag)) == b"new"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 451, 500, 503, 204, 206, 226, 300, 305])
def test_a_status_without_a_document_is_an_error_that_says_so(site: Site, status: int) -> None:
    headers = [("Retry-After", "120"), ("Cache-Control", "max-age=60"), ("Expires", "Sun, 01 Mar 2026 13:00:00 GMT")]
    url = site.put("/x", Reply(status=status, headers=headers, body=b"" if status == 204 else b"no"))
    with pytest.raises(HttpError, match=f"HTTP {status}: ") as caught:
        ask(url)
    assert (caught.value.status, caught.value.retry_after, caught.value.max_age) == (status, 120, 60)
    assert caught.value.expires == datetime(2026, 3, 1, 13, tzinfo=UTC)
    assert (caught.value.permanent, caught.value.network) == (status == 410, False)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("86400", 86400),
        ("9999999999", 2**31),
        ("99999999999", 2**31),
        ("-5", None),
        ("1.5", 1),
        ("soon", None),
        ("", None),
        ("٣", None),
        ("Sun, 01 Mar 2026 12:05:00 GMT", 300),
        ("Sun Mar  1 12:05:00 2026", 300),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Sun, 99 Mar 2026 11:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2300", None),
        ("x" * 5000, None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(site: Site, value: str, seconds: int | None) -> None:
    site.put("/x", Reply(raw=(b"HTTP/1.1 503 Busy\r\nRetry-After: " + value.encode() + b"\r\n\r\n",)))
    with pytest.raises(HttpError) as caught:
        ask(site.url + "/x")
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("max-age=60", 60),
        ("Max-Age=60,public", 60),
        ('private, max-age="60"', 60),
        ("max-age=9999999999", 2**31),
        ("max-age=-1", None),
        ("s-maxage=60", None),
        ("x-max-age=60", None),
        ("max-age", None),
        ("no-cache, no-store", None),
    ],
)
def test_max_age(site: Site, value: str, seconds: int | None) -> None:
    assert (
        ask(site.put("/x", Reply(headers=[("Cache-Control", value), ("Expires", "0")], body=FEED))).max_age == seconds
    )


@pytest.mark.parametrize("value", ["0", "-1", "", "never", "Thu, 01 Jan 1970 00:00:00 +9999", "1" * 70])
def test_an_expires_that_is_no_date_is_none(site: Site, value: str) -> None:
    assert ask(site.put("/x", Reply(headers=[("Expires", value)], body=FEED))).expires is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_with_what_was_asked(site: Site, status: int) -> None:
    target = site.put("/new", FEED)
    site.put("/old", moved("/middle#part", status))
    site.put("/middle", moved(target, status))
    found = ask(site.url + "/old", '"v"')
    assert found.document is not None
    assert (found.document.url, found.document.name) == (target, site.url + "/old")
    assert [seen.headers["If-None-Match"] for seen in site.log] == ['"v"'] * 3


@pytest.mark.parametrize(
    ("statuses", "to"),
    [
        ((), None),
        ((301,), "/1"),
        ((308, 301, 308), "/3"),
        ((301, 302), "/1"),
        ((301, 307, 301), "/1"),
        ((302, 301), None),
        ((303, 308), None),
    ],
)
def test_where_a_document_moved_to_for_good(site: Site, statuses: tuple[int, ...], to: str | None) -> None:
    for number, status in enumerate(statuses):
        site.put(f"/{number}", moved(f"/{number + 1}#part", status))
    site.put(f"/{len(statuses)}", conditional(FEED, '"v"'))
    for etag in (None, '"v"'):
        found = ask(site.url + "/0", etag)
        assert found.status == (304 if etag else 200)
        assert found.moved_to == (to and site.url + to)
        assert found.hops == tuple((status, f"{site.url}/{number}") for number, status in enumerate(statuses, 1))


def test_a_location_in_raw_utf8_and_with_spaces_is_followed(site: Site) -> None:
    site.put("/old", Reply(raw=(b"HTTP/1.1 302 Found\r\nLocation: /\xc5\xbe a\r\n\r\n",)))
    site.put("/%C5%BE%20a", FEED)
    assert data(ask(site.url + "/old")) == FEED


def test_letters_that_are_equal_to_ascii_without_case_are_escaped(site: Site) -> None:
    for letter in "ıſİK":
        site.log.clear()
        site.put("/" + quote(letter), FEED)
        ask(f"{site.url}/{letter}")
        assert [seen.path for seen in site.log] == ["/" + quote(letter)]


def test_a_third_slash_is_no_part_of_the_path(site: Site) -> None:
    site.put("/there", FEED)
    site.put("/from", moved(f"http:///127.0.0.1:{site.port}/there"))
    assert data(ask(site.url + "/from")) == FEED


def test_a_content_length_beyond_all_documents_is_an_error(site: Site) -> None:
    site.put("/x", Reply(raw=(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n", FEED)))
    assert "a Content-Length that no document has" in failure(site.url + "/x")


def test_redirects_end(site: Site) -> None:
    for number in range(6):
        site.put(f"/{number}", moved(f"/{number + 1}"))
    site.put("/6", FEED)
    assert data(ask(site.url + "/1")) == FEED
    assert "more than 5 redirects" in failure(site.url + "/0")
    assert "more than 5 redirects" in failure(site.put("/loop", moved("/loop")))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("ftp://127.0.0.1/", "only http and https"),
        ("javascript:alert(1)", "only http and https"),
        ("gopher://127.0.0.1/", "it redirects to gopher://127.0.0.1/: only http and https"),
        ("http://user:secret@127.0.0.1/", "user or password"),
        ("//user@127.0.0.1/", "user or password"),
        ("http://[", "not an address"),
        ("http://", "not an address"),
        ("http://a\x00b/", "not an address|malformed|server closed|exchange failed"),
        ("", "without a Location"),
    ],
)
def test_a_redirect_to_what_is_never_asked(site: Site, target: str, message: str) -> None:
    url = site.put("/r", moved(target, 302))
    with pytest.raises(FetchError, match=message) as caught:
        ask(url)
    assert "secret" not in str(caught.value)
    assert len(site.log) == 1


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://127.0.0.1/", "ftp://127.0.0.1/: only http and https are asked, not ftp:"),
        ("file:///etc/passwd", "file:///etc/passwd: only http and https are asked, not file:"),
        ("", ": not an address that can be asked for"),
        ("feed", "feed: not an address that can be asked for"),
        ("http://u:p@127.0.0.1/", "127.0.0.1: an address with a user or password is not asked"),
        ("http://\ud800/", "http://\ud800/: not an address that can be asked for"),
        ("http:///", "http:///: not an address that can be asked for"),
    ],
)
def test_an_address_that_is_never_asked(url: str, message: str) -> None:
    with pytest.raises(FetchError) as caught:
        ask(url)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "target", ["/gone?token=SECRET", "http://[?token=SECRET", "ftp://h/?a=b c SECRET", "/p/SECRET"]
)
def test_no_token_is_in_a_message(site: Site, target: str) -> None:
    for url in (site.put("/r?token=SECRET#SECRET", moved(target, 302)), site.url + "/p/SECRET/x.atom?SECRET"):
        with pytest.raises(FetchError) as caught:
            ask(url)
        assert "SECRET" not in str(caught.value)
        assert str(caught.value).startswith(f"{site.url}/")


def test_a_redirect_to_a_private_address_is_refused(site: Site) -> None:
    other = poll_of(allow_networks=("127.0.0.1/32",), deadline=5)
    with pytest.raises(FetchError, match=r"private address 127\.0\.0\.2 is refused"):
        ask(site.put("/r", moved(f"http://127.0.0.2:{site.port}/")), poll=other)
    assert len(site.log) == 1


def test_one_private_answer_refuses_the_whole_name(site: Site) -> None:
    message = failure(f"http://localhost:{site.port}/", poll_of(allow_networks=("::1/128",)))
    assert "the private address 127.0.0.1 is refused" in message
    assert site.log == []


def test_names_that_do_not_exist_and_ports_where_nobody_listens() -> None:
    assert "not known" in failure("http://no-such-host.invalid/")
    assert "cannot connect" in failure(f"http://127.0.0.1:{free_port()}/")
