"""What is noted of the use of tokens."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from db.engine import Engine, reading, writing
from db.records import TokenRecord
from db.store import tokens
from db.store.tokens import NOTED_EVERY
from feeds.web import uses
from feeds.web.uses import Uses
from tests.desk import NOON


@pytest.fixture
def record(engine: Engine) -> TokenRecord:
    with writing(engine) as connection:
        return tokens.create(connection, "anna", "k1", b"1", NOON, None)


def run(engine: Engine, *steps: tuple[TokenRecord, bytes | None, timedelta]) -> int:
    """Notes the uses one after the other; returns how many were written."""

    async def noted() -> None:
        for record, network, after in steps:
            present[0] = NOON + after
            noting.note(record, network)
        while noting._waiting:
            await asyncio.sleep(0.01)

    present = [NOON]
    noting = Uses(engine, lambda: present[0])
    with patch.object(tokens, "note_use", wraps=tokens.note_use) as note:
        asyncio.run(noted())
    return note.call_count


def seen(engine: Engine) -> tuple[object, int]:
    with reading(engine) as connection:
        found = tokens.by_key(connection, "k1")
        assert found is not None
        return found.last_used, tokens.networks(connection).get(found.id, 0)


def test_a_use_is_written_once_a_minute_for_each_network(engine: Engine, record: TokenRecord) -> None:
    now, soon = timedelta(), NOTED_EVERY - timedelta(seconds=1)
    assert run(engine, *[(record, b"a", now)] * 5, (record, b"a", soon), (record, b"b", soon)) == 2
    assert seen(engine) == (NOON, 2)
    assert run(engine, (record, None, now), (record, None, NOTED_EVERY)) == 2
    assert seen(engine) == (NOON + NOTED_EVERY, 2)


def test_what_is_remembered_and_what_waits_is_bounded(
    engine: Engine, record: TokenRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uses, "MOST_REMEMBERED", 1)
    now = timedelta()
    assert run(engine, (record, b"a", now), (record, b"b", now), (record, b"a", now)) == 3
    monkeypatch.setattr(uses, "MOST_WAITING", 2)
    assert run(engine, *[(record, bytes([number]), now) for number in range(9)]) == 2


def test_a_note_that_cannot_be_written_is_dropped(
    engine: Engine, record: TokenRecord, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.dispose()
    (tmp_path / "feeds.sqlite3").write_bytes(b"SQLite format 3\x00" + bytes(9000))
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"feeds.sqlite3{suffix}").unlink(missing_ok=True)
    assert run(engine, (record, b"a", timedelta())) == 0
    assert capsys.readouterr().err == "", "it is no trouble of anybody's"
