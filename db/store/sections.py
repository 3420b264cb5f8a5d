"""Sections, and which of them owe a feed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from db.models import DirtySection, EntrySection, Section
from db.records import ALL_SECTIONS, SectionRecord


def every(connection: Connection) -> list[SectionRecord]:
    """All sections, in order of slug."""
    rows = connection.execute(select(Section.id, Section.slug, Section.name).order_by(Section.slug))
    return [SectionRecord(*row) for row in rows]


def counts(connection: Connection) -> dict[int, int]:
    """Section id -> number of its entries, duplicates included."""
    rows = connection.execute(
        select(EntrySection.section_id, func.count()).select_from(EntrySection).group_by(EntrySection.section_id)
    )
    return {row[0]: row[1] for row in rows}


def ensure(connection: Connection, names: Iterable[str], slug_of: Callable[[str], str]) -> dict[str, int]:
    """Ids of the sections `names`, those that are new being made; keys of the result are casefolded names.

    A slug that another section has gets the next free number.
    """
    wanted = {name.casefold(): name for name in sorted(names, reverse=True)}
    found = {row[0]: row[1] for row in connection.execute(select(Section.folded, Section.id))}
    slugs = set(connection.scalars(select(Section.slug)))
    for folded in sorted(set(wanted) - set(found)):
        slug = _free(slug_of(wanted[folded]), slugs)
        slugs.add(slug)
        made = connection.execute(
            insert(Section).values(slug=slug, name=wanted[folded], folded=folded).returning(Section.id)
        )
        found[folded] = made.scalar_one()
    return found


def _free(slug: str, taken: set[str]) -> str:
    if slug not in taken:
        return slug
    number = 2
    while f"{slug}-{number}" in taken:
        number += 1
    return f"{slug}-{number}"


def configured(connection: Connection, declared: Mapping[str, str | None]) -> bool:
    """True where every section of `config.toml` (name -> slug or None) is as it says."""
    found = {row.name: row.slug for row in connection.execute(select(Section.name, Section.slug))}
    return all(name in found and slug in (None, found[name]) for name, slug in declared.items())


def configure(connection: Connection, declared: Mapping[str, str | None], slug_of: Callable[[str], str]) -> None:
    """Makes the sections of `config.toml` (name -> its slug, or None for the usual one) and moves their slugs.

    The configured spelling of a name wins over the one that was met first, and a configured slug over a section that
    has it for want of another: that one gets the next free number.
    """
    ensure(connection, declared, lambda name: declared.get(name) or slug_of(name))
    for name, slug in declared.items():
        connection.execute(update(Section).where(Section.folded == name.casefold()).values(name=name))
        if slug is not None:
            _take_slug(connection, name.casefold(), slug)


def _take_slug(connection: Connection, folded: str, slug: str) -> None:
    found = {row.folded: row.slug for row in connection.execute(select(Section.folded, Section.slug))}
    holder = next((other for other, its in found.items() if its == slug and other != folded), None)
    moves = [(folded, slug)]
    if holder is not None:
        # No slug is a bare sign: it stands for none while two change places.
        moves = [(folded, ":"), (holder, _free(slug, set(found.values()) - {found[folded]})), (folded, slug)]
    for each, its in moves:
        connection.execute(update(Section).where(Section.folded == each).values(slug=its))


def mark(connection: Connection, ids: Iterable[int], now: datetime) -> None:
    """Notes that the feeds of these sections, and that of everything, are owed."""
    statement = insert(DirtySection)
    statement = statement.on_conflict_do_update(
        index_elements=[DirtySection.section_id], set_={"version": DirtySection.version + 1}
    )
    rows = [{"section_id": each, "version": 1, "since": now} for each in sorted({ALL_SECTIONS, *ids})]
    connection.execute(statement, rows)


def dirty(connection: Connection) -> dict[int, int]:
    """Section id -> version of the change that its feed owes; `ALL_SECTIONS` stands for the feed of everything."""
    return {row[0]: row[1] for row in connection.execute(select(DirtySection.section_id, DirtySection.version))}


def clean(connection: Connection, seen: Mapping[int, int]) -> None:
    """Forgets what a publish has seen; what changed meanwhile stays owed."""
    for section_id, version in seen.items():
        connection.execute(
            delete(DirtySection).where(DirtySection.section_id == section_id, DirtySection.version == version)
        )
