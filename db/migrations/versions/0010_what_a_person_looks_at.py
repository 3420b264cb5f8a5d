"""What people look at: how sources stand, what their last answers were, what came in by the hour, who is signed in.

Incidents that are there already are nobody's news: alerts are planned of what opens from now on.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import db.models

revision = "0010"
down_revision = "0009"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = db.models.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.add_column("sources", sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("tokens", sa.Column("scopes", sa.Text(), nullable=False, server_default="feeds"))
    _tell_states()
    _tell_incidents()
    _count_entries()
    _create_tables()


def _tell_states() -> None:
    op.add_column("source_state", sa.Column("state", sa.String(length=20), nullable=False, server_default="ok"))
    op.add_column("source_state", sa.Column("stale_at", _AT, nullable=True))
    op.create_index("ix_source_state_state", "source_state", ["state"])
    op.create_index("ix_source_state_stale_at", "source_state", ["stale_at"])
    for table in ("source_state", "polls"):
        for column in ("ms", "status", "size"):
            op.add_column(table, sa.Column(column, _ID, nullable=True))
    op.add_column("source_state", sa.Column("headers", sa.JSON(), nullable=True))
    op.execute("UPDATE source_state SET state = 'moved' WHERE url IS NOT NULL")
    # The graver later, as in `feeds.states`.
    for kind, state in (("gap", "gap"), ("shrunken", "suspicious"), ("broken-selector", "broken-selector")):
        lasting = f"SELECT source_id FROM incidents WHERE closed_at IS NULL AND kind = '{kind}'"  # noqa: S608  # ours
        op.execute(f"UPDATE source_state SET state = '{state}' WHERE source_id IN ({lasting})")  # noqa: S608  # ours
    op.execute("UPDATE source_state SET state = 'failing' WHERE error IS NOT NULL")
    op.execute("UPDATE source_state SET state = 'gone' WHERE outcome = 'failed' AND reason LIKE '410%'")


def _tell_incidents() -> None:
    op.add_column("incidents", sa.Column("evidence", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("incidents", sa.Column("ended", sa.Text(), nullable=True))
    op.add_column("incidents", sa.Column("reopened", _ID, nullable=False, server_default="0"))
    op.add_column("incidents", sa.Column("planned", _ID, nullable=False, server_default="0"))
    op.execute("UPDATE incidents SET planned = 2")
    op.execute("UPDATE incidents SET kind = 'suspicious' WHERE kind = 'shrunken'")
    op.execute("UPDATE incidents SET kind = 'untold' WHERE kind = 'hub'")
    op.create_index("ix_incidents_same", "incidents", ["kind", "subject", "closed_at"])
    op.create_index("ix_incidents_order", "incidents", ["opened_at"])
    op.create_index("ix_incidents_ended", "incidents", ["closed_at"])
    op.create_index("ix_incidents_source", "incidents", ["source_id", "opened_at"])
    told = sa.text("planned < 2")
    op.create_index("ix_incidents_planned", "incidents", ["planned"], sqlite_where=told, postgresql_where=told)


def _count_entries() -> None:
    op.create_index("ix_entries_source", "entries", ["source_id"])
    op.add_column("sections", sa.Column("entries", _ID, nullable=False, server_default="0"))
    standing = "SELECT count(*) FROM entry_sections WHERE entry_sections.section_id = sections.id"
    op.execute(f"UPDATE sections SET entries = ({standing})")  # noqa: S608  # ours


def _create_tables() -> None:
    op.create_table(
        "hours",
        sa.Column("hour", _ID, autoincrement=False, nullable=False),
        *(sa.Column(name, _ID, nullable=False) for name in ("stored", "unchanged", "failed", "new", "updated", "size")),
        sa.PrimaryKeyConstraint("hour", name="pk_hours"),
    )
    op.create_table(
        "heartbeats",
        sa.Column("job", sa.String(length=20), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("since", _AT, nullable=False),
        sa.Column("every", _ID, nullable=False),
        sa.Column("pid", _ID, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("job", name="pk_heartbeats"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _AT, nullable=False),
        sa.Column("last_used", _AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("digest", name="uq_sessions_digest"),
    )
    op.create_index("ix_sessions_last_used", "sessions", ["last_used"])
    op.create_table(
        "cursors",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", _ID, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_cursors"),
    )
