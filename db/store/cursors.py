"""How far those have come who look at rows in order."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, select

from db.models import Cursor
from db.store.bulk import insert_rows

_MOVED = "ON CONFLICT (name) DO UPDATE SET position = excluded.position, at = excluded.at"


def position(connection: Connection, name: str) -> int | None:
    """Where `name` stands; None where it has not begun."""
    return connection.scalar(select(Cursor.position).where(Cursor.name == name))


def move(connection: Connection, name: str, to: int, now: datetime) -> None:
    """`name` stands at `to` from now on."""
    insert_rows(connection, Cursor, ("name", "position", "at"), [(name, to, now)], _MOVED)


def forget(connection: Connection, until: datetime) -> None:
    """Forgets those that have not moved since `until`."""
    connection.execute(delete(Cursor).where(Cursor.at < until))


def keep(connection: Connection, beginning: str, names: Collection[str]) -> None:
    """Forgets those whose names begin like this, all but `names`: who comes back begins anew."""
    mine = Cursor.name.startswith(beginning, autoescape=True)
    connection.execute(delete(Cursor).where(mine, Cursor.name.not_in(names)))
