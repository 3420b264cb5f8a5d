"""What the daemon takes while nothing happens: thousands of sources of which none is due."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import update

from db.engine import open_engine, writing
from db.migrations import upgrade
from db.models import SourceState
from db.store import sources
from feeds.config import parse
from tests.bench.meter import _TICK, _field, _stat
from tests.bench.stages import Figures

SETTLED, WATCHED = 20.0, 60.0
"""Seconds after the start that are left out, and that are looked at."""


def measure(folder: Path, count: int = 10_000, settled: float = SETTLED, watched: float = WATCHED) -> Figures:
    """CPU of `feeds run` with `count` sources that are due tomorrow, in percent of one processor, and its memory in MB
    at the end: resident, and its share of what it shares."""
    text = '[site]\ntitle = "Idle"\nbase_url = "http://127.0.0.1/"\n'
    path = folder / "config.toml"
    path.write_text(text)
    engine = open_engine(parse(text, path).database_url)
    upgrade(engine)
    now = datetime.now(UTC)
    named = {f"s{number}": {"kind": "feed", "url": _url(number)} for number in range(count)}
    tomorrow = {"due_at": now + timedelta(days=1), "last_poll": now, "reason": "max-age=86400"}
    with writing(engine) as connection:
        sources.add_many(connection, named, now)
        connection.execute(update(SourceState).values(tomorrow))
    engine.dispose()
    command = [Path(sys.executable).with_name("feeds"), "run", "--port", "0"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        while not re.match("serving http", line := process.stdout.readline()):
            assert line, "the daemon ended before it served"
        time.sleep(settled)
        before, began = _cpu(process.pid), time.monotonic()
        time.sleep(watched)
        used, wall = _cpu(process.pid) - before, time.monotonic() - began
        figures: Figures = {
            "cpu_percent": round(100 * used / wall, 2),
            "resident_mb": round(_field(process.pid, "status", "VmRSS:")),
            "proportional_mb": round(_field(process.pid, "smaps_rollup", "Pss:")),
            "threads": len(os.listdir(f"/proc/{process.pid}/task")),
        }
        process.send_signal(signal.SIGTERM)
        process.wait(15)
        return figures
    finally:
        process.kill()
        process.communicate()


def _url(number: int) -> str:
    """An address that is never asked."""
    return f"http://127.1.{number // 250}.{number % 250 + 1}/feed"


def _cpu(pid: int) -> float:
    """CPU seconds of a process, and of the children that it waited for."""
    fields = _stat(pid)
    assert fields is not None, "the daemon ended"
    return sum(int(each) for each in fields[11:15]) / _TICK
