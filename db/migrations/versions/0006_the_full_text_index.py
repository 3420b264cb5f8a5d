"""The full-text index, of all that is stored."""

from __future__ import annotations

from alembic import op

from db.index import CREATE, fill

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(CREATE)
    fill(op.get_bind())
