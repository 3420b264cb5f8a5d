"""Logins of sources: each is sent to the one origin that it belongs to (RFC 9110, section 11; RFC 6454)."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from feeds.fetch.url import origin_of, shown

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Either a user and password (Basic, RFC 7617) or a bearer token (RFC 6750). Secrets are not in its `repr`.

    Raises `ValueError`, which names no secret, for both, for neither, and for what no header can carry.
    """

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    bearer: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.bearer is not None:
            if self.username is not None or self.password is not None:
                raise ValueError("give either username and password or bearer")
            if not _TOKEN.fullmatch(self.bearer):
                raise ValueError("bearer is no token of letters, digits and -._~+/ (RFC 6750, section 2.1)")
        elif self.username is None or self.password is None:
            raise ValueError("give either username and password or bearer")
        elif ":" in self.username or _CONTROL.search(self.username + self.password):
            raise ValueError("username holds a colon, or one of both a control character (RFC 7617, section 2)")

    def value(self) -> str:
        """What the header `Authorization` says."""
        if self.bearer is not None:
            return f"Bearer {self.bearer}"
        return f"Basic {b64encode(f'{self.username}:{self.password}'.encode()).decode()}"


def by_origin(credentials: Mapping[str, Credential]) -> dict[str, bytes]:
    """Origin -> header line. Raises `ValueError` for a key that is no origin such as `https://news.example`."""
    found = {}
    for key, credential in credentials.items():
        origin = origin_of(key)
        if origin is None:
            raise ValueError(f'credentials: "{shown(key)}" is no origin such as "https://news.example"')
        found[origin] = f"Authorization: {credential.value()}".encode("latin-1")
    return found
