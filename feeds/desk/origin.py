"""Where a request comes from: from this machine, over https, from a page of ours; and where it may be sent back to."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from feeds.config import Config
from feeds.web.answers import Network, Scope, address, header, is_in, networks

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, section 9.2.1). Any other one has to come from a page of ours."""

HOME = "/desk/"
"""Where one is sent who is to be sent nowhere else."""

LONGEST_NEXT = 2000

_FORWARDED = (b"forwarded", b"via", b"x-real-ip")
_LOOPBACK = frozenset({"localhost", "localhost."})
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(?::[0-9]*)?", re.ASCII | re.IGNORECASE)
_NEXT = re.compile(r"/desk(?:/[\w.~!$&'()*+,;=:@%-]+)*/?(?:\?[\w.~!$&'()*+,;=:@%/?-]*)?", re.ASCII)


class Origins(NamedTuple):
    """What the configuration says of addresses: the scheme and host of `base_url`, and the proxies in front of us whose
    X-Forwarded-Proto is believed."""

    scheme: str
    host: str
    trusted: tuple[Network, ...]


def origins_of(config: Config) -> Origins:
    """The same, of a configuration."""
    base = urlsplit(config.site.base_url)
    return Origins(base.scheme, base.netloc.lower(), networks(config.web.trusted_proxies))


def is_forwarded(scope: Scope) -> bool:
    """Whether a proxy says that it handed the request on."""
    return any(name in _FORWARDED or name.startswith(b"x-forwarded-") for name, _ in scope["headers"])


def is_from_loopback(scope: Scope) -> bool:
    """Whether the connection comes from this machine."""
    peer = scope.get("client")
    return peer is not None and is_loopback(peer[0])


def is_local(scope: Scope) -> bool:
    """Whether a browser asked for a loopback name, and no proxy is to be seen.

    Host is what stands in the browser's address: a page of another site whose name leads to 127.0.0.1 (DNS rebinding)
    is told apart by it. A proxy that says nothing of itself speaks HTTP/1.0, as nginx does unless told otherwise.
    """
    return scope["http_version"] == "1.1" and not is_forwarded(scope) and is_loopback(_name(scope))


def is_near(scope: Scope) -> bool:
    """Whether a program of this very machine asks, and for itself."""
    return is_from_loopback(scope) and is_local(scope)


def is_secure(scope: Scope, origins: Origins) -> bool:
    """Whether the browser speaks https: `base_url` does, or a proxy in front that is believed says so."""
    if is_local(scope):
        return False
    peer = scope.get("client")
    believed = peer is not None and is_in(peer[0], origins.trusted)
    said = header(scope, b"x-forwarded-proto") if believed else None
    return said.strip().lower() == b"https" if said is not None else origins.scheme == "https"


def own_origin(scope: Scope, origins: Origins) -> str:
    """The origin of our pages (RFC 6454): that of `base_url`, never what Host says, but where this names loopback."""
    if is_local(scope):
        return "http://" + (header(scope, b"host") or b"").decode("latin-1").strip().lower()
    return f"{'https' if is_secure(scope, origins) else origins.scheme}://{origins.host}"


def is_ours(scope: Scope, origins: Origins) -> bool | None:
    """Whether a page of ours sent the request, or a person by hand; None where nothing tells.

    Sec-Fetch-Site decides (Fetch Metadata, section 2.4), which no page can set; browsers that do not know it, or speak
    plain http to another machine, say Origin with every unsafe method.
    """
    site = header(scope, b"sec-fetch-site")
    if site is not None:
        return site.strip() in (b"same-origin", b"none")
    said = header(scope, b"origin")
    return None if said is None else said.decode("latin-1").strip().lower() == own_origin(scope, origins)


def next_of(text: str) -> str:
    """The path of ours that `text` is, as one was on before signing in; `HOME` for anything else.

    A browser takes `//host`, `/\\host` and `https:host` for other sites, and drops tabs and line ends anywhere.
    """
    if len(text) > LONGEST_NEXT or _NEXT.fullmatch(text) is None:
        return HOME
    path = unquote(text.partition("?")[0])
    parts = path.split("/")[1:]
    if "\\" in path or "" in parts[:-1] or any(part in (".", "..") for part in parts):
        return HOME
    return HOME if path in ("/desk/login", "/desk/logout") else text


def is_loopback(name: str) -> bool:
    """Whether a host, as a browser names it, is this very machine: `localhost`, 127.0.0.0/8, `::1`."""
    if name.lower() in _LOOPBACK:
        return True
    found = address(name)
    return found is not None and found.is_loopback


def _name(scope: Scope) -> str:
    """The host that Host names, without its port; "" for what names none."""
    said = (header(scope, b"host") or b"").decode("latin-1").strip()
    found = _HOST.fullmatch(said)
    return "" if found is None else found[1].strip("[]")
