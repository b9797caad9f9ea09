"""Pathways that go on under another pseudonym: the old one keeps a row that says as whom."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; no pathway has been renamed before."""
    op.add_column("pathways", sa.Column("renamed_to", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_pathways_renamed_to", "pathways", ["renamed_to"])


def downgrade() -> None:
    """Refuse: the record is kept for ever."""
    raise NotImplementedError("the store is never migrated back; restore a copy taken before the upgrade")
