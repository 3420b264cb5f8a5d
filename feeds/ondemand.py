"""One feed, composed when it is asked for: what subscribers read in full, and what a filter in an address leaves.

Nothing is written. Whoever serves these may keep what was made until `manifest.json` changes: what is published
changes whenever these do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from db.engine import Connection, Engine, reading
from db.records import Access, Query, SectionRecord
from db.records import Field as Kind
from db.store import sections, sources
from feeds.config import Config
from feeds.fit import Fit, fit
from feeds.formats import Audience, Format, load
from feeds.query import narrowed, parse
from feeds.showing import Shown
from feeds.targets import Target, targets

MOST = 200
"""Entries in a feed that an address filters: more is what archives are for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What the address of a feed leaves of its entries (`?q=ferry&access=free&source=harbour&limit=10&since=2026-03`).

    `query` is in the language of `feeds.query`; `access` and `sources` leave what has one of these; `since` leaves
    entries from that time on; `limit` the newest so many.
    """

    query: str = ""
    access: tuple[Access, ...] = ()
    sources: tuple[str, ...] = ()
    since: datetime | None = None
    limit: int | None = None

    @property
    def address(self) -> str:
        """The same as the query of an address, in one way of writing it."""
        said = [("q", self.query.strip()), *(("access", each.value) for each in sorted(set(self.access)))]
        said += [("source", each) for each in sorted(set(self.sources))]
        said.append(("since", self.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if self.since else ""))
        said.append(("limit", str(self.limit) if self.limit is not None else ""))
        return urlencode([(name, value) for name, value in said if value])


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A feed as bytes, and what it is served as. `updated` is that of the entry that changed last."""

    data: bytes
    media_type: str
    updated: datetime
    entries: int


@dataclass(slots=True)
class Composer:
    """Composes feeds of one desk; safe to call from several threads, each call reads by a transaction of its own."""

    engine: Engine
    config: Config
    _loaded: dict[str, Format] = field(default_factory=dict)

    def compose(
        self,
        path: str,
        now: datetime,
        *,
        narrowing: Narrowing | None = None,
        audience: Audience = Audience.PUBLIC,
    ) -> Composed | None:
        """The feed that the tree has at `path` (`sections/sea.rss`), for this audience; None where there is no such
        feed. Its `rel=self` is below `private/` for subscribers, and never holds a token.

        Raises `UsageError` for a filter that cannot be understood, in words for whoever wrote the address.
        """
        suffix = path.rpartition(".")[2]
        formats = [self._format(name) for name in self.config.publish.formats]
        chosen = next((one for one in formats if one.suffix == suffix), None)
        if chosen is None:
            return None
        with reading(self.engine) as connection:
            known = sections.every(connection)
            target = _target(self.config, known, path, chosen)
            if target is None:
                return None
            if narrowing is not None:
                target = replace(target, query=_query(self.config, target, narrowing, now), path=path)
            return self._composed(connection, target, chosen, now, narrowing, audience)

    def _format(self, name: str) -> Format:
        if name not in self._loaded:
            self._loaded[name] = load(name)
        return self._loaded[name]

    def _composed(
        self,
        connection: Connection,
        target: Target,
        chosen: Format,
        now: datetime,
        narrowing: Narrowing | None,
        audience: Audience,
    ) -> Composed:
        by_name = {source.name: source for source in sources.every(connection)}
        most = self.config.publish.entries
        if narrowing is not None and narrowing.limit is not None:
            most = min(narrowing.limit, MOST)
        shown = Shown(connection, self.config, by_name, audience, most=most)
        shown.load([target])
        document = shown.document(target, None)
        if narrowing is not None:
            # Another feed than the whole one, to readers, too; no hub is told of it.
            address = narrowing.address
            document = replace(document, id=f"{document.id}?{address}", path=f"{document.path}?{address}", hubs=())
        if audience is Audience.SUBSCRIBER:
            document = replace(document, path=f"private/{document.path}", hubs=())
        made: Fit = fit(document, chosen.renderer(), self.config.publish.max_bytes)
        return Composed(
            data=made.data,
            media_type=chosen.media_type,
            updated=made.document.updated.astimezone(UTC),
            entries=len(made.document.entries),
        )


def _target(config: Config, known: Sequence[SectionRecord], path: str, chosen: Format) -> Target | None:
    """The feed whose file in this format is `path`."""
    stem = path.removesuffix(f".{chosen.suffix}")
    found = next((one for one in targets(config, known) if one.path.removesuffix(".atom") == stem), None)
    return None if found is None or (found.free and not chosen.free) else replace(found, path=path)


def _query(config: Config, target: Target, narrowing: Narrowing, now: datetime) -> Query | None:
    """What is left of the entries of `target`."""
    query = target.query or Query()
    if narrowing.query.strip():
        said = parse(narrowing.query, now=now, zone=config.site.zone)
        query = Query(query.groups + said.groups, query.excluded + said.excluded, query.since, query.until)
        query = _later(replace(query, until=min(filter(None, (query.until, said.until)), default=None)), said.since)
    if target.section is not None and (query != Query() or narrowing.access or narrowing.sources or narrowing.since):
        query = narrowed(query, Kind.SECTION, [target.section.name])
    if narrowing.access:
        query = narrowed(query, Kind.ACCESS, [level.value for level in narrowing.access])
    if narrowing.sources:
        query = narrowed(query, Kind.SOURCE, narrowing.sources)
    query = _later(query, narrowing.since)
    return None if query == Query() else query


def _later(query: Query, since: datetime | None) -> Query:
    return query if since is None else replace(query, since=max(filter(None, (query.since, since))))
