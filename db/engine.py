"""Opening a database: settings, ownership, transactions, and the lock that keeps two writers apart.

SQLite settings and their reasons:
* WAL: readers never wait for the writer; `synchronous=FULL`: what a commit acknowledged survives a power cut.
* a busy timeout: another writer is waited for, not failed on; `foreign_keys`: off by default in SQLite.
* writers begin with BEGIN IMMEDIATE: a transaction that reads first and writes later would fail on upgrade, not wait.
* `application_id`: tells our file from any other program's, so that neither is ever written over.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DatabaseError, OperationalError

from db.errors import Corrupt, Locked, NotOurs, StorageError

__all__ = [
    "Connection",
    "Engine",
    "open_engine",
    "process_lock",
    "quick_check",
    "reading",
    "to_json",
    "verify",
    "writing",
]

APPLICATION_ID = 0x42525354
"""`BRST`: marks a SQLite file as ours (https://www.sqlite.org/pragma.html#pragma_application_id)."""

BUSY_MS = 5000
_HEADER = b"SQLite format 3\x00"
_SETTINGS = (
    "page_size=8192",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "journal_size_limit=67108864",
    "cache_size=-8192",
    "temp_store=MEMORY",
)


def open_engine(url: str, *, busy_ms: int = BUSY_MS) -> Engine:
    """An engine for `url`, whose writers wait `busy_ms` for another one. Nothing is created but the database's folder.

    Raises `NotOurs` when the file is something else, `StorageError` when it cannot be reached or the address is
    of a database that this release does not know.
    """
    try:
        parsed = make_url(url)
    except Exception as error:
        raise StorageError(
            f'[database] url: "{url}" is no database address such as sqlite:///var/feeds.sqlite3'
        ) from error
    if parsed.drivername != "sqlite":
        raise StorageError(f"[database] url: {parsed.drivername} is not supported; give sqlite:///PATH")
    if parsed.database and parsed.database != ":memory:":
        _check_file(Path(parsed.database))
    # An error's text would carry the values of its statement into the log, premium bodies among them.
    engine = create_engine(
        url,
        connect_args={"timeout": busy_ms / 1000},
        json_deserializer=_from_json,
        json_serializer=to_json,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


@lru_cache(maxsize=4096)
def _list_from_json(text: str) -> tuple[Any, ...]:
    return tuple(json.loads(text))


def _from_json(text: str) -> Any:
    """A JSON value, lists as tuples: most are empty or one of a few section names, so the same text is read once."""
    if text == "[]":
        return ()
    return _list_from_json(text) if text[:1] == "[" and len(text) < 200 else json.loads(text)


def to_json(value: Any) -> str:
    """`value` as JSON; most are lists that are empty or the same as one before, so those are written once."""
    if not value and isinstance(value, tuple | list):
        return "[]"
    try:
        return _tuple_to_json(value) if isinstance(value, tuple) else json.dumps(value)
    except TypeError:  # a tuple of what cannot be a key
        return json.dumps(value)


@lru_cache(maxsize=4096)
def _tuple_to_json(value: tuple[Any, ...]) -> str:
    # Equal tuples are one here: fine for those of strings and numbers, of which none is a truth value.
    return json.dumps(value)


def _check_file(path: Path) -> None:
    """Refuses what SQLite would overwrite or fail on late."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise NotOurs(f"{path}: is a folder, not a database; change [database] url")
        if path.exists():
            if not path.stat().st_size:
                raise NotOurs(f"{path}: is empty, what was in it is gone; restore a backup, or remove it to begin anew")
            if not _is_ours(path):
                raise NotOurs(f"{path}: is another program's database; change [database] url")
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}; change [database] url or its permissions") from error


def _is_ours(path: Path) -> bool:
    """Whether the database is marked as ours, or has no mark and no tables yet. Raises `NotOurs` for what is none.

    The header may be older than the write-ahead log, so what it does not tell is asked of SQLite, reading only: the
    settings of `_configure` would already write to another program's file. The file is opened by SQLite alone, which
    knows who else has it open: a descriptor that we closed would take the locks of the whole process with it, and
    another process would put the log away under us (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    # As it stands in the file: nobody is waited for, and nothing is made beside it. While it grows it may look damaged.
    with suppress(sqlite3.Error):
        if application := _asked(path, "immutable=1", "PRAGMA application_id"):
            return application == APPLICATION_ID
    try:
        if _asked(path, "mode=ro", "PRAGMA application_id") == APPLICATION_ID:
            return True
        return _asked(path, "mode=ro", "SELECT count(*) FROM sqlite_master") == 0
    except sqlite3.Error as error:
        # What SQLite cannot read it has no locks of.
        if "not a database" in str(error) and not _begins_like_one(path):
            raise NotOurs(f"{path}: is not a SQLite database; move it away or change [database] url") from error
        # Damaged or held: whoever opens it for work says so, in words of its own.
        return True


def _begins_like_one(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_HEADER)) == _HEADER


def _asked(path: Path, how: str, question: str) -> int:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True)) as raw:
        return int(raw.execute(question).fetchone()[0])


