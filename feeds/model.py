"""What flows between the stages before anything is stored: documents and items.

A `Document` is bytes fetched plus caching headers. A parser turns it into `Parsed`: items as the source said them,
unclean, and the rows it could not use, each with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from db.records import Enclosure, EntryRecord, Evidence, Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Bytes of one file or one HTTP response.

    `name` tells documents of one source apart (a path relative to the source, or the URL). `url` is what relative
    links resolve against, after redirects; None for a local file without one. `charset` is what the transport
    declared. `as_of` is the moment the bytes speak for: a local file's modification time, else the fetch. `partial`
    says that it holds only what is new since the last one (RFC 3229, feed instance manipulation): what it does not
    name is not gone. `links` are its Link headers.
    """

    name: str
    data: bytes
    as_of: datetime
    fetched_at: datetime
    url: str | None = None
    media_type: str | None = None
    charset: str | None = None
    partial: bool = False
    links: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An address that an item points to, absolute; `rel` as in Atom (RFC 4287, 4.2.7), `length` in bytes, 0 unknown."""

    url: str
    rel: str = "alternate"
    media_type: str | None = None
    length: int = 0
    title: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that belongs to an item; sizes in pixels, None where not said."""

    url: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """The feed that an item was taken from (`atom:source`, RSS `source`)."""

    title: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """What podcasts say of an item: `duration` in seconds, numbers as said, `kind` full, trailer or bonus."""

    duration: int | None = None
    season: int | None = None
    number: int | None = None
    kind: str | None = None
    explicit: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing as the source said it. Only a title, a body or a link is certain to be there.

    `summary` and `content` are HTML unless `plain` is true; then paragraphs are parted by blank lines.
    `guid` is the source's own id; `guid_is_link` is true where the source says that it is the item's address for good
    (RSS `isPermaLink`), None where it does not say. `links` are all but the one in `url` and the enclosures.
    `comments` is the address of the comments, `rights` a sentence. `sections` are names the document itself gave;
    `position` counts from 0 in the document's order; `line` counts from 1 where lines mean anything. `title_basis`
    says what a title was made from that the source did not give as such: "image" or "address".
    """

    position: int
    title: str = ""
    url: str | None = None
    guid: str | None = None
    summary: str = ""
    content: str = ""
    plain: bool = False
    published: datetime | None = None
    published_precision: Precision | None = None
    published_basis: str | None = None
    updated: datetime | None = None
    language: str | None = None
    label: str | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    links: tuple[Link, ...] = ()
    guid_is_link: bool | None = None
    images: tuple[Image, ...] = ()
    comments: str | None = None
    source: Origin | None = None
    rights: str | None = None
    episode: Episode | None = None
    sections: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    line: int | None = None
    title_basis: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that gave no item: its line (from 1), its text without the list sign, and why."""

    line: int
    raw: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """What one document says. `encoding` is the decoding that was used and why, for the log."""

    title: str | None = None
    url: str | None = None
    language: str | None = None
    encoding: str | None = None
    items: tuple[Item, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a parser may know beside the bytes: the source's language, zone and its publisher's peculiarities.

    `sections` and `markers` are those configured for the source, `dateline` and `year` as in `config.Profile`. Of an
    HTML page: `base` is what its relative addresses resolve against where nothing else says it, `selectors` the pairs
    of `config.Selectors` that are given, `listing` how its list was found before (`db.records.Learned`).
    """

    language: str = "en"
    zone: tzinfo = UTC
    sections: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    premium_categories: tuple[str, ...] = ()
    dateline: str | None = None
    year: int | None = None
    base: str | None = None
    selectors: tuple[tuple[str, str], ...] = ()
    listing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One document, read: its records in its own order, what could not be used, and how it was decoded.

    What it does not name is not gone where it is `partial` (see `Document`). An `article` is the page of one entry.
    """

    name: str
    digest: bytes
    moment: datetime
    records: tuple[EntryRecord, ...]
    encoding: str | None = None
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()
    partial: bool = False
    article: bool = False
