"""Sections, and which of them owe a feed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, extract, func, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from db import index
from db.models import DirtyMonth, DirtySection, Entry, EntrySection, Item, Section, Withdrawal
from db.records import ALL_SECTIONS, OwedMonth, Place, SectionRecord, month_of

BATCH = 500
"""Entries whose names of sections are replaced at once: what is held in memory does not grow with a section."""


def every(connection: Connection) -> list[SectionRecord]:
    """All sections, in order of slug."""
    rows = connection.execute(select(Section.id, Section.slug, Section.name, Section.key).order_by(Section.slug))
    return [SectionRecord(*row) for row in rows]


def is_there(connection: Connection, name: str) -> bool:
    """Whether there is a section of this name, without regard to case, or of this slug."""
    wanted = or_(Section.folded == name.casefold(), Section.slug == name)
    return connection.scalar(select(Section.id).where(wanted).limit(1)) is not None


def counts(connection: Connection) -> dict[int, int]:
    """Section id -> number of its entries, duplicates included, without those that were taken back."""
    rows = connection.execute(select(Section.id, Section.entries).where(Section.entries > 0))
    found = {row[0]: row[1] for row in rows}
    # Few were taken back. With the 0 no index has it: SQLite would walk all entries of all sections, in their order.
    section = EntrySection.section_id + 0
    gone = EntrySection.entry_id.in_(select(Withdrawal.entry_id))
    withdrawn = connection.execute(select(section, func.count()).where(gone).group_by(section))
    for section_id, count in withdrawn:
        found[section_id] -= count
    return found


def ensure(connection: Connection, names: Iterable[str], slug_of: Callable[[str], str]) -> dict[str, int]:
    """Ids of the sections `names`, those that are new being made; keys of the result are casefolded names.

    A slug that another section has gets the next free number.
    """
    wanted = {name.casefold(): name for name in sorted(names, reverse=True)}
    found = {row[0]: row[1] for row in connection.execute(select(Section.folded, Section.id))}
    missing = sorted(set(wanted) - set(found))
    slugs = set(connection.scalars(select(Section.slug)))
    keys = set(connection.scalars(select(Section.key))) if missing else set()
    for folded in missing:
        slug, key = _free(slug_of(wanted[folded]), slugs), _key(folded, keys)
        slugs.add(slug)
        keys.add(key)
        made = connection.execute(
            insert(Section).values(slug=slug, name=wanted[folded], folded=folded, key=key).returning(Section.id)
        )
        found[folded] = made.scalar_one()
    return found


def _key(folded: str, taken: set[str]) -> str:
    """What the ids of a section's feeds are made of: 16 hex digits, of its name, which another may have had before."""
    key = blake2b(folded.encode(), digest_size=8).hexdigest()
    while key in taken:
        key = blake2b(key.encode(), digest_size=8).hexdigest()
    return key


def _free(slug: str, taken: set[str]) -> str:
    if slug not in taken:
        return slug
    number = 2
    while f"{slug}-{number}" in taken:
        number += 1
    return f"{slug}-{number}"


def configured(connection: Connection, declared: Mapping[str, str | None], former: Mapping[str, Sequence[str]]) -> bool:
    """True where every section of `config.toml` (name -> slug or None) is as it says, and none goes by a `former` name
    (name -> names that it had)."""
    found = {row.name: row.slug for row in connection.execute(select(Section.name, Section.slug))}
    olds = {old.casefold() for names in former.values() for old in names}
    return all(name in found and slug in (None, found[name]) for name, slug in declared.items()) and not (
        olds and any(name.casefold() in olds for name in found)
    )


def configure(
    connection: Connection,
    declared: Mapping[str, str | None],
    former: Mapping[str, Sequence[str]],
    slug_of: Callable[[str], str],
    now: datetime,
) -> None:
    """Makes the sections of `config.toml` (name -> its slug, or None for the usual one) and moves their slugs.

    The configured spelling of a name wins over the one that was met first, and a configured slug over a section that
    has it for want of another: that one gets the next free number. A section that goes by a `former` name (name ->
    names that it had) gets its new one, and keeps its feed, id and files; where there is one of the new name, its
    entries move there and it is gone.
    """
    for name, olds in former.items():
        for old in olds:
            _rename(connection, old.casefold(), name, now)
    ensure(connection, declared, lambda name: declared.get(name) or slug_of(name))
    for name, slug in declared.items():
        connection.execute(update(Section).where(Section.folded == name.casefold()).values(name=name))
        if slug is not None:
            _take_slug(connection, name.casefold(), slug)


