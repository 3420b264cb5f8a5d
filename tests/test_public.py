"""The published tree over real sockets."""

from __future__ import annotations

import gzip
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from feeds.config import parse
from feeds.output import write_atomic
from feeds.web import Server, public, public_app
from tests.getting import Got, get
from tests.test_files import put

FEED = b"<feed>" + b"\xc5\xbe" * 500 + b"</feed>"
PAGE = b"<!doctype html><title>x</title>"


@dataclass(frozen=True, slots=True)
class Desk:
    root: Path
    port: int

    def ask(self, path: str, method: str = "GET", **headers: str) -> Got:
        return get(self.port, path, method, **headers)

    def raw(self, data: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One server for the module; every test that changes files has names of its own."""
    root = tmp_path_factory.mktemp("site") / "public"
    write_atomic(root, "index.html", PAGE)
    write_atomic(root, "sections/news.atom", FEED)
    running = Server(public_app(root, base_url="https://news.example/f/"), "127.0.0.1", 0)
    running.start()
    yield Desk(root, int(running.url.rpartition(":")[2].rstrip("/")))
    running.stop()


def test_a_feed_with_all_its_headers(shared: Desk) -> None:
    got = shared.ask("/sections/news.atom")
    assert (got.status, got.body) == (200, FEED)
    headers = dict(got.headers.items())
    assert headers.pop("date")
    etag, modified = headers.pop("etag"), headers.pop("last-modified")
    assert etag.startswith('"')
    assert modified.endswith(" GMT")
    assert headers == {
        "content-type": "application/atom+xml; charset=utf-8",
        "content-length": str(len(FEED)),
        "cache-control": "public, max-age=60",
        "vary": "Accept-Encoding",
        "link": '<https://news.example/f/sections/news.atom>; rel="self"',
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "ETag, Last-Modified, Link",
        "cross-origin-resource-policy": "cross-origin",
        "content-security-policy": "default-src 'none'; style-src 'self'; sandbox",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "strict-transport-security": "max-age=31536000",
    }


def test_the_front_page_has_a_policy_for_pages(shared: Desk) -> None:
    for path in ("/", "/index.html"):
        got = shared.ask(path)
        assert (got.status, got.body) == (200, PAGE)
        assert got.headers["content-type"] == "text/html; charset=utf-8"
        policy = got.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self' data:; ")
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert "access-control-allow-origin" not in got.headers
        assert "link" not in got.headers


@pytest.mark.parametrize("kind", public.MEDIA_TYPES)
def test_every_kind_has_its_media_type(shared: Desk, kind: str) -> None:
    write_atomic(shared.root, f"kinds/x.{kind}", b"x")
    assert shared.ask(f"/kinds/x.{kind}").headers["content-type"] == public.MEDIA_TYPES[kind]


def test_the_manifest_is_no_feed(shared: Desk) -> None:
    write_atomic(shared.root, "manifest.json", b"{}")
    got = shared.ask("/manifest.json")
    assert got.headers["content-type"] == "application/json"
    assert "link" not in got.headers
    assert public.Said().media_type("manifest.json") == "application/json"


def test_formats_of_others_have_their_media_types() -> None:
    said = public.Said("http://x.example/", media_types={"txt": "text/plain", "atom": "text/html"})
    assert said.media_type("all.txt") == "text/plain"
    assert said.media_type("all.atom") == public.MEDIA_TYPES["atom"]
    assert said.media_type("all.zip") is None
    assert dict(said.headers("all.txt"))[b"link"] == b'<http://x.example/all.txt>; rel="self"'


def test_a_feed_names_its_hubs_and_an_archive_does_not(tmp_path: Path) -> None:
    hubs = ("https://hub.example/", "https://other.example/hub?x=1")
    both = ", ".join(f'<{hub}>; rel="hub"' for hub in hubs)
    running = Server(public_app(tmp_path, base_url="http://x.example/", hubs=hubs), "127.0.0.1", 0)
    running.start()
    desk = Desk(tmp_path, int(running.url[17:-1]))
    for name, links in {
        "all.atom": f'<http://x.example/all.atom>; rel="self", {both}',
        "all.rss": f'<http://x.example/all.rss>; rel="self", {both}',
        "all.json": f'<http://x.example/all.json>; rel="self", {both}',
        "archive/all/2026-03.atom": '<http://x.example/archive/all/2026-03.atom>; rel="self"',
        "all.html": None,
        "feeds.opml": None,
        "sitemap-news.xml": None,
        "feed.css": None,
    }.items():
        write_atomic(tmp_path, name, FEED)
        got = desk.ask(f"/{name}")
        assert (got.status, got.headers["link"]) == (200, links)
        held = desk.ask(f"/{name}", If_None_Match=got.headers["etag"])
        assert (held.status, held.headers["link"]) == (304, links)
    running.stop()


def test_a_site_with_a_name_of_other_letters_is_served(tmp_path: Path) -> None:
    config = parse('[site]\ntitle = "T"\nbase_url = "https://газета.example/навіны"\n', tmp_path / "config.toml")
    write_atomic(tmp_path, "x.atom", FEED)
    running = Server(public_app(tmp_path, base_url=config.site.base_url), "127.0.0.1", 0)
    running.start()
    got = Desk(tmp_path, int(running.url.rpartition(":")[2].rstrip("/"))).ask("/x.atom")
    running.stop()
    assert got.status == 200
    path = "%D0%BD%D0%B0%D0%B2%D1%96%D0%BD%D1%8B"
    assert got.headers["link"] == f'<https://xn--80aahjj1e.example/{path}/x.atom>; rel="self"'


@pytest.mark.parametrize("base_url", [None, "http://127.0.0.1:8080/"])
def test_https_is_promised_only_where_it_is_used(tmp_path: Path, base_url: str | None) -> None:
    write_atomic(tmp_path, "x.atom", FEED)
    running = Server(public_app(tmp_path, base_url=base_url), "127.0.0.1", 0)
    running.start()
    got = Desk(tmp_path, int(running.url[17:-1])).ask("/x.atom")
    running.stop()
    assert got.status == 200
    assert "strict-transport-security" not in got.headers
    assert got.headers["link"] == (f'<{base_url}x.atom>; rel="self"' if base_url else None)


def test_head_says_what_get_says(shared: Desk) -> None:
    for encoding in ("gzip", "identity"):
        head = shared.ask("/sections/news.atom", "HEAD", Accept_Encoding=encoding)
        get = shared.ask("/sections/news.atom", Accept_Encoding=encoding)
        assert head.body == b""
        assert {**dict(head.headers.items()), "date": ""} == {**dict(get.headers.items()), "date": ""}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/sections/news.atom", "/healthz", "/none"])
def test_other_methods_are_not_allowed(shared: Desk, method: str, path: str) -> None:
    got = shared.ask(path, method)
    assert (got.status, got.headers["allow"]) == (405, "GET, HEAD")
    assert got.headers["x-content-type-options"] == "nosniff"


def test_a_script_of_another_site_may_ask_for_what_is_no_page(shared: Desk) -> None:
    asking = {"Origin": "https://reader.example", "Access_Control_Request_Method": "GET"}
    asking["Access_Control_Request_Headers"] = "if-none-match, x-" + "y" * 5000
    got = shared.ask("/sections/news.atom", "OPTIONS", **asking)
    assert (got.status, got.body) == (204, b"")
    assert {name: value for name, value in got.headers.items() if name.startswith("access-control")} == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, HEAD",
        "access-control-allow-headers": "If-Modified-Since, If-None-Match",
        "access-control-max-age": "86400",
    }
    assert got.headers["x-content-type-options"] == "nosniff"
    for path in ("/", "/index.html", "/none.atom", "/healthz"):
        assert shared.ask(path, "OPTIONS", **asking).status == 405


def test_a_script_of_another_site_learns_what_is_wrong_with_what_it_may_read(shared: Desk) -> None:
    for name in ("sections/wrong.atom", "wrong.html"):
        write_atomic(shared.root, f"gone/{name}", b"")
    (shared.root / "wrong.rss").symlink_to("wrong.rss")
    for path, status, headers, told in (
        ("/none.atom", 404, {}, True),
        ("/sections/wrong.atom", 410, {}, True),
        ("/wrong.rss", 503, {}, True),
        ("/sections/news.atom", 406, {"Accept_Encoding": "identity;q=0"}, True),
        ("/sections/news.atom", 412, {"If_Match": '"x"'}, True),
        ("/index.html", 412, {"If_Match": '"x"'}, False),
        ("/wrong.html", 410, {}, False),
        ("/none", 404, {}, False),
        ("/", 412, {"If_Match": '"x"'}, False),
    ):
        got = shared.ask(path, **headers)
        said = [got.headers[f"access-control-{name}"] for name in ("allow-origin", "expose-headers")]
        assert (path, got.status, said) == (path, status, ["*", "Retry-After"] if told else [None, None])


def test_what_was_published_once_is_gone(shared: Desk) -> None:
    write_atomic(shared.root, "gone/sections/old.atom", b"")
    got = shared.ask("/sections/old.atom")
    assert (got.status, got.body) == (410, b"Gone\n")
    assert got.headers["cache-control"] == "public, max-age=60"
    assert got.headers["content-type"].startswith("text/plain")
    assert shared.ask("/gone/sections/old.atom").status == 404
    write_atomic(shared.root, "sections/old.atom", FEED)
    assert shared.ask("/sections/old.atom").status == 200


def test_a_file_that_cannot_be_read_now_is_no_404(shared: Desk) -> None:
    # A link that leads to itself is there and cannot be read, as is any file when descriptors run out.
    (shared.root / "loop.atom").symlink_to("loop.atom")
    for method in ("GET", "HEAD"):
        got = shared.ask("/loop.atom", method)
        assert (got.status, got.headers["retry-after"]) == (503, "10")
        assert got.headers["cache-control"] == "no-store"
    preflight = shared.ask("/loop.atom", "OPTIONS", Origin="https://x.example", Access_Control_Request_Method="GET")
    assert preflight.status == 204
    (shared.root / "loop.atom").unlink()
    assert shared.ask("/loop.atom").status == 404


def test_a_client_that_takes_nothing_of_what_there_is(shared: Desk) -> None:
    got = shared.ask("/sections/news.atom", Accept_Encoding="identity;q=0, br")
    assert got.status == 406
    assert b"gzip" in got.body
    assert got.headers["vary"] == "Accept-Encoding"


def test_every_coding_is_served_and_remembered_as_its_own(shared: Desk) -> None:
    made = put(shared.root, "coded.atom", FEED)
    tags = set()
    for name, suffix in {"gzip": ".gz", "br": ".br", "zstd": ".zst"}.items():
        got = shared.ask("/coded.atom", Accept_Encoding=name)
        assert (got.status, got.body) == (200, made[suffix])
        assert got.headers["content-encoding"] == name
        assert got.headers["content-length"] == str(len(made[suffix]))
        tag = got.headers["etag"]
        assert shared.ask("/coded.atom", Accept_Encoding=name, If_None_Match=tag).status == 304
        assert shared.ask("/coded.atom", If_None_Match=tag).status == 200
        assert shared.ask(f"/coded.atom{suffix}").status == 404
        tags.add(tag)
    assert len(tags) == 3


def test_healthz(shared: Desk) -> None:
    got = shared.ask("/healthz")
    assert (got.status, got.body, got.headers["cache-control"]) == (200, b"ok", "no-store")
    assert got.headers["content-type"].startswith("text/plain")


TRICKS = (
    "/none.atom", "/sections", "/sections/", "/sections/news", "/sections/news.atom/", "/sections/news.atom/x.atom",
    "//sections/news.atom", "/sections//news.atom", "/./index.html", "/sections/../index.html",
    "/sections/%2e%2e/index.html", "/%2e%2e/secret.atom", "/..%2fsecret.atom", "/%2e%2e%2fsecret.atom",
    "/..%5csecret.atom", "/sections\\news.atom", "/%252e%252e/secret.atom", "/index.html%00", "/index.html%00.atom",
    "/index.html%0a", "/%0aindex.html", "/index%2ehtml%20", "/.hidden.atom", "/sections/.hidden.atom",
    "/%2ehidden.atom",
    "/.broadsheet-0123456789abcdef", "/notes.txt", "/INDEX.HTML", "/index.html.gz",
    "/gone", "/gone/", "/gone/index.html", "/link.atom", "/out/secret.atom",
    "/folder.atom", "/fifo.atom", "/" + "a/" * 50 + "x.atom", "/" + "a" * 300 + ".atom", "/%ff.atom", "/ž.atom",
    "/healthz/", "/index.html;x", "*",
)  # fmt: skip


@pytest.fixture(scope="module")
def traps(shared: Desk) -> Desk:
    root = shared.root
    (root.parent / "secret.atom").write_bytes(b"secret")
    write_atomic(root, "gone/index.html", b"")
    for name in (".hidden.atom", "sections/.hidden.atom", ".broadsheet-0123456789abcdef", "notes.txt"):
        (root / name).write_bytes(b"secret")
    (root / "link.atom").symlink_to("../secret.atom")
    (root / "out").symlink_to("..")
    (root / "folder.atom").mkdir()
    os.mkfifo(root / "fifo.atom")
    return shared


@pytest.mark.parametrize("path", TRICKS)
def test_what_is_not_published_is_not_found(traps: Desk, path: str) -> None:
    answer = traps.raw(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    if not path.isascii() or path == "*":
        assert head.startswith((b"HTTP/1.1 400", b"HTTP/1.1 404"))
        return
    assert head.startswith(b"HTTP/1.1 404 ")
    assert body == b"Not found\n"
    assert b"content-type: text/plain; charset=utf-8" in head
    assert b"nosniff" in head
    assert b"no-store" in head
    assert b"server:" not in head.lower()


def test_a_link_inside_the_tree_is_followed(traps: Desk) -> None:
    (traps.root / "inside.atom").symlink_to("sections/news.atom")
    assert traps.ask("/inside.atom").body == FEED


def test_a_query_changes_nothing(shared: Desk) -> None:
    assert shared.ask("/sections/news.atom?x=../..").body == FEED


def test_gzip_is_a_version_of_its_own_and_always_the_same_bytes(shared: Desk) -> None:
    plain = shared.ask("/sections/news.atom")
    zipped = shared.ask("/sections/news.atom", Accept_Encoding="br, gzip")
    assert gzip.decompress(zipped.body) == FEED
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.headers["vary"] == "Accept-Encoding"
    assert zipped.headers["etag"] == plain.headers["etag"][:-1] + '-gzip"'
    assert zipped.body == gzip.compress(FEED, 6, mtime=0)
    assert "content-encoding" not in shared.ask("/index.html", Accept_Encoding="gzip").headers


@pytest.mark.parametrize(
    ("accepted", "zipped"),
    [
        ("gzip", True),
        ("GZIP;Q=0.5", True),
        ("x-gzip", True),
        ("*", True),
        ("br;q=1, *;q=0.1", True),
        ("gzip;q=nonsense", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("identity", False),
        ("br, zstd", False),
        ("gzipped", False),
        ("", False),
    ],
)
def test_accept_encoding(shared: Desk, accepted: str, zipped: bool) -> None:
    got = shared.ask("/sections/news.atom", Accept_Encoding=accepted)
    assert (got.headers.get("content-encoding") == "gzip") == zipped


def test_if_none_match(shared: Desk) -> None:
    for encoding in ("gzip", "identity"):
        first = shared.ask("/sections/news.atom", Accept_Encoding=encoding)
        etag = first.headers["etag"]
        for value in (etag, f"W/{etag}", f'"x", {etag}', f'W/"x",W/{etag} ,', "*"):
            got = shared.ask("/sections/news.atom", Accept_Encoding=encoding, If_None_Match=value)
            assert (got.status, got.body) == (304, b"")
            for name in ("etag", "vary", "cache-control", "last-modified", "link", "access-control-allow-origin"):
                assert got.headers[name] == first.headers[name]
            assert not {"content-type", "content-encoding", "content-length"} & {name.lower() for name in got.headers}
        for value in ('"x"', etag.strip('"'), "", f"w/{etag}"):
            got = shared.ask("/sections/news.atom", Accept_Encoding=encoding, If_None_Match=value)
            assert (got.status, len(got.body)) == (200, len(first.body))


def test_if_modified_since(shared: Desk) -> None:
    write_atomic(shared.root, "dated.atom", FEED)
    os.utime(shared.root / "dated.atom", (1_767_225_600.9, 1_767_225_600.9))
    ask = shared.ask
    assert ask("/dated.atom").headers["last-modified"] == "Thu, 01 Jan 2026 00:00:00 GMT"
    same, earlier, later = (f"Thu, 01 Jan 2026 00:00:0{x} GMT" for x in (0, 0, 1))
    earlier = "Wed, 31 Dec 2025 23:59:59 GMT"
    assert ask("/dated.atom", If_Modified_Since=same).status == 304
    assert ask("/dated.atom", If_Modified_Since=later).status == 304
    assert ask("/dated.atom", If_Modified_Since="Thu Jan  1 00:00:00 2026").status == 304
    assert ask("/dated.atom", If_Modified_Since=earlier).status == 200
    assert ask("/dated.atom", If_Modified_Since=later, If_None_Match='"x"').status == 200
    for nonsense in ("", "yesterday", "Thu, 99 Jan 2026 00:00:00 GMT", "1" * 100, "Thu, 01 Jan 2026"):
        assert ask("/dated.atom", If_Modified_Since=nonsense).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_wants_no_other_version_gets_none(shared: Desk, method: str) -> None:
    write_atomic(shared.root, "demanded.atom", FEED)
    os.utime(shared.root / "demanded.atom", (1_767_225_600, 1_767_225_600))
    first = shared.ask("/demanded.atom")
    etag, date, before = first.headers["etag"], first.headers["last-modified"], "Wed, 31 Dec 2025 23:59:59 GMT"
    for demands, status in (
        ({"If_Match": etag}, 200),
        ({"If_Match": "*"}, 200),
        ({"If_Match": f'"x", {etag}'}, 200),
        ({"If_Match": etag, "If_Unmodified_Since": before}, 200),
        ({"If_Match": etag, "If_None_Match": etag}, 304),
        ({"If_Unmodified_Since": date}, 200),
        ({"If_Unmodified_Since": "yesterday"}, 200),
        ({"If_Match": '"x"'}, 412),
        ({"If_Match": '"x"', "If_None_Match": etag}, 412),
        ({"If_Match": f"W/{etag}"}, 412),
        ({"If_Match": etag, "Accept_Encoding": "gzip"}, 412),
        ({"If_Unmodified_Since": before}, 412),
        ({"If_Match": '"x"', "Accept_Encoding": "identity;q=0"}, 406),
    ):
        got = shared.ask("/demanded.atom", method, **demands)
        assert (demands, got.status) == (demands, status)
        if status == 412:
            assert got.body == (b"Precondition failed: this is another version\n" if method == "GET" else b"")
            assert got.headers["cache-control"] == "no-store"
    assert shared.ask("/none.atom", If_Match="*").status == 404


def test_a_replaced_file_is_served_at_once_and_a_removed_one_is_gone(shared: Desk) -> None:
    etags = set()
    for number in range(20):
        body = b"%02d" % number * 200
        write_atomic(shared.root, "turns.atom", body)
        got = shared.ask("/turns.atom")
        assert got.body == body
        etags.add(got.headers["etag"])
    assert len(etags) == 20
    (shared.root / "turns.atom").unlink()
    assert shared.ask("/turns.atom").status == 404
    write_atomic(shared.root, "turns.atom", body)
    assert shared.ask("/turns.atom").headers["etag"] in etags


def test_a_file_replaced_by_a_link_to_the_outside_is_gone(traps: Desk) -> None:
    write_atomic(traps.root, "swap.atom", FEED)
    assert traps.ask("/swap.atom").status == 200
    (traps.root / "swap.atom").unlink()
    (traps.root / "swap.atom").symlink_to("../secret.atom")
    assert traps.ask("/swap.atom").status == 404
