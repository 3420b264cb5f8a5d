"""Where the alerts of a rule go. Addresses hold passwords and tokens: nobody sees them, and no database keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import unquote

from feeds import log
from feeds.config import Alert, Config
from feeds.config.secrets import read_secret
from feeds.errors import ConfigError

MOST_WORDS = 300
"""Characters that are kept of what went wrong."""
SHORT = 4
"""A part of an address that is shorter is taken out of what is said only where it stands by itself."""

_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]{0,29}):")
_PARTS = re.compile(r"[/?#&=@:;,+\s]+")


class Address(NamedTuple):
    """One address of a rule: the `number` that it has there, from 1, and itself, which is secret."""

    number: int
    url: str

    @property
    def key(self) -> str:
        """What tells it from the others in the database, and tells nothing of it."""
        # A variable of the environment may hold any bytes.
        return blake2b(self.url.encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()

    @property
    def shown(self) -> str:
        """What people may see of it."""
        found = _SCHEME.match(self.url)
        return "***" if found is None else f"{found[1].lower()}://***"

    def __repr__(self) -> str:
        return f"<address {self.number} {self.shown}>"


def read(config: Config, rule: Alert) -> list[Address]:
    """The addresses of a rule, as its variable or its file has them now. Raises `ConfigError` where there are none."""
    what = f'alert "{rule.name}"'
    file = None if rule.to_file is None else config.resolve(rule.to_file)
    secret = read_secret(what, rule.to_env, file)
    found: Sequence[str] = rule.to
    if secret is not None:
        found = secret.split() if rule.to_env is not None else list(_lines(secret))
    if not found:
        raise ConfigError(f"{what}: {rule.to_env or file}: holds no address; write one there, as Apprise has it")
    return [Address(number, url) for number, url in enumerate(dict.fromkeys(found), 1)]


def _lines(text: str) -> Iterable[str]:
    lines = map(str.strip, text.splitlines())
    return (line for line in lines if line and not line.startswith("#"))


def without_secrets(words: str, address: Address) -> str:
    """`words` in one line without any part of the address."""
    text = log.redact(" ".join(words.replace(address.url, "***").split()))
    raw = set(_PARTS.split(address.url.partition(":")[2]))
    parts = {part for one in raw for part in (one, unquote(one), *_PARTS.split(unquote(one))) if part}
    for part in sorted(parts, key=len, reverse=True):
        edge = "" if len(part) >= SHORT else r"\b"
        text = re.sub(f"{edge}{re.escape(part)}{edge}", "***", text, flags=re.IGNORECASE)
    return text[:MOST_WORDS]
