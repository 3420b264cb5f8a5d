"""What the evidence about one entry comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from db.records import DOUBTED, Access, Evidence
from feeds.access.signals import ENOUGH, Grade, claim

_CONFIDENCE = {
    Grade.LISTING: 0.8,
    Grade.SUSPECTED: 0.6,
    Grade.STRONG: 0.9,
    Grade.DECLARED: 0.93,
    Grade.AUTHORITATIVE: 0.97,
    Grade.CONFIGURED: 1.0,
}
_CONTESTED = 0.8
"""At most as sure is what statements of one grade disagree about."""

_ORDER = (Access.PREMIUM, Access.REGISTRATION, Access.METERED, Access.FREE, Access.UNKNOWN)
"""Of statements of one grade the narrowest wins: taking a free entry for a paid one costs a click, the other way
round gives away what was sold."""


@dataclass(frozen=True, slots=True)
class AccessVerdict:
    """The level, what it rests on (only evidence that says something), and how sure it is (0 to 1)."""

    level: Access
    evidence: tuple[Evidence, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Weighed:
    """A piece of evidence and what it is worth: its grade, the level it speaks for, and its weight as a hint."""

    evidence: Evidence
    grade: Grade
    level: Access
    weight: float


_NOTHING = AccessVerdict(Access.UNKNOWN, (), 0.0)


def weigh(evidence: Iterable[Evidence]) -> list[Weighed]:
    """Those pieces that say something, in their order, and what each is worth."""
    return [Weighed(one, *said) for one in evidence if (said := claim(one)) is not None]


def judge(evidence: Iterable[Evidence], *, configured: Access | None = None) -> AccessVerdict:
    """The access that `evidence` speaks for; the source's `configured` one goes before all of it.

    The highest grade that is present decides; within it the narrowest level, and hints of different kinds add up as
    independent ones. Nothing said, or too little, is `unknown`, which is not `free`.
    """
    if configured is not None:
        # As evidence, so that it still counts when the evidence of several documents is judged together.
        said = Evidence("configured", configured.value, "config.toml")
        evidence = (said, *(one for one in evidence if one.signal != said.signal))
    heard = weigh(evidence)
    if not heard:
        return _NOTHING
    kept = tuple(one.evidence for one in heard)
    grade = max(one.grade for one in heard)
    deciding = [one for one in heard if one.grade is grade]
    levels = {one.level for one in deciding}
    level = next(each for each in _ORDER if each in levels)
    if level is Access.FREE and grade is not Grade.CONFIGURED:
        # What a row or a feed calls closed is closed, whatever the template of the page says of it.
        levels |= {one.level for one in heard if one.grade is Grade.STRONG and one.level.gated}
        level = next(each for each in _ORDER if each in levels)
    if grade in _CONFIDENCE:
        confidence = _CONFIDENCE[grade]
        contested = len(levels) > 1 and grade is not Grade.CONFIGURED
        return AccessVerdict(level, kept, min(confidence, _CONTESTED) if contested else confidence)
    confidence = _sum(one for one in deciding if one.level is level)
    return AccessVerdict(level if confidence >= ENOUGH else Access.UNKNOWN, kept, confidence)


def _sum(hints: Iterable[Weighed]) -> float:
    """How sure several hints are together; ten elements of one class are one hint, and so is all that a source states
    that is doubted: a template that states the one states the other."""
    strongest: dict[str, float] = {}
    for one in hints:
        name = DOUBTED if one.evidence.signal.endswith(DOUBTED) else one.evidence.signal
        strongest[name] = max(one.weight, strongest.get(name, 0.0))
    doubt = 1.0
    for signal in sorted(strongest):
        doubt *= 1.0 - strongest[signal]
    return round(1.0 - doubt, 4)
