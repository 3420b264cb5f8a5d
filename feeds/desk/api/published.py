"""Calls about what is published: sections, and the files of the tree."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field

from db.engine import reading
from db.store import sections
from feeds import manifest
from feeds.checking import findings_in_tree
from feeds.desk.api import cursors
from feeds.desk.api.base import USUAL, AtHand, Cursor, Limit, Page, Shape, Time
from feeds.desk.api.problems import described
from feeds.errors import Unknown
from feeds.naming import no_section
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


class Finding(Shape):
    """A rule that a file breaks."""

    severity: str = Field(description="`error` where it breaks a rule, `warning` where it troubles readers.")
    code: str
    line: int = Field(ge=1)
    column: int = Field(ge=1)
    message: str = Field(description="What is wrong, and how to mend it.")


class Checked(Shape):
    """A published file that was read and validated."""

    path: str
    url: str
    findings: list[Finding] | None = Field(description="What is wrong with it; null where it cannot be read.")


class Checks(Shape):
    """The published files of a section in order of path."""

    items: list[Checked]


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


@router.get("/sections/{slug}/check", responses=described(404))
def check_section(at: AtHand, slug: Annotated[str, Path(min_length=1, max_length=80)]) -> Checks:
    """Reads and validates the published files of a section now."""
    config = at.context.config
    with reading(at.context.engine) as connection:
        if slug not in {one.slug for one in sections.every(connection)}:
            raise Unknown(no_section(slug))
    items = []
    for path in sorted(path for path in manifest.told(config.public) if path.startswith(f"sections/{slug}.")):
        found = findings_in_tree(path, config, at.now)
        findings = None if found is None else [Finding(**asdict(one)) for one in found]
        items.append(Checked(path=path, url=f"{config.site.base_url}{path}", findings=findings))
    return Checks(items=items)


@router.get("/feeds", responses=described(400))
def list_feeds(at: AtHand, cursor: Cursor = None, limit: Limit = USUAL) -> Page[File]:
    """The files of the published tree in order of path, as its manifest has them."""
    config, after = at.context.config, cursors.text(FILES, cursor) or ""
    said, standing = manifest.told(config.public), manifest.Standing(config.public)
    paths = list(islice((path for path in sorted(said) if path > after), limit + 1))
    items = []
    for path in paths[:limit]:
        file, changed = said[path], when(standing.moment(path))
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
