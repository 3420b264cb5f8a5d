"""Documents from the local disk: one file, or every `*.txt` below a folder.

A listing costs a `stat` a file, so that unchanged documents are never read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from feeds.config import Poll
from feeds.errors import FetchError
from feeds.model import Document


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A document on disk, not yet read. `size` is bytes, `mtime_ns` nanoseconds since 1970.

    `name` is relative to the folder that was listed, with `/` between its parts; for a single file its own name.
    """

    name: str
    path: Path
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A document that is there and cannot be had; the others of its folder go on."""

    name: str
    error: FetchError


def list_local(path: Path) -> list[LocalFile | Unreadable]:
    """The documents at `path`, in order of their names.

    In a folder: every `*.txt` at any depth. Left out are READMEs, hidden files and folders, and symbolic links that
    lead out of it; linked folders are not entered. Raises `FetchError` where nothing is at `path`.
    """
    if not os.path.lexists(path):
        raise FetchError(f"{path}: no such file or folder")
    if not path.is_dir():
        return [_look(path.name, path)]
    root = path.resolve()
    found: list[LocalFile | Unreadable] = []
    for folder, folders, files in os.walk(root, onerror=lambda error: found.append(_no_folder(root, error))):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in (*files, *folders):
            file = Path(folder, name)
            if _wanted(name) and (not file.is_symlink() or Path(os.path.realpath(file)).is_relative_to(root)):
                found.append(_look(_name(file, root), file))
    return sorted(found, key=lambda each: each.name)


def read_file(file: LocalFile, settings: Poll, *, now: datetime) -> Document:
    """The bytes of `file`, as of its modification time. Raises `FetchError`."""
    if file.size > settings.max_bytes:
        raise _too_big(file, settings)
    try:
        descriptor = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        with open(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FetchError(f"{file.path}: not a regular file")
            data = stream.read(settings.max_bytes + 1)
    except OSError as error:
        raise _cannot_read(file.path, error) from error
    if len(data) > settings.max_bytes:
        raise _too_big(file, settings)
    try:
        as_of = datetime.fromtimestamp(file.mtime_ns // 1_000_000_000, UTC)
    except (ValueError, OverflowError, OSError):
        as_of = now  # the file system can tell years that datetime cannot
    return Document(name=file.name, data=data, as_of=as_of, fetched_at=now)


def read_local(path: Path, settings: Poll, *, now: datetime) -> Iterator[Document | Unreadable]:
    """Reads every document at `path`. Raises `FetchError` where nothing is there."""
    for found in list_local(path):
        if isinstance(found, Unreadable):
            yield found
            continue
        try:
            yield read_file(found, settings, now=now)
        except FetchError as error:
            yield Unreadable(found.name, error)


def _wanted(name: str) -> bool:
    lower = name.lower()
    return lower.endswith(".txt") and not lower.startswith((".", "readme"))


def _name(file: Path, root: Path) -> str:
    """The name relative to `root`, as text that every database takes: bytes that are no UTF-8 are written out."""
    return os.fsencode(file.relative_to(root).as_posix()).decode("utf-8", "backslashreplace")


def _look(name: str, path: Path) -> LocalFile | Unreadable:
    try:
        status = path.stat()
    except OSError as error:
        return Unreadable(name, _cannot_read(path, error))
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a special file"
        return Unreadable(name, FetchError(f"{path}: {kind}, not a document"))
    return LocalFile(name, path, status.st_size, status.st_mtime_ns)


def _no_folder(root: Path, error: OSError) -> Unreadable:
    folder = Path(error.filename)
    return Unreadable(_name(folder, root), _cannot_read(folder, error))


def _cannot_read(path: Path, error: OSError) -> FetchError:
    return FetchError(f"{path}: cannot be read: {error.strerror}")


def _too_big(file: LocalFile, settings: Poll) -> FetchError:
    return FetchError(f"{file.path}: more than {settings.max_bytes:,} bytes (max_bytes in [poll])")
