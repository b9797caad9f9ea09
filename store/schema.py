"""The tables.

`events`, `timeline`, `agendas` and `audit` are append-only (triggers hold it); the rest says what is true now and may be rebuilt.
Instants are UTC, days are site-local, lists and objects are JSON text.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine


class Instant(TypeDecorator[datetime]):
    """An aware instant in UTC: `timestamptz` on PostgreSQL, on SQLite ISO text of fixed length, which sorts
    by time.
    """

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type of the database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(27))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive instants: a time without a zone is a guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone; give an aware datetime")
        value = value.astimezone(UTC)
        if dialect.name == "postgresql":
            return value
        return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return an aware UTC instant."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            instant: datetime = value
            return instant.astimezone(UTC)
        return datetime.fromisoformat(value)


class Base(DeclarativeBase):
    """The declarative base of the store."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map = {datetime: Instant, str: Text, date: Date, int: Integer, bool: Boolean}  # noqa: RUF012


class PathwayRow(Base):
    """A pathway as of its last revision; `kind`: of a patient, or the governor of a subtrial (or a meeting).

    `phases` is an object (track to phase), `profile` the pinned assumption profile. `renamed_to`: the pseudonym under which the
    patient goes on, if not under this one: then it is archived, and read no more.
    """

    __tablename__ = "pathways"
    __table_args__ = (
        Index(None, "trial", "subject"),
        Index(None, "site"),
        Index(None, "kind"),
        Index(None, "archived", "rehearsal"),
        Index(None, "renamed_to"),
    )

    pathway_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(server_default="patient")
    revision: Mapped[int]
    subject: Mapped[str]
    trial: Mapped[str]
    site: Mapped[str]
    zone: Mapped[str]
    protocol: Mapped[str]
    protocol_hash: Mapped[str]
    profile: Mapped[str]
    rehearsal: Mapped[bool]
    phases: Mapped[str]
    group: Mapped[str]
    next_at: Mapped[datetime | None]
    open: Mapped[int]
    late: Mapped[int]
    archived: Mapped[bool]
    renamed_to: Mapped[str] = mapped_column(server_default="")
    first_stored: Mapped[datetime]
    last_stored: Mapped[datetime]


