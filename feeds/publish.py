"""From the database to the published tree, top to bottom: choose, show, render, check, replace.

Only sections that owe a feed are rendered, and a file is replaced only when its bytes differ. What is public is taken
from an entry by an allowlist of fields (`show`); the body of a gated entry is not on it.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from db.engine import Engine, reading, writing
from db.records import ALL_SECTIONS, Access, Precision, SectionRecord, ShownEntry, SourceRecord
from db.store import entries, incidents, sections, sources
from feeds import log
from feeds.config import Config
from feeds.errors import UsageError
from feeds.formats import FeedDocument, PublicEntry, atom, html, opml
from feeds.output import remove, settle, sweep, write_atomic
from feeds.validate import check_atom

EMPTY_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
"""`updated` of a feed that never had an entry: any fixed time does, the clock would change its bytes."""

ON_INDEX = 8
"""Newest entries of a section that the index page shows."""

PAGES = ("index.html", "style.css", "feeds.opml")
"""Files beside the feeds that the manifest lists."""

_log = log.get("publish")


@dataclass(slots=True, kw_only=True)
class Published:
    """What a publish did: `paths` were replaced, of `feeds` rendered, `good` of which hold `shown` entries.

    `left_out` are entries that could not be rendered, `refused` feeds that broke a rule of their format, each with the
    reason. `owed` are folders that are not on the disk yet.
    """

    paths: list[str] = field(default_factory=list)
    feeds: int = 0
    left_out: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    good: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    owed: set[Path] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """One feed to be: its section (None for all of them), and whether it has only what everybody may read."""

    path: str
    key: str
    title: str
    section: SectionRecord | None
    free: bool


@dataclass(frozen=True, slots=True)
class _Made:
    """One line of `manifest.json`."""

    path: str
    sha256: str
    size: int
    entries: int
    updated: str


def publish(
    engine: Engine, config: Config, now: datetime, *, names: Sequence[str] = (), everything: bool = False
) -> Published:
    """Brings the published tree up to what the database says; `names` (names or slugs) or `everything` is rendered
    whether it owes a feed or not.

    Raises `OutputError` when the tree cannot be written: the last good files stay, and what is owed stays owed.
    Raises `UsageError` for a name that no section has.
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
    wanted = _wanted(known, names)
    targets = _targets(config, known)
    former = _manifest(config)
    due = [
        target
        for target in targets
        if everything
        or _section_id(target) in owed
        or (target.section is not None and target.section.id in wanted)
        or not _stands(config, former.get(target.path))
    ]
    made = {target.path: former[target.path] for target in targets if target.path in former}
    shown = _Shown(engine, config, by_name)
    renderer = atom.Renderer()
    for target in due:
        document = shown.document(target)
        made_now = _render(config, renderer, document, result, now)
        if made_now is not None:
            made[target.path] = made_now
    pages = {path: former.get(path) for path in PAGES}
    if due or set(former) != set(made) | set(PAGES) or not all(_stands(config, one) for one in pages.values()):
        made |= _pages(config, shown, known, counts, targets, result)
        for path in sorted(set(former) - set(made)):
            remove(root, path)
            result.paths.append(path)
        _write(config, "manifest.json", _manifest_bytes(made), result)
    # On the disk before it is forgotten that they were owed.
    settle(result.owed)
    refused = {_section_id(target) for target in targets if target.path in result.refused}
    _settle(engine, result, {each: version for each, version in owed.items() if each not in refused}, now)
    return result


def _section_id(target: _Target) -> int:
    return ALL_SECTIONS if target.section is None else target.section.id


def _wanted(known: Sequence[SectionRecord], names: Sequence[str]) -> set[int]:
    """Ids of the sections that a person named."""
    wanted = set()
    for name in names:
        ids = [one.id for one in known if name == one.slug or name.casefold() == one.name.casefold()]
        if not ids:
            raise UsageError(f"no section is named \"{name}\"; see 'feeds sections list'")
        wanted.update(ids)
    return wanted


def _targets(config: Config, known: Sequence[SectionRecord]) -> list[_Target]:
    """Every feed of the tree, in order of path."""
    titles = {section.name.casefold(): section.title or section.name for section in config.section}
    site = config.site.title
    found = [_Target(path="all.atom", key="all", title=site, section=None, free=False)]
    for section in known:
        # The folded name, not the slug: renaming a file must not make every entry new to a reader.
        key = "section:" + blake2b(section.name.casefold().encode(), digest_size=8).hexdigest()
        title = f"{site}: {titles.get(section.name.casefold(), section.name)}"
        path = f"sections/{section.slug}"
        found.append(_Target(path=path + ".atom", key=key, title=title, section=section, free=False))
        found.append(
            _Target(path=path + ".free.atom", key=key + ":free", title=title + " (free)", section=section, free=True)
        )
    return found


