"""Who asks from this very machine, as far as can be told: what health and numbers say is for them."""

from __future__ import annotations

import re
from ipaddress import ip_address

from feeds.web.answers import Scope, client_of, header

_FORWARDED = (b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip")
_HOST = re.compile(r"(?:\[([^\]]*)\]|([^:]*))(?::[0-9]*)?")


def is_near(scope: Scope) -> bool:
    """Whether a request comes from a program on this machine, and for itself: not through a proxy, which asks for
    others, and by an address of this machine, which a page of a stranger that a browser here shows cannot use."""
    if any(header(scope, name) is not None for name in _FORWARDED):
        return False
    host = _HOST.fullmatch((header(scope, b"host") or b"localhost").decode("latin-1"))
    return host is not None and _is_here(host[1] or host[2] or "") and _is_here(client_of(scope))


def _is_here(name: str) -> bool:
    try:
        return name.lower() == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
