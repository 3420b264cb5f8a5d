"""`/desk/`: what came in, what is wrong, and what is next and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from markupsafe import Markup
from starlette.responses import Response

from db.engine import Connection, reading
from db.records import HourRecord, SourceRecord
from db.store import entries, hours, lasting, register, sections
from feeds import manifest
from feeds.desk import words
from feeds.desk.advice import GRAVEST
from feeds.desk.charts import bars
from feeds.desk.visit import Visit, page
from feeds.states import GRAVEST_FIRST, STATES

HOURS = 48
"""Hours that the charts show, the one under way included."""

DAY = 24
MOST = 10
"""Rows of each list: who wants more follows its link."""

_ORDER = (*GRAVEST_FIRST, "ok", "paused")


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with the figures that stand beside it."""

    svg: Markup
    title: str
    labels: list[str]
    series: dict[str, list[int]]


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
        gravest = lasting.gravest(connection, GRAVEST, MOST)
        soon = register.next_due(connection, MOST)
        newest = list(entries.in_order(connection, entries.newest(connection, MOST)))
        owed = _owed(connection)
    labels = _labels(visit, now)
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
        came=_came(past, now, labels),
        polled=_polled(past, now, labels),
        troubles=gravest,
        soon=[Next(one, words.due(one, now), words.because(one.reason)) for one in soon],
        newest=newest,
        owed=owed[:MOST],
        owed_in_all=len(owed),
        published_at=published_at(visit.context.config.public),
        standing=visit.context.hands.progress(),
        path=visit.context.path,
    )


def published_at(root: Path) -> datetime | None:
    """When the published tree changed last; None where there is none."""
    written = manifest.Standing(root).written(manifest.NAME)
    return datetime.fromtimestamp(written // 10**9, UTC) if written else None


def _owed(connection: Connection) -> list[str]:
    """Names of the sections that changed since they were published, in order."""
    owed = sections.dirty(connection)
    return [one.name for one in sections.every(connection) if one.id in owed] if owed else []


def _labels(visit: Visit, now: datetime) -> list[str]:
    """The hours of the charts, the earliest first, in the zone of the site."""
    zone = visit.context.config.site.zone
    first = _hour(now) - timedelta(hours=HOURS - 1)
    return [f"{(first + timedelta(hours=each)).astimezone(zone):%a %H:%M}" for each in range(HOURS)]


def _came(past: list[HourRecord], now: datetime, labels: list[str]) -> Chart:
    title = f"New entries by the hour, last {HOURS} hours"
    series = {
        "new": _spread({one.at: one.new for one in past}, now),
        "updated": _spread({one.at: one.updated for one in past}, now),
    }
    return Chart(bars(series, labels, title, id="came"), title, labels, series)


def _polled(past: list[HourRecord], now: datetime, labels: list[str]) -> Chart:
    title = "Polls by the hour"
    series = {
        "answered": _spread({one.at: one.stored + one.unchanged for one in past}, now),
        "failed": _spread({one.at: one.failed for one in past}, now),
    }
    return Chart(bars(series, labels, title, id="polled"), title, labels, series)


def _spread(counted: dict[datetime, int], now: datetime) -> list[int]:
    """Counts of every hour that a chart shows, also of those without any."""
    first = _hour(now) - timedelta(hours=HOURS - 1)
    return [counted.get(first + timedelta(hours=each), 0) for each in range(HOURS)]


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


routes = [page("/desk/", overview), page("/desk", overview)]
