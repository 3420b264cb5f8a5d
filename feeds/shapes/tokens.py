"""Tokens of subscribers and of programs, without their secrets."""

from __future__ import annotations

from datetime import datetime

from db.records import TokenRecord
from feeds.shapes.times import when


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


def address_of(base_url: str, token: str) -> str:
    """Where a feed reader finds everything, with full texts; the token stands in it."""
    return f"{base_url}p/{token}/all.atom"
