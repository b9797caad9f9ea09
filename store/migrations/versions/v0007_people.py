"""Who may do what: people, the roles they hold, their sign-ins, and the append-only audit trail."""

import sqlalchemy as sa
from alembic import op

from store.schema import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "people",
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failing_since", Instant, nullable=True),
        sa.Column("since", Instant, nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_people"),
    )
    op.create_table(
        "holdings",
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("code", "role", "site", name="pk_holdings"),
        sa.ForeignKeyConstraint(["code"], ["people.code"], name="fk_holdings_people_code"),
    )
    op.create_table(
        "sign_ins",
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("strength", sa.Text, nullable=False),
        sa.Column("begun", Instant, nullable=False),
        sa.Column("used", Instant, nullable=False),
        sa.PrimaryKeyConstraint("token", name="pk_sign_ins"),
        sa.ForeignKeyConstraint(["code"], ["people.code"], name="fk_sign_ins_people_code"),
    )
    op.create_index("ix_sign_ins_code", "sign_ins", ["code"])
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("at", Instant, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("person", "role", "site", "act", "about", "outcome", "content", "before", "digest")
        ),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
    )
    _append_only()


def _append_only() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
        )
    # INSERT OR REPLACE deletes the old row without asking the triggers above.
    op.execute(
        "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE number = NEW.number) "
        "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
    )


def downgrade() -> None:
    """Refuse: the record is kept for ever."""
    raise NotImplementedError("the store is never migrated back; restore a copy taken before the upgrade")
