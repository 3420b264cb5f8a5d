"""What the daemon takes while nothing happens: thousands of sources of which none is due."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import update

from db.engine import Engine, open_engine, writing
from db.migrations import upgrade
from db.models import SourceState
from db.store import sources
from feeds.config import Config, parse
from feeds.watch import watch
from tests.bench.meter import _field, cpu_of
from tests.bench.stages import Figures
from tests.command import Folder
from tests.running import running

SETTLED, WATCHED = 20.0, 60.0
"""Seconds after the start that are left out, and that are looked at."""


def measure(folder: Path, count: int = 10_000, settled: float = SETTLED, watched: float = WATCHED) -> Figures:
    """CPU of `feeds run` with `count` sources that are due tomorrow, in percent of one processor, and its memory in MB
    at the end: resident, and its share of what it shares; and the milliseconds of one look of the monitor at them."""
    desk = Folder(folder).config("")
    path = folder / "config.toml"
    config = parse(path.read_text(), path)
    engine = open_engine(config.database_url)
    upgrade(engine)
    now = datetime.now(UTC)
    named: dict[str, dict[str, object]] = {
        f"s{number}": {"kind": "feed", "url": _url(number)} for number in range(count)
    }
    tomorrow = now + timedelta(days=1)
    state = {
        "due_at": tomorrow, "last_poll": now, "last_success": now, "outcome": "unchanged", "stale_at": tomorrow,
        "reason": "max-age=86400",
    }  # fmt: skip
    with writing(engine) as connection:
        sources.add_many(connection, named, now)
        connection.execute(update(SourceState).values(state))
    look_ms = _look_ms(engine, config, now)
    engine.dispose()
    with running(desk) as (process, _):
        time.sleep(settled)
        before, began = _cpu(process.pid), time.monotonic()
        time.sleep(watched)
        used, wall = _cpu(process.pid) - before, time.monotonic() - began
        figures: Figures = {
            "cpu_percent": round(100 * used / wall, 2),
            "resident_mb": round(_field(process.pid, "status", "VmRSS:")),
            "proportional_mb": round(_field(process.pid, "smaps_rollup", "Pss:")),
            "threads": len(os.listdir(f"/proc/{process.pid}/task")),
            "look_ms": look_ms,
        }
        process.send_signal(signal.SIGTERM)
        process.wait(15)
    return figures


def _look_ms(engine: Engine, config: Config, now: datetime) -> float:
    """Of nine, after one that looks through the whole database, the fastest."""
    watch(engine, config, now)
    taken = []
    for _ in range(9):
        began = time.perf_counter()
        watch(engine, config, now)
        taken.append(time.perf_counter() - began)
    return round(1000 * min(taken), 1)


def _url(number: int) -> str:
    """An address that is never asked."""
    return f"http://127.1.{number // 250}.{number % 250 + 1}/feed"


def _cpu(pid: int) -> float:
    found = cpu_of(pid)
    assert found is not None, "the daemon ended"
    return found
