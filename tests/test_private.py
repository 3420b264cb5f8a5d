"""Feeds for paying readers over real sockets: who gets them, as what, and what nobody can find out."""

from __future__ import annotations

import gzip
import json
import re
import secrets
import sqlite3
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from unittest.mock import patch

import pytest

from db.engine import reading
from db.store import tokens as store
from feeds import log, tokens
from feeds.formats import load
from feeds.ondemand import Composer
from feeds.web import Server
from feeds.web import private as web_private
from feeds.web.answers import Receive, Scope, Send
from feeds.web.private import MOST_WRONG, REALM, Private
from feeds.web.shelf import FRESH, Shelf
from tests.desk import record
from tests.fakes import wait_for
from tests.getting import Got
from tests.paying import BODIES, OPEN, Paying, paying

UNKNOWN = f"{'0' * 16}.{'A' * 43}"
LONG = timedelta(seconds=FRESH)
PROXIES = '[web]\ntrusted_proxies = ["127.0.0.0/8"]\n'


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paying]:
    """One desk for the tests that change nothing, behind a proxy, so that each may be as many clients as it likes."""
    with paying(tmp_path_factory.mktemp("desk"), PROXIES) as desk:
        yield desk


@pytest.fixture(scope="module")
def token(shared: Paying) -> str:
    return shared.token()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Paying]:
    log.configure(0, json=False)  # a command that ran in this process before may have asked for JSON
    with paying(tmp_path, PROXIES) as desk:
        yield desk


def basic(password: str, user: str = "anna") -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def from_elsewhere() -> dict[str, str]:
    """Headers by which a request comes from a client that never asked before."""
    return {"X_Forwarded_For": ".".join(["10", *(str(secrets.randbelow(256)) for _ in range(3))])}


def login(desk: Paying, path: str, password: str, **headers: str) -> Got:
    return desk.ask(path, Authorization=basic(password), **headers)


# --- what is served


def test_a_feed_with_all_its_headers(shared: Paying, token: str) -> None:
    got = shared.ask(f"/p/{token}/all.atom")
    assert got.status == 200
    assert all(word.encode() in got.body for word in (*BODIES, OPEN))
    assert token.encode() not in got.body
    assert b'<link href="http://news.example/f/private/all.atom" rel="self"' in got.body
    assert b'rel="hub"' not in got.body
    headers = got.plain_headers
    assert re.fullmatch(r'"[0-9a-f]{32}"', headers.pop("etag"))
    assert headers.pop("last-modified") == "Mon, 02 Mar 2026 11:59:59 GMT"
    assert headers == {
        "content-type": "application/atom+xml; charset=utf-8",
        "content-length": str(len(got.body)),
        "cache-control": "private, no-cache",
        "vary": "Accept-Encoding, Authorization",
        "x-robots-tag": "noindex, noarchive",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; style-src 'self'; sandbox",
        "cross-origin-resource-policy": "same-origin",
    }


def test_who_logs_in_gets_the_same_bytes(shared: Paying, token: str) -> None:
    by_address = shared.ask(f"/p/{token}/all.atom")
    for user in ("anna", "", "a:b", "Алесь"):
        raw = f"{user}:{token}" if ":" not in user else f"a:{token}"
        got = shared.ask("/private/all.atom", Authorization="basic " + b64encode(raw.encode()).decode())
        assert (got.status, got.body) == (200, by_address.body)
    assert got.plain_headers == by_address.plain_headers


