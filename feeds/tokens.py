"""Tokens of subscribers and of programs: made, looked for, taken back.

A token is `<id>.<secret>`: 16 hex digits by which it is found, and 32 random bytes in the URL-safe alphabet, of which
the SHA-256 alone is stored. With 256 bits of chance a plain hash is as good as a slow one (ASVS 6.5.2 asks for
112), and a stolen database opens nothing.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum
from hashlib import blake2b, sha256
from ipaddress import IPv6Address, ip_address, ip_network

from db.engine import Connection, Engine, writing
from db.records import TokenRecord
from db.store import tokens
from feeds.errors import Taken, Unknown, UsageError

FEEDS = "feeds"
"""What opens feeds with full texts, and nothing else."""
SCOPES = (FEEDS, "read", "write", "admin")
"""What a token may open: `feeds`, or of the API: `read` looks, `write` changes, `admin` gives and takes tokens. None
holds another one."""

MAX_NAME = 100
ID_BYTES = 8
SECRET_BYTES = 32
_MAX_GIVEN = 200
"""Characters of what somebody gives as a token that are looked at: three times as many as one has."""
_MAX_RAW = 2 * MAX_NAME
"""Characters of what somebody gives as a name that are looked at: to normalise them takes quadratic time."""
_KEY = re.compile(r"[0-9a-f]{16}", re.ASCII)
_NOBODY = "nobody"
"""The public half of no token."""
_NOTHING = bytes(32)
"""The SHA-256 of nothing that is known."""
_SPAN = re.compile(r"([0-9]{1,5})([hdw])", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_HOURS = {"h": 1, "d": 24, "w": 168}

Random = Callable[[int], bytes]
"""So many bytes of chance, such as `secrets.token_bytes`."""


class State(StrEnum):
    """What a token is good for: it opens everything, or nothing any more."""

    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Issued:
    """A token as it is given away, once: nothing else knows the whole of it."""

    record: TokenRecord
    token: str = field(repr=False)


def state(record: TokenRecord, now: datetime) -> State:
    """What the token is good for at `now`."""
    if record.revoked_at is not None:
        return State.REVOKED
    return State.EXPIRED if record.expires_at is not None and record.expires_at <= now else State.LIVE


def admit(connection: Connection, given: str, now: datetime, scope: str, *others: str) -> TokenRecord | None:
    """The live token that `given` is, which opens `scope` or one of the `others`; None for anything else.

    Whatever is wrong with it, one row is asked for, one digest made and one comparison done, so that no answer, and no
    time that it takes, tells a token that was revoked or has expired from one that never was.
    """
    key, _, secret = given[:_MAX_GIVEN].partition(".")
    record = tokens.by_key(connection, key if _KEY.fullmatch(key) else _NOBODY)
    expected = _NOTHING if record is None else record.secret
    same = hmac.compare_digest(_digest(secret), expected)
    if not same or record is None or state(record, now) is not State.LIVE:
        return None
    return None if record.scopes.isdisjoint((scope, *others)) else record


def network(given: str, address: str) -> bytes | None:
    """A digest of the network (IPv4 /24, IPv6 /48) of `address`, by which nobody who has the database can find it: its
    key is the token itself. None where `address` is none."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or IPv6Address(int(found))  # without a scope, which means nothing elsewhere
    part = ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False)
    return blake2b(str(part).encode(), key=_digest(f"network {given}"), digest_size=16).digest()


def create(
    engine: Engine,
    name: str,
    now: datetime,
    random: Random,
    expires_at: datetime | None = None,
    scopes: Collection[str] = (FEEDS,),
) -> Issued:
    """Makes a token for `name`, which opens `scopes`. Raises `Taken` where one that was not revoked has the name, and
    `UsageError` where it is none, or there is no such scope."""
    name = _name(name)
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise UsageError(f'scope: "{", ".join(unknown)}" opens nothing; there are {", ".join(SCOPES)}')
    key, secret = random(ID_BYTES).hex(), _secret(random)
    with writing(engine) as connection:
        found = tokens.by_name(connection, name)
        if found is not None and found.revoked_at is None:
            raise Taken(f'there is a token named "{name}"; rotate or revoke it, or give another name')
        record = tokens.create(connection, name, key, _digest(secret), now, expires_at, set(scopes))
    return Issued(record, f"{key}.{secret}")


