"""100 sections of 50 entries with bodies, from the database to files, in CPU seconds; then nothing changed."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from pathlib import Path

from db.engine import open_engine
from db.migrations import upgrade
from feeds.config import parse
from feeds.declare import declare
from feeds.poll import poll
from feeds.publish import publish

NOW = datetime(2026, 11, 1, tzinfo=UTC)
WORDS = "council harbour budget ferry minister court strike bridge school market inquiry storm treaty museum".split()


def rss(source: int, items: int) -> str:
    """An RSS document of `items` items with bodies of 120 words: 60 kB a feed of 50, as feeds are in the wild."""
    rng = random.Random(source)  # noqa: S311  # a generator of text, not of secrets
    parts = []
    for item in range(items):
        title = " ".join(rng.choices(WORDS, k=8)) + f" {source}-{item}"
        body = "".join(f"&lt;p&gt;{' '.join(rng.choices(WORDS, k=60))}&lt;/p&gt;" for _ in range(2))
        parts.append(
            f"<item><title>{title}</title><link>http://news.example/{source}/{item}</link>"
            f"<pubDate>Sun, {item % 28 + 1:02} Feb 2026 10:{item % 60:02}:00 GMT</pubDate>"
            f"<description>{body}</description></item>"
        )
    return f'<rss version="2.0"><channel><title>Source {source}</title>{"".join(parts)}</channel></rss>'


def measure(folder: Path, sections: int = 100, entries: int = 50) -> dict[str, float]:
    """CPU seconds of a publish of everything, of one when nothing changed, and of the bytes written."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ['[site]\ntitle = "Bench"\nbase_url = "http://127.0.0.1/"\n']
    for number in range(sections):
        (folder / f"{number}.xml").write_text(rss(number, entries), encoding="utf-8")
        lines.append(f'[[source]]\nname = "s{number}"\npath = "{number}.xml"\nsections = ["Section {number}"]\n')
    config = parse("".join(lines), folder / "config.toml")
    engine = open_engine(config.database_url)
    upgrade(engine)
    declare(engine, config, NOW)
    poll(engine, config, NOW)
    times = []
    for _run in range(2):
        cpu = time.process_time()
        published = publish(engine, config, NOW)
        times.append(time.process_time() - cpu)
    engine.dispose()
    size = sum(path.stat().st_size for path in config.public.rglob("*") if path.is_file())
    return {
        "feeds": sections * 2 + 1,
        "megabytes": round(size / 1e6, 1),
        "cpu_seconds": round(times[0], 3),
        "cpu_seconds_unchanged": round(times[1], 4),
        "files_unchanged": len(published.paths),
    }
