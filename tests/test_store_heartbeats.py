"""Signs of life: one for each job, the last."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from db.engine import reading, writing
from db.records import Heartbeat
from db.store import heartbeats
from tests.desk import NOON, hours, new_engine

TICK = Heartbeat("tick", NOON, NOON, 30, 7)
PRUNE = Heartbeat("prune", NOON, NOON, 3600, 7, "disk full")


def test_the_last_sign_of_each_job_is_known_until_its_process_ends(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        heartbeats.note(connection, [])
        heartbeats.note(connection, [TICK, PRUNE])
        assert heartbeats.every(connection) == [PRUNE, TICK]
        later = replace(PRUNE, at=NOON + hours(1), error=None)
        other = replace(TICK, at=NOON + hours(2), since=NOON + hours(2), every=60, pid=8)
        heartbeats.note(connection, [later, other])
        assert heartbeats.every(connection) == [later, other]
        heartbeats.forget(connection, 7)
    with reading(engine) as connection:
        assert heartbeats.every(connection) == [other]