def revoke(engine: Engine, which: str, now: datetime) -> TokenRecord:
    """Ends the token of this name or id at once. Raises `UsageError` where there is none, or it was revoked."""
    with writing(engine) as connection:
        record = _standing(connection, which)
        tokens.revoke(connection, record.id, now)
        return record


def rotate(engine: Engine, which: str, now: datetime, random: Random, expires_at: datetime | None = None) -> Issued:
    """Gives the token of this name or id a new secret and ends the old one at once. It expires when it did before,
    unless `expires_at` is given.

    Raises `UsageError` where there is no such token, it was revoked, or it would be of no use.
    """
    secret = _secret(random)
    with writing(engine) as connection:
        record = _standing(connection, which)
        if expires_at is None and state(record, now) is State.EXPIRED:
            raise UsageError(f'expires: "{record.name}" has expired; say until when the new secret is to work')
        tokens.rotate(connection, record.id, _digest(secret), expires_at or record.expires_at)
        found = tokens.by_key(connection, record.key)
    assert found is not None  # noqa: S101  # the row that this very transaction has changed
    return Issued(found, f"{record.key}.{secret}")


def expiry(text: str, now: datetime, zone: tzinfo) -> datetime:
    """When a token ends that is to work until `text`: to the end of a day of `zone` (`2027-01-31`), or for a span from
    `now` on (`12h`, `30d`, `8w`). Raises `UsageError` for what is neither, or over."""
    span, day = _SPAN.fullmatch(text.strip()), _DAY.fullmatch(text.strip())
    try:
        if span is not None:
            found = now + timedelta(hours=int(span[1]) * _HOURS[span[2]])
        elif day is not None:
            last = datetime.strptime(day[0], "%Y-%m-%d").date()  # noqa: DTZ007  # a day, whose zone follows
            found = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
        else:
            raise ValueError
    except (ValueError, OverflowError):
        raise UsageError(f'expires: "{text}" is no time; give a day such as 2027-01-31, or 12h, 30d or 8w') from None
    if found <= now:
        raise UsageError(f'expires: "{text}" is over; give a time to come')
    return found


def _standing(connection: Connection, which: str) -> TokenRecord:
    """The token of this name or id. Raises `UsageError` where there is none that was not revoked."""
    which = unicodedata.normalize("NFC", which[:_MAX_RAW]).strip()
    found = tokens.by_key(connection, which) if _KEY.fullmatch(which) else tokens.by_name(connection, which)
    if found is None:
        raise Unknown(f"no token has the name or id \"{which}\"; see 'feeds tokens list --all'")
    if found.revoked_at is not None:
        raise UsageError(f"\"{found.name}\" was revoked; 'feeds tokens create' makes a new token of the name")
    return found


def _name(text: str) -> str:
    """A name as it is kept. Raises `UsageError` for what is none."""
    # `split` takes line ends and tabs for blanks, and Python takes only one blank of all for printable.
    shown = all(char.isprintable() or unicodedata.category(char) == "Zs" for char in text[:_MAX_RAW])
    name = " ".join(unicodedata.normalize("NFC", text[:_MAX_RAW]).split())
    if len(text) > _MAX_RAW or not name or len(name) > MAX_NAME or not shown:
        raise UsageError(f"a token's name has 1 to {MAX_NAME} printable characters, such as a subscriber's number")
    if _KEY.fullmatch(name):
        raise UsageError(f'"{name}" looks like the id of a token; give another name')
    return name


def _secret(random: Random) -> str:
    return urlsafe_b64encode(random(SECRET_BYTES)).rstrip(b"=").decode()


def _digest(secret: str) -> bytes:
    # A lone surrogate, which is in no secret, is still hashed.
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()
