"""One exchange against a real site on loopback: encodings, bounds, halves of answers, TLS."""

from __future__ import annotations

import gzip
import hashlib
import os
import resource
import shutil
import ssl
import subprocess
import threading
import time
import zlib
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from feeds.errors import FetchError
from tests.asking import FEED, ask, data, failure, poll_of
from tests.fakes import Reply, Site, zipped


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


@pytest.mark.parametrize("coding", ["deflate", "compress", "gzip, gzip", "br, gzip", "bogus"])
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


CUT, CLOSED = "the answer was cut short", "the server closed the connection without an answer"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", CUT),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nhe", CUT),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nhello\r\n", "chunk size"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n", "not a hex digit"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello", "Invalid Content-Length"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/x", CUT),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", CLOSED),
        (b"HTTP/1.1 100 Continue\r\n\r\n", CLOSED),
        (b"SSH-2.0-OpenSSH_9\r\n", "something else than HTTP"),
        (b"<rss/>", "something else than HTTP"),
        (b"", CLOSED),
    ],
)
def test_half_an_answer_is_none(site: Site, raw: bytes, words: str) -> None:
    assert words in failure(site.put("/x", Reply(raw=(raw,))))


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
    message = failure(site.put("/x", Reply(raw=(b"HTTP/1.1 200 OK\r\nX: ", *[b"x" * 10_000] * 50), pause=0.001)))
    assert "more headers than anybody reads" in message


@pytest.mark.parametrize(
    "reply",
    [
        Reply(pieces=(b"x",), pause=0.05, endless=True),
        Reply(raw=(b"HTTP/1.1 200 OK\r\n", *[b"X-A: b\r\n"] * 100), pause=0.05),
        Reply(raw=(b"late",), pause=30),
        Reply(raw=(b"HTTP/1.1 302 Found\r\n", b"Location: /slow\r\nContent-Length: 0\r\n\r\n"), pause=0.25),
    ],
    ids=["body", "headers", "silence", "redirects"],
)
def test_the_deadline_is_one_for_everything(site: Site, reply: Reply) -> None:
    begun = time.monotonic()
    message = failure(site.put("/slow", reply), poll_of(allow_networks=("127.0.0.0/8",), deadline=0.6))
    assert "no complete answer in time" in message
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
        assert data(ask(f"HTTPS://127.0.0.1:{port}/feed")) == FEED
        both = poll_of(allow_networks=("127.0.0.0/8", "::1/128"), deadline=5)
        assert "not trusted" in failure(f"https://localhost:{port}/feed", both)
        server.shutdown()


def test_tls_to_a_server_that_speaks_plain_http(site: Site) -> None:
    assert "TLS" in failure(f"https://127.0.0.1:{site.port}/")