def _configure(raw: Any, _record: Any) -> None:
    # The driver's own transaction control begins too late for BEGIN IMMEDIATE; `_begin` does it instead.
    raw.isolation_level = None
    try:
        for pragma in _SETTINGS:
            raw.execute(f"PRAGMA {pragma}").close()
    except sqlite3.Error:
        raw.close()  # nobody else would, until it is swept up
        raise


def _begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one state of the database. Raises `StorageError`."""
    with _explained(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that alone may write; it is committed at the end or leaves no trace. Raises `StorageError`."""
    with _explained(engine), engine.connect() as plain:
        connection = plain.execution_options(write=True)
        with connection.begin():
            yield connection


@contextmanager
def _explained(engine: Engine) -> Iterator[None]:
    """The driver's errors as one line a person can act on."""
    try:
        yield
    except DatabaseError as error:
        path = engine.url.database or "database"
        said = str(error.orig)
        if "malformed" in said or "not a database" in said:
            raise Corrupt(f"{path}: is damaged ({said}); restore a backup of it") from error
        if isinstance(error, OperationalError) and "locked" in said:
            raise Locked(f"{path}: another program holds it for longer than {BUSY_MS // 1000} s; try again") from error
        if "no such module" in said:
            raise StorageError(
                f"{path}: SQLite was built without {said.rpartition(' ')[2]}; install one that has it"
            ) from error
        if isinstance(error, OperationalError) and any(word in said for word in ("full", "I/O", "readonly", "unable")):
            raise StorageError(f"{path}: {said}; free space or mend permissions, then run again") from error
        raise


def quick_check(engine: Engine) -> list[str]:
    """Findings of SQLite's quick_check, which reads the whole file; empty when all is well."""
    with reading(engine) as connection:
        return [str(row[0]) for row in connection.exec_driver_sql("PRAGMA quick_check(20)") if row[0] != "ok"]


def verify(engine: Engine) -> list[str]:
    """Findings of SQLite's quick_check and foreign key check, empty when all is well."""
    found = quick_check(engine)
    with reading(engine) as connection:
        rows = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(20)
        found += [f"{row[0]} row {row[1]} points to a missing row of {row[2]}" for row in rows]
    return found


@contextmanager
def process_lock(path: Path, purpose: str, *, wait: float = 0) -> Iterator[None]:
    """Holds `path` for this process alone; the kernel frees it when the process ends, however it ends.

    Waits up to `wait` seconds. Raises `Locked`, naming the holder's pid.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}; the lock of {purpose} cannot be taken") from error
    try:
        _take(handle, path, purpose, wait)
        # Only for people: a full disk must not keep anybody from the lock.
        with suppress(OSError):
            os.truncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        # The file stays: removing it would let two processes lock two files of one name.
        os.close(handle)


def _take(handle: int, path: Path, purpose: str, wait: float) -> None:
    until = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= until:
                holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
                raise Locked(f"{purpose}: process {holder or '?'} is at it ({path}); wait for it or stop it") from None
            time.sleep(0.05)
