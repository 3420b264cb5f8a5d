"""HTTP out, against a real site on loopback, and documents from disk."""

from __future__ import annotations

import gzip
import hashlib
import os
import resource
import shutil
import subprocess
import tempfile
import threading
import time
import zlib
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from feeds.config import Poll
from feeds.errors import FetchError
from feeds.fetch import (
    Fetched,
    HttpError,
    LocalFile,
    Request,
    Unreadable,
    fetch,
    list_local,
    read_file,
    read_local,
)
from feeds.model import Document
from tests.fakes import Reply, Seen, Site, conditional, free_port, moved, zipped

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def poll_of(**settings: object) -> Poll:
    return Poll.model_validate(settings)


LOOPBACK = poll_of(allow_networks=("127.0.0.0/8",), deadline=5, max_bytes=100_000)
AGENT = "Broadsheet/0 (+https://news.example/)"
FEED = b"<rss version='2.0'/>"


def ask(url: str, etag: str | None = None, last_modified: str | None = None, poll: Poll = LOOPBACK) -> Fetched:
    return fetch(Request(url, etag, last_modified), poll, user_agent=AGENT, now=NOW)


def data(fetched: Fetched) -> bytes:
    assert fetched.document is not None
    return fetched.document.data


def failure(url: str, poll: Poll = LOOPBACK) -> str:
    with pytest.raises(FetchError) as caught:
        ask(url, poll=poll)
    message = str(caught.value)
    assert "\n" not in message
    assert url.partition("//")[2].partition("/")[0] in message
    return message


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
        permanent_url=None,
    )


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
        assert seen.headers["Accept-Encoding"] == "gzip"
        assert seen.headers["Host"] == f"127.0.0.1:{site.port}"
        unwanted = {"cookie", "referer", "authorization", "if-none-match", "if-modified-since", "a-im", "from"}
        assert not unwanted & {name.lower() for name in seen.headers}


def test_a_header_cannot_be_smuggled_in(site: Site) -> None:
    url = site.put("/", FEED)
    fetch(Request(url, 'x"\r\nX-One: 1', "a\nX-Two: 2"), LOOPBACK, user_agent="a\r\nX-Three: 3", now=NOW)
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


def test_conditional_requests_end_to_end(site: Site) -> None:
    url = site.put("/feed", conditional(FEED, '"v1"'))
    first = ask(url)
    assert data(first) == FEED
    assert ask(url, first.etag).status == 304
    site.put("/feed", conditional(b"new", '"v2"'))
    assert data(ask(url, first.etag)) == b"new"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 451, 500, 503, 204, 206, 226, 300, 305])
def test_a_status_without_a_document_is_an_error_that_says_so(site: Site, status: int) -> None:
    url = site.put("/x", Reply(status=status, headers=[("Retry-After", "120")], body=b"" if status == 204 else b"no"))
    with pytest.raises(HttpError, match=f"HTTP {status}: ") as caught:
        ask(url)
    assert (caught.value.status, caught.value.retry_after) == (status, 120)
    assert caught.value.permanent == (status == 410)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("86400", 86400),
        ("9999999999", 9999999999),
        ("99999999999", None),
        ("-5", None),
        ("1.5", None),
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
        ("max-age=9999999999", 9999999999),
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


def test_redirects_that_are_all_permanent_name_the_new_address(site: Site) -> None:
    target = site.put("/new", FEED)
    site.put("/old", moved("/middle#part", 308))
    site.put("/middle", moved(target, 301))
    found = ask(site.url + "/old", '"v"')
    assert found.permanent_url == target
    assert found.document is not None
    assert (found.document.url, found.document.name) == (target, site.url + "/old")
    assert [seen.headers["If-None-Match"] for seen in site.log] == ['"v"'] * 3


@pytest.mark.parametrize("status", [302, 303, 307])
def test_one_passing_redirect_makes_the_move_passing(site: Site, status: int) -> None:
    site.put("/a", moved("b"))
    site.put("/b", moved("./c", status))
    site.put("/c", FEED)
    assert ask(site.url + "/a").permanent_url is None


def test_a_location_in_raw_utf8_and_with_spaces_is_followed(site: Site) -> None:
    site.put("/old", Reply(raw=(b"HTTP/1.1 302 Found\r\nLocation: /\xc5\xbe a\r\n\r\n",)))
    site.put("/%C5%BE%20a", FEED)
    assert data(ask(site.url + "/old")) == FEED


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
        ("gopher://127.0.0.1/", "only http and https"),
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
    "url", ["ftp://127.0.0.1/", "file:///etc/passwd", "", "feed", "http://u:p@127.0.0.1/", "http://\ud800/", "http:///"]
)
def test_an_address_that_is_never_asked(url: str) -> None:
    with pytest.raises(FetchError):
        ask(url)


