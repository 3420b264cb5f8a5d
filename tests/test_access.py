"""The access verdict: golden pairs, and that the order of the evidence never matters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import Access, Evidence
from feeds.access import ENOUGH, SIGNALS, Grade, judge

CASES = sorted(
    path
    for path in (Path(__file__).parent / "cases" / "access").glob("*.json")
    if not path.name.endswith(".expected.json")
)

evidence = st.lists(
    st.builds(
        Evidence,
        st.sampled_from([*sorted(set(SIGNALS) - {"configured"}), "unheard of"]),
        st.sampled_from(["premium", "free", "True", "metered", "for subscribers", "", "©", "registration", "/"])
        | st.text(),
        st.just("entry"),
    ),
    max_size=6,
)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden_pairs(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    expected = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
    said = tuple(Evidence(*one) for one in case["evidence"])
    configured = Access(case["configured"]) if "configured" in case else None
    verdict = judge(said, configured=configured)
    kept = tuple(said[index] for index in expected["kept"])
    if configured is not None:
        kept = (Evidence("configured", configured.value, "config.toml"), *kept)
    assert (verdict.level, verdict.confidence, verdict.evidence) == (expected["level"], expected["confidence"], kept)


def test_golden_pairs_were_found() -> None:
    assert len(CASES) > 10


@given(evidence)
def test_order_does_not_matter(said: list[Evidence]) -> None:
    shuffled = said[::-1]
    one, other = judge(said), judge(shuffled)
    assert one.level is other.level
    assert one.confidence == pytest.approx(other.confidence, abs=1e-3)


@given(evidence)
def test_nothing_is_free_unless_something_says_so(said: list[Evidence]) -> None:
    verdict = judge(said)
    assert 0.0 <= verdict.confidence <= 1.0
    assert (verdict.level is Access.UNKNOWN) == (verdict.confidence < ENOUGH)
    if verdict.level is not Access.UNKNOWN:
        assert verdict.evidence
    assert set(verdict.evidence) <= set(said)


@given(evidence, st.sampled_from(list(Access)))
def test_a_person_has_the_last_word(said: list[Evidence], configured: Access) -> None:
    verdict = judge(said, configured=configured)
    assert (verdict.level, verdict.confidence) == (configured, 1.0)


@given(evidence)
def test_a_marker_makes_premium_whatever_else_is_said(said: list[Evidence]) -> None:
    assert judge([*said, Evidence("marker", "+", "row")]).level is Access.PREMIUM


def test_every_signal_can_decide_or_is_a_hint() -> None:
    for name, signal in SIGNALS.items():
        assert (signal.grade is Grade.HINT) <= (signal.weight > 0), name


def test_grades_as_people_are_told_them() -> None:
    assert "".join(grade.letter for grade in sorted(Grade, reverse=True)) == "AAABCCCS"


def test_ten_elements_of_one_class_are_one_hint() -> None:
    many = [Evidence("class", f".wall-{number}", "page") for number in range(10)]
    assert judge(many).confidence == SIGNALS["class"].weight


def test_what_a_source_is_configured_as_counts_among_the_evidence_of_others() -> None:
    said = judge([Evidence("marker", "+", "row")], configured=Access.FREE).evidence
    assert judge([*said, Evidence("category", "premium", "entry")]).level is Access.FREE
    assert judge(said, configured=Access.METERED).level is Access.METERED
