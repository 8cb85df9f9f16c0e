"""From when on the sessions of a person have been asked for.

Revision: 0002; after: 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sync_states", sa.Column("asked_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("sync_states", "asked_since")
