"""Texts that agree in part: the index that finds them, the pairs it found, and a person's word on pairs.

The index fills with what comes from now on: what was stored before is compared by its hashes of whole texts alone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import db.models

revision = "0005"
down_revision = "0004"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("fingerprints", sa.Column("teased", sa.Boolean(), nullable=False, server_default=sa.false()))
    _mark_teased()
    op.create_table(
        "sketches",
        sa.Column("entry_id", _ID, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_sketches"),
    )
    op.create_index("ix_sketches_at", "sketches", ["at"])
    op.create_table(
        "shingles",
        sa.Column("hash", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", _ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("hash", "entry_id", name="pk_shingles"),
        sqlite_with_rowid=False,
    )
    _create_pairs(
        "pairs", sa.Column("rule", sa.String(length=10), nullable=False), sa.Column("score", sa.Float(), nullable=False)
    )
    _create_pairs(
        "rulings",
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("at", db.models.UtcDateTime(timezone=True), nullable=False),
    )


def _mark_teased() -> None:
    """Of what is stored, an entry without a text has its teaser compared."""
    entries = sa.table("entries", sa.column("id", _ID), sa.column("text", sa.Text))
    prints = sa.table("fingerprints", sa.column("entry_id", _ID), sa.column("teased", sa.Boolean))
    bare = sa.select(entries.c.id).where(entries.c.text == "")
    op.execute(sa.update(prints).where(prints.c.entry_id.in_(bare)).values(teased=True))


def _create_pairs(name: str, *columns: sa.Column[object]) -> None:
    """A table of two entries and what is known of them, found from either."""
    op.create_table(
        name,
        sa.Column("entry_id", _ID, autoincrement=False, nullable=False),
        sa.Column("other_id", _ID, autoincrement=False, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("entry_id", "other_id", name=f"pk_{name}"),
        *(
            sa.ForeignKeyConstraint([side], ["entries.id"], name=f"fk_{name}_{side}_entries", ondelete="CASCADE")
            for side in ("entry_id", "other_id")
        ),
        sqlite_with_rowid=False,
    )
