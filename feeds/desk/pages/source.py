"""`/desk/sources/NAME`: one source, its polls, its troubles, and what it brought."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from db.engine import Connection, reading
from db.records import Field, PastPoll, Query, SourceRecord, StoredEntry, Term
from db.store import entries, incidents, polls, pushes, search
from feeds import roster
from feeds.desk import words
from feeds.desk.charts import Chart, bar_chart, line
from feeds.desk.links import SOURCES, place, source_named, source_url, with_query
from feeds.desk.visit import Visit, page
from feeds.websub import subscriber

DAYS = 30
"""Days of the chart of entries."""

PAGE = 20
"""Polls of a page."""

TIMED = 60
"""Polls of the chart of latency, more than a page of them."""

MOST = 10
"""Entries and incidents that are shown."""

PATIENCE = timedelta(minutes=10)
"""So long after a person asked for a poll it is worth a word that none came."""

_SHOWN = frozenset({"name", "kind", "url", "path", "sections", "interval", "enabled"})
"""Options that have a fact of their own."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What became of a poll that a person asked for: whether it is over, and what there is to say."""

    is_over: bool
    said: str
    last_poll: datetime | None = None


def source_page(visit: Visit) -> Response:
    """The page."""
    name, now = source_named(visit.path("name")), visit.now
    with reading(visit.context.engine) as connection:
        source = roster.named(connection, name)
        push = pushes.current(connection, [source.id]).get(source.id)
        before = place(visit.query("before"))
        timed = polls.of_source(connection, source.id, limit=TIMED)
        found = timed if before is None else polls.of_source(connection, source.id, limit=PAGE + 1, before=before)
        new = polls.new_by_day(connection, [source.id], now - timedelta(days=DAYS), DAYS).get(source.id, [0] * DAYS)
        troubles = incidents.page(connection, limit=MOST + 1, source=name)
        newest = _newest(connection, name)
        asked = visit.query("asked")
        watched = _watched(connection, source, asked, now) if asked else None
    state = source.standing
    return visit.render(
        "source.html",
        title=name,
        here="sources",
        source=source,
        state_word=state,
        standing=words.standing(source, state),
        from_config=source.origin == "config",
        rhythm=words.rhythm(source),
        due=words.due(source, now),
        because=words.because(source.reason),
        pushed=None if push is None else subscriber.words(push, now),
        push=push,
        options=_options(source.options),
        polls=found[:PAGE],
        older=with_query(source_url(name), {"before": str(found[PAGE - 1].id)}) if len(found) > PAGE else "",
        newest_polls=source_url(name) if before is not None else "",
        came=_came(visit, new),
        latency=_latency(visit, timed),
        troubles=troubles[:MOST],
        more_troubles=len(troubles) > MOST,
        newest=newest,
        watched=watched,
        live_url=with_query(source_url(name, "live"), {"asked": asked}),
        path=visit.context.path,
    )


def live(visit: Visit) -> Response:
    """What became of a poll that a person asked for, as a piece of the page."""
    name, asked = source_named(visit.path("name")), visit.query("asked")
    with reading(visit.context.engine) as connection:
        source = roster.named(connection, name)
        watched = _watched(connection, source, asked, visit.now)
    return visit.fragment("source_live.html", source=source, watched=watched)


def _watched(connection: Connection, source: SourceRecord, asked: str, now: datetime) -> Watched:
    """How a poll stands that was asked for after the one at `asked`, in seconds since 1970.
    Raises `UsageError` for what is no time."""
    last, since = source.last_poll, place(asked, "this is no time of a poll; open the page of the source") or 0
    if last is not None and int(last.timestamp()) > since:
        latest = next(iter(polls.of_source(connection, source.id, limit=1)), None)
        poll = latest if latest is not None and latest.at == last else None
        said = words.outcome(poll) if poll is not None else "nothing new" if not source.error else source.error
        return Watched(True, said, last)
    if not source.enabled:
        return Watched(True, "It is paused.")
    if source.due_at > now:
        # Who takes a source moves its time ahead.
        return Watched(False, "It is being polled.")
    if now - source.due_at > PATIENCE:
        return Watched(True, "It waits to be polled. See that the daemon runs ('feeds run').")
    return Watched(False, "It is about to be polled.")


def _newest(connection: Connection, name: str) -> list[StoredEntry]:
    query = Query(groups=((Term(Field.SOURCE, name),),))
    ids, _ = search.page(connection, query, limit=MOST)
    return list(entries.in_order(connection, ids))


def _options(options: Mapping[str, object]) -> list[tuple[str, str]]:
    """What else was said of a source, by name."""
    return [
        (
            name.replace("_", " ").capitalize(),
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False),
        )
        for name, value in options.items()
        if name not in _SHOWN
    ]


def _came(visit: Visit, new: list[int]) -> Chart:
    zone = visit.context.config.site.zone
    days = [(visit.now - timedelta(days=DAYS - 1 - each)).astimezone(zone) for each in range(DAYS)]
    labels = [f"{day.day} {day:%b}" for day in days]
    return bar_chart({"new": new}, labels, f"New entries by the day, last {DAYS} days", id="came")


def _latency(visit: Visit, timed: Sequence[PastPoll]) -> Chart | None:
    """How long the last answers took that are remembered; None where there are not two."""
    answered = [one for one in reversed(timed) if one.ms is not None]
    if len(answered) < 2:
        return None
    zone = visit.context.config.site.zone
    labels = [f"{one.at.astimezone(zone).day} {one.at.astimezone(zone):%b %H:%M}" for one in answered]
    values = [one.ms or 0 for one in answered]
    title = "Time to answer, last polls that changed something or failed"
    svg = line("time", values, labels, title, id="latency", unit=" ms")
    return Chart(svg, title, labels, {"time": values})


routes = [
    page(SOURCES + "/{name}", source_page),
    page(SOURCES + "/{name}/live", live),
]
