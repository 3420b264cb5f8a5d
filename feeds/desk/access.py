"""Who gets in, and what they may do."""

from __future__ import annotations

import time
from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Literal

from starlette.concurrency import run_in_threadpool

from db.engine import reading
from db.records import TokenRecord
from feeds import log, tokens
from feeds.desk.context import Context
from feeds.desk.limits import Limits
from feeds.desk.origin import SAFE, is_near, is_ours, is_secure, origins_of
from feeds.desk.passwords import passwords_of
from feeds.desk.sessions import Sessions
from feeds.web.answers import Scope, client_of, header, is_in, networks
from feeds.web.rates import whose
from feeds.web.uses import Uses

READ, WRITE, ADMIN = "read", "write", "admin"
EVERYTHING = frozenset({READ, WRITE, ADMIN})
"""`read` looks, `write` changes sources and entries, `admin` gives and takes tokens."""

GIVING = ("/api/v1/tokens",)
"""Where tokens are given and taken, and told."""

KEY = "broadsheet.principal"
"""Where a request carries who asks."""

DOORS = "broadsheet.doors"
"""Where it carries the doors that it came to."""

MAX_NAME = 100
"""Characters of a name that a proxy gives."""

MOST_COOKIES = 4
_MAX_GIVEN = 1000
_COOKIES = {True: b"__Host-sid", False: b"sid"}
"""Whether a browser speaks https -> the cookie that it holds. By the first name browsers insist on https, on the whole
site and on this very host (RFC 6265bis, section 4.1.3.2)."""

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: by being on this machine (`loopback`), by a `session`, named by a `proxy`, or with a `token`; or
    `nobody`, where everybody may ask."""

    name: str
    by: Literal["loopback", "session", "proxy", "token", "nobody"]
    scopes: Set[str] = EVERYTHING


NOBODY = Principal("nobody", "nobody", frozenset())


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody is not let in, in a line that says what to do. `challenge` tells programs what kind of proof they
    lack (RFC 6750); `wait` is for how many seconds they are not heard."""

    status: int
    said: str
    challenge: str = ""
    wait: int = 0


def principal_of(scope: Scope) -> Principal:
    """Who asks, of a request that the gate has let through."""
    found: Principal = scope[KEY]
    return found


def limits_of(scope: Scope) -> Limits:
    """What is counted for all, of a request that came to a gate."""
    return doors_of(scope).limits


def spend(scope: Scope) -> None:
    """Counts, for whoever asks, something that makes us ask a server that somebody names. Raises `TooOften`."""
    limits_of(scope).asked.spend(principal_of(scope).name)


def doors_of(scope: Scope) -> Doors:
    """The doors that a request came to."""
    found: Doors = scope[DOORS]
    return found


