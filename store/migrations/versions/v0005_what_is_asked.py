"""Indices for what the work list asks; the roles of an obligation are called as in the plan."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change indices and one name; every row stays."""
    # Both databases know this statement; alembic would copy the whole table on SQLite.
    op.execute("ALTER TABLE obligations RENAME COLUMN told TO notified")
    op.drop_index("ix_items_due", "items")
    # From the pathways that are open to what is open of them: the rest grows for ever.
    op.create_index("ix_pathways_archived_rehearsal", "pathways", ["archived", "rehearsal"])
    op.create_index("ix_items_pathway_id_state_due", "items", ["pathway_id", "state", "due"])
    op.create_index("ix_obligations_pathway_id_state", "obligations", ["pathway_id", "state"])
    # Nobody looks these up by key, and every write paid for it.
    for table in ("items", "obligations", "decisions"):
        op.drop_index(f"ix_{table}_pathway_id_key", table)


def downgrade() -> None:
    """Refuse: the record is kept for ever."""
    raise NotImplementedError("the store is never migrated back; restore a copy taken before the upgrade")
