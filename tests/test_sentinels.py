"""What must not get out is looked for in every byte: tokens in what a server leaves behind, gated bodies in what the
public gets."""

from __future__ import annotations

import gzip
import secrets
import signal
import socket
import sqlite3
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from unittest.mock import patch
from urllib.parse import unquote

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard

from feeds import log
from feeds.formats import BUILT_IN, load
from feeds.ondemand import Composer
from feeds.web.private import MOST_WRONG
from tests.command import DOCUMENT, FEEDS, SEEDS, Folder
from tests.fakes import free_port, wait_for
from tests.paying import BODIES, OPEN, PARTS, Paying, paying

# --- tokens


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: its path as it is sent, and its headers."""

    path: str
    headers: tuple[tuple[str, str], ...] = ()
    method: str = "GET"


def basic(text: str) -> tuple[str, str]:
    return ("Authorization", "Basic " + b64encode(text.encode()).decode())


def asks(token: str) -> Iterator[Ask]:
    """Every way in which a reader, its software or a stranger may send `token`."""
    key, secret = token.split(".")
    for path in (
        "all.atom",
        "",
        "none.atom",
        "sections/politics.atom",
        "all.atom?q=ferry",
        "x%0d%0ay.atom",
        "all.atom%",
    ):
        yield Ask(f"/p/{token}/{path}")
        yield Ask(f"/private/{path}", (basic(f"anna:{token}"),))
    for path in (
        f"/P/{token}/all.atom", f"//p/{token}/all.atom", f"/p//{token}/all.atom", f"/p/{token}//all.atom",
        f"/p/{token.replace('.', '%2e')}/all.atom", f"/p%2f{token}%2fall.atom", f"/%70/{token}/all.atom",
        f"/{token}/all.atom", f"/{token}", f"/p/x/{token}", f"/all.atom?token={token}", f"/all.atom?q={token}",
        f"/none.atom?{token}", f"/sections/{token}.atom", f"/p/{secret}/all.atom", f"/p/{key}/{secret}.atom",
        f"/p/{token}x/all.atom", f"/p/{token}.atom", f"/p/../p/{token}/all.atom", f"/p/{token}/../{token}/all.atom",
        f"http://127.0.0.1/p/{token}/all.atom", f"/private/{token}", f"/private/?{token}", f"/healthz?{token}",
        f"/p/{''.join(f'%{ord(letter):02x}' for letter in token)}/all.atom", f"/hub?hub.callback=http://h/p/{token}/",
        f"/p/{token}", f"/p/{token.upper()}/all.atom", f"/p/{token}/{'x' * 3000}",
    ):  # fmt: skip
        yield Ask(path)
    for header in (
        basic(token), basic(f"{token}:"), basic(f":{token}x"), ("Authorization", f"Bearer {token}"),
        ("Authorization", token), ("Authorization", f"Basic {token}"), ("Cookie", f"token={token}"),
        ("Referer", f"http://127.0.0.1/p/{token}/"), ("User-Agent", token), ("If-None-Match", f'"{token}"'),
        ("If-Modified-Since", token), ("Accept-Encoding", token), ("X-Forwarded-For", token), ("Host", token),
        ("Range", f"bytes={token}"), ("Origin", f"http://127.0.0.1/p/{token}"), (f"X-{token}", "y"),
    ):  # fmt: skip
        yield Ask("/private/all.atom", (header,))
        yield Ask("/all.atom", (header,))
    for method in ("HEAD", "POST", "PUT", "OPTIONS", "DELETE"):
        yield Ask(f"/p/{token}/all.atom", method=method)


def broken(token: str) -> Iterator[bytes]:
    """The same as no HTTP at all."""
    path = f"/p/{token}/all.atom".encode()
    yield b"GET " + path + b"\r\n\r\n"
    yield b"GET " + path + b" HTTP/9.9\r\n\r\n"
    yield b"GET  " + path + b" HTTP/1.1\r\n\r\n"
    yield b"G\x00T " + path + b" HTTP/1.1\r\n\r\n"
    yield b"GET " + path + b"\xff HTTP/1.1\r\nHost: x\r\n\r\n"
    yield b"GET " + path + b" HTTP/1.1\r\nno colon " + token.encode() + b"\r\n\r\n"
    yield b"GET " + path + b" HTTP/1.1\r\nX: " + token.encode() * 1000 + b"\r\n\r\n"
    yield b"GET " + path + token.encode() * 1000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    yield b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: " + token.encode() + b"\r\n\r\n"
    yield b"POST " + path + b" HTTP/1.1\r\nContent-Length: x\r\n\r\n" + token.encode()
    yield b"GET //" + token.encode() + b":x@y" + path + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    yield token.encode() + b"\r\n\r\n"


def spellings(token: str) -> list[bytes]:
    """How a secret may look where it was left."""
    secret = token.split(".")[1]
    coded = b64encode(f"anna:{token}".encode())
    # Base64 of a text depends on what stands before it: cut to what is the same in three ways.
    shifted = [b64encode(b"x" * shift + secret.encode())[4:-4] for shift in range(3)]
    return [secret.encode(), secret.upper().encode(), secret[5:35].encode(), coded, coded[24:-4], *shifted]


def send(port: int, ask: Ask, client: str | None = None) -> bytes:
    """Sends one request, for `client` as a proxy would; returns all that is answered, status and headers included."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.putrequest(
            ask.method, ask.path, skip_accept_encoding=True, skip_host=any(h == "Host" for h, _ in ask.headers)
        )
        for name, value in ask.headers:
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        return f"{response.status} {response.headers}".encode() + response.read()


