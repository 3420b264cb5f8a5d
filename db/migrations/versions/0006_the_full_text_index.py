"""The full-text index. `db.migrations.upgrade` fills it once the schema is the newest, by the rules of then."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE search USING fts5 "
        "(title, summary, body, author, facet, content='', columnsize=0, tokenize='ascii')"
    )
