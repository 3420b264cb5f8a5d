"""The clock: runs each job again and again, in a thread of its own, whatever becomes of it and of the others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from db.errors import Locked, StorageError
from feeds import log
from feeds.daemon.beats import Beats
from feeds.errors import BroadsheetError

TOGETHER = 0.2
"""Seconds for which a wish is waited with, so that several of them are one run, and the one before is over."""

_log = log.get("daemon")


@dataclass(frozen=True, slots=True)
class Job:
    """`work` is called every so many seconds, for the first time `after` the start."""

    name: str
    every: int
    work: Callable[[], None]
    after: int = 0


class Clockwork:
    """Runs `jobs` between `start` and `stop`, and notes in `beats` that they live.

    A run that is late is still wanted, and one makes up for all that were missed; no job runs twice at once.
    """

    def __init__(self, jobs: Sequence[Job], beats: Beats) -> None:
        # It warns of every tick that finds the one before it at work, which is what `coalesce` is for.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._jobs = {job.name: job for job in jobs}
        self._beats = beats
        self._scheduler = BackgroundScheduler(
            executors={job.name: ThreadPoolExecutor(1) for job in jobs},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone="UTC",
        )

    def start(self) -> None:
        """Begins; every job without an `after` runs at once."""
        now = datetime.now(UTC)
        for job in self._jobs.values():
            self._scheduler.add_job(
                self._run,
                "interval",
                (job,),
                seconds=job.every,
                id=job.name,
                executor=job.name,
                next_run_time=now + timedelta(seconds=job.after),
            )
        self._scheduler.start()

    def soon(self, name: str) -> None:
        """Lets a job run at once; a wish that comes with others is one of them."""
        with suppress(JobLookupError):  # the end has come
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC) + timedelta(seconds=TOGETHER))

    def mend(self) -> None:
        """Lets those jobs run at once that wait for longer than they ever should: the clock was set back."""
        now = datetime.now(UTC)
        for job in self._scheduler.get_jobs():
            if job.next_run_time > now + timedelta(seconds=self._jobs[job.id].every + 1):
                _log.warning("clock set back", job=job.id)
                self.soon(job.id)

    def stop(self, within: float) -> bool:
        """Begins no more runs and waits for those under way; False where one of them had to be abandoned."""
        ending = threading.Thread(target=self._scheduler.shutdown, name="drain", daemon=True)
        ending.start()
        ending.join(within)
        return not ending.is_alive()

    def _run(self, job: Job) -> None:
        """One run. Whatever it raises is logged, once for each reason, and tried again."""
        self._beats.begin(job.name)
        error = crash = None
        try:
            job.work()
        except Locked as held:
            _log.debug("job put off", job=job.name, reason=str(held))
        except (BroadsheetError, StorageError) as found:
            error = str(found)
        except BaseException as found:  # SystemExit too: a thread is no place to end from
            error, crash = f"internal error: {type(found).__name__}: {found}", found
        before = self._beats.end(job.name, error)
        if error is not None:
            say = _log.debug if before == error else _log.error
            say("job failed", job=job.name, error=error, exc_info=crash)
        elif before is not None:
            _log.info("job works again", job=job.name)
