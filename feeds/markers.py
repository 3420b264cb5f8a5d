"""Signs that an article is for paying readers, as strings: classes and words of badges, what is glued to headlines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

LOCKS = ("🔒", "🔐", "🔏")
"""Signs that need no configuration: a headline has no other use for them."""

STARTS = (*LOCKS, "[", "(")
ENDS = (*LOCKS, "\ufe0f", "]", ")")
"""What a headline begins or ends with that `unmarked` may change without a configured marker."""

BADGE = 60
"""Characters of a badge at most: what is longer is a sentence of the article."""

_TOKEN = re.compile(
    r"((?:[a-z0-9]+[-_]+){0,4})(?:premium|paywall|paywalled|paid|subscribers?|subscriber-only|subscribers-only"
    r"|subscriber-exclusive|subscription|members-only|member-only|suscriptor(?:es)?|post-access-tiers"
    r"|members|locked|lock|abo|abonnes?|abonnés|plus-only|exclusive-plus|(?<=[-_])pay|metered|spplus|sz-plus|zplus|fplus|bplus"
    r"|is-plus|plus(?=-(?:article|badge)$))"
    r"(?:[-_]+(?:icon|badge|label|marker|mark|flag|tag|only|content|article|item|card|teaser|story|post|sign|text"
    r"|ico|svg|img|image|symbol|logo|indicator))?"
)
_NOT = re.compile(r"(?:un|not-|no-|non-|is-not-|remove-)")
_OF_OTHERS = frozenset(
    "scroll screen body orientation apple google samsung amazon team family board staff crew user profile newsletter "
    "newsletters email mail push comment comments forum tag tags category categories cat topic section term taxonomy "
    "rubric menu nav share".split()
)
"""Parts of a class before a badge's word with which it is of something else: `scroll-lock`, `apple-pay`, and the
rubrics that a template writes on each row."""

_WORDS = re.compile(
    r"(?:premium(?:[- ](?:article|content|artikel))?|paywall|plus(?:-artikel)?|abo(?:-artikel)?"
    r"|exclusive to subscribers|(?:for |only for )?(?:paid )?(?:subscribers?"
    r"|members?)(?: only| exclusive)?|subscription(?: required)?|requires subscription"
    r"|subscribers?-only|members?-only(?: story)?|for paid subscribers|paid|paid (?:article|post|subscribers)"
    r"|lock(?:ed)?"
    r"|(?:nur )?für (?:abonnenten|mitglieder|plus[- ]?(?:kunden|leser))|exklusiv für abonnenten|mit (?:plus|abo)"
    r"|kostenpflichtig"
    r"|[snzfb]\+|sz ?plus|spiegel ?\+|faz\+|taz\+|bild ?plus|welt ?plus|heise\+"
    r"|(?:article )?réservé(?:e)? aux (?:abonnés|membres)|(?:article )?abonnés?|(?:sólo |solo "
    r"|exclusivo )?(?:para )?s(?:uscriptores|ubscriptores)|(?:solo |riservato )?(?:per |agli )?abbonati"
    r"|(?:exclusivo )?para assinantes|assinantes"
    r"|(?:только )?(?:для|по) (?:платных )?(?:подписчиков|подписке)|платно|по подписке|платный доступ"
    r"|(?:толькі )?(?:для|па) падпісчыкаў|па падпісцы|(?:лише |тільки )?для (?:передплатників|підписників)"
    r"|за (?:передплатою|підпискою)"
    r"|(?:tylko )?dla (?:subskrybentów|prenumeratorów)|(?:tik )?prenumeratoriams|abonentiem|tellijale"
    r"|(?:vain )?tilaajille|for (?:prenumeranter|abonnenter)|(?:endast )?för prenumeranter|(?:alleen )?voor abonnees"
    r"|abonnees|kun for abonnenter|(?:pouze )?pro předplatitele|předplatné|pre predplatiteľov"
    r"|会員限定|有料会員限定|有料|付费|구독자 전용)"
)
_LOCK = re.compile(f"[{''.join(LOCKS)}]\ufe0f?")
_UNSEEN = "\ufe0f\u200b "
_JOINTS = " |·•—–-:"


@lru_cache(maxsize=4096)
def is_sign(token: str) -> bool:
    """Whether one whole token of a class is a badge's."""
    token = token.lower().replace("__", "-").replace("--", "-")
    if len(token) > BADGE or _NOT.match(token) is not None:
        return False
    found = _TOKEN.fullmatch(token)
    return found is not None and _OF_OTHERS.isdisjoint(re.split("[-_]+", found[1]))


def has_lock(text: str) -> bool:
    return _LOCK.search(text) is not None


@lru_cache(maxsize=4096)
def says_paid(text: str) -> bool:
    """Whether a short text says nothing but that reading costs."""
    bare = " ".join(text[: BADGE + 20].casefold().strip(" .:!()[]*•★☆✦|—–-").split())
    return bool(bare) and (_WORDS.fullmatch(bare) is not None or _LOCK.fullmatch(bare) is not None)


def unmarked(title: str, markers: Iterable[str] = ()) -> tuple[str, str | None]:
    """A headline without the marker at its beginning or end, and the marker.

    Lock signs and badges in brackets always count; `markers`, as a person configured them, at the end, and only where
    a word does not merely end like them. A headline that is nothing else keeps it.
    """
    bare = title.strip()
    inner = bare.strip("".join(LOCKS) + _UNSEEN)
    if inner and (lock := _LOCK.match(bare) or _LOCK.match(bare.rstrip(_UNSEEN)[-1:])) is not None:
        return inner, lock[0].rstrip("\ufe0f")
    for marker in markers:
        rest = bare.removesuffix(marker)
        if rest != bare and _is_parted(rest, marker) and rest.rstrip(_JOINTS):
            return rest.rstrip(_JOINTS), marker
    for start, end in (("[", "]"), ("(", ")")):
        head, _, rest = bare.partition(end)
        if head.startswith(start) and rest.strip() and says_paid(head[1:]):
            return rest.strip(), head[1:]
        before, _, tail = bare.rpartition(start)
        if before.strip() and tail.endswith(end) and says_paid(tail[:-1]):
            return before.strip(), tail[:-1]
    return title, None


def _is_parted(rest: str, marker: str) -> bool:
    """Whether a marker stands apart from what is before it: "Canal+" is no "Canal" with a plus, "Surplus" no word."""
    return bool(rest) and (not rest[-1].isalnum() or (len(marker) > 1 and not marker[0].isalnum()))
