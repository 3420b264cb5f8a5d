"""SIGTERM in the middle of a poll of a thousand slow sources: soon gone, nothing lost, nothing asked twice."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.command import Folder
from tests.fakes import free_port, wait_for
from tests.running import running

pytestmark = pytest.mark.fault

SOURCES, QUICK = 1000, 100
SLOW = 30.0
"""Seconds after which a server answers, unless it is one of those that answer at once."""


class Slow:
    """A thousand hosts at one port: each a feed with one entry. It counts who was asked, and who was answered."""

    def __init__(self) -> None:
        self.asked: Counter[int] = Counter()
        self.answered: Counter[int] = Counter()
        self.is_slow = True

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
            number = int(line.strip(b"/"))
            self.asked[number] += 1
            if self.is_slow and number >= QUICK:
                await asyncio.sleep(SLOW)
            body = (
                f'<rss version="2.0"><channel><title>s{number}</title><item><title>Headline {number} of the day</title>'
                f"<link>https://s{number}.example/{number}</link><guid>g{number}</guid></item></channel></rss>"
            ).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
            self.answered[number] += 1
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away, which is what this is about
        finally:
            writer.close()


@contextmanager
def serving(port: int) -> Iterator[Slow]:
    """The hosts s0.localhost, s1.localhost, ... at `port`."""
    slow, loop = Slow(), asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(slow, "127.0.0.1", port, backlog=2048))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def end() -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    try:
        yield slow
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def working(desk: Folder) -> Iterator[subprocess.Popen[str]]:
    """`feeds run` until the block ends. What it logs is read, lest the pipe be full and it wait for that."""
    with running(desk) as (process, _url):
        assert process.stdout is not None
        reader = threading.Thread(target=deque, args=(process.stdout, 0))
        reader.start()
        yield process
        process.kill()
        reader.join()


def stored(desk: Folder) -> set[int]:
    """The sources whose poll is in the database, with its entry."""
    with closing(sqlite3.connect(desk.path / "var" / "feeds.sqlite3")) as database:
        polled = database.execute(
            "SELECT name FROM sources JOIN source_state ON source_id = sources.id WHERE last_success IS NOT NULL"
        )
        return {int(name[1:]) for (name,) in polled}


def titles(desk: Folder) -> list[str]:
    with closing(sqlite3.connect(desk.path / "var" / "feeds.sqlite3")) as database:
        return [title for (title,) in database.execute("SELECT title FROM entries")]


@pytest.mark.usefixtures("untraced")
def test_stopped_while_a_thousand_sources_are_slow(tmp_path: Path) -> None:
    port = free_port()
    lines = ['[poll]\nallow_networks = ["127.0.0.0/8", "::1/128"]\nconnections = 400\n']
    for number in range(SOURCES):
        url = f"http://s{number}.localhost:{port}/{number}"
        lines.append(f'[[source]]\nname = "s{number}"\nkind = "feed"\nurl = "{url}"\n')
    desk = Folder(tmp_path).config("".join(lines))
    with serving(port) as slow:
        with working(desk) as process:
            assert wait_for(lambda: len(slow.asked) >= 350 and len(stored(desk)) >= QUICK / 2, 60)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        before, done = Counter(slow.asked), stored(desk)
        assert set(before.values()) == {1}
        assert done
        assert done <= set(slow.answered)
        assert len(titles(desk)) == len(done)
        # What was answered in the last moment and is not stored was not acknowledged, and is asked again.
        slow.is_slow = False
        with working(desk) as process:
            assert wait_for(lambda: len(stored(desk)) == SOURCES, 180)
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0
        again = slow.asked - before
        assert {number: again[number] for number in range(SOURCES)} == {
            number: 0 if number in done else 1 for number in range(SOURCES)
        }
        assert sorted(titles(desk)) == sorted(f"Headline {number} of the day" for number in range(SOURCES))
