"""Whether a client holds a version already: conditional requests (RFC 9110, section 13)."""

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
    if since is None or modified is None or len(since) > LONGEST_DATE:
        return False
    try:
        date = parsedate_to_datetime(since.decode("ascii"))
        return modified <= (date.replace(tzinfo=UTC) if date.tzinfo is None else date)
    except (ValueError, TypeError, OverflowError, IndexError):
        return False
