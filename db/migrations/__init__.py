"""Schema versions, forward only, each in one transaction."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from db import index
from db.engine import APPLICATION_ID, open_engine, process_lock, reading, writing
from db.errors import NotOurs, SchemaNewer

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0010"
"""The version that this release writes. Known here, so that a command need not load Alembic to find all is well."""

_HERE = Path(__file__).parent


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for these versions, on an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, *, anew: bool = False) -> bool:
    """Brings the schema to `HEAD`, and the full-text index to the rules that count now; True when anything was to do.

    An index that other rules made, an older release's or another Unicode's, is made anew of all that is stored, and so
    it is where `anew` asks for it.

    A database that is not there is made aside and put in its place whole: an empty file is never ours, so that one
    that was emptied can be told from one that is new.

    Raises `NotOurs` when the tables are another program's and `SchemaNewer` when a newer release wrote them; nothing
    is written then.
    """
    path = Path(engine.url.database or ":memory:")
    if path.name != ":memory:" and not path.exists():
        return _make(path)
    with reading(engine) as connection:
        if not anew and _stands(connection):
            return False
    return _migrate(engine, anew=anew)


def _make(path: Path) -> bool:
    """A new database at `path`; False where another process was quicker."""
    aside = path.with_name(f"{path.name}.new")
    with process_lock(path.with_name(f"{path.name}.new.lock"), "making the database", wait=30):
        if path.exists():
            return False
        for name in (aside.name, f"{aside.name}-wal", f"{aside.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)  # what a kill left behind
        fresh = open_engine(f"sqlite:///{aside}")
        try:
            _migrate(fresh)
        finally:
            fresh.dispose()
        for name in (f"{path.name}-wal", f"{path.name}-shm"):
            # Of a database that was removed: SQLite would play them back into the new one.
            path.with_name(name).unlink(missing_ok=True)
        aside.rename(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return True


def _stands(connection: Connection) -> bool:
    return current(connection) == HEAD and index.is_current(connection)


def _migrate(engine: Engine, *, anew: bool = False) -> bool:
    from alembic import command

    with writing(engine) as connection:
        _refuse_foreign(connection, engine)
        if not anew and _stands(connection):
            return False
        if current(connection) != HEAD:
            command.upgrade(alembic_config(connection), "head")
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        index.ensure(connection, anew=anew)
    return True


def current(connection: Connection) -> str | None:
    """The version of the schema; None where there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def _refuse_foreign(connection: Connection, engine: Engine) -> None:
    from alembic.script import ScriptDirectory

    version = current(connection)
    if version is None:
        if inspect(connection).get_table_names():
            raise NotOurs(f"{engine.url.database}: is another program's database; change [database] url")
        return
    known = {script.revision for script in ScriptDirectory.from_config(alembic_config(connection)).walk_revisions()}
    if version not in known:
        raise SchemaNewer(
            f"{engine.url.database}: was written by a newer release (schema {version}, this one knows {HEAD}); "
            "upgrade broadsheet or restore an older backup"
        )
