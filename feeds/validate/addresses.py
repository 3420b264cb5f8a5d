"""Addresses that have to be whole, as JSON Feed, OPML and sitemaps ask for them."""

from __future__ import annotations

import re

from feeds.validate.rules import Note, shown
from feeds.validate.values import IRI

_HTTP = re.compile(r"https?:", re.IGNORECASE)
_HTTP_HOST = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_ORIGIN = re.compile(r"(https?)://(?:[^/?#@]*@)?([^/?#]+)", re.IGNORECASE)


def absolute_note(value: str) -> Note | None:
    """What is wrong with an address that has to be absolute (RFC 3987, with a host where it is of the web)."""
    if IRI.fullmatch(value) and (_HTTP_HOST.match(value) or not _HTTP.match(value)):
        return None
    return Note("InvalidFullLink", f"{shown(value)} is no absolute address")


def web_note(value: str) -> Note | None:
    """What is wrong with an address that has to be absolute and of http or https."""
    note = absolute_note(value)
    if note is None and _HTTP.match(value) is None:
        return Note("InvalidFullLink", f"{shown(value)} does not begin with http:// or https://")
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
