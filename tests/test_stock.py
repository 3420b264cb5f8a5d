"""Documents made when they are asked for: once for all, for how long, how many, and what a failure leaves."""

from __future__ import annotations

import asyncio
import gc
import gzip
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from db.errors import StorageError
from feeds import log
from feeds.errors import FeedInvalid, UsageError
from feeds.manifest import NAME
from feeds.web.files import Version
from feeds.web.negotiation import IDENTITY
from feeds.web.stock import Busy, Limits, Made, Stock, Unavailable
from tests.desk import NOON

T = TypeVar("T")
Key = tuple[str, int]
LIMITS = Limits(most_bytes=10_000, kept=4, seconds=60.0, waiting=2)


class Bench:
    """A stock whose making waits until it may go on, and fails when told to."""

    def __init__(self, root: Path, executor: ThreadPoolExecutor) -> None:
        self.root = root
        self.asked: list[Key] = []
        self.may = threading.Event()
        self.may.set()
        self.data: bytes | None = b"x" * 1000
        self.modified: datetime | None = None
        self.error: Exception | None = None
        self.at = 0.0
        self.stock: Stock[Key] = Stock(self.make, root, LIMITS, executor, failure="thing not made", now=lambda: self.at)
        self.publish()

    def make(self, key: Key) -> Made | None:
        self.asked.append(key)
        assert self.may.wait(10)
        if self.error is not None:
            raise self.error
        return None if self.data is None else Made(self.data, "text/plain", [], self.modified)

    def publish(self) -> None:
        manifest = self.root / NAME
        manifest.write_bytes(b"x" * (manifest.stat().st_size + 1 if manifest.exists() else 1))

    def get(self, number: int = 0) -> Version | None:
        return self.run(lambda: self.stock.get(("all.atom", number)))

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        async def inside() -> T:
            return await work()

        return asyncio.run(inside())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    log.configure(0, json=False)  # a command that ran in this process before may have asked for JSON
    with ThreadPoolExecutor(2) as executor:
        made = Bench(tmp_path, executor)
        yield made
        made.may.set()


def test_a_document_has_its_answers(bench: Bench) -> None:
    found = bench.get()
    assert found is not None
    whole = found.codings[IDENTITY].whole
    assert (found.path, whole.body) == ("all.atom", bench.data)
    assert gzip.decompress(found.codings["gzip"].whole.body) == bench.data
    bench.data = b"short"
    short = bench.get(1)
    assert short is not None
    assert short.sizes == {IDENTITY: 5}


def test_it_is_kept_for_a_time_and_until_something_is_published(bench: Bench) -> None:
    first = bench.get()
    bench.at = LIMITS.seconds - 0.1
    assert bench.get() is bench.stock.fresh(("all.atom", 0)) is first
    bench.at = LIMITS.seconds
    assert bench.stock.fresh(("all.atom", 0)) is None
    second = bench.get()
    assert second is not first
    bench.publish()
    third = bench.get()
    assert third is not second
    (bench.root / NAME).unlink()
    fourth = bench.get()
    assert fourth is not None
    assert (fourth is third, fourth.stamp) == (False, ())
    assert bench.get() is fourth
    assert len(bench.asked) == 4


def test_its_age_counts_from_before_it_was_made(bench: Bench) -> None:
    async def late() -> None:
        bench.may.clear()
        asked = asyncio.ensure_future(bench.stock.get(("all.atom", 0)))
        await asyncio.sleep(0.05)
        bench.at = LIMITS.seconds
        bench.may.set()
        await asked

    bench.run(late)
    assert bench.stock.fresh(("all.atom", 0)) is None


def test_what_was_begun_before_a_publish_is_not_kept_for_after_it(bench: Bench) -> None:
    async def both() -> tuple[Version | None, Version | None]:
        bench.may.clear()
        first = asyncio.ensure_future(bench.stock.get(("all.atom", 0)))
        await asyncio.sleep(0.05)
        bench.publish()
        second = asyncio.ensure_future(bench.stock.get(("all.atom", 0)))
        await asyncio.sleep(0.05)
        bench.may.set()
        return await first, await second

    first, second = bench.run(both)
    assert first is not None
    assert second is not None
    assert first.stamp != second.stamp
    assert len(bench.asked) == 2


