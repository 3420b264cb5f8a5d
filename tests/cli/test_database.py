"""`feeds db`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import DOCUMENT, SEEDS, Folder


@pytest.fixture
def desk(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path).config(SEEDS)
    folder.seed("1.txt", DOCUMENT)
    return folder


def test_db_upgrade_and_verify(desk: Folder) -> None:
    assert desk.run("db", "upgrade", "--json").json["changed"] is True
    assert desk.run("db", "upgrade", "--json").json["changed"] is False
    desk.run("update")
    assert desk.run("db", "verify", "--json").json == {"valid": True, "findings": []}
    feed = desk.public / "all.atom"
    feed.write_bytes(feed.read_bytes().replace(b"ferry", b"Ferry"))
    (desk.public / "feeds.opml").unlink()
    ran = desk.run("db", "verify")
    assert ran.code == 1
    assert "all.atom: differs" in ran.err
    assert "feeds.opml" in ran.err
    assert desk.run("publish", "--all").code == 0
    assert desk.run("db", "verify").code == 0
