"""Tokens: who may read full texts or use the API, until when, and from how many networks it was done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, literal, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from db.models import Token, TokenNetwork
from db.records import TokenRecord

NOTED_EVERY = timedelta(minutes=1)
"""How exactly `last_used` is known: a write for every request would cost more than the answer."""

MOST_NETWORKS = 100
"""Networks that are told apart for one token: who reads from as many has passed it on."""

_COLUMNS = (
    Token.id,
    Token.key,
    Token.name,
    Token.secret,
    Token.created_at,
    Token.expires_at,
    Token.revoked_at,
    Token.last_used,
    Token.scopes,
)


def _record(row: Sequence[Any]) -> TokenRecord:
    """A row of `_COLUMNS` as a value."""
    *values, scopes = row
    return replace(TokenRecord(*values), scopes=frozenset(scopes.split()))


def create(
    connection: Connection,
    name: str,
    key: str,
    secret: bytes,
    now: datetime,
    expires_at: datetime | None,
    scopes: Collection[str] = ("feeds",),
) -> TokenRecord:
    """Adds a token; `secret` is the SHA-256 of its secret half. The caller has seen that no token that was not revoked
    has the name."""
    values = {"name": name, "key": key, "secret": secret, "created_at": now, "expires_at": expires_at}
    connection.execute(insert(Token).values({**values, "scopes": " ".join(sorted(scopes))}))
    return _record(connection.execute(select(*_COLUMNS).where(Token.key == key)).one())


def every(connection: Connection) -> list[TokenRecord]:
    """All tokens, in order of name; of one name those that were revoked first."""
    rows = connection.execute(select(*_COLUMNS).order_by(Token.name, Token.revoked_at.is_(None), Token.id))
    return [_record(row) for row in rows]


def by_key(connection: Connection, key: str) -> TokenRecord | None:
    """The token with this public half, whatever became of it.

    One row comes of the statement whether or not there is one, so that the two take the same time but for the row
    itself.
    """
    asked = select(literal(1).label("one")).subquery()
    row = connection.execute(select(*_COLUMNS).select_from(asked).outerjoin(Token, Token.key == key)).one()
    return None if row.id is None else _record(row)


def by_name(connection: Connection, name: str) -> TokenRecord | None:
    """The token of this name that was not revoked; where there is none the one that was revoked last."""
    newest_first = (Token.revoked_at.is_not(None), Token.revoked_at.desc(), Token.id.desc())
    row = connection.execute(select(*_COLUMNS).where(Token.name == name).order_by(*newest_first).limit(1)).first()
    return None if row is None else _record(row)


def revoke(connection: Connection, token_id: int, now: datetime) -> None:
    """Lets the token open nothing from now on, and frees its name."""
    connection.execute(update(Token).where(Token.id == token_id).values(revoked_at=now))


def rotate(connection: Connection, token_id: int, secret: bytes, expires_at: datetime | None) -> None:
    """Gives the token another secret half (its SHA-256); what was known of the use of the former one is forgotten."""
    connection.execute(delete(TokenNetwork).where(TokenNetwork.token_id == token_id))
    connection.execute(
        update(Token).where(Token.id == token_id).values(secret=secret, expires_at=expires_at, last_used=None)
    )


def note_use(connection: Connection, token_id: int, network: bytes | None, now: datetime) -> None:
    """Notes that the token was used at `now` from `network` (a digest, None where it is not known).

    `last_used` moves once in `NOTED_EVERY`, and never back; of networks the first `MOST_NETWORKS` are kept.
    """
    connection.execute(
        update(Token)
        .where(Token.id == token_id)
        .where(Token.last_used.is_(None) | (Token.last_used <= now - NOTED_EVERY))
        .values(last_used=now)
    )
    if network is None:
        return
    known = select(func.count()).select_from(TokenNetwork).where(TokenNetwork.token_id == token_id)
    if connection.execute(known).scalar_one() < MOST_NETWORKS:
        statement = insert_or(TokenNetwork).values(token_id=token_id, network=network, first_at=now)
        connection.execute(statement.on_conflict_do_nothing())


def networks(connection: Connection) -> dict[int, int]:
    """Token id -> number of networks that it was used from; those that were never used are left out."""
    rows = connection.execute(select(TokenNetwork.token_id, func.count()).group_by(TokenNetwork.token_id))
    return {row[0]: row[1] for row in rows}
