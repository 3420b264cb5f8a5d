"""Archives that are owed, tokens of subscribers, and who pushes to whom.

Nothing has to be noted of what is stored: with the settings that this release brings, every feed is due, archives
included.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import db.models

revision = "0009"
down_revision = "0008"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = db.models.UtcDateTime(timezone=True)


def upgrade() -> None:
    free = sa.text("lead_id IS NULL AND coalesce(access_override, access) = 'free'")
    op.create_index(
        "ix_entries_free", "entries", [sa.text("sorted_at DESC"), "place"], sqlite_where=free, postgresql_where=free
    )
    op.create_table(
        "dirty_months",
        sa.Column("section_id", _ID, autoincrement=False, nullable=False),
        sa.Column("month", _ID, autoincrement=False, nullable=False),
        sa.Column("first_at", _AT, nullable=False),
        sa.Column("version", _ID, nullable=False),
        sa.Column("wait_until", _AT, nullable=True),
        sa.Column("backlog", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("section_id", "month", name="pk_dirty_months"),
    )
    _create_deliveries()
    _create_tokens()
    _create_websub()


def _create_deliveries() -> None:
    """Anew: until now nothing owed any."""
    op.drop_table("deliveries")
    op.create_table(
        "deliveries",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("version", _ID, nullable=False),
        sa.Column("since", _AT, nullable=False),
        sa.Column("due_at", _AT, nullable=False),
        sa.Column("attempts", _ID, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_due_at", "deliveries", ["due_at"])
    op.create_index("ix_deliveries_kind_deliveries_key", "deliveries", ["kind", "key"], unique=True)


def _create_tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", _ID, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _AT, nullable=False),
        sa.Column("expires_at", _AT, nullable=True),
        sa.Column("revoked_at", _AT, nullable=True),
        sa.Column("last_used", _AT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("key", name="uq_tokens_key"),
    )
    live = sa.text("revoked_at IS NULL")
    op.create_index("ix_tokens_live", "tokens", ["name"], unique=True, sqlite_where=live, postgresql_where=live)
    op.create_table(
        "token_networks",
        sa.Column("token_id", _ID, autoincrement=False, nullable=False),
        sa.Column("network", sa.LargeBinary(), nullable=False),
        sa.Column("first_at", _AT, nullable=False),
        sa.ForeignKeyConstraint(
            ["token_id"], ["tokens.id"], name="fk_token_networks_token_id_tokens", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_id", "network", name="pk_token_networks"),
    )


def _create_websub() -> None:
    op.create_table(
        "hub_subscriptions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("since", _AT, nullable=False),
        sa.Column("lease_until", _AT, nullable=False),
        sa.Column("failures", _ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hub_subscriptions"),
    )
    op.create_index("ix_hub_subscriptions_lease_until", "hub_subscriptions", ["lease_until"])
    op.create_index("ix_hub_subscriptions_host", "hub_subscriptions", ["host"])
    name = "ix_hub_subscriptions_topic_hub_subscriptions_callback"
    op.create_index(name, "hub_subscriptions", ["topic", "callback"], unique=True)
    op.create_table(
        "hub_topics",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("fetched_at", _AT, nullable=True),
        sa.PrimaryKeyConstraint("topic", name="pk_hub_topics"),
    )
    op.create_table(
        "pushes",
        sa.Column("id", _ID, nullable=False),
        sa.Column("source_id", _ID, nullable=False),
        sa.Column("hubs", sa.JSON(), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due_at", _AT, nullable=False),
        sa.Column("asked_at", _AT, nullable=True),
        sa.Column("active_since", _AT, nullable=True),
        sa.Column("lease_until", _AT, nullable=True),
        sa.Column("last_push", _AT, nullable=True),
        sa.Column("doubted_until", _AT, nullable=True),
        sa.Column("doubts", _ID, nullable=False),
        sa.Column("tries", _ID, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_pushes_source_id_sources", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_pushes"),
        sa.UniqueConstraint("key", name="uq_pushes_key"),
    )
    op.create_index("ix_pushes_due_at", "pushes", ["due_at"])
    op.create_index("ix_pushes_source_id", "pushes", ["source_id"])
    op.create_table(
        "pushed",
        sa.Column("id", _ID, nullable=False),
        sa.Column("source_id", _ID, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_pushed_source_id_sources", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_pushed"),
    )
    op.create_index("ix_pushed_source_id", "pushed", ["source_id"])