@pytest.mark.parametrize("address", ["p", "private"])
def test_conditional_requests_and_gzip(shared: Paying, token: str, address: str) -> None:
    def ask(method: str = "GET", **headers: str) -> Got:
        if address == "private":
            return shared.ask("/private/all.atom", method, Authorization=basic(token), **headers)
        return shared.ask(f"/p/{token}/all.atom", method, **headers)

    whole, zipped = ask(), ask(Accept_Encoding="gzip, br")
    assert zipped.headers["content-encoding"] == "gzip"
    assert gzip.decompress(zipped.body) == whole.body
    tags = [one.headers["etag"] for one in (whole, zipped)]
    assert tags[1] == f'{tags[0][:-1]}-gzip"'
    for tag, coding in zip(tags, ("identity", "gzip"), strict=True):
        same = ask(If_None_Match=tag, Accept_Encoding=coding)
        assert (same.status, same.body, same.headers["etag"]) == (304, b"", tag)
        assert same.headers["cache-control"] == "private, no-cache"
        assert same.headers["referrer-policy"] == "no-referrer"
    assert ask(If_None_Match=tags[0], Accept_Encoding="gzip").status == 200
    assert [ask(If_Match=tag).status for tag in tags] == [200, 412]
    assert ask(If_Modified_Since=whole.headers["last-modified"]).status == 304
    assert ask(If_Modified_Since="Mon, 02 Mar 2026 11:59:58 GMT").status == 200
    head = ask("HEAD")
    assert (head.status, head.body, head.plain_headers) == (200, b"", whole.plain_headers)


def test_an_https_site_promises_https(tmp_path: Path) -> None:
    with paying(tmp_path, site='[site]\ntitle = "T"\nbase_url = "https://news.example/"\n') as desk:
        got = desk.ask(f"/p/{desk.token()}/all.atom")
    assert got.headers["strict-transport-security"] == "max-age=31536000"


def test_the_page_of_all_feeds_has_links_and_no_token(shared: Paying, token: str) -> None:
    pages = [shared.ask(f"/p/{token}/"), login(shared, "/private/", token)]
    for got in pages:
        assert got.status == 200
        assert got.headers["content-type"] == "text/html; charset=utf-8"
        assert got.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; ")
        assert token.encode() not in got.body
    assert pages[0].body == pages[1].body
    links = re.findall(r'<a class="feed" href="([^"]+)"', pages[0].body.decode())
    suffixes = [load(name).suffix for name in shared.config.publish.formats]
    assert links == [f"{stem}.{each}" for stem in ("all", "sections/harbour", "sections/town") for each in suffixes]
    for link in links:
        got = shared.ask(f"/p/{token}/{link}")
        assert got.status == 200
        assert got.headers["content-security-policy"].endswith(
            "frame-ancestors 'none'" if "html" in link else "sandbox"
        )


@pytest.mark.parametrize("path", ["all.free.atom", "sections/harbour.free.atom"])
def test_feeds_of_free_entries_are_there_too(shared: Paying, token: str, path: str) -> None:
    assert shared.ask(f"/p/{token}/{path}").status == 200


@pytest.mark.parametrize(
    "path",
    ["", "x.atom", "all.xml", "all.rss2", "manifest.json", "feeds.opml", "style.css", "index.html", "all.atom/",
     "/all.atom", "sections//harbour.atom", "../all.atom", "sections/../all.atom", "all%2eatom", "ALL.ATOM",
     "all.atom%00", "p/all.atom", "all.atom;x", "a/" * 12 + "all.atom", "x" * 3000 + ".atom"],
)  # fmt: skip
def test_what_is_no_feed_is_not_found(shared: Paying, token: str, path: str) -> None:
    if path:
        got = shared.ask(f"/p/{token}/{path}")
        assert (got.status, got.body) == (404, b"Not found\n")
        assert login(shared, f"/private/{path}", token).status == 404
    else:
        assert shared.ask(f"/p/{token}").status == 404


def test_filters_are_those_of_public_feeds(shared: Paying, token: str) -> None:
    found = shared.ask(f"/p/{token}/all.atom?q=pilots&x={token}")
    assert (found.status, found.body.count(b"<entry"), b"wormwood" in found.body) == (200, 1, True)
    assert token.encode() not in found.body
    assert login(shared, "/private/all.atom?q=pilots", token).body == found.body
    assert login(shared, "/private/all.atom?%71=pilots", token).body == found.body
    assert shared.ask(f"/p/{token}/?q=pilots").body == shared.ask(f"/p/{token}/").body
    assert shared.ask(f"/p/{token}/none.atom?q=pilots").status == 404
    bad = shared.ask(f"/p/{token}/all.atom?limit=x")
    assert (bad.status, bad.body) == (400, b'limit: "x" is no number from 1 to 200\n')
    assert shared.ask(f"/p/{UNKNOWN}/all.atom?limit=x", **from_elsewhere()).status == 404


