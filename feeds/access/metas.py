"""What a page's metas say of access: Open Graph's tiers, and the names that publishers and their analytics use.

Names that say what they mean and nothing else: `section` or `type` may hold the word "premium" for other reasons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from db.records import Access, Evidence
from feeds.access.signals import flag_of, named
from feeds.page import Page

_OWNER = re.compile(
    r"(?:cxenseparse|cxense|article|adv|sailthru|parsely|k5a|lp|bt|vr|og|page|content|gtm|news|post|story|dc|dcterms)[:.]"
)
"""Whose name it is, taken off in front: `cXenseParse:`, `article.`, `adv:`."""

_SITE = re.compile(r"[a-z]{2,4}-(?=[a-z])")
"""Cxense puts its customer's short name before a custom field: `cXenseParse:nzz-access`."""

_TIER = "content_tier"
_LEVELLED = frozenset(
    "access accesstype accesslevel accessstatus accessmodel accessrights accesscategory contentaccess articleaccess "
    "contenttier articletier paywalltype paywallstatus paywallmode paywalllevel paywallmodel paystatus"
    .split()
)
"""Names whose value is a level. A mere boolean says nothing there: access to what?"""

_CLOSED = frozenset(
    "premium ispremium premiumarticle premiumcontent articlepremium contentpremium paywall ispaywall paywalled "
    "ispaywalled haspaywall behindpaywall paywallenabled paid ispaid paidcontent paidarticle ispaidcontent "
    "articlepaid payable locked islocked articlelocked subscriberonly subscribersonly issubscriberonly "
    "subscriptionrequired requiressubscription subscription subscriptiononly requiresubscription membersonly memberonly "
    "abo isabo kostenpflichtig"
    .split()
)
"""Names that mean locked where they are true, and may also hold a level."""

_OPEN = frozenset(
    "free isfree freearticle freeaccess isfreearticle isaccessibleforfree accessibleforfree freecontent openaccess".split()
)
"""Names that mean free where they are true."""

_KNOWN = _LEVELLED | _CLOSED | _OPEN


def meta_evidence(page: Page) -> Iterator[Evidence]:
    """What the metas say; values that say nothing are left out."""
    for name, values in page.metas.items():
        bare = _OWNER.sub("", name, count=1)
        if bare == _TIER and name != bare:
            yield from (Evidence("content_tier", value, f"meta {name}") for value in values if value)
            continue
        level = _level_of(name, bare, values)
        if level is not None and _is_of_page(page, name):
            yield Evidence("publisher meta", f"{values[0][:100]}={level.value}", f"meta {name}")


def _level_of(name: str, bare: str, values: tuple[str, ...]) -> Access | None:
    if len(name) > 60 or not values[0]:
        return None
    key = _key(bare)
    if key not in _KNOWN and name.startswith("cxense"):
        key = _key(_SITE.sub("", bare, count=1))
    value = values[0]
    flag = flag_of(value)
    if key in _LEVELLED:
        return named(value) if flag is None else None
    if key in _CLOSED:
        return named(value) if flag is None else Access.PREMIUM if flag else Access.FREE
    if key in _OPEN:
        return named(value) if flag is None else Access.FREE if flag else Access.PREMIUM
    return None


def _key(name: str) -> str:
    return "".join(c for c in name if c.isalnum())


def _is_of_page(page: Page, name: str) -> bool:
    """Whether a meta of that name speaks of the page: one with `itemprop` speaks of the item that it stands in."""
    return any(
        name in ((element.attributes.get(key) or "").strip().lower() for key in ("name", "property"))
        for element in page.tree.css("meta[content]")
    )
