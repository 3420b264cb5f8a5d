"""The obvious Python way to do what the other benchmarks do, for a ratio in the same run."""

from __future__ import annotations

import random
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

import feedparser
from feedgen.feed import FeedGenerator

from tests.bench.publish import WORDS, rss


def obvious_ingest(folder: Path, sources: int = 100, entries: int = 50) -> dict[str, float]:
    """feedparser, then a SELECT and an INSERT a row: entries a CPU second."""
    documents = [rss(number, entries).encode() for number in range(sources)]
    folder.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(folder / "peer.sqlite3")
    database.execute("create table entries (link text primary key, title text, body text, published text)")
    cpu = time.process_time()
    for document in documents:
        for entry in feedparser.parse(document).entries:
            if database.execute("select 1 from entries where link = ?", (entry.link,)).fetchone() is None:
                row = (entry.link, entry.title, entry.description, entry.published)
                database.execute("insert into entries values (?, ?, ?, ?)", row)
        database.commit()
    cpu = time.process_time() - cpu
    database.close()
    count = sources * entries
    return {"entries": count, "cpu_seconds": round(cpu, 2), "entries_per_cpu_second": round(count / cpu)}


def bare_feedgen(_folder: Path, feeds: int = 100, entries: int = 50) -> dict[str, float]:
    """feedgen alone, from memory to bytes: no database, no check, no file."""
    rng = random.Random(1)  # noqa: S311  # a generator of text, not of secrets
    body = "".join(f"<p>{' '.join(rng.choices(WORDS, k=60))}</p>" for _ in range(2))
    at = datetime(2026, 2, 1, tzinfo=UTC)
    cpu = time.process_time()
    for number in range(feeds):
        feed = FeedGenerator()
        feed.id(f"tag:bench,2026:{number}")
        feed.title(f"Feed {number}")
        feed.updated(at)
        for item in range(entries):
            entry = feed.add_entry(order="append")
            entry.id(f"tag:bench,2026:{number}-{item}")
            entry.title(f"Title {item}")
            entry.updated(at)
            entry.link(href=f"http://news.example/{number}/{item}")
            entry.content(body, type="html")
        feed.atom_str()
    return {"feeds": feeds, "cpu_seconds": round(time.process_time() - cpu, 3)}
