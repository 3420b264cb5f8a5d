"""`/metrics`: numbers for Prometheus, asked of the database as they are wanted.

However many sources there are, there are as many series: none is labelled with what people or publishers name.
"""

from __future__ import annotations

import os
import platform
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from shutil import disk_usage

from prometheus_client import GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry
from prometheus_client.utils import floatToGoString
from starlette.concurrency import run_in_threadpool

from db.engine import Connection, reading
from db.errors import StorageError
from db.migrations import HEAD
from db.store import entries, figures, hours, incidents, register, sections
from db.store.deliveries import ALERT, END
from feeds import __version__, log, manifest, notify
from feeds.desk.context import Context
from feeds.states import KINDS, STATES
from feeds.watch import place
from feeds.web.answers import COMMON, Receive, Scope, Send, answer, header, plain

AGES = (300, 900, 3600, 4 * 3600, 12 * 3600, 86_400, 2 * 86_400, 7 * 86_400, 30 * 86_400)
"""Seconds since sources were read well, by which they are counted."""

DURATIONS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Seconds that answers of sources took, by which they are counted."""

_log = log.get(__name__)


class Metrics:
    """Answers with the numbers of now; who may ask is decided before."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(Figures(context))
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/metrics":
            await plain(send, 404, "Not found")
        elif scope["method"] not in ("GET", "HEAD"):
            await plain(send, 405, "Method not allowed", [(b"allow", b"GET, HEAD")])
        else:
            encode, media_type = choose_encoder((header(scope, b"accept") or b"").decode("latin-1"))
            body = await run_in_threadpool(encode, self._registry)
            headers = [
                (b"content-type", media_type.encode()),
                (b"content-length", b"%d" % len(body)),
                (b"vary", b"Accept, Authorization"),
                *COMMON,
            ]
            await answer(send, 200, body, headers)


