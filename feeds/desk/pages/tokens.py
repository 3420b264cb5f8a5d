"""`/desk/tokens`: who reads full texts, and which programs use the API."""

from __future__ import annotations

import secrets

from starlette.responses import Response
from starlette.routing import BaseRoute

from db.engine import reading
from db.store import tokens as stored
from feeds import tokens
from feeds.desk.access import Refusal
from feeds.desk.visit import Visit, page
from feeds.errors import UsageError
from feeds.shapes.tokens import opened_by
from feeds.tokens import FEEDS, SCOPES, Issued, State, expiry, state

_MEANINGS = {
    FEEDS: "reads feeds with full texts",
    "read": "API: looks",
    "write": "API: changes sources and entries",
    "admin": "API: gives and takes tokens",
}


def listing(
    visit: Visit,
    *,
    given: dict[str, str] | None = None,
    error: str = "",
    doubt: str = "",
    at: str = "",
    status: int = 200,
) -> Response:
    """Every token that works, or all; below it a form for one more, which keeps what was `given` where there was an
    `error`. `doubt` is what is wrong with the password: of that form, or of the one of the token `at`."""
    everyone = visit.query("all") == "1"
    with reading(visit.context.engine) as connection:
        found, networks = stored.every(connection), stored.networks(connection)
    shown = [one for one in found if everyone or state(one, visit.now) is not State.REVOKED]
    return visit.render(
        "tokens.html",
        title="Tokens",
        here="tokens",
        status=status,
        tokens=shown,
        state_of=lambda one: state(one, visit.now).value,
        networks=networks,
        revoked=len(found) - len(shown),
        everyone=everyone,
        scopes=[(scope, _MEANINGS[scope]) for scope in SCOPES],
        given=given or {FEEDS: "1"},
        error=error,
        doubt=doubt,
        at=at,
    )


def create(visit: Visit) -> Response:
    """Makes a token, and shows it this once."""
    if visit.doubt is not None:
        return _doubted(visit, visit.doubt)
    scopes = [scope for scope in SCOPES if visit.form.get(scope)]
    until = visit.form.get("expires", "").strip()
    try:
        if not scopes:
            raise UsageError("say what it is to open")
        expires = expiry(until, visit.now, visit.context.config.site.zone) if until else None
        name = visit.form.get("name", "")
        issued = tokens.create(visit.context.engine, name, visit.now, secrets.token_bytes, expires, scopes)
    except UsageError as wrong:
        return listing(visit, given=dict(visit.form), error=str(wrong), status=400)
    return _shown(visit, issued)


def rotate(visit: Visit) -> Response:
    """Gives a token another secret, and shows it this once."""
    if visit.doubt is not None:
        return _doubted(visit, visit.doubt, visit.path("key"))
    return _shown(visit, tokens.rotate(visit.context.engine, visit.path("key"), visit.now, secrets.token_bytes))


def revoke(visit: Visit) -> Response:
    """Ends a token."""
    record = tokens.revoke(visit.context.engine, visit.path("key"), visit.now)
    return visit.redirect("/desk/tokens", f"{record.name}: revoked; it opens nothing from now on.")


def _doubted(visit: Visit, doubt: Refusal, at: str = "") -> Response:
    """The list, with what is wrong at the field of the password."""
    given = None if at else dict(visit.form)
    answer = listing(visit, given=given, doubt=doubt.said, at=at, status=doubt.status)
    if doubt.wait:
        answer.headers["retry-after"] = str(doubt.wait)
    return answer


def _shown(visit: Visit, issued: Issued) -> Response:
    return visit.render(
        "token.html",
        title=issued.record.name,
        here="tokens",
        token=issued.token,
        record=issued.record,
        opened=opened_by(issued, visit.context.config.site.base_url),
    )


routes: list[BaseRoute] = [
    page("/desk/tokens", listing),
    page("/desk/tokens", create, "POST", proven=True),
    page("/desk/tokens/{key}/rotate", rotate, "POST", proven=True),
    page("/desk/tokens/{key}/revoke", revoke, "POST"),
]