def send_raw(port: int, data: bytes) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))
    except ConnectionError:
        return b""


def test_no_token_is_left_anywhere_whatever_is_asked(tmp_path: Path) -> None:
    """A real server, at its most talkative, is asked in every way; then all that it said and wrote is searched."""
    port = free_port()
    desk = Folder(tmp_path).config(f'{SEEDS}[web]\nport = {port}\ntrusted_proxies = ["127.0.0.0/8"]\n')
    desk.seed("1.txt", DOCUMENT)
    assert desk.run("update").code == 0
    live, revoked, expired = (desk.start("tokens", "create", name, "--json").json["token"] for name in ("a", "b", "c"))
    desk.run("tokens", "revoke", "b")
    with closing(sqlite3.connect(tmp_path / "var" / "feeds.sqlite3")) as database:
        database.execute("UPDATE tokens SET expires_at = created_at WHERE name = 'c'")
        database.commit()
    answers = []
    with open(tmp_path / "said.txt", "wb") as said:
        process = subprocess.Popen(
            [FEEDS, "run", "-vv", "--json"], cwd=tmp_path, env=desk.environment, stdout=said, stderr=said
        )
        try:
            assert wait_for(lambda: _answers(port), 30)
            assert send(port, Ask(f"/p/{live}/all.atom")).startswith(b"200 ")
            clients = (f"10.0.{number >> 8}.{number & 255}" for number in count())
            for token in (live, revoked, expired):
                for ask in asks(token):
                    answer = send(port, ask, next(clients))
                    # What a filter of a public feed is named after is what its reader asked for.
                    answers += [answer] if "?" not in ask.path else []
                answers += [send_raw(port, each) for each in broken(token)]
            tries = (send(port, Ask(f"/p/{revoked}/all.atom"), "192.0.2.1") for _ in range(3 * MOST_WRONG))
            assert any(answer.startswith(b"429 ") for answer in tries)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()
            process.wait()
    wanted = [each for token in (live, revoked, expired) for each in spellings(token)]
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        data = path.read_bytes()
        assert not [each for each in wanted if each in data], path
    log = (tmp_path / "said.txt").read_bytes()
    assert b"server started" in log
    assert log.count(b"wrong tokens refused") == 1
    for answer in answers:
        assert not [each for each in wanted if each in answer]


def test_the_filter_of_the_log_would_take_out_what_is_asked() -> None:
    """Were a request ever logged: in the way it came, as it is understood, or as a program prints it."""
    token = f"{secrets.token_hex(8)}.{secrets.token_urlsafe(32)}"
    said = [repr(each) for each in broken(token)]
    for ask in asks(token):
        said += [ask.path, unquote(ask.path), repr(ask.path.encode())]
        said.append(repr([(name.lower().encode(), value.encode()) for name, value in ask.headers]))
    # A secret without its id looks like any other word.
    said = [each for each in said if f"/{token.split('.')[1]}" not in each]
    assert len(said) > 100
    for each in said:
        assert not [wanted for wanted in spellings(token) if wanted in log.redact(each).encode()], each


