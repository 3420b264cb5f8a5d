"""60,000 seed rows from files to committed rows, in CPU seconds and memory, beside the obvious way to do it."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

from db.engine import open_engine
from db.migrations import upgrade
from feeds.config import parse
from feeds.declare import declare
from feeds.poll import poll
from tests.bench.meter import Meter
from tests.command import SEEDS, SITE

ROWS = 60_000
NOW = datetime(2026, 11, 1, tzinfo=UTC)
SECTIONS = ("Politics", "Economy", "Society", "Security", "Culture", "Region")
WORDS = "council harbour budget ferry minister court strike bridge school market inquiry storm treaty museum".split()


def documents(folder: Path, rows: int, each: int = 1000) -> None:
    """Writes `rows` rows in documents of `each`, every headline different; a third is premium."""
    rng = random.Random(1)  # noqa: S311  # a generator of text, not of secrets
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(rows // each):
        lines = [f"Main story {number}", "", f"March {number % 28 + 1}, 2026, Agency. " + " ".join(WORDS * 6) + ".", ""]
        lines += [f"- {section}" for section in SECTIONS]
        for row in range(each - 1):
            title = f"{rng.choice(WORDS).title()} {' '.join(rng.choices(WORDS, k=7))} {number}-{row}"
            lines.append(f"- {rng.choice(SECTIONS)}{title}" + ("For subscribers only" if row % 3 == 0 else ""))
        (folder / f"{number:05}.txt").write_text("\n".join(lines), encoding="utf-8")


def measure(folder: Path, rows: int = ROWS) -> dict[str, float]:
    """Ingests `rows` fresh rows below `folder`; entries a CPU second and a wall second, peak memory in MB."""
    documents(folder / "seeds", rows)
    config = parse(SITE + SEEDS, folder / "config.toml")
    engine = open_engine(config.database_url)
    upgrade(engine)
    declare(engine, config, NOW)
    with Meter() as meter:
        meter.start()
        (result,) = poll(engine, config, NOW)
        cost = meter.stop()
    engine.dispose()
    return {
        "entries": result.tally.new,
        "cpu_seconds": cost.cpu,
        "entries_per_cpu_second": round(result.tally.new / cost.cpu),
        "entries_per_second": round(result.tally.new / cost.wall),
        "peak_mb": round(cost.peak_mb),
        "largest_process_mb": round(cost.largest_mb),
    }
