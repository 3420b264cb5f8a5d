"""`manifest.json`: what the last publish wrote, and by which settings.

A line for each file, read as it is asked for: a desk with a thousand sections has ten thousand files, of which a
publish changes ten.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from feeds.errors import OutputError

NAME = "manifest.json"
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_HEAD = re.compile(r'\{"settings": "([0-9a-f]*)", "files": \[')
_LINE = re.compile(
    r'\{"path": "([^"\\]+)", "size": (\d+), "sha256": "[0-9a-f]{64}", "entries": \d+, '
    r'"updated": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "cut": (?:true|false)\}'
)
_TAIL = "]}"


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One file of the tree: its length in bytes, its number of entries, the time of the newest of them, and whether it
    was `cut`: `max_bytes` left no room for more."""

    path: str
    size: int
    sha256: str
    entries: int
    updated: str
    cut: bool = False

    @property
    def moment(self) -> datetime:
        """`updated` as a time."""
        return datetime.strptime(self.updated, _TIME).replace(tzinfo=UTC)


def described(path: str, data: bytes, entries: int, updated: datetime, *, cut: bool = False) -> PublishedFile:
    """What the manifest says of a file with the content `data`."""
    return PublishedFile(path, len(data), sha256(data).hexdigest(), entries, updated.strftime(_TIME), cut)


