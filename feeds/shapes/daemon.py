"""The daemon, as its signs of life tell of it."""

from __future__ import annotations

from feeds.heartbeats import Running
from feeds.shapes.times import when


def daemon_as_json(found: Running | None) -> dict[str, object] | None:
    """The process and its jobs; None where none runs. `at` is the last sign of a job, of which one comes `every`
    seconds."""
    if found is None:
        return None
    return {
        "pid": found.pid,
        "since": when(found.since),
        "last": when(found.last),
        "well": found.well,
        "jobs": [
            {
                "job": beat.job,
                "at": when(beat.at),
                "every": beat.every,
                "late": beat.job in found.late,
                "error": beat.error,
            }
            for beat in found.jobs
        ],
    }
