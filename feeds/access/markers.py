"""Markers in lists: what beside or around a headline says that its article is for some readers only."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from db.records import Evidence

LOCKS = ("🔒", "🔐", "🔏")
"""Signs that need no configuration: a headline has no other use for them."""

MAX_TOKENS = 500
MAX_BADGE = 60
"""Characters of a badge's text; what is longer is a sentence of the article."""

_CLASSES = frozenset(
    (
        "premium premium-icon premium-badge premium-label premium-tag premium-content icon-premium is-premium "
        "article-premium premium-article has-premium lock lock-icon icon-lock icon--lock fa-lock locked is-locked "
        "locked-icon icon-locked paywall paywall-icon icon-paywall paywalled is-paywalled has-paywall paid paid-icon "
        "is-paid paid-content subscriber-only subscribers-only subscriber-exclusive subscriber-icon subscriber-badge "
        "member-only members-only plus-icon icon-plus-article plus-badge plus-article is-plus abo-icon icon-abo "
        "abo-badge is-abo abo-only abonnes icon-abonne suscriptor icon-suscriptor exclusive-subscribers "
        "post-access-paid post-access-tiers post-access-members gh-card-lock"
    ).split()
)
_TEXTS = frozenset(
    (
        "premium|plus|abo|+|s+|z+|f+|n+|paid|paywall|locked|lock|subscriber|subscribers|subscriber only|"
        "subscribers only|subscriber-only|subscriber exclusive|for subscribers|for subscribers only|"
        "exclusive to subscribers|members only|member-only|member-only story|for members|premium article|"
        "premium content|subscription required|requires subscription|nur für abonnenten|für abonnenten|"
        "exklusiv für abonnenten|plus-artikel|premium-artikel|abo-artikel|kostenpflichtig|réservé aux abonnés|"
        "abonnés|abonné|article abonné|article réservé aux abonnés|solo para suscriptores|sólo para suscriptores|"
        "para suscriptores|suscriptores|exclusivo suscriptores|riservato agli abbonati|abbonati|per abbonati|"
        "solo per abbonati|exclusivo para assinantes|para assinantes|assinantes|alleen voor abonnees|voor abonnees|"
        "abonnees|dla prenumeratorów|tylko dla prenumeratorów|dla subskrybentów|pro předplatitele|"
        "pouze pro předplatitele|předplatné|pre predplatiteľov|för prenumeranter|endast för prenumeranter|"
        "kun for abonnenter|for abonnenter|vain tilaajille|tilaajille|для подписчиков|только для подписчиков|"
        "по подписке|для падпісчыкаў|толькі для падпісчыкаў|па падпісцы|для передплатників|лише для передплатників|"
        "тільки для передплатників|за передплатою|для підписників|за підпискою|有料|有料会員限定|会員限定"
    ).split("|")
)


def marker_of(classes: Iterable[str], texts: Iterable[str], markers: Collection[str] = ()) -> Evidence | None:
    """The marker of one row of a list, by the classes of the elements in it and by its badges.

    `classes` are whole class names; `texts` what may be a badge: texts of small elements, `alt`, `title`, `aria-label`.
    `markers` are those that a profile names, and make a `marker` (A), which goes before a `badge` (B). None where
    nothing in the row looks like one.
    """
    named = {marker.strip().casefold() for marker in markers}
    badge: str | None = None
    for count, text in enumerate(texts):
        if count >= MAX_TOKENS:
            break
        folded = " ".join(text[: MAX_BADGE + 1].casefold().split())
        if folded and folded in named:
            return Evidence("marker", text.strip(), "row")
        if badge is None and len(folded) <= MAX_BADGE and (folded in _TEXTS or folded in LOCKS):
            badge = text.strip()
    if badge is not None:
        return Evidence("badge", badge, "row")
    for count, token in enumerate(classes):
        if count >= MAX_TOKENS:
            break
        if token.lower() in _CLASSES:
            return Evidence("badge", f".{token}", "row")
    return None


def unmarked(title: str, markers: Collection[str] = ()) -> tuple[str, Evidence | None]:
    """A headline without the marker that is glued to its beginning or end, and the marker as evidence.

    Lock signs always count, `markers` as a person configured them. A headline that is nothing else keeps it.
    """
    bare = title.strip()
    for marker in (*LOCKS, *markers):
        for rest in (bare.removesuffix(marker), bare.removeprefix(marker)):
            if rest != bare and rest.strip("️ ​"):
                return rest.strip("️ ​"), Evidence("marker", marker, "headline")
    return title, None
