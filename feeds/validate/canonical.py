"""Addresses in their normal form (RFC 3986, 6.2.2 and 6.2.3): what is written otherwise means the same."""

from __future__ import annotations

import re

_PARTS = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_PORTS = {"http": "80", "https": "443", "ftp": "21", "telnet": "23", "gopher": "70", "news": "119", "nntp": "119"}
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def canonical(address: str) -> str:
    """The normal form of an absolute address; others as they are."""
    match = _PARTS.fullmatch(address)
    if match is None or match[1] is None:
        return address
    scheme, authority, path, query, fragment = match.groups()
    scheme = scheme.lower()
    result = scheme + ":"
    if authority is not None:
        result += "//" + _authority(authority, scheme)
        path = _without_dots(path) or "/"
    elif scheme == "mailto" and "@" in path:
        name, _, host = path.rpartition("@")
        path = f"{name}@{host.lower()}"
    result += _escaped(path)
    if query is not None:
        result += "?" + _escaped(query)
    if fragment is not None:
        result += "#" + _escaped(fragment)
    return result


def _authority(authority: str, scheme: str) -> str:
    user, at, host = authority.rpartition("@")
    host, _, port = host.partition(":") if not host.startswith("[") else (host, "", "")
    host = host.lower()
    if host.endswith(".") and "." in host[:-1]:
        host = host[:-1]
    if port and port != _PORTS.get(scheme):
        host = f"{host}:{port}"
    return f"{user}@{host}" if at and user != ":" and user else host


def _without_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")
    for index, segment in enumerate(segments):
        last = index == len(segments) - 1
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
            if last:
                kept.append("")
        elif segment == ".":
            if last:
                kept.append("")
        else:
            kept.append(segment)
    return "/".join(kept)


def _escaped(text: str) -> str:
    def normal(match: re.Match[str]) -> str:
        character = chr(int(match[1], 16))
        return character if character in _UNRESERVED else match[0].upper()

    return _ESCAPE.sub(normal, text)
