"""`manifest.json`: what the last publish wrote, and by which settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

NAME = "manifest.json"
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One file of the tree: its length in bytes, its number of entries, and the time of the newest of them."""

    path: str
    sha256: str
    size: int
    entries: int
    updated: str

    @property
    def moment(self) -> datetime:
        """`updated` as a time."""
        return datetime.strptime(self.updated, _TIME).replace(tzinfo=UTC)


def described(path: str, data: bytes, entries: int, updated: datetime) -> PublishedFile:
    """What the manifest says of a file with the content `data`."""
    return PublishedFile(path, sha256(data).hexdigest(), len(data), entries, updated.strftime(_TIME))


def read(root: Path) -> tuple[str, dict[str, PublishedFile]]:
    """The settings of the last publish and its files by path; nothing where there was none or it is unreadable."""
    try:
        said = json.loads((root / NAME).read_bytes())
        files = {line["path"]: PublishedFile(**line) for line in said["files"]}
        for file in files.values():
            _ = file.moment
        return str(said["settings"]), files
    except (OSError, ValueError, TypeError, KeyError):
        return "", {}


def render(settings: str, files: Mapping[str, PublishedFile]) -> bytes:
    """The manifest as bytes, its files in order of path."""
    lines = [asdict(file) for _path, file in sorted(files.items())]
    return json.dumps({"settings": settings, "files": lines}, indent=1).encode() + b"\n"


def stands(root: Path, file: PublishedFile | None) -> bool:
    """True where a file that the manifest names is there, as long as it was."""
    if file is None:
        return False
    try:
        return (root / file.path).stat().st_size == file.size
    except OSError:
        return False
