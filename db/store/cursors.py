"""How far those have come who look at rows in order."""

from __future__ import annotations

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
