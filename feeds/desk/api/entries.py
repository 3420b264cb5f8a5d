"""Calls about entries: those that a query finds, one of them with its versions, and a person's word on it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from db.engine import reading
from db.records import Access, StoredEntry
from db.store import entries, revisions, search
from feeds import correct, roster
from feeds.desk.api import cursors
from feeds.desk.api.base import USUAL, AtHand, Cursor, Hand, Limit, Page, Shape, Time
from feeds.desk.api.problems import described
from feeds.history import steps
from feeds.query import MAX_LENGTH, asked
from feeds.shapes.entries import entry_as_json, history_as_json, whole_as_json, zones_of
from feeds.shapes.kin import kin_of

router = APIRouter(tags=["entries"])

LIST = "entries"
Id = Annotated[str, Field(min_length=8, max_length=500, description="Its id, percent-encoded, or the end of it.")]


class Proof(Shape):
    """One reason for an access."""

    signal: str
    value: str
    where: str


class Entry(Shape):
    """An entry, without its text."""

    id: str = Field(description="For ever.")
    title: str
    url: str | None
    published: Time | None
    published_precision: str | None = Field(description="`day` where the time of the day is not known.")
    updated: Time
    first_seen: Time
    sections: list[str]
    access: Access
    evidence: list[Proof]
    source: str
    cluster: str = Field(description="Id of the entry that feeds show for all that tell the same story.")
    lead: bool = Field(description="Whether it is that entry.")
    duplicate_of: str | None
    summary: str
    withdrawn: Time | None


class Enclosure(Shape):
    """A file that belongs to an entry."""

    url: str
    type: str
    length: int = Field(ge=0)


class Former(Shape):
    """A former version, without its text."""

    updated: Time
    replaced_at: Time
    changed: list[str]
    title: str
    access: Access
    sections: list[str]


class Copy(Shape):
    """An entry that is folded behind this one."""

    id: str
    title: str
    url: str | None
    source: str
    rule: str | None
    score: float | None


class Relative(Shape):
    """An entry that tells of the same event in other words."""

    id: str
    title: str
    url: str | None
    source: str
    score: float


class Ruling(Shape):
    """What a person said of this entry and another, or of it alone."""

    id: str
    same: bool


class WholeEntry(Entry):
    """All that is known of an entry: more than the public is shown."""

    body: str
    content: str = Field(description="Sanitised HTML.")
    published_basis: str | None
    label: str | None
    authors: list[str]
    categories: list[str]
    language: str | None
    enclosures: list[Enclosure]
    extra: dict[str, Any]
    access_override: bool = Field(description="Whether a person said who may read it.")
    withdrawn_by: str | None
    withdrawn_why: str | None
    revisions: list[Former] = Field(description="The latest first.")
    rule: str | None = Field(description="By which it is folded behind another.")
    score: float | None
    because: str | None
    copies: list[Copy]
    related: list[Relative]
    rulings: list[Ruling]


class Run(Shape):
    """A piece of text of two versions."""

    kind: str = Field(json_schema_extra={"enum": ["same", "gone", "new"]})
    text: str


class Difference(Shape):
    """How a version differs from the one before it, word by word."""

    title: list[Run]
    text: list[Run]
    access: list[Access] | None = Field(description="Before and after.")
    sections: list[Run]


class Version(Shape):
    """A version and since when it stands."""

    since: Time
    changed: list[str]
    title: str
    access: Access
    sections: list[str]
    diff: Difference | None = Field(description="Null for the first.")


class Versions(Shape):
    """Every version of an entry, the latest first."""

    id: str
    title: str
    versions: list[Version]


class Level(Shape):
    """Who may read an entry."""

    level: Access


class Other(Shape):
    """The other entry that is meant."""

    other: Id


class Whether(Shape):
    """The other entry that is meant, or none."""

    other: Id | None = None


class Why(Shape):
    """Why an entry is taken back."""

    reason: Annotated[str, Field(max_length=500, description="In words; feeds do not show it.")] = ""


@router.get("/entries", responses=described(400))
def list_entries(
    at: AtHand,
    q: Annotated[str, Query(max_length=MAX_LENGTH, description="As for `feeds entries search`.")] = "",
    section: Annotated[str | None, Query(max_length=500, description="Name or slug of a section.")] = None,
    source: Annotated[str | None, Query(max_length=500, description="Name of a source.")] = None,
    access: Annotated[Access | None, Query(description="Who may read them.")] = None,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> Page[Entry]:
    """The entries that are looked for, newest first; all of them where nothing is said."""
    zone = at.context.config.site.zone
    query = asked(q if q.strip() else None, now=at.now, zone=zone, section=section, source=source, access=access)
    with reading(at.context.engine) as connection:
        roster.check_names(connection, query)
        ids, following = search.page(connection, query, limit=limit, cursor=_cursor(cursor))
        found = list(entries.in_order(connection, ids))
        zones = zones_of(connection, zone, {one.source for one in found})
    return Page(
        items=[Entry.model_validate(entry_as_json(one, zones)) for one in found],
        next=None if following is None else cursors.given(LIST, *following),
    )


def _cursor(given: str | None) -> search.Cursor | None:
    values = cursors.taken(LIST, given, [int, int])
    return None if values is None else (int(values[0]), int(values[1]))


@router.get("/entries/{uid}", responses=described(404))
def get_entry(at: AtHand, uid: Id) -> WholeEntry:
    """One entry whole: its text, evidence, versions, and others on the same."""
    with reading(at.context.engine) as connection:
        found = correct.named(connection, uid)
        former, kin = revisions.history(connection, found.id), kin_of(connection, found)
        zones = zones_of(connection, at.context.config.site.zone, {found.source})
    return WholeEntry.model_validate(whole_as_json(found, zones, former, kin))


@router.get("/entries/{uid}/revisions", responses=described(404))
def list_revisions(at: AtHand, uid: Id) -> Versions:
    """Every version of an entry, and what each changed, word by word."""
    with reading(at.context.engine) as connection:
        found = correct.named(connection, uid)
        former = revisions.history(connection, found.id)
    return Versions.model_validate(history_as_json(found, steps(found, former)))


@router.put("/entries/{uid}/access", responses=described(404))
def set_access(at: AtHand, uid: Id, access: Level) -> Entry:
    """Says who may read an entry; that stands whatever its source says later."""
    return _told(at, correct.set_access(at.context.engine, uid, access.level, at.now))


@router.delete("/entries/{uid}/access", responses=described(404))
def clear_access(at: AtHand, uid: Id) -> Entry:
    """Lets the evidence decide again who may read an entry."""
    return _told(at, correct.clear_access(at.context.engine, uid, at.now))


@router.post("/entries/{uid}/split", responses=described(400, 404))
def split_entry(at: AtHand, uid: Id, apart: Whether) -> Entry:
    """Never folds an entry with another, or with any where none is named."""
    return _told(at, correct.split(at.context.engine, uid, apart.other, at.now))


@router.post("/entries/{uid}/join", responses=described(400, 404))
def join_entry(at: AtHand, uid: Id, together: Other) -> Entry:
    """Folds an entry with another."""
    return _told(at, correct.join(at.context.engine, uid, together.other, at.now))


@router.post("/entries/{uid}/let-be", responses=described(400, 404))
def let_entry_be(at: AtHand, uid: Id, ruled: Whether) -> Entry:
    """Takes back what was said of an entry and another, or of it alone where none is named."""
    return _told(at, correct.let_be(at.context.engine, uid, ruled.other, at.now))


@router.post("/entries/{uid}/withdraw", responses=described(404))
def withdraw_entry(at: AtHand, uid: Id, why: Why) -> Entry:
    """Takes an entry back: no feed shows it until it is restored."""
    return _told(at, correct.withdraw(at.context.engine, uid, why.reason.strip(), at.now))


@router.post("/entries/{uid}/restore", responses=described(400, 404))
def restore_entry(at: AtHand, uid: Id) -> Entry:
    """Shows an entry again that was taken back."""
    return _told(at, correct.restore(at.context.engine, uid, at.now))


def _told(at: Hand, entry: StoredEntry) -> Entry:
    """An entry after a person's word on it, which is published at once."""
    at.context.hands.wake()
    with reading(at.context.engine) as connection:
        zones = zones_of(connection, at.context.config.site.zone, {entry.source})
    return Entry.model_validate(entry_as_json(entry, zones))
