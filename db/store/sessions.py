"""Who is signed in to the desk. What a browser holds is nowhere stored: only its HMAC-SHA-256."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from db.models import Session
from db.records import SessionRecord

NOTED_EVERY = timedelta(minutes=5)
"""How exactly `last_used` is known: a write for every page would cost more than the page."""


def create(connection: Connection, digest: bytes, now: datetime) -> None:
    """Somebody signed in, and holds what has this digest."""
    connection.execute(insert(Session).values(digest=digest, created_at=now, last_used=now))


def find(connection: Connection, digest: bytes) -> SessionRecord | None:
    """Whose browser holds what has this digest."""
    query = select(Session.id, Session.created_at, Session.last_used).where(Session.digest == digest)
    row = connection.execute(query).one_or_none()
    return None if row is None else SessionRecord(*row)


def note_use(connection: Connection, session_id: int, now: datetime) -> None:
    """Notes that a session was used now."""
    connection.execute(update(Session).where(Session.id == session_id).values(last_used=now))


def end(connection: Connection, digest: bytes) -> None:
    """Somebody signed out."""
    connection.execute(delete(Session).where(Session.digest == digest))


def prune(connection: Connection, used_until: datetime, made_until: datetime) -> None:
    """Ends the sessions that were last used, or made, by then."""
    connection.execute(delete(Session).where((Session.last_used <= used_until) | (Session.created_at <= made_until)))