# --- who gets nothing


def test_a_wrong_token_is_an_unknown_path(shared: Paying, token: str) -> None:
    public = shared.ask("/no-such-file")
    assert "access-control-allow-origin" not in public.plain_headers
    key, secret = token.split(".")
    revoked, expired = shared.token("revoked"), shared.token("expired", shared.now)
    tokens.revoke(shared.engine, "revoked", shared.now)
    for wrong in (
        UNKNOWN, revoked, expired, key, f"{key}.", f".{secret}", "", "x", f"{key}.{secret}x", f"{key}.{secret[:-1]}",
        f"{key.upper()}.{secret}", token.replace(".", "%2e"), token.replace(".", "%2E"), f"%{ord(key[0]):x}{token[1:]}",
        f"{token}%20", f"%20{token}", f"{token};", f"{token}.", f"x@{token}",
    ):  # fmt: skip
        for path in ("all.atom", "no-such-feed.atom", ""):
            got = shared.ask(f"/p/{wrong}/{path}", **from_elsewhere())
            assert (got.status, got.body) == (404, b"Not found\n")
            assert got.plain_headers == public.plain_headers


@pytest.mark.parametrize("prefix", ["//p", "/P", "/p//", "/./p", "/x/../p", "/%70", "/p%2f", "/PRIVATE", "/private//"])
def test_no_other_spelling_of_the_address_opens(shared: Paying, token: str, prefix: str) -> None:
    separator = "" if prefix.endswith(("/", "%2f")) else "/"
    middle = "" if "rivate" in prefix.lower() else f"{token}/"
    got = shared.ask(f"{prefix}{separator}{middle}all.atom", Authorization=basic(token), **from_elsewhere())
    assert (got.status, got.body) == (404, b"Not found\n")


def test_a_token_opens_in_no_other_place(shared: Paying, token: str) -> None:
    for path in (f"/all.atom?token={token}", f"/p/?{token}/all.atom", f"/{token}/all.atom", f"/p?t={token}"):
        got = shared.ask(path, Authorization=f"Bearer {token}", Cookie=f"token={token}", **from_elsewhere())
        assert not any(word.encode() in got.body for word in BODIES)
    assert shared.ask("/p/x/all.atom", Authorization=basic(token), **from_elsewhere()).status == 404
    assert shared.ask("/private/all.atom", Authorization=f"Bearer {token}", **from_elsewhere()).status == 401


def test_who_does_not_log_in_is_asked_to(shared: Paying, token: str) -> None:
    revoked = shared.token("revoked login")
    tokens.revoke(shared.engine, "revoked login", shared.now)
    bad = [basic(each) for each in (UNKNOWN, revoked, "", token[:-1], token.upper())]
    bad += [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic /w==",
        "Basic " + "A" * 5000,
        "x",
        basic(token)[6:],
        f"{basic(token)}, x",
    ]
    bad += ["Basic " + b64encode(each.encode()).decode() for each in (token, f"{token}:", f":{token} ")]
    answers = [shared.ask(path) for path in ("/private/all.atom", "/private/none.atom", "/private/", "/private")]
    answers += [
        shared.ask(path, Authorization=each, **from_elsewhere())
        for each in bad
        for path in ("/private/all.atom", "/private/none.atom")
    ]
    for got in answers:
        assert (got.status, got.body) == (401, b"Give your token as the password\n")
        assert (
            got.headers["www-authenticate"] == REALM.decode() == 'Basic realm="Feeds for subscribers", charset="UTF-8"'
        )
        assert got.plain_headers == answers[0].plain_headers
    assert got.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
