"""A pathway that goes on under another pseudonym: what the store has of it goes along, and the old row says as whom.

Events and timeline are append-only: they are copied, and stand under the old pseudonym for good. Notices are moved, those that
wait included, so that none goes out under the old one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.publish import PublishBatch
from contracts.renaming import Renamed
from store.record import EVENT
from store.schema import (
    DecisionRow,
    EventRow,
    ItemRow,
    ObligationRow,
    OutboxRow,
    PathwayRow,
    TimelineRow,
    table_of,
)
from store.settling import PENDING, SENDING

_PATHWAYS: Final = table_of(PathwayRow)
_OUTBOX: Final = table_of(OutboxRow)
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:whose, 0))")
_LATEST: Final = (table_of(ItemRow), table_of(ObligationRow), table_of(DecisionRow))


def take_over(connection: Connection, batch: PublishBatch, now: datetime) -> bool:
    """Take what the store has under the last of the batch's former pseudonyms over to the present one. Called for the first batch
    under it, in its transaction. Returns whether there was anything.

    Without anything, as in a new store, the old pseudonym gets a row all the same, so that nobody else is enrolled under it.
    """
    old = batch.formerly[-1]
    old_id = former_id(batch.pathway_id, old)
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"whose": old_id})
    gone = {"archived": True, "renamed_to": batch.subject, "open": 0, "late": 0, "next_at": None}
    known = connection.execute(select(_PATHWAYS.c.subject).where(_PATHWAYS.c.pathway_id == old_id)).first()
    if known is None:
        connection.execute(insert(_PATHWAYS), [_stub(batch, old, old_id, now) | gone])
        return False
    change: dict[str, Any] = {"pathway_id": batch.pathway_id, "subject": batch.subject}
    _copy(connection, _PATHWAYS, old_id, change)
    _copy(connection, table_of(EventRow), old_id, {"pathway_id": batch.pathway_id})
    _copy(connection, table_of(TimelineRow), old_id, change)
    connection.execute(update(_OUTBOX).where(_OUTBOX.c.pathway_id == old_id).values(**change))
    _readdress(connection, batch, old)
    for table in _LATEST:
        connection.execute(delete(table).where(table.c.pathway_id == old_id))
    connection.execute(update(_PATHWAYS).where(_PATHWAYS.c.pathway_id == old_id).values(**gone))
    return True


def former_id(pathway_id: str, subject: str) -> str:
    """The id of the pathway under another pseudonym."""
    return f"{pathway_id.rpartition('/')[0]}/{subject}"


@dataclass(frozen=True, slots=True)
class Used:
    """A pseudonym that is, or was, somebody's. `renamed`: as whom that patient goes on."""

    subject: str
    archived: bool
    renamed: Renamed | None


async def used(session: AsyncSession, trial: str, subject: str) -> Used | None:
    """Who has, or ever had, a pseudonym in a trial; None if nobody. Rehearsals have their own."""
    row = await session.scalar(
        select(PathwayRow).where(
            PathwayRow.trial == trial,
            PathwayRow.subject == subject,
            PathwayRow.kind == "patient",
            PathwayRow.rehearsal.is_(False),
        )
    )
    if row is None:
        return None
    return Used(row.subject, row.archived, await _renamed(session, row) if row.renamed_to else None)


async def _renamed(session: AsyncSession, row: PathwayRow) -> Renamed:
    """As whom it goes on, with who said so, from the record under the new pseudonym."""
    contents = await session.scalars(
        select(EventRow.content).where(
            EventRow.pathway_id == former_id(row.pathway_id, row.renamed_to),
            EventRow.kind == "rename",
            EventRow.name == row.renamed_to,
        )
    )
    for content in contents:
        event = EVENT.validate_json(content)
        return Renamed(
            to=event.name,
            at=event.recorded,
            role=event.role,
            person=event.person,
            reason=event.reason,
            event=event.id,
        )
    return Renamed(to=row.renamed_to, at=row.last_stored, role="operations")


def _copy(connection: Connection, table: Table, whose: str, change: dict[str, Any]) -> None:
    """Copy the rows of a pathway, with other values in some columns."""
    columns: list[ColumnElement[Any]] = [
        literal(change[column.name]) if column.name in change else column for column in table.c
    ]
    names = [column.name for column in table.c]
    connection.execute(insert(table).from_select(names, select(*columns).where(table.c.pathway_id == whose)))


def _readdress(connection: Connection, batch: PublishBatch, old: str) -> None:
    """Notices of governors name their patient in a key, which a mail quotes: those that wait get the present one."""
    for end in ("]", ","):
        before, after = f"subject={old}{end}", f"subject={batch.subject}{end}"
        connection.execute(
            update(_OUTBOX)
            .where(
                _OUTBOX.c.trial == batch.trial,
                _OUTBOX.c.status.in_([PENDING, SENDING]),
                or_(*(_OUTBOX.c.key.contains(f"{begin}{before}", autoescape=True) for begin in ("[", ","))),
            )
            .values(key=func.replace(_OUTBOX.c.key, before, after))
        )


def _stub(batch: PublishBatch, old: str, old_id: str, now: datetime) -> dict[str, Any]:
    return {
        "pathway_id": old_id,
        "kind": batch.kind,
        "revision": 0,
        "subject": old,
        "trial": batch.trial,
        "site": batch.site,
        "zone": batch.zone,
        "protocol": batch.protocol,
        "protocol_hash": batch.protocol_hash,
        "profile": "{}",
        "rehearsal": batch.rehearsal,
        "phases": "{}",
        "group": "",
        "first_stored": now,
        "last_stored": now,
    }
