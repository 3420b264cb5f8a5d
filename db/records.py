"""The values that cross between the stages and the storage: frozen, typed, without SQL.

Times are aware datetimes in UTC, to the second. Text is NFC without characters that XML 1.0 forbids.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Any, NamedTuple

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""When a source is due that is asked no more until a person names it."""

PAUSED = "paused"
"""The state of a source that is not polled, whatever it was before."""

ALL_SECTIONS = 0
"""Id of the pseudo-section that stands for `all.atom` where sections owe a feed; no section has it."""


Place = tuple[int, datetime]
"""Where an entry stands: the id of a section, and the time by which feeds and archives file it there."""


def month_of(moment: datetime) -> int:
    """The month of a time as `yyyymm`, in UTC."""
    moment = moment.astimezone(UTC)
    return moment.year * 100 + moment.month


COMPARED = 200_000
"""Characters of a body that are compared with others."""

RELATED = "related"
"""Stands as the rule of a pair of entries that tell of one event in other words, and are not folded."""

PERSON = "person"
"""Stands as the rule where a person said that two entries belong together."""


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


DOUBTED = " (doubted)"
"""Ends the name of a signal that a source gives of nearly every entry, so that it says little of any."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for an access verdict: the signal's name, its raw value, and where it stood."""

    signal: str
    value: str
    where: str


def is_withheld(access: Access, evidence: Iterable[Evidence]) -> bool:
    """Whether the body of an entry is kept from the public though nobody knows that it is for some only: its source
    says so, and is not believed. To believe it hides a headline's text, not to would give away what may be sold."""
    return access is Access.UNKNOWN and any(one.signal.endswith(DOUBTED) for one in evidence)


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
    title of fewer than four words, `text_hash` is None without a usable body. `sketch` are up to 16 hashes by which a
    copy of the body is found, in order. `shingles` (hashes of three words in a row), `numbers`, `opening` (those of
    the shingles with which it begins) and `stems` (the beginnings of its words) of the body are None where they were
    not reckoned: they cost more than all the rest, and only who is compared needs them.
    """

    url_key: str | None
    title: str
    title_words: int
    title_hash: int | None
    body_words: int
    text_hash: int | None
    at: datetime | None = None
    sketch: tuple[int, ...] = ()
    shingles: frozenset[int] | None = None
    numbers: frozenset[str] | None = None
    opening: frozenset[int] | None = None
    stems: frozenset[str] | None = None

    @property
    def bucket(self) -> int | None:
        """What two entries must share to be compared at all, by whichever rule; None for one that equals no other."""
        return self.text_hash if self.title_hash is None else self.title_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRecord:
    """One normalised item of one source, ready to be compared with what is stored.

    `keys` are 16-byte digests, the strongest first: the first one mints the id of a new entry, any of them finds a
    stored one. `text` is the body as plain paragraphs (its words are what duplicates and diffs compare), `content`
    the sanitised HTML of the same; `title_from_body` says that the title is the text's beginning, for want of one.
    `dated` is the time an undated item is filed under: its document's own. `extra` is what else can be republished
    (links, images, comments, source, rights, episode) as compact JSON with sorted keys, "" for nothing.
    """

    keys: tuple[bytes, ...]
    position: int
    title: str
    title_from_body: bool
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
    extra: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEntry:
    """What a publish reads of an entry: neither its plain text nor its evidence is among it.

    `uid` is the id a reader sees, for ever; `source` a name. `withheld` is as in `is_withheld`. `place` settles
    the order of entries of one time: the position in the document, then a hash of the uid, the same on every machine.
    `extra` is as in `EntryRecord`.
    """

    id: int
    uid: str
    source: str
    title: str
    title_from_body: bool
    url: str | None
    summary: str
    content: str
    published: datetime | None
    published_precision: Precision | None
    updated: datetime
    place: int
    language: str | None
    label: str | None
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    enclosures: tuple[Enclosure, ...]
    sections: tuple[str, ...]
    access: Access
    withheld: bool = False
    extra: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry(ShownEntry):
    """An entry as it stands in the database.

    `sorted_at` is what feeds are ordered by (newest first) and never moves: `published`, else the time the item was
    filed under. `lead` is the uid of the entry that feeds show in place of this one's cluster (its own where it
    leads); `rule` says why the two were joined, `score` how much they agree (0 to 1). `withdrawal` is None unless it
    was taken back.
    """

    text: str
    published_basis: str | None
    first_seen: datetime
    sorted_at: datetime
    access_override: bool
    evidence: tuple[Evidence, ...]
    lead: str
    rule: str | None
    score: float | None = None
    withdrawal: Withdrawal | None = None

    @property
    def is_lead(self) -> bool:
        return self.lead == self.uid

    @property
    def version(self) -> bytes:
        """See `version_of`."""
        return version_of(self.title, self.summary, self.content, self.access, self.sections)


def version_of(title: str, summary: str, content: str, access: Access, sections: Iterable[str]) -> bytes:
    """16 bytes over what a material change moves, by which a version is known again that an entry returns to."""
    said = [title, summary, content, access.value, *sorted({name.casefold() for name in sections})]
    return blake2b("\0".join(said).encode("utf-8", "surrogatepass"), digest_size=16).digest()


class WithdrawnBy(StrEnum):
    """Who took an entry back. What a person took back no document brings back."""

    PERSON = "person"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """That an entry was taken back: since when, by whom, and why in words."""

    at: datetime
    by: WithdrawnBy
    why: str


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What feeds tell of an entry that was taken back (RFC 6721): `uid` is the `ref`, `at` the `when`."""

    uid: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VanishedRecord:
    """An entry that a `document` (a name) of a `source` names no more, though it names older ones.

    `since` is when that was first seen, `reads` how often in a row the whole document was read since then and named
    newer ones as well, `last` when it was read last.
    """

    document_id: int
    document: str
    source_id: int
    source: str
    entry_id: int
    published: datetime
    since: datetime
    last: datetime
    reads: int


