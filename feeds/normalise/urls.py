"""Addresses that may be shown: absolute, http or https, without credentials, written as RFC 3986 wants them."""

from __future__ import annotations

import re
from functools import lru_cache

import ada_url

_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#][A-Za-z0-9._~!$&'()*+,;=:@/?#%-]*)?")
_ROOTED = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?(?:\?[A-Za-z0-9._~=&-]*)?")
"""A path from the root, perhaps with a query, of which resolving changes nothing."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/?#%-]")
"""What an address may not hold raw (RFC 3986, section 2) and WHATWG leaves as it is: `{ } | \\ ^ [ ]` and backticks."""


def absolute(url: str, base: str | None) -> str | None:
    """`url` resolved against `base` by the WHATWG rules, without user and password; None unless http or https.

    An address that is fit to be shown stays as it was written; in any other, what RFC 3986 forbids is percent-encoded.
    """
    if len(url) > 4000:
        return None
    if _PLAIN_URL.fullmatch(url) is not None:
        return url
    if base is not None and _ROOTED.fullmatch(url) is not None:
        root = _root(base)
        return None if root is None else root + url
    return _resolved(url, base)


@lru_cache(maxsize=256)
def _root(base: str) -> str | None:
    """What addresses from the root stand behind: the same for all of a document."""
    root = _resolved("/", base)
    return None if root is None else root.removesuffix("/")


def _resolved(url: str, base: str | None) -> str | None:
    """`absolute` by a full parse."""
    try:
        parts = ada_url.URL(url.strip(), base)
        if parts.protocol not in ("http:", "https:"):
            return None
        if parts.username or parts.password:
            parts.username = parts.password = ""
    except ValueError:  # neither absolute nor resolvable, or a lone surrogate
        return None
    href = str(parts.href)
    end = href.index("/", len("https://"))
    if _UNSAFE.search(href, 0, end) is not None and not parts.hostname.startswith("["):  # no name that DNS has
        return None
    return href[:end] + _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", href[end:])
