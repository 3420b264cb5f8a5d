"""The schema. Reading guide: a source says items in documents; items make entries; entries stand in sections.

Every time is UTC. Names of constraints follow one convention, without which SQLite's batch migrations cannot find
them (Alembic drops constraints by name).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    cast,
    desc,
    false,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from db.records import DOUBTED, Access

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A time zone is neither lost (SQLite returns naive values) nor converted to the server's (PostgreSQL)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without zone reached the database: {value!r}")
        return value.astimezone(UTC).replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows by itself only in a column that is literally INTEGER."""


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        int: BigId,
        Any: JSON,
        bytes: LargeBinary,
        str: Text,
    }


class Source(Base):
    """What is polled. `options` is the rest of its `[[source]]` table; `origin` is `config` or `added`.

    `learned` is what its documents taught of themselves (names of sections, markers) and later ones may rely on.
    `enabled` says that it is polled: its options do not say otherwise, and nobody has `paused` it.
    """

    __tablename__ = "sources"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    origin: Mapped[str] = mapped_column(String(10))
    enabled: Mapped[bool]
    removed: Mapped[bool]
    options: Mapped[Any]
    learned: Mapped[Any]
    paused: Mapped[bool] = mapped_column(server_default=false())


class SourceState(Base):
    """The schedule and what conditional requests need: narrow, since every poll writes it.

    `settings` is a digest of what the last success was read by (markers, profile, access): where that changed, the
    document has to be read again, and validators would hide it. A poll that is under way holds `lease`, and `due_at`
    is when that runs out: what a crash left behind is due again by itself. `host` is None for local paths. `pace` is
    `db.records.Pace` without what equals a default, `url` the address it moved to for good. `state` is how it stands,
    in a word of `feeds.states`, `stale_at` when it is late by its own rhythm unless something new comes before. Of the
    last answer `ms` is how long it took, `status` its HTTP status, `size` its bytes, `headers` those that tell how it
    is to be asked.
    """

    __tablename__ = "source_state"
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(index=True)
    lease: Mapped[str | None]
    host: Mapped[str | None]
    url: Mapped[str | None]
    pace: Mapped[Any] = mapped_column(server_default="{}")
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    settings: Mapped[bytes | None]
    failures: Mapped[int] = mapped_column(default=0)
    last_poll: Mapped[datetime | None]
    last_success: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None]
    error: Mapped[str | None]
    state: Mapped[str] = mapped_column(String(20), server_default="ok", index=True)
    stale_at: Mapped[datetime | None] = mapped_column(index=True)
    ms: Mapped[int | None]
    status: Mapped[int | None]
    size: Mapped[int | None]
    headers: Mapped[Any | None]


class Asked(Base):
    """A request to a host within the last minute, so that a process that begins meanwhile keeps to its budget. `at` is
    in seconds since 1970, rounded up."""

    __tablename__ = "asked"
    id: Mapped[int] = mapped_column(primary_key=True)
    host: Mapped[str]
    at: Mapped[int] = mapped_column(index=True)


