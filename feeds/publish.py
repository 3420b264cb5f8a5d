"""From the database to the published tree, top to bottom: choose, show, render, check, replace.

Only sections that owe a feed are rendered, and a file is replaced only when its bytes differ. What is public is taken
from an entry by an allowlist of fields (`show`); the body of a gated entry is not on it.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from html import escape
from itertools import chain
from pathlib import Path

from db.engine import Connection, Engine, reading, writing
from db.records import Access, Precision, Relative, SectionRecord, ShownEntry, SourceRecord, Tombstone
from db.store import entries, incidents, pairs, search, sections, sources, withdrawals
from feeds import log, manifest
from feeds.config import Config
from feeds.errors import OutputError
from feeds.formats import FeedDocument, PublicEntry, atom, html, opml
from feeds.manifest import PublishedFile, described
from feeds.output import remove, settle, sweep, write_atomic
from feeds.targets import Choice, Target, named
from feeds.targets import targets as every_target
from feeds.validate import check_atom

EMPTY_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
"""`updated` of a feed that never had an entry: any fixed time does, the clock would change its bytes."""

MOST_GONE = 50
"""Entries that were taken back and are told of in one feed."""

ON_INDEX = 8
"""Newest entries of a section that the index page shows."""

PAGES = ("index.html", "style.css", "feeds.opml")
"""Files beside the feeds that the manifest lists."""

_log = log.get("publish")


@dataclass(slots=True, kw_only=True)
class Published:
    """What a publish did: `paths` were replaced, of `feeds` rendered, `good` of which hold `shown` entries.

    `left_out` are entries that could not be rendered, `refused` feeds that broke a rule of their format, `unwritable`
    files that could not be replaced, each with the reason. `owed` are folders that are not on the disk yet.
    """

    paths: list[str] = field(default_factory=list)
    feeds: int = 0
    left_out: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    unwritable: dict[str, str] = field(default_factory=dict)
    good: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    owed: set[Path] = field(default_factory=set)


def publish(
    engine: Engine, config: Config, now: datetime, *, names: Sequence[str] = (), everything: bool = False
) -> Published:
    """Brings the published tree up to what the database says; `names` (of sections or saved filters, or slugs) or
    `everything` is rendered whether it owes a feed or not.

    A file that cannot be written is named in the result: the last good one stays, and what is owed stays owed. Raises
    `UsageError` for a name that none has.
    """
    with _collector_paused():
        return _publish(engine, config, now, names, everything)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A publish makes thousands of small objects and no cycles; the collector would look for some a hundred times
    over (a tenth of the time)."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _publish(engine: Engine, config: Config, now: datetime, names: Sequence[str], everything: bool) -> Published:
    result = Published()
    root = config.public
    sweep(root)
    with reading(engine) as connection:
        owed = sections.dirty(connection)
        known = sections.every(connection)
        counts = sections.counts(connection)
        by_name = {source.name: source for source in sources.every(connection)}
    targets = every_target(config, known)
    wanted = named(targets, names)
    settings = _settings(config, by_name, known)
    former_settings, former = manifest.read(root)
    due = [
        target
        for target in targets
        if everything
        or settings != former_settings
        or target.section_id in owed
        or target.path in wanted
        or not manifest.stands(root, former.get(target.path))
    ]
    made = {target.path: former[target.path] for target in targets if target.path in former}
    incomplete = not all(manifest.stands(root, former.get(path)) for path in PAGES)
    with reading(engine) as connection:
        shown = _Shown(connection, config, by_name)
        shown.load(due)
        renderer = atom.Renderer()
        for target in due:
            document = shown.document(target, former.get(target.path))
            made_now = _render(config, root, renderer, document, result, now)
            if made_now is not None:
                made[target.path] = made_now
        if due or incomplete or set(former) != set(made) | set(PAGES):
            made |= _pages(config, root, shown.headlines(known), known, counts, targets, result)
            for path in sorted(set(former) - set(made) - set(PAGES)):
                try:
                    if remove(root, path):
                        result.paths.append(path)
                except OutputError as error:
                    result.unwritable[path] = str(error)
                    made[path] = former[path]
            _write(root, manifest.NAME, manifest.render(settings, made), result)
    # On the disk before it is forgotten that they were owed.
    settle(result.owed)
    _settle(engine, config, result, targets, owed, now)
    return result


def _settings(config: Config, by_name: Mapping[str, SourceRecord], known: Sequence[SectionRecord]) -> str:
    """A digest of every setting that a published byte depends on: with another one, every feed is due."""
    named = {name: [record.options.get(key) for key in ("title", "link")] for name, record in by_name.items()}
    named_sections = {section.name.casefold() for section in config.section}
    chosen = {
        "site": config.site.model_dump(mode="json"),
        "publish": config.publish.model_dump(mode="json", exclude={"directory"}),
        "access": config.access.model_dump(mode="json", include={"labels", "subscribe_url"}),
        # Entries of a section that has another name stand in other feeds, too, and name it there.
        "section": [[section.name, section.title, section.formerly] for section in config.section],
        "saved": [saved.model_dump(mode="json") for saved in config.saved],
        # A path belongs to another section once slugs moved. Those that entries made never move by themselves.
        "slug": [[one.slug, one.name] for one in known if one.name.casefold() in named_sections],
        "source": {name: options for name, options in named.items() if any(options)},
    }
    return sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()


class _Shown:
    """Entries as the public may see them, each read and converted once in a run."""

    def __init__(self, connection: Connection, config: Config, by_name: Mapping[str, SourceRecord]) -> None:
        self._connection = connection
        self._config = config
        self._sources = by_name
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
        most = self._config.publish.entries
        if query is None:
            found = entries.newest(self._connection, most + 1, section_id=section_id, free=free)
        else:
            found = search.leads(self._connection, query, limit=most + 1, free=free)
        if not free and len(found) <= most:
            self._complete.add(target.choice)
        return found[:most]

    def _read(self, ids: Iterable[int]) -> None:
        missing = [each for each in dict.fromkeys(ids) if each not in self._public]
        others = entries.elsewhere(self._connection, missing)
        related = pairs.related(self._connection, missing)
        for entry_id, entry in entries.show(self._connection, missing).items():
            self._public[entry_id] = show(
                entry, others.get(entry_id, ()), related.get(entry_id, ()), self._config, self._sources
            )

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

    def document(self, target: Target, former: PublishedFile | None) -> FeedDocument:
        """The feed `target`, complete but for its bytes. One that lost its last entry keeps its time."""
        config = self._config
        found = tuple(self._public[each] for each in self._newest[target.choice])
        gone = self._gone(target, found)
        changed = [*(entry.updated for entry in found), *(one.at for one in gone)]
        return FeedDocument(
            id=config.site.tag_prefix() + target.key,
            path=target.path,
            title=target.title,
            base_url=config.site.base_url,
            html_url=config.site.base_url,
            language=config.site.language,
            author=config.site.author or config.site.title,
            updated=max(changed, default=former.moment if former else EMPTY_SINCE),
            entries=found,
            gone=gone,
            hubs=config.publish.hubs,
            subscribe_url=config.access.subscribe_url,
        )

    def _gone(self, target: Target, found: Sequence[PublicEntry]) -> tuple[Tombstone, ...]:
        """What was taken back since the oldest entry of a feed changed: a reader that shows that may show these. Of a
        saved filter nobody knows whether it ever held them."""
        if target.query is not None:
            return ()
        since = min((entry.updated for entry in found), default=EMPTY_SINCE)
        section_id = None if target.section is None else target.section.id
        return tuple(withdrawals.withdrawn_since(self._connection, since, MOST_GONE, section_id=section_id))


def show(
    entry: ShownEntry,
    elsewhere: Sequence[tuple[str, str]],
    related: Sequence[Relative],
    config: Config,
    by_name: Mapping[str, SourceRecord],
) -> PublicEntry:
    """What everybody may see of `entry`: the one gate between what is stored and what is published.

    `elsewhere` are `(url, source)` of the same story, `related` tell of the same event: of either only the address and
    the source's name are shown. The body of a gated or withheld entry stays behind, and with it a title that was made
    of it.
    """
    closed = entry.access.gated or entry.withheld
    title = "Untitled" if closed and entry.title_from_body else entry.title
    return PublicEntry(
        uid=entry.uid,
        title=(config.publish.title_prefix if entry.access.gated else "") + title,
        url=entry.url or _option(by_name, entry.source, "link") or config.site.base_url,
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
        via=tuple((url, _option(by_name, source, "title") or source) for url, source in elsewhere),
        related=tuple((one.url, _option(by_name, one.source, "title") or one.source) for one in related if one.url),
    )


def _option(by_name: Mapping[str, SourceRecord], source: str, key: str) -> str | None:
    record = by_name.get(source)
    value = record.options.get(key) if record is not None else None
    return value if isinstance(value, str) else None


def _render(
    config: Config, root: Path, renderer: atom.Renderer, document: FeedDocument, result: Published, now: datetime
) -> PublishedFile | None:
    """Renders one feed, checks it and puts it in place; None where it is not fit, so that the last good one stays.

    An entry that cannot be rendered is left out and named.
    """
    result.feeds += 1
    while True:
        try:
            data = renderer.render(document)
        except atom.EntryInvalid as error:
            result.left_out[error.uid] = str(error)
            document = replace(document, entries=tuple(one for one in document.entries if one.uid != error.uid))
            continue
        most = config.publish.max_bytes
        smaller = _smaller(document, len(data), most) if len(data) > most else document
        if smaller is document:
            break
        document = smaller
    if len(data) > most:
        result.refused[document.path] = f"{len(data)} bytes with one entry alone; raise [publish] max_bytes above that"
        return None
    findings = check_atom(data, location=document.self_url, now=now)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        result.refused[document.path] = f"{errors[0].code}: {errors[0].message}"
        return None
    if not _write(root, document.path, data, result):
        return None
    result.good.add(document.path)
    result.shown.update(entry.uid for entry in document.entries)
    return described(document.path, data, len(document.entries), document.updated)


def _smaller(document: FeedDocument, size: int, most: int) -> FeedDocument:
    """`document`, of `size` bytes, with less in it: a step towards `most`. The same document where nothing can go.

    Bodies go first, the longest before others, the older of two alike: one long article must not cost a reader the
    short ones. Then, likewise, links to copies and to what is related; then the oldest entries. The last one stays,
    without its files.
    """
    kept = list(document.entries)
    bodies = [(_length(one.content), at) for at, one in enumerate(kept) if one.content]
    links = [(sum(map(_length, chain(*one.via, *one.related))), at) for at, one in enumerate(kept)]
    if bodies:
        for at in _longest(bodies, size - most):
            kept[at] = replace(kept[at], content=None)
    elif any(length for length, _ in links):
        for at in _longest(links, size - most):
            kept[at] = replace(kept[at], via=(), related=())
    elif len(kept) > 1:
        del kept[max(1, min(len(kept) - 1, len(kept) * most // size)) :]
    elif kept and kept[0].enclosures:
        kept = [replace(kept[0], enclosures=())]
    else:
        return document
    return replace(document, entries=tuple(kept), updated=max(one.updated for one in kept))


def _length(text: str) -> int:
    """Bytes of `text` in a feed."""
    return len(escape(text, quote=False).encode())


def _longest(lengths: list[tuple[int, int]], excess: int) -> Iterator[int]:
    """The places of so many of the longest `(length, place)` as make up `excess`, one at least."""
    for length, at in sorted(lengths, reverse=True):
        yield at
        excess -= length
        if excess <= 0:
            break


def _write(root: Path, path: str, data: bytes, result: Published) -> bool:
    """Replaces a file where its bytes differ; False where it cannot be written, which must not stop the others."""
    try:
        if write_atomic(root, path, data, owed=result.owed):
            result.paths.append(path)
            _log.info("file replaced", path=path, bytes=len(data))
    except OutputError as error:
        result.unwritable[path] = str(error)
        return False
    return True


def _pages(
    config: Config,
    root: Path,
    headlines: Mapping[int, Sequence[PublicEntry]],
    known: Sequence[SectionRecord],
    counts: Mapping[int, int],
    targets: Sequence[Target],
    result: Published,
) -> dict[str, PublishedFile]:
    """The index page, its stylesheet and the list of feeds."""
    site = config.site
    names = {section.name.casefold(): section.title for section in config.section if section.title}
    page = html.IndexPage(
        title=site.title,
        language=site.language,
        base_url=site.base_url,
        zone=site.zone,
        all_path="all.atom",
        all_free_path="all.free.atom",
        opml_path="feeds.opml",
        subscribe_url=config.access.subscribe_url,
        sections=tuple(
            html.IndexSection(
                name=names.get(section.name.casefold()) or section.name,
                slug=section.slug,
                atom_path=f"sections/{section.slug}.atom",
                free_path=f"sections/{section.slug}.free.atom",
                count=counts.get(section.id, 0),
                entries=tuple(headlines[section.id]),
            )
            for section in known
        ),
        saved=tuple(
            html.IndexFeed(
                name=saved.title or saved.name,
                atom_path=f"saved/{saved.name}.atom",
                free_path=f"saved/{saved.name}.free.atom",
            )
            for saved in config.saved
        ),
    )
    listed = [
        opml.OpmlFeed(title=target.title, xml_url=site.base_url + target.path, html_url=site.base_url)
        for target in targets
        if not target.free
    ]
    files = {
        "index.html": html.render_index(page),
        "style.css": html.stylesheet(),
        "feeds.opml": opml.render(site.title, listed),
    }
    newest = max((entry.updated for section in page.sections for entry in section.entries), default=EMPTY_SINCE)
    return {path: described(path, data, 0, newest) for path, data in files.items() if _write(root, path, data, result)}


def _settle(
    engine: Engine,
    config: Config,
    result: Published,
    targets: Sequence[Target],
    owed: Mapping[int, int],
    now: datetime,
) -> None:
    """Forgets what was owed, notes what could not be published and closes what is over."""
    if not (owed or result.feeds or result.unwritable or result.paths):
        return
    failed = result.refused.keys() | result.unwritable.keys()
    refused = {target.section_id for target in targets if target.path in failed}
    with writing(engine) as connection:
        sections.clean(connection, {each: version for each, version in owed.items() if each not in refused})
        if refused - set(owed):  # due for another reason, which the next run will not see
            sections.mark(connection, refused - set(owed), now)
        last = incidents.opened(connection)
        unmet = {one.subject for one in last if one.kind == "quarantined"} - set(result.left_out) - result.shown
        lasting = {
            "quarantined": _chosen(connection, config, targets, unmet) | set(result.left_out),
            "refused": {target.path for target in targets} - result.good,
            "unwritable": {str(config.public)} if result.unwritable else set(),
        }
        for one in last:
            if one.subject not in lasting.get(one.kind, {one.subject}):
                incidents.close_incident(connection, one.kind, one.subject, now)
        for uid, message in sorted(result.left_out.items()):
            incidents.open_incident(connection, "quarantined", uid, message, now)
        for path, message in sorted(result.refused.items()):
            incidents.open_incident(connection, "refused", path, message, now)
        for message in list(result.unwritable.values())[:1]:
            incidents.open_incident(connection, "unwritable", str(config.public), message, now)


def _chosen(connection: Connection, config: Config, targets: Sequence[Target], uids: Iterable[str]) -> set[str]:
    """Those of `uids` that some feed, rendered now or earlier, would show if it could.

    Asks for the entries of every feed, a third of a millisecond each: for troubles alone that this run has not met.
    """
    found = {entry.id: entry.uid for uid in sorted(uids) if (entry := entries.by_uid(connection, uid)) is not None}
    shown = _Shown(connection, config, {})
    chosen = {each for target in targets for each in shown.ids(target)} if found else set()
    return {found[each] for each in chosen & set(found)}


def verify(config: Config, now: datetime) -> list[str]:
    """What is wrong with the published files: missing, changed by another hand, or against a rule of Atom."""
    findings = []
    root = config.public
    for path, made in sorted(manifest.read(root)[1].items()):
        try:
            data = (root / path).read_bytes()
        except OSError as error:
            findings.append(f"{path}: {error.strerror}; 'feeds publish --all' writes it anew")
            continue
        if sha256(data).hexdigest() != made.sha256:
            findings.append(f"{path}: differs from what was published; 'feeds publish --all' writes it anew")
        elif path.endswith(".atom"):
            found = check_atom(data, location=config.site.base_url + path, now=now)
            findings += [f"{path}:{one.line}: {one.code}: {one.message}" for one in found]
    return findings
