"""Calls about what is published: sections, and the files of the tree."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from db.engine import reading
from db.store import sections
from feeds import manifest
from feeds.desk.api import cursors
from feeds.desk.api.base import USUAL, AtHand, Cursor, Limit, Page, Shape, Time
from feeds.desk.api.problems import described
from feeds.shapes.sections import sections_as_json
from feeds.shapes.times import when

router = APIRouter(tags=["published"])

LIST, FILES = "sections", "files"


class Section(Shape):
    """A section and its feeds."""

    name: str
    slug: str
    entries: int = Field(ge=0)
    feed: str = Field(description="Address of its feed.")
    free: str = Field(description="Address of the feed of what everybody may read.")
    formerly: list[str]
    rules: list[dict[str, Any]] = Field(description="What fills it beside the documents that name it.")


class File(Shape):
    """A file of the published tree."""

    path: str
    url: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    size: int = Field(ge=0, description="Bytes.")
    entries: int = Field(ge=0)
    updated: Time = Field(description="When the newest of its entries was updated.")
    cut: bool = Field(description="Whether there was no room for more.")
    changed: Time | None = Field(description="When the file was written last; null where it is gone.")


class Woken(Shape):
    """The daemon has been woken."""

    woken: bool


@router.get("/sections", responses=described(400))
def list_sections(at: AtHand, cursor: Cursor = None, limit: Limit = USUAL) -> Page[Section]:
    """The sections in order of slug."""
    after = cursors.text(LIST, cursor) or ""
    with reading(at.context.engine) as connection:
        known, counts = sections.every(connection), sections.counts(connection)
    found = [one for one in known if one.slug > after][: limit + 1]
    return Page(
        items=[Section.model_validate(one) for one in sections_as_json(found[:limit], counts, at.context.config)],
        next=cursors.given(LIST, found[limit - 1].slug) if len(found) > limit else None,
    )


@router.get("/feeds", responses=described(400))
def list_feeds(at: AtHand, cursor: Cursor = None, limit: Limit = USUAL) -> Page[File]:
    """The files of the published tree in order of path, as its manifest has them."""
    config, after = at.context.config, cursors.text(FILES, cursor) or ""
    said, standing = manifest.read(config.public), manifest.Standing(config.public)
    paths = list(islice((path for path in sorted(said) if path > after), limit + 1))
    items = []
    for path in paths[:limit]:
        file, written = said[path], standing.written(path)
        changed = None if not written else when(datetime.fromtimestamp(written / 1e9, UTC))
        items.append(
            File(
                path=path, url=f"{config.site.base_url}{path}", sha256=file.sha256, size=file.size, cut=file.cut,
                entries=file.entries, updated=file.updated, changed=changed,
            )
        )  # fmt: skip
    return Page(items=items, next=cursors.given(FILES, paths[limit - 1]) if len(paths) > limit else None)


@router.post("/publish", status_code=202)
def publish(at: AtHand) -> Woken:
    """Has what is due polled, and what is owed published, at once."""
    at.context.hands.wake()
    return Woken(woken=True)
