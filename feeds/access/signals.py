"""What each signal of access is worth, and which level its value names.

A signal or a value that the tables do not know says nothing. The figures are shares of 168 article pages whose
publishers declare the access: of those with `hasPart` 98 % were premium, `content_tier` metered or locked 94 %, an
explicit meta of the publisher 83 %, a visible phrase 71 %, a class such as `paywall` 46 %, `noarchive` 39 %, a
vendor's script 29 %; of all of them 37 %.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from db.records import Access, Evidence


class Grade(IntEnum):
    """How much a signal is worth; a lower one is heard only where no higher one speaks."""

    SITE = 0
    """S: tells something of the site, nothing of this article."""
    LISTING = 1
    """Only that the listing marks others and not this one."""
    HINT = 2
    """C: may mean something else."""
    SUSPECTED = 3
    """C and C: the words of a paywall where a text should be."""
    STRONG = 4
    """B: says so, but not of this article alone or not in a fixed vocabulary."""
    DECLARED = 5
    """A, of the article, by metas that are written for others than readers of schema.org, and mended less often."""
    AUTHORITATIVE = 6
    """A: the publisher's own mark on this article."""
    CONFIGURED = 7
    """A person said so."""

    @property
    def letter(self) -> str:
        """The grade as people are told it: A (authoritative) to C (a hint), S (of the site)."""
        return "SCCCBAAA"[self]


ENOUGH = 0.5
"""Hints that do not add up to this much leave the access unknown: a payment link alone is as often a tip jar, and
classes and scripts together are on free pages as well."""

