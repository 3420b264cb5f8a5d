"""One feed, composed when it is asked for: what subscribers read in full, and what a filter in an address leaves.

Nothing is written. Whoever serves these may keep what was made until `manifest.json` changes: what is published
changes whenever these do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from db.engine import Connection, Engine, reading
from db.records import Access, Query, SectionRecord
from db.records import Field as Kind
from db.store import sections, sources
from feeds.config import Config
from feeds.errors import UsageError
from feeds.fit import Fit, fit
from feeds.formats import Audience, Format, load
from feeds.query import level_of, moment, narrowed, parse
from feeds.showing import EMPTY_SINCE, Shown, files_of, written_as
from feeds.targets import Target, targets

MOST = 200
"""Entries in a feed that an address filters: more is what archives are for."""

LONGEST = 200
"""Characters of a query, and of the name of a source."""

MOST_NAMES = 20
"""Sources that one address names."""

_DATES = "2026, 2026-03, 2026-03-02, 2026-03-02T10:00:00Z, 24h or 7d"

NAMES = frozenset({"q", "access", "source", "since", "limit"})

_RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.\d+)?([Zz]|[ +-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What the address of a feed leaves of its entries (`?q=ferry&access=free&source=harbour&limit=10&since=2026-03`).

    `query` is in the language of `feeds.query`; `access` and `sources` leave what has one of these; `since` leaves
    entries from that time on, as RFC 3339 or the language of queries has it (`7d`, `2026-03`); `limit` the newest so
    many. What asks for the same is equal.
    """

    query: str = ""
    access: tuple[Access, ...] = ()
    sources: tuple[str, ...] = ()
    since: str = ""
    limit: int | None = None

    @property
    def address(self) -> str:
        """The same as the query of an address."""
        said = [("q", self.query), *(("access", each.value) for each in self.access)]
        said += [*(("source", each) for each in self.sources), ("since", self.since), ("limit", str(self.limit or ""))]
        return urlencode([(name, value) for name, value in said if value])

    @classmethod
    def read(cls, pairs: Iterable[tuple[str, str]]) -> Narrowing | None:
        """What the arguments of an address ask for; None where they ask for nothing. Names that are not ours and empty
        values are not looked at.

        Raises `UsageError`, in words for whoever wrote the address.
        """
        given: dict[str, list[str]] = {}
        for name, value in pairs:
            value = unicodedata.normalize("NFC", value).strip()
            if name in NAMES and value:
                if len(value) > LONGEST:
                    raise UsageError(f"{name}: {len(value)} characters; {LONGEST} are the most")
                given.setdefault(name, []).append(value)
        if len(given.get("source", ())) > MOST_NAMES:
            raise UsageError(f"source: {len(given['source'])} names; {MOST_NAMES} are the most")
        for name in ("q", "since", "limit"):
            if len(given.get(name, ())) > 1:
                raise UsageError(f"{name} is given twice")
        if not given:
            return None
        return cls(
            query=" ".join(_one(given, "q").split()),
            access=tuple(sorted({level_of(each) for each in given.get("access", ())})),
            sources=tuple(sorted(set(given.get("source", ())))),
            since=_since(_one(given, "since")),
            limit=_limit(_one(given, "limit")),
        )


def _one(given: dict[str, list[str]], name: str) -> str:
    return given.get(name, [""])[0]


def _since(value: str) -> str:
    """The same time in one way of writing it."""
    exact = _RFC_3339.fullmatch(value)
    if exact is None:
        if value and moment(value, datetime(2026, 1, 1, tzinfo=UTC), UTC) is None:
            raise UsageError(f'since: "{value}" is no date; give {_DATES}')
        return value
    # In the query of an address a plus sign is a blank.
    zone = exact[3].upper().replace("Z", "+00:00").replace(" ", "+")
    try:
        found = datetime.fromisoformat(f"{exact[1]}T{exact[2]}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f'since: "{value}" is no time that there is') from None
    return found.strftime("%Y-%m-%dT%H:%M:%SZ")


def _limit(value: str) -> int | None:
    if not value:
        return None
    if not re.fullmatch(r"[0-9]{1,3}", value) or not 1 <= int(value) <= MOST:
        raise UsageError(f'limit: "{value}" is no number from 1 to {MOST}')
    return int(value)


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
        formats = [load(name) for name in self.config.publish.formats]
        chosen = next((one for one in formats if one.suffix == suffix), None)
        if chosen is None:
            return None
        with reading(self.engine) as connection:
            known = sections.every(connection)
            target = _target(self.config, known, path, chosen)
            if target is None:
                return None
            if narrowing is not None:
                target = replace(target, query=_query(self.config, target, narrowing, now))
            return self._composed(connection, target, chosen, now, narrowing, audience)

    def _composed(
        self,
        connection: Connection,
        target: Target,
        chosen: Format,
        now: datetime,
        narrowing: Narrowing | None,
        audience: Audience,
    ) -> Composed:
        labels = sources.labels(connection)
        most = self.config.publish.entries
        if narrowing is not None and narrowing.limit is not None:
            most = min(narrowing.limit, MOST)
        shown = Shown(connection, self.config, labels, audience, most=most)
        shown.load([target])
        files = files_of(target, [load(name) for name in self.config.publish.formats])
        # Another feed than the whole one, to readers, too.
        asked = f"?{narrowing.address}" if narrowing is not None else ""
        folder = "private/" if audience is Audience.SUBSCRIBER else ""
        document = shown.document(target, target.path(chosen.suffix), EMPTY_SINCE)
        # A hub tells of what the tree has, and of nothing else.
        hubs = () if asked or folder else document.hubs
        document = replace(document, id=f"{document.id}{asked}", hubs=hubs)
        document = written_as(document, chosen, files, (folder, asked))
        made: Fit = fit(document, chosen.renderer(), self.config.publish.max_bytes)
        return Composed(
            data=made.data,
            media_type=chosen.media_type,
            updated=made.document.updated.astimezone(UTC),
            entries=len(made.document.entries),
        )


def _target(config: Config, known: Sequence[SectionRecord], path: str, chosen: Format) -> Target | None:
    """The feed whose file in this format is `path`."""
    found = next((one for one in targets(config, known) if one.path(chosen.suffix) == path), None)
    return None if found is None or (found.free and not chosen.free) else found


def _query(config: Config, target: Target, narrowing: Narrowing, now: datetime) -> Query | None:
    """What is left of the entries of `target`; None for all of them."""
    query = target.query or Query()
    if narrowing.query:
        said = parse(narrowing.query, now=now, zone=config.site.zone)
        query = replace(query, groups=query.groups + said.groups, excluded=query.excluded + said.excluded)
        query = _within(query, said.since, said.until)
    if narrowing.access:
        query = narrowed(query, Kind.ACCESS, [level.value for level in narrowing.access])
    if narrowing.sources:
        query = narrowed(query, Kind.SOURCE, narrowing.sources)
    query = _within(query, _time(narrowing.since, now, config), None)
    if query == Query():
        return None
    return query if target.section is None else narrowed(query, Kind.SECTION, [target.section.name])


def _within(query: Query, since: datetime | None, until: datetime | None) -> Query:
    """`query`, and not before `since`, and before `until`."""
    return replace(
        query,
        since=max(filter(None, (query.since, since)), default=None),
        until=min(filter(None, (query.until, until)), default=None),
    )


def _time(since: str, now: datetime, config: Config) -> datetime | None:
    """When `since` was, a day being one of the site's."""
    exact = _RFC_3339.fullmatch(since)
    return datetime.fromisoformat(since) if exact else moment(since, now, config.site.zone) if since else None
