"""Leases, hosts and pace of sources; what else an item says."""

from __future__ import annotations

from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("source_state", sa.Column("lease", sa.Text(), nullable=True))
    op.add_column("source_state", sa.Column("host", sa.Text(), nullable=True))
    op.add_column("source_state", sa.Column("url", sa.Text(), nullable=True))
    op.add_column("source_state", sa.Column("pace", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("entries", sa.Column("extra", sa.Text(), nullable=False, server_default=""))
    # A third copy of every text: searching folds the case itself.
    op.drop_column("entries", "folded")
    op.create_table(
        "asked",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_asked"),
    )
    op.create_index("ix_asked_at", "asked", ["at"])
    _name_hosts()


def _name_hosts() -> None:
    """The host of every source that has an address (as `db.store.sources.host_of`, as it was at this version)."""
    sources = sa.table("sources", sa.column("id", sa.Integer), sa.column("options", sa.JSON))
    state = sa.table("source_state", sa.column("source_id", sa.Integer), sa.column("host", sa.Text))
    connection = op.get_bind()
    for source_id, options in connection.execute(sa.select(sources.c.id, sources.c.options)).all():
        if isinstance(options, dict) and isinstance(options.get("url"), str):
            parts = urlsplit(options["url"])
            usual = {"http": 80, "https": 443}.get(parts.scheme)
            name = parts.hostname or ""
            host = (f"[{name}]" if ":" in name else name) + ("" if parts.port in (None, usual) else f":{parts.port}")
            connection.execute(sa.update(state).where(state.c.source_id == source_id).values(host=host))
