"""What of a configuration nobody is shown, by a page or by a call of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from feeds.log import redact

SECRETS = frozenset({"password", "bearer", "password_hash", "to"})
"""Keys whose values nobody is shown, in whatever table they stand."""


def without_secrets(value: Any, instead: str = "***", *, text: Callable[[str], str] = redact) -> Any:
    """A configuration, or a part of it, as plain data: `instead` in place of what nobody is shown, and texts as `text`
    leaves them, without what addresses in them may hide."""
    if isinstance(value, dict):
        return {
            key: instead if key in SECRETS and one else without_secrets(one, instead, text=text)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_secrets(one, instead, text=text) for one in value]
    return text(value) if isinstance(value, str) else value