_LEVELS = {
    Access.FREE: (
        "free open openaccess freeaccess public unrestricted true none everyone gratis gratuit gratuito kostenlos frei "
        "fri zdarma c_abf2"
    ),
    Access.REGISTRATION: (
        "registration registrationrequired registered registeredusers members login loginrequired regwall registerwall"
    ),
    Access.METERED: "metered meter soft freemium",
    Access.PREMIUM: (
        "premium paid payment subscription subscriptiononly subscriptionrequired subscriber subscribers "
        "subscribersonly subscriberonly paywall paywalled locked hard restricted restrictedaccess closed closedaccess "
        "payant abonnes abonné abonnés abo kostenpflichtig plus false c_16ec c_14cb"
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

_YES = frozenset("true yes y 1 on t ja oui".split())
_NO = frozenset("false no n 0 off f nein non".split())
_TIERS = {"free": Access.FREE, "metered": Access.METERED, "locked": Access.PREMIUM, "premium": Access.PREMIUM}
_AUDIENCES = {
    "everyone": Access.FREE,
    "only_free": Access.REGISTRATION,
    "only_paid": Access.PREMIUM,
    "founding": Access.PREMIUM,
}
_VISIBILITIES = {
    "public": Access.FREE,
    "members": Access.REGISTRATION,
    "paid": Access.PREMIUM,
    "tiers": Access.PREMIUM,
}


def flag_of(value: str) -> bool | None:
    """What a boolean in words says ("False", "http://schema.org/False", "0"); None for what is none."""
    last = value[:200].strip().rstrip("/").rpartition("/")[2].casefold()
    return True if last in _YES else False if last in _NO else None


def named(value: str) -> Access | None:
    """The level a value names by a word of its own, or by the last part of an address."""
    last = value[:200].rstrip("/ ").rpartition("/")[2]
    return _WORDS.get("".join(c for c in last.casefold() if c.isalnum() or c == "_"))


def _free(value: str) -> Access | None:
    flag = flag_of(value)
    return named(value) if flag is None else Access.FREE if flag else Access.PREMIUM


def _by(levels: dict[str, Access]) -> Callable[[str], Access | None]:
    return lambda value: levels.get(value.strip().casefold())


def _assigned(value: str) -> Access | None:
    """Of `name=level`, as `feeds.access.metas` writes what a meta comes to."""
    return named(value.rpartition("=")[2])


@dataclass(frozen=True, slots=True)
class Signal:
    """What one signal says: `level` whatever its value, or the level that `read` finds in it (None where it finds
    none).

    `weight` is how far a hint goes on its own, from 0 to 1. `phrases` also looks for words inside the value.
    """

    grade: Grade
    level: Access | None = None
    weight: float = 0.0
    phrases: bool = False
    read: Callable[[str], Access | None] = named


_A, _B, _C = Grade.AUTHORITATIVE, Grade.STRONG, Grade.HINT

SIGNALS = {
    "configured": Signal(Grade.CONFIGURED),
    # Rows of lists and items of feeds.
    "marker": Signal(_A, Access.PREMIUM),
    "badge": Signal(_B, Access.PREMIUM),
    "category": Signal(_A, Access.PREMIUM),
    "access category": Signal(_A),
    "_access": Signal(_A),
    "news:access": Signal(_B),
    "dcterms:accessRights": Signal(_B, phrases=True, weight=0.6),
    "dc:rights": Signal(_C, phrases=True, weight=0.6),
    "link rel=payment": Signal(_C, Access.PREMIUM, weight=0.3),
    "media:price": Signal(_C, Access.PREMIUM, weight=0.3),
    "unmarked": Signal(Grade.LISTING, Access.FREE),
    "full text given": Signal(Grade.LISTING, Access.FREE),
    # Article pages; the first also in feeds.
    "isAccessibleForFree": Signal(_A, read=_free),
    "hasPart": Signal(_A, Access.PREMIUM),
    "product": Signal(Grade.SITE, Access.PREMIUM),
    "content_tier": Signal(Grade.DECLARED, read=_by(_TIERS)),
    "publisher meta": Signal(Grade.DECLARED, read=_assigned),
    "substack audience": Signal(_A, read=_by(_AUDIENCES)),
    "substack paywall": Signal(_B, Access.PREMIUM),
    "ghost access": Signal(_A, read=_by(_VISIBILITIES)),
    "ghost upgrade": Signal(_B, read=_by(_VISIBILITIES)),
    "phrase above a short body": Signal(Grade.SUSPECTED, Access.PREMIUM),
    "registration above a short body": Signal(Grade.SUSPECTED, Access.REGISTRATION),
    "phrase": Signal(_C, Access.PREMIUM, weight=0.35),
    "truncated": Signal(_C, Access.PREMIUM, weight=0.2),
    "class": Signal(_C, Access.PREMIUM, weight=0.15),
    "noarchive": Signal(_C, Access.PREMIUM, weight=0.05),
    "HTTP status": Signal(_C, Access.PREMIUM, weight=0.3),
    "script": Signal(Grade.SITE, Access.PREMIUM),
    # What a source says of nearly every article (`feeds.access.word`).
    "isAccessibleForFree (doubted)": Signal(_C, Access.PREMIUM, weight=0.3),
    "hasPart (doubted)": Signal(_C, Access.PREMIUM, weight=0.3),
}
"""By the signal's name. A marker is the publisher's own (profile, or learned from the listing), a badge looks like
one; a category counts because the configuration lists it. `hasPart` is the selector of what is locked."""


def claim(evidence: Evidence) -> tuple[Grade, Access, float] | None:
    """Grade, level and weight of one piece; None where it says nothing about access."""
    signal = SIGNALS.get(evidence.signal)
    if signal is None:
        return None
    if signal.grade is Grade.CONFIGURED:
        return signal.grade, Access(evidence.value), signal.weight
    level = signal.level or signal.read(evidence.value)
    if level is not None:
        # "locked" is said by hand of one article; the other tiers are as often a default of the whole site.
        is_locked = evidence.signal == "content_tier" and level is Access.PREMIUM
        return Grade.AUTHORITATIVE if is_locked else signal.grade, level, signal.weight
    if signal.phrases and _PHRASES.search(evidence.value[:1000].casefold()) is not None:
        return Grade.HINT, Access.PREMIUM, signal.weight
    return None
