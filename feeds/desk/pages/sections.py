"""`/desk/sections`: what is published, where to subscribe, and whether it is as it has to be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response
from starlette.routing import BaseRoute

from db.engine import Connection, reading
from db.records import IncidentRecord
from db.store import incidents, sections
from feeds import manifest
from feeds.checking import findings_in_tree
from feeds.config import Config
from feeds.desk.links import place
from feeds.desk.visit import Visit, page
from feeds.errors import Unknown
from feeds.formats import load
from feeds.manifest import Manifest
from feeds.naming import no_section
from feeds.shapes.sections import former_names, rule_in_words, rules_of
from feeds.showing import files_of
from feeds.targets import Target, targets

PAGE = 50
MOST_REFUSED = 1000
"""Troubles of feeds that are looked at: of each feed and of each format there is one at most."""


@dataclass(frozen=True, slots=True)
class File:
    """One format of a feed: its name, its address, and what the manifest says; `size` and `updated` are None where it
    is not published yet."""

    name: str
    path: str
    url: str
    entries: int
    size: int | None
    updated: datetime | None
    refused: str | None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed with its formats; `slug` is None but for a section's."""

    title: str
    free: bool
    slug: str | None
    files: Sequence[File]

    @property
    def first(self) -> File:
        return self.files[0]


def listing(visit: Visit) -> Response:
    """Every feed of the tree, a page of them."""
    config = visit.context.config
    begin = place(visit.query("from")) or 0
    with reading(visit.context.engine) as connection:
        known = sections.every(connection)
        counts = sections.counts(connection)
        owed = sections.dirty(connection)
        opened = _opened(connection)
    wanted = [target for target in targets(config, known) if not target.free]
    made = manifest.told(config.public)
    refused = _refused(opened)
    feeds = [feed_of(target, config, made, refused) for target in wanted[begin : begin + PAGE]]
    ids = {one.slug: one.id for one in known}
    return visit.render(
        "sections.html",
        title="Sections and feeds",
        here="sections",
        feeds=feeds,
        counts={slug: counts.get(section_id, 0) for slug, section_id in ids.items()},
        waiting={slug for slug, section_id in ids.items() if section_id in owed},
        has_sections=bool(known),
        base_url=config.site.base_url,
        unwritable=next((one.message for one in opened if one.kind == "unwritable"), None),
        next_url=f"/desk/sections?from={begin + PAGE}" if len(wanted) > begin + PAGE else None,
        previous_url=f"/desk/sections?from={max(0, begin - PAGE)}" if begin else None,
    )


def section(visit: Visit) -> Response:
    """One section: its feeds, what fills it."""
    return _section(visit, check=False)


def checked(visit: Visit) -> Response:
    """The same, its published files being read and validated now."""
    return _section(visit, check=True)


def _section(visit: Visit, *, check: bool) -> Response:
    config, slug = visit.context.config, visit.path("slug")
    with reading(visit.context.engine) as connection:
        known = [one for one in sections.every(connection) if one.slug == slug]
        refused = _refused(_opened(connection))
    if not known:
        raise Unknown(no_section(slug))
    made = manifest.told(config.public)
    feeds = [feed_of(each, config, made, refused) for each in targets(config, known) if each.section is not None]
    paths = [file.path for one in feeds for file in one.files]
    findings = {path: findings_in_tree(path, config, visit.now) for path in paths} if check else None
    return visit.render(
        "section.html",
        title=known[0].name,
        here="sections",
        section=known[0],
        feeds=feeds,
        findings=findings,
        former=former_names(config).get(known[0].name.casefold(), ()),
        rules=[rule_in_words(rule) for rule in rules_of(config, known[0].name)],
    )


def feed_of(target: Target, config: Config, made: Manifest, refused: dict[str, str]) -> Feed:
    """A feed as the tree has it."""
    files = []
    for one, path in files_of(target, map(load, config.publish.formats)):
        found = made.get(path)
        files.append(
            File(
                name=one.name,
                path=path,
                url=config.site.base_url + path,
                entries=0 if found is None else found.entries,
                size=None if found is None else found.size,
                updated=None if found is None else found.moment,
                refused=refused.get(path),
            )
        )
    return Feed(target.title, target.free, None if target.section is None else target.section.slug, files)


def _opened(connection: Connection) -> list[IncidentRecord]:
    """What keeps feeds from being published."""
    return incidents.page(connection, limit=MOST_REFUSED, kinds=("refused", "unwritable"), is_open=True)


def _refused(opened: Iterable[IncidentRecord]) -> dict[str, str]:
    """Path of a feed that broke a rule -> which."""
    return {one.subject: one.message for one in opened if one.kind == "refused"}


routes: list[BaseRoute] = [
    page("/desk/sections", listing),
    page("/desk/sections/{slug}", section),
    page("/desk/sections/{slug}/check", checked),
]
