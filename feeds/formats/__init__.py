"""Formats: one frozen document model, rendered by one module each.

Only what is in `FeedDocument` can reach a public byte, and `feeds.publish` fills it from an allowlist of fields, so
that the body of a premium entry has no way out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from db.records import Access, Enclosure, Tombstone


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicEntry:
    """What everybody may see of an entry.

    `title` is plain text, `summary` plain text, `content` sanitised HTML or None: None for every gated entry.
    `via` are `(href, title)` of the same story elsewhere, `related` of others on the same event; `position` is its
    place in its document, from 0. Times are UTC.
    """

    uid: str
    title: str
    url: str
    summary: str
    content: str | None
    published: datetime | None
    published_day_only: bool
    updated: datetime
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    sections: tuple[str, ...]
    enclosures: tuple[Enclosure, ...]
    language: str | None
    access: Access
    access_label: str
    via: tuple[tuple[str, str], ...] = ()
    related: tuple[tuple[str, str], ...] = ()
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDocument:
    """One feed before it is bytes. `path` is relative to `base_url`, which ends with a slash.

    `updated` is that of the entry that changed last; every feed without entries has the same fixed time.
    `html_url` is the page the feed belongs to, `gone` what stood in it and was taken back.
    """

    id: str
    path: str
    title: str
    base_url: str
    html_url: str
    language: str
    author: str
    updated: datetime
    entries: tuple[PublicEntry, ...]
    hubs: tuple[str, ...] = ()
    subscribe_url: str | None = None
    gone: tuple[Tombstone, ...] = ()

    @property
    def self_url(self) -> str:
        return self.base_url + self.path
