"""Calls about the whole: how it stands, what polls came to, how the poll under way stands, and what is configured."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from db.engine import reading
from db.store import entries, hours, incidents, register, sections
from feeds import __version__
from feeds.desk.api.base import AtHand, Shape, Time
from feeds.desk.secrets import without_secrets
from feeds.shapes.times import due, when
from feeds.states import is_well
from feeds.terms import Standing

router = APIRouter(tags=["overview"])

NEXT = 10
"""Sources that are polled next, as many as are told."""


class Next(Shape):
    """A source that is polled soon."""

    source: str
    next_due: Time | None
    reason: str | None = Field(description="Why then.")


class Status(Shape):
    """How all stands."""

    title: str
    version: str
    now: Time
    well: bool = Field(description="Whether nobody needs to act.")
    sources: dict[str, int] = Field(description="State -> how many sources are in it.")
    incidents: dict[str, int] = Field(description="Kind -> how many troubles of it last.")
    polling: int = Field(ge=0, description="Sources that are being polled.")
    next: list[Next] = Field(description="What is polled next, the first one first.")
    entries: int = Field(ge=0)
    sections: int = Field(ge=0)
    unpublished: int = Field(ge=0, description="Sections that owe a feed.")
    unpublished_since: Time | None


class Hour(Shape):
    """What the polls and pushes of one hour came to."""

    at: Time = Field(description="When it began.")
    polls: int = Field(ge=0)
    stored: int = Field(ge=0, description="Polls that brought something, and pushes that changed something.")
    unchanged: int = Field(ge=0)
    failed: int = Field(ge=0)
    new: int = Field(ge=0, description="Entries.")
    updated: int = Field(ge=0, description="Entries.")
    bytes: int = Field(ge=0)


class Hours(Shape):
    """The hours in which anybody polled, the earliest first."""

    items: list[Hour]


class Recent(Shape):
    """A source that was just polled."""

    source: str
    outcome: str
    new: int = Field(ge=0)


class Progress(Shape):
    """How the poll under way stands, or the last one stood."""

    running: bool
    began: Time | None
    ended: Time | None
    total: int = Field(ge=0, description="Sources.")
    done: int = Field(ge=0)
    failed: int = Field(ge=0)
    deferred: int = Field(ge=0)
    waiting: int = Field(ge=0, description="Hosts that have to be waited for.")
    active: int = Field(ge=0, description="Requests under way.")
    recent: list[Recent] = Field(description="The last that were done, the latest first.")


class Settings(Shape):
    """What is configured."""

    file: str = Field(description="Where to change it.")
    settings: dict[str, Any] = Field(
        description="Every setting by table, with the value that counts; secrets are `***`."
    )


@router.get("/status")
def status(at: AtHand) -> Status:
    """How all stands: sources, troubles, what is next, and what is stored."""
    with reading(at.context.engine) as connection:
        states, troubles = register.counts(connection), incidents.count_by_kind(connection)
        since, dirty = sections.owed(connection)
        return Status(
            title=at.context.config.site.title,
            version=__version__,
            now=str(when(at.now)),
            well=is_well(states, troubles),
            sources=states,
            incidents=troubles,
            polling=register.claimed(connection),
            next=[
                Next(source=one.name, next_due=due(one.due_at), reason=one.reason)
                for one in register.next_due(connection, NEXT)
            ],
            entries=entries.count(connection),
            sections=len(sections.every(connection)),
            unpublished=dirty,
            unpublished_since=when(since),
        )


@router.get("/hours")
def polled_hours(
    at: AtHand,
    hours_back: Annotated[int, Query(alias="hours", ge=1, le=2200, description="How many, the last ones.")] = 24,
) -> Hours:
    """What polls came to, by the hour."""
    with reading(at.context.engine) as connection:
        found = hours.since(connection, at.now - timedelta(hours=hours_back - 1))
    return Hours(
        items=[
            Hour(
                at=str(when(one.at)), polls=one.polls, stored=one.stored, unchanged=one.unchanged, failed=one.failed,
                new=one.new, updated=one.updated, bytes=one.size,
            )
            for one in found
        ]
    )  # fmt: skip


@router.get("/progress")
def progress(at: AtHand) -> Progress:
    """How the poll under way stands."""
    found = at.context.hands.progress()
    if found is None:
        return Progress(running=False, began=None, ended=None, recent=[], **asdict(Standing()))
    return Progress(
        running=found.ended_at is None,
        began=when(found.began_at),
        ended=when(found.ended_at),
        recent=[Recent(source=source, outcome=outcome, new=new) for source, outcome, new in found.recent],
        **asdict(found.standing),
    )


@router.get("/settings")
def settings(at: AtHand) -> Settings:
    """What is configured, without secrets; to change it edit the file."""
    return Settings(file=str(at.context.path), settings=without_secrets(at.context.config.model_dump(mode="json")))