class Article(Base):
    """An article of a source that is still to be read, for its full text; `tries` are those that failed."""

    __tablename__ = "articles"
    source_id: Mapped[int] = mapped_column(
        ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    url: Mapped[str] = mapped_column(primary_key=True)
    tries: Mapped[int]
    due_at: Mapped[datetime]


class Document(Base):
    """A document as it was last read; an equal `digest` means that nothing in it is new.

    Those of an empty one are always read anew, as articles are, of which a source has as many as entries: what is
    compared is found beside them by an index of its own.
    """

    __tablename__ = "documents"
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    name: Mapped[str]
    digest: Mapped[bytes]
    __table_args__ = (
        Index(None, "source_id", "name", unique=True),
        Index(
            "ix_documents_compared",
            "source_id",
            sqlite_where=sql("length(digest) > 0"),
            postgresql_where=sql("length(digest) > 0"),
        ),
    )


FREE_LEADS = "lead_id IS NULL AND coalesce(access_override, access) = 'free'"
"""What everybody may read and feeds show, as an index and its queries have to word it alike."""


class Entry(Base):
    """Our normalised, stored item: the content that counts now.

    The long texts come last: SQLite reads a row from its beginning, and whoever wants none of them reads one page.
    `extra` is JSON of what else the source said (pictures, links, comments, rights, episode), empty for nothing.
    """

    __tablename__ = "entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(unique=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    title: Mapped[str]
    title_from_body: Mapped[bool]
    url: Mapped[str | None]
    published: Mapped[datetime | None]
    published_precision: Mapped[str | None] = mapped_column(String(10))
    published_basis: Mapped[str | None]
    updated: Mapped[datetime]
    first_seen: Mapped[datetime]
    sorted_at: Mapped[datetime]
    place: Mapped[int]
    language: Mapped[str | None]
    label: Mapped[str | None]
    authors: Mapped[Any]
    categories: Mapped[Any]
    enclosures: Mapped[Any]
    sections: Mapped[Any]
    access: Mapped[str] = mapped_column(String(20))
    access_override: Mapped[str | None] = mapped_column(String(20))
    evidence: Mapped[Any]
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    rule: Mapped[str | None] = mapped_column(String(10))
    summary: Mapped[str]
    content: Mapped[str]
    text: Mapped[str]
    extra: Mapped[str] = mapped_column(server_default="")
    __table_args__ = (
        Index("ix_entries_order", desc("sorted_at"), "place"),
        # Also the narrowest, by which all are counted: 2 ms for a million, against 21.
        Index("ix_entries_source", "source_id"),
        # Where nobody says that anything is free, the newest of what is would be sought through all there is.
        Index(
            "ix_entries_free",
            desc("sorted_at"),
            "place",
            sqlite_where=sql(FREE_LEADS),
            postgresql_where=sql(FREE_LEADS),
        ),
        Index(
            "ix_entries_lead",
            "lead_id",
            sqlite_where=sql("lead_id IS NOT NULL"),
            postgresql_where=sql("lead_id IS NOT NULL"),
        ),
    )


WITHHELD = (
    (Entry.access == Access.UNKNOWN.value)
    & Entry.access_override.is_(None)
    & cast(Entry.evidence, Text).contains(DOUBTED + '", ')
)
"""`db.records.is_withheld` of a stored entry. Inside a JSON string the quote would be escaped, so that no source can
write what is looked for."""


class EntryKey(Base):
    """The gate that decides what is new: one row for each thing that identifies an entry exactly."""

    __tablename__ = "entry_keys"
    key: Mapped[bytes] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id", ondelete="CASCADE"))
    __table_args__ = ({"sqlite_with_rowid": False},)


class Item(Base):
    """What one document says of one entry; an equal `digest` means that the document says nothing new of it.

    `current` is false once the document names the entry no more: feeds drop their oldest, pages their last row.
    """

    __tablename__ = "items"
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True, index=True)
    digest: Mapped[bytes]
    rank: Mapped[str]
    sections: Mapped[Any]
    evidence: Mapped[Any]
    current: Mapped[bool]
    __table_args__ = (
        Index("ix_items_current", "document_id", sqlite_where=sql("current"), postgresql_where=sql("current")),
        {"sqlite_with_rowid": False},
    )


class Revision(Base):
    """A version of an entry that a later one took the place of at `replaced_at`; `version` is a digest by which it is
    known again when it comes back (`db.records.version_of`)."""

    __tablename__ = "revisions"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id", ondelete="CASCADE"), index=True)
    updated: Mapped[datetime]
    replaced_at: Mapped[datetime]
    changed: Mapped[Any]
    title: Mapped[str]
    summary: Mapped[str]
    content: Mapped[str]
    access: Mapped[str] = mapped_column(String(20))
    sections: Mapped[Any]
    version: Mapped[bytes | None]


