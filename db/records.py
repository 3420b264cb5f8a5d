"""The values that cross between the stages and the storage: frozen, typed, without SQL.

Times are aware datetimes in UTC, to the second. Text is NFC without characters that XML 1.0 forbids.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Access(StrEnum):
    """Who may read an entry. `UNKNOWN` is not `FREE`."""

    FREE = "free"
    REGISTRATION = "registration"
    METERED = "metered"
    PREMIUM = "premium"
    UNKNOWN = "unknown"

    @property
    def gated(self) -> bool:
        """True where the body is for some readers only: it never reaches a public byte."""
        return self in (Access.PREMIUM, Access.REGISTRATION)


class Precision(StrEnum):
    """How exactly a publication time is known."""

    SECOND = "second"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for an access verdict: the signal's name, its raw value, and where it stood."""

    signal: str
    value: str
    where: str


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that belongs to an entry; `length` in bytes, 0 where unknown."""

    url: str
    media_type: str
    length: int = 0


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What two entries are compared by (see `feeds.dedupe`).

    Hashes are signed 64-bit, so that both databases keep them in a BIGINT. `title_hash` is None for a folded
    title of fewer than four words, `text_hash` is None without a usable body.
    """

    url_key: str | None
    title: str
    title_words: int
    title_hash: int | None
    body_words: int
    text_hash: int | None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRecord:
    """One normalised item of one source, ready to be compared with what is stored.

    `keys` are 16-byte digests, the strongest first: the first one mints the id of a new entry, any of them finds a
    stored one. `text` is the body as plain paragraphs (its words are what duplicates and diffs compare), `content`
    the sanitised HTML of the same. `dated` is the time an undated item is filed under: its document's own.
    """

    keys: tuple[bytes, ...]
    position: int
    title: str
    url: str | None
    summary: str
    content: str
    text: str
    published: datetime | None
    published_precision: Precision | None
    published_basis: str | None
    updated: datetime | None
    dated: datetime
    language: str | None
    label: str | None
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    enclosures: tuple[Enclosure, ...]
    sections: tuple[str, ...]
    access: Access
    evidence: tuple[Evidence, ...]
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry as it stands in the database, with the names of its source and sections.

    `uid` is the id a reader sees, for ever. `sorted_at` is what feeds are ordered by (newest first) and never moves:
    `published`, else the time the item was filed under; `place` settles the order within one time: the item's
    position in its document, then a hash of the uid, so that it is the same on every machine. `lead` is the uid of the entry that feeds show in place of
    this one's cluster (its own where it leads); `rule` says why the two were joined.
    """

    id: int
    uid: str
    source: str
    title: str
    url: str | None
    summary: str
    content: str
    text: str
    published: datetime | None
    published_precision: Precision | None
    published_basis: str | None
    updated: datetime
    first_seen: datetime
    sorted_at: datetime
    place: int
    language: str | None
    label: str | None
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    enclosures: tuple[Enclosure, ...]
    sections: tuple[str, ...]
    access: Access
    access_override: bool
    evidence: tuple[Evidence, ...]
    lead: str
    rule: str | None
    others: tuple[tuple[str, str | None], ...] = field(default=())
    """For a lead: `(uid, url)` of the entries folded behind it, in order of uid."""

    @property
    def is_lead(self) -> bool:
        return self.lead == self.uid


@dataclass(frozen=True, slots=True)
class SectionRecord:
    """A section: published as `sections/<slug>.atom`."""

    id: int
    slug: str
    name: str
