"""`/desk/`: what came in, what is wrong, and what is next and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from db.engine import Connection, reading
from db.records import HourRecord, SourceRecord
from db.store import entries, hours, incidents, register, sections
from feeds import manifest
from feeds.desk import words
from feeds.desk.advice import GRAVEST
from feeds.desk.charts import Chart, bar_chart
from feeds.desk.visit import Visit, page
from feeds.states import GRAVEST_FIRST, STATES

HOURS = 48
"""Hours that the charts show, the one under way included."""

DAY = 24
MOST = 10
"""Rows of each list: who wants more follows its link."""

_ORDER = (*GRAVEST_FIRST, "ok", "paused")


@dataclass(frozen=True, slots=True)
class Next:
    """A source that is polled soon: when, and why then."""

    source: SourceRecord
    due: str
    because: str


def overview(visit: Visit) -> Response:
    """The page."""
    now = visit.now
    with reading(visit.context.engine) as connection:
        counts = register.counts(connection)
        past = hours.since(connection, now - timedelta(hours=HOURS - 1))
        gravest = incidents.gravest(connection, GRAVEST, MOST)
        soon = register.next_due(connection, MOST)
        newest = list(entries.in_order(connection, entries.newest(connection, MOST)))
        owed = _owed(connection)
    came, polled = _charts(visit, past)
    return visit.render(
        "overview.html",
        title="Overview",
        here="overview",
        counts=[(state, counts[state], STATES[state]) for state in _ORDER if counts.get(state)],
        sources=sum(counts.values()),
        well=counts.get("ok", 0),
        troubled=sum(counts.get(state, 0) for state in GRAVEST_FIRST),
        today=sum(one.new for one in past if one.at > now - timedelta(hours=DAY)),
        this_hour=sum(one.new for one in past if one.at > now - timedelta(hours=1)),
        came=came,
        polled=polled,
        troubles=gravest,
        soon=[Next(one, words.due(one, now), words.because(one.reason)) for one in soon],
        newest=newest,
        owed=owed[:MOST],
        owed_in_all=len(owed),
        published_at=manifest.Standing(visit.context.config.public).moment(manifest.NAME),
        run=visit.context.hands.progress(),
        path=visit.context.path,
    )


def _owed(connection: Connection) -> list[str]:
    """Names of the sections that changed since they were published, in order."""
    owed = sections.dirty(connection)
    return [one.name for one in sections.every(connection) if one.id in owed] if owed else []


def _charts(visit: Visit, past: list[HourRecord]) -> tuple[Chart, Chart]:
    """What came in and what was polled, by the hour: the earliest first, in the zone of the site, also those hours in
    which nothing was."""
    last = visit.now.replace(minute=0, second=0, microsecond=0)
    shown = [last - timedelta(hours=HOURS - 1 - each) for each in range(HOURS)]
    labels = [f"{hour.astimezone(visit.context.config.site.zone):%a %H:%M}" for hour in shown]
    known = {one.at: one for one in past}
    each = [known.get(hour, HourRecord(hour)) for hour in shown]
    came = {"new": [one.new for one in each], "updated": [one.updated for one in each]}
    polled = {"answered": [one.stored + one.unchanged for one in each], "failed": [one.failed for one in each]}
    return (
        bar_chart(came, labels, f"New entries by the hour, last {HOURS} hours", id="came"),
        bar_chart(polled, labels, "Polls by the hour", id="polled"),
    )


routes = [page("/desk/", overview), page("/desk", overview)]
