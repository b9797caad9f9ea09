"""The outbox: notices that wait to leave the house. Every function runs in the caller's writing transaction.

A row is one notice to one role by one channel. It goes pending -> sending -> sent, back to pending when an
attempt failed, or to superseded when it stopped being true before anybody was told.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from pydantic import BaseModel, ConfigDict
from sqlalchemy import exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from contracts.publish import PublishBatch
from store.record import change_of
from store.schema import OutboxRow, TimelineRow

CONSOLE: Final = "console"
MAIL: Final = "mail"
CHANNELS_OF_REHEARSALS: Final = (CONSOLE,)
"""A rehearsal never leaves the house, whatever is configured."""

NOTIFIED: Final = frozenset({"milestone", "decision", "deviation", "alert", "retraction"})
"""Kinds of changes that people are told of, when the change names them."""

PENDING: Final = "pending"
SENDING: Final = "sending"
SENT: Final = "sent"
SUPERSEDED: Final = "superseded"


class Notice(BaseModel):
    """A notice that its holder may send until the claim runs out.

    It holds nothing of the patient but the pseudonym. `message_id`: the same for every attempt, 32 hex
    digits. `due`: as in the change that it tells of. `claim`: hand it back with `mark_sent` or `mark_failed`.
    `attempt`: 1 for the first.
    """

    model_config = ConfigDict(frozen=True)

    outbox_id: int
    message_id: str
    channel: str
    role: str
    subject: str
    trial: str
    site: str
    rehearsal: bool
    kind: str
    id: str
    severity: str
    due: str
    created: datetime
    attempt: int
    claim: str


async def enqueue(
    session: AsyncSession, batch: PublishBatch, first_seq: int, channels: Sequence[str], now: datetime
) -> None:
    """Put in the notices that the batch's changes call for; `first_seq` numbers its first change in the timeline.

    The changes are in the timeline already. One that only words anew what was told last about its key is not told
    again. What waits in the outbox and is no longer true is superseded.
    """
    channels = CHANNELS_OF_REHEARSALS if batch.rehearsal else tuple(dict.fromkeys(channels))
    told_last = await _told_last(session, batch, first_seq)
    for seq, change in enumerate(batch.changes, start=first_seq):
        repeated = told_last.get(change.key) == change.effect_key
        told_last[change.key] = change.effect_key
        if repeated or change.kind not in NOTIFIED:
            continue
        for role in dict.fromkeys(change.to):
            for channel in channels:
                session.add(
                    OutboxRow(
                        pathway_id=batch.pathway_id,
                        seq=seq,
                        role=role,
                        channel=channel,
                        message_id=_message_id(batch.pathway_id, str(seq), change.effect_key, role, channel),
                        subject=batch.subject,
                        trial=batch.trial,
                        site=batch.site,
                        rehearsal=batch.rehearsal,
                        kind=change.kind,
                        id=change.id,
                        key=change.key,
                        state=change.state,
                        severity=change.severity,
                        due=change.due,
                        created=now,
                        status=PENDING,
                        attempts=0,
                        maybe_sent=False,
                        next_attempt_at=now,
                        claimed_by=None,
                        claimed_until=None,
                        last_error="",
                        sent_at=None,
                    )
                )
    await session.flush()
    await _settle(session, {(batch.pathway_id, change.key) for change in batch.changes})


async def release_expired(session: AsyncSession, now: datetime) -> int:
    """Take back notices whose holder did not report in time, and return how many: they may have been sent or
    not.
    """
    expired = (
        await session.scalars(
            select(OutboxRow)
            .where(OutboxRow.status == SENDING, OutboxRow.claimed_until <= now)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for row in expired:
        row.status, row.maybe_sent, row.next_attempt_at = PENDING, True, now
        row.claimed_by = row.claimed_until = None
        row.last_error = "the worker stopped between sending and reporting it"
    await session.flush()
    await _settle(session, {(row.pathway_id, row.key) for row in expired})
    return len(expired)


async def claim(
    session: AsyncSession, channels: Collection[str], by: str, now: datetime, lease: timedelta
) -> Notice | None:
    """Claim the notice that has been due longest on one of the channels until `now + lease`, or return None.

    A notice waits while an earlier one about the same thing is being sent, so that a retraction never arrives
    first.
    """
    earlier = aliased(OutboxRow)
    row = (
        await session.scalars(
            select(OutboxRow)
            .where(
                OutboxRow.status == PENDING,
                OutboxRow.channel.in_(channels),
                OutboxRow.next_attempt_at <= now,
                ~exists().where(
                    earlier.pathway_id == OutboxRow.pathway_id,
                    earlier.key == OutboxRow.key,
                    earlier.role == OutboxRow.role,
                    earlier.channel == OutboxRow.channel,
                    earlier.status == SENDING,
                ),
            )
            .order_by(OutboxRow.next_attempt_at, OutboxRow.outbox_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
    ).first()
    if row is None:
        return None
    row.status, row.claimed_by, row.claimed_until = SENDING, by, now + lease
    row.attempts += 1
    return Notice(
        outbox_id=row.outbox_id,
        message_id=row.message_id,
        channel=row.channel,
        role=row.role,
        subject=row.subject,
        trial=row.trial,
        site=row.site,
        rehearsal=row.rehearsal,
        kind=row.kind,
        id=row.id,
        severity=row.severity,
        due=row.due,
        created=row.created,
        attempt=row.attempts,
        claim=by,
    )


async def mark_sent(session: AsyncSession, notice: Notice, now: datetime, remark: str = "") -> bool:
    """Note that it was sent. False: the claim had run out, so another worker has sent or will send it too."""
    held = await session.execute(
        update(OutboxRow)
        .where(OutboxRow.outbox_id == notice.outbox_id, OutboxRow.claimed_by == notice.claim)
        .values(status=SENT, sent_at=now, claimed_by=None, claimed_until=None, last_error=remark)
        .returning(OutboxRow.outbox_id)
    )
    return held.first() is not None


async def mark_failed(
    session: AsyncSession, notice: Notice, error: str, retry_at: datetime, *, maybe_sent: bool
) -> bool:
    """Note why it was not sent, or that nobody knows (`maybe_sent`), and when to try again.

    False: the claim had run out.
    """
    row = (
        await session.scalars(
            select(OutboxRow)
            .where(OutboxRow.outbox_id == notice.outbox_id, OutboxRow.claimed_by == notice.claim)
            .with_for_update()
        )
    ).first()
    if row is None:
        return False
    row.status, row.next_attempt_at, row.last_error = PENDING, retry_at, error
    row.maybe_sent = row.maybe_sent or maybe_sent
    row.claimed_by = row.claimed_until = None
    await session.flush()
    await _settle(session, {(row.pathway_id, row.key)})
    return True


async def retry_now(session: AsyncSession, now: datetime) -> int:
    """Make every waiting notice due at once, after the cause has been mended; return how many."""
    waiting = await session.execute(
        update(OutboxRow)
        .where(OutboxRow.status == PENDING, OutboxRow.next_attempt_at > now)
        .values(next_attempt_at=now)
        .returning(OutboxRow.outbox_id)
    )
    return len(waiting.all())


async def next_attempt(session: AsyncSession, channels: Collection[str]) -> datetime | None:
    """Return when the next notice on these channels is due, or None while none waits."""
    return (
        await session.scalars(
            select(func.min(OutboxRow.next_attempt_at)).where(
                OutboxRow.status == PENDING, OutboxRow.channel.in_(channels)
            )
        )
    ).one()


async def _told_last(session: AsyncSession, batch: PublishBatch, before_seq: int) -> dict[str, str]:
    """Return the effect of the last change before `before_seq` of each key that the batch changes."""
    rows = await session.scalars(
        select(TimelineRow)
        .where(
            TimelineRow.pathway_id == batch.pathway_id,
            TimelineRow.key.in_({change.key for change in batch.changes}),
            TimelineRow.seq < before_seq,
        )
        .order_by(TimelineRow.seq)
    )
    return {row.key: change_of(row).effect_key for row in rows}


async def _settle(session: AsyncSession, keys: Iterable[tuple[str, str]]) -> None:
    """Supersede what waits about these (pathway, key) and is no longer true, and retractions of the unsaid."""
    for pathway_id, key in sorted(keys):
        rows = (
            await session.scalars(
                select(OutboxRow)
                .where(OutboxRow.pathway_id == pathway_id, OutboxRow.key == key)
                .order_by(OutboxRow.role, OutboxRow.channel, OutboxRow.seq)
                .with_for_update()
                .execution_options(populate_existing=True)
            )
        ).all()
        if all(row.status != PENDING for row in rows):
            continue
        history = (
            await session.scalars(
                select(TimelineRow)
                .where(TimelineRow.pathway_id == pathway_id, TimelineRow.key == key)
                .order_by(TimelineRow.seq)
            )
        ).all()
        for _, same in groupby(rows, key=lambda row: (row.role, row.channel)):
            _settle_one(list(same), history)
    await session.flush()


def _settle_one(rows: Sequence[OutboxRow], history: Sequence[TimelineRow]) -> None:
    """Do so for the notices to one role by one channel about one key, whose changes are `history`; both in order."""
    told = False
    for row in rows:
        if row.status == PENDING:
            moot = row is not rows[-1] or any(
                _makes_moot(change, row) for change in history if change.seq > row.seq
            )
            if moot or (
                row.kind == "retraction" and not told and not row.maybe_sent and _announced(row, history)
            ):
                row.status = SUPERSEDED
        if row.status in (SENT, SENDING) or row.maybe_sent:
            told = row.kind != "retraction"


def _makes_moot(change: TimelineRow, row: OutboxRow) -> bool:
    """Whether a later change of the same key means that the waiting notice must not be sent any more."""
    if change.kind == "retraction":
        return True
    if (change.kind, change.state) == (row.kind, row.state):
        return False  # a further rung, for others: what this role is to be told is still true
    # Somebody has seen to it, or nobody needs to any more.
    return row.kind == "decision" or change.state == "acknowledged" or not json.loads(change.to)


def _announced(row: OutboxRow, history: Sequence[TimelineRow]) -> bool:
    """Whether the store knows what the retraction retracts; one that was lost cannot say that nobody was told."""
    return any(
        change.seq < row.seq and change.kind != "retraction" and row.role in json.loads(change.to)
        for change in history
    )


def _message_id(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
