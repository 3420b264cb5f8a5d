"""Who is pushed, as `feeds status` and `feeds sources list` show it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from db.engine import open_engine, writing
from db.records import PushRecord, PushState
from db.store import pushes
from tests.command import Folder
from tests.desk import NOON

HUB, TOPIC = "https://hub.example/", "https://n.example/feed"


@pytest.fixture
def desk(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path, epoch=int(NOON.timestamp()))
    return folder.config(f'[websub]\nsubscribe = true\n[[source]]\nname = "n"\nurl = "{TOPIC}"\n')


def push(desk: Folder, **over: object) -> None:
    """Stores a subscription of the source."""
    desk.run("sources", "list")
    engine = open_engine(f"sqlite:///{desk.path / 'var/feeds.sqlite3'}")
    one = PushRecord(
        source_id=1, topic=TOPIC, hubs=(HUB,), key="the-name", secret="the-secret", due_at=NOON, hub=HUB,  # noqa: S106
        state=PushState.ACTIVE, asked_at=NOON, active_since=NOON, lease_until=NOON + timedelta(days=1),
    )  # fmt: skip
    with writing(engine) as connection:
        pushes.add(connection, replace(one, **over))  # type: ignore[arg-type]
    engine.dispose()


def test_a_source_that_is_pushed(desk: Folder) -> None:
    push(desk, last_push=NOON)
    found = desk.run("sources", "list", "--json").json[0]["push"]
    assert found == {
        "state": "active",
        "hub": HUB,
        "topic": TOPIC,
        "lease_until": "2026-03-03T12:00:00Z",
        "last_push": "2026-03-02T12:00:00Z",
        "doubted_until": None,
        "error": None,
    }
    assert desk.run("status", "--json").json["sources"][0]["push"] == found
    assert "config, pushed" in desk.run("sources", "list").out
    assert "not polled yet\n" in desk.run("status").out.replace(" \n", "\n")


def test_a_source_that_is_to_be_pushed_and_is_not(desk: Folder) -> None:
    push(desk, doubted_until=NOON + timedelta(hours=3))
    assert "pushed" not in desk.run("sources", "list").out
    status = desk.run("status")
    assert "not polled yet; hub.example missed entries, and is not relied on until 2026-03-02 15:00 UTC" in status.out
    assert status.code == 0  # nobody needs to act


def test_a_source_that_nobody_pushes(desk: Folder) -> None:
    assert desk.run("sources", "list", "--json").json[0]["push"] is None
    assert desk.run("status", "--json").json["sources"][0]["push"] is None


def test_neither_the_name_nor_the_secret_is_shown(desk: Folder) -> None:
    push(desk, error="HTTP 500")
    said = [desk.run(*words, *form) for words in (("status",), ("sources", "list")) for form in ((), ("--json",))]
    assert not [one for one in said if "the-name" in one.out + one.err or "the-secret" in one.out + one.err]


def test_a_paused_source_is_paused(desk: Folder) -> None:
    push(desk)
    text = (desk.path / "config.toml").read_text()
    (desk.path / "config.toml").write_text(text + "enabled = false\n")
    assert "config, paused" in desk.run("sources", "list").out
