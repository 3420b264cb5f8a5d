"""What is remembered of the answer to a poll: how long it took, and what in it tells how the source is to be asked."""

from __future__ import annotations

from dataclasses import dataclass

from feeds.errors import FetchError
from feeds.fetch import Fetched, HttpError
from feeds.log import escape, redact

Headers = tuple[tuple[str, str], ...]

KEPT = frozenset({"content-type", "etag", "last-modified", "cache-control", "expires", "retry-after", "age", "link"})
"""Headers that are kept: those by which it is decided when to ask again, and who else is to be asked."""

MOST = 300
"""Characters of one of them."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How many milliseconds it took, its HTTP status, bytes of the body (0 where none was sent, or nobody read it), and
    headers as `(lower-case name, value)`. Of what never came only the time is known."""

    ms: int | None = None
    status: int | None = None
    size: int | None = None
    headers: Headers | None = None


def answered(answer: Fetched | FetchError | None, known: Headers = ()) -> Answered:
    """What is to be remembered of an answer, or of none; `known` are the headers that are remembered."""
    if isinstance(answer, Fetched):
        size = len(answer.document.data) if answer.document is not None else 0
        return Answered(answer.ms, answer.status, size, _kept(answer.headers, known))
    if isinstance(answer, HttpError):
        return Answered(answer.ms, answer.status, 0, _kept(answer.headers, known))
    return Answered(answer.ms if answer is not None else None)


def _kept(headers: Headers, known: Headers) -> Headers:
    found: dict[str, str] = {}
    for name, value in headers:
        if name in KEPT:
            found[name] = f"{found[name]}, {value}" if name in found else value
    said = tuple(found.items())
    # Most say what they said before, which was looked through then.
    return said if said == known else tuple((name, escape(redact(value))[:MOST]) for name, value in said)