class Withdrawal(Base):
    """An entry that was taken back: feeds show it no more, and say so (RFC 6721). A table of its own: a column
    behind the long texts of an entry would cost a feed their pages."""

    __tablename__ = "withdrawals"
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column(index=True)
    by: Mapped[str] = mapped_column(String(20))
    why: Mapped[str]


class Vanished(Base):
    """An entry that a document names no more though it names older ones: `reads` counts how often in a row the
    whole document was read since and named newer ones, too; `last` is the latest of them."""

    __tablename__ = "vanished"
    document_id: Mapped[int] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True, index=True)
    since: Mapped[datetime]
    last: Mapped[datetime]
    reads: Mapped[int]
    __table_args__ = ({"sqlite_with_rowid": False},)


class Untold(Base):
    """An entry that `source_id` changed back and forth, `last` the latest time, so that readers were not told of it."""

    __tablename__ = "untold"
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    last: Mapped[datetime] = mapped_column(index=True)


class Fingerprint(Base):
    """What duplicates of an entry are found and judged by, so that no text is read for it.

    `hash` is `Fingerprint.bucket` of `db.records`; `at` is the entry's `sorted_at` in seconds since 1970, so that
    the database can reckon with it; `teased` says that a teaser stands for the body, for want of one.
    """

    __tablename__ = "fingerprints"
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    hash: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)
    body_words: Mapped[int]
    text_hash: Mapped[int | None] = mapped_column(BigInteger)
    teased: Mapped[bool] = mapped_column(server_default=false())
    __table_args__ = (
        Index("ix_fingerprints_source", "hash", "source_id", "at"),
        Index("ix_fingerprints_time", "hash", "at"),
        Index(
            "ix_fingerprints_text",
            "text_hash",
            "at",
            sqlite_where=sql("text_hash IS NOT NULL"),
            postgresql_where=sql("text_hash IS NOT NULL"),
        ),
    )


class Sketch(Base):
    """The hashes of an entry's beginning (`Fingerprint.sketch` of `db.records`), 8 bytes each, while copies of it can
    come: what takes its rows out of `shingles` again. `at` is as in `Fingerprint`."""

    __tablename__ = "sketches"
    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(BigInteger, index=True)
    hashes: Mapped[bytes]


class Shingle(Base):
    """The same hashes the other way round: who began with these words.

    Without a foreign key, which would cost a look-up for each of 16 rows an entry; a row whose entry is gone leads
    nowhere, and goes with the others of its week.
    """

    __tablename__ = "shingles"
    hash: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    __table_args__ = ({"sqlite_with_rowid": False},)


class Pair(Base):
    """Two entries whose texts were compared and agree (`rule` R3, R4), or tell of one event in other words
    (`related`): `score` is how much, 0 to 1. Each pair stands here twice, once from either side."""

    __tablename__ = "pairs"
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True)
    rule: Mapped[str] = mapped_column(String(10))
    score: Mapped[float] = mapped_column(Float)
    __table_args__ = ({"sqlite_with_rowid": False},)


class Ruling(Base):
    """A person's word on two entries: to be folded together (`same`), or never. From either side, as in `Pair`; one
    that stands with itself is to be folded with none."""

    __tablename__ = "rulings"
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True)
    same: Mapped[bool]
    at: Mapped[datetime]
    __table_args__ = ({"sqlite_with_rowid": False},)


class Section(Base):
    """The editorial rubric; `folded` is the name without regard to case, by which it is found. `key` is what the ids of
    its feeds are made of: it stays when the section gets another name. `entries` is how many stand in it, those that
    were taken back included: to count a million takes longer than a page may."""

    __tablename__ = "sections"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    folded: Mapped[str] = mapped_column(unique=True)
    key: Mapped[str] = mapped_column(server_default="")
    entries: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = (Index(None, "key", unique=True),)


