"""Filters in addresses over real sockets: what they answer, what is kept of it, and for how long."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import feedparser
import pytest

from db.errors import StorageError
from db.records import Access
from feeds.config import parse
from feeds.declare import declare
from feeds.errors import FeedInvalid, UsageError
from feeds.ondemand import Composed, Composer, Narrowing
from feeds.web import Server, filtered
from feeds.web.answers import Message, Scope
from feeds.web.app import web_app
from feeds.web.filtered import KEPT, KEPT_BYTES, KEPT_FOR, WAITING, Filtered, narrowing
from feeds.web.public import Said, public_app
from tests.command import SITE
from tests.desk import new_engine, record
from tests.test_ondemand import fill
from tests.test_public import Desk
from tests.tree import NOW, Tree, titles

WEB = "[web]\nper_minute = 0\n"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (b"", None),
        (b"utm_source=x", None),
        (b"q=&limit=", None),
        (b"qq=x&xq=y", None),
        (b"utm_source=x&" + b"y" * 5000, None),
        (b"q=ferry", Narrowing(query="ferry")),
        (b"utm_source=x&q=ferry%20boat&limit=3", Narrowing(query="ferry boat", limit=3)),
        (b"q=%D0%BF%D0%B0%D1%80%D0%BE%D0%BC", Narrowing(query="паром")),
        (b"q=%ff", Narrowing(query="\ufffd")),
        (b"q=%20", None),
        (b"%71=ferry", Narrowing(query="ferry")),
        (b"x=1&%6cimi%74=3", Narrowing(limit=3)),
        (b"%6Cimit=3", Narrowing(limit=3)),
        (b"%71=", None),
        (b"%2571=ferry", None),
        (b"%51=ferry&+q=ferry&x%26q=ferry", None),
    ],
)
def test_what_an_address_asks_for(query: bytes, found: Narrowing | None) -> None:
    assert narrowing(query) == found


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (b"q=a&" + b"x" * 2000, "the address is too long: 2004 bytes"),
        (b"q=a" + b"&x=1" * 60, "more than 50 arguments"),
        (b"limit=many", "no number"),
        (b"limit=1&l%69mit=2", "limit is given twice"),
    ],
)
def test_what_it_cannot_ask_for(query: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        narrowing(query)


# --- over HTTP


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    config = parse(SITE + WEB, tmp_path / "config.toml")
    engine = new_engine(tmp_path)
    declare(engine, config, NOW)
    found = Tree(engine, config, tmp_path)
    fill(found)
    found.publish()
    yield found
    engine.dispose()


@pytest.fixture
def desk(tree: Tree) -> Iterator[Desk]:
    running = Server(web_app(tree.engine, tree.config, lambda: NOW), "127.0.0.1", 0)
    running.start()
    yield Desk(tree.config.public, int(running.url[17:-1]))
    running.stop()


def test_a_filter_has_all_that_a_feed_has(desk: Desk) -> None:
    got = desk.ask("/sections/sea.atom?q=ferry")
    assert got.status == 200
    assert titles(got.body) == ["Ferry runs again"]
    plain = desk.ask("/sections/sea.atom")
    same = set(dict(plain.headers.items())) - {"last-modified"}
    assert set(dict(got.headers.items())) == same
    for name in same - {"etag", "content-length", "link", "date"}:
        assert got.headers[name] == plain.headers[name]
    assert got.headers["link"] == '<http://127.0.0.1:8080/sections/sea.atom?q=ferry>; rel="self"'
    assert feedparser.parse(got.body).feed.links[0].href == "http://127.0.0.1:8080/sections/sea.atom?q=ferry"
    assert desk.ask("/sections/sea.atom?%71=ferry").body == got.body
    head = desk.ask("/sections/sea.atom?q=ferry", "HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(got.body)))
    zipped = desk.ask("/sections/sea.atom?q=ferry", Accept_Encoding="gzip, br")
    assert gzip.decompress(zipped.body) == got.body
    for coding, tag in (("identity", got.headers["etag"]), ("gzip", zipped.headers["etag"])):
        held = desk.ask("/sections/sea.atom?q=ferry", Accept_Encoding=coding, If_None_Match=tag)
        assert (held.status, held.body) == (304, b"")
    later = "Fri, 01 Jan 2100 00:00:00 GMT"
    assert desk.ask("/sections/sea.atom?q=ferry", If_Modified_Since=later).status == 200
    assert desk.ask("/sections/sea.atom?q=ferry", "POST").status == 405


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/all.atom?limit=1", ["Ferry runs again"]),
        ("/all.free.atom?limit=5", ["Ferry runs again", "Storm warning"]),
        ("/all.atom?access=premium&utm_campaign=x", ["Ferry sold"]),
        ("/all.atom?since=24h&source=s", ["Ferry runs again"]),
        ("/all.atom?utm_source=reader", ["Ferry runs again", "Bridge opens", "Storm warning", "Ferry sold"]),
    ],
)
def test_filters(desk: Desk, path: str, found: list[str]) -> None:
    assert titles(desk.ask(path).body) == found


def test_a_file_that_is_no_feed_is_served_as_it_is(desk: Desk) -> None:
    for path in ("/", "/index.html", "/feeds.opml", "/manifest.json"):
        assert desk.ask(f"{path}?q=ferry").body == desk.ask(path).body
        assert desk.ask(path).status == 200


def test_there_is_no_filter_of_what_there_is_not(desk: Desk) -> None:
    (desk.root / "gone").mkdir()
    (desk.root / "gone" / "old.atom").write_bytes(b"")
    assert desk.ask("/none.atom?q=ferry").status == 404
    assert desk.ask("/old.atom?q=ferry").status == 410
    assert desk.ask("/none.txt?q=ferry").status == 404


@pytest.mark.parametrize("query", ["limit=0", "q=%22ferry", "access=x", "since=soon", "q=a&q=b", "q=..."])
def test_a_filter_that_is_none_is_one_line(desk: Desk, query: str) -> None:
    got = desk.ask(f"/all.atom?{query}")
    assert got.status == 400
    assert got.headers["content-type"] == "text/plain; charset=utf-8"
    assert got.body.count(b"\n") == 1
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["access-control-allow-origin"] == "*"
    assert desk.ask(f"/all.html?{query}").headers["access-control-allow-origin"] is None


def test_a_polyglot_stays_text(desk: Desk) -> None:
    for name in ("q", "access", "source", "since", "limit"):
        got = desk.ask(f"/all.atom?{name}=%22%3E%3Cscript%3Ealert(1)%3C/script%3E%0d%0aSet-Cookie:x")
        assert "set-cookie" not in got.headers
        assert got.headers["x-content-type-options"] == "nosniff"
        assert b"<script" not in got.body or got.headers["content-type"].startswith("text/plain")


def test_what_is_published_is_seen_at_once(desk: Desk, tree: Tree) -> None:
    assert titles(desk.ask("/all.atom?q=ferry").body) == ["Ferry runs again", "Ferry sold"]
    tree.put(record("Ferry lost", sections=("Sea",), access=Access.FREE, dated=NOW), name="third")
    tree.publish()
    assert titles(desk.ask("/all.atom?q=ferry").body) == ["Ferry lost", "Ferry runs again", "Ferry sold"]


def test_a_gated_body_is_neither_found_nor_shown(desk: Desk, tree: Tree) -> None:
    tree.put(record("Ferry kept", text="The SENTINEL swims.", access=Access.PREMIUM, sections=("Sea",)), name="third")
    tree.publish()
    for query in ("q=sentinel", "q=swims", "q=ferry", "access=premium", "limit=100", "source=s", "since=2020"):
        got = desk.ask(f"/all.atom?{query}")
        assert got.status == 200
        assert b"SENTINEL" not in got.body
        assert b"swims" not in got.body.replace(b"q=swims", b"")
    assert titles(desk.ask("/all.atom?q=swims").body) == []


# --- what is kept


@dataclass(slots=True)
class Composing(Composer):
    """A composer that says what it was asked for, waits until it may go on, and fails when told to."""

    engine: None = None  # type: ignore[assignment]
    config: None = None  # type: ignore[assignment]
    asked: list[str] = field(default_factory=list)
    may: threading.Event = field(default_factory=threading.Event)
    size: int = 1000
    error: Exception | None = None

    def compose(self, path: str, now: datetime, **narrowing: object) -> Composed | None:
        asked = narrowing["narrowing"]
        assert isinstance(asked, Narrowing)
        self.asked.append(asked.address)
        self.may.wait(10)
        if self.error is not None:
            raise self.error
        data = f"{path}?{asked.address} {len(self.asked)} ".encode().ljust(self.size, b"x")
        return Composed(data=data, media_type="application/atom+xml", updated=now, entries=0)


class Time:
    at = 0.0

    def __call__(self) -> float:
        return self.at


@dataclass(slots=True)
class Bench:
    """The application alone, on a loop of the test."""

    root: Path
    composer: Composing
    app: Filtered
    time: Time

    async def ask(self, query: str, path: str = "/all.atom") -> tuple[int, bytes]:
        """Status and body; a feed, or what is wrong with it, is for scripts of other sites, too."""
        sent: list[Message] = []
        scope: Scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": []}

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            raise AssertionError

        ready = self.app.at_once(scope)
        if ready is not None:
            return ready.headers.status, ready.body
        await self.app(scope, receive, send)
        assert dict(sent[0]["headers"])[b"access-control-allow-origin"] == b"*"
        return sent[0]["status"], sent[1]["body"]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    composer, time = Composing(), Time()
    composer.may.set()
    said = Said("http://x.example/")
    (tmp_path / "manifest.json").write_bytes(b"{}")
    with ThreadPoolExecutor(2) as executor:
        rest = public_app(tmp_path)
        app = Filtered(composer, rest, said, tmp_path, lambda: NOW, executor=executor, now=time)
        yield Bench(tmp_path, composer, app, time)


def test_equal_filters_are_made_once(bench: Bench) -> None:
    async def ask() -> set[tuple[int, bytes]]:
        bench.composer.may.clear()
        queries = ["q=a&limit=2", "limit=2&q=+a", "utm=1&q=a&limit=2&access="] * 3
        asking = [asyncio.ensure_future(bench.ask(query)) for query in queries]
        await asyncio.sleep(0.05)
        bench.composer.may.set()
        return {await each for each in asking}

    assert len(asyncio.run(ask())) == 1
    assert bench.composer.asked == ["q=a&limit=2"]
    asyncio.run(bench.ask("q=a&limit=2"))
    assert bench.composer.asked == ["q=a&limit=2"]


def test_it_is_made_anew_after_a_minute_and_when_something_is_published(bench: Bench) -> None:
    def count() -> int:
        assert asyncio.run(bench.ask("q=a"))[0] == 200
        return len(bench.composer.asked)

    assert [count(), count()] == [1, 1]
    bench.time.at = KEPT_FOR - 0.1
    assert count() == 1
    bench.time.at = KEPT_FOR
    assert [count(), count()] == [2, 2]
    (bench.root / "manifest.json").write_bytes(b"{} ")
    assert [count(), count()] == [3, 3]
    (bench.root / "manifest.json").unlink()
    assert [count(), count()] == [4, 4]


def test_what_is_kept_is_bounded(bench: Bench) -> None:
    async def ask(numbers: range) -> None:
        for number in numbers:
            await bench.ask(f"q=w{number}")
            assert bench.app._stock._bytes <= KEPT_BYTES
            assert bench.app._stock._bytes == sum(one.cost for one in bench.app._stock._kept.values())

    asyncio.run(ask(range(KEPT + 20)))
    assert len(bench.app._stock._kept) == KEPT
    bench.composer.size = KEPT_BYTES // 4
    asyncio.run(ask(range(1000, 1010)))
    assert len(bench.app._stock._kept) <= 4
    bench.composer.size = KEPT_BYTES + 1
    assert asyncio.run(bench.ask("q=huge"))[0] == 200
    assert bench.app._stock._bytes == 0


def test_too_many_at_once_are_sent_away(bench: Bench) -> None:
    async def ask() -> list[int]:
        bench.composer.may.clear()
        asking = [asyncio.ensure_future(bench.ask(f"q=w{number}")) for number in range(WAITING + 3)]
        again = asyncio.ensure_future(bench.ask("q=w0"))
        await asyncio.sleep(0.05)
        bench.composer.may.set()
        return [(await each)[0] for each in (*asking, again)]

    statuses = asyncio.run(ask())
    assert statuses == [200] * WAITING + [503] * 3 + [200]
    assert asyncio.run(bench.ask("q=new"))[0] == 200


def test_who_goes_away_takes_it_from_nobody(bench: Bench) -> None:
    async def ask() -> tuple[int, bytes]:
        bench.composer.may.clear()
        first, second = (asyncio.ensure_future(bench.ask("q=a")) for _ in range(2))
        await asyncio.sleep(0.05)
        first.cancel()
        await asyncio.sleep(0)
        bench.composer.may.set()
        return await second

    assert asyncio.run(ask())[0] == 200
    assert len(bench.composer.asked) == 1


@pytest.mark.parametrize("error", [FeedInvalid("one entry alone"), StorageError("no database")])
def test_what_cannot_be_made_is_an_answer_and_not_kept(bench: Bench, error: Exception) -> None:
    bench.composer.error = error
    assert asyncio.run(bench.ask("q=a")) == (503, b"This cannot be made now; try again\n")
    bench.composer.error = None
    assert asyncio.run(bench.ask("q=a"))[0] == 200


def test_the_rest_is_asked_where_nothing_is_filtered(bench: Bench) -> None:
    (bench.root / "all.atom").write_bytes(b"plain")
    assert asyncio.run(bench.ask("x=1")) == asyncio.run(bench.ask("")) == (200, b"plain")
    assert bench.composer.asked == []
    scope: Scope = {"method": "GET", "path": "/all.atom", "query_string": b"", "headers": []}
    ready = bench.app.at_once(scope)
    assert ready is not None
    assert ready.body == b"plain"
    for query in (b"q=a", b"limit=0", b"x=1"):
        assert bench.app.at_once({**scope, "query_string": query}) is None
    assert filtered.THREADS == 2
