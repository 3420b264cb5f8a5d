"""100 sections of 50 entries with bodies, from the database to files, in CPU seconds; then nothing changed, and one new
entry in one of 1,000 sections."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from db.engine import Engine, open_engine
from db.migrations import upgrade
from feeds.config import Config, parse
from feeds.declare import declare
from feeds.poll import poll
from feeds.publish import Press, publish

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


ATOM = '[publish]\nformats = ["atom"]\narchives = false\nnews_sitemap = false\n'
NEW = '<rss version="2.0"><channel><title>New</title>{}</channel></rss>'
ITEM = "<item><title>A new headline {0}</title><link>http://news.example/new/{0}</link></item>"


def measure(folder: Path, sections: int = 100, entries: int = 50, many: int = 1000) -> dict[str, float]:
    """CPU seconds of a publish of everything, in Atom alone and in all that is the default, of one when nothing
    changed, and of one after a new entry in one of `many` sections, by the press of a daemon and by a fresh one."""
    figures: dict[str, float] = {"feeds": sections * 2 + 1}
    with _desk(folder / "atom", sections, entries, ATOM) as (engine, config):
        figures["atom_cpu_seconds"] = _spent(engine, config)[0]
    with _desk(folder / "all", sections, entries, "") as (engine, config):
        figures["cpu_seconds"] = _spent(engine, config)[0]
        figures["cpu_seconds_unchanged"], unchanged = _spent(engine, config)
        size = sum(path.stat().st_size for path in config.public.rglob("*") if path.is_file())
        figures |= {"files_unchanged": unchanged, "megabytes": round(size / 1e6, 1)}
    with _desk(folder / "many", many, 5, "") as (engine, config):
        press = Press()
        _spent(engine, config, press)
        for number in range(4):
            (folder / "many" / "7.xml").write_text(NEW.format("".join(map(ITEM.format, range(number + 1)))))
            poll(engine, config, NOW)
            name = "one_new_of_many_fresh" if number == 3 else "one_new_of_many"
            spent, files = _spent(engine, config, None if number == 3 else press)
            figures |= {f"{name}_cpu_seconds": spent, f"{name}_files": files}
    return figures


@contextmanager
def _desk(folder: Path, sections: int, entries: int, settings: str) -> Iterator[tuple[Engine, Config]]:
    """A desk that has polled its sources, one for each section."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ['[site]\ntitle = "Bench"\nbase_url = "http://127.0.0.1/"\n', settings]
    for number in range(sections):
        (folder / f"{number}.xml").write_text(rss(number, entries), encoding="utf-8")
        lines.append(f'[[source]]\nname = "s{number}"\npath = "{number}.xml"\nsections = ["Section {number}"]\n')
    config = parse("".join(lines), folder / "config.toml")
    engine = open_engine(config.database_url)
    try:
        upgrade(engine)
        declare(engine, config, NOW)
        poll(engine, config, NOW)
        yield engine, config
    finally:
        engine.dispose()


def _spent(engine: Engine, config: Config, press: Press | None = None) -> tuple[float, int]:
    """CPU seconds of a publish, and how many files it wrote."""
    cpu = time.process_time()
    published = publish(engine, config, NOW, press=press)
    return round(time.process_time() - cpu, 4), len(published.paths)
