"""Which feeds the published tree has: all entries, each section, each saved filter; and of each the free ones alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from db.records import ALL_SECTIONS, Query, SectionRecord
from feeds.config import Config
from feeds.errors import UsageError

Choice = tuple[int | None, Query | None, bool]
"""What tells a feed's entries from another's: the section's id, the saved filter, and whether only free ones count."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Target:
    """One feed to be. `section` and `query` choose its entries, all of them where both are None; with `free` only those
    that everybody may read. `names` are what a person may call it. `stem` is its path without the suffix of a format.

    Each is equal to itself alone, and knows what it was asked for: there are thousands, in every publish.
    """

    stem: str
    key: str
    title: str
    free: bool = False
    section: SectionRecord | None = None
    query: Query | None = None
    names: tuple[str, ...] = ()

    @property
    def choice(self) -> Choice:
        return None if self.section is None else self.section.id, self.query, self.free

    @cached_property
    def section_id(self) -> int:
        """The section whose changes make it due; a saved filter may hold entries of any."""
        return ALL_SECTIONS if self.section is None else self.section.id

    @cached_property
    def archive(self) -> str | None:
        """The folder of its archive; None where it has none: what is free, or found, of all is in that of all."""
        if self.free or self.query is not None:
            return None
        if self.section is None:
            return "archive/all"
        # No slug has a dot: a section may be called "All".
        return f"archive/{self.section.slug}" if self.section.slug != "all" else "archive/all.section"

    @property
    def page(self) -> str:
        """The HTML page that it belongs to; the free ones belong to that of the whole."""
        return f"{self.stem.removesuffix('.free')}.html"

    def path(self, suffix: str) -> str:
        """Its file in the format with this suffix."""
        return f"{self.stem}.{suffix}"


def targets(config: Config, known: Sequence[SectionRecord]) -> list[Target]:
    """Every feed of the tree, in the order in which they are listed."""
    site = config.site.title
    titles = {section.name.casefold(): section.title for section in config.section}
    found = _pair("all", "all", site)
    for section in known:
        folded = section.name.casefold()
        # Neither slug nor name: a section that gets another must not make every entry new to a reader.
        key = f"section:{section.key}"
        title = f"{site}: {titles.get(folded) or section.name}"
        found += _pair(f"sections/{section.slug}", key, title, section=section, names=(section.slug, folded))
    for saved in config.saved:
        title = f"{site}: {saved.title or saved.name}"
        query = saved.chosen(config.site.zone)
        found += _pair(f"saved/{saved.name}", f"saved:{saved.name}", title, query=query, names=(saved.name,))
    return found


def _pair(
    stem: str,
    key: str,
    title: str,
    *,
    section: SectionRecord | None = None,
    query: Query | None = None,
    names: tuple[str, ...] = (),
) -> list[Target]:
    """The feed of all and the feed of what is free."""
    whole = Target(stem=stem, key=key, title=title, section=section, query=query, names=names)
    free = Target(
        stem=f"{stem}.free",
        key=f"{key}:free",
        title=f"{title} (free)",
        free=True,
        section=section,
        query=query,
        names=names,
    )
    return [whole, free]


def named(known: Sequence[Target], names: Sequence[str]) -> set[str]:
    """Stems of the feeds that a person named. Raises `UsageError` for a name that none has."""
    wanted: set[str] = set()
    for name in names:
        stems = {each.stem for each in known if name in each.names or name.casefold() in each.names}
        if not stems:
            raise UsageError(f"no section or saved filter is named \"{name}\"; see 'feeds sections list'")
        wanted |= stems
    return wanted