class _Shown:
    """Entries as the public may see them, each read and converted once in a run."""

    def __init__(self, engine: Engine, config: Config, by_name: Mapping[str, SourceRecord]) -> None:
        self._engine = engine
        self._config = config
        self._sources = by_name
        self._public: dict[int, PublicEntry] = {}
        self._newest: dict[tuple[int | None, bool], tuple[PublicEntry, ...]] = {}

    def newest(self, section: SectionRecord | None, *, free: bool = False) -> tuple[PublicEntry, ...]:
        """The newest entries of a section (of all where it is None), as many as a feed may have."""
        section_id = None if section is None else section.id
        found = self._newest.get((section_id, free))
        if found is None:
            found = self._newest[section_id, free] = self._read(section_id, free)
        return found

    def _read(self, section_id: int | None, free: bool) -> tuple[PublicEntry, ...]:
        if free:
            everything = self._newest.get((section_id, False), ())
            if everything and all(entry.access is Access.FREE for entry in everything):
                return everything
        with reading(self._engine) as connection:
            ids = entries.newest(connection, self._config.publish.entries, section_id=section_id, free=free)
            missing = [each for each in ids if each not in self._public]
            if missing:
                stored = entries.show(connection, missing)
                others = entries.elsewhere(connection, missing)
                for entry_id, entry in stored.items():
                    self._public[entry_id] = show(entry, others.get(entry_id, ()), self._config, self._sources)
        return tuple(self._public[each] for each in ids)

    def document(self, target: _Target) -> FeedDocument:
        """The feed `target`, complete but for its bytes."""
        config = self._config
        found = self.newest(target.section, free=target.free)
        return FeedDocument(
            id=config.site.tag_prefix() + target.key,
            path=target.path,
            title=target.title,
            base_url=config.site.base_url,
            html_url=config.site.base_url,
            language=config.site.language,
            author=config.site.author or config.site.title,
            updated=max((entry.updated for entry in found), default=EMPTY_SINCE),
            entries=found,
            hubs=config.publish.hubs,
            subscribe_url=config.access.subscribe_url,
        )


def show(
    entry: ShownEntry, elsewhere: Sequence[tuple[str, str]], config: Config, by_name: Mapping[str, SourceRecord]
) -> PublicEntry:
    """What everybody may see of `entry`: the one gate between what is stored and what is published.

    `elsewhere` are `(url, source)` of the same story. The body of a gated entry stays behind, and with it a title
    that was made of it.
    """
    gated = entry.access.gated
    title = "Untitled" if gated and entry.title_from_body else entry.title
    return PublicEntry(
        uid=entry.uid,
        title=(config.publish.title_prefix if gated else "") + title,
        url=entry.url or _option(by_name, entry.source, "link") or config.site.base_url,
        summary=entry.summary,
        content=None if gated else entry.content or None,
        published=entry.published,
        published_day_only=entry.published_precision is Precision.DAY,
        updated=entry.updated,
        authors=entry.authors,
        categories=entry.categories,
        sections=entry.sections,
        enclosures=() if gated else entry.enclosures,
        language=entry.language,
        label=entry.label,
        source=_option(by_name, entry.source, "title") or entry.source,
        access=entry.access,
        access_label=config.access.label(entry.access),
        via=tuple((url, _option(by_name, source, "title") or source) for url, source in elsewhere),
    )


def _option(by_name: Mapping[str, SourceRecord], source: str, key: str) -> str | None:
    record = by_name.get(source)
    value = record.options.get(key) if record is not None else None
    return value if isinstance(value, str) else None


def _render(
    config: Config, renderer: atom.Renderer, document: FeedDocument, result: Published, now: datetime
) -> _Made | None:
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
        if len(data) > config.publish.max_bytes and document.entries:
            document = _smaller(document, len(data), config.publish.max_bytes)
            continue
        break
    findings = check_atom(data, location=document.self_url, now=now)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        result.refused[document.path] = f"{errors[0].code}: {errors[0].message}"
        return None
    result.good.add(document.path)
    result.shown.update(entry.uid for entry in document.entries)
    _write(config, document.path, data, result)
    return _made(document.path, data, len(document.entries), document.updated)


