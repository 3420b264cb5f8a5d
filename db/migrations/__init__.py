"""Schema versions, forward only, each in one transaction."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from db.engine import APPLICATION_ID, reading, writing
from db.errors import NotOurs, SchemaNewer

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0001"
"""The version that this release writes. Known here, so that a command need not load Alembic to find all is well."""

_HERE = Path(__file__).parent


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for these versions, on an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> bool:
    """Brings the schema to `HEAD`; True when anything was to do.

    Raises `NotOurs` when the tables are another program's and `SchemaNewer` when a newer release wrote them;
    nothing is written then.
    """
    with reading(engine) as connection:
        if current(connection) == HEAD:
            return False
    from alembic import command

    with writing(engine) as connection:
        _refuse_foreign(connection, engine)
        if current(connection) == HEAD:
            return False
        command.upgrade(alembic_config(connection), "head")
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
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
