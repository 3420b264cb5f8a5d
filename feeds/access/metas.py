"""What a page's metas say of access: Open Graph's tiers, and the names that publishers and their analytics use.

Names that say what they mean and nothing else: `section` or `type` may hold the word "premium" for other reasons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from db.records import Access, Evidence
from feeds.access.signals import flag_of, named
from feeds.page import Page

_SITE = re.compile(r"[a-z]{2,4}-(?=[a-z])")
"""Cxense puts its customer's short name before a custom field: `cXenseParse:nzz-access`."""

_PARTS = re.compile(r"[:.]")
MAX_NAME = 60
_TIERS = ("article:content_tier", "og:content_tier")
_LEVELLED = frozenset(
    (
        "access accesstype accesslevel accessstatus accessmodel accessrights accesscategory contentaccess "
        "articleaccess contenttier articletier paywalltype paywallstatus paywallmode paywalllevel paywallmodel "
        "paystatus"
    ).split()
)
"""Names whose value is a level. A mere boolean says nothing there: access to what?"""

_CLOSED = frozenset(
    (
        "premium ispremium premiumarticle premiumcontent articlepremium contentpremium paywall ispaywall paywalled "
        "ispaywalled haspaywall behindpaywall paywallenabled paid ispaid paidcontent paidarticle ispaidcontent "
        "articlepaid payable locked islocked articlelocked subscriberonly subscribersonly issubscriberonly "
        "subscriptionrequired requiressubscription subscription subscriptiononly requiresubscription membersonly "
        "memberonly abo isabo kostenpflichtig"
    ).split()
)
"""Names that mean locked where they are true, and may also hold a level. False says nothing there: some are of paid
posts, of offers to subscribe, or of one paywall out of several."""

_COMMON = frozenset("locked islocked paid ispaid payable paidcontent ispaidcontent subscription free isfree".split())
"""Names that say of many a thing what they say of articles: `shop.locked`, `comments:locked`, `shipping.free`."""

_OWNERS = frozenset("article content page post story news og adv k5a parsely sailthru cxenseparse".split())
"""What stands before a common name that is the article's: what it is of, or the analytics that it is for."""

_OPEN = frozenset(
    (
        "free isfree freearticle freeaccess isfreearticle isaccessibleforfree accessibleforfree freecontent openaccess"
    ).split()
)
"""Names that mean free where they are true."""

_KNOWN = _LEVELLED | _CLOSED | _OPEN


def meta_evidence(page: Page) -> Iterator[Evidence]:
    """What the metas say; values that say nothing are left out."""
    own: frozenset[str] | None = None
    for name, values in page.metas.items():
        if name.endswith(_TIERS):
            yield from (Evidence("content_tier", value, f"meta {name}") for value in values if value)
            continue
        level = _level_of(name, values[0])
        if level is None:
            continue
        if own is None:
            own = _own_names(page)
        if name in own:
            yield Evidence("publisher meta", f"{values[0][:100]}={level.value}", f"meta {name}")


def _level_of(name: str, value: str) -> Access | None:
    """What a meta says by the last part of its name: what is before it says whose name it is (`adv:`, `article.`)."""
    if len(name) > MAX_NAME or not value:
        return None
    at = max(name.rfind(":"), name.rfind("."))
    last = name[at + 1 :]
    key = _key(last)
    if key not in _KNOWN and name.startswith("cxense"):
        key = _key(_SITE.sub("", last, count=1))
    if key in _COMMON and at >= 0 and not _OWNERS.issuperset(_PARTS.split(name[:at])):
        return None
    flag = flag_of(value)
    if key in _LEVELLED:
        return named(value) if flag is None else None
    if key in _CLOSED:
        return named(value) if flag is None else Access.PREMIUM if flag else None
    if key in _OPEN:
        return named(value) if flag is None else Access.FREE if flag else Access.PREMIUM
    return None


def _key(name: str) -> str:
    return "".join(c for c in name if c.isalnum())


def _own_names(page: Page) -> frozenset[str]:
    """The names of metas that speak of the page: one with `itemprop` speaks of the item that it stands in."""
    return frozenset(
        name.strip().lower()
        for element in page.tree.css("meta[content]")
        for key in ("name", "property")
        if (name := element.attributes.get(key))
    )
