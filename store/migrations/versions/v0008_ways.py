"""Ways by which people are notified, when they are told, and what became of it."""

import sqlalchemy as sa
from alembic import op

from store.schema import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BEFORE = "uq_outbox_pathway_id_seq_role_channel"


def upgrade() -> None:
    """Add tables and columns. On SQLite the outbox is copied once, for its unique key."""
    op.create_table(
        "ways",
        sa.Column("way_id", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("added", Instant, nullable=False),
        sa.Column("removed", Instant, nullable=True),
        sa.Column("bounced", Instant, nullable=True),
        sa.Column("why", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("way_id", name="pk_ways"),
        sa.ForeignKeyConstraint(["code"], ["people.code"], name="fk_ways_people_code"),
        sa.UniqueConstraint("code", "number", name="uq_ways_code_number"),
    )
    op.create_index("ix_ways_removed_bounced", "ways", ["removed", "bounced"])
    op.create_table(
        "habits",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("code", "quiet_from", "quiet_to", "digest")),
        sa.PrimaryKeyConstraint("code", name="pk_habits"),
        sa.ForeignKeyConstraint(["code"], ["people.code"], name="fk_habits_people_code"),
    )
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("planned_for", Instant, nullable=True))
        outbox.add_column(sa.Column("digest", sa.Boolean, nullable=False, server_default=sa.false()))
        outbox.add_column(sa.Column("opened_at", Instant, nullable=True))
        outbox.add_column(sa.Column("climb_at", Instant, nullable=True))
        # A notice about an address stands beside the one that could not be sent there.
        outbox.drop_constraint(_BEFORE, type_="unique")
        outbox.create_unique_constraint(f"{_BEFORE}_key", ["pathway_id", "seq", "role", "channel", "key"])
    op.create_index("ix_outbox_climb_at", "outbox", ["climb_at"])
    op.create_index("ix_outbox_channel_outbox_id", "outbox", ["channel", "outbox_id"])


def downgrade() -> None:
    """Refuse: the record is kept for ever."""
    raise NotImplementedError("the store is never migrated back; restore a copy taken before the upgrade")
