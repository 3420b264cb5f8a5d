"""The gravest of the troubles that last."""

from __future__ import annotations

from pathlib import Path

from db.engine import reading, writing
from db.store import sources
from db.store.incidents import close_incident, count_opened, open_incident
from db.store.lasting import gravest
from tests.desk import NOON, hours, new_engine, source_id


def test_the_gravest_come_first_then_the_longest(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        harbour = source_id(connection, "harbour")
        for kind, subject, at in (
            ("moved", "a", 0), ("of another time", "a", 0), ("failing", "late", 4), ("failing", "early", 1),
            ("disk", "var", 5), ("failing", "over", 0),
        ):  # fmt: skip
            open_incident(connection, kind, subject, "so it is", NOON + hours(at))
        open_incident(connection, "failing", "idle", "so it is", NOON, harbour)
        close_incident(connection, "failing", "over", NOON + hours(1))
        sources.pause(connection, harbour)
    kinds = ("disk", "gone", "failing", "moved")
    with reading(engine) as connection:
        found = [(one.kind, one.subject) for one in gravest(connection, kinds, 9)]
        assert found == [
            ("disk", "var"), ("failing", "early"), ("failing", "late"), ("moved", "a"), ("of another time", "a"),
        ]  # fmt: skip
        assert len(found) == count_opened(connection)
        assert [one.kind for one in gravest(connection, kinds, 2)] == ["disk", "failing"]
        assert gravest(connection, kinds, 0) == []