class EntrySection(Base):
    """An entry stands in a section. The order of feeds is copied here, since it never moves (see `Entry`)."""

    __tablename__ = "entry_sections"
    section_id: Mapped[int] = mapped_column(ForeignKey("sections.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True, index=True)
    sorted_at: Mapped[datetime]
    place: Mapped[int]
    __table_args__ = (
        Index("ix_entry_sections_order", "section_id", desc("sorted_at"), "place"),
        {"sqlite_with_rowid": False},
    )


class Poll(Base):
    """One attempt at one source that changed something or failed, or a document that was `pushed` and changed
    something; unchanged ones leave no row."""

    __tablename__ = "polls"
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(20))
    new: Mapped[int]
    updated: Mapped[int]
    unchanged: Mapped[int]
    skipped: Mapped[int]
    error: Mapped[str | None]
    ms: Mapped[int | None]
    status: Mapped[int | None]
    size: Mapped[int | None]
    __table_args__ = (Index(None, "source_id", "at"),)


class Hour(Base):
    """What all polls and pushes of one hour came to, unchanged ones included; `hour` counts from 1970, UTC."""

    __tablename__ = "hours"
    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stored: Mapped[int]
    unchanged: Mapped[int]
    failed: Mapped[int]
    new: Mapped[int]
    updated: Mapped[int]
    size: Mapped[int]


class Heartbeat(Base):
    """That a job of the daemon lives: `at` is the last sign of it, expected every `every` seconds; `error` is what its
    last run failed with."""

    __tablename__ = "heartbeats"
    job: Mapped[str] = mapped_column(String(20), primary_key=True)
    at: Mapped[datetime]
    since: Mapped[datetime]
    every: Mapped[int]
    pid: Mapped[int]
    error: Mapped[str | None]


class Session(Base):
    """Somebody who signed in to the desk; of what the browser holds only an HMAC-SHA-256 is kept."""

    __tablename__ = "sessions"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    last_used: Mapped[datetime] = mapped_column(index=True)


class Cursor(Base):
    """How far somebody who looks at rows in order has come, by its name."""

    __tablename__ = "cursors"
    name: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    at: Mapped[datetime]


class Incident(Base):
    """One open or closed trouble of a source (`source_id`) or of our own output.

    `evidence` are pairs of a name and a value, `ended` is why it closed. One that comes back soon is the same again,
    so many times `reopened`. `planned` is how much of it alerts were planned of: 0 nothing, 1 that it opened, 2 that it
    closed.
    """

    __tablename__ = "incidents"
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(30))
    subject: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    message: Mapped[str]
    evidence: Mapped[Any] = mapped_column(server_default="[]")
    ended: Mapped[str | None]
    reopened: Mapped[int] = mapped_column(server_default="0")
    planned: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = (
        Index(
            "ix_incidents_open",
            "kind",
            "subject",
            unique=True,
            sqlite_where=sql("closed_at IS NULL"),
            postgresql_where=sql("closed_at IS NULL"),
        ),
        Index("ix_incidents_same", "kind", "subject", "closed_at"),
        Index("ix_incidents_order", "opened_at"),
        Index("ix_incidents_ended", "closed_at"),
        Index("ix_incidents_source", "source_id", "opened_at"),
        Index("ix_incidents_planned", "planned", sqlite_where=sql("planned < 2"), postgresql_where=sql("planned < 2")),
    )


class IndexRules(Base):
    """One row: by which rules the full-text index was made (`db.index`). None where it is still to be made."""

    __tablename__ = "index_rules"
    rules: Mapped[str] = mapped_column(primary_key=True)


class Delivery(Base):
    """One notification owed: written in the transaction that owes it, delivered by a loop of its own, then gone.

    `key` tells equal ones, which are one; `version` counts how often it was owed, `since` is the first time.
    `attempts` are those begun, `error` is what the last one came to.
    """

    __tablename__ = "deliveries"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(40))
    target: Mapped[str]
    payload: Mapped[Any]
    version: Mapped[int]
    since: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int]
    error: Mapped[str | None]
    __table_args__ = (Index(None, "kind", "key", unique=True),)


