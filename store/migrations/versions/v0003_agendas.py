"""The agendas of coordinating meetings as they were shown: append-only."""

import sqlalchemy as sa
from alembic import op

from store.schema import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "agendas",
        sa.Column("meeting_id", sa.Text, nullable=False),
        sa.Column("week", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("edition", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("stored", Instant, nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "week", "kind", "edition", name="pk_agendas"),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION agendas_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'agendas is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER agendas_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON agendas "
            "FOR EACH STATEMENT EXECUTE FUNCTION agendas_refuse()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER agendas_no_{verb.lower()} BEFORE {verb} ON agendas "
            "BEGIN SELECT RAISE(ABORT, 'agendas is append-only'); END"
        )
    # INSERT OR REPLACE deletes the old row without asking the triggers above.
    op.execute(
        "CREATE TRIGGER agendas_no_replace BEFORE INSERT ON agendas WHEN EXISTS (SELECT 1 FROM agendas WHERE "
        "meeting_id = NEW.meeting_id AND week = NEW.week AND kind = NEW.kind AND edition = NEW.edition) "
        "BEGIN SELECT RAISE(ABORT, 'agendas is append-only'); END"
    )


def downgrade() -> None:
    """Refuse: the record is kept for ever."""
    raise NotImplementedError("the store is never migrated back; restore a copy taken before the upgrade")
