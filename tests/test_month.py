"""A month of a desk: each trouble is one incident, opened once and closed once, and none is made of a blip."""

from __future__ import annotations

from collections import Counter

import pytest

from db.records import IncidentRecord
from tests.desk import new_engine
from tests.month import EXPECTED, QUIET, Month


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> tuple[Month, list[IncidentRecord]]:
    """A month that is over, and its incidents."""
    folder = tmp_path_factory.mktemp("month")
    engine = new_engine(folder)
    one = Month(engine, folder)
    found = one.run()
    engine.dispose()
    return one, found


def test_each_trouble_is_one_incident_that_is_over(month: tuple[Month, list[IncidentRecord]]) -> None:
    _, found = month
    assert [(one.kind, one.subject) for one in found] == EXPECTED
    assert [one.subject for one in found if one.closed_at is None] == []
    assert [one.subject for one in found if one.reopened] == []
    assert not {one.subject for one in found} & set(QUIET)
    assert all(one.evidence for one in found)


def test_the_feed_of_incidents_tells_the_story(month: tuple[Month, list[IncidentRecord]]) -> None:
    one, found = month
    versions = Counter(uid for uid, _ in one.told)
    assert len(versions) == len(found)
    assert set(versions.values()) == {2}
    titles = {title for _, title in one.told}
    assert "stale: has nothing new for longer than is usual for it" in titles
    assert "stale: has nothing new for longer than is usual for it (over)" in titles
    assert sum(title.endswith(" (over)") for title in titles) == len(found)
