"""Whether a poll costs more when there is more in the archive: the same 200 sources over 10,000 entries and over many.

The archive is made as it is made in life, by polls of the sources over HTTP: they show their pages one after the other,
the oldest first, three entries a day of each source. So the larger archive is the longer past, and the days around the
present are equally full in both. An archive is kept below `var/bench`, by the version of the schema, and copied.
"""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path

from db.engine import open_engine
from db.migrations import HEAD
from feeds.poll import poll
from tests.bench import corpus
from tests.bench.meter import Meter
from tests.bench.polling import Desk, check, desk, size
from tests.bench.site import Setup, Site
from tests.bench.stages import Figures

SOURCES = 200
SMALL = 10_000
LARGE = 1_000_000 if os.environ.get("BENCH") == "full" else 100_000
PAGE = 250
"""Entries on a page of an archive: the 30 of the feed itself must not look as if most had gone."""

ROUNDS = 5
"""Polls that are measured at either size, after one that warms up; each finds three new entries in every source."""

PORT = 18_741
"""Addresses are in the database, so that one which is used again needs the port it was made with."""

KEPT = Path("var") / "bench"


def measure(folder: Path, small: int = SMALL, large: int = LARGE) -> Figures:
    """CPU milliseconds a poll over `small` and over `large` stored entries, and the ratio."""
    found: Figures = {"sources": SOURCES, "new_entries_a_poll": corpus.FRESH}
    costs = []
    for entries in (small, large):
        cost, database = _measure(folder / str(entries), entries)
        costs.append(cost)
        found[f"ms_a_poll_over_{entries}"] = round(cost, 3)
        found[f"database_mb_of_{entries}"] = database
    return found | {"ratio": round(costs[1] / costs[0], 2)}


def _measure(folder: Path, entries: int) -> tuple[float, int]:
    """CPU milliseconds a poll of one source over `entries` stored ones, and the megabytes of the database."""
    page = min(PAGE, entries // SOURCES)
    pages = entries // SOURCES // page
    with Site(Setup(SOURCES, port=PORT, archive=page)) as site, Meter(apart=(site.pid,)) as meter:
        urls = [site.host_url(number) for number in range(SOURCES)]
        kept = (KEPT / f"archive-{entries}-{HEAD}-{_made_of()}.sqlite3").resolve()
        _build(kept, site, urls, page, pages)
        here = desk(folder, urls)
        here.engine.dispose()
        database = Path(here.config.database_url.removeprefix("sqlite:///"))
        shutil.copyfile(kept, database)
        _warm(database)
        here = Desk(open_engine(here.config.database_url), here.config)
        begun = corpus.NOW + timedelta(days=1)
        costs = []
        for turn in range(ROUNDS + 1):
            site.bump(range(SOURCES))
            meter.start()
            results = poll(here.engine, here.config, begun + turn * timedelta(hours=12), everyone=True)
            costs.append(meter.stop().cpu)
            check(results, SOURCES, SOURCES * corpus.FRESH)
        here.engine.dispose()
        return sum(costs[1:]) * 1000 / ROUNDS / SOURCES, round(size(here.config) / 1e6)


def _build(kept: Path, site: Site, urls: list[str], page: int, pages: int) -> None:
    """Makes the archive `kept` by polls, unless it is there: every page of every source, then the feeds themselves."""
    if kept.exists():
        return
    making = kept.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    here = desk(making, urls)
    for turn, number in enumerate(reversed(range(pages))):
        site.turn(number)
        results = poll(here.engine, here.config, corpus.NOW + turn * timedelta(minutes=5), everyone=True)
        check(results, SOURCES, SOURCES * page)
    site.turn(None)
    results = poll(here.engine, here.config, corpus.NOW + timedelta(hours=12), everyone=True)
    check(results, SOURCES, SOURCES * corpus.ENTRIES)
    here.engine.dispose()
    Path(here.config.database_url.removeprefix("sqlite:///")).replace(kept)
    shutil.rmtree(making)


def _made_of() -> str:
    """Stands for the texts of the archive: where they change, one that was kept is of no use."""
    return blake2b(corpus.archive(1, 0, 3) + corpus.feed(1), digest_size=4).hexdigest()


def _warm(database: Path) -> None:
    """Reads the file once, so that a database of either size comes from memory."""
    with database.open("rb") as file:
        while file.read(1 << 20):
            pass
