"""A month of a desk by a clock of its own: a site on loopback whose documents change with the time, and what goes wrong
with them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import feedparser

from db.engine import Engine, reading
from db.records import IncidentRecord
from db.store import incidents
from feeds.config import Config, parse
from feeds.declare import declare
from feeds.poll import Poller, Terms
from feeds.publish import Press, publish
from feeds.watch import watch
from tests.command import SITE
from tests.fakes import Reply, Seen, Site, free_port, moved, running_site

BEGAN = datetime.fromisoformat("2026-11-02T00:00:00Z")
HOUR = timedelta(hours=1)
STEP = 3 * HOUR
"""Between two polls of a source with which nothing is wrong."""

STEPS = 30 * 8
ENTRIES = 20
"""In a feed: of ten days."""

ROWS = 12
"""Articles that the page lists."""

EXPECTED = [
    ("broken-selector", "page"),
    ("failing", "failing"),
    ("gap", "gap"),
    ("gone", "gone"),
    ("moved", "moved"),
    ("network", "own network"),
    ("slow", "slow"),
    ("stale", "stale"),
]
"""Every incident of the month, as `(kind, subject)`: each once."""

QUIET = ("steady",)
"""Sources with which nothing is wrong for long: a failure, a slow answer, a silence of a day and a half."""

_LISTED = ("failing", "gap", "gone", "moved", "slow", "stale", "steady")


@dataclass(slots=True)
class Month:
    """The month: `run` takes it from its beginning to its end. `beside` is called at every step, with the time, after
    polls, the monitor and a publish: for whoever has more to do in a month. `told` is what a reader of the feed of
    incidents has seen: the id, title and time of each version of an entry."""

    engine: Engine
    folder: Path
    beside: Callable[[Engine, Config, datetime], None] = lambda *_: None
    settings: str = ""
    now: datetime = BEGAN
    config: Config = field(init=False)
    told: dict[tuple[str, str], str] = field(default_factory=dict)
    _seen: bytes = b""
    _port: int = field(default_factory=free_port)
    _pages: dict[str, Reply | Callable[[Seen], Reply]] = field(default_factory=dict)

    @property
    def day(self) -> float:
        return (self.now - BEGAN) / timedelta(days=1)

    def run(self) -> list[IncidentRecord]:
        """Lives through the month; returns its incidents, in order of kind and subject."""
        self._configure()
        for name in _LISTED:
            self._pages[f"/{name}"] = lambda seen: self._feed(seen.path[1:])
        self._pages["/new"] = lambda _: self._feed("moved", is_there=True)
        self._pages["/page"] = lambda _: self._page()
        press, terms = Press(), Terms(progress=lambda _: None, rng=lambda: 0.0)
        with ExitStack() as stack, Poller(self.engine, self.config) as poller:
            site = self._open(stack)
            for step in range(STEPS):
                self.now = BEGAN + step * STEP
                if step == 18 * 8:
                    stack.close()  # the cable of the desk is pulled out
                if step == 18 * 8 + 2:
                    site = self._open(stack)
                if step == 15 * 8:
                    self._configure(moved_to="/new")
                poller.poll(self.now, terms)
                if step == 12 * 8:
                    poller.poll(self.now, terms, names=["gone"])
                watch(self.engine, self.config, self.now)
                publish(self.engine, self.config, self.now, press=press)
                self._read_feed()
                self.beside(self.engine, self.config, self.now)
            assert site.log
        with reading(self.engine) as connection:
            return sorted(incidents.newest(connection, 1000), key=lambda one: (one.kind, one.subject))

    def _open(self, stack: ExitStack) -> Site:
        site = stack.enter_context(running_site(port=self._port))
        site.pages = self._pages
        return site

    def _configure(self, moved_to: str = "/moved") -> None:
        urls = {name: f"/{name}" for name in _LISTED} | {"moved": moved_to, "page": "/page"}
        text = f'{SITE}[poll]\nallow_networks = ["127.0.0.0/8", "::1/128"]\ndeadline = 5\ninterval = 180\n'
        text += f"[monitor]\nslow_seconds = 0.3\ndisk_mb = 1\n{self.settings}\n"
        for name, path in urls.items():
            kind = "page" if name == "page" else "feed"
            url = f"http://{name}.localhost:{self._port}{path}"
            text += f'[[source]]\nname = "{name}"\nkind = "{kind}"\nurl = "{url}"\n'
        self.config = parse(text, self.folder / "config.toml")
        declare(self.engine, self.config, self.now)

    def _feed(self, name: str, *, is_there: bool = False) -> Reply:
        """What the document of a source is now."""
        day = self.day
        if name == "failing" and 5 <= day < 6.5:
            return Reply(status=503)
        if name == "steady" and day == 4:
            return Reply(status=503)
        if name == "gone" and 10 <= day < 12:
            return Reply(status=410)
        if name == "moved" and day >= 7 and not is_there:
            return moved(f"http://moved.localhost:{self._port}/new")
        is_slow = (name == "slow" and 14 <= day < 14.3) or (name == "steady" and day == 16)
        return Reply(body=_rss(self._times(name)), pause=0.35 if is_slow else 0.0)

    def _times(self, name: str) -> list[datetime]:
        """The times of the entries that the document names, a new one every twelve hours."""
        last = int(self.day * 2)
        silent = {"stale": range(17, 40), "steady": range(45, 47)}.get(name, range(0))
        numbers = [number for number in range(last - 2 * ENTRIES, last + 1) if number not in silent]
        times = [BEGAN + number * 12 * HOUR for number in numbers]
        if name == "gap" and self.day >= 9:
            # More came within an hour than the document has room for.
            times += [BEGAN + timedelta(days=9, minutes=-2 * number) for number in range(1, ENTRIES + 1)]
        return sorted(times)[-ENTRIES:]

    def _page(self) -> Reply:
        rows = 2 if 13 <= self.day < 14 else ROWS
        newest = int(self.day * 2)
        items = "".join(
            f'<li><a href="/news/{number}/the-council-votes">The council votes for the {number}th time today</a></li>'
            for number in range(newest, newest - rows, -1)
        )
        return Reply(
            headers=[("Content-Type", "text/html")], body=f"<html><body><main><ul>{items}</ul></main>".encode()
        )

    def _read_feed(self) -> None:
        """A reader asks for the feed of incidents."""
        data = (self.config.public / "incidents.atom").read_bytes()
        if data != self._seen:
            self._seen = data
            self.told.update({(one.id, one.title): one.updated for one in feedparser.parse(data).entries})


def _rss(times: list[datetime]) -> bytes:
    items = "".join(
        f"<item><title>News of {at:%d %B at %H:%M} from the town</title><guid>{at.isoformat()}</guid>"
        f"<pubDate>{format_datetime(at)}</pubDate></item>"
        for at in times
    )
    return f'<rss version="2.0"><channel><title>N</title>{items}</channel></rss>'.encode()
