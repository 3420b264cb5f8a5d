"""Who may read an entry: a verdict with its evidence.

Evidence comes from the parsers as `(signal, raw value, where)`. What each signal is worth is a table here; a signal
or a value that the table does not know says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from db.records import Access, Evidence


class Grade(IntEnum):
    """How much a signal is worth; a lower one is heard only where no higher one speaks."""

    LISTING = 1
    """Only that the listing marks others and not this one."""
    HINT = 2
    """C: may mean something else."""
    STRONG = 3
    """B: says so, but not of this article alone or not in a fixed vocabulary."""
    AUTHORITATIVE = 4
    """A: the publisher's own mark on this article."""
    CONFIGURED = 5
    """A person said so."""


_CONFIDENCE = {Grade.LISTING: 0.8, Grade.STRONG: 0.9, Grade.AUTHORITATIVE: 0.97, Grade.CONFIGURED: 1.0}

ENOUGH = 0.5
"""Hints that do not add up to this much leave the access unknown: a payment link alone is as often a tip jar."""

_LEVELS = {
    Access.FREE: "free open openaccess freeaccess public unrestricted true c_abf2",
    Access.REGISTRATION: "registration registrationrequired registered registeredusers members login loginrequired",
    Access.METERED: "metered",
    Access.PREMIUM: (
        "premium paid payment subscription subscriptiononly subscriptionrequired subscriber subscribers "
        "subscribersonly subscriberonly paywall locked restricted restrictedaccess closedaccess false c_16ec c_14cb"
    ),
}
_WORDS = {word: level for level, words in _LEVELS.items() for word in words.split()}
"""What a value must be, without spaces and punctuation, to name a level. The last ones are COAR's and EU-Repo's
vocabularies of access rights, which end an address."""

_PHRASES = re.compile(
    r"subscri(?:ber|ption)|\bpremium\b|\bpaywall|\bpaid\b|members[ -]only|\babonn|подписчик|падпісчык|передплатник"
    r"|prenumerat|subskry|suscri(?:pto|pci)|assinante|abbonat"
)
"""What a sentence about rights says where reading costs; "all rights reserved" says nothing."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What one signal says: `level` whatever its value, or the level its value names (None).

    `weight` is how far a hint goes on its own, from 0 to 1. `phrases` also looks for words inside the value.
    """

    grade: Grade
    level: Access | None = None
    weight: float = 0.0
    phrases: bool = False


SIGNALS = {
    "configured": Signal(Grade.CONFIGURED),
    "marker": Signal(Grade.AUTHORITATIVE, Access.PREMIUM),
    "category": Signal(Grade.STRONG, Access.PREMIUM),
    "access category": Signal(Grade.STRONG),
    "_access": Signal(Grade.STRONG),
    "isAccessibleForFree": Signal(Grade.STRONG),
    "dcterms:accessRights": Signal(Grade.STRONG, phrases=True, weight=0.6),
    "dc:rights": Signal(Grade.HINT, phrases=True, weight=0.6),
    "news:access": Signal(Grade.STRONG),
    "http status": Signal(Grade.HINT, Access.PREMIUM, weight=0.4),
    "link rel=payment": Signal(Grade.HINT, Access.PREMIUM, weight=0.3),
    "unmarked": Signal(Grade.LISTING, Access.FREE),
    "full text given": Signal(Grade.LISTING, Access.FREE),
}
"""By the signal's name. A marker is the publisher's own (profile, or learned from the listing); a category counts
because the configuration lists it."""

_ORDER = (Access.PREMIUM, Access.REGISTRATION, Access.METERED, Access.FREE, Access.UNKNOWN)
"""Of statements of one grade the narrowest wins: taking a free entry for a paid one costs a click, the other way
round gives away what was sold."""


@dataclass(frozen=True, slots=True)
class AccessVerdict:
    """The level, what it rests on (only evidence that says something), and how sure it is (0 to 1)."""

    level: Access
    evidence: tuple[Evidence, ...]
    confidence: float


_NOTHING = AccessVerdict(Access.UNKNOWN, (), 0.0)


def judge(evidence: Iterable[Evidence], *, configured: Access | None = None) -> AccessVerdict:
    """The access that `evidence` speaks for; the source's `configured` one goes before all of it.

    The highest grade that is present decides; within it the narrowest level, and hints add up as independent ones.
    Nothing said, or too little, is `unknown`, which is not `free`.
    """
    if configured is not None:
        # As evidence, so that it still counts when the evidence of several documents is judged together.
        said = Evidence("configured", configured.value, "config.toml")
        evidence = (said, *(one for one in evidence if one.signal != said.signal))
    heard = [(claim, one) for one in evidence if (claim := _claim(one)) is not None]
    if not heard:
        return _NOTHING
    kept = tuple(one for _, one in heard)
    grade = max(claim[0] for claim, _ in heard)
    doubts: dict[Access, float] = {}
    for (rank, level, weight), _ in heard:
        if rank is grade:
            doubts[level] = doubts.get(level, 1.0) * (1.0 - weight)
    level = next(level for level in _ORDER if level in doubts)
    confidence = round(1.0 - doubts[level], 4) if grade is Grade.HINT else _CONFIDENCE[grade]
    if confidence < ENOUGH:
        return AccessVerdict(Access.UNKNOWN, kept, confidence)
    return AccessVerdict(level, kept, confidence)


def _claim(evidence: Evidence) -> tuple[Grade, Access, float] | None:
    """Grade, level and weight of one piece; None where it says nothing about access."""
    signal = SIGNALS.get(evidence.signal)
    if signal is None:
        return None
    if signal.grade is Grade.CONFIGURED:
        return signal.grade, Access(evidence.value), signal.weight
    level = signal.level or _named(evidence.value)
    if level is not None:
        return signal.grade, level, signal.weight
    if signal.phrases and _PHRASES.search(evidence.value[:1000].casefold()) is not None:
        return Grade.HINT, Access.PREMIUM, signal.weight
    return None


def _named(value: str) -> Access | None:
    """The level a value names by a word of its own, or by the last part of an address."""
    last = value[:200].rstrip("/ ").rpartition("/")[2]
    return _WORDS.get("".join(c for c in last.casefold() if c.isalnum() or c == "_"))
