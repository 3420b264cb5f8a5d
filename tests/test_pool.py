"""Workers that can be killed: one document's trouble is nobody else's."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from feeds import pool as pools
from feeds.errors import ParseError
from feeds.pool import Pool


def task(what: str, *more: Any) -> Any:
    """What a worker of these tests does."""
    if what == "hang":
        while True:
            pass
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "leave":
        os._exit(3)
    if what == "eat":
        return len(b"x" * (2 << 30))
    if what == "refuse":
        raise ParseError("no feed", permanent=True)
    if what == "fail":
        raise ZeroDivisionError("ours")
    return (what, *more, os.getpid())


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    monkeypatch.setattr(pools, "DEADLINE", 1.0)
    made = Pool(task)
    yield made
    made.close()


def ended(pool: Pool, count: int) -> dict[Any, Any]:
    """What ends within seconds, by key."""
    found: dict[Any, Any] = {}
    until = time.monotonic() + 20
    while len(found) < count and time.monotonic() < until:
        found.update(pool.done())
        time.sleep(0.01)
    return found


def test_a_pool_that_broke_down_is_replaced(pool: Pool) -> None:
    pool.call("say")
    broken = pool._pool
    assert broken is not None
    broken.close()  # type: ignore[no-untyped-call]  # the library types the rest
    broken.join()
    assert pool.call("say")[0] == "say"


def test_what_workers_had_when_they_broke_down_is_refused(pool: Pool) -> None:
    pool.submit("lost", "hang")
    broken = pool._pool
    assert broken is not None
    broken.stop()  # type: ignore[no-untyped-call]  # the library types the rest
    assert "broke" in str(ended(pool, 1)["lost"])
    assert pool.pending == 0
    assert pool.call("say")[0] == "say"


def test_where_no_process_starts_each_call_says_so(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        active = True

        def __init__(self, *_given: object, **_named: object) -> None: ...

        def schedule(self, *_given: object, **_named: object) -> None:
            raise OSError(24, "Too many open files")

        def stop(self) -> None: ...

        def join(self) -> None: ...

    with monkeypatch.context() as patched:
        patched.setattr(pools, "ProcessPool", Refusing)
        pool.submit(1, "say")
        pool.submit(2, "say")
        assert {key: type(found) for key, found in ended(pool, 2).items()} == {1: OSError, 2: OSError}
        with pytest.raises(OSError, match="Too many open files"):
            pool.call("say")
        assert pool.pending == 0
    pool.close()
    assert pool.call("say")[0] == "say"


def test_a_worker_whose_master_is_gone_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "DEADLINE", -0.8)
    worker = get_context("fork").Process(target=pools._each, args=(task, [("hang",)]))
    worker.start()
    worker.join(10)
    assert worker.exitcode == -signal.SIGALRM


def test_results_come_under_their_keys(pool: Pool) -> None:
    for number in range(20):
        pool.submit(number, "say", number)
    assert pool.pending == 20
    found = ended(pool, 20)
    assert {key: value[:2] for key, value in found.items()} == {number: ("say", number) for number in range(20)}
    assert len({value[2] for value in found.values()} | {os.getpid()}) > 1
    assert (pool.pending, pool.done()) == (0, [])


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("hang", "takes longer than 1 s"),
        ("die", "its reader died (exit code -9)"),
        ("leave", "its reader died (exit code 3)"),
        ("eat", "takes more than 1024 MB"),
    ],
)
def test_whatever_becomes_of_a_worker_the_next_document_is_read(pool: Pool, what: str, words: str) -> None:
    pool.submit("bad", what)
    for number in range(6):
        pool.submit(number, "say")
    found = ended(pool, 7)
    assert isinstance(found["bad"], ParseError)
    assert words in str(found["bad"])
    assert all(found[number][0] == "say" for number in range(6))


def test_a_refusal_crosses_whole(pool: Pool) -> None:
    with pytest.raises(ParseError, match=r"^no feed$") as caught:
        pool.call("refuse")
    assert caught.value.permanent
    with pytest.raises(ZeroDivisionError, match="ours"):
        pool.call("fail")
    assert pool.call("say")[0] == "say"


def test_what_is_closed_leaves_no_process_and_starts_again(pool: Pool) -> None:
    pid = pool.call("say")[-1]
    pool.submit("hangs", "hang")
    pool.close()
    assert pool.pending == 0
    assert pool.done() == []
    assert not Path(f"/proc/{pid}").exists()
    assert pool.call("say")[0] == "say"


def test_what_waits_goes_together_and_each_has_its_own_end(pool: Pool) -> None:
    for number in range(60):
        pool.submit(number, "fail" if number == 7 else "refuse" if number == 11 else "say", number, weight=10)
    found = ended(pool, 60)
    assert isinstance(found.pop(7), ZeroDivisionError)
    assert isinstance(found.pop(11), ParseError)
    assert {key: value[1] for key, value in found.items()} == {key: key for key in found}


@pytest.mark.parametrize("what", ["hang", "die"])
def test_one_of_a_batch_that_ends_badly_ends_alone(pool: Pool, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "TOGETHER", 0.5)
    for number in range(30):
        pool.submit(number, what if number == 20 else "say", number)
    found = ended(pool, 30)
    assert isinstance(found.pop(20), ParseError)
    assert {key: value[1] for key, value in found.items()} == {key: key for key in found}
    assert pool.pending == 0


def test_large_documents_go_alone(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[int] = []
    begin = pool._begin

    def watched(batch: list[Any]) -> None:
        handed.append(len(batch))
        begin(batch)

    monkeypatch.setattr(pool, "_begin", watched)
    for number in range(20):
        pool.submit(number, "say", weight=600_000 if number % 2 else 10)
    ended(pool, 20)
    assert sum(handed) == 20
    assert max(handed) <= 2


def test_idle_workers_end(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = pool.call("say")[-1]
    pool.rest()
    assert Path(f"/proc/{pid}").exists()
    monkeypatch.setattr(pools, "IDLE", -1.0)
    pool.rest()
    assert not Path(f"/proc/{pid}").exists()
