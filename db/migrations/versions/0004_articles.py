"""Articles that are still to be read; documents that are compared, apart from those that never are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import db.models

revision = "0004"
down_revision = "0003"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("source_id", _ID, autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("tries", _ID, nullable=False),
        sa.Column("due_at", db.models.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name="fk_articles_source_id_sources", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "url", name="pk_articles"),
    )
    op.create_index(
        "ix_documents_compared",
        "documents",
        ["source_id"],
        sqlite_where=sa.text("length(digest) > 0"),
        postgresql_where=sa.text("length(digest) > 0"),
    )
