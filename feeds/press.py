"""The press: renders documents in their formats, checks them, and puts them in place with their encodings.

One lives as long as its process, so that an entry that has not changed is not rendered again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from db.records import IncidentRecord, SectionRecord
from feeds import log
from feeds.config import Config
from feeds.encodings import ENDINGS, SMALLEST, decoded, encoded
from feeds.errors import FeedInvalid, OutputError
from feeds.fit import Fit, fit
from feeds.formats import FeedDocument, Format, PublicEntry, Renderer, load
from feeds.manifest import NAME, Manifest, PublishedFile, Standing, described, read
from feeds.output import remove, touch, write_atomic
from feeds.showing import Files, Memory, files_of
from feeds.targets import targets
from feeds.tree import root_of
from feeds.validate import Finding, check, check_atom

UNENCODED = frozenset({"manifest.json"})
"""Files that stand alone: this one is read by us, and changes with every other."""

CHECKED: dict[str, Callable[[bytes], object]] = {"rss": root_of, "json": json.loads}
"""Formats beside Atom that there are rules for, and what reads them: `SyntaxError` or `ValueError` where it cannot."""

RESTS = timedelta(minutes=1)
MOST_REST = timedelta(hours=1)
"""How long a feed that was refused rests before it is tried again, the first time and at most."""

MOST_PASSED = 20_000
"""Entries that the press knows to be sound in a format."""

_log = log.get("publish")


@dataclass(slots=True, kw_only=True)
class Published:
    """What a publish did: `paths` were replaced or taken away, of `feeds` rendered, `good` of which hold `shown`
    entries.

    `left_out` are entries that could not be rendered, `refused` feeds that broke a rule of their format, `unwritable`
    files that could not be replaced, each with the reason. `owed` are folders that are not on the disk yet, `shortened`
    sections whose feed shows less than its archive counts on.
    """

    paths: list[str] = field(default_factory=list)
    feeds: int = 0
    left_out: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    unwritable: dict[str, str] = field(default_factory=dict)
    good: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    owed: set[Path] = field(default_factory=set)
    shortened: set[int] = field(default_factory=set)

    def add(self, later: Published) -> None:
        """Adds what a publish did that came after this one."""
        self.paths += [path for path in later.paths if path not in self.paths]
        self.feeds += later.feeds
        self.left_out |= later.left_out
        for mine, theirs in ((self.refused, later.refused), (self.unwritable, later.unwritable)):
            for path in later.good & mine.keys():
                del mine[path]
            mine |= theirs
        self.good |= later.good
        self.shown |= later.shown


@dataclass(slots=True)
class Press:
    """What renderers and checks keep from one publish to the next. `stamps` are those of the folders of feeds as the
    last publish left them, `settings` those that it was made by, `said` its manifest and when that was written. Of
    feeds, by their stems: `resting` were refused, with the version of the change that they owe, how often, and until
    when they are not tried again; `done` are made, with the version of a change that others of their section owe.
    `incidents` are those that their own feed tells of."""

    memory: Memory = field(default_factory=Memory)
    stamps: dict[str, int] = field(default_factory=dict)
    settings: str = ""
    said: tuple[os.stat_result, Manifest] | None = None
    resting: dict[str, tuple[int, int, datetime]] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    incidents: tuple[IncidentRecord, ...] | None = None
    _files: tuple[Config, Sequence[SectionRecord], Files] | None = None
    _renderers: dict[str, Renderer] = field(default_factory=dict)
    _passed: dict[str, dict[int, PublicEntry]] = field(default_factory=dict)

    def manifest(self, root: Path) -> Manifest:
        """What the last publish wrote, read again only where somebody else wrote it."""
        try:
            status = os.stat(root / NAME)
        except OSError:
            return Manifest()
        known = self.said
        if known is None or _stamp(known[0]) != _stamp(status):
            known = self.said = (status, read(root))
        return known[1]

    def files(self, config: Config, known: Sequence[SectionRecord]) -> Files:
        """The feeds of the tree and their files, told again only of another configuration, or other sections."""
        if self._files is None or self._files[0] is not config or self._files[1] != known:
            formats = [load(name) for name in config.publish.formats]
            self._files = config, known, {target: files_of(target, formats) for target in targets(config, known)}
        return self._files[2]

    def made(self, root: Path, said: Manifest) -> None:
        """Notes the manifest that was written just now."""
        try:
            self.said = (os.stat(root / NAME), said)
        except OSError:  # somebody took it away meanwhile
            self.said = None

    def rests(self, stem: str, version: int, now: datetime) -> bool:
        """Whether a feed that was refused is not to be tried again yet: the same would come of it."""
        known, _tries, until = self.resting.get(stem, (0, 0, now))
        return known == version and now < until

    def rest(self, stem: str, version: int, now: datetime) -> None:
        """Notes that a feed was refused: twice as long each time, an hour at most."""
        known, tries, _until = self.resting.get(stem, (version, 0, now))
        tries = tries + 1 if known == version else 1
        self.resting[stem] = (version, tries, now + min(RESTS * 2 ** min(tries - 1, 20), MOST_REST))

    def fresh(self, chosen: Format, entries: Sequence[PublicEntry]) -> tuple[PublicEntry, ...]:
        """Those of the entries that were not found to be sound in this format before."""
        known = self._passed.setdefault(chosen.name, {})
        return tuple(one for one in entries if id(one) not in known)

    def passed(self, chosen: Format, entries: Sequence[PublicEntry]) -> None:
        """Notes that the entries are sound in this format. They are held, so that none takes the place of another."""
        known = self._passed.setdefault(chosen.name, {})
        if len(known) + len(entries) > MOST_PASSED:
            known.clear()
        known.update((id(one), one) for one in entries)

    def renderer(self, chosen: Format) -> Renderer:
        """The renderer of a format."""
        if chosen.name not in self._renderers:
            self._renderers[chosen.name] = chosen.renderer()
        return self._renderers[chosen.name]


@dataclass(slots=True)
class Print:
    """One run of the press over the tree of a desk; `result` hears of everything. A `thorough` one looks into
    encodings; of entries that are shown it notes those that are `watched`, by their uids. `touched` says that a file
    was written with the bytes that it had."""

    press: Press
    config: Config
    standing: Standing
    result: Published
    now: datetime
    thorough: bool = False
    watched: frozenset[str] = frozenset()
    touched: bool = field(default=False, init=False)

    def feed(self, document: FeedDocument, chosen: Format, most: int | None) -> tuple[PublishedFile, Fit] | None:
        """Renders one feed in at most `most` bytes, checks it and puts it in place; None where it is not fit, so that
        the last good one stays. An entry that cannot be rendered is left out and named."""
        try:
            made = fit(document, self.press.renderer(chosen), most)
        except FeedInvalid as error:
            self.result.refused[document.path] = str(error)
            return None
        self.result.left_out |= made.left_out
        fault = self._fault(made, chosen)
        if fault is not None:
            self.result.refused[document.path] = fault
            return None
        if not self.write(document.path, made.data):
            return None
        self.result.good.add(document.path)
        if self.watched:
            self.result.shown.update(self.watched.intersection(entry.uid for entry in made.document.entries))
        held = len(made.document.entries)
        cut = held < len(document.entries) - len(made.left_out)
        return described(document.path, made.data, held, made.document.updated, cut=cut), made

    def _fault(self, made: Fit, chosen: Format) -> str | None:
        """The first rule of its format that a feed breaks. Atom keeps its verdicts by itself; of the others the entries
        that are new to the press are looked at, and that the whole can be read."""
        location = made.document.self_url
        if chosen.name == "atom":
            return _first_error(check_atom(made.data, location=location, now=self.now))
        if chosen.name not in CHECKED:
            return None
        fresh = self.press.fresh(chosen, made.document.entries)
        data = made.data
        if len(fresh) < len(made.document.entries):
            try:
                CHECKED[chosen.name](data)
            except (SyntaxError, ValueError) as error:
                return f"it cannot be read: {error}"
            data = self.press.renderer(chosen).render(replace(made.document, entries=fresh))
        fault = _first_error(check(data, location=location, now=self.now))
        if fault is None:
            self.press.passed(chosen, fresh)
        return fault

    def write(self, path: str, data: bytes) -> bool:
        """Replaces a file where its bytes differ, with its encodings; False where it cannot be written, which must not
        stop the others."""
        root, result = self.config.public, self.result
        try:
            if self._is_whole(path, data):
                return True
            # First, so that one that stands beside the file is never older than it.
            beside = encoded(data) if path not in UNENCODED else {}
            for ending in ENDINGS:
                if ending in beside:
                    write_atomic(root, path + ending, beside[ending], owed=result.owed)
                else:
                    remove(root, path + ending)
            if write_atomic(root, path, data, owed=result.owed):
                result.paths.append(path)
                _log.info("file replaced", path=path, bytes=len(data))
            else:
                touch(root, path)  # it was there; what stands beside it is not younger than it any more
                self.touched = True
        except OutputError as error:
            result.unwritable[path] = str(error)
            self._drop_encodings(path)
            return False
        return True

    def _drop_encodings(self, path: str) -> None:
        """Removes what may stand beside a file that could not be written, and hold something else."""
        for ending in ENDINGS:
            with suppress(OutputError):
                remove(self.config.public, path + ending)

    def _is_whole(self, path: str, data: bytes) -> bool:
        """Whether the file is there with these bytes, and its encodings are beside it."""
        beside = encodings_of(path, len(data))
        if self.standing.size(path) != len(data):
            return False
        # They are written first: one that is younger than its file is of a publish that was killed between the two.
        written = self.standing.written(path)
        if not all(0 < self.standing.written(path + ending) <= written for ending in beside):
            return False
        if any(self.standing.has(path + ending) for ending in ENDINGS if ending not in beside):
            return False
        if self.thorough and wrong_encodings(self.config.public, path, data):
            return False
        try:
            return (self.config.public / path).read_bytes() == data
        except OSError:  # it went meanwhile
            return False

    def take_away(self, path: str) -> bool:
        """Removes a file and its encodings; False where that cannot be done."""
        try:
            for ending in ENDINGS:
                remove(self.config.public, path + ending)
            if remove(self.config.public, path):
                self.result.paths.append(path)
        except OutputError as error:
            self.result.unwritable[path] = str(error)
            return False
        return True


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_mtime_ns, status.st_size, status.st_ino


def _first_error(findings: Sequence[Finding]) -> str | None:
    found = next((one for one in findings if one.severity == "error"), None)
    return None if found is None else f"{found.code}: {found.message}"


def encodings_of(path: str, size: int) -> tuple[str, ...]:
    """The endings of the encodings that stand beside a file of this size."""
    return () if size < SMALLEST or path in UNENCODED else ENDINGS


def lost(standing: Standing, said: Manifest, paths: Iterable[str]) -> set[str]:
    """Those of the paths that are not there as long as `said` says, with their encodings."""
    return standing.lost(said, paths, encodings_of)


def wrong_encodings(root: Path, path: str, data: bytes) -> list[str]:
    """The endings of encodings beside a file that do not hold its `data`, are missing, or should not be there."""
    meant = encodings_of(path, len(data))
    return [
        ending
        for ending in ENDINGS
        if (
            decoded(root / f"{path}{ending}", ending) != data
            if ending in meant
            else _is_there(root / f"{path}{ending}")
        )
    ]


def _is_there(path: Path) -> bool:
    return path.is_symlink() or path.exists()
