"""Calls about tokens. A secret is told once, by the call that makes it."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, Field

from db.engine import reading
from db.store import tokens as stored
from feeds import tokens
from feeds.desk.api import cursors
from feeds.desk.api.base import USUAL, AtHand, Cursor, Hand, Limit, Page, Shape, Time
from feeds.desk.api.problems import described
from feeds.errors import UsageError
from feeds.shapes.tokens import opened_by, token_as_json
from feeds.tokens import FEEDS, MAX_NAME, SCOPES, Issued, State

router = APIRouter(tags=["tokens"])

LIST = "tokens"
Key = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="Its id.")]
Scope = Annotated[str, Field(json_schema_extra={"enum": list(SCOPES)})]


class Token(Shape):
    """A token, without its secret."""

    name: str
    id: str = Field(pattern="^[0-9a-f]{16}$")
    scopes: list[Scope]
    state: str = Field(json_schema_extra={"enum": [state.value for state in State]})
    created: Time
    expires: Time | None
    revoked: Time | None
    last_used: Time | None
    networks: int = Field(ge=0, description="From how many it was used.")


class IssuedToken(Token):
    """The same with the whole of it, this once."""

    token: str
    address: str | None = Field(description="Of the feed of everything with full texts; null where it opens no feeds.")


class NewToken(Shape):
    """A token to be."""

    name: str = Field(min_length=1, max_length=MAX_NAME, description="Whose it is.")
    scopes: list[Scope] = Field([FEEDS], min_length=1, max_length=len(SCOPES), description="What it opens.")
    expires: AwareDatetime | None = Field(None, description="Until when it works; for ever by default.")


class Until(Shape):
    """How long a new secret works."""

    expires: AwareDatetime | None = Field(None, description="As long as the old one by default.")


@router.get("/tokens", responses=described(400))
def list_tokens(
    at: AtHand,
    revoked: Annotated[bool, Query(description="Also those that were revoked.")] = False,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> Page[Token]:
    """The tokens in the order in which they were made."""
    after = cursors.number(LIST, cursor) or 0
    with reading(at.context.engine) as connection:
        known, networks = stored.every(connection), stored.networks(connection)
    wanted = (one for one in known if one.id > after and (revoked or one.revoked_at is None))
    found = sorted(wanted, key=lambda one: one.id)[: limit + 1]
    return Page(
        items=[Token.model_validate(token_as_json(one, at.now, networks.get(one.id, 0))) for one in found[:limit]],
        next=cursors.given(LIST, found[limit - 1].id) if len(found) > limit else None,
    )


@router.post("/tokens", status_code=201, responses=described(400, 409))
def create_token(at: AtHand, new: NewToken) -> IssuedToken:
    """Makes a token, and tells its secret, this once."""
    _check(at, new.expires)
    made = tokens.create(at.context.engine, new.name, at.now, secrets.token_bytes, new.expires, new.scopes)
    return _issued(at, made)


@router.post("/tokens/{key}/rotate", responses=described(400, 404))
def rotate_token(at: AtHand, key: Key, until: Until) -> IssuedToken:
    """Gives a token a new secret, ends the old one at once, and tells the new one, this once."""
    _check(at, until.expires)
    return _issued(at, tokens.rotate(at.context.engine, key, at.now, secrets.token_bytes, until.expires))


@router.delete("/tokens/{key}", status_code=204, response_class=Response, responses=described(400, 404))
def revoke_token(at: AtHand, key: Key) -> None:
    """Ends a token at once."""
    tokens.revoke(at.context.engine, key, at.now)


def _check(at: Hand, expires: AwareDatetime | None) -> None:
    if expires is not None and expires <= at.now:
        raise UsageError("expires: is over; give a time to come")


def _issued(at: Hand, issued: Issued) -> IssuedToken:
    opened = opened_by(issued, at.context.config.site.base_url)
    said = token_as_json(issued.record, at.now, 0)
    return IssuedToken.model_validate({**said, "token": issued.token, "address": opened.address})
