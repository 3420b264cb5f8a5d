"""The real document, from the command line to the published feeds, row by row against what must come out of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import feedparser
import pytest

from tests.command import REAL_SEED, SHARED, Folder

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not REAL_SEED.exists(), reason="the real document is not beside this checkout (../shared)"),
]


@pytest.fixture
def desk(tmp_path: Path) -> Folder:
    return Folder(tmp_path).config(f'[[source]]\nname = "pozirk"\nkind = "seed"\npath = "{REAL_SEED}"\n')


def expected() -> Any:
    return json.loads((SHARED / "seeds" / "expected.json").read_text())


def test_every_row_comes_out_as_it_must(desk: Folder) -> None:
    ran = desk.start("update", "--json")
    assert ran.code == 0, ran.err
    (source,) = ran.json["sources"]
    want = expected()
    assert (source["new"], source["updated"], source["unchanged"]) == (17, 0, 0)
    assert source["skipped"] == [
        {"line": row["line"], "raw": row["raw"], "reason": row["reason"], "document": REAL_SEED.name}
        for row in want["skipped"]
    ]
    found = {entry["title"]: entry for entry in desk.run("entries", "list", "--json").json}
    assert set(found) == {entry["title"] for entry in want["entries"]}
    for entry in want["entries"]:
        got = found[entry["title"]]
        assert got["sections"] == entry["sections"]
        assert (got["access"] == "premium") is entry["premium"]
        assert (got["published"] or "")[:10] == (entry["published"] or "")
        assert got["published_precision"] == entry.get("published_precision")
        shown = desk.run("entries", "show", got["id"], "--json").json
        assert shown["body"] == entry["body"]
        assert shown["label"] == entry.get("agency")


def test_the_list_is_newest_first_and_keeps_the_order_of_the_page(desk: Folder) -> None:
    desk.run("update")
    listed = [entry["title"] for entry in desk.run("entries", "list", "--json").json]
    rows = [entry["title"] for entry in expected()["entries"] if entry["kind"] != "main"]
    assert listed == [*rows, expected()["entries"][0]["title"]]


def test_each_section_has_its_feed(desk: Folder) -> None:
    desk.run("update")
    for name, count in expected()["feeds_expected"].items():
        if name != "(default)":
            feed = feedparser.parse((desk.public / "sections" / f"{name.lower()}.atom").read_bytes())
            assert len(feed.entries) == count
            assert all({"premium"} <= {tag.term for tag in entry.tags} for entry in feed.entries)
    everything = feedparser.parse((desk.public / "all.atom").read_bytes())
    assert len(everything.entries) == 17


def test_again_changes_no_byte_and_reports_nothing_new(desk: Folder) -> None:
    desk.run("update")
    before = desk.tree()
    stamps = {path: (desk.public / path).stat().st_mtime_ns for path in before}
    again = desk.run("update", "--all", "--json").json
    assert again["published"] == []
    assert again["totals"]["new"] == again["totals"]["updated"] == 0
    assert desk.tree() == before
    assert {path: (desk.public / path).stat().st_mtime_ns for path in before} == stamps