class EventRow(Base):
    """An event as it was accepted, for ever.

    `content` is the whole event as JSON; the other columns repeat parts of it.
    """

    __tablename__ = "events"
    # Without a rowid, or INSERT OR REPLACE by rowid would get past the unique keys that the trigger looks at.
    __table_args__ = (UniqueConstraint("pathway_id", "event_id"), {"sqlite_with_rowid": False})

    pathway_id: Mapped[str] = mapped_column(ForeignKey("pathways.pathway_id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str]
    revision: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    recorded: Mapped[datetime]
    occurred: Mapped[datetime]
    content: Mapped[str]
    stored: Mapped[datetime]


class TimelineRow(Base):
    """A change of the plan as it was announced, for ever.

    Columns are the fields of `pathway.changes.Change`; `to` is a list.
    """

    __tablename__ = "timeline"
    __table_args__ = (Index(None, "pathway_id", "key"), {"sqlite_with_rowid": False})

    pathway_id: Mapped[str] = mapped_column(ForeignKey("pathways.pathway_id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int]
    at: Mapped[str]
    local: Mapped[str]
    day: Mapped[str]
    subject: Mapped[str]
    cause: Mapped[str]
    kind: Mapped[str]
    id: Mapped[str]
    key: Mapped[str]
    state: Mapped[str]
    text: Mapped[str]
    to: Mapped[str]
    due: Mapped[str]
    severity: Mapped[str]
    generation: Mapped[int]


class ItemRow(Base):
    """Something to be done (`pathway.plan.Item`); `position` grows in the plan's order, with gaps."""

    __tablename__ = "items"
    __table_args__ = (Index(None, "pathway_id", "state", "due"),)

    pathway_id: Mapped[str] = mapped_column(ForeignKey("pathways.pathway_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str]
    key: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]
    text: Mapped[str]
    owner: Mapped[str]
    due: Mapped[date | None]
    window_from: Mapped[date | None]
    window_to: Mapped[date | None]
    since: Mapped[datetime | None]
    blocked_by: Mapped[str | None]
    late_from: Mapped[datetime | None]
    due_at: Mapped[datetime | None]


class ObligationRow(Base):
    """A deviation or alert (`pathway.plan.Obligation`), in the plan's order. `notified` is a list."""

    __tablename__ = "obligations"
    __table_args__ = (Index(None, "pathway_id", "state"),)

    pathway_id: Mapped[str] = mapped_column(ForeignKey("pathways.pathway_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str]
    key: Mapped[str]
    kind: Mapped[str]
    severity: Mapped[str]
    state: Mapped[str]
    text: Mapped[str]
    to: Mapped[str]
    notified: Mapped[str]
    since: Mapped[datetime]
    rung: Mapped[int]
    next_rung: Mapped[datetime | None]


class DecisionRow(Base):
    """A decision that waits for a person. `content` is the whole `pathway.plan.DecisionState` as JSON."""

    __tablename__ = "decisions"

    pathway_id: Mapped[str] = mapped_column(ForeignKey("pathways.pathway_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str]
    key: Mapped[str]
    state: Mapped[str]
    proposal: Mapped[str | None]
    role: Mapped[str]
    since: Mapped[datetime | None]
    content: Mapped[str]


class AgendaRow(Base):
    """An agenda of a coordinating meeting as it was shown, for ever. `content` is `pathway.meeting.agenda.Agenda` as JSON."""

    __tablename__ = "agendas"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    meeting_id: Mapped[str] = mapped_column(primary_key=True)
    week: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    edition: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    digest: Mapped[str]
    content: Mapped[str]
    stored: Mapped[datetime]


class OutboxRow(Base):
    """One notice to one role by one channel. It holds no text of the plan, so that none can leave the house.

    `status`: pending, sending (claimed until `claimed_until`), sent, superseded (no longer true before it was
    sent), bounced (the address was refused for good). `maybe_sent`: an attempt ended without an answer, so the role may have been
    told. `seq` is the change in the timeline that it tells of; `message_id` never changes.
    Of a notice to one person by one of their ways (channel `way/ID`): `planned_for`, when it is let out, by their quiet hours and
    digest; `digest`, that it goes with the others of the day; `opened_at`, when they looked at the patient; `climb_at`, when
    operations are told if nobody has.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("pathway_id", "seq", "role", "channel", "key"),
        UniqueConstraint("message_id"),
        ForeignKeyConstraint(["pathway_id", "seq"], ["timeline.pathway_id", "timeline.seq"]),
        Index(None, "status", "next_attempt_at"),
        Index(None, "pathway_id", "key"),
        Index(None, "climb_at"),
        Index(None, "channel", "outbox_id"),
    )

    outbox_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    pathway_id: Mapped[str]
    seq: Mapped[int]
    role: Mapped[str]
    channel: Mapped[str]
    message_id: Mapped[str]
    subject: Mapped[str]
    trial: Mapped[str]
    site: Mapped[str]
    rehearsal: Mapped[bool]
    kind: Mapped[str]
    id: Mapped[str]
    key: Mapped[str]
    state: Mapped[str]
    severity: Mapped[str]
    due: Mapped[str]
    created: Mapped[datetime]
    status: Mapped[str]
    attempts: Mapped[int]
    maybe_sent: Mapped[bool]
    next_attempt_at: Mapped[datetime]
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[datetime | None]
    last_error: Mapped[str]
    sent_at: Mapped[datetime | None]
    planned_for: Mapped[datetime | None]
    digest: Mapped[bool] = mapped_column(server_default=false())
    opened_at: Mapped[datetime | None]
    climb_at: Mapped[datetime | None]


class PersonRow(Base):
    """Somebody who may sign in. `code` is all that is known of a person here; `password` a hash, empty where another service
    recognises them. `failures` since `failing_since`: how often a wrong password was given lately.
    """

    __tablename__ = "people"

    code: Mapped[str] = mapped_column(primary_key=True)
    password: Mapped[str]
    disabled: Mapped[bool]
    failures: Mapped[int]
    failing_since: Mapped[datetime | None]
    since: Mapped[datetime]


class HoldingRow(Base):
    """A role that a person holds at a site; `*` is every site."""

    __tablename__ = "holdings"

    code: Mapped[str] = mapped_column(ForeignKey("people.code"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(primary_key=True)


class KeyRow(Base):
    """A payload key with which something of this house was written, by its id: whoever has none of them has the wrong key."""

    __tablename__ = "payload_keys"

    key_id: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]


class WayRow(Base):
    """A way by which a person is notified: `mail`, or `url` for what apprise knows. `sealed` is the address, which only the key
    ring opens; empty once it is removed. `number` counts the person's. `bounced`: since when it is refused for good, and `why`.
    """

    __tablename__ = "ways"
    __table_args__ = (UniqueConstraint("code", "number"), Index(None, "removed", "bounced"))

    way_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    code: Mapped[str] = mapped_column(ForeignKey("people.code"))
    number: Mapped[int]
    channel: Mapped[str]
    sealed: Mapped[str]
    added: Mapped[datetime]
    removed: Mapped[datetime | None]
    bounced: Mapped[datetime | None]
    why: Mapped[str]


class HabitRow(Base):
    """When a person is told, by the clock of the site (`HH:MM`, empty for none): quiet hours, and the hour of the digest."""

    __tablename__ = "habits"

    code: Mapped[str] = mapped_column(ForeignKey("people.code"), primary_key=True)
    quiet_from: Mapped[str]
    quiet_to: Mapped[str]
    digest: Mapped[str]


class SignInRow(Base):
    """A sign-in that is not over. `token` is a digest: who reads this table can sign in as nobody."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index(None, "code"),)

    token: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(ForeignKey("people.code"))
    strength: Mapped[str]
    begun: Mapped[datetime]
    used: Mapped[datetime]


class AuditRow(Base):
    """One line of the audit trail, for ever. `content` is a digest of what was shown or sent, never the thing itself.

    `digest` covers the line and the digest of the one before (`before`).
    """

    __tablename__ = "audit"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    person: Mapped[str]
    role: Mapped[str]
    site: Mapped[str]
    act: Mapped[str]
    about: Mapped[str]
    outcome: Mapped[str]
    content: Mapped[str]
    before: Mapped[str]
    digest: Mapped[str]


def table_of(row: type[Base]) -> Table:
    """The table behind a row, for statements that are made once and need no session."""
    table = row.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{row.__name__} is not mapped to a table")
    return table
