"""One exchange against a real site on loopback: bounds, halves of answers, TLS, HTTP/2, who may be connected to."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from feeds.errors import FetchError
from feeds.fetch import Fetcher, Request
from feeds.fetch.addresses import networks
from feeds.fetch.loop import Loop
from feeds.fetch.transfer import Limits, Transfer, options_of
from feeds.fetch.url import target_of
from tests.asking import AGENT, FEED, LOOPBACK, NOW, ask, data, failure, poll_of
from tests.fakes import Reply, Site, running_site
from tests.pace import slowness


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
    assert "one without end" in message


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
    assert time.monotonic() - begun < 1.5 * slowness()


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


@pytest.mark.parametrize(
    ("most", "words"), [(1000, "more than 1,000 bytes (an article's most)"), (200_000, "in [poll]")]
)
def test_a_request_may_admit_fewer_bytes_than_the_settings(site: Site, most: int, words: str) -> None:
    url = site.put("/", bytes(100_001))
    with Fetcher(LOOPBACK, user_agent=AGENT) as fetcher:
        with pytest.raises(FetchError) as caught:
            fetcher.fetch(Request(url, most=most), NOW)
        assert words in str(caught.value)
        site.put("/", bytes(100_000))
        # A handle that was told so forgets it.
        assert len(data(fetcher.fetch(Request(url), NOW))) == 100_000


def test_every_socket_is_vetted_whatever_was_thought_of_its_name(site: Site) -> None:
    site.put("/", FEED)
    target = target_of(f"http://thought-good.example:{site.port}/")
    for allowed in ((), networks(("127.0.0.0/8",))):
        limits = Limits(connect_timeout=2, max_bytes=1000, at_first=1000, allowed=allowed, table="poll")
        loop, transfer = Loop(1, lambda _seconds: None), Transfer(options_of(AGENT, limits), limits, [])
        transfer.prepare(target, [], ["127.0.0.1"], 2)
        loop.add(transfer.curl)
        ends = time.monotonic() + 5
        while not (ended := loop.turn(0.1)):
            assert time.monotonic() < ends
        ((curl, code, detail),) = ended
        loop.remove(curl)
        if allowed:
            assert transfer.answer(code, detail).body == FEED
        else:
            with pytest.raises(FetchError, match=r"the private address 127\.0\.0\.1 is refused"):
                transfer.answer(code, detail)
            assert site.log == []
        transfer.close()
        loop.close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The authority's certificate in a file that `SSL_CERT_FILE` names."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return file


def serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Site]:
    """A site whose certificate is good."""
    with running_site(serving(authority.issue_cert("127.0.0.1", "news.example"))) as running:
        running.put("/", FEED)
        yield running


def test_a_good_certificate_of_an_authority_in_a_file(secure: Site, trusted: Path) -> None:
    assert data(ask(secure.url + "/")) == FEED
    assert data(ask(secure.url.replace("https", "HTTPS") + "/")) == FEED
    named = f"https://news.example:{secure.port}/"
    with Fetcher(LOOPBACK, user_agent=AGENT, resolve=lambda _name: ["127.0.0.1"]) as fetcher:
        assert data(fetcher.fetch(Request(named), NOW)) == FEED


def test_an_authority_in_a_folder(
    secure: Site, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to name a certificate with")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert "its issuer is not known here" in failure(secure.url + "/")
    pem = authority.cert_pem.bytes()
    named = subprocess.run([openssl, "x509", "-hash", "-noout"], input=pem, check=True, capture_output=True).stdout
    (tmp_path / f"{named.decode().strip()}.0").write_bytes(pem)
    assert data(ask(secure.url + "/")) == FEED


def test_an_authority_that_nobody_trusts(secure: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    assert "the TLS certificate is not trusted: its issuer is not known here" in failure(secure.url + "/")
    assert secure.log == []


def test_a_certificate_for_another_host(secure: Site, trusted: Path) -> None:
    with (
        Fetcher(LOOPBACK, user_agent=AGENT, resolve=lambda _name: ["127.0.0.1"]) as fetcher,
        pytest.raises(FetchError, match="is not trusted: it is made out to another host") as caught,
    ):
        fetcher.fetch(Request(f"https://other.example:{secure.port}/"), NOW)
    assert not caught.value.network
    assert secure.log == []


@pytest.mark.parametrize(
    ("begins", "ends", "words"),
    [(2019, 2020, "it has expired"), (2090, 2091, "it is not valid yet")],
)
def test_a_certificate_out_of_its_time(
    authority: trustme.CA, trusted: Path, begins: int, ends: int, words: str
) -> None:
    first, last = datetime(begins, 1, 1, tzinfo=UTC), datetime(ends, 1, 1, tzinfo=UTC)
    certificate = authority.issue_cert("127.0.0.1", not_before=first, not_after=last)
    with running_site(serving(certificate)) as running:
        assert f"the TLS certificate is not trusted: {words}" in failure(running.url + "/")
        assert running.log == []


def test_a_certificate_that_vouches_for_itself(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(
            name, name, key.public_key(), 1, datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
        )
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    both = tmp_path / "both.pem"
    both.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    with running_site(context) as running:
        assert "not trusted: it is self-signed, or its issuer is" in failure(running.url + "/")
        assert running.log == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")  # what is to be refused
def test_old_versions_of_tls_are_not_spoken(authority: trustme.CA, trusted: Path) -> None:
    context = serving(authority.issue_cert("127.0.0.1"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with running_site(context) as running:
        assert "the TLS handshake failed" in failure(running.url + "/")


def test_tls_to_a_server_that_speaks_plain_http(site: Site) -> None:
    assert "TLS" in failure(f"https://127.0.0.1:{site.port}/")


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def _speak_http2(connection: ssl.SSLSocket) -> None:
    """Answers each request with 200 and `FEED`, in as few words as RFC 9113 allows."""
    read = connection.makefile("rb")
    assert read.read(24) == b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    connection.sendall(_frame(4, 0, 0, b""))
    while head := read.read(9):
        kind, flags, stream = head[3], head[4], int.from_bytes(head[5:9], "big")
        read.read(int.from_bytes(head[:3], "big"))
        if kind == 4 and not flags & 1:
            connection.sendall(_frame(4, 1, 0, b""))
        elif kind == 1:
            etag = b"\x0f\x13\x04" + b'"h2"'  # a literal value for entry 34 of HPACK's table, "etag"
            connection.sendall(_frame(1, 4, stream, b"\x88" + etag) + _frame(0, 1, stream, FEED))


def test_http2_is_spoken_where_the_server_does(authority: trustme.CA, trusted: Path) -> None:
    context = serving(authority.issue_cert("127.0.0.1"))
    context.set_alpn_protocols(["h2"])
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError), context.wrap_socket(server.accept()[0], server_side=True) as connection:
                _speak_http2(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with Fetcher(LOOPBACK, user_agent=AGENT) as fetcher:
            for _ in range(3):  # over one connection: nobody accepts another
                found = fetcher.fetch(Request(f"https://127.0.0.1:{server.getsockname()[1]}/feed"), NOW)
                assert (data(found), found.etag) == (FEED, '"h2"')
        thread.join(5)
        assert not thread.is_alive()
