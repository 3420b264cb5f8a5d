"""`/desk/live`: how the poll under way stands, as a piece of the overview."""

from __future__ import annotations

from starlette.responses import Response

from feeds.desk.visit import Visit, page


def live(visit: Visit) -> Response:
    """The piece; it says when there is nothing to wait for."""
    return visit.fragment("live.html", run=visit.context.hands.progress())


routes = [page("/desk/live", live)]
