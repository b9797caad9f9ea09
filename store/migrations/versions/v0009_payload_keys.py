"""The ids of the payload keys with which something of this house was written."""

import sqlalchemy as sa
from alembic import op

from store.schema import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table. It is filled by the next worker that starts: what was written before was written with its keys."""
    op.create_table(
        "payload_keys",
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.PrimaryKeyConstraint("key_id", name="pk_payload_keys"),
    )
