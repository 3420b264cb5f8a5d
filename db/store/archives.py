"""What archives hold: all leads of a section, by the month under which they are filed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeVarTuple

from sqlalchemy import Connection, Select, distinct, extract, func, select
from sqlalchemy.orm import aliased

from db.models import Entry, EntrySection, Withdrawal
from db.records import ALL_SECTIONS, Tombstone

APART = timedelta(days=31)
"""How far apart an entry of a section and the lead that it is folded behind may be filed and still be found: the rules
join within a week, and what a person joined over more stands in the archive of its lead's own sections alone."""

Columns = TypeVarTuple("Columns")
_Lead = aliased(Entry, name="lead")
_TAKEN_BACK = select(Withdrawal.entry_id).where(Withdrawal.entry_id == _Lead.id).correlate(_Lead).exists()


def span(month: int) -> tuple[datetime, datetime]:
    """A month (`yyyymm`) from its beginning to that of the next."""
    year, number = divmod(month, 100)
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    return datetime(year, number, 1, tzinfo=UTC), datetime(*following, 1, tzinfo=UTC)


def months(connection: Connection) -> set[tuple[int, int]]:
    """`(section id, yyyymm)` of all that is stored, `ALL_SECTIONS` among the sections. Walks over every entry."""
    parts = [extract(part, Entry.sorted_at) for part in ("year", "month")]
    every = connection.execute(select(parts[0], parts[1]).group_by(*parts))
    found = {(ALL_SECTIONS, year * 100 + month) for year, month in every}
    lead = [extract(part, _Lead.sorted_at) for part in ("year", "month")]
    query = (
        select(EntrySection.section_id, lead[0], lead[1])
        .join(Entry, Entry.id == EntrySection.entry_id)
        .join(_Lead, _Lead.id == func.coalesce(Entry.lead_id, Entry.id))
        .group_by(EntrySection.section_id, *lead)
    )
    found.update((section_id, year * 100 + month) for section_id, year, month in connection.execute(query))
    return found


def leads(connection: Connection, section_id: int, month: int) -> list[tuple[int, datetime]]:
    """`(entry id, filed at)` of what the archive of a month holds, the earliest first, which is last in a feed."""
    first, end = span(month)
    query = _standing(select(_Lead.id, _Lead.sorted_at), section_id, first, end).where(~_TAKEN_BACK)
    rows = connection.execute(query.order_by(_Lead.sorted_at, _Lead.place.desc(), _Lead.uid.desc()))
    return list(dict.fromkeys((row[0], row[1]) for row in rows))


def count(connection: Connection, section_id: int, month: int) -> int:
    """How many entries the archive of a month holds."""
    query = _standing(select(func.count(distinct(_Lead.id))), section_id, *span(month)).where(~_TAKEN_BACK)
    return int(connection.scalar(query) or 0)


def filed_at(connection: Connection, section_id: int, month: int, place: int) -> datetime | None:
    """The time by which the entry at `place`, from 0, of the archive of a month is filed; None where it has fewer."""
    query = _standing(select(_Lead.sorted_at), section_id, *span(month)).where(~_TAKEN_BACK).group_by(_Lead.id)
    query = query.order_by(_Lead.sorted_at, _Lead.place.desc(), _Lead.uid.desc())
    return connection.scalar(query.offset(place).limit(1))


def withdrawn(connection: Connection, section_id: int, month: int) -> list[Tombstone]:
    """What was taken back of the entries that are filed under a month, in order of time."""
    first, end = span(month)
    query = _standing(select(_Lead.uid, Withdrawal.at), section_id, first, end)
    query = query.join(Withdrawal, Withdrawal.entry_id == _Lead.id).order_by(Withdrawal.at, _Lead.uid)
    return list(dict.fromkeys(Tombstone(uid, at) for uid, at in connection.execute(query)))


def _standing(query: Select[*Columns], section_id: int, first: datetime, end: datetime) -> Select[*Columns]:
    """`query` of the leads that are filed from `first` to before `end` and that the section shows."""
    if section_id == ALL_SECTIONS:
        query = query.select_from(_Lead).where(_Lead.lead_id.is_(None))
    else:
        query = (
            query.select_from(EntrySection)
            .join(Entry, Entry.id == EntrySection.entry_id)
            .join(_Lead, _Lead.id == func.coalesce(Entry.lead_id, Entry.id))
            .where(
                EntrySection.section_id == section_id,
                EntrySection.sorted_at >= first - APART,
                EntrySection.sorted_at < end + APART,
            )
        )
    return query.where(_Lead.sorted_at >= first, _Lead.sorted_at < end)
