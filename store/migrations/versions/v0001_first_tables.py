"""The first tables: pathways, the append-only record (events, timeline), what is true now, and the outbox."""

import sqlalchemy as sa
from alembic import op

from store.schema import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything, on an empty database."""
    op.create_table(
        "pathways",
        sa.Column("pathway_id", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("trial", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("protocol", sa.Text, nullable=False),
        sa.Column("protocol_hash", sa.Text, nullable=False),
        sa.Column("profile", sa.Text, nullable=False),
        sa.Column("rehearsal", sa.Boolean, nullable=False),
        sa.Column("phases", sa.Text, nullable=False),
        sa.Column("group", sa.Text, nullable=False),
        sa.Column("next_at", Instant, nullable=True),
        sa.Column("open", sa.Integer, nullable=False),
        sa.Column("late", sa.Integer, nullable=False),
        sa.Column("archived", sa.Boolean, nullable=False),
        sa.Column("first_stored", Instant, nullable=False),
        sa.Column("last_stored", Instant, nullable=False),
        sa.PrimaryKeyConstraint("pathway_id", name="pk_pathways"),
    )
    op.create_index("ix_pathways_trial_subject", "pathways", ["trial", "subject"])
    op.create_index("ix_pathways_site", "pathways", ["site"])

    op.create_table(
        "events",
        _pathway_id(),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("recorded", Instant, nullable=False),
        sa.Column("occurred", Instant, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("stored", Instant, nullable=False),
        sa.PrimaryKeyConstraint("pathway_id", "seq", name="pk_events"),
        sa.UniqueConstraint("pathway_id", "event_id", name="uq_events_pathway_id_event_id"),
        _belongs_to_pathway("events"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "timeline",
        _pathway_id(),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("local", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("to", sa.Text, nullable=False),
        sa.Column("due", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("pathway_id", "seq", name="pk_timeline"),
        _belongs_to_pathway("timeline"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_timeline_pathway_id_key", "timeline", ["pathway_id", "key"])
    _append_only(
        "events",
        (
            "pathway_id = NEW.pathway_id AND event_id = NEW.event_id",
            "pathway_id = NEW.pathway_id AND seq = NEW.seq",
        ),
    )
    _append_only("timeline", ("pathway_id = NEW.pathway_id AND seq = NEW.seq",))

    op.create_table(
        "items",
        _pathway_id(),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("due", sa.Date, nullable=True),
        sa.Column("window_from", sa.Date, nullable=True),
        sa.Column("window_to", sa.Date, nullable=True),
        sa.Column("since", Instant, nullable=True),
        sa.Column("blocked_by", sa.Text, nullable=True),
        sa.Column("late_from", Instant, nullable=True),
        sa.PrimaryKeyConstraint("pathway_id", "position", name="pk_items"),
        _belongs_to_pathway("items"),
    )
    op.create_index("ix_items_due", "items", ["due"])
    op.create_index("ix_items_pathway_id_key", "items", ["pathway_id", "key"])
    op.create_table(
        "obligations",
        _pathway_id(),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("to", sa.Text, nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("rung", sa.Integer, nullable=False),
        sa.Column("next_rung", Instant, nullable=True),
        sa.PrimaryKeyConstraint("pathway_id", "position", name="pk_obligations"),
        _belongs_to_pathway("obligations"),
    )
    op.create_index("ix_obligations_pathway_id_key", "obligations", ["pathway_id", "key"])
    op.create_table(
        "decisions",
        _pathway_id(),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("proposal", sa.Text, nullable=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("since", Instant, nullable=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("pathway_id", "position", name="pk_decisions"),
        _belongs_to_pathway("decisions"),
    )
    op.create_index("ix_decisions_pathway_id_key", "decisions", ["pathway_id", "key"])

    op.create_table(
        "outbox",
        sa.Column("outbox_id", sa.Integer, nullable=False, autoincrement=True),
        _pathway_id(),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("trial", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("rehearsal", sa.Boolean, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("due", sa.Text, nullable=False),
        sa.Column("created", Instant, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("maybe_sent", sa.Boolean, nullable=False),
        sa.Column("next_attempt_at", Instant, nullable=False),
        sa.Column("claimed_by", sa.Text, nullable=True),
        sa.Column("claimed_until", Instant, nullable=True),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("sent_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("outbox_id", name="pk_outbox"),
        sa.UniqueConstraint(
            "pathway_id", "seq", "role", "channel", name="uq_outbox_pathway_id_seq_role_channel"
        ),
        sa.UniqueConstraint("message_id", name="uq_outbox_message_id"),
        sa.ForeignKeyConstraint(
            ["pathway_id", "seq"], ["timeline.pathway_id", "timeline.seq"], name="fk_outbox_timeline"
        ),
    )
    op.create_index("ix_outbox_status_next_attempt_at", "outbox", ["status", "next_attempt_at"])
    op.create_index("ix_outbox_pathway_id_key", "outbox", ["pathway_id", "key"])


def downgrade() -> None:
    """Refuse: the record is kept for ever."""
    raise NotImplementedError("the store is never migrated back; restore a copy taken before the upgrade")


def _pathway_id() -> sa.Column[str]:
    return sa.Column("pathway_id", sa.Text, nullable=False)


def _belongs_to_pathway(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["pathway_id"], ["pathways.pathway_id"], name=f"fk_{table}_pathways")


def _append_only(table: str, same: tuple[str, ...]) -> None:
    """Let rows of the table be inserted only; `same` are the conditions under which a new row would replace
    an old one.
    """
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    # INSERT OR REPLACE deletes the old row without asking the trigger above.
    for number, condition in enumerate(same, start=1):
        exists = f"EXISTS (SELECT 1 FROM {table} WHERE {condition})"  # noqa: S608 (our own words)
        op.execute(
            f"CREATE TRIGGER {table}_no_replace_{number} BEFORE INSERT ON {table} WHEN {exists} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
