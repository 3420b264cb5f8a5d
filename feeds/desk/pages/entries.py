"""`/desk/entries`: what is stored, newest first, found in the language of `feeds.query`."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import BaseRoute

from db.engine import Connection, reading
from db.records import Query, StoredEntry
from db.store import entries as stored
from db.store import search, sections
from feeds import query, roster
from feeds.desk.links import ENTRIES, NO_PAGE, number, place, with_query
from feeds.desk.visit import Visit, page
from feeds.desk.words import LEVELS
from feeds.errors import UsageError

PAGE = 50
_ASKED = ("q", "section", "source", "access")


def listing(visit: Visit) -> Response:
    """A page of entries that a query and the filters beside it find."""
    asked = {name: visit.query(name) for name in _ASKED}
    error, found, next_cursor, copies = "", list[StoredEntry](), None, dict[int, int]()
    with reading(visit.context.engine) as connection:
        rubrics = sections.every(connection)
        try:
            wanted = _wanted(visit, connection, asked)
            cursor = _cursor(visit.query("from"))
        except UsageError as wrong:
            error = str(wrong)
        else:
            ids, next_cursor = search.page(connection, wanted, limit=PAGE, cursor=cursor)
            found = list(stored.in_order(connection, ids))
            copies = stored.count_followers(connection, ids)
    next_url = None
    if next_cursor is not None:
        next_url = with_query(ENTRIES, {**asked, "from": f"{next_cursor[0]}.{next_cursor[1]}"})
    return visit.render(
        "entries.html",
        title="Entries",
        here="entries",
        status=400 if error else 200,
        asked=asked,
        is_narrowed=any(asked.values()),
        error=error,
        entries=found,
        copies=copies,
        rubrics=[("", "Any section"), *((one.slug, one.name) for one in rubrics)],
        levels=[("", "Any access"), *LEVELS],
        next_url=next_url,
        is_first=not visit.query("from"),
    )


def _wanted(visit: Visit, connection: Connection, asked: dict[str, str]) -> Query:
    """What is asked for. Raises `UsageError` for what is no query, and for a section or a source that it names and
    that there is not."""
    text, section, source, access = (asked[name] or None for name in _ASKED)
    zone = visit.context.config.site.zone
    wanted = query.asked(text, now=visit.now, zone=zone, section=section, source=source, access=access)
    roster.check_names(connection, wanted)
    return wanted


def _cursor(text: str) -> search.Cursor | None:
    """Where the page before ended. Raises `UsageError` for what no page gave."""
    if not text:
        return None
    row, _, skipped = text.partition(".")
    found, behind = number(row), place(skipped)
    if found is None or behind is None or behind > search.TIES:
        raise UsageError(NO_PAGE)
    return found, behind


routes: list[BaseRoute] = [page(ENTRIES, listing)]
