"""Calls about sources: the list, one of them, its polls, and what people do with it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Response
from pydantic import Field

from db.engine import reading
from db.records import Access
from db.store import polls, pushes, register
from feeds import roster
from feeds.config.values import MAX_HOURS, MAX_MINUTES, MAX_PAGES
from feeds.desk.access import spend
from feeds.desk.api import cursors
from feeds.desk.api.base import PREFIX, USUAL, AtHand, Cursor, Hand, Limit, Page, Shape, Time, chosen, enumerated
from feeds.desk.api.problems import described
from feeds.desk.words import KINDS
from feeds.shapes.sources import poll_as_json, standing_as_json
from feeds.states import STATES

router = APIRouter(tags=["sources"])

LIST, POLLS = "sources", "polls"
Name = Annotated[str, Field(min_length=1, max_length=100)]
Text = Annotated[str, Field(min_length=1, max_length=500)]
Url = Annotated[str, Field(min_length=1, max_length=2000)]
Minutes = Annotated[int, Field(ge=1, le=MAX_MINUTES)]
Kind = Annotated[str, Field(json_schema_extra={"enum": list(KINDS)})]


class Push(Shape):
    """Our subscription at the hub of a source."""

    state: str
    hub: str | None
    topic: str
    lease_until: Time | None
    last_push: Time | None
    doubted_until: Time | None
    error: str | None


class Source(Shape):
    """A source, its schedule, and how it stands."""

    source: str = Field(description="Its name.")
    title: str | None
    kind: str
    location: str | None
    sections: list[str]
    moved_to: str | None = Field(description="Where it moved for good.")
    origin: str = Field(description="`config` where it stands in the file, `added` where people added it.")
    enabled: bool = Field(description="Whether it is polled.")
    paused: bool = Field(description="Whether somebody paused it.")
    state: str = Field(json_schema_extra={"enum": list(STATES)})
    next_due: Time | None
    reason: str | None = Field(description="Why then.")
    stale_at: Time | None = Field(description="When it is late by its own rhythm.")
    last_poll: Time | None
    last_success: Time | None
    outcome: str | None
    failures: int = Field(ge=0, description="In a row.")
    error: str | None
    ms: int | None = Field(description="Milliseconds that its last answer took.")
    status: int | None = Field(description="HTTP status of its last answer.")
    size: int | None = Field(description="Bytes of its last answer.")
    push: Push | None


class WholeSource(Source):
    """The same with all that is known of it."""

    options: dict[str, Any] = Field(description="Its `[[source]]` table, without what equals a default.")
    headers: dict[str, str] = Field(description="Headers of its last answer that tell how to ask it.")


class Selectors(Shape):
    """Where the parts of a page's list stand, as CSS selectors; null for what is found by itself."""

    list: Text | None = None
    title: Text | None = None
    link: Text | None = None
    date: Text | None = None
    section: Text | None = None
    marker: Text | None = None
    summary: Text | None = None


class Options(Shape):
    """Options of a `[[source]]` table; null for the default."""

    kind: Kind | None = None
    title: Text | None = None
    link: Url | None = None
    sections: list[Text] | None = Field(None, max_length=100, description="Sections of all its entries.")
    default_section: Text | None = None
    access: Access | None = None
    trust_access: bool | None = None
    profile: Annotated[str, Field(max_length=100)] | None = None
    selectors: Selectors | None = Field(None, description="All of them, in place of those that there are.")
    language: Annotated[str, Field(max_length=100)] | None = None
    timezone: Annotated[str, Field(max_length=100)] | None = None
    interval: Minutes | None = Field(None, description="Minutes between polls.")
    pages: Annotated[int, Field(ge=1, le=MAX_PAGES)] | None = None
    fulltext: bool | None = None
    stale_hours: Annotated[int, Field(ge=0, le=MAX_HOURS)] | None = None


class NewSource(Options):
    """A source to be, with its options; of what kind it is is seen from the address by default."""

    location: Url = Field(description="An address that begins with http:// or https://.")
    name: Name | None = Field(None, description="Unique; made of the address by default.")


class Changes(Options):
    """Options of a source that are to change; null for the default, those that are left out stay."""

    url: Url | None = None


class Poll(Shape):
    """A poll that changed something, or failed."""

    source: str
    at: Time
    outcome: str
    new: int = Field(ge=0)
    updated: int = Field(ge=0)
    unchanged: int = Field(ge=0)
    skipped: int = Field(ge=0, description="Rows that could not be read.")
    error: str | None
    ms: int | None
    status: int | None
    size: int | None


