"""The monitor: one look at what no poll sees, which opens incidents and closes them.

It looks at few rows, by index, however many sources there are, and writes only where something changed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from db import migrations
from db.engine import Engine, quick_check, reading, writing
from db.errors import Corrupt
from db.records import Heartbeat
from db.store import cursors, incidents, schedule, sections
from feeds.config import Config
from feeds.sight import Disk, Sight, findings, stale
from feeds.states import state_between

CHECKED_EVERY = 86_400
"""Seconds between two looks through the whole database."""

SMALL = 256_000_000
"""Bytes of a database that is looked through: a second of reading, which hinders nobody else."""

AT_ONCE = 500
"""Sources that are found to be late in one look; the rest is next."""

_INTEGRITY = "watch: integrity"


def watch(engine: Engine, config: Config, now: datetime, *, beats: Sequence[Heartbeat] = ()) -> bool:
    """Looks at sources that are late, at our own output, the disk and the database, and at the daemon's jobs (`beats`);
    returns whether anything is otherwise than before.

    Raises `StorageError`.
    """
    file = Path(engine.url.database or ":memory:")
    with reading(engine) as connection:
        opened = incidents.subjects(connection)
        late = schedule.late(connection, "stale", now, AT_ONCE)
        late_names = [subject for kind, subject in opened if kind == "stale"]
        early = schedule.late_no_more(connection, late_names, now) if late_names else []
        idle = incidents.is_any_idle(connection)
        since, owed = sections.owed(connection)
        checked = cursors.position(connection, _INTEGRITY)
        version = migrations.current(connection)
    is_due = checked is None or now.timestamp() - checked >= CHECKED_EVERY
    damage = _damage(engine, file) if is_due else None
    seen = Sight(
        opened=opened,
        owed_since=since,
        owed=owed,
        disks=_disks(file, config.public),
        wal=_length(Path(f"{file}-wal")),
        schema=None if version == migrations.HEAD else str(version),
        damage=damage,
        beats=beats,
    )
    found = findings(seen, config.monitor, now)
    if not (found or late or early or idle or is_due):
        return False
    with writing(engine) as connection:
        for one in found:
            incidents.note(connection, one.subject, [(one.kind, one.message, one.evidence)], (one.kind,), now)
        # Asked again: a poll may have brought something new meanwhile.
        late = schedule.late(connection, "stale", now, AT_ONCE) if late else []
        early = schedule.late_no_more(connection, late_names, now) if early else []
        for source in late:
            message, evidence = stale(source, now)
            incidents.open_incident(connection, "stale", source.name, message, now, source.id, evidence=evidence)
        for source in early:
            incidents.close_incident(connection, "stale", source.name, now, "other settings count")
        states = {one.id: state_between(one, incidents.kinds_of(connection, one.id)) for one in (*late, *early)}
        schedule.set_states(connection, states)
        if idle:
            incidents.close_idle(connection, now, "polled no more")
        if is_due:
            cursors.move(connection, _INTEGRITY, int(now.timestamp()), now)
    return bool(found or late or early or idle)


def _damage(engine: Engine, file: Path) -> list[str] | None:
    """What is wrong in the database; None where it is too large to be looked through."""
    if _length(file) > SMALL:
        return None
    try:
        return quick_check(engine)
    except Corrupt as error:
        return [str(error)]


def _disks(file: Path, public: Path) -> list[Disk]:
    """What is free where the database is kept, and where the published tree is if that is another file system."""
    found: list[Disk] = []
    devices: set[int] = set()
    for subject, path in (("database", file.parent), ("published tree", public)):
        try:
            there = place(path)
            device, room = there.stat().st_dev, os.statvfs(there)
        except OSError:
            found.append(Disk(subject, None))
            continue
        if device not in devices:
            devices.add(device)
            found.append(Disk(subject, room.f_bavail * room.f_frsize))
    return found


def place(folder: Path) -> Path:
    """Where a folder is, or will be once it is made: itself, or the nearest above it that is there. Raises `OSError`
    where one on the way may not be looked into."""
    # Not `is_dir`: later Pythons take what may not be looked into for what is not there.
    try:
        folder.stat()
    except (FileNotFoundError, NotADirectoryError):
        return place(folder.parent)
    return folder


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
