"""Whether a client holds a version already, or wants no other: conditional requests (RFC 9110, section 13)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_DATE = 64


def holds(tags: bytes | None, since: bytes | None, etag: bytes, modified: datetime | None) -> bool:
    """True where 304 is the answer (section 13.2.2): If-None-Match (`tags`) decides, else If-Modified-Since (`since`).

    Tags are compared weakly: a proxy on the way that compressed the body has made the tag weak. Without `modified` a
    date decides nothing.
    """
    if tags is not None:
        held = {tag.strip().removeprefix(b"W/") for tag in tags.split(b",")}
        return etag in held or b"*" in held
    if since is None or modified is None:
        return False
    date = _date(since)
    return date is not None and modified <= date


def fails(tags: bytes | None, since: bytes | None, etag: bytes, modified: datetime | None) -> bool:
    """True where 412 is the answer (section 13.2.2): If-Match (`tags`) decides, else If-Unmodified-Since (`since`).

    Tags are compared strongly, so that a weak one is no match (section 13.1.1). Without `modified`, or a date that can
    be read, a date decides nothing.
    """
    if tags is not None:
        held = {tag.strip() for tag in tags.split(b",")}
        return etag not in held and b"*" not in held
    if since is None or modified is None:
        return False
    date = _date(since)
    return date is not None and modified > date


def _date(said: bytes) -> datetime | None:
    if len(said) > LONGEST_DATE:
        return None
    try:
        date = parsedate_to_datetime(said.decode("ascii"))
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
