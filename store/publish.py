"""Take one revision of a pathway into the store: events and changes for ever, the rest replacing what was
true before.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from contracts.publish import PublishBatch
from pathway.events import Event
from store.current import put_current
from store.enqueue import enqueue
from store.errors import BatchDiffers, BatchRefused, RevisionGap
from store.outbox import CONSOLE
from store.record import EVENT, change_of
from store.renaming import take_over
from store.schema import EventRow, PathwayRow, TimelineRow, table_of
from store.statements import Write
from store.writer import is_away

_PATHWAYS: Final = table_of(PathwayRow)
_EVENTS: Final = table_of(EventRow)
_TIMELINE: Final = table_of(TimelineRow)
_WHOSE: Final[BindParameter[Any]] = bindparam("whose")

# Statements are made once: making and looking one up costs more than what it does.
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:whose, 0))")
_REACHED: Final = select(
    _PATHWAYS.c.revision,
    select(func.max(_EVENTS.c.seq)).where(_EVENTS.c.pathway_id == _WHOSE).scalar_subquery().label("events"),
    select(func.max(_TIMELINE.c.seq))
    .where(_TIMELINE.c.pathway_id == _WHOSE)
    .scalar_subquery()
    .label("entries"),
    # The commonest batch has one event: whether it is here already costs no other statement.
    select(_EVENTS.c.content)
    .where(_EVENTS.c.pathway_id == _WHOSE, _EVENTS.c.event_id == bindparam("event"))
    .scalar_subquery()
    .label("same"),
).where(_PATHWAYS.c.pathway_id == _WHOSE)
_ALL_EVENTS: Final = (
    select(_EVENTS.c.event_id, _EVENTS.c.content)
    .where(_EVENTS.c.pathway_id == _WHOSE)
    .order_by(_EVENTS.c.seq)
)
_SAME_EVENTS: Final = _ALL_EVENTS.where(_EVENTS.c.event_id.in_(bindparam("ids", expanding=True)))
_CHANGES: Final = (
    select(_TIMELINE)
    .where(_TIMELINE.c.pathway_id == _WHOSE, _TIMELINE.c.revision == bindparam("number"))
    .order_by(_TIMELINE.c.seq)
)
_NEW_PATHWAY: Final = Write(insert(_PATHWAYS))
_SAME_PATHWAY: Final = Write(update(_PATHWAYS).where(_PATHWAYS.c.pathway_id == _WHOSE))
_NEW_EVENTS: Final = Write(insert(_EVENTS))
_NEW_CHANGES: Final = Write(insert(_TIMELINE))


@dataclass(frozen=True, slots=True)
class Published:
    """`revision`: the one that the store has reached. `notices`: how many were put into the outbox."""

    revision: int
    notices: int = 0


@dataclass(frozen=True, slots=True)
class _Reached:
    """How far the store is with a pathway: revision, number of the last event, of the last entry of the timeline.

    `same`: the content that the store has of the batch's first event.
    """

    revision: int = 0
    events: int = 0
    entries: int = 0
    same: str | None = None


def publish(
    connection: Connection, batch: PublishBatch, *, now: datetime, channels: Sequence[str] = (CONSOLE,)
) -> Published:
    """Store the batch in the caller's writing transaction. Whatever is told twice is stored once.

    `now` is the store's own clock, `channels` the ways by which people are notified. A revision that the
    store has already is acknowledged without a change. Raises `RevisionGap` when revisions are missing before
    it, `BatchDiffers` when the store holds other content under the same revision or event id, `BatchRefused`
    on a fault of the program.
    """
    try:
        return _publish(connection, batch, now, channels)
    except DBAPIError as error:
        if is_away(error):
            raise  # the store is away, and `Store` says so
        # The driver's text may quote the row, which is a patient's: keep its class only.
        raise BatchRefused(
            f"{batch.pathway_id}: the database refuses revision {batch.revision} ({type(error.orig).__name__})"
        ) from None


def _publish(
    connection: Connection, batch: PublishBatch, now: datetime, channels: Sequence[str]
) -> Published:
    whose = {"whose": batch.pathway_id}
    if connection.dialect.name == "postgresql":
        # One batch of a pathway at a time, also the first, for which there is no row to lock yet.
        connection.execute(_LOCK, whose)
    first_event = batch.events[0].id if batch.events else ""
    row = connection.execute(_REACHED, {**whose, "event": first_event}).first()
    if row is None and batch.formerly and take_over(connection, batch, now):
        row = connection.execute(_REACHED, {**whose, "event": first_event}).first()
    reached = _Reached() if row is None else _Reached(row[0], row[1] or 0, row[2] or 0, row[3])
    on_record = _on_record(connection, batch, reached)

    if batch.revision <= reached.revision:
        _same_as_stored(connection, batch, on_record)
        return Published(reached.revision)
    if batch.revision != reached.revision + 1 and not batch.complete:
        raise RevisionGap(batch.pathway_id, batch.revision, reached.revision, reached.entries)
    if batch.complete:
        _nothing_left_out(batch, list(on_record))

    _put_pathway(connection, batch, now, first=row is None)
    new = [event for event in batch.events if event.id not in on_record]
    if new:
        _NEW_EVENTS(connection, _event_rows(batch, new, reached.events + 1, now))
    # A store that has lost entries for good leaves their numbers out, so that they mean the same on both sides.
    first_seq = max(reached.entries, batch.entries_before) + 1
    notices = 0
    if batch.changes:
        _NEW_CHANGES(connection, _change_rows(batch, first_seq))
        notices = enqueue(connection, batch, first_seq, channels, now)
    put_current(connection, batch, first=row is None)
    return Published(batch.revision, notices)


def _on_record(connection: Connection, batch: PublishBatch, reached: _Reached) -> dict[str, Event]:
    """Return those of the batch's events that the store has, or all if it is complete; in their order.

    Raises `BatchDiffers` for one with another content.
    """
    rows: Iterable[Any] = ()
    if reached.events and batch.complete:
        rows = connection.execute(_ALL_EVENTS, {"whose": batch.pathway_id})
    elif reached.events and len(batch.events) > 1:
        ids = [event.id for event in batch.events]
        rows = connection.execute(_SAME_EVENTS, {"whose": batch.pathway_id, "ids": ids})
    elif batch.events and reached.same is not None:
        rows = [(batch.events[0].id, reached.same)]
    stored = {event_id: EVENT.validate_json(content) for event_id, content in rows}
    for event in batch.events:
        if event.id in stored and stored[event.id] != event:
            raise BatchDiffers(
                f"{batch.pathway_id}: event {event.id} of revision {batch.revision} is on record with another content; "
                "the record is kept, and the pathway must be compared with it before it goes on"
            )
    return stored


def _same_as_stored(connection: Connection, batch: PublishBatch, on_record: dict[str, Event]) -> None:
    """Make sure that acknowledging an old revision again loses nothing. Raises `BatchDiffers`."""
    missing = [event.id for event in batch.events if event.id not in on_record]
    if missing:
        raise BatchDiffers(
            f"{batch.pathway_id}: the store already holds another revision {batch.revision}, without the event "
            f"{missing[0]}; was the Temporal server restored from a copy that is older than the store?"
        )
    rows = connection.execute(_CHANGES, {"whose": batch.pathway_id, "number": batch.revision})
    if [change_of(row) for row in rows] != list(batch.changes):
        raise BatchDiffers(
            f"{batch.pathway_id}: the store already holds revision {batch.revision} with other changes; "
            "a batch that may have arrived is repeated as it was, never made anew"
        )


def _nothing_left_out(batch: PublishBatch, stored: Sequence[str]) -> None:
    """Make sure that a complete batch begins with the events that the store has. Raises `BatchDiffers`."""
    if [event.id for event in batch.events[: len(stored)]] != list(stored):
        raise BatchDiffers(
            f"{batch.pathway_id}: revision {batch.revision} claims to hold every event, "
            f"but does not begin with the {len(stored)} that the store has"
        )


def _put_pathway(connection: Connection, batch: PublishBatch, now: datetime, *, first: bool) -> None:
    current: dict[str, Any] = {
        "kind": batch.kind,
        "revision": batch.revision,
        "subject": batch.subject,
        "trial": batch.trial,
        "site": batch.site,
        "rehearsal": batch.rehearsal,
        "phases": json.dumps(batch.phases),
        "group": batch.group,
        "next_at": batch.next_at,
        "open": batch.open,
        "late": batch.late,
        "archived": batch.archived,
        "last_stored": now,
    }
    if batch.profile is not None:
        current |= {
            "zone": batch.zone,
            "protocol": batch.protocol,
            "protocol_hash": batch.protocol_hash,
            "profile": json.dumps(batch.profile, sort_keys=True),
        }
    elif first:
        raise BatchRefused(
            f"{batch.pathway_id}: revision {batch.revision} is the first here, and names no protocol"
        )
    if first:
        _NEW_PATHWAY(connection, {"pathway_id": batch.pathway_id, "first_stored": now, **current})
    else:
        _SAME_PATHWAY(connection, {"whose": batch.pathway_id, **current})


def _event_rows(
    batch: PublishBatch, events: Sequence[Event], first: int, now: datetime
) -> list[dict[str, Any]]:
    return [
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
    ]


def _change_rows(batch: PublishBatch, first: int) -> list[dict[str, Any]]:
    return [
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
    ]
