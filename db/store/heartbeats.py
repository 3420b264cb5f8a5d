"""Signs of life of the daemon's jobs, for whoever asks from another process."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, select

from db.models import Heartbeat
from db.records import Heartbeat as Beat
from db.store.bulk import insert_rows

_COLUMNS = ("job", "at", "since", "every", "pid", "error")
_AGAIN = "ON CONFLICT (job) DO UPDATE SET " + ", ".join(f"{each} = excluded.{each}" for each in _COLUMNS[1:])


def note(connection: Connection, beats: Iterable[Beat]) -> None:
    """Notes the last sign of life of each job."""
    rows = [(one.job, one.at, one.since, one.every, one.pid, one.error) for one in beats]
    insert_rows(connection, Heartbeat, _COLUMNS, rows, _AGAIN)


def every(connection: Connection) -> list[Beat]:
    """The last signs of life, in order of the jobs' names; none where no daemon runs that was stopped in good order."""
    rows = connection.execute(select(*(getattr(Heartbeat, name) for name in _COLUMNS)).order_by(Heartbeat.job))
    return [Beat(*row) for row in rows]


def forget(connection: Connection, pid: int) -> None:
    """A daemon ends: nobody waits for its jobs any more."""
    connection.execute(delete(Heartbeat).where(Heartbeat.pid == pid))
