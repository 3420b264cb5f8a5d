"""Calls about incidents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from db.engine import reading
from db.store import incidents
from feeds.desk.api import cursors
from feeds.desk.api.base import USUAL, AtHand, Cursor, Limit, Page, Shape, Time, chosen, enumerated
from feeds.desk.api.problems import described
from feeds.errors import Unknown
from feeds.shapes.sources import past_as_json
from feeds.states import KINDS

router = APIRouter(tags=["incidents"])

LIST = "incidents"
Number = Annotated[int, Path(ge=1, le=1 << 53)]


class Fact(Shape):
    """One piece of evidence."""

    name: str
    value: str


class Incident(Shape):
    """A trouble of a source, or of our own."""

    id: int = Field(ge=1)
    kind: str = Field(description="One of the words that the list takes.")
    subject: str = Field(description="What is troubled.")
    source: str | None = Field(description="Null where it is our own.")
    opened: Time
    closed: Time | None = Field(description="Null while it lasts.")
    message: str
    ended: str | None = Field(description="Why it closed.")
    reopened: int = Field(ge=0, description="How often it came back soon.")
    evidence: list[Fact]


@router.get("/incidents", responses=described(400))
def list_incidents(
    at: AtHand,
    is_open: Annotated[
        bool | None, Query(alias="open", description="Only those that last, or only those that are over.")
    ] = None,
    kind: Annotated[list[str], enumerated(KINDS, "Only incidents of these kinds.")] = [],  # noqa: B006  # FastAPI copies it
    source: Annotated[str | None, Query(max_length=500, description="Only those of this source.")] = None,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> Page[Incident]:
    """The incidents, those opened last first."""
    kinds, before = chosen(kind, KINDS, "kind"), cursors.number(LIST, cursor)
    with reading(at.context.engine) as connection:
        found = incidents.page(connection, limit=limit + 1, before=before, kinds=kinds, source=source, is_open=is_open)
    return Page(
        items=[Incident.model_validate(past_as_json(one)) for one in found[:limit]],
        next=cursors.given(LIST, found[limit - 1].id) if len(found) > limit else None,
    )


@router.get("/incidents/{number}", responses=described(404))
def get_incident(at: AtHand, number: Number) -> Incident:
    """One incident."""
    with reading(at.context.engine) as connection:
        found = incidents.by_id(connection, number)
    if found is None:
        raise Unknown(f"there is no incident {number}")
    return Incident.model_validate(past_as_json(found))
