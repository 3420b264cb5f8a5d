"""Entries as an audience may see them: the one gate between what is stored and what is published."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from db.engine import Connection
from db.records import Access, Labels, Precision, Relative, SectionRecord, ShownEntry
from db.store import entries, pairs, search
from feeds.config import Config
from feeds.formats import Audience, FeedDocument, Format, PublicEntry
from feeds.model import Episode, Image, Link, Origin
from feeds.targets import Choice, Target
from feeds.websub.topics import advertised

EMPTY_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
"""`updated` of a feed that never had an entry: any fixed time does, the clock would change its bytes."""

ON_INDEX = 8
"""Newest entries of a section that the index page shows."""


Known = tuple[ShownEntry, tuple[tuple[str, str], ...], tuple[Relative, ...]]
"""All that the public form of an entry depends on beside the settings."""


Files = Mapping[Target, Sequence[tuple[Format, str]]]
"""The feeds of a tree, in the order in which they are listed, with the files of each."""


class Memory:
    """Entries in their public form, `most` at most, from one publish to the next: what has not changed is the same
    object, by which renderers know it again. To be `cleared` with other settings."""

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._kept: dict[int, tuple[Known, PublicEntry]] = {}

    def recall(self, entry_id: int, known: Known) -> PublicEntry | None:
        """The public form of an entry, where it was made of the same."""
        kept = self._kept.get(entry_id)
        return kept[1] if kept is not None and kept[0] == known else None

    def keep(self, entry_id: int, known: Known, public: PublicEntry) -> None:
        """Keeps the public form of an entry."""
        if len(self._kept) >= self._most:
            self._kept.clear()
        self._kept[entry_id] = (known, public)

    def clear(self) -> None:
        """Forgets everything."""
        self._kept.clear()


class Shown:
    """Entries as the audience may see them, each read and converted once in a run; `most` of them in a feed, by
    default as many as are configured; with their copies and what is related where they are to be `linked`."""

    def __init__(
        self,
        connection: Connection,
        config: Config,
        labels: Mapping[str, Labels],
        audience: Audience = Audience.PUBLIC,
        most: int | None = None,
        linked: bool = True,
        memory: Memory | None = None,
    ) -> None:
        self._connection = connection
        self._most = config.publish.entries if most is None else most
        self._audience = audience
        self._linked = linked
        self._none_free: bool | None = None
        self._memory = Memory() if memory is None else memory
        self._config = config
        self._labels = labels
        self._public: dict[int, PublicEntry] = {}
        self._newest: dict[Choice, list[int]] = {}
        # Feeds that show every entry there is: what is free of them need not be asked for.
        self._complete: set[Choice] = set()

    def load(self, targets: Sequence[Target]) -> None:
        """Reads what the feeds `targets` show, all at once: a query for each would cost as much as its rows."""
        for free in (False, True):
            self._newest.update((target.choice, self.ids(target)) for target in targets if target.free is free)
            self._read(chain.from_iterable(self._newest.values()))

    def ids(self, target: Target) -> list[int]:
        """The entries of the feed `target`, newest first."""
        section_id, query, free = target.choice
        whole = self._newest.get((section_id, query, False))
        if free and whole is not None:
            chosen = [each for each in whole if self._public[each].access is Access.FREE]
            if (section_id, query, False) in self._complete or len(chosen) == len(whole) > 0:
                return chosen
        if free and self._nothing_free():
            return []
        most = self._most
        if query is None:
            found = entries.newest(self._connection, most + 1, section_id=section_id, free=free)
        else:
            found = search.leads(self._connection, query, limit=most + 1, free=free)
        if not free and len(found) <= most:
            self._complete.add(target.choice)
        return found[:most]

    def _nothing_free(self) -> bool:
        """Whether nothing at all is free: a section would be walked through to its first entry to find that out."""
        if self._none_free is None:
            self._none_free = not entries.has_free(self._connection)
        return self._none_free

    def _read(self, ids: Iterable[int]) -> None:
        missing = [each for each in dict.fromkeys(ids) if each not in self._public]
        others = entries.elsewhere(self._connection, missing) if self._linked else {}
        related = pairs.related(self._connection, missing) if self._linked else {}
        for entry_id, entry in entries.show(self._connection, missing).items():
            known = (entry, tuple(others.get(entry_id, ())), tuple(related.get(entry_id, ())))
            public = self._memory.recall(entry_id, known)
            if public is None:
                public = show(*known, self._config, self._labels, self._audience)
                self._memory.keep(entry_id, known, public)
            self._public[entry_id] = public

    def headlines(self, known: Sequence[SectionRecord]) -> dict[int, list[PublicEntry]]:
        """Section's id -> the newest entries that the index page shows. Of a section whose feed was not rendered no
        more than these are read."""
        most = min(ON_INDEX, self._config.publish.entries)
        ids = {
            one.id: self._newest[one.id, None, False][:most]
            if (one.id, None, False) in self._newest
            else entries.newest(self._connection, most, section_id=one.id)
            for one in known
        }
        self._read(chain.from_iterable(ids.values()))
        return {section_id: [self._public[each] for each in found] for section_id, found in ids.items()}

    def document(self, target: Target, path: str, otherwise: datetime) -> FeedDocument:
        """The feed `target` at `path`, complete but for its links to other documents. `otherwise` is its time where it
        has no entry: one that lost its last keeps the one it had."""
        found = tuple(self._public[each] for each in self._newest[target.choice])
        updated = max((entry.updated for entry in found), default=otherwise)
        return replace(self.head(target, path), entries=found, updated=updated)

    def head(self, target: Target, path: str) -> FeedDocument:
        """The same without its entries."""
        config = self._config
        page = target.page if "html" in config.publish.formats else ""
        return FeedDocument(
            id=config.site.tag_prefix() + target.key,
            path=path,
            title=target.title,
            base_url=config.site.base_url,
            html_url=config.site.base_url + page,
            language=config.site.language,
            author=config.site.author or config.site.title,
            updated=EMPTY_SINCE,
            entries=(),
            hubs=advertised(config),
            subscribe_url=config.access.subscribe_url,
            audience=self._audience,
            site_title=config.site.title,
            zone=config.site.timezone,
        )

    def forget(self) -> None:
        """Lets go of what was read: of an archive nothing is shown twice."""
        self._public.clear()
        self._memory.clear()

    def public(self, ids: Sequence[int]) -> tuple[PublicEntry, ...]:
        """These entries, in this order; one that is no longer there is left out."""
        self._read(ids)
        return tuple(self._public[each] for each in ids if each in self._public)


def files_of(target: Target, formats: Iterable[Format]) -> list[tuple[Format, str]]:
    """The files of a feed, in the order of the formats."""
    return [(one, target.path(one.suffix)) for one in formats if one.free or not target.free]


def written_as(
    document: FeedDocument, chosen: Format, files: Sequence[tuple[Format, str]], around: tuple[str, str] = ("", "")
) -> FeedDocument:
    """The document as it is to be in one format: with its path, and with links to the others among its files. `around`
    is what stands before and behind every path. The page for people is what it belongs to, and no other format."""
    before, behind = around
    path = next(path for one, path in files if one is chosen)
    others = ((f"{before}{path}{behind}", one.bare_type) for one, path in files if one is not chosen)
    return replace(
        document,
        path=f"{before}{path}{behind}",
        alternates=tuple((path, kind) for path, kind in others if kind != "text/html"),
        stylesheet="feed.css" if chosen.bare_type.endswith("+xml") else None,
    )


def show(
    entry: ShownEntry,
    elsewhere: Sequence[tuple[str, str]],
    related: Sequence[Relative],
    config: Config,
    labels: Mapping[str, Labels],
    audience: Audience = Audience.PUBLIC,
) -> PublicEntry:
    """What the audience may see of `entry`: the one gate between what is stored and what is published.

    `elsewhere` are `(url, source)` of the same story, `related` tell of the same event: of either only the address and
    the source's name are shown. From the public the body of a gated or withheld entry stays behind, and with it a title
    that was made of it, its files and its pictures.
    """
    closed = audience is Audience.PUBLIC and (entry.access.gated or entry.withheld)
    more = json.loads(entry.extra) if entry.extra else {}
    title = "Untitled" if closed and entry.title_from_body else entry.title
    return PublicEntry(
        uid=entry.uid,
        title=(config.publish.title_prefix if entry.access.gated else "") + title,
        url=entry.url or labels.get(entry.source, Labels()).link or config.site.base_url,
        summary=entry.summary,
        content=None if closed else entry.content or None,
        published=entry.published,
        published_day_only=entry.published_precision is Precision.DAY,
        updated=entry.updated,
        position=entry.place >> 31,
        authors=entry.authors,
        categories=entry.categories,
        sections=entry.sections,
        enclosures=() if closed else entry.enclosures,
        language=entry.language,
        access=entry.access,
        access_label=config.access.label(entry.access),
        via=tuple((url, labels.get(source, Labels()).title or source) for url, source in elsewhere),
        related=tuple((one.url, labels.get(one.source, Labels()).title or one.source) for one in related if one.url),
        images=() if closed else tuple(Image(**one) for one in more.get("images", ())),
        replies=_replies(more),
        source=Origin(**more["source"]) if "source" in more else None,
        rights=more.get("rights"),
        episode=None if closed or "episode" not in more else Episode(**more["episode"]),
    )


def _replies(more: Mapping[str, Any]) -> tuple[Link, ...]:
    """Where an entry is discussed: a page of comments, and feeds of them."""
    links = [
        Link(one["url"], "replies", one.get("type"), title=one.get("title"))
        for one in more.get("links", ())
        if one.get("rel") == "replies"
    ]
    page = more.get("comments")
    if page is not None and all(link.url != page for link in links):
        links.insert(0, Link(page, "replies", "text/html"))
    return tuple(links)