def test_nothing_but_reading(shared: Paying, token: str, method: str) -> None:
    for path in (f"/p/{token}/all.atom", f"/p/{UNKNOWN}/all.atom", "/private/all.atom"):
        got = shared.ask(path, method, Authorization=basic(token))
        assert (got.status, got.headers["allow"]) == (405, "GET, HEAD")
        assert not any(name.startswith("access-control") for name in got.plain_headers)


def test_nothing_is_looked_for_before_the_token_is_right(shared: Paying, token: str) -> None:
    with patch.object(Shelf, "get", autospec=True, side_effect=Shelf.get) as get:
        for path in ("all.atom", "no-such.atom", ""):
            shared.ask(f"/p/{UNKNOWN}/{path}", **from_elsewhere())
            shared.ask(f"/private/{path}", Authorization=basic(UNKNOWN), **from_elsewhere())
        assert get.call_count == 0
        shared.ask(f"/p/{token}/all.atom")
        assert get.call_count == 1


def test_the_time_of_an_answer_tells_nothing_of_a_path(shared: Paying) -> None:
    def taken(path: str) -> float:
        headers = from_elsewhere()
        began = time.perf_counter()
        shared.ask(path, **headers)
        return time.perf_counter() - began

    kinds = {name: f"/p/{UNKNOWN}/{name}" for name in ("all.atom", "sections/harbour.atom", "none.atom", "x" * 20)}
    for _attempt in range(5):  # another process on the same core is no leak
        times: dict[str, list[float]] = {kind: [] for kind in kinds}
        for number in range(60):
            order = list(kinds)[number % 4 :] + list(kinds)[: number % 4]
            for kind in order:
                times[kind].append(taken(kinds[kind]))
        medians = {kind: median(each) for kind, each in times.items()}
        if max(medians.values()) < 1.2 * min(medians.values()):
            return
    pytest.fail(f"one path takes longer than another (s): {medians}")


# --- at once


def test_a_token_ends_with_the_next_request(desk: Paying) -> None:
    token = desk.token("anna")
    assert desk.ask(f"/p/{token}/all.atom").status == 200
    etag = desk.ask(f"/p/{token}/all.atom").headers["etag"]
    again = tokens.rotate(desk.engine, "anna", desk.now, secrets.token_bytes).token
    assert desk.ask(f"/p/{token}/all.atom", If_None_Match=etag).status == 404
    assert desk.ask(f"/p/{again}/all.atom", If_None_Match=etag).status == 304
    tokens.revoke(desk.engine, "anna", desk.now)
    assert desk.ask(f"/p/{again}/all.atom", If_None_Match=etag).status == 404
    assert login(desk, "/private/all.atom", again).status == 401


def test_another_process_ends_a_token(desk: Paying) -> None:
    token = desk.token("anna")
    assert desk.ask(f"/p/{token}/all.atom").status == 200
    with closing(sqlite3.connect(desk.folder / "var" / "feeds.sqlite3")) as other:
        other.execute("UPDATE tokens SET revoked_at = '2026-03-02 12:00:00.000000'")
        other.commit()
    assert desk.ask(f"/p/{token}/all.atom").status == 404


def test_a_token_expires_while_the_server_runs(desk: Paying) -> None:
    token = desk.token("anna", desk.now + LONG)
    assert desk.ask(f"/p/{token}/all.atom").status == 200
    desk.now += LONG
    assert desk.ask(f"/p/{token}/all.atom").status == 404


def test_what_is_new_is_there_once_it_is_published(desk: Paying) -> None:
    path = f"/p/{desk.token()}/all.atom"
    before = desk.ask(path)
    desk.now += LONG / 2
    desk.put(record("Lamps go out", url="https://news.example/9", text="No fennel left.", published=desk.now), name="b")
    assert desk.ask(path).body == before.body
    desk.publish()
    after = desk.ask(path, If_None_Match=before.headers["etag"])
    assert (after.status, b"fennel" in after.body) == (200, True)
    assert after.headers["last-modified"] == "Mon, 02 Mar 2026 12:02:29 GMT"


