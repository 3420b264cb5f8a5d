"""Signs of life of the daemon's jobs, judged: which are late, and whether anybody runs at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.records import Heartbeat
from feeds.spans import span

WRITTEN = 30
"""Seconds between two times that the daemon writes its signs of life into the database."""

SILENCE = 300
"""Seconds beyond the usual for which a job may give no sign. A first publish of thousands of feeds gives none for
a minute on a slow machine."""

GONE = 4 * WRITTEN
"""Seconds after which a daemon that writes nothing is gone, or hangs."""


@dataclass(frozen=True, slots=True)
class Running:
    """The daemon as its signs tell: process `pid`, `since` when. `late` are the names of jobs that give no sign; `gone`
    says that none does."""

    pid: int
    since: datetime
    last: datetime
    jobs: tuple[Heartbeat, ...]
    late: tuple[str, ...]
    gone: bool

    @property
    def well(self) -> bool:
        """Whether all of it runs."""
        return not self.gone and not self.late


def is_late(beat: Heartbeat, now: datetime) -> bool:
    """Whether the job should have given a sign since."""
    return now - beat.at > timedelta(seconds=beat.every + SILENCE)


def running(beats: Sequence[Heartbeat], now: datetime) -> Running | None:
    """What the signs in the database tell; None where there are none, so that no daemon runs."""
    if not beats:
        return None
    newest = max(beats, key=lambda beat: (beat.at, beat.pid))
    return Running(
        pid=newest.pid,
        since=newest.since,
        last=newest.at,
        jobs=tuple(beats),
        late=tuple(beat.job for beat in beats if is_late(beat, now)),
        gone=now - newest.at > timedelta(seconds=GONE),
    )


def words(found: Running | None, now: datetime) -> str:
    """One line for people."""
    if found is None:
        return "no daemon runs ('feeds run')"
    if found.gone:
        return f"process {found.pid} has given no sign of life for {_since(found.last, now)}: it is gone, or hangs"
    if found.late:
        late = [beat for beat in found.jobs if beat.job in found.late]
        told = ", ".join(f"{beat.job} ({_since(beat.at, now)})" for beat in late)
        return f"process {found.pid} runs, but these jobs give no sign of life: {told}"
    failed = [f"{beat.job} failed: {beat.error}" for beat in found.jobs if beat.error is not None]
    told = ", ".join(f"{beat.job} {_since(beat.at, now)} ago" for beat in found.jobs)
    return "; ".join([f"process {found.pid} runs for {_since(found.since, now)} ({told})", *failed])


def _since(moment: datetime, now: datetime) -> str:
    return span((now - moment).total_seconds())
