"""Documents of one poll beside its first: the sitemaps of an index, the next pages of a listing, an archive's pages."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from feeds.config import Source
from feeds.fetch import HttpError, host_of, related
from feeds.log import redact

SITEMAPS = 20
"""Sitemaps of an index, those of indexes in it included, that one poll asks for."""

DEPTH = 2
"""How far below an index they may be."""

ITEMS = 5000
"""Records of one poll after which nothing more is asked for."""


@dataclass(frozen=True, slots=True)
class Part:
    """One more document of a poll: one before its first (`earlier`), or one that is `depth` documents below it."""

    url: str
    earlier: bool = False
    depth: int = 1


class Further:
    """What the documents of one poll name that belongs to them, each once, of one site, and no more than is bearable.

    `is_index` says that the first document names all and says nothing itself, `warnings` what could not be read.
    """

    def __init__(self, url: str, source: Source) -> None:
        self._url = url
        self._is_sitemap = source.kind == "sitemap"
        self._most, self._deepest = (SITEMAPS, DEPTH) if self._is_sitemap else (source.pages - 1, source.pages)
        self._waiting: deque[Part] = deque()
        self._taken: set[str] = set()
        self._is_full = False
        self._named = {url}
        self._read = 0
        self.is_index = False
        self.warnings: list[str] = []

    def name(self, urls: Iterable[str], part: Part | None) -> None:
        """Takes what a document names: `part`, or the first one."""
        depth = 1 if part is None else part.depth + 1
        elsewhere = 0
        for url in urls:
            self.is_index = self.is_index or (part is None and self._is_sitemap)
            if len(self._named) > self._most or depth > self._deepest:
                break
            if not related(url, self._url):
                elsewhere += 1
            elif url not in self._named:
                self._named.add(url)
                self._waiting.append(Part(url, depth=depth))
        if elsewhere and not self._waiting:
            self.warnings.append(f"{redact(self._url)}: what it names is of another site, and is not asked for")

    def take(self, records: int) -> Part | None:
        """The next one to ask for, `records` being how many the poll has."""
        self._is_full = records >= ITEMS
        if self._is_full or not self._waiting:
            return None
        part = self._waiting.popleft()
        self._taken.add(part.url)
        return part

    def was_read(self, part: Part) -> None:
        """One was had, be it as it was."""
        self._taken.discard(part.url)
        self._read += 1

    def put_off(self, host: str) -> None:
        """Nothing more of `host` is asked for: it asked for that."""
        self._taken.update(part.url for part in self._waiting if host_of(part.url) == host)
        self._waiting = deque(part for part in self._waiting if part.url not in self._taken)

    def failed(self, part: Part, error: Exception) -> None:
        """One was not had, or not read; a later poll may have it, unless it is not there."""
        if isinstance(error, HttpError) and error.status in (404, 410):
            self._taken.discard(part.url)
        message, at = redact(str(error)), redact(part.url)
        self.warnings.append(message if at in message else f"{at}: {message}")

    @property
    def is_unread(self) -> bool:
        """Whether some of it is still to be had: it failed, or nobody came to ask for it."""
        return bool(self._taken) or (bool(self._waiting) and not self._is_full)

    @property
    def nothing_read(self) -> bool:
        """Whether an index led nowhere."""
        return self.is_index and not self._read and bool(self.warnings)
