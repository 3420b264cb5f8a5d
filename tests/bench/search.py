"""What the full-text index costs an entry, and how long it takes to answer over a small and over a large archive.

Texts are drawn from a vocabulary in which the n-th word is as frequent as 1/n, as in real ones: "w1" is in nearly every
entry, "w90000" in one of 15,000. The section "Rare" has one entry in 10,000.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import accumulate, islice
from pathlib import Path

from db import index
from db.engine import Engine, open_engine, reading, writing
from db.migrations import upgrade
from db.records import Access, EntryRecord, Fingerprint, NewEntry
from db.store import saving, search, sections, sources
from feeds.query import parse
from feeds.slug import slug
from tests.bench import corpus
from tests.bench.stages import Figures

SMALL = 10_000
LARGE = 1_000_000 if os.environ.get("BENCH") == "full" else 100_000
BATCH = 1000
"""Entries that one transaction stores, as in a poll of many sources."""

WORDS = 60
"""Words of a body."""

VOCABULARY = 200_000
TIMES = 15
"""Runs of each query; the median and the worst count."""

QUERIES = {
    "common": "w1",
    "two_common": "w1 w2",
    "rare": "w90000",
    "phrase": '"w3 w7"',
    "prefix": "w123*",
    "rare_section": "w1 section:Rare",
    "rare_of_common": "w1 -w2 -w3 -w4 access:premium",
    "old": "w5 before:2020",
}
"""Kinds of queries, each for the newest 50."""


def measure(folder: Path, small: int = SMALL, large: int = LARGE) -> Figures:
    """Microseconds of CPU and bytes an entry, milliseconds a query over `small` and over `large` entries.

    `store` is what an entry costs to be stored and indexed, `fill` what it does to make its part of the index anew.
    """
    found: Figures = {}
    for count in (small, large):
        folder.mkdir(parents=True, exist_ok=True)
        engine = open_engine(f"sqlite:///{folder / f'{count}.sqlite3'}")
        upgrade(engine)
        found[f"store_us_an_entry_of_{count}"] = round(_store(engine, count) * 1e6 / count, 1)
        found[f"fill_us_an_entry_of_{count}"] = round(_fill(engine) * 1e6 / count, 1)
        found[f"index_bytes_an_entry_of_{count}"] = round(_size(engine) / count)
        for public in (False, True):
            for name, query in QUERIES.items():
                middle, worst = _ask(engine, query, public=public)
                key = f"{name}{'_public' * public}_ms_of_{count}"
                found[key] = f"{middle:.1f} (worst {worst:.1f})"
        engine.dispose()
    return found


def _store(engine: Engine, count: int) -> float:
    """CPU seconds in which `count` entries are stored, the older ones first but for one in ten."""
    with writing(engine) as connection:
        for name in ("a", "b", "c"):
            sources.add(connection, name, {"path": name}, corpus.NOW)
        source_ids = [one.id for one in sources.every(connection)]
        names = sections.ensure(connection, [f"Section {number}" for number in range(10)] + ["Rare"], slug)
    cost = 0.0
    made = _entries(count)
    while batch := list(islice(made, BATCH)):
        with writing(engine) as connection:
            begun = time.process_time()
            rows = [(source_ids[number % 3], new) for number, new in enumerate(batch)]
            saving.insert_entries(connection, rows, names, corpus.NOW)
            cost += time.process_time() - begun
    return cost


def _fill(engine: Engine) -> float:
    """CPU seconds in which the index is made anew, as an upgrade makes it."""
    begun = time.process_time()
    with writing(engine) as connection:
        index.fill(connection)
    return time.process_time() - begun


def _entries(count: int) -> Iterator[NewEntry]:
    rng = random.Random(1)  # noqa: S311  # a generator of text, not of secrets
    vocabulary = [f"w{number}" for number in range(1, VOCABULARY + 1)]
    weights = list(accumulate(1 / number for number in range(1, VOCABULARY + 1)))
    step = timedelta(days=3650) / count
    for number in range(count):
        words = rng.choices(vocabulary, cum_weights=weights, k=WORDS + 8)
        back = count - number if number % 10 else rng.randrange(count)
        at = (corpus.NOW - back * step).replace(microsecond=0)
        section = "Rare" if number % 10_000 == 77 else f"Section {number % 10}"
        record = EntryRecord(
            keys=(number.to_bytes(16, "big"),),
            position=0,
            title=" ".join(words[:8]),
            title_from_body=False,
            url=f"https://news.example/{number}",
            summary="",
            content="",
            text=" ".join(words[8:]),
            published=at,
            published_precision=None,
            published_basis=None,
            updated=at,
            dated=at,
            language="en",
            label=None,
            authors=(f"Author {number % 1000}",),
            categories=(),
            enclosures=(),
            sections=(section,),
            access=Access.PREMIUM if number % 3 == 0 else Access.FREE,
            evidence=(),
            fingerprint=Fingerprint(None, "", 0, None, 0, None),
        )
        yield NewEntry(uid=f"tag:news.example,2026:{number:032}", record=record, updated=at, sorted_at=at, place=number)


def _size(engine: Engine) -> int:
    """Bytes of the index."""
    with reading(engine) as connection:
        kept = connection.exec_driver_sql(f"SELECT sum(length(block)) FROM {index.TABLE}_data")  # noqa: S608  # ours
        return int(kept.scalar() or 0)


def _ask(engine: Engine, query: str, *, public: bool) -> tuple[float, float]:
    """Milliseconds of wall time, the middle one and the worst."""
    times = []
    wanted = parse(query)
    for _ in range(TIMES):
        with reading(engine) as connection:
            begun = time.perf_counter()
            search.matching(connection, wanted, limit=50, public=public)
            times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times), max(times)