# --- too often


@contextmanager
def at_one_moment(desk: Paying, now: Callable[[], float] = lambda: 1000.0) -> Iterator[Paying]:
    """The same desk behind a server for which no time goes by but that of `now`."""
    private = Private(desk.engine, desk.config, Composer(desk.engine, desk.config), lambda: desk.now, now=now)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (private.by_token if scope["path"].startswith("/p/") else private.by_login)(scope, receive, send)

    server, port = Server(app, "127.0.0.1", 0), desk.port
    server.start()
    desk.port = int(server.url.rpartition(":")[2].rstrip("/"))
    try:
        yield desk
    finally:
        server.stop()
        desk.port = port


def test_who_is_wrong_too_often_is_not_heard_whatever_the_token(
    desk: Paying, capsys: pytest.CaptureFixture[str]
) -> None:
    token, client = desk.token(), from_elsewhere()
    paths = (f"/p/{token}/all.atom", f"/p/{UNKNOWN}/all.atom", "/p/", "/private/all.atom", "/private/none")
    with at_one_moment(desk):
        for number in range(MOST_WRONG):
            assert desk.ask(paths[0], **client).status == 200, "who is right takes nothing away"
            assert login(desk, paths[1:][number % 4], "x", **client).status in (404, 401)
        answers = [login(desk, path, password, **client) for path in paths for password in (token, UNKNOWN)]
        answers.append(desk.ask("/private/all.atom", **client))
        for got in answers:
            assert (got.status, got.body) == (429, b"Too many wrong tokens; try again later\n")
            assert got.plain_headers == answers[0].plain_headers
        assert 1 <= int(got.headers["retry-after"]) <= 60
        assert desk.ask(paths[0], **from_elsewhere()).status == 200
    said = capsys.readouterr().err
    assert said == f"warning wrong tokens refused client={client['X_Forwarded_For']}\n"


def test_a_proxy_that_is_not_trusted_is_not_taken_for_one_client(tmp_path: Path) -> None:
    with paying(tmp_path) as desk, at_one_moment(desk):
        token = desk.token()
        for _ in range(MOST_WRONG + 1):
            assert desk.ask(f"/p/{UNKNOWN}/all.atom", **from_elsewhere()).status == 404
        assert desk.ask(f"/p/{token}/all.atom", **from_elsewhere()).status == 200
        for _ in range(MOST_WRONG):
            assert desk.ask(f"/p/{UNKNOWN}/all.atom").status == 404
        assert desk.ask(f"/p/{token}/all.atom").status == 429, "without a proxy it is one"


def test_who_does_not_know_yet_that_a_login_is_needed_is_not_wrong(desk: Paying) -> None:
    client = from_elsewhere()
    assert {desk.ask("/private/all.atom", **client).status for _ in range(MOST_WRONG + 5)} == {401}
    assert login(desk, "/private/all.atom", desk.token(), **client).status == 200


# --- what is noted of it


def noted(desk: Paying, token: str) -> tuple[object, int]:
    with reading(desk.engine) as connection:
        record = store.by_key(connection, token[:16])
        assert record is not None
        return record.last_used, store.networks(connection).get(record.id, 0)


def test_use_and_networks_are_noted_by_the_address_that_a_trusted_proxy_tells(desk: Paying) -> None:
    token, other = desk.token(), desk.token()
    for address in ("192.0.2.1", "192.0.2.2", "192.0.3.1", "2001:db8::1"):
        assert desk.ask(f"/p/{token}/all.atom", X_Forwarded_For=address).status == 200
    assert wait_for(lambda: noted(desk, token) == (desk.now, 3))
    desk.ask(f"/p/{token[:17]}{'A' * 43}/all.atom", X_Forwarded_For="198.51.100.1")
    assert noted(desk, other) == (None, 0)
    with reading(desk.engine) as connection:
        rows = connection.exec_driver_sql("SELECT network FROM token_networks").scalars().all()
    assert all(len(row) == 16 and b"192" not in row for row in rows)