@router.get("/sources", responses=described(400))
def list_sources(
    at: AtHand,
    state: Annotated[list[str], enumerated(STATES, "Only sources in these states.")] = [],  # noqa: B006  # FastAPI copies it
    kind: Annotated[Kind | None, Field(description="Only sources of this kind.")] = None,
    q: Annotated[str, Field(max_length=200, description="Part of a name or an address.")] = "",
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> Page[Source]:
    """The sources in order of name."""
    chosen([kind] if kind is not None else [], KINDS, "kind")
    states, after = chosen(state, STATES, "state"), cursors.text(LIST, cursor)
    with reading(at.context.engine) as connection:
        found = register.page(connection, limit=limit + 1, after=after, states=states, text=q, kind=kind)
        shown = found[:limit]
        pushed = pushes.current(connection, [one.id for one in shown])
    return Page(
        items=[Source.model_validate(standing_as_json(one, pushed.get(one.id))) for one in shown],
        next=cursors.given(LIST, shown[-1].name) if len(found) > limit else None,
    )


@router.post("/sources", status_code=201, responses=described(400, 409))
def add_source(at: AtHand, new: NewSource, response: Response) -> WholeSource:
    """Adds a source; it is polled at once."""
    config = at.context.config
    options = new.model_dump(mode="json", exclude={"location", "kind"}, exclude_none=True)
    source = roster.described(
        new.location, config.is_served, kind=new.kind, local=False, more=options, profiles=config.profile
    )
    roster.add(at.context.engine, source, at.now)
    at.context.hands.wake()
    response.headers["Location"] = f"{PREFIX}/sources/{quote(source.name, safe='')}"
    return _whole(at, source.name)


@router.get("/sources/{name}", responses=described(404))
def get_source(at: AtHand, name: Name) -> WholeSource:
    """One source."""
    return _whole(at, name)


@router.patch("/sources/{name}", responses=described(400, 404))
def edit_source(at: AtHand, name: Name, changes: Changes) -> WholeSource:
    """Changes options of a source that was added; one of the configuration is edited in its file."""
    given, context = changes.model_dump(mode="json", exclude_unset=True), at.context
    roster.edit(context.engine, name, context.path, given, at.now, profiles=context.config.profile)
    at.context.hands.wake()
    return _whole(at, name)


@router.delete("/sources/{name}", status_code=204, response_class=Response, responses=described(400, 404))
def remove_source(at: AtHand, name: Name) -> None:
    """Ends the polls of a source that was added; its entries stay."""
    roster.remove(at.context.engine, name, at.context.path)
    at.context.hands.wake()


@router.post("/sources/{name}/poll", status_code=202, responses=described(400, 404))
def poll_source(at: AtHand, name: Name) -> WholeSource:
    """Has a source polled as soon as can be."""
    spend(at.request)
    roster.poll_now(at.context.engine, name, at.now)
    at.context.hands.wake()
    return _whole(at, name)


@router.post("/sources/{name}/pause", responses=described(404))
def pause_source(at: AtHand, name: Name) -> WholeSource:
    """Lets nobody poll a source until it is resumed."""
    roster.pause(at.context.engine, name)
    at.context.hands.wake()
    return _whole(at, name)


@router.post("/sources/{name}/resume", responses=described(400, 404))
def resume_source(at: AtHand, name: Name) -> WholeSource:
    """Lets a source be polled again, at once."""
    roster.resume(at.context.engine, name, at.context.path, at.now)
    at.context.hands.wake()
    return _whole(at, name)


@router.get("/sources/{name}/polls", responses=described(400, 404))
def list_polls(at: AtHand, name: Name, cursor: Cursor = None, limit: Limit = USUAL) -> Page[Poll]:
    """The polls of a source that changed something or failed, the latest first."""
    before = cursors.number(POLLS, cursor)
    with reading(at.context.engine) as connection:
        source = roster.named(connection, name)
        found = polls.of_source(connection, source.id, limit=limit + 1, before=before)
    return Page(
        items=[Poll.model_validate(poll_as_json(one)) for one in found[:limit]],
        next=cursors.given(POLLS, found[limit - 1].id) if len(found) > limit else None,
    )


def _whole(at: Hand, name: str) -> WholeSource:
    with reading(at.context.engine) as connection:
        source = roster.named(connection, name)
        push = pushes.current(connection, [source.id]).get(source.id)
    more = {"options": source.options, "headers": dict(source.headers)}
    return WholeSource.model_validate(standing_as_json(source, push) | more)
