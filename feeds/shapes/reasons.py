"""In words: why an entry is for whom it is, and why it is folded behind another."""

from __future__ import annotations

from dataclasses import dataclass

from db.records import PERSON, Access, Evidence, StoredEntry

_BECAUSE = {
    "R1": "R1: the same address",
    "R2": "R2: the same words in title and body",
    "R3": "R3: {score:.0%} of the shorter text's three-word runs stand in the other",
    "R4": "R4: {score:.0%} of the shorter text's three-word runs stand in the other, under titles that agree",
    "R5": "R5: the same title within 72 hours, where one of the two has no body",
    PERSON: "a person joined them",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A piece of evidence; its `grade` is A to C, None where it weighs nothing or is a person's word. `against` is the
    level that it states in earnest where that is not the entry's."""

    evidence: Evidence
    grade: str | None
    against: Access | None

    def __str__(self) -> str:
        word = "because" if self.against is None else f"against, {self.against.value}:"
        grade = "" if self.grade is None else f"[{self.grade}] "
        return f'{word} {grade}{self.evidence.signal} "{self.evidence.value}" ({self.evidence.where})'


def evidence_of(entry: StoredEntry) -> tuple[Evidence, ...]:
    """What the access rests on: a person's word before all that sources say."""
    said = (Evidence("person", entry.access.value, "set-access"),) if entry.access_override else ()
    return said + entry.evidence


def reasons_of(entry: StoredEntry) -> list[Reason]:
    """Each piece of evidence with its grade, those that state another level as such."""
    from feeds.access import Grade, weigh

    weighed = {one.evidence: one for one in weigh(entry.evidence)}
    found = []
    for proof in evidence_of(entry):
        one = weighed.get(proof)
        against = one is not None and one.grade >= Grade.STRONG and one.level is not entry.access
        found.append(
            Reason(
                evidence=proof,
                grade=None if one is None else one.grade.letter,
                against=one.level if one is not None and against else None,
            )
        )
    return found


def access_in_words(entry: StoredEntry) -> str:
    """The level, and how sure it is; a person's word is sure, whatever the evidence says."""
    from feeds.access import judge

    if entry.access_override:
        return f"{entry.access.value} (a person said so)"
    confidence = judge(entry.evidence).confidence
    return f"{entry.access.value} (confidence {confidence:.2f})" if confidence else entry.access.value


def because(entry: StoredEntry) -> str | None:
    """Why an entry is folded behind another; None where it is not."""
    return None if entry.rule is None else _BECAUSE[entry.rule].format(score=entry.score)
