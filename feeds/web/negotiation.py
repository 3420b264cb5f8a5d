"""Which content coding a client gets: what it accepts (RFC 9110, section 12.5.3) against what there is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

IDENTITY = "identity"
SUFFIXES = {"zstd": ".zst", "br": ".br", "gzip": ".gz"}
"""Codings that files are kept in, and what the publisher adds to a file's name for each. Of two that are as welcome and
as short the first is taken."""

_ORDER = (IDENTITY, *SUFFIXES)

MOST_CODINGS = 32
"""Elements of an Accept-Encoding that are looked at."""

MOST_KNOWN = 64
LONGEST_KNOWN = 200
"""How many Accept-Encoding headers are remembered with what they get, and the most bytes of one: clients send a few
dozen in all, of less than 60."""

_WEIGHT = re.compile(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", re.ASCII)
_UNASKED = 0.0001
"""What identity weighs that a client does not mention: acceptable, after whatever it does mention."""


def choose(accepted: bytes | None, sizes: Mapping[str, int]) -> str | None:
    """The best coding of `sizes` (coding -> bytes) for a client that sends `accepted`; None where it takes none.

    The greatest weight wins, then the fewest bytes. Without the header anything is acceptable, and identity is given.
    """
    if accepted is None:
        return IDENTITY if IDENTITY in sizes else None
    weights = _weights(accepted.decode("latin-1"))
    best = max(shortest_first(sizes), key=lambda name: _weight(weights, name))
    return best if _weight(weights, best) > 0 else None


def shortest_first(sizes: Mapping[str, int]) -> tuple[str, ...]:
    """The codings as they are chosen where all are as welcome: all that `choose` makes of `sizes`."""
    return tuple(sorted(sizes, key=lambda name: (sizes[name], _ORDER.index(name))))


@cache
def remembered(_order: tuple[str, ...]) -> dict[bytes | None, str | None]:
    """What Accept-Encoding headers get of codings that are in this order `shortest_first`. One for all documents, so
    that it does not grow with them."""
    return {}


def learn(known: dict[bytes | None, str | None], accepted: bytes | None, sizes: Mapping[str, int]) -> str | None:
    """What `choose` says, which is kept in `known`, one of `remembered`, within bounds."""
    name = choose(accepted, sizes)
    if accepted is None or len(accepted) <= LONGEST_KNOWN:
        if len(known) >= MOST_KNOWN:
            known.clear()
        known[accepted] = name
    return name


def _weights(accepted: str) -> dict[str, float]:
    """Coding -> weight, as the client says. A weight that cannot be read counts as none given."""
    weights: dict[str, float] = {}
    for element in accepted.lower().split(",", MOST_CODINGS)[:MOST_CODINGS]:
        name, _, parameters = element.partition(";")
        weight = _WEIGHT.fullmatch(parameters)
        weights[name.strip()] = float(weight[1]) if weight else 1.0
    if "x-gzip" in weights:
        weights.setdefault("gzip", weights["x-gzip"])
    return weights


def _weight(weights: Mapping[str, float], name: str) -> float:
    """What the coding weighs; a client's own word for it beats its `*`."""
    return weights.get(name, weights.get("*", _UNASKED if name == IDENTITY else 0.0))
