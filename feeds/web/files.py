"""The published files in memory, in every coding that they are kept in, with answers that are ready to be sent.

Every request costs one `stat`, so that a file that was replaced is served from the next request on. What is not a
published file is none here, whatever the path tries.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import re
import stat
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # ships no types
import zstandard

from feeds import log
from feeds.web.answers import Headers, Prepared, Ready
from feeds.web.negotiation import IDENTITY, SUFFIXES, learn, remembered, shortest_first

CACHE_BYTES = 64_000_000
"""Most bytes of files kept in memory, all codings counted: about 200 sections' feeds with room to spare."""

GZIP_LEVEL = 6
"""1.4 ms for a feed of 60 kB, once a version that the publisher left uncompressed."""

LOOK_AGAIN = 5.0
"""Seconds after which compressed files that were missing, or of another version, are looked for again."""

GONE = "gone"
"""Folder of empty files that say which paths were published once."""

_SMALLEST_ZIPPED = 256

_TOLD_EVERY = 60.0
_log = log.get(__name__)

# One dot-less start and no percent sign: nothing hidden, temporary, above the tree, or spelled in two ways.
_PATH = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,199}/){0,8}[A-Za-z0-9_][A-Za-z0-9._-]{0,199}", re.ASCII)


class Unreadable(Exception):
    """A file is there and cannot be read now, as when descriptors run out, and nothing of it is in memory."""


@dataclass(frozen=True, slots=True)
class Coded:
    """One version in one coding, and its answers: whole, and for who has it already."""

    etag: bytes
    whole: Ready
    same: Ready


@dataclass(slots=True)
class Version:
    """One version of one document with everything that does not depend on who asks. `complete` where every coding that
    a publisher writes is there, `looked` when they were looked for (seconds); `cost` is in bytes."""

    path: str
    stamp: tuple[int, ...]
    modified: datetime | None
    codings: Mapping[str, Coded]
    sizes: Mapping[str, int]
    complete: bool
    looked: float
    _chosen: dict[bytes | None, str | None] = field(init=False)

    def __post_init__(self) -> None:
        self._chosen = remembered(shortest_first(self.sizes))

    @property
    def cost(self) -> int:
        return sum(self.sizes.values())

    def coded(self, accepted: bytes | None) -> Coded | None:
        """The coding for a client that sends `accepted`; None where there is none that it takes."""
        try:
            name = self._chosen[accepted]
        except KeyError:
            name = learn(self._chosen, accepted, self.sizes)
        return None if name is None else self.codings[name]


def versions(
    bodies: Mapping[str, bytes], tag: str, headers: Headers, media_type: str, modified: datetime | None
) -> dict[str, Coded]:
    """Answers of one document in the codings of `bodies`. `headers` are what 200 and 304 both say; `tag` names the
    content, and each coding gets an ETag of its own of it."""
    usual = list(headers)
    if modified is not None:
        usual.append((b"last-modified", format_datetime(modified, usegmt=True).encode()))
    found = {}
    for name, body in bodies.items():
        etag = f'"{tag}"' if name == IDENTITY else f'"{tag}-{name}"'
        shared = [*usual, (b"etag", etag.encode())]
        whole = [(b"content-type", media_type.encode()), (b"content-length", b"%d" % len(body)), *shared]
        if name != IDENTITY:
            whole.append((b"content-encoding", name.encode()))
        found[name] = Coded(
            etag=etag.encode(),
            whole=Ready(Prepared.of(200, whole), body),
            same=Ready(Prepared.of(304, shared), b""),
        )
    return found


def is_path(name: str) -> bool:
    """Whether `name` ("sections/sea.atom") is written as the path of a published document is, the one way there is."""
    return _PATH.fullmatch(name) is not None


def named(data: bytes) -> str:
    """What an ETag calls this content."""
    return hashlib.sha256(data).hexdigest()[:32]


def zipped(data: bytes) -> bytes | None:
    """The same in gzip, always the same bytes; None where that would not be shorter."""
    if len(data) < _SMALLEST_ZIPPED:
        return None
    made = gzip.compress(data, GZIP_LEVEL, mtime=0)
    return made if len(made) < len(data) else None


