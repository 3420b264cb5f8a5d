"""From the database to the published tree, top to bottom: choose, show, render, check, replace.

Only what is owed is rendered, and a file is replaced only when its bytes differ. What an audience may see of an entry
is decided in `feeds.showing`, and nowhere else.
"""

from __future__ import annotations

import gc
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from db.engine import Connection, Engine, reading, writing
from db.records import Labels, OwedMonth, SectionRecord
from db.store import archives as archive_rows
from db.store import incidents, sections, sources
from feeds import incidentfeed, manifest, pages
from feeds.archives import Part, Plan, Planner, chains, in_order, month_in
from feeds.checking import published_findings
from feeds.config import Config
from feeds.encodings import ENDINGS
from feeds.errors import OutputError
from feeds.formats import BUILT_IN, Archive, Format, load
from feeds.manifest import Manifest, Standing
from feeds.output import settle, sweep, sweep_folder, touch
from feeds.press import Press, Print, Published, lost, wrong_encodings
from feeds.settlement import settle_publish
from feeds.showing import EMPTY_SINCE, Files, Shown, written_as
from feeds.targets import Target, named
from feeds.websub.publisher import advertised, owe_pings

__all__ = ["Press", "Published", "publish", "verify"]

RULES = 3
"""Of rendering and of the tree, by our own count: with others than the last publish had, every feed is due."""

HEAD_BYTES = 4096
"""In how many bytes a document says what feed it is of."""


def publish(
    engine: Engine,
    config: Config,
    now: datetime,
    *,
    names: Sequence[str] = (),
    everything: bool = False,
    press: Press | None = None,
    budget: int | None = None,
) -> Published:
    """Brings the published tree up to what the database says; `names` (of sections or saved filters, or slugs) or
    `everything` is rendered whether it owes a feed or not.

    Whoever publishes again and again keeps a `press`, and gives a `budget` of entries after which no more archives are
    begun: the rest stays owed. A file that cannot be written is named in the result: the last good one stays, and what
    is owed stays owed. Raises `UsageError` for a name that none has, `ConfigError` for a format that there is not.
    """
    with _collector_paused():
        press = press or Press()
        result = _Run(engine, config, now, press, budget).run(names, everything)
        if result.shortened:  # what these feeds had no room for goes into their archives
            result.add(_Run(engine, config, now, press, budget).run((), everything=False))
        return result


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


