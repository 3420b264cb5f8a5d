"""Keys of sections, digests of revisions, entries that were taken back."""

from __future__ import annotations

from hashlib import blake2b

import sqlalchemy as sa
from alembic import op

import db.models

revision = "0003"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("sections", sa.Column("key", sa.Text(), nullable=False, server_default=""))
    _key_sections()
    op.create_index("ix_sections_key", "sections", ["key"], unique=True)
    op.add_column("revisions", sa.Column("version", sa.LargeBinary(), nullable=True))
    op.create_table(
        "withdrawals",
        sa.Column("entry_id", _ID, autoincrement=False, nullable=False),
        sa.Column("at", db.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entries.id"], name="fk_withdrawals_entry_id_entries", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("entry_id", name="pk_withdrawals"),
    )
    op.create_index("ix_withdrawals_at", "withdrawals", ["at"])
    op.create_table(
        "vanished",
        sa.Column("document_id", _ID, autoincrement=False, nullable=False),
        sa.Column("entry_id", _ID, nullable=False),
        sa.Column("since", db.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last", db.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reads", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name="fk_vanished_document_id_documents", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_vanished_entry_id_entries", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document_id", "entry_id", name="pk_vanished"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_vanished_entry_id", "vanished", ["entry_id"])


def _key_sections() -> None:
    """What the ids of their feeds were made of so far (as `db.store.sections.ensure`, as it was at this version)."""
    sections = sa.table(
        "sections", sa.column("id", sa.Integer), sa.column("folded", sa.Text), sa.column("key", sa.Text)
    )
    connection = op.get_bind()
    for section_id, folded in connection.execute(sa.select(sections.c.id, sections.c.folded)).all():
        key = blake2b(folded.encode(), digest_size=8).hexdigest()
        connection.execute(sa.update(sections).where(sections.c.id == section_id).values(key=key))