class Tree:
    """The files below `root` that have a media type, the latest asked for kept in memory up to `most` bytes.

    `headers` says what answers with a file say beside the usual; `now` counts seconds.
    """

    def __init__(
        self,
        root: Path,
        media_type: Callable[[str], str | None],
        headers: Callable[[str], Headers],
        *,
        most: int = CACHE_BYTES,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = root
        self._media_type = media_type
        self._headers = headers
        self._kept: OrderedDict[str, Version] = OrderedDict()
        self._bytes = 0
        self._most = most
        self._now = now
        self._told = -math.inf

    def version(self, path: str) -> Version | None:
        """The file at `path` ("/all.atom") as it is now, or as it was where it cannot be read now; None where there is
        none to show.

        Raises `Unreadable` where it was not read before, either.
        """
        kept = self._kept.get(path)
        if kept is None:
            name = path[1:]
            if path[:1] != "/" or not is_path(name):
                return None
            file = f"{self._root}/{name}"
        else:
            name, file = path[1:], kept.path
        try:
            stamp = _stamp(os.stat(file))
            if kept is None or kept.stamp != stamp or not (kept.complete or self._now() < kept.looked + LOOK_AGAIN):
                kept = self._load(name)
                self._forget(path)
                self._keep(path, kept)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            self._forget(path)
            return None
        except (OSError, ValueError, OverflowError) as error:
            self._tell(name, error)
            if kept is None:
                raise Unreadable(name) from error
            return kept
        self._kept.move_to_end(path)
        return kept

    def _tell(self, name: str, error: Exception) -> None:
        """Logs that a file cannot be read, not at every request."""
        if self._now() >= self._told + _TOLD_EVERY:
            self._told = self._now()
            _log.warning("published file not read", file=name, error=str(error))

    def gone(self, path: str) -> bool:
        """Whether `path` was published once and is gone for good."""
        name = path[1:]
        try:
            return path[:1] == "/" and is_path(name) and stat.S_ISREG(os.lstat(self._inside(f"{GONE}/{name}")).st_mode)
        except (OSError, ValueError):
            return False

    def _inside(self, name: str) -> Path:
        """Where the file `name` lies; raises `FileNotFoundError` where that is outside the tree."""
        path = self._root / name
        if not path.resolve().is_relative_to(self._root.resolve()):
            raise FileNotFoundError(name)
        return path

    def _load(self, name: str) -> Version:
        """Reads the file `name`. Raises `FileNotFoundError` for what is none or lies outside the tree."""
        media_type = self._media_type(name)
        if media_type is None or name.startswith(f"{GONE}/"):
            raise FileNotFoundError(name)
        path = self._inside(name)
        looked = self._now()
        status, data = _read(path)
        bodies = {IDENTITY: data}
        for coding, suffix in SUFFIXES.items():
            try:
                bodies[coding] = _read(self._inside(name + suffix), most=len(data) + 1024)[1]
            except (OSError, ValueError):
                continue
            # The publisher replaces one file after the other, and so they may be of two versions.
            if _opened(coding, bodies[coding], len(data)) != data:
                del bodies[coding]
        # The publisher compresses nothing that is so small.
        complete = len(bodies) == 1 + len(SUFFIXES) or len(data) < _SMALLEST_ZIPPED
        if "gzip" not in bodies and (small := zipped(data)) is not None:
            bodies["gzip"] = small
        modified = datetime.fromtimestamp(status.st_mtime_ns // 1_000_000_000, UTC)
        return Version(
            path=str(path),
            stamp=_stamp(status),
            modified=modified,
            codings=versions(bodies, named(data), self._headers(name), media_type, modified),
            sizes={coding: len(body) for coding, body in bodies.items()},
            complete=complete,
            looked=looked,
        )

    def _keep(self, path: str, version: Version) -> None:
        self._kept[path] = version
        self._bytes += version.cost
        while self._bytes > self._most and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].cost

    def _forget(self, path: str) -> None:
        if (kept := self._kept.pop(path, None)) is not None:
            self._bytes -= kept.cost


def _read(path: Path, most: int | None = None) -> tuple[os.stat_result, bytes]:
    """A regular file, of `most` bytes. Raises `FileNotFoundError` for anything else, `ValueError` for a longer one."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise FileNotFoundError(path)
        data = file.read(-1 if most is None else most + 1)
    if most is not None and len(data) > most:
        raise ValueError(path)
    return status, data


def _opened(coding: str, body: bytes, size: int) -> bytes | None:
    """What `body` holds where that is whole and `size` bytes long; None else. Never makes many more than these."""
    try:
        if coding == "gzip":
            gzipped = zlib.decompressobj(wbits=31)
            data = gzipped.decompress(body, size + 1)
            return data if gzipped.eof and not gzipped.unused_data else None
        if coding == "zstd":
            # Only a frame that says its size is opened into no more than that; the publisher's do.
            if zstandard.frame_content_size(body) != size:
                return None
            return zstandard.ZstdDecompressor().decompress(body, allow_extra_data=False)
        stream = brotli.Decompressor()
        data = more = stream.process(body, output_buffer_limit=size + 1)
        while more and len(data) <= size:  # it gives what it holds in pieces of its own choice
            data += (more := stream.process(b"", output_buffer_limit=size + 1 - len(data)))
        return data if stream.is_finished() else None
    except (zlib.error, zstandard.ZstdError, brotli.error):
        return None


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    """What changes when a file is replaced or edited; the i-node, because time and size alone can agree."""
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev
