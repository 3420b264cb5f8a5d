"""Signs in a row of a listing that its article is for paying readers: badges, locks, texts glued to the headline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from feeds.sources.page.texts import Element, fold, text_of

BADGE = 60
"""Characters of a badge at most."""

_TOKEN = re.compile(
    r"(?:[a-z0-9]+[-_]+){0,4}(?:premium|paywall|paywalled|paid|subscribers?|subscriber-only|subscribers-only"
    r"|subscription|members-only|member-only"
    r"|members|locked|lock|abo|abonnes?|abonnés|plus-only|exclusive-plus|pay|metered|spplus|sz-plus|zplus|fplus|bplus)"
    r"(?:[-_]+(?:icon|badge|label|marker|mark|flag|tag|only|content|article|item|card|teaser|story|post|sign|text"
    r"|ico|svg|img|image|symbol|logo|indicator))?"
)
_NOT = re.compile(r"(?:un|not-|no-|non-|is-not-|remove-)")
_WORDS = re.compile(
    r"(?:premium|paywall|plus|abo|exclusive to subscribers|(?:for |only for )?(?:paid )?(?:subscribers?"
    r"|members?)(?: only| exclusive)?|subscription"
    r"|subscribers?-only|members?-only|for paid subscribers|paid|paid (?:article|post|subscribers)|locked"
    r"|(?:nur )?für (?:abonnenten|mitglieder|plus[- ]?(?:kunden|leser))|exklusiv für abonnenten|mit (?:plus|abo)"
    r"|s\+|sz ?plus|z\+|f\+|b\+|spiegel ?\+|faz\+|taz\+|bild ?plus|welt ?plus|heise\+"
    r"|(?:article )?réservé(?:e)? aux (?:abonnés|membres)|abonnés|(?:sólo |solo "
    r"|exclusivo )?(?:para )?s(?:uscriptores|ubscriptores)|solo per abbonati|per abbonati|abbonati"
    r"|(?:exclusivo )?para assinantes|assinantes"
    r"|(?:только )?(?:для|по) (?:платных )?(?:подписчиков|подписке)|платно|по подписке|платный доступ"
    r"|(?:толькі )?(?:для|па) падпісчыкаў|па падпісцы|(?:лише |тільки )?для передплатників|за передплатою"
    r"|(?:tylko )?dla (?:subskrybentów|prenumeratorów)|(?:tik )?prenumeratoriams|abonentiem|tellijale|tilaajille"
    r"|for prenumeranter|voor abonnees|abonnees|kun for abonnenter|pro předplatitele|pre predplatiteľov"
    r"|会員限定|有料会員限定|有料|付费|구독자 전용)"
)
_LOCKS = "🔒🔐🔏🗝"
_LOCK = re.compile(f"[{_LOCKS}]\ufe0f?")
_FLAGS = frozenset(
    "data-premium data-paywall data-is-premium data-is-paid data-paid data-locked data-subscriber-only data-access "
    "data-content-tier".split()
)
_SET = frozenset("true 1 yes premium paid locked subscriber subscribers".split())
_BADGES = frozenset("span div em i b strong small sup p a label mark li td".split())


def signs_of(elements: Iterable[Element]) -> Iterator[str]:
    """What in a row says that its article costs, as it is said: a badge's class or words."""
    for node, tag, said, classes in elements:
        if not tag:
            if _LOCK.search(node.text_content or "") is not None:
                yield "🔒"
            continue
        yield from (token for token in classes if is_sign(token))
        for name, value in said.items():
            if name in _FLAGS and (value or "true").strip().lower() in _SET:
                yield f"{name}={value or ''}"
            elif name in ("title", "alt", "aria-label") and value and says_paid(value[:100]):
                yield fold(value)
        if tag in _BADGES and (text := text_of(node, hidden=True, limit=BADGE)) and says_paid(text):
            yield text


@lru_cache(maxsize=4096)
def is_sign(token: str) -> bool:
    """Whether one whole token of a class is a badge's."""
    token = token.replace("__", "-").replace("--", "-")
    return len(token) <= 60 and _TOKEN.fullmatch(token) is not None and _NOT.match(token) is None


@lru_cache(maxsize=4096)
def says_paid(text: str) -> bool:
    """Whether a short text says nothing but that reading costs."""
    bare = " ".join(text[: BADGE + 20].casefold().strip(" .:!()[]*•|—–-").split())
    return bool(bare) and (_WORDS.fullmatch(bare) is not None or _LOCK.fullmatch(bare) is not None)


def strip_marker(title: str, markers: Iterable[str]) -> tuple[str, str | None]:
    """A headline without the marker glued to its end or set before it, and the marker. `markers` are the configured."""
    lock = _LOCK.search(title)
    if lock is not None and (lock.start() == 0 or lock.end() == len(title)) and (bare := _LOCK.sub("", title).strip()):
        return bare, lock[0]
    for marker in markers:
        if title.endswith(marker) and len(title) > len(marker):
            return title[: -len(marker)].rstrip(" |·•—–-:"), marker
        if title.startswith(marker) and len(title) > len(marker) and not title[len(marker)].isalnum():
            return title[len(marker) :].lstrip(" |·•—–-:]"), marker
    for start, end in (("[", "]"), ("(", ")")):
        head, _, rest = title.partition(end)
        if head.startswith(start) and rest.strip() and says_paid(head[1:]):
            return rest.strip(), head[1:]
        before, _, tail = title.rpartition(start)
        if before.strip() and tail.endswith(end) and says_paid(tail[:-1]):
            return before.strip(), tail[:-1]
    return title, None
