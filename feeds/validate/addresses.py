"""Addresses of the web: where a sitemap may list what."""

from __future__ import annotations

import re

from feeds.validate.rules import Note, shown
from feeds.validate.values import full_iri

_ORIGIN = re.compile(r"(https?)://(?:[^/?#@]*@)?([^/?#]+)", re.IGNORECASE)


def web_note(value: str) -> Note | None:
    """What is wrong with an address that has to be absolute and of http or https, in any script."""
    note = full_iri(value)
    if note is None and _ORIGIN.match(value) is None:
        return Note("InvalidFullLink", f"{shown(value)} does not begin with http:// or https:// and a host")
    return note


def origin(value: str) -> tuple[str, str]:
    """Scheme and host, with its port, in lower case; empty for what is no address of the web."""
    found = _ORIGIN.match(value)
    return (found[1].lower(), found[2].lower()) if found else ("", "")


def folder(value: str) -> str:
    """An address up to the last slash of its path."""
    bare = re.split(r"[?#]", value, maxsplit=1)[0]
    found = _ORIGIN.match(bare)
    return bare[: bare.rindex("/") + 1] if found and "/" in bare[found.end() :] else bare + "/"