def test_the_same_bytes_keep_their_date(bench: Bench) -> None:
    dates = []
    for days, data in enumerate((b"a", b"a", b"b")):
        bench.data, bench.modified = data, NOON + timedelta(days)
        bench.publish()
        found = bench.get()
        assert found is not None
        dates.append(found.modified)
    assert dates == [NOON, NOON, NOON + timedelta(2)]


def test_what_is_none_is_forgotten(bench: Bench) -> None:
    bench.get()
    bench.data = None
    bench.publish()
    assert bench.get() is bench.get() is None
    assert (bench.stock._kept, bench.stock._bytes, len(bench.asked)) == ({}, 0, 3)


def test_the_latest_asked_for_are_kept_within_the_bounds(bench: Bench) -> None:
    for number in (0, 1, 2, 3, 0, 4):
        bench.get(number)
    assert [number for _, number in bench.stock._kept] == [2, 3, 0, 4]
    one = bench.stock._kept["all.atom", 0].cost
    assert bench.stock._bytes == 4 * one
    bench.stock._limits = replace(LIMITS, most_bytes=2 * one)
    bench.get(5)
    assert [number for _, number in bench.stock._kept] == [4, 5]
    bench.data = b"x" * (2 * one)
    assert bench.get(6) is not None, "what is longer than the bound is served, and not kept"
    assert bench.stock._bytes == 0


def test_those_who_ask_together_share_what_is_made(bench: Bench) -> None:
    async def together() -> list[Version | None]:
        bench.may.clear()
        first, *others = (asyncio.ensure_future(bench.stock.get(("all.atom", 0))) for _ in range(6))
        await asyncio.sleep(0.05)
        first.cancel()
        await asyncio.sleep(0)
        bench.may.set()
        return list(await asyncio.gather(*others))

    found = bench.run(together)
    assert found[0] is not None
    assert all(each is found[0] for each in found), "one that goes away takes nothing from the others"
    assert (bench.asked, bench.stock._under_way) == ([("all.atom", 0)], {})


def test_more_than_can_be_made_soon_is_refused(bench: Bench) -> None:
    async def together() -> list[Version | BaseException | None]:
        bench.may.clear()
        asking = [asyncio.ensure_future(bench.stock.get(("all.atom", number))) for number in (0, 1, 2, 0)]
        await asyncio.sleep(0.05)
        bench.may.set()
        return list(await asyncio.gather(*asking, return_exceptions=True))

    assert [type(each) for each in bench.run(together)] == [Version, Version, Busy, Version]
    assert bench.get(2)


@pytest.mark.parametrize("error", [FeedInvalid("too long"), StorageError("too long")])
def test_a_former_one_stays_until_something_is_published(
    bench: Bench, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    first = bench.get()
    bench.error = error
    bench.at = LIMITS.seconds
    assert bench.get() is first
    with pytest.raises(Unavailable):
        bench.get(1)
    bench.publish()
    with pytest.raises(Unavailable):
        bench.get()
    line = 'warning thing not made path=all.atom error="too long" kept='
    assert capsys.readouterr().err.splitlines() == [f"{line}true", f"{line}false", f"{line}false"]
    bench.error = None
    assert bench.get() is not first


def test_who_asks_wrongly_hears_it(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.get()
    bench.at = LIMITS.seconds
    bench.error = UsageError("no date")
    with pytest.raises(UsageError, match="no date"):
        bench.get()
    assert capsys.readouterr().err == ""


def test_a_failure_that_nobody_waits_for_is_forgotten(bench: Bench) -> None:
    heard: list[dict[str, Any]] = []

    async def ask() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: heard.append(context))
        bench.may.clear()
        bench.error = RuntimeError("broken")
        only = asyncio.ensure_future(bench.stock.get(("all.atom", 0)))
        await asyncio.sleep(0.05)
        only.cancel()
        bench.may.set()
        while bench.stock._under_way:
            await asyncio.sleep(0.01)
        # "Task exception was never retrieved" is said when the task is collected.
        del only
        gc.collect()

    asyncio.run(ask())
    assert bench.asked
    assert heard == []


def test_an_end_while_it_is_made(bench: Bench) -> None:
    async def ask() -> None:
        bench.may.clear()
        asyncio.ensure_future(bench.stock.get(("all.atom", 0)))  # noqa: RUF006  # the loop ends it
        await asyncio.sleep(0.05)

    asyncio.run(ask())
    assert bench.stock._under_way == {}
