"""Calls about what could be a source: an address that is tried, and lists from other readers and for them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Response
from pydantic import Field

from feeds.desk.access import limits_of, spend
from feeds.desk.api.base import AtHand, Shape, Time
from feeds.desk.api.entries import Proof
from feeds.desk.api.problems import described
from feeds.desk.api.sources import Kind, Text, Url
from feeds.errors import ParseError, UsageError
from feeds.formats.opml import MAX_BYTES, read_subscriptions
from feeds.preview import preview
from feeds.subscriptions import export_subscriptions, import_subscriptions

router = APIRouter(tags=["sources"])

OPML = "text/x-opml"


class Location(Shape):
    """What is to be tried."""

    location: Url = Field(description="An address that begins with http:// or https://.")
    kind: Kind | None = Field(None, description="Seen from what is there by default.")
    base_url: Url | None = Field(None, description="What relative links start from; its own address by default.")


class TriedItem(Shape):
    """Something that would become an entry."""

    title: str
    url: str | None
    published: Time | None
    sections: list[str]
    access: str
    evidence: list[Proof]


class TriedFeed(Shape):
    """A feed that a page names."""

    url: str
    title: str | None
    type: str | None
    how: str = Field(description="Where the page names it.")
    checked: bool = Field(description="Whether it was asked.")
    error: str | None
    items: list[TriedItem]


class Trial(Shape):
    """What an address would give."""

    kind: str
    title: str | None
    items: list[TriedItem]
    feeds: list[TriedFeed]
    warnings: list[str]
    nothing: str | None = Field(description="Why there is nothing to add, where there is nothing.")


class Added(Shape):
    """A feed that became a source."""

    source: str
    url: str
    sections: list[str]


class Present(Shape):
    """A feed that is one already."""

    source: str
    url: str
    missing_sections: list[str]


class Unusable(Shape):
    """What cannot be one."""

    title: str
    url: str
    reason: str


class Import(Shape):
    """What came of a list."""

    added: list[Added]
    present: list[Present]
    unusable: list[Unusable]
    dry_run: bool


@router.post("/sources/preview", responses=described(400, 502))
def preview_source(at: AtHand, wanted: Location) -> Trial:
    """Asks an address, and shows what it would give as a source; nothing is stored."""
    spend(at.request)
    with limits_of(at.request).previews.taken():
        found = preview(
            at.context.config, wanted.location, at.now, kind=wanted.kind, base_url=wanted.base_url, local=False
        )
    return Trial.model_validate(found.as_json() | {"nothing": found.nothing})


@router.get(
    "/sources.opml",
    response_class=Response,
    responses={200: {"description": "OPML 2.0.", "content": {OPML: {"schema": {"type": "string"}}}}},
)
def export_sources(at: AtHand) -> Response:
    """The sources that have an address, for another reader."""
    found = export_subscriptions(at.context.engine, at.context.config)
    headers = {"Content-Disposition": 'attachment; filename="sources.opml"'}
    return Response(found.data, headers=headers, media_type=OPML)


@router.post("/sources/import", responses=described(400))
def import_sources(
    at: AtHand,
    opml: Annotated[bytes, Body(media_type=OPML, max_length=MAX_BYTES, description="OPML of another reader.")],
    section: Annotated[Text | None, Query(description="Section of all of them, in place of their folders.")] = None,
    dry_run: Annotated[bool, Query(description="Say what would be added, add nothing.")] = False,
) -> Import:
    """Adds the feeds that another reader follows; folders become sections."""
    try:
        listed = read_subscriptions(opml, "the body")
    except ParseError as error:
        raise UsageError(str(error)) from error
    plan = import_subscriptions(at.context.engine, listed, at.now, section=section, dry_run=dry_run)
    if plan.options and not dry_run:
        at.context.hands.wake()
    return Import.model_validate(plan.as_json(dry_run=dry_run))
