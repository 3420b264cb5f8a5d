"""The press: renders documents in their formats, checks them, and puts them in place with their encodings.

One lives as long as its process: formats are loaded once, and an entry that has not changed is not rendered again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from feeds import log
from feeds.config import Config
from feeds.encodings import ENDINGS, SMALLEST, decoded, encoded
from feeds.errors import FeedInvalid, OutputError
from feeds.fit import Fit, fit
from feeds.formats import FeedDocument, Format, Renderer, load
from feeds.manifest import Manifest, PublishedFile, Standing, described
from feeds.output import remove, write_atomic
from feeds.showing import Memory
from feeds.validate import check, check_atom

UNENCODED = frozenset({"manifest.json"})
"""Files that stand alone: this one is read by us, and changes with every other."""

CHECKED = frozenset({"rss", "json"})
"""Formats beside Atom that there are rules for."""

_log = log.get("publish")


@dataclass(slots=True, kw_only=True)
class Published:
    """What a publish did: `paths` were replaced, of `feeds` rendered, `good` of which hold `shown` entries.

    `left_out` are entries that could not be rendered, `refused` feeds that broke a rule of their format, `unwritable`
    files that could not be replaced, each with the reason. `removed` are those of the `paths` that are gone. `owed` are
    folders that are not on the disk yet.
    """

    paths: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    feeds: int = 0
    left_out: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    unwritable: dict[str, str] = field(default_factory=dict)
    good: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    owed: set[Path] = field(default_factory=set)


@dataclass(slots=True)
class Press:
    """Formats and what their renderers keep from one publish to the next."""

    memory: Memory = field(default_factory=Memory)
    _formats: dict[str, Format] = field(default_factory=dict)
    _renderers: dict[str, Renderer] = field(default_factory=dict)

    def formats(self, names: Sequence[str]) -> list[Format]:
        """These formats. Raises `ConfigError` for one that there is not."""
        for name in names:
            if name not in self._formats:
                self._formats[name] = load(name)
        return [self._formats[name] for name in names]

    def renderer(self, chosen: Format) -> Renderer:
        """The renderer of a format."""
        if chosen.name not in self._renderers:
            self._renderers[chosen.name] = chosen.renderer()
        return self._renderers[chosen.name]


@dataclass(slots=True)
class Print:
    """One run of the press over the tree of a desk; `result` hears of everything."""

    press: Press
    config: Config
    standing: Standing
    result: Published
    now: datetime

    def feed(self, document: FeedDocument, chosen: Format, most: int | None) -> tuple[PublishedFile, Fit] | None:
        """Renders one feed in at most `most` bytes, checks it and puts it in place; None where it is not fit, so that
        the last good one stays. An entry that cannot be rendered is left out and named."""
        self.result.feeds += 1
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
        self.result.shown.update(entry.uid for entry in made.document.entries)
        return described(document.path, made.data, len(made.document.entries), made.document.updated), made

    def _fault(self, made: Fit, chosen: Format) -> str | None:
        """The first rule of its format that a feed breaks."""
        if chosen.name == "atom":
            findings = check_atom(made.data, location=made.document.self_url, now=self.now)
        elif chosen.name in CHECKED:
            findings = check(made.data, location=made.document.self_url, now=self.now)
        else:
            return None
        found = next((one for one in findings if one.severity == "error"), None)
        return None if found is None else f"{found.code}: {found.message}"

    def write(self, path: str, data: bytes) -> bool:
        """Replaces a file where its bytes differ, with its encodings; False where it cannot be written, which must not
        stop the others."""
        root, result = self.config.public, self.result
        try:
            if path not in UNENCODED and not self._is_whole(path, data):
                # First, so that one that stands beside the file is never older than it.
                beside = encoded(data)
                for ending in ENDINGS:
                    if ending in beside:
                        write_atomic(root, path + ending, beside[ending], owed=result.owed)
                    else:
                        remove(root, path + ending)
            if write_atomic(root, path, data, owed=result.owed):
                result.paths.append(path)
                _log.info("file replaced", path=path, bytes=len(data))
        except OutputError as error:
            result.unwritable[path] = str(error)
            return False
        return True

    def _is_whole(self, path: str, data: bytes) -> bool:
        """Whether the file is there with these bytes, and its encodings are beside it."""
        if self.standing.size(path) != len(data) or not is_encoded(self.standing, path, len(data)):
            return False
        return (self.config.public / path).read_bytes() == data

    def take_away(self, path: str) -> bool:
        """Removes a file and its encodings; False where that cannot be done."""
        try:
            for ending in ENDINGS:
                remove(self.config.public, path + ending)
            if remove(self.config.public, path):
                self.result.paths.append(path)
                self.result.removed.append(path)
        except OutputError as error:
            self.result.unwritable[path] = str(error)
            return False
        return True


def stands(standing: Standing, said: Manifest, path: str) -> bool:
    """True where a file is there as long as `said` says, with its encodings."""
    size = said.size(path)
    return size is not None and standing.size(path) == size and is_encoded(standing, path, size)


def is_encoded(standing: Standing, path: str, size: int) -> bool:
    """True where all encodings that a file of this size has are beside it."""
    return size < SMALLEST or path in UNENCODED or all(standing.has(path + ending) for ending in ENDINGS)


def wrong_encodings(root: Path, path: str, data: bytes) -> list[str]:
    """The endings of encodings beside a file that do not hold its `data`, or are missing."""
    if path in UNENCODED or len(data) < SMALLEST:
        return []
    return [ending for ending in ENDINGS if decoded(root / f"{path}{ending}", ending) != data]