def _rename(connection: Connection, old: str, name: str, now: datetime) -> None:
    """Lets the section that is called `old` (casefolded), if there is one, be called `name`, or be part of it."""
    folded = name.casefold()
    ids = {row[0]: row[1] for row in connection.execute(select(Section.folded, Section.id)) if row[0] in (old, folded)}
    if old not in ids:
        return
    section_id, target_id = ids[old], ids.get(folded, ids[old])
    _rename_in_entries(connection, section_id, old, name)
    if target_id == section_id:
        connection.execute(update(Section).where(Section.id == section_id).values(name=name, folded=folded))
    else:
        standing = select(literal(target_id), EntrySection.entry_id, EntrySection.sorted_at, EntrySection.place)
        connection.execute(
            insert(EntrySection)
            .from_select(
                ["section_id", "entry_id", "sorted_at", "place"], standing.where(EntrySection.section_id == section_id)
            )
            .on_conflict_do_nothing()
        )
        connection.execute(delete(EntrySection).where(EntrySection.section_id == section_id))
        for owed in (DirtySection, DirtyMonth):
            connection.execute(delete(owed).where(owed.section_id == section_id))
        connection.execute(delete(Section).where(Section.id == section_id))
        stand = select(func.count()).where(EntrySection.section_id == target_id).scalar_subquery()
        connection.execute(update(Section).where(Section.id == target_id).values(entries=stand))
    parts = [extract(part, EntrySection.sorted_at) for part in ("year", "month")]
    first = select(func.min(EntrySection.sorted_at)).where(EntrySection.section_id == target_id).group_by(*parts)
    mark(connection, [(each, at) for at in connection.scalars(first) for each in (ALL_SECTIONS, target_id)], now)


def _rename_in_entries(connection: Connection, section_id: int, old: str, name: str) -> None:
    """Replaces the name in all entries of the section, and in what documents said of them: what no document names any
    more is read from there when another speaks of it."""
    renamed = update(Entry).where(Entry.id == bindparam("entry")).values(sections=bindparam("names"))
    said = (
        update(Item)
        .where(Item.document_id == bindparam("document"), Item.entry_id == bindparam("entry"))
        .values(sections=bindparam("names"))
    )
    for ids in _members(connection, section_id):
        indexed = index.standing(connection, ids)
        for select_names, statement in (
            (select(Entry.id.label("entry"), Entry.sections.label("names")).where(Entry.id.in_(ids)), renamed),
            (
                select(
                    Item.document_id.label("document"), Item.entry_id.label("entry"), Item.sections.label("names")
                ).where(Item.entry_id.in_(ids)),
                said,
            ),
        ):
            rows: list[dict[str, Any]] = [
                {**row, "names": _replaced(row["names"], old, name)}
                for row in connection.execute(select_names).mappings()
                if any(each.casefold() == old for each in row["names"])
            ]
            if rows:
                connection.execute(statement, rows)
        index.renew(connection, indexed)


def _members(connection: Connection, section_id: int) -> Iterator[Sequence[int]]:
    """Ids of the entries of a section, in batches."""
    last = 0
    query = select(EntrySection.entry_id).where(EntrySection.section_id == section_id).order_by(EntrySection.entry_id)
    while ids := connection.scalars(query.where(EntrySection.entry_id > last).limit(BATCH)).all():
        yield ids
        last = ids[-1]


def _replaced(names: Sequence[str], old: str, name: str) -> list[str]:
    """`names` with `name` in place of `old` (casefolded), each once."""
    found: dict[str, str] = {}
    for each in names:
        one = name if each.casefold() == old else each
        found.setdefault(one.casefold(), one)
    return list(found.values())


def _take_slug(connection: Connection, folded: str, slug: str) -> None:
    found = {row.folded: row.slug for row in connection.execute(select(Section.folded, Section.slug))}
    holder = next((other for other, its in found.items() if its == slug and other != folded), None)
    moves = [(folded, slug)]
    if holder is not None:
        # No slug is a bare sign: it stands for none while two change places.
        moves = [(folded, ":"), (holder, _free(slug, set(found.values()) - {found[folded]})), (folded, slug)]
    for each, its in moves:
        connection.execute(update(Section).where(Section.folded == each).values(slug=its))


def remove_empty(connection: Connection, section_id: int) -> bool:
    """Removes a section in which no entry stands; False where one does."""
    if connection.scalar(select(EntrySection.entry_id).where(EntrySection.section_id == section_id).limit(1)):
        return False
    for owed in (DirtySection, DirtyMonth):
        connection.execute(delete(owed).where(owed.section_id == section_id))
    connection.execute(delete(Section).where(Section.id == section_id))
    return True


def mark(connection: Connection, places: Iterable[Place], now: datetime) -> None:
    """Notes that the feeds of the sections of these places, and that of everything, are owed, and what their archives
    hold of the months from these times on."""
    first: dict[tuple[int, int], datetime] = {}
    for section_id, at in places:
        month = (section_id, month_of(at))
        first[month] = min(at, first.get(month, at))
    mark_feeds(connection, {section_id for section_id, _ in first}, now)
    mark_months(connection, first)


