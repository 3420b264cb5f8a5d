"""`/desk/sources`: the table of sources, and what is done with one of them by a button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup
from starlette.responses import Response

from db.engine import Connection, reading
from db.records import SourceRecord
from db.store import polls, register, sources
from feeds import roster
from feeds.desk import words
from feeds.desk.access import spend
from feeds.desk.charts import sparkline
from feeds.desk.links import SOURCES, one_of, source_named, source_url, with_query
from feeds.desk.visit import Visit, page
from feeds.states import STATES

PAGE = 50
"""Rows of a page."""

DAYS = 14
"""Days that a row's little chart shows."""


@dataclass(frozen=True, slots=True)
class Row:
    """A source in the table; `new` are the entries of `DAYS` days."""

    source: SourceRecord
    state: str
    location: str
    spark: Markup
    new: int
    rhythm: str
    due: str
    because: str


@dataclass(frozen=True, slots=True)
class Filter:
    """What the table is narrowed to, "" where it is not."""

    state: str
    kind: str
    text: str

    def url(self, **places: str) -> str:
        """The address of this table, or of a page of it."""
        return with_query(SOURCES, {"q": self.text, "state": self.state, "kind": self.kind, **places})


def listing(visit: Visit) -> Response:
    """The page."""
    state, kind = one_of(visit.query("state"), STATES, "state"), one_of(visit.query("kind"), words.KINDS, "kind")
    wanted = Filter(state, kind, visit.query("q"))
    with reading(visit.context.engine) as connection:
        counts = register.counts(connection)
        found, newer, older = _page(connection, wanted, visit.query("after"), visit.query("before"))
        since = visit.now - timedelta(days=DAYS)
        new = polls.new_by_day(connection, [one.id for one in found], since, DAYS)
    return visit.render(
        "sources.html",
        title="Sources",
        here="sources",
        rows=[_row(visit, one, new.get(one.id, [0] * DAYS)) for one in found],
        wanted=wanted,
        is_narrowed=bool(wanted.state or wanted.kind or wanted.text),
        states=[("", "Any state"), *((each, f"{each.replace('-', ' ')} ({counts.get(each, 0):,})") for each in STATES)],
        kinds=[("", "Any kind"), *((each, each) for each in words.KINDS)],
        in_all=sum(counts.values()),
        newer=newer,
        older=older,
        # Where the buttons of the rows lead back to.
        here_url=wanted.url(after=visit.query("after"), before=visit.query("before")),
        days=DAYS,
        path=visit.context.path,
    )


def _page(connection: Connection, wanted: Filter, after: str, before: str) -> tuple[list[SourceRecord], str, str]:
    """The sources of a page, in order of name, and where the pages before and behind it are; "" for none."""

    def ask(**place: str) -> list[SourceRecord]:
        return register.page(
            connection,
            limit=PAGE + 1,
            states=(wanted.state,) if wanted.state else (),
            kind=wanted.kind or None,
            text=wanted.text,
            **place,
        )

    if before and (found := ask(before=before)):
        rows = found[-PAGE:]
        has_more, has_less = True, len(found) > PAGE
    else:
        found = ask(after=after) if after else ask()
        rows = found[:PAGE]
        has_more, has_less = len(found) > PAGE, bool(after and rows)
    return (
        rows,
        wanted.url(before=rows[0].name) if has_less else "",
        wanted.url(after=rows[-1].name) if has_more else "",
    )


def _row(visit: Visit, source: SourceRecord, new: Sequence[int]) -> Row:
    title = f"New entries of {source.name}, last {DAYS} days"
    return Row(
        source=source,
        state=source.standing,
        location=source.url or source.location,
        spark=sparkline(new, title, id=f"s{source.id}"),
        new=sum(new),
        rhythm=words.rhythm(source),
        due=words.due(source, visit.now),
        because=words.because(source.reason),
    )


def poll(visit: Visit) -> Response:
    """Has a source polled at once, and leads to where one can watch."""
    name = source_named(visit.path("name"))
    spend(visit.request.scope)
    with reading(visit.context.engine) as connection:
        before = sources.by_name(connection, name)
    roster.poll_now(visit.context.engine, name, visit.now)
    visit.context.hands.wake()
    return visit.redirect(_back(visit) or watched(name, before), f'"{name}" is to be polled now.')


def pause(visit: Visit) -> Response:
    """Lets nobody poll a source."""
    name = source_named(visit.path("name"))
    roster.pause(visit.context.engine, name)
    visit.context.hands.wake()
    return visit.redirect(_back(visit) or source_url(name), f'"{name}" is paused; its entries stay.')


def resume(visit: Visit) -> Response:
    """Lets a source be polled again."""
    name = source_named(visit.path("name"))
    roster.resume(visit.context.engine, name, visit.context.path, visit.now)
    visit.context.hands.wake()
    return visit.redirect(_back(visit) or source_url(name), f'"{name}" is polled again.')


def remove(visit: Visit) -> Response:
    """Ends the polls of a source; its entries stay."""
    name = source_named(visit.path("name"))
    roster.remove(visit.context.engine, name, visit.context.path)
    visit.context.hands.wake()
    return visit.redirect(SOURCES, f'"{name}" is removed; its entries stay.')


def watched(name: str, before: SourceRecord | None) -> str:
    """The page of a source with what a poll comes to, of which `before` does not know yet."""
    last = None if before is None else before.last_poll
    return with_query(source_url(name), {"asked": "0" if last is None else str(int(last.timestamp()))})


def _back(visit: Visit) -> str:
    """The table that a button was pressed in; "" for a button elsewhere. Nobody is led out of here."""
    given = visit.form.get("back", "")
    return given if given == SOURCES or given.startswith(f"{SOURCES}?") else ""


routes = [
    page(SOURCES, listing),
    page(SOURCES + "/{name}/poll", poll, "POST"),
    page(SOURCES + "/{name}/pause", pause, "POST"),
    page(SOURCES + "/{name}/resume", resume, "POST"),
    page(SOURCES + "/{name}/remove", remove, "POST"),
]
