"""From the database to the published tree, top to bottom: choose, show, render, check, replace.

Only sections that owe a feed are rendered, and a file is replaced only when its bytes differ. What is public is taken
from an entry by an allowlist of fields (`show`); the body of a gated entry is not on it.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from db.engine import Connection, Engine, reading, writing
from db.records import SectionRecord, SourceRecord
from db.store import entries, incidents, sections, sources
from feeds import log, manifest
from feeds.config import Config
from feeds.errors import FeedInvalid, OutputError
from feeds.fit import fit
from feeds.formats import FeedDocument, PublicEntry, atom, html, opml
from feeds.manifest import PublishedFile, described
from feeds.output import remove, settle, sweep, write_atomic
from feeds.showing import EMPTY_SINCE, Shown
from feeds.targets import Target, named
from feeds.targets import targets as every_target
from feeds.validate import check_atom

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
        shown = Shown(connection, config, by_name)
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


def _render(
    config: Config, root: Path, renderer: atom.Renderer, document: FeedDocument, result: Published, now: datetime
) -> PublishedFile | None:
    """Renders one feed, checks it and puts it in place; None where it is not fit, so that the last good one stays.

    An entry that cannot be rendered is left out and named.
    """
    result.feeds += 1
    try:
        made = fit(document, renderer, config.publish.max_bytes)
    except FeedInvalid as error:
        result.refused[document.path] = str(error)
        return None
    data, document = made.data, made.document
    result.left_out |= made.left_out
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
            sections.mark_feeds(connection, refused - set(owed), now)
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
    shown = Shown(connection, config, {})
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