HOSTS = ("127.0.0.1", "localhost", "127.1", "2130706433", "0177.0.0.1", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]",
         "0", "[::]", "１２７.0.0.1", "127.0.0.1.")  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_loopback_in_any_spelling_is_refused_at_connect_time(site: Site, host: str) -> None:
    with pytest.raises(FetchError, match=r"is refused; to allow it, add .* allow_networks in \[poll\]"):
        ask(f"http://{host}:{site.port}/", poll=poll_of())
    assert site.log == []


def test_a_redirect_to_a_private_address_is_refused(site: Site) -> None:
    other = poll_of(allow_networks=("127.0.0.1/32",), deadline=5)
    assert "private address 127.0.0.2" in failure_of(site.put("/r", moved(f"http://127.0.0.2:{site.port}/")), other)
    assert len(site.log) == 1


def failure_of(url: str, poll: Poll) -> str:
    with pytest.raises(FetchError) as caught:
        ask(url, poll=poll)
    return str(caught.value)


def test_one_private_answer_refuses_the_whole_name(site: Site) -> None:
    failure(f"http://localhost:{site.port}/", poll_of(allow_networks=("127.0.0.0/8",)))
    assert site.log == []


def test_names_that_do_not_exist_and_ports_where_nobody_listens() -> None:
    assert "not known" in failure("http://no-such-host.invalid/")
    assert "cannot connect" in failure(f"http://127.0.0.1:{free_port()}/")


def test_gzip_is_unzipped(site: Site) -> None:
    assert data(ask(site.put("/z", zipped(FEED * 1000)))) == FEED * 1000
    two = gzip.compress(b"one ") + gzip.compress(b"two") + b"\0" * 20
    assert data(ask(site.put("/two", Reply(headers=[("Content-Encoding", "X-GZip")], body=two)))) == b"one two"
    split = tuple(two[i : i + 7] for i in range(0, len(two), 7))
    reply = Reply(headers=[("Content-Encoding", "gzip")], pieces=split, pause=0.001)
    assert data(ask(site.put("/split", reply))) == b"one two"
    assert data(ask(site.put("/empty", Reply(headers=[("Content-Encoding", "gzip")])))) == b""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (gzip.compress(hashlib.shake_256().digest(20_000))[:-1000], "cut short"),
        (gzip.compress(b"whole")[:-2], "cut short"),
        (b"\x1f", "cut short"),
        (b"<rss/> but not zipped at all", "damaged gzip"),
        (gzip.compress(b"whole") + b"rubbish", "damaged gzip"),
        (gzip.compress(bytes(200_000)), "more than 100,000 bytes"),
        (gzip.compress(bytes(60_000)) * 2, "more than 100,000 bytes"),
        (gzip.compress(bytes(100_000)) + gzip.compress(b"x"), "more than 100,000 bytes"),
    ],
    ids=["half", "no-trailer", "one-byte", "plain", "rubbish-behind", "bomb", "two-bombs", "one-byte-too-many"],
)
def test_gzip_that_is_broken_or_a_bomb(site: Site, body: bytes, message: str) -> None:
    assert message in failure(site.put("/z", Reply(headers=[("Content-Encoding", "gzip")], body=body)))


@pytest.mark.parametrize("coding", ["br", "zstd", "deflate", "gzip, gzip", "bogus"])
def test_encodings_that_were_not_offered_are_refused(site: Site, coding: str) -> None:
    body = zlib.compress(FEED)
    assert f'encoded as "{coding}"' in failure(site.put("/z", Reply(headers=[("Content-Encoding", coding)], body=body)))


def test_stacked_encodings_on_two_lines_are_refused(site: Site) -> None:
    reply = zipped(gzip.compress(FEED), [("Content-Encoding", "gzip")])
    assert 'encoded as "gzip, gzip"' in failure(site.put("/z", reply))


def test_the_cap_is_exact_and_an_endless_body_ends(site: Site) -> None:
    assert len(data(ask(site.put("/fits", b"x" * 100_000)))) == 100_000
    assert "more than 100,000 bytes" in failure(site.put("/above", b"x" * 100_001))
    assert "more than 100,000 bytes" in failure(site.put("/endless", Reply(pieces=(b"x" * 5000,), endless=True)))


def test_the_body_of_an_error_is_not_read_to_the_end(site: Site) -> None:
    assert "HTTP 404" in failure(site.put("/endless", Reply(status=404, pieces=(b"x" * 5000,), endless=True)))
    assert "HTTP 500" in failure(site.put("/short", Reply(status=500, body=b"x", length=50)))


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nhe",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/x",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"<rss/>",
        b"",
    ],
)
def test_half_an_answer_is_none(site: Site, raw: bytes) -> None:
    failure(site.put("/x", Reply(raw=(raw,))))


