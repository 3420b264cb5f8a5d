"""The password of the desk: how it is hashed, read and compared (argon2id, RFC 9106)."""

from __future__ import annotations

import asyncio
import hmac
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from feeds import log
from feeds.config import Config
from feeds.config.secrets import read_secret
from feeds.errors import ConfigError, UsageError

SHORTEST = 15
"""Characters of a password. It is the only proof, so as many as NIST SP 800-63B-4 (3.1.1.2) asks of such a one, and
ASVS 5.0 (6.2.1) advises; nothing else is asked of it."""

MAX_BYTES = 4096
"""Bytes of what is taken for a password: more is not even hashed."""

AT_ONCE = 2
"""Passwords that are compared at a time: each takes 64 MiB and some 50 ms of every core there is."""

_HASHER = PasswordHasher()
"""RFC 9106, section 4, the second recommended choice: 64 MiB, 3 passes, 4 lanes."""

_log = log.get(__name__)


def hashed(password: str) -> str:
    """What stands in the configuration for `password`. Raises `UsageError` for one that is too short or too long, or
    no text."""
    if len(password) > MAX_BYTES:  # before it is normalised, which takes quadratic time
        raise UsageError(f"a password has {MAX_BYTES} bytes at most")
    normal = _normal(password)
    try:
        length = len(normal.decode())
    except UnicodeDecodeError as error:
        raise UsageError("a password is text, in UTF-8") from error
    if length < SHORTEST:
        raise UsageError(f"a password has {SHORTEST} characters at least; a sentence is easily as long")
    if len(normal) > MAX_BYTES:
        raise UsageError(f"a password has {MAX_BYTES} bytes at most")
    return _HASHER.hash(normal)


class Passwords:
    """Compares what somebody gives with the one password. `key` changes with the password, and tells nothing of it."""

    def __init__(self, said: str) -> None:
        """`said` is the password, or its hash. Raises `ConfigError` for what cannot be either."""
        try:
            self._hash = said if said.startswith("$") else hashed(said)
            found = extract_parameters(self._hash)
        except UsageError as error:
            raise ConfigError(f"[desk] password: {error}") from error
        except InvalidHashError:
            found = None
        if found is None or found.type is not Type.ID:
            raise ConfigError("[desk] password: is no argon2id hash; 'feeds desk password' makes one")
        if said == self._hash and _HASHER.check_needs_rehash(said):
            _log.warning("hash of the password is not of this time", advice="'feeds desk password' makes another one")
        self.key = hmac.digest(b"broadsheet desk", said.encode("utf-8", "surrogateescape"), sha256)
        self._threads = ThreadPoolExecutor(AT_ONCE, "passwords")

    async def fits(self, given: str) -> bool:
        """Whether `given` is the password; `AT_ONCE` are compared at a time, the others wait."""
        if len(given) > MAX_BYTES:  # the same, and every thread would wait
            return False
        normal = _normal(given)
        if len(normal) > MAX_BYTES:
            return False
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._verify, normal)

    def _verify(self, normal: bytes) -> bool:
        try:
            return _HASHER.verify(self._hash, normal)  # which compares in constant time
        except VerificationError:
            return False


def passwords_of(config: Config) -> Passwords | None:
    """The password of the configuration; None where it has none. Raises `ConfigError` where it cannot be read."""
    own = config.desk
    file = None if own.password_file is None else config.resolve(own.password_file)
    said = read_secret("[desk] password", own.password_env, file) or own.password_hash
    if said is None and not own.has_password:
        return None
    return Passwords(said or "")


def _normal(password: str) -> bytes:
    """One spelling for what looks the same (NIST SP 800-63B-4, 3.1.1.2): keyboards differ."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
