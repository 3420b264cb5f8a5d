"""What all calls of the API share: what they have at hand, and their lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from feeds.desk.api import cursors
from feeds.desk.context import Context
from feeds.desk.links import some_of
from feeds.web.answers import Scope

PREFIX = "/api/v1"
MOST = 200
"""Rows of one page of a list."""

USUAL = 50

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hand:
    """What a call has at hand; `request` is what the gate has let through."""

    context: Context
    now: datetime
    request: Scope


def _hand(request: Request) -> Hand:
    context: Context = request.app.state.context
    return Hand(context, context.clock(), request.scope)


AtHand = Annotated[Hand, Depends(_hand)]
Limit = Annotated[int, Query(ge=1, le=MOST, description="Rows of one page, at most.")]
Cursor = Annotated[
    str | None,
    Query(
        max_length=cursors.LONGEST, description="Where the page before ended: its `next`; without one, the first page."
    ),
]
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""RFC 3339 with a zone."""


class Shape(BaseModel):
    """What calls take and give: nothing that is not described."""

    model_config = ConfigDict(extra="forbid")


class Page(Shape, Generic[T]):
    """A page of a list."""

    items: list[T]
    next: str | None = Field(description="The cursor of the next page; null where this is the last.")


def chosen(values: list[str], known: dict[str, str], what: str) -> list[str]:
    """`values`, all of which are `known`. Raises `UsageError`."""
    return [some_of(value, known, what) for value in values]


def enumerated(known: dict[str, str], said: str) -> Any:
    """A parameter that may be given several times, each time one of `known`."""
    items = {"type": "string", "enum": list(known)}
    return Query(description=said, max_length=len(known), json_schema_extra={"items": items})
