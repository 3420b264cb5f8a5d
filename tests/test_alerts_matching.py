"""Which rule is told of which trouble."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from db.engine import reading, writing
from db.records import IncidentRecord, Learned, SourceRecord
from db.store import sources
from feeds.alerts.matching import sections_of, wants
from feeds.config import Alert, parse
from tests.command import SITE
from tests.desk import NOON, new_engine


def rule(**given: Any) -> Alert:
    return Alert(name="desk", to=("json://127.0.0.1/",), **given)


def trouble(kind: str = "failing", source: str | None = "harbour", subject: str = "harbour") -> IncidentRecord:
    return IncidentRecord(1, kind, subject, source, NOON, None, "HTTP 500")


@pytest.mark.parametrize(
    ("given", "incident", "wanted"),
    [
        ({}, trouble(), True),
        ({}, trouble("disk", None), True),
        ({"state": "failing"}, trouble(), True),
        ({"state": ("gone", "stale")}, trouble(), False),
        ({"source": "harbour"}, trouble(), True),
        ({"source": "bay"}, trouble(), False),
        ({"source": "harbour"}, trouble("disk", None), False),
        ({"section": "politics"}, trouble(), True),
        ({"section": "Sport"}, trouble(), False),
        ({"section": "Politics"}, trouble("disk", None), False),
        ({"section": "Politics", "source": "harbour", "state": "failing"}, trouble(), True),
        ({"section": "Politics", "source": "bay", "state": "failing"}, trouble(), False),
        ({"saved": "ferry"}, trouble(), False),
        ({"saved": "ferry", "state": "failing"}, trouble(), True),
        ({}, trouble("alerts", None, "desk"), False),
        ({}, trouble("alerts", None, "night"), True),
    ],
)
def test_all_that_a_rule_names_has_to_hold(given: dict[str, Any], incident: IncidentRecord, wanted: bool) -> None:
    sections = ("politics",) if incident.source else ()
    assert wants(rule(**given), incident, sections) is wanted


def test_sections_of_a_source_are_given_or_learned(tmp_path: Path) -> None:
    more = '[[section]]\nname = "Sea"\n[[section]]\nname = "Sky"\n'
    more += '[[rule]]\nsource = "harbour"\nsection = "Sea"\n[[rule]]\nsource = "bay"\nsection = "Sky"\n'
    config = parse(SITE + more, tmp_path / "config.toml")
    with writing(engine := new_engine(tmp_path)) as connection:
        options: dict[str, object] = {"kind": "seed", "path": "x", "sections": ["Town"], "default_section": "Rest"}
        sources.add(connection, "harbour", options, NOON)
        found = sources.by_name(connection, "harbour")
        assert isinstance(found, SourceRecord)
        sources.learn(connection, found.id, Learned(sections=("Politics",)))
    with reading(engine) as connection:
        assert sections_of(sources.by_name(connection, "harbour"), config) == {"town", "rest", "sea", "politics"}
        assert sections_of(sources.by_name(connection, "nobody"), config) == frozenset()