@dataclass(slots=True)
class _Run:
    """One publish. `_made` becomes the manifest; `plans` are those of archives, by folder."""

    engine: Engine
    config: Config
    now: datetime
    press: Press
    budget: int | None
    result: Published = field(default_factory=Published)
    plans: dict[str, Plan] = field(default_factory=dict)
    _former: Manifest = field(default_factory=Manifest)
    _made: Manifest = field(default_factory=Manifest)
    _chains: dict[str, list[str]] = field(default_factory=dict)

    def run(self, names: Sequence[str], everything: bool) -> Published:
        config, result, root = self.config, self.result, self.config.public
        with reading(self.engine) as connection:
            known = sections.every(connection)
            labels = sources.labels(connection)
            watched = frozenset(one.subject for one in incidents.opened(connection) if one.kind == "quarantined")
        files = self.press.files(config, known)
        targets = list(files)
        wanted = named(targets, names)
        settings = _settings(config, labels, known)
        self._former = self.press.manifest(root)
        self._chains = chains(self._former)
        paths = [path for its in files.values() for _, path in its]
        self._made = self._former.with_only(settings, _wanted(config, targets, paths))
        fewer = len(self._made) != len(self._former)
        anew = everything or settings != self._former.settings
        if settings != self.press.settings:  # it may be that another process has published by them since
            self.press.memory.clear()
            self.press.settings = settings
        standing = Standing(root)
        folders = sorted({target.stem.rpartition("/")[0] for target in targets})
        astray: set[str] = set()
        if anew or not self.press.stamps or self.press.stamps != standing.stamp(folders):
            astray = lost(standing, self._former, paths)
        touched = self._owe_archives(targets, standing, anew=anew)
        with reading(self.engine) as connection:
            owed = sections.dirty(connection)
            months = sections.dirty_months(connection, self.now)
        amiss = astray | self._former.lacks(paths)
        due = [
            target
            for target in targets
            if anew or target.stem in wanted or self._is_due(target, files[target], owed, amiss)
        ]
        with reading(self.engine) as connection:
            printing = Print(self.press, config, standing, result, self.now, anew, watched)
            self._archives(connection, printing, targets, months, labels)
            stems = {target.stem for target in due}
            led = {folder for folder in self.plans if self._is_led_elsewhere(folder)}
            due += [one for one in targets if one.archive in led and one.stem not in stems]
            shown = Shown(connection, config, labels, memory=self.press.memory)
            shown.load(due)
            for target in due:
                self._feed(printing, shown, target, files[target])
            restored = bool(amiss) and any(path in amiss for target in due for _, path in files[target])
            listed = anew or fewer or restored
            astray |= self._incidents(connection, printing, anew=anew)
            astray |= self._pages(connection, printing, shown, files, known, changed=bool(due), listed=listed)
        self._remove(printing)
        if anew or not self.press.stamps:
            self._remove_orphans(printing, set(paths))
        owed = self._note(files, {target.stem for target in due}, owed)
        self._finish(printing, files, owed, touched=touched or bool(astray) or printing.touched, swept=anew)
        # What somebody took away in the long time that everything takes is looked for in the next.
        self.press.stamps = {} if anew else standing.stamp(folders)
        return result

    def _finish(self, printing: Print, files: Files, owed: Mapping[int, int], *, touched: bool, swept: bool) -> None:
        """Puts everything on the disk, owes hubs word of what changed, says it in the manifest, and then forgets what
        was owed. Whatever is killed between, what is owed is made again, and what the manifest did not say yet is said
        to hubs once more."""
        result, root = self.result, self.config.public
        changed = self._made.changed_since(self._former)
        try:
            settle(result.owed)
            if changed and advertised(self.config):
                with writing(self.engine) as connection:
                    owe_pings(connection, self.config, changed, self.now)
            told = True
            if changed or self._made.settings != self._former.settings:
                told = printing.write(manifest.NAME, self._made.render())
            elif (touched or result.paths) and root.joinpath(manifest.NAME).is_file():
                touch(root, manifest.NAME)
            settle(result.owed)
            if told and changed:
                self.press.made(root, self._made)
        except OutputError as error:
            result.unwritable[str(root)], told = str(error), False
        # Nobody knows what a power cut would leave, or what hubs will have heard: all of it stays owed.
        settled, plans = (owed, self.plans) if told else ({}, {})
        if not told:
            self.press.done.clear()
        settle_publish(self.engine, self.config, result, files, settled, plans, self._made, self.now)
        try:
            if swept:
                sweep(root)
            for folder in printing.standing.folders():
                sweep_folder(root / folder, printing.standing.listed(folder))
        except OutputError as error:
            result.unwritable[str(root)] = str(error)

    def _is_due(
        self, target: Target, files: Sequence[tuple[Format, str]], owed: Mapping[int, int], amiss: set[str]
    ) -> bool:
        """Whether a feed is owed, or one of its files is not as it was published; one that was just refused rests."""
        version = owed.get(target.section_id)
        if (version is None or self.press.done.get(target.stem) == version) and (
            not amiss or amiss.isdisjoint(path for _, path in files)
        ):
            return False
        return not self.press.rests(target.stem, version or sections.first_version(self.now), self.now)

    def _note(self, files: Files, tried: Collection[str], owed: Mapping[int, int]) -> dict[int, int]:
        """Notes what became of the feeds that were `tried`, by their stems; what of the owed is made by now. A section
        of which a feed rests, or could not be made, goes on owing."""
        press, result = self.press, self.result
        failed = result.refused.keys() | result.unwritable.keys()
        left = set()
        for target, its in files.items():
            version = owed.get(target.section_id)
            if target.stem not in tried:
                if version is not None and press.done.get(target.stem) != version:
                    left.add(target.section_id)
                continue
            paths = {path for _, path in its}
            if not result.refused.keys().isdisjoint(paths):
                press.rest(target.stem, version or sections.first_version(self.now), self.now)
            else:
                press.resting.pop(target.stem, None)
            if failed.isdisjoint(paths) and version is not None:
                press.done[target.stem] = version
            else:
                press.done.pop(target.stem, None)
                left.add(target.section_id)
        for target in files:
            if target.section_id not in left:
                press.done.pop(target.stem, None)
        return {each: version for each, version in owed.items() if each not in left}

    def _owe_archives(self, targets: Sequence[Target], standing: Standing, *, anew: bool) -> bool:
        """Notes in the database which archives are owed, since not all of them may be made in this run: all of them
        where everything is made `anew`, also what may be another section's by now; else, where nobody has looked yet,
        documents that are not as they were published. Returns whether there are such."""
        if not self.config.publish.archives or not (anew or not self.press.stamps):
            return False
        owners = {target.archive: target for target in targets if target.archive is not None}
        paths = {path for folder in owners for path in self._chains.get(folder, ())}
        astray = paths if anew else lost(standing, self._former, paths)
        if not (astray or anew):
            return False
        backlog, at_once = set[tuple[int, int]](), set[tuple[int, int]]()
        for path in astray:
            owner = owners[path.rpartition("/")[0]]
            # Of another's document nobody knows that something it holds is not for everybody any more: it cannot wait.
            waits = anew and self._is_of(owner, path)
            (backlog if waits else at_once).add((owner.section_id, month_in(path)))
        with writing(self.engine) as connection:
            if anew:
                backlog |= archive_rows.months(connection)
            for months, is_backlog in ((backlog - at_once, True), (at_once, False)):
                first = {each: archive_rows.span(each[1])[0] for each in months}
                sections.mark_months(connection, first, backlog=is_backlog)
        return bool(astray)

    def _is_of(self, target: Target, path: str) -> bool:
        """Whether a document of an archive is of the feed that has its folder now."""
        try:
            with (self.config.public / path).open("rb") as file:
                return (self.config.site.tag_prefix() + target.key).encode() in file.read(HEAD_BYTES)
        except OSError:
            return True

    def _archives(
        self,
        connection: Connection,
        printing: Print,
        targets: Sequence[Target],
        months: Sequence[OwedMonth],
        labels: Mapping[str, Labels],
    ) -> None:
        """Makes what is owed of the archives, and notes where each of them stands."""
        owed = defaultdict(list)
        for one in months:
            owed[one.section_id].append(one)
        if not self.config.publish.archives:
            self.plans[""] = Plan((), done=tuple(months))
            return
        planner = Planner(connection, self.now, self.budget, self._tells)
        shown = Shown(connection, self.config, labels, linked=False)
        orphans = set(owed) - {target.section_id for target in targets}
        self.plans[""] = Plan((), done=tuple(one for each in orphans for one in owed[each]))
        for target in targets:
            folder = target.archive
            if folder is not None and target.section_id in owed:
                counted = {path: self._former[path].entries for path in self._chains.get(folder, ())}
                self.plans[folder] = planner.plan(
                    folder, target.section_id, counted, owed[target.section_id], self._most(target)
                )
                self._parts(printing, shown, target, folder)

    def _tells(self, path: str) -> bool:
        """Whether a document of an archive has tombstones; what cannot be read may have some."""
        try:
            return b"deleted-entry" in (self.config.public / path).read_bytes()
        except OSError:
            return True

    def _most(self, target: Target) -> int:
        """How many entries the current feed shows: fewer than it may where they would be too long."""
        file = self._former.get(target.path("atom"))
        return file.entries if file is not None and file.cut else self.config.publish.entries

    def _parts(self, printing: Print, shown: Shown, target: Target, folder: str) -> None:
        """Makes the documents of one archive that are due. What could not be made is led to by none."""
        plan = self.plans[folder]
        failed = {part.path for part in plan.parts if not self._part(printing, shown, target, plan, part)}
        missing = failed - set(self._former)
        if missing:
            plan = replace(plan, chain=tuple(path for path in plan.chain if path not in missing))
            for part in plan.parts:
                if part.path not in failed:
                    self._part(printing, shown, target, plan, part)
        self.plans[folder] = plan
        for path in plan.removed:
            self._made.drop(path)

    def _part(self, printing: Print, shown: Shown, target: Target, plan: Plan, part: Part) -> bool:
        """Makes one document of an archive; False where it could not be made."""
        head = shown.head(target, target.path("atom"))
        entries = shown.public(part.ids)
        document = replace(
            head,
            path=part.path,
            entries=entries,
            gone=part.gone,
            hubs=(),
            updated=max((*(one.updated for one in entries), *(one.at for one in part.gone)), default=EMPTY_SINCE),
            archive=plan.links(part.path, head.base_url, head.path),
        )
        shown.forget()
        self.result.feeds += 1
        made = printing.feed(document, load("atom"), None)
        if made is not None:
            self._made.put(made[0])
        return made is not None

    def _chain(self, target: Target) -> Sequence[str]:
        """The documents of a feed's archive, the oldest first."""
        plan = self.plans.get(target.archive or "")
        return in_order(self._chains.get(target.archive or "", ())) if plan is None else plan.chain

    def _is_led_elsewhere(self, folder: str) -> bool:
        """Whether the newest document of an archive that is planned is another than before."""
        return list(self.plans[folder].chain[-1:]) != in_order(self._chains.get(folder, ()))[-1:]

    def _feed(self, printing: Print, shown: Shown, target: Target, files: Sequence[tuple[Format, str]]) -> None:
        """Makes one feed in all of its formats: each holds what the first, Atom, had room for."""
        first = next(path for chosen, path in files if chosen.name == "atom")
        former = self._former.get(first)
        document = shown.document(target, first, former.moment if former is not None else EMPTY_SINCE)
        chain = self._chain(target) if self._has_archive(target) else ()
        if chain:
            document = replace(document, archive=Archive(previous=document.base_url + chain[-1]))
        for chosen, _ in sorted(files, key=lambda file: file[0].name != "atom"):
            self.result.feeds += 1
            made = printing.feed(written_as(document, chosen, files), chosen, self.config.publish.max_bytes)
            if made is not None:
                self._made.put(made[0])
            if chosen.name == "atom":
                if made is None:
                    return
                if made[0].cut and made[0].entries < self._most(target) and self._has_archive(target):
                    self.result.shortened.add(target.section_id)
                document = replace(document, entries=made[1].document.entries, updated=made[1].document.updated)

    def _has_archive(self, target: Target) -> bool:
        return target.archive is not None and self.config.publish.archives

    def _pages(
        self,
        connection: Connection,
        printing: Print,
        shown: Shown,
        files: Files,
        known: Sequence[SectionRecord],
        *,
        changed: bool,
        listed: bool,
    ) -> set[str]:
        """The index page, the lists and the style sheets, where a feed `changed`, or other feeds are `listed`; those
        that were lost."""
        wanted = [*pages.LASTING, *([pages.NEWS] if pages.NEWS in self._former else [])]
        astray = lost(printing.standing, self._former, wanted)
        if changed or listed or astray or pages.is_outdated(self._former, self.now):
            self._made.drop(pages.NEWS)
            made = pages.render(connection, self.config, shown, files, known, self.now, listed=listed or bool(astray))
            for file, data in made:
                if printing.write(file.path, data):
                    self._made.put(file)
                else:
                    self._made.keep(self._former, file.path)
        return astray

    def _incidents(self, connection: Connection, printing: Print, *, anew: bool) -> set[str]:
        """The feed of incidents, where they changed or it was lost; its path where it was."""
        if not self.config.publish.incidents:
            return set()
        astray = lost(printing.standing, self._former, [incidentfeed.NAME])
        found = tuple(incidents.newest(connection, incidentfeed.MOST))
        if anew or astray or found != self.press.incidents:
            document = incidentfeed.document(self.config, found)
            made = printing.feed(document, load("atom"), self.config.publish.max_bytes)
            if made is not None:
                self._made.put(made[0])
            # What cannot be written is tried again; what broke a rule would break it again.
            self.press.incidents = None if incidentfeed.NAME in self.result.unwritable else found
        return astray

    def _remove(self, printing: Print) -> None:
        """Takes away what is published no more, and says of each that it is gone for good; what is there again is not
        gone."""
        for path in sorted(set(self._former) - set(self._made)):
            if not printing.take_away(path):
                self._made.keep(self._former, path)
            elif path not in pages.PATHS:
                printing.write(f"gone/{path}", b"")
        for path in sorted(set(self._made) - set(self._former)):
            if printing.standing.has(f"gone/{path}"):
                printing.take_away(f"gone/{path}")

    def _remove_orphans(self, printing: Print, feeds: Set[str]) -> None:
        """Takes away what a publish wrote that was killed before its manifest, and what would not be written now:
        nobody would ever take out of it what is taken back. Of `feeds` that cannot be made the last good one stays."""
        suffixes = tuple({f".{load(name).suffix}" for name in (*self.config.publish.formats, *BUILT_IN)})
        standing = printing.standing
        folders = ["sections", "saved", *(f"archive/{name}" for name in sorted(standing.listed("archive")))]
        for folder in folders:
            names = {_plain(name) for name in standing.listed(folder)}
            for path in sorted(f"{folder}/{name}" for name in names if name.endswith(suffixes)):
                if path not in self._made and path not in feeds:
                    printing.take_away(path)
        if pages.NEWS not in self._made and standing.has(pages.NEWS):
            printing.take_away(pages.NEWS)


