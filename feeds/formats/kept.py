"""What was made of entries, kept for the other feeds of a run that show them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from feeds.formats import PublicEntry

Site = TypeVar("Site", bound=Hashable)
Made = TypeVar("Made")


class Kept(Generic[Site, Made]):
    """At most `most` things that were made of an entry for a site: what they depend on beside the entry."""

    def __init__(self, make: Callable[[PublicEntry, Site], Made], most: int = 10_000) -> None:
        self._make = make
        self._most = most
        # By identity, which the kept entry holds fast: hashing an entry costs as much as a tenth of rendering it.
        self._kept: dict[tuple[int, Site], tuple[PublicEntry, Made]] = {}

    def of(self, entry: PublicEntry, site: Site) -> Made:
        """What `make` makes of `entry`, made once."""
        key = (id(entry), site)
        kept = self._kept.get(key)
        if kept is not None:
            return kept[1]
        if len(self._kept) >= self._most:
            self._kept.clear()
        made = self._make(entry, site)
        self._kept[key] = (entry, made)
        return made
