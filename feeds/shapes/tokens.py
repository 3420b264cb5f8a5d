"""Tokens of subscribers and of programs, without their secrets."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from db.records import TokenRecord
from feeds.shapes.times import when

if TYPE_CHECKING:
    from feeds.tokens import Issued


def token_as_json(record: TokenRecord, now: datetime, networks: int) -> dict[str, str | int | list[str] | None]:
    """A token as it stands at `now`; `networks` is from how many it was used lately."""
    from feeds.tokens import SCOPES, state

    return {
        "name": record.name,
        "id": record.key,
        "scopes": [scope for scope in SCOPES if scope in record.scopes],
        "state": state(record, now).value,
        "created": when(record.created_at),
        "expires": when(record.expires_at),
        "revoked": when(record.revoked_at),
        "last_used": when(record.last_used),
        "networks": networks,
    }


class Opened(NamedTuple):
    """What a token opens: everything with full texts, for a feed reader at `address`, in which the token stands, or for
    one that can log in (`basic`); and the `api`. None is what it does not open."""

    address: str | None
    basic: str | None
    api: str | None


def opened_by(issued: Issued, base_url: str) -> Opened:
    """What a token opens that was just made."""
    from feeds.tokens import FEEDS

    reads, calls = FEEDS in issued.record.scopes, bool(issued.record.scopes - {FEEDS})
    return Opened(
        address=f"{base_url}p/{issued.token}/all.atom" if reads else None,
        basic=f"{base_url}private/all.atom" if reads else None,
        api=f"{base_url}api/v1/" if calls else None,
    )
