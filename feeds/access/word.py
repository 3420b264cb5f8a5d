"""Whether a source's word is believed: one that says of nearly every article that it is locked says nothing.

Seen at a large paper, whose template states `isAccessibleForFree: false` on everything. Its word is doubted then, and
counts as a hint, until enough articles are said to be free again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from db.records import DOUBTED as SUFFIX
from db.records import Access, Evidence, Learned
from feeds.access.signals import claim

DOUBTED: Mapping[str, str] = {name: name + SUFFIX for name in ("isAccessibleForFree", "hasPart")}
"""Signals that a template may repeat on every page, and what they are called where they are doubted."""

_BELIEVED = {doubtful: name for name, doubtful in DOUBTED.items()}

LEAST = 20
"""Articles that must have been stated before any of it is doubted."""

TOO_MANY = 0.95
"""Share of locked ones from which on a source is doubted. Papers that sell all they have say so of 85 to 90 %: news
agencies' texts, service and corrections stay free."""

FEW_ENOUGH = 0.80
"""Share below which it is believed again."""

RECENT = 200
"""Articles after which older ones count half, so that a source that mends its template is believed within weeks."""


def stated(evidence: Iterable[Evidence]) -> bool | None:
    """Whether any of this says in a signal that can be doubted that an article is locked (True) or free (False); None
    where nothing does."""
    said = [
        found[1] for one in evidence if (one.signal in DOUBTED or one.signal in _BELIEVED) and (found := claim(one))
    ]
    return Access.PREMIUM in said if said else None


def noted(learned: Learned, articles: int, locked: int) -> Learned:
    """What is known of a source after `articles` more of which it stated the access, `locked` of them as locked."""
    if not articles:
        return learned
    total, shut = learned.articles + articles, learned.locked + locked
    share = shut / total
    is_doubted = share >= FEW_ENOUGH if learned.doubted else total >= LEAST and share >= TOO_MANY
    while total >= RECENT:
        total, shut = total // 2, shut // 2
    return replace(learned, articles=total, locked=shut, doubted=is_doubted)


def doubted(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The same with what it says of locked articles as hints; that one is free is believed all the same."""
    return tuple(
        replace(one, signal=DOUBTED[one.signal])
        if one.signal in DOUBTED and (said := claim(one)) is not None and said[1] is Access.PREMIUM
        else one
        for one in evidence
    )


def believed(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The same as it was said."""
    return tuple(replace(one, signal=_BELIEVED.get(one.signal, one.signal)) for one in evidence)