def test_chunked_bodies_with_trailers_and_interim_answers_are_read(site: Site) -> None:
    raw = (
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nETag: wrong\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: right\r\n\r\n"
        b"5\r\nhello\r\n0\r\nETag: late\r\n\r\n",
    )
    found = ask(site.put("/x", Reply(raw=raw)))
    assert (data(found), found.etag) == (b"hello", "right")


def test_a_body_that_ends_with_the_connection_is_whole(site: Site) -> None:
    assert data(ask(site.put("/x", Reply(raw=(b"HTTP/1.0 200 OK\r\n\r\n" + FEED,))))) == FEED


@pytest.mark.parametrize(
    "reply",
    [
        Reply(raw=(b"HTTP/1.1 200 OK\r\n", *[b"X-Header: " + b"x" * 100 + b"\r\n"] * 1000)),
        Reply(raw=(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 90_000 + b"\r\n",)),
        Reply(raw=(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",), endless=True),
    ],
)
def test_headers_without_end_are_cut(site: Site, reply: Reply) -> None:
    assert "64 kB of headers" in failure(site.put("/x", reply))


def test_a_header_line_without_end_is_cut(site: Site) -> None:
    failure(site.put("/x", Reply(raw=(b"HTTP/1.1 200 OK\r\nX: ", *[b"x" * 10_000] * 50), pause=0.001)))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(pieces=(b"x",), pause=0.05, endless=True),
        Reply(raw=(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"), pause=0.05, endless=True),
        Reply(raw=(b"late",), pause=30),
        Reply(status=302, headers=[("Location", "/slow")], pause=0.2),
    ],
    ids=["body", "headers", "silence", "redirects"],
)
def test_the_deadline_is_one_for_everything(site: Site, reply: Reply) -> None:
    begun = time.monotonic()
    failure(site.put("/slow", reply), poll_of(allow_networks=("127.0.0.0/8",), deadline=0.6))
    assert time.monotonic() - begun < 1.5


def test_no_descriptor_is_left_open(site: Site) -> None:
    url, poll = site.put("/x", FEED), poll_of()
    ask(url)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        ask(url)
        failure(url, poll)
    assert len(os.listdir("/proc/self/fd")) <= before + 2  # the site's own, of a connection that is just ending


def test_no_descriptor_to_be_had_is_an_error_of_this_request(site: Site) -> None:
    url = site.put("/x", FEED)
    ask(url)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    messages = []
    for spare in range(1, 12):
        lowest = os.dup(0)
        os.close(lowest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + spare, before[1]))
        try:
            ask(url, poll=poll_of(allow_networks=("127.0.0.0/8",), deadline=0.3))
        except FetchError as error:
            messages.append(str(error))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert messages
    assert data(ask(url)) == FEED


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=x"
    extra = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key"), "-out", str(folder / "crt")]
    subprocess.run([openssl, *words.split(), *extra], check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "crt").read_bytes() + (folder / "key").read_bytes())
    return both


def test_tls_certificates_are_checked(certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    (tmp_path / "feed").write_bytes(FEED)

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(tmp_path))  # type: ignore[arg-type]

        def log_message(self, format: str, *args: object) -> None: ...

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None: ...

    with Server(("127.0.0.1", 0), Quiet) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        port = server.server_address[1]
        assert "not trusted" in failure(f"https://127.0.0.1:{port}/feed")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert data(ask(f"https://127.0.0.1:{port}/feed")) == FEED
        both = poll_of(allow_networks=("127.0.0.0/8", "::1/128"), deadline=5)
        assert "not trusted" in failure(f"https://localhost:{port}/feed", both)
        server.shutdown()


def test_tls_to_a_server_that_speaks_plain_http(site: Site) -> None:
    assert "TLS" in failure(f"https://127.0.0.1:{site.port}/")


# Local documents.

POLL = poll_of(max_bytes=1000)


def names(path: Path) -> list[str]:
    return [found.name for found in list_local(path)]


def write(folder: Path, *files: str) -> None:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


def test_a_single_file_of_any_name(tmp_path: Path) -> None:
    write(tmp_path, "README")
    os.utime(tmp_path / "README", ns=(0, 1_767_225_600_999_999_999))
    (found,) = list_local(tmp_path / "README")
    assert found == LocalFile("README", tmp_path / "README", 6, 1_767_225_600_999_999_999)
    assert list(read_local(tmp_path / "README", POLL, now=NOW)) == [
        Document(name="README", data=b"README", as_of=datetime(2026, 1, 1, tzinfo=UTC), fetched_at=NOW)
    ]


