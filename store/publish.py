"""Take one revision of a pathway into the store: events and changes for ever, the rest replacing what was
true before.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.publish import PublishBatch, PublishReceipt
from pathway.events import Event
from store.errors import BatchDiffers, BatchRefused, RevisionGap
from store.outbox import CONSOLE, enqueue
from store.record import DECISION, EVENT, change_of
from store.schema import (
    Base,
    DecisionRow,
    EventRow,
    ItemRow,
    ObligationRow,
    PathwayRow,
    TimelineRow,
)


async def publish(
    session: AsyncSession, batch: PublishBatch, *, now: datetime, channels: Sequence[str] = (CONSOLE,)
) -> PublishReceipt:
    """Store the batch in the caller's writing transaction. Whatever is told twice is stored once.

    `now` is the store's own clock, `channels` the ways by which people are notified. A revision that the
    store has already is acknowledged without a change. Raises `RevisionGap` when revisions are missing before
    it, `BatchDiffers` when the store holds other content under the same revision or event id, `BatchRefused`
    on a fault of the program.
    """
    try:
        return await _publish(session, batch, now, channels)
    except DBAPIError as error:
        if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError):
            raise  # the store is away, and `Store` says so
        # The driver's text may quote the row, which is a patient's: keep its class only.
        raise BatchRefused(
            f"{batch.pathway_id}: the database refuses revision {batch.revision} ({type(error.orig).__name__})"
        ) from None


async def _publish(
    session: AsyncSession, batch: PublishBatch, now: datetime, channels: Sequence[str]
) -> PublishReceipt:
    if session.get_bind().dialect.name == "postgresql":
        # One batch of a pathway at a time, also the first, for which there is no row to lock yet.
        await session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:pathway_id, 0))"),
            {"pathway_id": batch.pathway_id},
        )
    pathway = await session.get(PathwayRow, batch.pathway_id)
    stored = pathway.revision if pathway else 0
    on_record = await _on_record(session, batch)

    if batch.revision <= stored:
        await _same_as_stored(session, batch, on_record)
        return PublishReceipt(revision=stored)
    if batch.revision != stored + 1 and not batch.complete:
        raise RevisionGap(batch.pathway_id, batch.revision, stored)
    if batch.complete:
        await _nothing_left_out(session, batch)

    await _put_pathway(session, pathway, batch, now)
    await _append_events(session, batch, [event for event in batch.events if event.id not in on_record], now)
    first_seq = await _append_timeline(session, batch)
    await _replace_current(session, batch)
    await enqueue(session, batch, first_seq, channels, now)
    return PublishReceipt(revision=batch.revision)


async def _on_record(session: AsyncSession, batch: PublishBatch) -> set[str]:
    """Return the ids of the batch's events that the store has.

    Raises `BatchDiffers` for one with another content.
    """
    where = [EventRow.pathway_id == batch.pathway_id]
    if not batch.complete:
        where.append(EventRow.event_id.in_([event.id for event in batch.events]))
    rows = await session.execute(select(EventRow.event_id, EventRow.content).where(*where))
    stored = {event_id: EVENT.validate_json(content) for event_id, content in rows}
    for event in batch.events:
        if event.id in stored and stored[event.id] != event:
            raise BatchDiffers(
                f"{batch.pathway_id}: event {event.id} of revision {batch.revision} is on record with another content; "
                "the record is kept, and the pathway must be compared with it before it goes on"
            )
    return set(stored)


async def _same_as_stored(session: AsyncSession, batch: PublishBatch, on_record: set[str]) -> None:
    """Make sure that acknowledging an old revision again loses nothing. Raises `BatchDiffers`."""
    missing = [event.id for event in batch.events if event.id not in on_record]
    if missing:
        raise BatchDiffers(
            f"{batch.pathway_id}: the store already holds another revision {batch.revision}, without the event "
            f"{missing[0]}; was the Temporal server restored from a copy that is older than the store?"
        )
    rows = await session.scalars(
        select(TimelineRow)
        .where(TimelineRow.pathway_id == batch.pathway_id, TimelineRow.revision == batch.revision)
        .order_by(TimelineRow.seq)
    )
    if [change_of(row) for row in rows] != list(batch.changes):
        raise BatchDiffers(
            f"{batch.pathway_id}: the store already holds revision {batch.revision} with other changes; "
            "a batch that may have arrived is repeated as it was, never made anew"
        )


async def _nothing_left_out(session: AsyncSession, batch: PublishBatch) -> None:
    """Make sure that a complete batch begins with the events that the store has. Raises `BatchDiffers`."""
    stored = (
        await session.scalars(
            select(EventRow.event_id).where(EventRow.pathway_id == batch.pathway_id).order_by(EventRow.seq)
        )
    ).all()
    if [event.id for event in batch.events[: len(stored)]] != list(stored):
        raise BatchDiffers(
            f"{batch.pathway_id}: revision {batch.revision} claims to hold every event, "
            f"but does not begin with the {len(stored)} that the store has"
        )


async def _put_pathway(
    session: AsyncSession, pathway: PathwayRow | None, batch: PublishBatch, now: datetime
) -> None:
    current: dict[str, Any] = {
        "kind": batch.kind,
        "revision": batch.revision,
        "subject": batch.subject,
        "trial": batch.trial,
        "site": batch.site,
        "zone": batch.zone,
        "protocol": batch.protocol,
        "protocol_hash": batch.protocol_hash,
        "profile": json.dumps(batch.profile, sort_keys=True),
        "rehearsal": batch.rehearsal,
        "phases": json.dumps(batch.phases),
        "group": batch.group,
        "next_at": batch.next_at,
        "open": batch.open,
        "late": batch.late,
        "archived": batch.archived,
        "last_stored": now,
    }
    if pathway is None:
        session.add(PathwayRow(pathway_id=batch.pathway_id, first_stored=now, **current))
    else:
        for name, value in current.items():
            setattr(pathway, name, value)
    await session.flush()


async def _append_events(
    session: AsyncSession, batch: PublishBatch, events: Sequence[Event], now: datetime
) -> None:
    first = await _next_seq(session, EventRow, batch.pathway_id)
    await _insert(
        session,
        EventRow,
        [
            {
                "pathway_id": batch.pathway_id,
                "seq": seq,
                "event_id": event.id,
                "revision": batch.revision,
                "kind": event.kind,
                "name": event.name,
                "role": event.role,
                "recorded": event.recorded,
                "occurred": event.occurred,
                "content": EVENT.dump_json(event).decode(),
                "stored": now,
            }
            for seq, event in enumerate(events, start=first)
        ],
    )


async def _append_timeline(session: AsyncSession, batch: PublishBatch) -> int:
    """Append the changes and return the number of the first."""
    first = await _next_seq(session, TimelineRow, batch.pathway_id)
    await _insert(
        session,
        TimelineRow,
        [
            {
                "pathway_id": batch.pathway_id,
                "seq": seq,
                "revision": batch.revision,
                "at": change.at,
                "local": change.local,
                "day": change.day,
                "subject": change.subject,
                "cause": change.cause,
                "kind": change.kind,
                "id": change.id,
                "key": change.key,
                "state": change.state,
                "text": change.text,
                "to": json.dumps(change.to),
                "due": change.due,
                "severity": change.severity,
                "generation": change.generation,
            }
            for seq, change in enumerate(batch.changes, start=first)
        ],
    )
    return first


async def _replace_current(session: AsyncSession, batch: PublishBatch) -> None:
    for table in (ItemRow, ObligationRow, DecisionRow):
        await session.execute(delete(table).where(table.pathway_id == batch.pathway_id))
    await _insert(
        session,
        ItemRow,
        [
            {
                "pathway_id": batch.pathway_id,
                "position": position,
                "id": item.id,
                "key": item.key,
                "kind": item.kind,
                "state": item.state,
                "text": item.text,
                "owner": item.owner,
                "due": item.due,
                "window_from": item.window[0] if item.window else None,
                "window_to": item.window[1] if item.window else None,
                "since": item.since,
                "blocked_by": item.blocked_by,
                "late_from": item.late_from,
                "due_at": item.due_at,
            }
            for position, item in enumerate(batch.items)
        ],
    )
    await _insert(
        session,
        ObligationRow,
        [
            {
                "pathway_id": batch.pathway_id,
                "position": position,
                "id": obligation.id,
                "key": obligation.key,
                "kind": obligation.kind,
                "severity": obligation.severity,
                "state": obligation.state,
                "text": obligation.text,
                "to": obligation.to,
                "told": json.dumps(obligation.notified),
                "since": obligation.since,
                "rung": obligation.rung,
                "next_rung": obligation.next_rung,
            }
            for position, obligation in enumerate(batch.obligations)
        ],
    )
    await _insert(
        session,
        DecisionRow,
        [
            {
                "pathway_id": batch.pathway_id,
                "position": position,
                "id": decision.id,
                "key": decision.key,
                "state": decision.state,
                "proposal": decision.proposal,
                "role": decision.role,
                "since": decision.since,
                "content": DECISION.dump_json(decision).decode(),
            }
            for position, decision in enumerate(batch.decisions)
        ],
    )


async def _next_seq(session: AsyncSession, table: type[EventRow] | type[TimelineRow], pathway_id: str) -> int:
    last = (await session.scalars(select(func.max(table.seq)).where(table.pathway_id == pathway_id))).one()
    return (last or 0) + 1


async def _insert(session: AsyncSession, table: type[Base], rows: list[dict[str, Any]]) -> None:
    if rows:
        await session.execute(insert(table), rows)