class Doors:
    """The ways in, and what is counted at them: one for all gates of a process. `seconds` counts them."""

    def __init__(self, context: Context, *, seconds: Callable[[], float] = time.monotonic) -> None:
        """Raises `ConfigError` where the password cannot be read."""
        config = context.config
        self.title = config.site.title
        self.limits = Limits(seconds)
        self.passwords = passwords_of(config)
        key = None if self.passwords is None else self.passwords.key
        self.sessions = None if key is None else Sessions(context.engine, key, context.clock)
        self.origins = origins_of(config)
        self._engine, self._clock = context.engine, context.clock
        self._header = None if config.desk.header is None else config.desk.header.lower().encode()
        self._header_from = networks(config.desk.header_from)
        self._uses = Uses(context.engine, context.clock)
        self._told = False

    async def who(self, scope: Scope) -> Principal | Refusal:
        """Who asks, or why not. Raises `StorageError` where the database cannot tell."""
        given = None if is_page(scope) else _bearer(scope)
        if given is not None:
            return await self._program(scope, given)
        name = self._named(scope)
        if name:
            return Principal(name, "proxy")
        if self.sessions is not None:
            signed_in = await run_in_threadpool(self.sessions.is_open, self.held(scope))
            if signed_in:
                return Principal("the desk", "session")
            return Refusal(401, "Sign in at /desk/login, or give a token of the API", "Bearer")
        if self._header is not None:
            return Refusal(403, "Sign in at the proxy in front of the desk, and ask there")
        return _on_this_machine(scope)

    def held(self, scope: Scope) -> tuple[str, ...]:
        """What the browser holds as proofs of having signed in."""
        return _cookies(scope, _COOKIES[is_secure(scope, self.origins)])

    def cookie(self, scope: Scope) -> str:
        """The name of the cookie in which it holds that."""
        return _COOKIES[is_secure(scope, self.origins)].decode()

    def whose(self, scope: Scope) -> str:
        """In whose share a wrong proof counts; "" for nobody's: a proxy on this machine that is not trusted stands for
        all, whom one of them must not lock out."""
        return whose(scope, self.origins.trusted) or ""

    def refused(self, scope: Scope, principal: Principal) -> Refusal | None:
        """Why `principal` may not do this, or not in this way; None where it may."""
        method = scope["method"]
        if method not in SAFE and not self._is_meant(scope, principal):
            return Refusal(403, "This was not sent by a page of the desk: open the page again, and send it from there")
        need = needed(method, scope["path"])
        if principal.by == "session" and need == ADMIN and method == "POST" and not is_page(scope):
            return Refusal(403, "Make tokens at /desk/tokens, where the password is asked for again, or with a token")
        if principal.by == "nobody" or need in principal.scopes:
            return None
        return Refusal(403, f'This token has no scope "{need}"', f'Bearer error="insufficient_scope", scope="{need}"')

    def _is_meant(self, scope: Scope, principal: Principal) -> bool:
        """Whether somebody wants what changes something: no page of another site made a browser send it. A program says
        nothing of pages, and no page can give the token that it has."""
        ours = is_ours(scope, self.origins)
        return principal.by == "token" if ours is None else ours

    def _named(self, scope: Scope) -> str:
        """Whom a proxy that is believed names; "" where none does, or two do."""
        if self._header is None:
            return ""
        said = [value for name, value in scope["headers"] if name == self._header]
        peer = scope.get("client")
        if peer is None or not is_in(peer[0], self._header_from):
            if said and not self._told:
                self._told = True
                _log.warning("name not believed", peer=peer[0] if peer else "", reason="not of [desk] header_from")
            return ""
        return _clean(said[0]) if len(said) == 1 else ""

    async def _program(self, scope: Scope, given: str) -> Principal | Refusal:
        client = self.whose(scope)
        if client and (wait := self.limits.wrong_tokens.take(client)):
            return Refusal(429, "Too many wrong tokens; try again later", wait=int(wait) + 1)
        record = await run_in_threadpool(self._admitted, given)
        if record is None:
            _log.info("token of the API refused", client=client)
            return Refusal(401, "This is no token of the API, or none any more", 'Bearer error="invalid_token"')
        self.limits.wrong_tokens.give_back(client)
        self._uses.note(record, tokens.network(given, client_of(scope, self.origins.trusted)))
        return Principal(record.name, "token", record.scopes & EVERYTHING)

    def _admitted(self, given: str) -> TokenRecord | None:
        with reading(self._engine) as connection:
            return tokens.admit(connection, given, self._clock(), READ, WRITE, ADMIN)


def part_of(scope: Scope) -> str:
    """The first segment of the path: `desk`, `api`, `metrics`."""
    path: str = scope["path"]
    return path[1:].partition("/")[0]


def is_page(scope: Scope) -> bool:
    """Whether people look at what is asked for; else programs do."""
    return part_of(scope) == "desk"


def needed(method: str, path: str) -> str:
    """The scope of a token that a request needs: who changes anything needs more than who looks, and tokens are for
    few."""
    if any(path == each or path.startswith(f"{each}/") for each in GIVING):
        return ADMIN
    return READ if method in SAFE else WRITE


def _on_this_machine(scope: Scope) -> Principal | Refusal:
    """A desk without a password is for whoever sits at this machine."""
    if is_near(scope):
        return Principal("this machine", "loopback")
    return Refusal(
        403,
        "The desk has no password, so it is open to browsers of this machine alone, by the address 127.0.0.1 or "
        "localhost and through no proxy. To open it to others give [desk] password_hash; 'feeds desk password' makes "
        "one",
    )


def _bearer(scope: Scope) -> str | None:
    """The token of an Authorization header (RFC 6750); None where none is given."""
    said = (header(scope, b"authorization") or b"")[:_MAX_GIVEN].decode("latin-1")
    scheme, _, value = said.partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def _cookies(scope: Scope, name: bytes) -> tuple[str, ...]:
    """The values of the cookies of this name: another port of this machine may have put its own beside ours."""
    pairs = [pair.strip().partition(b"=") for pair in (header(scope, b"cookie") or b"").replace(b",", b";").split(b";")]
    return tuple(value.decode("latin-1") for each, _, value in pairs if each == name and value)[:MOST_COOKIES]


def _clean(name: bytes) -> str:
    """A name as it is shown and logged: printable, and no longer than names are."""
    text = name.decode("utf-8", "replace")
    return "".join(char for char in text if char.isprintable()).strip()[:MAX_NAME].strip()
