"""Events with their revisions, tombstones, and the nights under way with their blocks.

Revision: 0001; after: nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_events()
    _create_the_rest_of_the_inbox()
    _create_live_nights()


def _key() -> tuple[sa.Column[str], sa.Column[str]]:
    return (
        sa.Column("organisation", sa.String(63), nullable=False),
        sa.Column("environment", sa.String(8), nullable=False),
    )


def _create_events() -> None:
    op.create_table(
        "inbox_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        *_key(),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("variant", sa.LargeBinary(), nullable=False),
        sa.Column("stages", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_inbox_events"),
        sa.UniqueConstraint(
            "organisation",
            "environment",
            "vendor_id",
            "session_id",
            "event",
            "seq",
            "length",
            "variant",
            name="uq_inbox_events_key",
        ),
        sqlite_autoincrement=True,
    )
    not_done, done = sa.text("state <> 'done'"), sa.text("state = 'done'")
    op.create_index(
        "ix_inbox_events_open",
        "inbox_events",
        ["organisation", "environment", "state", "next_at", "received_at"],
        sqlite_where=not_done,
        postgresql_where=not_done,
    )
    op.create_index(
        "ix_inbox_events_done",
        "inbox_events",
        ["organisation", "environment", "ended_at", "state"],
        sqlite_where=done,
        postgresql_where=done,
    )
    op.create_index(
        "ix_inbox_events_received", "inbox_events", ["organisation", "environment", "received_at"]
    )


def _create_the_rest_of_the_inbox() -> None:
    op.create_table(
        "inbox_revisions",
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["inbox_events.id"], name="fk_inbox_revisions_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "digest", name="pk_inbox_revisions"),
    )
    op.create_table(
        "inbox_tombstones",
        *_key(),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "environment", "mark", name="pk_inbox_tombstones"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "inbox_upkeep",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inbox_upkeep"),
    )


def _create_live_nights() -> None:
    op.create_table(
        "live_nights",
        *_key(),
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("start_at", sa.BigInteger(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("blocks", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_block_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint(
            "organisation", "environment", "vendor_id", "session_id", name="pk_live_nights"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "live_blocks",
        *_key(),
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("stages", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "organisation", "environment", "vendor_id", "session_id", "seq", "length", name="pk_live_blocks"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "live_versions",
        *_key(),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "environment", name="pk_live_versions"),
    )


def downgrade() -> None:
    for table in (
        "live_versions",
        "live_blocks",
        "live_nights",
        "inbox_upkeep",
        "inbox_tombstones",
        "inbox_revisions",
        "inbox_events",
    ):
        op.drop_table(table)