def test_a_folder_gives_its_documents_in_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path, "b.txt", "a/z.txt", "a.txt", "A.TXT", "c/d/e.txt", "README.txt", "readme-too.txt", "notes.md")
    write(tmp_path, ".hidden.txt", ".git/x.txt", "txt", "x.txt.bak", ".broadsheet-0.txt")
    assert names(tmp_path) == ["A.TXT", "a.txt", "a/z.txt", "b.txt", "c/d/e.txt"]
    assert [each.data for each in read_local(tmp_path, POLL, now=NOW) if isinstance(each, Document)][2] == b"a/z.txt"


def test_an_empty_folder_is_no_error_and_a_missing_one_is(tmp_path: Path) -> None:
    assert list_local(tmp_path) == []
    with pytest.raises(FetchError, match="gone: no such file or folder"):
        list_local(tmp_path / "gone")
    with pytest.raises(FetchError, match="no such file or folder"):
        list(read_local(tmp_path / "gone", POLL, now=NOW))


def test_links_are_followed_inside_only(tmp_path: Path) -> None:
    write(tmp_path, "in/a.txt", "out/secret.txt")
    inside = tmp_path / "in"
    (inside / "b.txt").symlink_to("a.txt")
    (inside / "c.txt").symlink_to("../out/secret.txt")
    (inside / "d").symlink_to("../out")
    (inside / "e").symlink_to(".")
    (inside / "f.txt").symlink_to("nothing")
    (tmp_path / "link").symlink_to("in")
    assert names(inside) == ["a.txt", "b.txt", "f.txt"]
    assert names(tmp_path / "link") == ["a.txt", "b.txt", "f.txt"]
    (broken,) = [found for found in list_local(inside) if isinstance(found, Unreadable)]
    assert "cannot be read: No such file" in str(broken.error)


def test_what_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path, "good.txt", "folder.txt/inner.txt")
    os.mkfifo(tmp_path / "fifo.txt")
    (tmp_path / "large.txt").write_bytes(b"x" * 1001)
    (tmp_path / "fits.txt").write_bytes(b"x" * 1000)
    found = {each.name: each for each in read_local(tmp_path, POLL, now=NOW)}
    troubles = {name: str(each.error) for name, each in found.items() if isinstance(each, Unreadable)}
    assert sorted(set(found) - set(troubles)) == ["fits.txt", "folder.txt/inner.txt", "good.txt"]
    assert troubles["fifo.txt"].endswith("fifo.txt: a special file, not a document")
    assert troubles["folder.txt"].endswith("folder.txt: a folder, not a document")
    assert troubles["large.txt"].endswith("more than 1,000 bytes (max_bytes in [poll])")


def test_a_folder_and_a_file_that_may_not_be_read() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, "shut/x.txt", "shut.txt")
        (folder / "shut").chmod(0)
        (folder / "shut.txt").chmod(0)
        folder.chmod(0o755)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)  # root may read everything
        try:
            troubles = [each for each in read_local(folder, POLL, now=NOW) if isinstance(each, Unreadable)]
        finally:
            os.seteuid(user)
            (folder / "shut").chmod(0o700)
    assert [each.name for each in troubles] == ["shut", "shut.txt"]
    assert all("Permission denied" in str(each.error) for each in troubles)


def test_a_file_that_changes_between_listing_and_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x")
    (listed,) = list_local(path)
    assert isinstance(listed, LocalFile)
    path.write_bytes(b"x" * 1001)
    with pytest.raises(FetchError, match="more than 1,000 bytes"):
        read_file(listed, POLL, now=NOW)
    path.unlink()
    with pytest.raises(FetchError, match="cannot be read"):
        read_file(listed, POLL, now=NOW)
    os.mkfifo(path)
    with pytest.raises(FetchError, match="not a regular file"):
        read_file(listed, POLL, now=NOW)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null"])
def test_a_device_is_no_document(path: str) -> None:
    (found,) = list_local(Path(path))
    assert isinstance(found, Unreadable)
    assert "special file" in str(found.error)


def test_times_that_no_calendar_knows_count_as_now(tmp_path: Path) -> None:
    write(tmp_path, "a.txt")
    far = LocalFile("a.txt", tmp_path / "a.txt", 5, 10**30)
    assert read_file(far, POLL, now=NOW).as_of == NOW
    old = LocalFile("a.txt", tmp_path / "a.txt", 5, -1)
    assert read_file(old, POLL, now=NOW).as_of == datetime(1970, 1, 1, tzinfo=UTC) - timedelta(seconds=1)


def test_names_are_text_whatever_the_disk_holds(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    with open(folder + b"/\xff.txt", "wb") as file:
        file.write(b"latin")
    write(tmp_path, "ž\n.txt")
    assert names(tmp_path) == ["\\xff.txt", "ž\n.txt"]
    assert {each.data for each in read_local(tmp_path, POLL, now=NOW) if isinstance(each, Document)} >= {b"latin"}