def _answers(port: int) -> bool:
    try:
        return send(port, Ask("/healthz")).startswith(b"200 ")
    except OSError:
        return False


# --- gated bodies

SAVED = """
[[saved]]
name = "probe"
query = "wormwood OR hyssop OR tansy OR borage"
[[saved]]
name = "open"
query = "marigold"
[[saved]]
name = "premium"
access = "premium"
"""


FORMATS = list(BUILT_IN)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paying]:
    with paying(tmp_path_factory.mktemp("desk"), f"[publish]\nformats = {FORMATS}\n{SAVED}") as desk:
        yield desk


def unpacked(path: Path) -> bytes:
    """A file of the tree, whatever it is packed in."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.suffix == ".br":
        return bytes(brotli.decompress(data))
    if path.suffix == ".zst":
        return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return data


def leaked(data: bytes) -> list[str]:
    """Words of gated entries in `data`, in any case: a title made of a body begins with a capital."""
    return [word for word in (*BODIES, *PARTS) if word.encode() in data.lower()]


def test_no_gated_body_is_in_any_byte_of_the_published_tree(desk: Paying) -> None:
    files = [path for path in desk.config.public.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} > {".atom", ".gz", ".br", ".zst", ".html", ".json", ".opml"}
    assert {str(path): leaked(unpacked(path)) for path in files} == {str(path): [] for path in files}
    assert any(OPEN.encode() in unpacked(path) for path in files)


@pytest.mark.parametrize("name", FORMATS)
def test_subscribers_get_the_bodies_in_every_format_and_the_public_in_none(desk: Paying, name: str) -> None:
    suffix, token = load(name).suffix, desk.token()
    own = {
        "all": BODIES, "sections/harbour": BODIES[:3], "sections/town": BODIES[3:], "saved/premium": BODIES[:2],
        "saved/probe": (),
    }  # fmt: skip
    for stem, words in own.items():
        private, public = desk.ask(f"/p/{token}/{stem}.{suffix}"), desk.ask(f"/{stem}.{suffix}")
        assert (private.status, public.status) == (200, 200)
        assert [word for word in words if word.encode() not in private.body] == []
        assert token.encode() not in private.body
        assert len(leaked(private.body)) >= len(words)
        assert leaked(public.body) == []
        assert f"private/{stem}.{suffix}".encode() in private.body or name == "html"
    assert b"fileword.mp3" in desk.ask(f"/p/{token}/all.{suffix}").body
    assert OPEN.encode() in desk.ask(f"/all.{suffix}").body


@pytest.mark.parametrize(
    "query",
    [
        "q={0}", "q=title:{0}", "q=-{0}", "q={0}%20OR%20pilots", "q={0}&access=premium", "access=premium", "limit=200",
        "access=registration", "access=unknown", "source=harbour", "since=2026-01", "q=access:premium&format=full",
        "full=1", "audience=subscriber",
    ],
)  # fmt: skip
def test_no_filter_of_a_public_feed_tells_of_a_gated_body(desk: Paying, query: str) -> None:
    """The beginning of a word of a gated body finds what the beginning of no word at all finds."""
    for stem in ("all", "sections/harbour", "sections/town", "saved/open"):
        nothing = desk.ask(f"/{stem}.atom?{query.format('zzzz*')}")
        for word in BODIES:
            got = desk.ask(f"/{stem}.atom?{query.format(f'{word[:4]}*')}")
            assert leaked(got.body) == []
            assert (got.status, got.body.count(b"<entry")) == (nothing.status, nothing.body.count(b"<entry"))


def test_no_gated_body_is_logged(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log.configure(2, json=True)
    try:
        with paying(tmp_path) as desk:
            token = desk.token()
            for path in ("all.atom", "sections/harbour.atom", "none.atom"):
                desk.ask(f"/p/{token}/{path}")
            with patch.object(Composer, "compose", side_effect=RuntimeError("broken")):
                desk.ask(f"/p/{token}/sections/town.atom")
    finally:
        log.configure(0, json=False)
    out, err = capfd.readouterr()
    assert "RuntimeError: broken" in err
    assert leaked((out + err).encode()) == []
    assert token not in out + err
