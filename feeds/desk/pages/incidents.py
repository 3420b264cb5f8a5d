"""`/desk/incidents`: what is wrong, and what was."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import BaseRoute

from db.engine import reading
from db.store import incidents
from feeds.desk.links import INCIDENTS, with_query
from feeds.desk.visit import Visit, page
from feeds.errors import Unknown, UsageError
from feeds.states import KINDS

PAGE = 50
_MOST_ID = 1 << 62
_WHICH = {"": None, "open": True, "closed": False}


def listing(visit: Visit) -> Response:
    """A page of troubles, those that opened last first."""
    asked = {name: visit.query(name) for name in ("state", "kind", "source")}
    if asked["state"] not in _WHICH:
        raise UsageError(f'state: "{asked["state"]}" is neither open nor closed')
    if asked["kind"] and asked["kind"] not in KINDS:
        raise UsageError(f'kind: "{asked["kind"]}" is no kind of trouble; there are {", ".join(KINDS)}')
    with reading(visit.context.engine) as connection:
        found = incidents.page(
            connection,
            limit=PAGE + 1,
            before=_number(visit.query("from")),
            kinds=[asked["kind"]] if asked["kind"] else [],
            source=asked["source"] or None,
            is_open=_WHICH[asked["state"]],
        )
    given = {name: value for name, value in asked.items() if value}
    more = len(found) > PAGE
    return visit.render(
        "incidents.html",
        title="Incidents",
        here="incidents",
        asked=asked,
        is_narrowed=bool(given),
        is_first=not visit.query("from"),
        incidents=found[:PAGE],
        words=KINDS,
        kinds=[("", "Any kind"), *((kind, kind) for kind in KINDS)],
        next_url=with_query(INCIDENTS, {**given, "from": str(found[PAGE - 1].id)}) if more else None,
        feed=visit.context.config.site.base_url + "incidents.atom" if visit.context.config.publish.incidents else None,
    )


def incident(visit: Visit) -> Response:
    """One trouble, with its evidence."""
    number = _number(visit.path("number"))
    with reading(visit.context.engine) as connection:
        found = None if number is None else incidents.by_id(connection, number)
    if found is None:
        raise Unknown("there is no such incident; those that are over are forgotten after a while")
    return visit.render(
        "incident.html",
        title=f"{found.kind}: {found.source or found.subject}",
        here="incidents",
        incident=found,
        words=KINDS.get(found.kind, found.kind),
    )


def _number(text: str) -> int | None:
    """The id that stands in an address; None where there is none. Raises `UsageError` for what is none."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text) < _MOST_ID):
        raise UsageError(f'"{text}" is no number of an incident')
    return int(text)


routes: list[BaseRoute] = [page(INCIDENTS, listing), page(f"{INCIDENTS}/{{number}}", incident)]