class Figures(Collector):
    """The numbers of ours. Where the database cannot be read, those that need none, and `database_up` 0."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterable[Metric]:
        now = self._context.clock()
        yield _info()
        try:
            with reading(self._context.engine) as connection:
                found = [*_sources(connection, now), *_work(connection), *_owed(connection, now)]
        except StorageError as error:
            _log.warning("metrics without the database", error=str(error))
            found = []
        yield _gauge("database_up", "Whether the database could be read.", float(bool(found)))
        yield from found
        good = float(self._context.hands.reload_ok)
        yield _gauge("reload_ok", "Whether the configuration that was read last could be used.", good)
        # Not `job`, which is what Prometheus calls the desk itself.
        beats = {beat.job: _seconds(now - beat.at) for beat in self._context.hands.beats()}
        yield _labelled("heartbeat_age_seconds", "Since the last sign of life of a job of the daemon.", "what", beats)
        yield from _disk(self._context)
        yield from _tree(self._context)


def _info() -> Metric:
    family = InfoMetricFamily("broadsheet_build", "The release that runs.")
    family.add_metric([], {"version": __version__, "schema": HEAD, "python": platform.python_version()})
    return family


def _sources(connection: Connection, now: datetime) -> Iterator[Metric]:
    states = dict.fromkeys(STATES, 0) | register.counts(connection)
    yield _labelled("sources", "Sources by their state.", "state", states)
    yield _gauge("sources_polling", "Sources that are being polled.", register.claimed(connection))
    answers = figures.answers(connection)
    ages = [_seconds(now - at) for at, _ in answers if at is not None]
    yield _gauge(
        "oldest_success_age_seconds", "Of all sources, the longest since one was read well.", max(ages, default=0)
    )
    yield _histogram("success_age_seconds", "Sources by how long ago they were read well.", AGES, ages)
    took = [ms / 1000 for _, ms in answers if ms is not None]
    yield _histogram("poll_seconds", "Sources by how long their last answer took.", DURATIONS, took)


def _work(connection: Connection) -> Iterator[Metric]:
    total = hours.totals(connection)
    polls = {"stored": total.stored, "unchanged": total.unchanged, "failed": total.failed}
    what = "Polls, and pushes that changed something, by what came of them."
    yield _labelled("polls", what, "outcome", polls, CounterMetricFamily)
    brought = {"new": total.new, "updated": total.updated}
    what = "Entries that polls and hubs brought, and changed."
    yield _labelled("entries", what, "what", brought, CounterMetricFamily)
    received = CounterMetricFamily("broadsheet_received_bytes", "Bytes of documents that polls read and hubs brought.")
    received.add_metric([], total.size)
    yield received
    yield _gauge("stored_entries", "Entries in the database.", entries.count(connection))


def _owed(connection: Connection, now: datetime) -> Iterator[Metric]:
    opened = dict.fromkeys(KINDS, 0) | incidents.count_by_kind(connection)
    yield _labelled("incidents_open", "Troubles that last, by their kind.", "kind", opened)
    yield _gauge("quarantined_entries", "Entries that cannot be rendered.", opened["quarantined"])
    since, dirty = sections.owed(connection)
    yield _gauge("sections_dirty", "Sections that owe a feed.", dirty)
    lag = 0.0 if since is None else _seconds(now - since)
    yield _gauge("publish_lag_seconds", "For how long the first of them has owed it.", lag)
    waiting = dict.fromkeys(sorted({*notify.KINDS, ALERT}), 0) | figures.deliveries(connection)
    waiting.pop(END, None)  # which waits for a trouble to end, and is owed to nobody yet
    yield _labelled("deliveries_waiting", "Notifications that are owed, by their kind.", "kind", waiting)


def _disk(context: Context) -> Iterator[Metric]:
    database = Path(context.engine.url.database or "")
    files = {"main": database, "wal": database.with_name(f"{database.name}-wal")}
    yield _labelled(
        "database_bytes", "Size of the database's files.", "file", _known(files, lambda one: os.stat(one).st_size)
    )
    places = {"database": database.parent, "public": context.config.public}
    free = _known(places, lambda one: disk_usage(place(one)).free)
    yield _labelled("disk_free_bytes", "Space that is left on disks.", "what", free)


def _tree(context: Context) -> Iterator[Metric]:
    root = context.config.public
    published = [path for path in manifest.read(root) if path.endswith(".atom") and not path.startswith("archive/")]
    yield _gauge("feeds_published", "Feeds that stand in the published tree, archives aside.", len(published))
    written = manifest.Standing(root).moment(manifest.NAME)
    last = 0.0 if written is None else written.timestamp()
    yield _gauge("published_timestamp_seconds", "When something was published last; 0 for never.", last)


def _known(paths: Mapping[str, Path], ask: Callable[[Path], int]) -> dict[str, float]:
    """What is asked of each path, as far as there is an answer."""
    found: dict[str, float] = {}
    for name, path in paths.items():
        with suppress(OSError):
            found[name] = ask(path)
    return found


def _seconds(span: timedelta) -> float:
    return max(0.0, span / timedelta(seconds=1))


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(f"broadsheet_{name}", said, value)


def _labelled(
    name: str,
    said: str,
    label: str,
    values: Mapping[str, float],
    kind: type[CounterMetricFamily | GaugeMetricFamily] = GaugeMetricFamily,
) -> Metric:
    family = kind(f"broadsheet_{name}", said, labels=[label])
    for one, value in values.items():
        family.add_metric([one], value)
    return family


def _histogram(name: str, said: str, bounds: Sequence[float], values: Sequence[float]) -> Metric:
    """How many of the values are no greater than each bound: as they are now, so that the counts may fall."""
    counts = [0] * (len(bounds) + 1)
    for value in values:
        counts[bisect_left(bounds, value)] += 1
    buckets = zip([*map(floatToGoString, bounds), "+Inf"], accumulate(counts), strict=True)
    return GaugeHistogramMetricFamily(f"broadsheet_{name}", said, [*buckets], sum(values))