def mark_months(connection: Connection, first: Mapping[tuple[int, int], datetime], *, backlog: bool = False) -> None:
    """Notes that the archives of `(section id, yyyymm)` are owed, of what is filed at the time given or later; as a
    `backlog` where everything is, which makes none of what is owed already wait."""
    statement = insert(DirtyMonth)
    earliest = case(
        (DirtyMonth.first_at < statement.excluded.first_at, DirtyMonth.first_at), else_=statement.excluded.first_at
    )
    statement = statement.on_conflict_do_update(
        index_elements=[DirtyMonth.section_id, DirtyMonth.month],
        set_={
            "version": DirtyMonth.version + 1,
            "first_at": earliest,
            "wait_until": None,
            "backlog": DirtyMonth.backlog & statement.excluded.backlog,
        },
    )
    rows = [
        {"section_id": section_id, "month": month, "first_at": at, "version": 1, "backlog": backlog}
        for (section_id, month), at in sorted(first.items())
    ]
    if rows:
        connection.execute(statement, rows)


def mark_feeds(connection: Connection, ids: Iterable[int], now: datetime, *, everything: bool = True) -> None:
    """Notes that the feeds of these sections are owed, but not their archives; and that of `everything`, unless it is
    not concerned."""
    statement = insert(DirtySection)
    statement = statement.on_conflict_do_update(
        index_elements=[DirtySection.section_id], set_={"version": DirtySection.version + 1}
    )
    rows = [
        {"section_id": each, "version": first_version(now), "since": now}
        for each in sorted({*([ALL_SECTIONS] if everything else []), *ids})
    ]
    if rows:
        connection.execute(statement, rows)


def first_version(now: datetime) -> int:
    """The version of what a section owes that owed nothing before: microseconds, so that none comes a second time."""
    return round(now.timestamp() * 1_000_000)


def dirty(connection: Connection) -> dict[int, int]:
    """Section id -> version of the change that its feed owes; `ALL_SECTIONS` stands for the feed of everything."""
    return {row[0]: row[1] for row in connection.execute(select(DirtySection.section_id, DirtySection.version))}


def owed(connection: Connection) -> tuple[datetime | None, int]:
    """Since when the feed is owed that has been owed longest, and how many sections owe one."""
    since, count = connection.execute(select(func.min(DirtySection.since), func.count())).one()
    return since, int(count)


def clean(connection: Connection, seen: Mapping[int, int]) -> None:
    """Forgets what a publish has seen; what changed meanwhile stays owed."""
    for section_id, version in seen.items():
        connection.execute(
            delete(DirtySection).where(DirtySection.section_id == section_id, DirtySection.version == version)
        )


def dirty_months(connection: Connection, now: datetime) -> list[OwedMonth]:
    """Archives that are owed: what changed before the backlog, either in order of section and month."""
    columns = (DirtyMonth.section_id, DirtyMonth.month, DirtyMonth.first_at, DirtyMonth.version, DirtyMonth.backlog)
    query = select(*columns).where(DirtyMonth.wait_until.is_(None) | (DirtyMonth.wait_until <= now))
    rows = connection.execute(query.order_by(DirtyMonth.backlog, DirtyMonth.section_id, DirtyMonth.month))
    return [OwedMonth(*row) for row in rows]


def clean_months(connection: Connection, seen: Iterable[OwedMonth]) -> None:
    """Forgets the archives that a publish has seen; what changed meanwhile stays owed."""
    rows = [_seen(one) for one in seen]
    if rows:
        connection.execute(delete(DirtyMonth).where(*_THIS_CHANGE), rows)


def postpone_months(connection: Connection, seen: Iterable[tuple[OwedMonth, datetime]]) -> None:
    """Lets archives that a publish has seen be owed again at a later time, for what is filed by then, unless more
    changed meanwhile."""
    rows = [{**_seen(one), "until": until} for one, until in seen]
    if rows:
        connection.execute(
            update(DirtyMonth).where(*_THIS_CHANGE).values(wait_until=bindparam("until"), first_at=bindparam("until")),
            rows,
        )


def rest_months(connection: Connection, seen: Iterable[OwedMonth], until: datetime) -> None:
    """Lets archives that could not be made wait until then, unless more changes meanwhile."""
    rows = [{**_seen(one), "until": until} for one in seen]
    if rows:
        connection.execute(update(DirtyMonth).where(*_THIS_CHANGE).values(wait_until=bindparam("until")), rows)


_THIS_CHANGE = (
    DirtyMonth.section_id == bindparam("section"),
    DirtyMonth.month == bindparam("yyyymm"),
    DirtyMonth.version == bindparam("seen"),
)


def _seen(one: OwedMonth) -> dict[str, Any]:
    return {"section": one.section_id, "yyyymm": one.month, "seen": one.version}