def _smaller(document: FeedDocument, size: int, most: int) -> FeedDocument:
    """`document` with fewer entries; its last one gives its body rather than leave the feed empty."""
    count = len(document.entries)
    if count == 1:
        only = document.entries[0]
        kept: tuple[PublicEntry, ...] = (replace(only, content=None),) if only.content is not None else ()
    else:
        kept = document.entries[: max(1, min(count - 1, count * most // size))]
    return replace(document, entries=kept, updated=max((one.updated for one in kept), default=document.updated))


def _made(path: str, data: bytes, count: int, updated: datetime) -> _Made:
    return _Made(path, sha256(data).hexdigest(), len(data), count, updated.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _write(config: Config, path: str, data: bytes, result: Published) -> None:
    if write_atomic(config.public, path, data, owed=result.owed):
        result.paths.append(path)
        _log.info("file replaced", path=path, bytes=len(data))


def _pages(
    config: Config,
    shown: _Shown,
    known: Sequence[SectionRecord],
    counts: Mapping[int, int],
    targets: Sequence[_Target],
    result: Published,
) -> dict[str, _Made]:
    """The index page, its stylesheet and the list of feeds."""
    site = config.site
    titles = {target.section.id: target.title for target in targets if target.section is not None and not target.free}
    names = {section.name.casefold(): section.title for section in config.section if section.title}
    page = html.IndexPage(
        title=site.title,
        language=site.language,
        base_url=site.base_url,
        zone=ZoneInfo(site.timezone),
        all_path="all.atom",
        opml_path="feeds.opml",
        subscribe_url=config.access.subscribe_url,
        sections=tuple(
            html.IndexSection(
                name=names.get(section.name.casefold()) or section.name,
                slug=section.slug,
                atom_path=f"sections/{section.slug}.atom",
                free_path=f"sections/{section.slug}.free.atom",
                count=counts.get(section.id, 0),
                entries=shown.newest(section)[:ON_INDEX],
            )
            for section in known
        ),
    )
    listed = [opml.OpmlFeed(title=site.title, xml_url=site.base_url + "all.atom", html_url=site.base_url)]
    listed += [
        opml.OpmlFeed(
            title=titles[section.id],
            xml_url=f"{site.base_url}sections/{section.slug}.atom",
            html_url=site.base_url,
        )
        for section in known
    ]
    files = {
        "index.html": html.render_index(page),
        "style.css": html.stylesheet(),
        "feeds.opml": opml.render(site.title, listed),
    }
    newest = max((entry.updated for section in page.sections for entry in section.entries), default=EMPTY_SINCE)
    for path, data in files.items():
        _write(config, path, data, result)
    return {path: _made(path, data, 0, newest) for path, data in files.items()}


def _manifest(config: Config) -> dict[str, _Made]:
    """What the last publish wrote, by path; empty where there was none or it cannot be read."""
    try:
        lines = json.loads((config.public / "manifest.json").read_bytes())
        return {line["path"]: _Made(**line) for line in lines}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _manifest_bytes(made: Mapping[str, _Made]) -> bytes:
    lines = [
        {"path": one.path, "sha256": one.sha256, "size": one.size, "entries": one.entries, "updated": one.updated}
        for _path, one in sorted(made.items())
    ]
    return json.dumps(lines, indent=1).encode() + b"\n"


def _stands(config: Config, made: _Made | None) -> bool:
    """True where the file that the manifest names is there, as long as it was."""
    if made is None:
        return False
    try:
        return (config.public / made.path).stat().st_size == made.size
    except OSError:
        return False


def _settle(engine: Engine, result: Published, seen: Mapping[int, int], now: datetime) -> None:
    """Forgets what was owed and notes what could not be published."""
    if not seen and not result.feeds:
        return
    with writing(engine) as connection:
        sections.clean(connection, seen)
        for trouble in incidents.opened(connection):
            if trouble.kind == "refused" and trouble.subject in result.good:
                incidents.close_incident(connection, trouble.kind, trouble.subject, now)
            if trouble.kind == "quarantined" and trouble.subject in result.shown - set(result.left_out):
                incidents.close_incident(connection, trouble.kind, trouble.subject, now)
        for uid, message in sorted(result.left_out.items()):
            incidents.open_incident(connection, "quarantined", uid, message, now)
        for path, message in sorted(result.refused.items()):
            incidents.open_incident(connection, "refused", path, message, now)


def verify(config: Config, now: datetime) -> list[str]:
    """What is wrong with the published files: missing, changed by another hand, or against a rule of Atom."""
    findings = []
    for path, made in sorted(_manifest(config).items()):
        try:
            data = (config.public / path).read_bytes()
        except OSError as error:
            findings.append(f"{path}: {error.strerror}; 'feeds publish --all' writes it anew")
            continue
        if sha256(data).hexdigest() != made.sha256:
            findings.append(f"{path}: differs from what was published; 'feeds publish --all' writes it anew")
        elif path.endswith(".atom"):
            found = check_atom(data, location=config.site.base_url + path, now=now)
            findings += [f"{path}:{one.line}: {one.code}: {one.message}" for one in found]
    return findings
