"""Calls about incidents."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from db.engine import writing
from db.store import incidents
from tests.desk import NOON, source_id
from tests.desk.calls import api_of
from tests.desk.web import running_desk


def test_incidents_are_listed_and_shown(tmp_path: Path) -> None:
    with running_desk(tmp_path) as web:
        api = api_of(web, "read")
        with writing(web.engine) as connection:
            wire = source_id(connection, "wire")
            for number in range(5):
                at = NOON + timedelta(hours=number // 2)
                incidents.open_incident(connection, "stale", f"s{number}", "nothing new", at)
            incidents.open_incident(
                connection,
                "failing",
                "wire",
                "no answer",
                NOON + timedelta(hours=9),
                wire,
                evidence=(("status", "500"),),
            )
            incidents.close_incident(connection, "stale", "s4", NOON + timedelta(hours=8), "something new came")
        for limit in (1, 4, 6):
            subjects = [row["subject"] for row in api.every("/incidents", limit)]
            assert subjects == ["wire", "s4", "s3", "s2", "s1", "s0"]
        assert [row["subject"] for row in api.every("/incidents?open=false", 5)] == ["s4"]
        assert len(api.every("/incidents?open=true", 1)) == 5
        (found,) = api.every("/incidents?kind=failing&kind=disk", 5)
        assert api.every("/incidents?source=wire", 5) == [found]
        assert found == api.call(f"/incidents/{found['id']}")
        assert found | {"id": 0} == {
            "id": 0, "kind": "failing", "subject": "wire", "source": "wire", "opened": "2026-03-02T21:00:00Z",
            "closed": None, "message": "no answer", "ended": None, "reopened": 0,
            "evidence": [{"name": "status", "value": "500"}],
        }  # fmt: skip
        (over,) = api.every("/incidents?open=false", 5)
        assert (over["closed"], over["ended"]) == ("2026-03-02T20:00:00Z", "something new came")
        assert api.call("/incidents?kind=tired", status=400).startswith('kind: "tired" is none; there are gone, ')
        assert api.call("/incidents/999", status=404) == "there is no incident 999"