def _plain(name: str) -> str:
    """The name of the file beside which an encoding stands."""
    return next((name.removesuffix(ending) for ending in ENDINGS if name.endswith(ending)), name)


def _wanted(config: Config, targets: Sequence[Target], paths: Sequence[str]) -> Callable[[str], bool]:
    """Which files a tree goes on having: those of its feeds, their archives, and the pages."""
    lasting = {*paths, *pages.LASTING, *([pages.NEWS] if config.publish.news_sitemap else [])}
    lasting |= {incidentfeed.NAME} if config.publish.incidents else set()
    folders = {target.archive for target in targets} if config.publish.archives else set()
    return lambda path: path in lasting or (path.startswith("archive/") and path.rpartition("/")[0] in folders)


def _settings(config: Config, labels: Mapping[str, Labels], known: Sequence[SectionRecord]) -> str:
    """A digest of every setting that a published byte depends on: with another one, every feed is due."""
    named_sections = {section.name.casefold() for section in config.section}
    chosen = {
        "rules": RULES,
        "hubs": advertised(config),
        "site": config.site.model_dump(mode="json"),
        "publish": config.publish.model_dump(mode="json", exclude={"directory"}),
        "access": config.access.model_dump(mode="json", include={"labels", "subscribe_url"}),
        # Entries of a section that has another name stand in other feeds, too, and name it there.
        "section": [[section.name, section.title, section.formerly] for section in config.section],
        "saved": [saved.model_dump(mode="json") for saved in config.saved],
        # A path belongs to another section once slugs moved. Those that entries made never move by themselves.
        "slug": [[one.slug, one.name] for one in known if one.name.casefold() in named_sections],
        "source": dict(sorted(labels.items())),
    }
    return sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()


def verify(config: Config, now: datetime) -> list[str]:
    """What is wrong with the published files: missing, changed by another hand, encodings that hold something else, or
    against a rule of their format."""
    findings = []
    root = config.public
    try:
        published = manifest.told(root)
    except OutputError as error:
        return [str(error)]
    for path, made in sorted(published.items()):
        try:
            data = (root / path).read_bytes()
        except OSError as error:
            findings.append(f"{path}: {error.strerror}; 'feeds publish --all' writes it anew")
            continue
        if sha256(data).hexdigest() != made.sha256:
            findings.append(f"{path}: differs from what was published; 'feeds publish --all' writes it anew")
            continue
        findings += [
            f"{path}{ending}: does not hold what {path} does; 'feeds publish --all' writes it anew"
            for ending in wrong_encodings(root, path, data)
        ]
        found = published_findings(path, data, config.site.base_url, now)
        findings += [f"{path}:{one.line}:{one.column}: {one.code}: {one.message}" for one in found]
    return findings
