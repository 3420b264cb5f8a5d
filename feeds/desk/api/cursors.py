"""Where a page of a list ends, as text that means something to us alone."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

from feeds.errors import UsageError

LONGEST = 1000
"""Characters of a cursor: a name and a path have their limits."""

_MOST = (1 << 63) - 1
"""The database counts no further."""


def given(what: str, *values: int | str) -> str:
    """The cursor of a list of `what`, which holds `values`."""
    return urlsafe_b64encode(json.dumps([what, *values], separators=(",", ":")).encode()).rstrip(b"=").decode()


def taken(what: str, cursor: str | None, kinds: Sequence[type]) -> list[int | str] | None:
    """The values of a cursor of a list of `what`, of these kinds (`int`, `str`); None for none. Raises `UsageError` for
    one that we did not give."""
    if cursor is None:
        return None
    try:
        name, *values = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise _wrong() from None
    if name != what or [type(value) for value in values] != list(kinds):
        raise _wrong()
    for value in values:
        if isinstance(value, int) and abs(value) > _MOST:
            raise _wrong()
    return [value for value in values if isinstance(value, int | str)]


def number(what: str, cursor: str | None) -> int | None:
    """The same of a cursor that holds one number."""
    found = taken(what, cursor, [int])
    return None if found is None else int(found[0])


def text(what: str, cursor: str | None) -> str | None:
    """The same of a cursor that holds a text."""
    found = taken(what, cursor, [str])
    return None if found is None else str(found[0])


def _wrong() -> UsageError:
    return UsageError("cursor: is none of this list; begin without one")
