"""Entries whose last change readers were not told of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import db.models

revision = "0007"
down_revision = "0006"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "untold",
        sa.Column("entry_id", _ID, autoincrement=False, nullable=False),
        sa.Column("source_id", _ID, nullable=False),
        sa.Column("last", db.models.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_untold_entry_id_entries", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_untold_source_id_sources", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_untold"),
    )
    op.create_index("ix_untold_source_id", "untold", ["source_id"])
    op.create_index("ix_untold_last", "untold", ["last"])
    # Until now each of them had an incident of its own.
    op.execute(
        "INSERT INTO untold (entry_id, source_id, last) "
        "SELECT entries.id, incidents.source_id, incidents.opened_at FROM incidents "
        "JOIN entries ON entries.uid = incidents.subject "
        "WHERE incidents.kind = 'flapping' AND incidents.closed_at IS NULL AND incidents.source_id IS NOT NULL"
    )
    op.execute("UPDATE incidents SET closed_at = opened_at WHERE kind = 'flapping' AND closed_at IS NULL")
