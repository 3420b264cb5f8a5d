"""A month of a desk: each trouble is one incident, opened once and closed once, told once each, and none is made of a
blip."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime

import pytest

from db.engine import Engine
from db.records import IncidentRecord
from feeds import alerts
from feeds.config import Config
from tests.desk import new_engine
from tests.fakes import Reply, running_site
from tests.month import EXPECTED, QUIET, Month

Passed = tuple[Month, list[IncidentRecord], list[str]]
"""A month, its incidents, and what people were told in it."""


def _tell(engine: Engine, config: Config, now: datetime) -> None:
    """Alerts as the daemon has them made and sent."""
    alerts.plan(engine, config, now)
    alerts.deliver(engine, config, lambda: now)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Passed:
    """A month that is over."""
    folder = tmp_path_factory.mktemp("month")
    engine = new_engine(folder)
    with running_site() as phone:
        phone.pages["/"] = Reply()
        rule = f'[[alert]]\nname = "newsroom"\nto = "json://{phone.url.removeprefix("http://")}/"\n'
        one = Month(engine, folder, _tell, rule)
        found = one.run()
        messages = [json.loads(seen.body)["message"] for seen in phone.log]
    engine.dispose()
    return one, found, messages


def test_each_trouble_is_one_incident_that_is_over(month: Passed) -> None:
    _, found, _ = month
    assert [(one.kind, one.subject) for one in found] == EXPECTED
    assert [one.subject for one in found if one.closed_at is None] == []
    assert [one.subject for one in found if one.reopened] == []
    assert not {one.subject for one in found} & set(QUIET)
    assert all(one.evidence for one in found)


def test_the_feed_of_incidents_tells_the_story(month: Passed) -> None:
    one, found, _ = month
    versions = Counter(uid for uid, _ in one.told)
    assert len(versions) == len(found)
    assert set(versions.values()) == {2}
    titles = {title for _, title in one.told}
    assert "stale: has nothing new for longer than is usual for it" in titles
    assert "stale: has nothing new for longer than is usual for it (over)" in titles
    assert sum(title.endswith(" (over)") for title in titles) == len(found)


def test_people_are_told_once_that_it_began_and_once_that_it_is_over(month: Passed) -> None:
    _, found, messages = month
    told = Counter(line for text in messages for line in re.findall(r"^(?:over: )?[a-z-]+: [^(\n]+(?= \()", text, re.M))
    expected = [f"{kind}: {subject}" for kind, subject in EXPECTED]
    assert told == Counter([*expected, *(f"over: {one}" for one in expected)])
    assert len(found) == len(expected)
