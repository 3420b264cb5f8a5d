"""Formats: one frozen document model, rendered by one module each.

Only what is in `FeedDocument` can reach a public byte, and `feeds.showing` fills it from an allowlist of fields, so
that the body of a premium entry has no way out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Protocol

from db.records import Access, Enclosure, Tombstone
from feeds.errors import ConfigError, FeedInvalid
from feeds.model import Episode, Image, Link, Origin


class Audience(StrEnum):
    """Who gets a document: everybody, or a reader with a token, who gets the text of gated entries, too."""

    PUBLIC = "public"
    SUBSCRIBER = "subscriber"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicEntry:
    """What the audience may see of an entry.

    `title` is plain text, `summary` plain text, `content` sanitised HTML or None: None for every gated entry in public.
    `via` are `(href, title)` of the same story elsewhere, `related` of others on the same event; `position` is its
    place in its document, from 0. `replies` are addresses of its comments (a page or a feed of them), `source` the
    feed that it was republished from, `rights` a sentence. Addresses are absolute. Times are UTC.
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
    images: tuple[Image, ...] = ()
    replies: tuple[Link, ...] = ()
    source: Origin | None = None
    rights: str | None = None
    episode: Episode | None = None


@dataclass(frozen=True, slots=True)
class Archive:
    """Where a feed stands among the documents that hold all of its entries (RFC 5005, section 4).

    Addresses are absolute. `current` is None in the current feed itself, which is no archive; `previous` leads to older
    entries, `following` to newer ones, None where there are none.
    """

    current: str | None = None
    previous: str | None = None
    following: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDocument:
    """One feed before it is bytes. `path` is relative to `base_url`, which ends with a slash, and has the suffix of the
    format that it is rendered in.

    `updated` is that of the entry that changed last; every feed without entries has the same fixed time.
    `html_url` is the page the feed belongs to, `gone` what stood in it and was taken back. `alternates` are
    `(path, media type)` of the same entries in other formats, in the order in which they are offered. `stylesheet` is
    the path of the style sheet for people who open the XML.
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
    archive: Archive | None = None
    alternates: tuple[tuple[str, str], ...] = ()
    stylesheet: str | None = None
    audience: Audience = Audience.PUBLIC
    site_title: str = ""
    zone: str = "UTC"

    @property
    def self_url(self) -> str:
        return self.base_url + self.path

    def withholds(self, entry: PublicEntry) -> bool:
        """Whether the body of `entry` may not be in this document, whatever the entry holds."""
        return self.audience is Audience.PUBLIC and entry.access.gated


class EntryInvalid(FeedInvalid):
    """One entry cannot be rendered. `uid` names it, so that the feed can be published without it."""

    def __init__(self, uid: str, reason: str) -> None:
        super().__init__(f"entry {uid!a}: {reason}; it is left out of the feed until its source mends it")
        self.uid = uid


class Renderer(Protocol):
    """Renders the feeds of one run; what it keeps from one to the next changes no byte."""

    def render(self, document: FeedDocument) -> bytes:
        """The document, UTF-8. Raises `EntryInvalid` for the first entry that cannot be rendered, `FeedInvalid` for a
        head that cannot."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One way to write a feed: `suffix` ends the names of its files, `media_type` is what they are served as, with
    `charset` where it has one. `free` says that a feed of free entries alone is written in it, too."""

    name: str
    suffix: str
    media_type: str
    renderer: Callable[[], Renderer]
    free: bool = True

    @property
    def bare_type(self) -> str:
        """The media type without parameters, as links give it."""
        return self.media_type.partition(";")[0]


BUILT_IN = {
    "atom": "feeds.formats.atom:FORMAT",
    "rss": "feeds.formats.rss:FORMAT",
    "json": "feeds.formats.jsonfeed:FORMAT",
    "html": "feeds.formats.feedpage:FORMAT",
}
"""Formats of our own; those of others are entry points of the group `ENTRY_POINTS`, whose names must be free."""

ENTRY_POINTS = "broadsheet.formats"


@cache
def load(name: str) -> Format:
    """The format `name`, loaded when it is first used. Raises `ConfigError` where there is none, or it cannot be."""
    try:
        if name in BUILT_IN:
            module, _, attribute = BUILT_IN[name].partition(":")
            found = getattr(import_module(module), attribute)
        else:
            (point,) = entry_points(group=ENTRY_POINTS, name=name)
            found = point.load()
    except Exception as error:
        known = ", ".join(dict.fromkeys([*BUILT_IN, *(point.name for point in entry_points(group=ENTRY_POINTS))]))
        reason = "" if isinstance(error, ValueError) else f" ({error})"
        raise ConfigError(f'[publish] formats: there is no format "{name}"{reason}; known are {known}') from error
    if not isinstance(found, Format) or found.name != name:
        raise ConfigError(f'[publish] formats: what is installed as "{name}" is no feeds.formats.Format of that name')
    return found
