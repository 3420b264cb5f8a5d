"""Addresses that may be shown: absolute, http or https, without credentials, written as RFC 3986 wants them."""

from __future__ import annotations

import re

import ada_url

_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#][A-Za-z0-9._~!$&'()*+,;=:@/?#%-]*)?")
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