def test_nobody_waits_for_a_note_that_cannot_be_written(desk: Paying) -> None:
    token = desk.token()
    with closing(sqlite3.connect(desk.folder / "var" / "feeds.sqlite3")) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert desk.ask(f"/p/{token}/all.atom").status == 200
        assert time.monotonic() - began < 3
    assert wait_for(lambda: noted(desk, token) == (desk.now, 1))


# --- trouble


def test_the_last_good_feed_stays_where_a_new_one_cannot_be_made(
    desk: Paying, capsys: pytest.CaptureFixture[str]
) -> None:
    from feeds.errors import FeedInvalid

    token, seconds = desk.token(), [1000.0]
    with at_one_moment(desk, lambda: seconds[0]):
        before = desk.ask(f"/p/{token}/all.atom")
        seconds[0] += FRESH
        with patch.object(Composer, "compose", side_effect=FeedInvalid("too long")):
            assert desk.ask(f"/p/{token}/all.atom").body == before.body
            got = desk.ask(f"/p/{token}/sections/town.atom")
            assert (got.status, got.body, got.headers["retry-after"]) == (503, b"Busy; try again soon\n", "10")
        assert desk.ask(f"/p/{token}/sections/town.atom").status == 200
    said = capsys.readouterr().err
    assert said.count("warning subscribers' feed not made") == 2
    assert "token" not in said.replace("subscribers", "")


def test_more_tokens_than_can_be_looked_up_are_put_off(desk: Paying, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_private, "MOST_CHECKS", 0)
    for token in (desk.token(), UNKNOWN):
        got = desk.ask(f"/p/{token}/all.atom")
        assert (got.status, got.headers["retry-after"]) == (503, "10")


def test_a_mistake_of_ours_is_one_line_without_the_request(desk: Paying, capsys: pytest.CaptureFixture[str]) -> None:
    token = desk.token()
    with patch.object(Composer, "compose", side_effect=RuntimeError("broken")):
        got = desk.ask(f"/p/{token}/all.atom")
        assert (got.status, got.body) == (500, b"Internal error\n")
    (line,) = capsys.readouterr().err.splitlines()
    assert line == 'error subscriber not answered error="RuntimeError: broken"'


def test_a_database_that_is_gone_is_a_503_for_every_token(desk: Paying, capsys: pytest.CaptureFixture[str]) -> None:
    token = desk.token()
    desk.engine.dispose()
    path = desk.folder / "var" / "feeds.sqlite3"
    path.write_bytes(path.read_bytes()[:100] + bytes(8000))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    answers = [desk.ask(f"/p/{each}/all.atom") for each in (token, UNKNOWN)]
    assert {(got.status, got.body) for got in answers} == {(503, b"Busy; try again soon\n")}
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all("token not looked up" in line and token not in line for line in lines)


def test_many_at_once_get_one_document_that_is_made_once(desk: Paying) -> None:
    token = desk.token()
    with (
        patch.object(Composer, "compose", autospec=True, side_effect=Composer.compose) as compose,
        ThreadPoolExecutor(16) as pool,
    ):
        answers = list(pool.map(lambda _: desk.ask(f"/p/{token}/all.atom"), range(32)))
    assert {got.status for got in answers} == {200}
    assert len({got.body for got in answers}) == 1
    assert compose.call_count == 1


def test_nothing_of_it_is_on_the_disk(desk: Paying) -> None:
    token = desk.token()
    desk.ask(f"/p/{token}/all.atom", Accept_Encoding="gzip")
    for path in desk.config.public.rglob("*"):
        if path.is_file():
            assert not any(word.encode() in path.read_bytes() for word in BODIES)
    assert json.loads((desk.config.public / "manifest.json").read_bytes())
