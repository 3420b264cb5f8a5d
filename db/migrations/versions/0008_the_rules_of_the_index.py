"""By which rules the full-text index was made. None so far: it is made of all that is stored once the schema stands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "index_rules",
        sa.Column("rules", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rules", name="pk_index_rules"),
    )
