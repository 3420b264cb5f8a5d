"""A feed made to fit: without entries that cannot be rendered, and within the bytes that it may have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import escape
from itertools import chain

from feeds.errors import FeedInvalid
from feeds.formats import EntryInvalid, FeedDocument, Renderer


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A feed as bytes, and what of its document is in them. `left_out` are entries that could not be rendered: uid ->
    why."""

    data: bytes
    document: FeedDocument
    left_out: dict[str, str] = field(default_factory=dict)


def fit(document: FeedDocument, renderer: Renderer, most: int | None) -> Fit:
    """Renders `document` in `most` bytes (any number for None), with less in it where it has to be.

    An entry that cannot be rendered is left out and named. Raises `FeedInvalid` where the head cannot be rendered, or
    a single entry alone is too long.
    """
    left_out: dict[str, str] = {}
    while True:
        try:
            data = renderer.render(document)
        except EntryInvalid as error:
            left_out[error.uid] = str(error)
            document = replace(document, entries=tuple(one for one in document.entries if one.uid != error.uid))
            continue
        if most is None or len(data) <= most:
            return Fit(data=data, document=document, left_out=left_out)
        smaller = _smaller(document, len(data), most)
        if smaller is document:
            raise FeedInvalid(f"{len(data)} bytes with one entry alone; raise [publish] max_bytes above that")
        document = smaller


def _smaller(document: FeedDocument, size: int, most: int) -> FeedDocument:
    """`document`, of `size` bytes, with less in it: a step towards `most`. The same document where nothing can go.

    Bodies go first, the longest before others, the older of two alike: one long article must not cost a reader the
    short ones. Then, likewise, links to copies and to what is related; then the oldest entries. The last one stays,
    without its files.
    """
    kept = list(document.entries)
    bodies = [(_length(one.content), at) for at, one in enumerate(kept) if one.content]
    links = [(sum(map(_length, chain(*one.via, *one.related))), at) for at, one in enumerate(kept)]
    if bodies:
        for at in _longest(bodies, size - most):
            kept[at] = replace(kept[at], content=None)
    elif any(length for length, _ in links):
        for at in _longest(links, size - most):
            kept[at] = replace(kept[at], via=(), related=())
    elif len(kept) > 1:
        del kept[max(1, min(len(kept) - 1, len(kept) * most // size)) :]
    elif kept and kept[0].enclosures:
        kept = [replace(kept[0], enclosures=())]
    else:
        return document
    return replace(document, entries=tuple(kept), updated=max(one.updated for one in kept))


def _length(text: str) -> int:
    """Bytes of `text` in a feed."""
    return len(escape(text, quote=False).encode())


def _longest(lengths: list[tuple[int, int]], excess: int) -> Iterator[int]:
    """The places of so many of the longest `(length, place)` as make up `excess`, one at least."""
    for length, at in sorted(lengths, reverse=True):
        yield at
        excess -= length
        if excess <= 0:
            break
