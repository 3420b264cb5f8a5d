"""What to do about troubles."""

from __future__ import annotations

from datetime import timedelta

from db.records import IncidentRecord
from feeds.desk.advice import TO_DO, gravest_first, to_do
from feeds.states import KINDS
from tests.desk import NOON


def incident(kind: str, hours: int = 0) -> IncidentRecord:
    return IncidentRecord(1, kind, "harbour", "harbour", NOON - timedelta(hours=hours), None, "so it is")


def test_there_is_something_to_do_about_each_kind() -> None:
    assert set(TO_DO) == set(KINDS)
    assert to_do("slow").startswith("Nothing has to be done")
    assert to_do("of another time") == "Look at the message and at the log."


def test_the_gravest_come_first_then_the_longest() -> None:
    told = [
        incident("moved"),
        incident("of another time"),
        incident("failing"),
        incident("failing", 3),
        incident("disk"),
    ]
    kinds = [(one.kind, one.opened_at) for one in sorted(told, key=gravest_first)]
    assert [kind for kind, _ in kinds] == ["disk", "failing", "failing", "moved", "of another time"]
    assert kinds[1][1] < kinds[2][1]
