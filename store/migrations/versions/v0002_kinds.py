"""Pathways of patients and governors of subtrials are told apart."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Everything that is there is a patient's."""
    op.add_column("pathways", sa.Column("kind", sa.Text, nullable=False, server_default="patient"))
    op.create_index("ix_pathways_kind", "pathways", ["kind"])