class Manifest(Mapping[str, PublishedFile]):
    """The files of the tree by path. `settings` is a digest of what they were published by."""

    def __init__(self, settings: str = "") -> None:
        self.settings = settings
        self._lines: dict[str, str] = {}

    def __getitem__(self, path: str) -> PublishedFile:
        return PublishedFile(**json.loads(self._lines[path]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, path: object) -> bool:
        return path in self._lines

    def size(self, path: str) -> int | None:
        """The length of a file in bytes; None where it is not one of them."""
        line = self._lines.get(path)
        # Cut out, not parsed: this is asked of thousands of files in every publish.
        return int(line[line.index('"size": ') + 8 :].partition(",")[0]) if line is not None else None

    def lacks(self, paths: Iterable[str]) -> set[str]:
        """Those of the paths of which this says nothing."""
        return {path for path in paths if path not in self._lines}

    def with_only(self, settings: str, wanted: Callable[[str], bool]) -> Manifest:
        """What this says of the files that are `wanted`, published by other settings."""
        made = Manifest(settings)
        made._lines = {path: line for path, line in self._lines.items() if wanted(path)}
        return made

    def put(self, file: PublishedFile) -> None:
        """Says of a file that it is there, in place of what was said of it before."""
        self._lines[file.path] = json.dumps(asdict(file))

    def keep(self, other: Manifest, path: str) -> None:
        """Says of a file what `other` says, nothing where that says nothing."""
        if path in other._lines:
            self._lines[path] = other._lines[path]

    def drop(self, path: str) -> None:
        """Says no more of a file."""
        self._lines.pop(path, None)

    def changed_since(self, former: Manifest) -> list[str]:
        """The paths of which this says something else than `former`, or which it names no more, in order."""
        paths = self._lines.keys() | former._lines.keys()
        return sorted(path for path in paths if self._lines.get(path) != former._lines.get(path))

    def render(self) -> bytes:
        """The manifest as bytes, its files in order of path."""
        lines = ",\n".join(self._lines[path] for path in sorted(self._lines))
        return f'{{"settings": "{self.settings}", "files": [\n{lines}\n{_TAIL}\n'.encode()


def told(root: Path) -> Manifest:
    """What the last publish wrote, for people to be told of; nothing where there was none.

    Raises `OutputError` where nobody can tell: the folder, or the manifest in it, cannot be read, or that is none.
    """
    try:
        found = _parsed((root / NAME).read_bytes())
    except FileNotFoundError:
        return Manifest()
    except OSError as error:
        raise OutputError(f"{root / NAME}: cannot be read: {error.strerror}") from error
    if found is None:
        raise OutputError(f"{root / NAME}: is no manifest; 'feeds publish' writes it anew")
    return found


def read(root: Path) -> Manifest:
    """The same for those who write: nothing, too, where it is unreadable."""
    try:
        data = (root / NAME).read_bytes()
    except OSError:
        return Manifest()
    found = _parsed(data)
    return Manifest() if found is None else found


def _parsed(data: bytes) -> Manifest | None:
    """The manifest that a file holds; None where it holds anything else."""
    try:
        text = data.decode()
    except ValueError:
        return None
    found = _of_lines(text)
    return _of_json(text) if found is None else found


def _of_lines(text: str) -> Manifest | None:
    """The manifest as `render` writes it; None for any other."""
    head, *lines = text.split("\n")
    said = _HEAD.fullmatch(head)
    if said is None or lines[-2:] != [_TAIL, ""]:
        return None
    made = Manifest(said[1])
    for line in filter(None, lines[:-2]):
        line = line.removesuffix(",")
        found = _LINE.fullmatch(line)
        if found is None:
            return None
        made._lines[found[1]] = line
    return made


def _of_json(text: str) -> Manifest | None:
    """The same as somebody else may have laid it out; None where it says anything else."""
    try:
        said = json.loads(text)
        made = Manifest(str(said["settings"]))
        for file in said["files"]:
            made.put(PublishedFile(**file))
    except (ValueError, TypeError, KeyError):
        return None
    return made if all(_LINE.fullmatch(line) for line in made._lines.values()) else None


class Standing:
    """What is in the tree. A folder that was asked for as a whole (`lost`, `listed`) is as it was then; of others each
    file is asked for by itself."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders: dict[str, dict[str, os.DirEntry[str]]] = {}

    def lost(self, said: Manifest, paths: Iterable[str], beside: Callable[[str, int], tuple[str, ...]]) -> set[str]:
        """Those of the paths that are not there as long as `said` says, or without what is to stand `beside` a path
        of that length: endings of names. A loop of its own: it is asked of every file of the tree in every publish."""
        found = set()
        # A file that is younger than the manifest is not the one that it speaks of, however long it is: a publish was
        # killed, or somebody wrote into it.
        made = self.written(NAME)
        for path in paths:
            size = said.size(path)
            folder, _, name = path.rpartition("/")
            there = self._folders.get(folder)
            if there is None:
                there = self.listed(folder)
            entry = there.get(name)
            if size is None or entry is None or any(name + ending not in there for ending in beside(path, size)):
                found.add(path)
                continue
            try:
                status = entry.stat(follow_symlinks=False)
                if status.st_size != size or status.st_mtime_ns > made:
                    found.add(path)
            except OSError:
                found.add(path)
        return found

    def stamp(self, folders: Iterable[str]) -> dict[str, int]:
        """When something was last put into these folders, or taken away, as their file system counts: what is alike
        has the same files. Not asked once, but now."""
        stamps = {}
        for folder in folders:
            try:
                stamps[folder] = os.stat(self._root / folder).st_mtime_ns
            except OSError:
                stamps[folder] = 0
        return stamps

    def size(self, path: str) -> int | None:
        """The length of a file in bytes; None where there is none."""
        status = self._status(path)
        return status.st_size if status is not None and stat.S_ISREG(status.st_mode) else None

    def written(self, path: str) -> int:
        """When a file was last written, in nanoseconds; 0 where there is none."""
        status = self._status(path)
        return 0 if status is None else status.st_mtime_ns

    def moment(self, path: str) -> datetime | None:
        """The same as a time; None where there is none."""
        written = self.written(path)
        return datetime.fromtimestamp(written / 1e9, UTC) if written else None

    def has(self, path: str) -> bool:
        """Whether there is something of that name."""
        return self._status(path) is not None

    def _status(self, path: str) -> os.stat_result | None:
        folder, _, name = path.rpartition("/")
        there = self._folders.get(folder)
        try:
            return os.lstat(self._root / path) if there is None else there[name].stat(follow_symlinks=False)
        except (KeyError, OSError):
            return None

    def folders(self) -> list[str]:
        """The folders that were listed."""
        return sorted(self._folders)

    def listed(self, folder: str) -> dict[str, os.DirEntry[str]]:
        """What is in a folder, by name; nothing where there is no such folder."""
        if folder not in self._folders:
            try:
                with os.scandir(self._root / folder) as found:
                    self._folders[folder] = {each.name: each for each in found}
            except OSError:
                self._folders[folder] = {}
        return self._folders[folder]
