"""Media types: which one a document may be served as (RFC 4287, RFC 7303, JSON Feed 1.1, the W3C validator's rules)."""

from __future__ import annotations

from feeds.validate.kinds import Kind
from feeds.validate.rules import Note, shown

_BEST: dict[Kind, tuple[str, ...]] = {
    "atom": ("application/atom+xml",),
    "rss": ("application/rss+xml",),
    "rdf": ("application/rdf+xml", "application/rss+xml"),
    "json": ("application/feed+json",),
    "opml": ("text/x-opml", "text/x-opml+xml", "application/opml+xml"),
    "sitemap": ("application/xml", "application/gzip", "application/x-gzip"),
}
_GENERAL: dict[Kind, tuple[str, ...]] = {"json": ("application/json",)}
_XML = ("application/xml", "text/xml")
"""Says nothing of the format, which the root tells; the W3C validator takes it as well."""


def media_note(kind: Kind, media_type: str) -> Note | None:
    """What is wrong with a feed, list or sitemap of `kind` being served as `media_type` (without parameters), which is
    empty where the server says none: then a reader has to guess (RFC 9110, 8.3)."""
    best = _BEST.get(kind)
    served = media_type.strip().lower()
    if best is None or served in best or served in _GENERAL.get(kind, _XML):
        return None
    what = f"as {shown(served)}" if served else "without a media type"
    return Note("UnexpectedContentType", f"it is served {what}, not as {best[0]}")
