"""`make bench`: every benchmark, beside the machine's load and what others need for the same, as text and as JSON."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.bench.stages import FEEDS, STAGES, Figures

OUTPUT = Path("var") / "bench.json"
FULL = os.environ.get("BENCH") == "full"
OTHERS = FEEDS if FULL else 500
"""Feeds that other programs poll: their cost grows with the number of feeds, and 2,000 take minutes."""


def main() -> None:
    """Runs all, or those that are named, each in a process of its own; writes `var/bench.json` when it ran all."""
    names = sys.argv[1:]
    if names[:1] == ["--here"]:
        _here(names[1])
        return
    if unknown := set(names) - set(BENCHMARKS):
        sys.exit(f'no benchmark is named "{min(unknown)}"; there are: {", ".join(BENCHMARKS)}')
    results: dict[str, Any] = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "processors": os.cpu_count(),
        "full": FULL,
    }
    for name in names or BENCHMARKS:
        load = round(os.getloadavg()[0], 2)
        figures = _apart(name)
        results[name] = {"load": load, **figures}
        _say(f"{name} (load {load})")
        for key, value in figures.items():
            _say(f"  {key.replace('_', ' '):32}{value:>14}")
    results["ratios"] = ratios(results)
    for what, ratio in results["ratios"].items():
        _say(f"{what}: {ratio}")
    if not names:
        OUTPUT.parent.mkdir(exist_ok=True)
        OUTPUT.write_text(json.dumps(results, indent=2) + "\n")
        _say(f"written to {OUTPUT}")


BENCHMARKS: dict[str, tuple[str, dict[str, int]]] = {
    "ingest": ("ingest.measure", {}),
    "ingest-6000": ("ingest.measure", {"rows": 6000}),
    "ingest-obvious": ("peers.obvious_ingest", {}),
    "publish": ("publish.measure", {}),
    "publish-feedgen": ("peers.bare_feedgen", {}),
    "formats": ("formats.measure", {}),
    "parse": ("parsing.measure", {}),
    "fulltext": ("fulltext.measure", {}),
    "fetch": ("fetch.measure", {}),
    "poll": ("polling.measure", {}),
    "poll-reader": ("readers.lemon_reader", {"feeds": OTHERS}),
    "poll-reader-searched": ("readers.lemon_reader_searched", {"feeds": OTHERS}),
    "poll-newsboat": ("readers.newsboat", {"feeds": OTHERS}),
    "poll-sfeed": ("readers.sfeed", {"feeds": OTHERS}),
    "poll-archive": ("archive.measure", {}),
    "search": ("search.measure", {}),
    "copies": ("copies.measure", {}),
    "serving": ("serving.measure", {}),
    "poll-troubled": ("troubled.measure", {}),
    "idle": ("idle.measure", {}),
    "desk": ("desk.measure", {}),
}
"""Functions of the modules beside this one, with their sizes; loaded when they run, so that none is in the memory of
another."""


def ratios(results: Mapping[str, Any]) -> dict[str, float]:
    """How many times the CPU of ours others need for the same, where both were run."""
    found = {}
    if {"ingest", "ingest-obvious"} <= set(results):
        ours, obvious = (results[name]["entries_per_cpu_second"] for name in ("ingest", "ingest-obvious"))
        found["ingest, the obvious way to ours"] = round(ours / obvious, 1)
    for peer in ("reader", "reader-searched", "newsboat", "sfeed"):
        for stage in STAGES:
            key = f"{stage}_cpu_ms_a_feed"
            theirs = results.get(f"poll-{peer}", {}).get(key)
            ours = results.get("poll", {}).get(key)
            if ours and theirs:
                found[f"{stage} poll, {peer} to ours"] = round(theirs / ours, 1)
    return found


def _apart(name: str) -> Figures:
    """The figures of a benchmark in a process of its own, so that its memory is its own."""
    ran = subprocess.run([sys.executable, "-m", "tests.bench", "--here", name], stdout=subprocess.PIPE, text=True)
    if ran.returncode:
        sys.exit(f"the benchmark {name} failed; what it said is above")
    found: Figures = json.loads(ran.stdout)
    return found


def _here(name: str) -> None:
    path, sizes = BENCHMARKS[name]
    module, _, function = path.partition(".")
    measure = getattr(import_module(f"tests.bench.{module}"), function)
    with tempfile.TemporaryDirectory() as folder:
        _say(json.dumps(measure(Path(folder), **sizes)))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
