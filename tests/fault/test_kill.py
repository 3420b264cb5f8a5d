"""kill -9 at random moments of `feeds update`: no broken feed, no lost acknowledged entry, no manual step."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from lxml import etree

from feeds.validate import check_atom
from tests.command import FEEDS, SEEDS, Folder

pytestmark = pytest.mark.fault

KILLS = int(os.environ.get("KILLS", "20"))
SECTIONS = ("Politics", "Economy", "Society", "Culture")


def document(number: int) -> str:
    """A document with rows of its own, so that each run has something to store and to publish."""
    rows = "\n".join(
        f"- {SECTIONS[(number + row) % 4]}Headline {number} number {row} of the dayFor Harbour+ readers only"
        for row in range(60)
    )
    bare = "\n".join(f"- {name}" for name in SECTIONS)
    return f"Main story {number}\n\nMarch 3, 2026, Coastwire. Body of story {number}.\n\n{bare}\n{rows}\n"


def acknowledged(log: Path) -> set[str]:
    """Documents that the log called stored."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]
    return {line["document"] for line in lines if line.get("event") == "document stored"}


def assert_whole(desk: Folder) -> None:
    for path, data in desk.tree().items():
        if Path(path).name.startswith("."):
            continue
        assert data, path
        if path.endswith(".atom"):
            assert [one for one in check_atom(data) if one.severity == "error"] == [], path
        elif path.endswith(".opml"):
            etree.fromstring(data)
        elif path.endswith(".json"):
            json.loads(data)
        elif path.endswith(".html"):
            assert data.rstrip().endswith(b"</html>")


def titles_of(document: str, desk: Folder) -> int:
    with sqlite3.connect(desk.path / "var" / "feeds.sqlite3") as database:
        query = "select count(*) from items join documents on documents.id = document_id where documents.name = ?"
        count: int = database.execute(query, (document,)).fetchone()[0]
    database.close()
    return count


@pytest.mark.usefixtures("untraced")
def test_killed_at_random_moments(tmp_path: Path) -> None:
    desk = Folder(tmp_path).config(SEEDS)
    desk.seed("00000.txt", document(0))
    began = time.monotonic()
    assert desk.start("update").code == 0
    whole_run = time.monotonic() - began
    rng = random.Random(KILLS)  # noqa: S311  # moments, not secrets
    known: set[str] = set()
    for number in range(1, KILLS + 1):
        for part in range(3):
            desk.seed(f"{number:05}-{part}.txt", document(number * 10 + part))
        log = tmp_path / "log.jsonl"
        with log.open("w") as errors:
            process = subprocess.Popen(
                [FEEDS, "update", "-v", "--json"],
                cwd=tmp_path, env=desk.environment, stdout=subprocess.DEVNULL, stderr=errors,
            )  # fmt: skip
            time.sleep(rng.uniform(0.2, 1.0) * whole_run)
            process.send_signal(signal.SIGKILL)
            process.wait()
        known |= acknowledged(log)
        assert_whole(desk)
        for name in known:
            assert titles_of(name, desk) == 61, f"{name} was acknowledged and is lost"
    final = desk.run("update", "--json")
    assert final.code == 0, final.err
    assert_whole(desk)
    strays = [path for path in desk.public.rglob("*") if path.name.startswith(".")]
    assert strays == []
    assert desk.run("db", "verify").code == 0
    listed = desk.run("entries", "list", "--json").json
    assert len(listed) == 61 * (1 + 3 * KILLS) == len({entry["id"] for entry in listed})
    # What a crash left behind gives the same feeds as a desk that never crashed.
    calm = Folder(tmp_path / "calm")
    calm.path.mkdir()
    calm.config(SEEDS.replace('path = "seeds"', f'path = "{tmp_path / "seeds"}"'))
    assert calm.run("update").code == 0
    assert calm.tree() == desk.tree()
