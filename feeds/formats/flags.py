"""How formats flag who may read an entry, in words that are not ours to choose."""

from __future__ import annotations

from collections.abc import Iterable

from db.records import Access
from feeds.formats import PublicEntry

BADGED = frozenset({Access.PREMIUM, Access.REGISTRATION, Access.METERED})
"""What a reader is told before the click."""

_FOR_FREE = {Access.FREE: True, Access.PREMIUM: False, Access.REGISTRATION: False}
_TIERS = {Access.FREE: "free", Access.METERED: "metered", Access.PREMIUM: "locked", Access.REGISTRATION: "locked"}


def accessible_for_free(access: Access) -> bool | None:
    """schema.org's `isAccessibleForFree`; None where either answer would be wrong: metered, unknown."""
    return _FOR_FREE.get(access)


def content_tier(entries: Iterable[PublicEntry]) -> str | None:
    """Open Graph's `article:content_tier` of a page of `entries`: None unless one word is true of all of them."""
    tiers = {_TIERS.get(entry.access) for entry in entries}
    return tiers.pop() if len(tiers) == 1 else None
