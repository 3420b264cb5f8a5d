"""`make bench`: every benchmark, beside the machine's load and the obvious way to do the same, as text and as JSON."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench import ingest, peers, publish

OUTPUT = Path("var") / "bench.json"


def main() -> None:
    """Runs all, each in a process of its own so that memory is its own, and writes `var/bench.json`."""
    if len(sys.argv) > 1:
        _one(sys.argv[1])
        return
    results: dict[str, Any] = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "processors": os.cpu_count(),
    }
    for name in BENCHMARKS:
        load = round(os.getloadavg()[0], 2)
        figures = _apart(name)
        results[name] = {"load": load, **figures}
        _say(f"{name} (load {load})")
        for key, value in figures.items():
            _say(f"  {key.replace('_', ' '):32}{value:>12}")
    ours, obvious = results["ingest 60,000 rows"], results["obvious ingest 5,000 rows"]
    ratio = round(ours["entries_per_cpu_second"] / obvious["entries_per_cpu_second"], 1)
    results["ingest, ours to obvious"] = ratio
    _say(f"ingest: {ratio} times the rate of feedparser with a SELECT and an INSERT a row")
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(results, indent=2) + "\n")
    _say(f"written to {OUTPUT}")


BENCHMARKS: dict[str, Callable[[Path], dict[str, float]]] = {
    "ingest 60,000 rows": ingest.measure,
    "ingest 6,000 rows (is memory flat?)": lambda folder: ingest.measure(folder, 6000),
    "obvious ingest 5,000 rows": peers.obvious_ingest,
    "publish 100 sections of 50": publish.measure,
    "bare feedgen, 100 feeds of 50": peers.bare_feedgen,
}


def _apart(name: str) -> dict[str, float]:
    ran = subprocess.run([sys.executable, "-m", "tests.bench", name], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def _one(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _say(json.dumps(BENCHMARKS[name](Path(folder))))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
