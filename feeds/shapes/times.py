"""Times as scripts read them."""

from __future__ import annotations

from datetime import UTC, datetime

from db.records import NEVER


def when(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC; None where unknown."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def due(moment: datetime) -> str | None:
    """When a source is asked next; None for never."""
    return when(moment) if moment < NEVER else None
