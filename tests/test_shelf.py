"""Versions for subscribers in memory: when they are made, how many, and how long they are kept."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch

import pytest

from db.engine import Engine, open_engine
from db.migrations import upgrade
from db.records import Enclosure
from feeds import log
from feeds.config import Config, parse
from feeds.declare import declare
from feeds.errors import FeedInvalid, UsageError
from feeds.ondemand import Composed, Composer, Narrowing
from feeds.publish import publish
from feeds.web.files import Version
from feeds.web.negotiation import IDENTITY
from feeds.web.shelf import FRESH, INDEX, MOST_BYTES, MOST_KEPT, MOST_WAITING, Shelf
from feeds.web.stock import Limits, Unavailable
from tests.desk import MARKER, NOON, record, tell
from tests.paying import SITE, gated

T = TypeVar("T")
SECOND = timedelta(seconds=1)
LONG = timedelta(seconds=FRESH)


def data(document: Version, coding: str = IDENTITY) -> bytes:
    return document.codings[coding].whole.body


def etag(document: Version) -> bytes:
    return document.codings[IDENTITY].etag


class Desk:
    """A published desk and its shelf. `now` is its present."""

    def __init__(self, folder: Path, config: str = "") -> None:
        self.now = NOON
        self.config: Config = parse(SITE + config, folder / "config.toml")
        self.engine: Engine = open_engine(self.config.database_url)
        upgrade(self.engine)
        declare(self.engine, self.config, NOON)
        self.shelf = Shelf(
            self.engine,
            self.config,
            Composer(self.engine, self.config),
            lambda: self.now,
            now=lambda: (self.now - NOON).total_seconds(),
        )
        self.stock = self.shelf._stock

    def put(self, *records: object, name: str = "doc") -> None:
        tell(self.engine, name, *records, now=self.now)  # type: ignore[arg-type]

    def publish(self) -> None:
        publish(self.engine, self.config, self.now)

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        async def inside() -> T:
            return await work()

        return asyncio.run(inside())

    def get(self, path: str = "all.atom") -> Version:
        found = self.run(lambda: self.shelf.get(path))
        assert found is not None
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    log.configure(0, json=False)  # a command that ran in this process before may have asked for JSON
    desk = Desk(tmp_path)
    desk.put(*gated())
    desk.publish()
    yield desk
    desk.engine.dispose()


def test_a_document_is_kept_until_something_is_published(desk: Desk) -> None:
    first = desk.get()
    assert desk.get() is first
    assert gzip.decompress(data(first, "gzip")) == data(first)
    desk.now += SECOND
    desk.put(record("Lamps go out", url="https://news.example/9", text="No fennel left."), name="b")
    assert desk.get() is first
    desk.publish()
    second = desk.get()
    assert b"fennel" in data(second)
    assert (second.modified, etag(second) != etag(first)) == (desk.now - SECOND, True)
    town = desk.get("sections/harbour.atom")
    desk.now += SECOND
    desk.put(record("Fog", url="https://news.example/10", text="Fog.", sections=("Town",)), name="c")
    desk.publish()
    again = desk.get("sections/harbour.atom")
    assert again is not town, "something was published"
    assert (etag(again), again.modified) == (etag(town), town.modified), "and this is what it was"


def test_what_only_subscribers_see_is_made_anew_after_a_while(desk: Desk) -> None:
    def pilots(name: str) -> object:
        file = Enclosure(f"https://cdn.example/{name}.mp3", "audio/mpeg", 1000)
        text = "The pilots have wormwood in the bay."
        return record("Pilots", url="https://news.example/8", text=text, evidence=(MARKER,), enclosures=(file,))

    desk.put(pilots("before"), name="b")
    desk.publish()
    tree = {path: path.read_bytes() for path in desk.config.public.rglob("*") if path.is_file()}
    first = desk.get()
    assert b"before.mp3" in data(first)
    desk.put(pilots("after"), name="b")
    desk.publish()
    assert tree == {path: path.read_bytes() for path in desk.config.public.rglob("*") if path.is_file()}
    desk.now += LONG - SECOND
    assert b"before.mp3" in data(desk.get())
    desk.now += SECOND
    second = desk.get()
    assert b"after.mp3" in data(second)
    assert (second.modified, second.stamp) == (desk.now - SECOND, first.stamp)
    desk.now += LONG
    assert desk.get().modified == second.modified, "the same bytes keep their time"


def test_a_desk_that_never_published_has_its_feeds(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    first = desk.get()
    assert first.stamp == ()
    assert desk.get() is first
    small = desk.get(INDEX)
    assert (b"content-type", b"text/html; charset=utf-8") in small.codings[IDENTITY].whole.headers
    desk.engine.dispose()


def test_what_is_no_feed_is_none_and_is_not_kept(desk: Desk) -> None:
    assert desk.run(lambda: desk.shelf.get("none.atom")) is None
    assert desk.run(lambda: desk.shelf.get("sections/harbour.none")) is None
    assert list(desk.stock._kept) == []


def test_a_section_that_is_gone_is_forgotten(desk: Desk) -> None:
    assert desk.get("sections/town.atom")
    with patch.object(Composer, "compose", return_value=None):
        desk.now += LONG
        assert desk.run(lambda: desk.shelf.get("sections/town.atom")) is None
    assert desk.stock._bytes == 0


def test_its_limits(desk: Desk) -> None:
    assert desk.stock._limits == Limits(most_bytes=MOST_BYTES, kept=MOST_KEPT, seconds=FRESH, waiting=MOST_WAITING)


def test_a_short_document_is_not_compressed(desk: Desk) -> None:
    said = Composed(data=b"<feed/>", media_type="application/atom+xml", updated=NOON, entries=0)
    with patch.object(Composer, "compose", return_value=said):
        found = desk.get("short.atom")
    assert found.sizes == {IDENTITY: 7}


def test_a_filter_is_another_document(desk: Desk) -> None:
    whole = desk.get()
    asked = Narrowing(query="pilots")
    filtered = desk.run(lambda: desk.shelf.get("all.atom", asked))
    assert filtered is not None
    assert (data(filtered).count(b"<entry"), data(whole).count(b"<entry")) == (1, 5)
    assert b"wormwood" in data(filtered)
    assert b'href="http://news.example/f/private/all.atom?q=pilots" rel="self"' in data(filtered)
    assert desk.run(lambda: desk.shelf.get("all.atom", Narrowing(query="pilots"))) is filtered
    with pytest.raises(UsageError):
        desk.run(lambda: desk.shelf.get("all.atom", Narrowing(query='"pilots')))


def test_what_cannot_be_made_is_the_former_one_or_unavailable(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    with patch.object(Composer, "compose", side_effect=FeedInvalid("too long")), pytest.raises(Unavailable):
        desk.get()
    first = desk.get()
    desk.now += LONG
    with patch.object(Composer, "compose", side_effect=FeedInvalid("too long")):
        assert desk.get() is first
    lines = capsys.readouterr().err.splitlines()
    assert [line.rpartition(" ")[2] for line in lines] == ["kept=false", "kept=true"]
    assert all('path=all.atom error="too long"' in line for line in lines)
