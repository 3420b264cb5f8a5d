"""How much memory a worker needs for each hostile document: `python -m tests.hostile.memory` prints MB by name (JSON).

Each is read in a fork of a process that has read feeds before, as a worker has; what counts is what it needs on top.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from feeds.config import parse
from feeds.errors import ParseError
from feeds.manner import Manner, manner_of
from feeds.worker import read_document
from tests.feed_documents import document
from tests.hostile.documents import DOCUMENTS

STATUS = Path("/proc/self/status")
"""Where Linux tells a process how much memory it has and had at most."""

_CONFIG = """
[site]
title = "Desk"
base_url = "https://feeds.example/"
[[source]]
name = "one"
url = "https://h.example/feed"
"""


def measure() -> dict[str, float]:
    """MB by name of document."""
    config = parse(_CONFIG, Path("config.toml"))
    manner = manner_of(config, config.source[0])
    # Loads lxml, nh3 and feedparser. Nothing large: what it gave back would be there for others to take.
    for name in ("poison_markup", "reference_too_long"):
        _read(DOCUMENTS[name](), manner)
    return {name: _apart(make(), manner) for name, make in DOCUMENTS.items()}


def _apart(data: bytes, manner: Manner) -> float:
    """MB that reading `data` takes in a process of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        Path("/proc/self/clear_refs").write_text("5")  # from here on the peak counts anew (man 5 proc)
        before = _kilobytes("VmRSS")
        _read(data, manner)
        os.write(writer, str(round((_kilobytes("VmHWM") - before) / 1024, 1)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        found = float(pipe.read())
    os.waitpid(child, 0)
    return found


def _read(data: bytes, manner: Manner) -> None:
    try:
        read_document(document(data), manner, b"")
    except ParseError:
        pass  # that is one of the outcomes


def _kilobytes(name: str) -> int:
    lines = STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    json.dump(measure(), sys.stdout)
