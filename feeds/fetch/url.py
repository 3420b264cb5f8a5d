"""Addresses as text: what is asked and what never is, their hosts and origins, and how a message shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import ada_url

from feeds.errors import FetchError
from feeds.log import redact

# No quote, space, control or backslash, nor a third slash: what WHATWG and libcurl read alike (RFC 3986, section 2).
# ASCII, for "ı" and three more letters are equal to one of it where case is ignored.
_PLAIN = re.compile(r"https?://(?!/)[!#-;=?-\[\]_a-z~]+", re.IGNORECASE | re.ASCII)
# What a name may consist of. WHATWG lets "*", quotes and commas pass, which mean something where libcurl is told names.
_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")
_AUTHORITY = re.compile(r"[a-z]+://[^/?#]*", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_USUAL = 500
_PORTS = {"http:": 80, "https:": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be asked. `url` is absolute and ASCII.

    `name` is what a resolver has to be asked for, in lower case; None where the host is an address already.
    """

    url: str
    origin: str
    name: str | None
    port: int


def target_of(url: str, base: str | None = None) -> Target:
    """What `url` asks for, against `base`; one that is plain already stays byte for byte. Raises `FetchError`.

    Only http and https, and no user or password: what an address says about identity is never sent on.
    """
    # Kept where it is a source's, most likely: the same are asked again and again. What a stranger says may be long.
    return _usual_target(url) if base is None and len(url) < _USUAL else _target(url, base)


@lru_cache(maxsize=16_384)
def _usual_target(url: str) -> Target:
    return _target(url, None)


def _target(url: str, base: str | None) -> Target:
    try:
        parsed = ada_url.URL(url, base=base) if base is not None else ada_url.URL(url)
    except ValueError:
        raise FetchError(f"{shown(url)}: not an address that can be asked for") from None
    scheme, host = parsed.protocol, parsed.hostname
    if scheme not in _PORTS:
        raise FetchError(f"{shown(url)}: only http and https are asked, not {scheme[:20]}")
    if parsed.username or parsed.password or not host:
        raise FetchError(f"{shown(parsed.host or url)}: an address with a user or password is not asked")
    # A backslash in a query is all that WHATWG leaves unescaped and RFC 3986 does not know.
    exact = url if _PLAIN.fullmatch(url) else str(parsed.href).replace("\\", "%5C")
    # WHATWG: a host whose last part is a number is an IPv4 address, in decimal by now.
    literal = host.startswith("[") or host.rpartition(".")[2].isdigit()
    if not literal and (len(host) > 254 or not _NAME.fullmatch(host)):
        raise FetchError(f"{shown(url)}: not an address that can be asked for")
    return Target(exact, f"{scheme}//{parsed.host}", None if literal else host, int(parsed.port or _PORTS[scheme]))


def host_of(url: str) -> str:
    """The key of a host's budget: host in lower case, with its port where that is not the scheme's own.

    Empty for what is no address.
    """
    try:
        return str(ada_url.URL(url).host)
    except ValueError:
        return ""


def origin_of(url: str) -> str | None:
    """`url`, which names an origin and no more, as `scheme://host[:port]` (RFC 6454, section 6.2); None for others."""
    try:
        parsed = ada_url.URL(url)
    except ValueError:
        return None
    origin = f"{parsed.protocol}//{parsed.host}"
    return origin if parsed.protocol in _PORTS and parsed.href == origin + "/" else None


def same_origin(one: str, other: str) -> bool:
    """Whether two addresses are of one origin (RFC 6454, section 5); False for what is no address."""
    try:
        return bool(ada_url.URL(one).origin == ada_url.URL(other).origin != "null")
    except ValueError:
        return False


def related(one: str, other: str) -> bool:
    """Whether two addresses are of one site: the same host, or one that is below the other, "www." or not; False for
    what is no address."""
    try:
        hosts = [str(ada_url.URL(url).host).removeprefix("www.") for url in (one, other)]
    except ValueError:
        return False
    short, long = sorted(hosts, key=len)
    return short == long or ("." in short and long.endswith(f".{short}"))


def path_of(url: str) -> str:
    """Path and query of an absolute address, byte for byte: what the request line names (RFC 9112, section 3.2.1)."""
    path = _AUTHORITY.sub("", url, count=1).partition("#")[0]
    return path if path.startswith("/") else f"/{path}"


def shown(url: str) -> str:
    """`url` for a message: without user, password, tokens, query and control characters, 200 characters at most.

    All of it is an address, so that spaces and quotes end nothing here as they do in `redact`.
    """
    path, query, _ = re.sub(r"(?<=//)[^/?#]*@", "", url).partition("?")
    return one_line(redact(path))[:200] + ("?…" if query else "")


def one_line(text: str) -> str:
    """`text` with a space for each run of control characters."""
    return _CONTROL.sub(" ", text)
