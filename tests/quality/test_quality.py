"""Every topic reaches its floors, and the frame tells when one does not."""

from __future__ import annotations

import json

import pytest

from tests.quality import FLOORS, Score, Topic, scored, short, topics
from tests.quality.__main__ import main


def test_every_topic_has_floors_and_every_floor_its_topic() -> None:
    there = topics()
    assert sorted(json.loads(FLOORS.read_text(encoding="utf-8"))) == [topic.name for topic in there]
    for topic in there:
        assert set(topic.floors) <= {"precision", "recall", "f1"}, topic.name
        assert topic.title


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("topic", topics(), ids=lambda topic: topic.name)
def test_a_topic_reaches_its_floors(topic: Topic) -> None:
    score = scored(topic.score())
    assert short(score, topic.floors) == [], score.misses


def test_a_tally_becomes_a_score() -> None:
    score = scored((6, 2, 4, ["one"]))
    assert (score.precision, score.recall, score.misses) == (0.75, 0.6, ("one",))
    assert score.f1 == pytest.approx(2 * 0.75 * 0.6 / 1.35)
    assert scored((0, 0, 0, [])) == Score(1.0, 1.0, 1.0, ())


def test_what_is_below_its_floor_or_has_none_is_told() -> None:
    score = scored((6, 2, 4, []))
    assert short(score, {"precision": 0.75, "recall": 0.6, "f1": 0.6}) == []
    assert short(score, {"precision": 0.8, "recall": 0.6}) == ["precision 0.7500 is below its floor 0.8"]
    assert short(score, {}) == ["has no floor in floors.json"]


def test_an_unknown_topic_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-topic"]) == 2
    assert 'no topic is named "no-such-topic"' in capsys.readouterr().err