class Token(Base):
    """What lets one subscriber read full texts, or a program use the API. `key` is its public half; of the secret one
    only the SHA-256 is kept.

    `last_used` is noted now and then, not at every use. A name is free again once its token was revoked. `scopes` are
    words parted by blanks: what it opens.
    """

    __tablename__ = "tokens"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str]
    secret: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used: Mapped[datetime | None]
    scopes: Mapped[str] = mapped_column(server_default="feeds")
    __table_args__ = (
        Index(
            "ix_tokens_live",
            "name",
            unique=True,
            sqlite_where=sql("revoked_at IS NULL"),
            postgresql_where=sql("revoked_at IS NULL"),
        ),
    )


class TokenNetwork(Base):
    """A network (IPv4 /24, IPv6 /48) that a token was used from: a digest of it, since nobody needs to know which."""

    __tablename__ = "token_networks"
    token_id: Mapped[int] = mapped_column(
        ForeignKey("tokens.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    network: Mapped[bytes] = mapped_column(primary_key=True)
    first_at: Mapped[datetime]


class HubSubscription(Base):
    """Who our hub tells of a topic, until `lease_until`. `secret` is what the subscriber gave to sign with, `host` that
    of the callback; `failures` counts versions that were given up."""

    __tablename__ = "hub_subscriptions"
    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str]
    callback: Mapped[str]
    host: Mapped[str] = mapped_column(index=True)
    secret: Mapped[str | None]
    since: Mapped[datetime]
    lease_until: Mapped[datetime] = mapped_column(index=True)
    failures: Mapped[int] = mapped_column(default=0)
    __table_args__ = (Index(None, "topic", "callback", unique=True),)


class HubTopic(Base):
    """A feed of another publisher whose subscribers our hub tells: what it was when it was fetched last, if it was."""

    __tablename__ = "hub_topics"
    topic: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    body: Mapped[bytes]
    fetched_at: Mapped[datetime | None]


class Push(Base):
    """One subscription of ours: who pushes a source to us, or did (`db.records.PushRecord`). A source has one at most
    that is neither leaving nor ended. `key` is the callback's name, which nobody else knows."""

    __tablename__ = "pushes"
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    hubs: Mapped[Any]
    hub: Mapped[str]
    topic: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    secret: Mapped[str]
    callback: Mapped[str]
    state: Mapped[str] = mapped_column(String(10))
    due_at: Mapped[datetime] = mapped_column(index=True)
    asked_at: Mapped[datetime | None]
    active_since: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    last_push: Mapped[datetime | None]
    doubted_until: Mapped[datetime | None]
    doubts: Mapped[int]
    tries: Mapped[int]
    error: Mapped[str | None]


class Pushed(Base):
    """A document that a hub brought and nobody has read yet, of the topic that was subscribed to."""

    __tablename__ = "pushed"
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    topic: Mapped[str]
    at: Mapped[datetime]
    media_type: Mapped[str | None]
    body: Mapped[bytes]


class DirtyMonth(Base):
    """A month (`yyyymm`, by `entries.sorted_at`) of a section whose archive is owed: what is filed at `first_at` or
    later is otherwise than before. With `wait_until` it is owed from then on: the month is not over, or could not be
    made just now. A `backlog` is owed because everything is."""

    __tablename__ = "dirty_months"
    section_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first_at: Mapped[datetime]
    version: Mapped[int]
    wait_until: Mapped[datetime | None]
    backlog: Mapped[bool]


class DirtySection(Base):
    """A section whose feed is owed; the row goes when a publish has seen its `version`."""

    __tablename__ = "dirty_sections"
    section_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
    since: Mapped[datetime]
