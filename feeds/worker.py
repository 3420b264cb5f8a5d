"""What a worker process does: one document in, what it says out. Pure, and all that a worker needs to import."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feeds.cadence import mean_gap
from feeds.fulltext import Listed, read_article
from feeds.manner import Manner
from feeds.model import Document
from feeds.packing import pack
from feeds.reading import parse, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What one document says: `packed` is its `Reading` (`feeds.packing.unpack`), `size` the number of its records.

    `oldest` and `newest` are the times of its records, of which `dated` have one, `every` is the mean seconds between
    them. The rest are the hints of `feeds.sources.fields.FeedResult`, and `listing` and `how` of
    `feeds.sources.page.Listing`.
    """

    packed: bytes
    size: int
    dated: int
    oldest: datetime | None
    newest: datetime | None
    every: int | None
    title: str | None = None
    ttl: int | None = None
    update_period: int | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    earlier: str | None = None
    further: tuple[str, ...] = ()
    partial: bool = False
    hubs: tuple[str, ...] = ()
    own: str | None = None
    listing: tuple[str, ...] = ()
    how: str | None = None


_HINTS = tuple("ttl update_period skip_hours skip_days earlier further partial hubs own listing how".split())


def read_document(document: Document, manner: Manner, digest: bytes, listed: Listed | None = None) -> Read:
    """What `document` says, read in the `manner` of its source. Raises `ParseError`.

    `digest` is kept with what was read (`feeds.manner.digest_of`). An article is read for the entry that is `listed`.
    """
    parsed = parse(document, manner)
    if listed is None:
        reading = read(parsed, document, manner, digest)
    else:
        reading = read_article(parsed, document, manner, listed)
    times = [record.published for record in reading.records if record.published is not None]
    hints = {name: getattr(parsed, name) for name in _HINTS if hasattr(parsed, name)}
    return Read(
        packed=pack(reading),
        size=len(reading.records),
        dated=len(times),
        oldest=min(times, default=None),
        newest=max(times, default=None),
        every=mean_gap(times),
        title=parsed.title,
        **hints,
    )
