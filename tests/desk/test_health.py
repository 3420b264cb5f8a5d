"""Whether the process lives, and whether it can work."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from db.engine import writing
from db.records import Heartbeat
from db.store import cursors, sections
from feeds import manifest
from feeds.desk import health
from feeds.desk.context import Context
from feeds.publish import publish
from tests.command import ROOT
from tests.desk import NOON, forget, record, tell
from tests.desk.web import Web


def found(web: Web) -> list[str]:
    """What is wrong now."""
    return list(health.troubles(Context(web.engine, web.config, lambda: web.now, web.hands, web.path)))


@contextmanager
def held(web: Web) -> Iterator[sqlite3.Connection]:
    """The database, which another writer holds."""
    with closing(sqlite3.connect(web.engine.url.database or "", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def test_a_process_that_lives_says_so_without_the_database(web: Web) -> None:
    web.engine.dispose()
    Path(web.engine.url.database or "").unlink()
    got = web.ask("/healthz")
    assert (got.status, got.body, got.headers["Cache-Control"]) == (200, b"ok\n", "no-store")
    assert web.ask("/healthz", "HEAD").status == 200
    assert web.ask("/healthz", "POST").status == web.ask("/readyz", "DELETE").status == 405
    assert web.ask("/healthz/x").status == web.ask("/readyz/").status == 404


def test_a_new_desk_is_ready(web: Web) -> None:
    assert web.ask("/readyz").body == b"ok\n"
    with writing(web.engine) as connection:
        assert cursors.position(connection, health.MARK) == int(NOON.timestamp()), "it was written to"


def test_a_database_that_is_held_is_told_in_time(web: Web) -> None:
    with held(web) as other:
        got = web.ask("/readyz")
        assert (got.status, got.headers["Retry-After"]) == (503, "5")
        assert got.body == b"database: held by another writer for longer than 1 s\n"
        assert got.headers["Content-Type"] == "text/plain; charset=utf-8"
        other.execute("ROLLBACK")
        assert found(web) == []


def test_strangers_learn_no_more_than_that(web: Web) -> None:
    with held(web):
        for headers in ({"Host": "desk.example"}, {"X_Forwarded_For": "192.0.2.1"}):
            got = web.ask("/readyz", **headers)
            assert (got.status, got.body) == (503, b"not ready\n")


def test_an_answer_counts_for_a_second(web: Web) -> None:
    assert web.ask("/readyz").status == 200
    with held(web):
        assert web.ask("/readyz").status == 200, "as just found"


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
def test_a_database_that_is_read_only_and_writable_again(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "-Urm", "true"], capture_output=True).returncode:
        pytest.skip("no namespaces here")
    command = ["unshare", "-Urm", sys.executable, "-m", "tests.desk.readonly", str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    before, between, after = json.loads(ran.stdout)
    assert before == after == [200, "ok\n"]
    assert between[0] == 503
    assert between[1].startswith("database: ")
    assert "readonly" in between[1]


def test_a_schema_that_is_not_ours(web: Web) -> None:
    with closing(sqlite3.connect(web.engine.url.database or "")) as other:
        other.execute("UPDATE alembic_version SET version_num = '0001'")
        other.commit()
    assert found(web) == ["schema: is 0001, this release writes 0010; run 'feeds db upgrade'"]


def test_a_database_that_was_emptied(web: Web) -> None:
    web.engine.dispose()
    path = Path(web.engine.url.database or "")
    path.write_bytes(b"")
    (only,) = found(web)
    assert only.startswith(f"database: {path}: is empty, what was in it is gone")


def test_a_database_that_was_taken_away_is_not_made_anew(web: Web) -> None:
    web.engine.dispose()
    path = Path(web.engine.url.database or "")
    away = path.rename(path.with_suffix(".away"))
    assert found(web)[0] == f"database: {path}: there is no such file; put it back"
    assert not path.exists()
    away.rename(path)
    assert found(web) == []


def test_a_job_that_gives_no_sign(web: Web) -> None:
    web.hands.signs = [Heartbeat("tick", NOON, NOON, 5, 1), Heartbeat("deliver", NOON, NOON, 1, 1)]
    assert found(web) == []
    web.now = NOON + timedelta(seconds=303)
    assert found(web) == ["job deliver: has not run for 303 s; it runs every 1 s"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda root: (root / manifest.NAME).unlink(), "manifest.json is missing or cannot be read"),
        (lambda root: (root / manifest.NAME).write_text("{"), "manifest.json is missing or cannot be read"),
        (lambda root: shutil.rmtree(root), "manifest.json is missing or cannot be read"),
        (lambda root: (root / "all.atom").unlink(), "all.atom is not what was published last"),
        (lambda root: (root / "all.atom").write_text("<feed/>"), "all.atom is not what was published last"),
    ],
)
def test_feeds_that_are_gone(web: Web, spoil: Callable[[Path], None], said: str) -> None:
    tell(web.engine, "a", record())
    assert found(web) == [], "nothing was published yet, and that is owed"
    publish(web.engine, web.config, NOON)
    assert found(web) == []
    spoil(web.config.public)
    (only,) = found(web)
    assert only == f"feeds: {web.config.public}/{said}; 'feeds publish' writes it"


def test_a_tree_that_was_never_made(web: Web) -> None:
    tell(web.engine, "a", record())
    forget(web.engine)
    with writing(web.engine) as connection:
        assert sections.dirty(connection) == {}
    assert len(found(web)) == 1
    web.engine.dispose()
    Path(web.engine.url.database or "").write_bytes(b"no database")
    assert [one.partition(":")[0] for one in found(web)] == ["database"]
