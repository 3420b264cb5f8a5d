"""Schema versions, forward only, each in one transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from db.engine import APPLICATION_ID, reading, writing
from db.errors import NotOurs, SchemaNewer

_HERE = Path(__file__).parent


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The version that this release writes."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def upgrade(engine: Engine) -> bool:
    """Brings the schema to `head()`; True when anything was to do.

    Raises `NotOurs` when the tables are another program's and `SchemaNewer` when a newer release wrote them;
    nothing is written then.
    """
    with reading(engine) as connection:
        if _check(connection, engine) == head():
            return False
    with writing(engine) as connection:
        if _check(connection, engine) == head():
            return False
        command.upgrade(_config(connection), "head")
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    return True


def _check(connection: Connection, engine: Engine) -> str | None:
    """The version of the schema; None for an empty database."""
    current = MigrationContext.configure(connection).get_current_revision()
    if current is None:
        if inspect(connection).get_table_names():
            raise NotOurs(f"{engine.url.database}: is another program's database; change [database] url")
        return None
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if current not in known:
        raise SchemaNewer(
            f"{engine.url.database}: was written by a newer release (schema {current}, this one knows {head()}); "
            "upgrade broadsheet or restore an older backup"
        )
    return current
