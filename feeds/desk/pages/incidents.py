"""`/desk/incidents`: what is wrong, and what was."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import BaseRoute

from db.engine import reading
from db.store import incidents
from feeds import incidentfeed
from feeds.desk.links import INCIDENTS, one_of, place, with_query
from feeds.desk.visit import Visit, page
from feeds.errors import Unknown
from feeds.states import KINDS

PAGE = 50
_WHICH = {"open": True, "closed": False}


def listing(visit: Visit) -> Response:
    """A page of troubles, those that opened last first."""
    asked = {name: visit.query(name) for name in ("state", "kind", "source")}
    state, kind = one_of(asked["state"], _WHICH, "state"), one_of(asked["kind"], KINDS, "kind")
    with reading(visit.context.engine) as connection:
        found = incidents.page(
            connection,
            limit=PAGE + 1,
            before=place(visit.query("from")),
            kinds=[kind] if kind else [],
            source=asked["source"] or None,
            is_open=_WHICH.get(state),
        )
    more = len(found) > PAGE
    return visit.render(
        "incidents.html",
        title="Incidents",
        here="incidents",
        asked=asked,
        is_narrowed=any(asked.values()),
        is_first=not visit.query("from"),
        incidents=found[:PAGE],
        words=KINDS,
        kinds=[("", "Any kind"), *((kind, kind) for kind in KINDS)],
        next_url=with_query(INCIDENTS, {**asked, "from": str(found[PAGE - 1].id)}) if more else None,
        feed=visit.context.config.site.base_url + incidentfeed.NAME if visit.context.config.publish.incidents else None,
    )


def incident(visit: Visit) -> Response:
    """One trouble, with its evidence."""
    number = place(visit.path("number"), "an incident is named by its number; the list of all has those there are")
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


routes: list[BaseRoute] = [page(INCIDENTS, listing), page(f"{INCIDENTS}/{{number}}", incident)]
