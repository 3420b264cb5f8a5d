"""How long the desk takes to answer, page by page and call by call, with ten thousand sources and a million entries."""

from __future__ import annotations

import math
import os
import re
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

from db.engine import reading
from db.store import entries, incidents, register
from feeds.config import parse
from feeds.desk.app import desk_parts
from feeds.desk.context import Context
from feeds.web.app import web_app
from feeds.web.server import Server
from tests.bench.desk_data import NOW, make
from tests.bench.stages import Figures
from tests.desk.web import UNBOUNDED, Hands

RUNS = 20
"""Answers of each address that are timed, after one that is not."""

EXPECTED = {"/desk/nothing": 404, "/readyz": 503}
"""Statuses that are not 200; nothing was ever published here."""

TARGET = 200
"""Milliseconds that 19 of 20 answers may take."""


def measure(folder: Path, sources: int = 10_000, count: int = 1_000_000) -> Figures:
    """Milliseconds of the slowest of 20 answers but one (p95), by address; `BENCH_DESK` names a folder in which the
    database is kept from run to run."""
    kept = Path(os.environ.get("BENCH_DESK") or folder)
    engine = make(kept, sources, count)
    path = folder / "config.toml"
    text = '[site]\ntitle = "Bench"\nbase_url = "http://127.0.0.1/"\n' + UNBOUNDED
    path.write_text(text)
    config = parse(text, path)
    context = Context(engine, config, lambda: NOW, Hands(), path)
    server = Server(web_app(engine, config, lambda: NOW, desk_parts(context)), "127.0.0.1", 0)
    with reading(engine) as connection:
        source = register.page(connection, limit=1)[0].name
        entry = next(entries.in_order(connection, [count // 2])).uid
        incident = incidents.page(connection, limit=1)[0].id
    server.start()
    try:
        port = int(server.url.rsplit(":", 1)[1].strip("/"))
        found = {address: _p95(port, address) for address in _addresses(source, entry, incident)}
    finally:
        server.stop()
        engine.dispose()
    worst = max(found.values())
    return {
        **{re.sub(r"[^\w?=&/.*-]+", "", name)[:60]: round(ms, 1) for name, ms in found.items()},
        "slowest": round(worst, 1),
        "of_target": round(worst / TARGET, 2),
    }


def _addresses(source: str, entry: str, incident: int) -> list[str]:
    """Every page of the desk, and calls of its API, in the ways that people ask for them."""
    uid, name = quote(entry, safe=""), quote(source, safe="")
    pages = [
        "", "live", "sources", "sources?state=failing", "sources?kind=page", "sources?q=00042", "sources/add",
        "sources/import", f"sources/{name}", f"sources/{name}/live", "entries", "entries?q=w1", "entries?q=w1+w2",
        "entries?q=n4711", "entries?section=rare", "entries?section=rare&q=w1", "entries?source=big",
        "entries?access=registration", "entries?q=after:2020+-w1", f"entries/{uid}", "incidents",
        "incidents?state=open", "incidents?kind=failing&state=closed", f"incidents/{incident}", "sections", "tokens",
        "settings", "nothing",
    ]  # fmt: skip
    calls = [
        "sources", "sources?state=failing", f"sources/{name}", f"sources/{name}/polls", "entries", "entries?q=w1",
        f"entries/{uid}", "incidents", "sections", "feeds", "hours", "progress", "status", "tokens", "settings",
    ]  # fmt: skip
    return [*(f"/desk/{each}" for each in pages), *(f"/api/v1/{each}" for each in calls), "/metrics", "/readyz"]


def _p95(port: int, address: str) -> float:
    """Milliseconds of all of `RUNS` answers but the slowest twentieth."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
        taken = []
        for _ in range(RUNS + 1):
            began = time.perf_counter()
            connection.request("GET", address)
            answer = connection.getresponse()
            answer.read()
            taken.append(1000 * (time.perf_counter() - began))
            if answer.status != (EXPECTED.get(address) or 200):
                raise AssertionError(f"{address}: HTTP {answer.status}")
    return sorted(taken[1:])[math.ceil(0.95 * RUNS) - 1]