class Field(StrEnum):
    """What part of an entry is looked at: `WORDS` are those of title, summary, body and authors."""

    WORDS = "words"
    TITLE = "title"
    AUTHOR = "author"
    SECTION = "section"
    SOURCE = "source"
    ACCESS = "access"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that an entry has or has not.

    `value` of the first three fields are words as `db.folding.fold` makes them, parted by one blank: more than one are
    a phrase, of which the last is the beginning of a word where `prefix` is true. For the others it is a name (a
    section's slug does as well), a level, or a language tag, which stands for its regions, too.
    """

    field: Field
    value: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: of each group one term or more, of `excluded` none, `sorted_at` from `since` to before
    `until`."""

    groups: tuple[tuple[Term, ...], ...] = ()
    excluded: tuple[Term, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SectionRecord:
    """A section: published as `sections/<slug>.atom`. The ids of its feeds are made of `key`, for ever."""

    id: int
    slug: str
    name: str
    key: str


class Labels(NamedTuple):
    """How readers are to know a source: the name that it is shown by, and its home page."""

    title: str | None = None
    link: str | None = None


class News(NamedTuple):
    """What a list of news says of an entry."""

    uid: str
    url: str
    title: str
    published: datetime


@dataclass(frozen=True, slots=True)
class OwedMonth:
    """A month (`yyyymm`) of a section whose archive is owed, of what is filed at `first_at` or later; `version` tells
    this change from later ones. A `backlog` is owed because everything is, and can wait for what changed."""

    section_id: int
    month: int
    first_at: datetime
    version: int
    backlog: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What one document said of an entry when it was last read.

    `digest` changes when anything it says changes. `rank` begins with `1` where it gave a body, else `0`; the
    document's own rank (its date, then its name) follows: `feeds.revise` settles by it whose words count. `current` is
    false where the document names the entry no more.
    """

    document_id: int
    source: str
    digest: bytes
    rank: str
    sections: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    current: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """An entry to be made: the record, its minted id and its settled times."""

    uid: str
    record: EntryRecord
    updated: datetime
    sorted_at: datetime
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """An entry to be changed. `before` is what stands in the database.

    `record` gives the words that count from now on: None leaves them as they are. `changed` names what moved
    materially (`title`, `body`, `access`, `sections`); empty means that nobody needs to be told. So does `unseen`: the
    entry was just made, from its article, and this is what its listing says beside it, so that there is no former
    version.
    """

    before: StoredEntry
    record: EntryRecord | None
    updated: datetime
    sections: tuple[str, ...]
    access: Access
    evidence: tuple[Evidence, ...]
    changed: tuple[str, ...]
    kept: bool = True
    unseen: bool = False


@dataclass(frozen=True, slots=True)
class Learned:
    """What documents of a source taught: names of its sections and its markers, each in order of text.

    `articles` counts those that it stated to be locked or free, the earlier ones less, `locked` those of them that are;
    `doubted` says that it states that of so many that its word is only a hint (see `feeds.access.word`).
    `listing` is how the list of an HTML page was found (`feeds.sources.page`), so that the next poll finds the same.
    """

    sections: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    articles: int = 0
    locked: int = 0
    doubted: bool = False
    listing: tuple[str, ...] = ()

    def __or__(self, other: Learned) -> Learned:
        """Sections and markers of both; the rest is of this one."""
        return replace(
            self,
            sections=tuple(sorted({*self.sections, *other.sections})),
            markers=tuple(sorted({*self.markers, *other.markers})),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What the answers of a source asked for and taught, as far as later polls must know it.

    Spans are seconds: `max_age` is how long the last document may be kept (Cache-Control, else Expires), `ttl` and
    `update_period` what it says itself, `every` the mean time between its entries, of which `newest` is the last
    time. `skip_hours` (0 to 23, UTC) and `skip_days` (0 is Monday) are when not to ask. In a row: `asked` counts the
    Retry-Afters, `missed` the polls that found a gap, `gap_tries` those that could not fill it (`gap_at` is the archive
    to read next, for what is younger than `gap_to`), `shrunk` the documents that said next to nothing where the last
    good one had `size` items, `postponed` the polls in a row that our own network spoilt, `put_off` those that led
    to a host whose budget was spent. `yields` are how many items the last polls of an HTML page gave. `moved_to` was
    named as the new address by `moved_seen` polls since `moved_since`.

    Its rhythm, as far as it was watched: at `brought` a poll last brought something new, `gaps` are the last spans
    between two such polls, `silences` the longest that ended in each of the last weeks, of which the last one is
    `week`. In a row: `slow` counts the polls that were answered slowly, as far as that is a trouble, `quick` those
    since that were not, `churned` those in which what was known came under new ids.
    """

    max_age: int | None = None
    ttl: int | None = None
    update_period: int | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    every: int | None = None
    newest: datetime | None = None
    asked: int = 0
    missed: int = 0
    gap_at: str | None = None
    gap_to: datetime | None = None
    gap_tries: int = 0
    size: int = 0
    shrunk: int = 0
    postponed: int = 0
    put_off: int = 0
    yields: tuple[int, ...] = ()
    moved_to: str | None = None
    moved_since: datetime | None = None
    moved_seen: int = 0
    brought: datetime | None = None
    gaps: tuple[int, ...] = ()
    silences: tuple[int, ...] = ()
    week: int = 0
    slow: int = 0
    quick: int = 0
    churned: int = 0


class PushState(StrEnum):
    """How a subscription of ours stands: its hub is found, asked, pushes, or refuses; it is asked to stop, or did."""

    FOUND = "found"
    ASKED = "asked"
    ACTIVE = "active"
    DENIED = "denied"
    LEAVING = "leaving"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushRecord:
    """A subscription of ours (W3C WebSub): a hub is to push a source's `topic` to `callback`, whose last part is `key`.

    `hubs` are all that the source advertises, `hub` is the one in hand. `due_at` is when something has to be done next;
    until `lease_until` it holds, since `active_since` without a break. Until `doubted_until` polls go on as if nothing
    were pushed; that is so for the `doubts`-th time in a row. `tries` counts the requests since the last that led
    somewhere, `error` is what the last one came to. `id` is 0 before it is stored.
    """

    source_id: int
    topic: str
    hubs: tuple[str, ...]
    key: str
    secret: str
    due_at: datetime
    id: int = 0
    hub: str = ""
    callback: str = ""
    state: PushState = PushState.FOUND
    asked_at: datetime | None = None
    active_since: datetime | None = None
    lease_until: datetime | None = None
    last_push: datetime | None = None
    doubted_until: datetime | None = None
    doubts: int = 0
    tries: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class PushedRecord:
    """A document that a hub brought at `at` and nobody has read yet; `topic` is what it was told of."""

    id: int
    source_id: int
    topic: str
    at: datetime
    media_type: str | None
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """A source and its schedule. `options` is its `[[source]]` table as plain data.

    `host` is whose budget its polls are charged to, None for a local path. `url` is where it moved for good, None
    where its options still say it right. `enabled` is false for one that is not polled: its options say so, or somebody
    `paused` it. `state` is how it stands (`feeds.states`), `stale_at` when it is late by its own rhythm. Of the last
    answer: `ms` that it took, its HTTP `status`, its `size` in bytes, and the `headers` that tell how to ask.
    """

    id: int
    name: str
    origin: str
    enabled: bool
    options: dict[str, object]
    learned: Learned
    host: str | None
    url: str | None
    pace: Pace
    due_at: datetime
    etag: str | None
    last_modified: str | None
    settings: bytes | None
    failures: int
    last_poll: datetime | None
    last_success: datetime | None
    outcome: str | None
    reason: str | None
    error: str | None
    paused: bool = False
    state: str = "ok"
    stale_at: datetime | None = None
    ms: int | None = None
    status: int | None = None
    size: int | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> str:
        """Of which kind it is; what says nothing of that is a feed."""
        return str(self.options.get("kind", "feed"))

    @property
    def location(self) -> str:
        """The address or the path that its options give."""
        return str(self.options.get("url") or self.options.get("path") or "")

    @property
    def standing(self) -> str:
        """Its state in a word that people are told: whatever it was before, one that is not polled is paused."""
        return self.state if self.enabled else PAUSED


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source that is there or was, without its schedule: what one more is compared with before it is added. `url` is
    where it moved for good, as in `SourceRecord`."""

    name: str
    origin: str
    enabled: bool
    removed: bool
    options: dict[str, object]
    url: str | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it is to be found: as its options say, and where it moved; none for a local path."""
        return tuple(str(one) for one in (self.options.get("url"), self.url) if one)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRecord:
    """The one outcome of one poll, and when the next is due and why; `pace` and `url` None stay as they are, and so do
    `state`, `stale_at` and what is told of the answer (as in `SourceRecord`)."""

    source_id: int
    at: datetime
    outcome: str
    due_at: datetime
    reason: str
    etag: str | None = None
    last_modified: str | None = None
    settings: bytes | None = None
    failures: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    error: str | None = None
    pace: Pace | None = None
    url: str | None = None
    state: str | None = None
    stale_at: datetime | None = None
    ms: int | None = None
    status: int | None = None
    size: int | None = None
    headers: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPoll:
    """A poll that changed something or failed, as it is remembered; of the answer `ms`, `status` and `size` are known
    where there was one."""

    id: int
    source: str
    at: datetime
    outcome: str
    new: int
    updated: int
    unchanged: int
    skipped: int
    error: str | None
    ms: int | None
    status: int | None
    size: int | None


@dataclass(frozen=True, slots=True)
class HourRecord:
    """What the polls and pushes of one hour came to, which begins at `at`; `new` and `updated` are entries, `size` is
    bytes."""

    at: datetime
    stored: int = 0
    unchanged: int = 0
    failed: int = 0
    new: int = 0
    updated: int = 0
    size: int = 0

    @property
    def polls(self) -> int:
        return self.stored + self.unchanged + self.failed


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The last sign of life of a job of process `pid`, `since` when it has run; one comes `every` seconds. `error` is
    what its last run failed with."""

    job: str
    at: datetime
    since: datetime
    every: int
    pid: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """Somebody who is signed in to the desk."""

    id: int
    created_at: datetime
    last_used: datetime


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """An article that is still to be read, after `tries` that failed; not before `due_at`."""

    url: str
    tries: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """One trouble; `source` is None where it is our own. `closed_at` is None while it lasts.

    `evidence` are pairs of a name and a value, `ended` is why it closed, `reopened` how often it came back soon.
    """

    id: int
    kind: str
    subject: str
    source: str | None
    opened_at: datetime
    closed_at: datetime | None
    message: str
    evidence: tuple[tuple[str, str], ...] = ()
    ended: str | None = None
    reopened: int = 0

    @property
    def changed_at(self) -> datetime:
        """When it opened or, where it is over, closed."""
        return self.closed_at or self.opened_at


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """What lets one subscriber read full texts, or a program use the API: `scopes` is what it opens. `key` is its
    public half, `secret` the SHA-256 of the other one."""

    id: int
    key: str
    name: str
    secret: bytes = field(repr=False)
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used: datetime | None
    scopes: frozenset[str] = frozenset({"feeds"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """One notification that is being delivered, for the `attempts`-th time. `payload` is what JSON can hold, `error`
    what the last try came to of which that is known."""

    id: int
    kind: str
    target: str
    payload: Any
    version: int
    attempts: int
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSubscriptionRecord:
    """One subscriber of a topic, by the address to tell; `secret` signs what it is told, if it gave one."""

    topic: str
    callback: str
    secret: str | None
    since: datetime
    lease_until: datetime
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HubTopicRecord:
    """A feed of another publisher as it was when our hub fetched it last."""

    topic: str
    media_type: str
    body: bytes
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionRecord:
    """A version that a later one took the place of at `replaced_at`; `changed` names what the later one moved."""

    updated: datetime
    replaced_at: datetime
    changed: tuple[str, ...]
    title: str
    summary: str
    content: str
    access: Access
    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """What comparing the texts of two entries came to: a rule of `feeds.dedupe` or `RELATED`, and how much they agree
    (0 to 1)."""

    entry_id: int
    other_id: int
    rule: str
    score: float


@dataclass(frozen=True, slots=True)
class Relative:
    """An entry that tells of the same event as another in other words, and how near it is (0 to 1)."""

    uid: str
    title: str
    url: str | None
    source: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What duplicates are judged by: one stored entry, without its text.

    `bucket` is None for an entry that equals no other; `at` is its `sorted_at` in seconds since 1970. `teased` says
    that a teaser stands for the body, for want of one, `recurring` that its own source told something else under its
    title within the time in which entries are compared. One that was `withdrawn` is compared with none.
    """

    id: int
    uid: str
    bucket: int | None
    at: int
    body_words: int
    text_hash: int | None
    teased: bool
    recurring: bool
    access: Access
    lead_id: int | None
    rule: str | None
    withdrawn: bool = False

    @property
    def leading(self) -> tuple[bool, bool, bool, int, str]:
        """Sorts the members of a cluster, the one that feeds show first: what everybody may read before what only
        some may, a text before a teaser or a headline, then the earliest."""
        bare = self.teased or not self.body_words
        return (self.access.gated, bare, self.access is not Access.FREE, self.at, self.uid)
