"""The instant by which an item is due, where hours are counted and not days."""

import sqlalchemy as sa
from alembic import op

from store.schema import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; items are written anew with every plan."""
    op.add_column("items", sa.Column("due_at", Instant, nullable=True))


def downgrade() -> None:
    """Refuse: the record is kept for ever."""
    raise NotImplementedError("the store is never migrated back; restore a copy taken before the upgrade")
