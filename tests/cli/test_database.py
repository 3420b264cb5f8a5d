"""`feeds db`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from threading import Thread

from db.engine import process_lock
from tests.command import Folder


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


def test_db_verify_finds_an_index_that_is_not_in_step(desk: Folder) -> None:
    desk.run("update")
    with closing(sqlite3.connect(desk.path / "var" / "feeds.sqlite3")) as other:
        other.execute("INSERT INTO search (rowid, facet) VALUES (7, '§accessfree')")
        other.commit()
    ran = desk.run("db", "verify")
    assert (ran.code, "database: the index has " in ran.err) == (1, True)
    assert desk.run("db", "upgrade", "--index", "--json").json["changed"] is True
    assert desk.run("db", "verify").code == 0


def test_db_verify_waits_for_a_publish_to_end(desk: Folder) -> None:
    desk.run("db", "upgrade")
    codes: list[int] = []
    waiting = Thread(target=lambda: codes.append(desk.run("db", "verify").code))
    with process_lock(desk.path / "var" / "feeds.sqlite3.work.lock", "the test"):
        waiting.start()
        waiting.join(1)
        assert waiting.is_alive()
    waiting.join(30)
    assert codes == [0]
