"""What polls and pushes came to, by the hour: one row for each hour in which there were any, however much there was;
and one for all the hours that are forgotten, so that sums never fall."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, select

from db.models import Hour
from db.records import HourRecord, PollRecord
from db.store.bulk import insert_rows

SECONDS = 3600
FORGOTTEN = 0
"""The hour (that of 1970) in whose row all stands that was forgotten."""

_COUNTED = ("stored", "unchanged", "failed", "new", "updated", "size")
_ADDED = "ON CONFLICT (hour) DO UPDATE SET " + ", ".join(
    f"{each} = hours.{each} + excluded.{each}" for each in _COUNTED
)

_SUMS = [func.sum(getattr(Hour, name)) for name in _COUNTED]


def count(connection: Connection, polls: Iterable[PollRecord]) -> None:
    """Counts polls in their hours; those that were put off are none. A push counts as a poll that stored something."""
    found: dict[int, list[int]] = defaultdict(lambda: [0] * len(_COUNTED))
    for poll in polls:
        if poll.outcome in _COUNTED:
            row = found[_hour(poll.at)]
            row[_COUNTED.index(poll.outcome)] += 1
            row[3] += poll.new
            row[4] += poll.updated
            row[5] += poll.size or 0
    insert_rows(connection, Hour, ("hour", *_COUNTED), [(hour, *row) for hour, row in found.items()], _ADDED)


def since(connection: Connection, moment: datetime) -> list[HourRecord]:
    """The hours from that of `moment` on in which there were any, the earliest first."""
    columns = (Hour.hour, Hour.stored, Hour.unchanged, Hour.failed, Hour.new, Hour.updated, Hour.size)
    rows = connection.execute(select(*columns).where(Hour.hour >= _hour(moment)).order_by(Hour.hour))
    return [HourRecord(datetime.fromtimestamp(hour * SECONDS, UTC), *counts) for hour, *counts in rows]


def totals(connection: Connection) -> HourRecord:
    """What all of them came to, since the beginning: `at` means nothing."""
    row = connection.execute(select(*_SUMS)).one()
    return HourRecord(datetime.fromtimestamp(FORGOTTEN, UTC), *(value or 0 for value in row))


def prune(connection: Connection, until: datetime) -> None:
    """Forgets the hours before that of `until`, but not what they came to in all."""
    old = (Hour.hour > FORGOTTEN) & (Hour.hour < _hour(until))
    row = connection.execute(select(*_SUMS).where(old)).one()
    if row[0] is not None:
        insert_rows(connection, Hour, ("hour", *_COUNTED), [(FORGOTTEN, *row)], _ADDED)
        connection.execute(delete(Hour).where(old))


def _hour(moment: datetime) -> int:
    return int(moment.timestamp()) // SECONDS
