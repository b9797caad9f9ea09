"""Putting notices into the outbox: what a batch's changes call for, one row to each role by each channel."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, insert, select

from contracts.publish import PublishBatch
from pathway.changes import Change
from pathway.engine.obligations import RANK
from store.outbox import CHANNELS_OF_REHEARSALS
from store.record import change_of
from store.schema import OutboxRow, TimelineRow, table_of
from store.settling import PENDING, settle
from store.statements import Write

SUMMARY: Final = "sitting"
"""The kind of change that tells of a sitting. All that the sitting changed is told with it, in one notice to each role."""
NOTIFIED: Final = frozenset({"milestone", "decision", "deviation", "alert", "retraction", SUMMARY})
"""Kinds of changes that people are told of, when the change names them."""

_OUTBOX: Final = table_of(OutboxRow)
_TIMELINE: Final = table_of(TimelineRow)

_SAID_LAST: Final = select(_TIMELINE).where(
    _TIMELINE.c.pathway_id == bindparam("whose"),
    _TIMELINE.c.seq.in_(
        select(func.max(_TIMELINE.c.seq))
        .where(
            _TIMELINE.c.pathway_id == bindparam("whose"),
            _TIMELINE.c.key.in_(bindparam("keys", expanding=True)),
            _TIMELINE.c.seq < bindparam("before"),
        )
        .group_by(_TIMELINE.c.key)
    ),
)
_PUT_IN: Final = Write(insert(_OUTBOX))


def enqueue(
    connection: Connection, batch: PublishBatch, first_seq: int, channels: Sequence[str], now: datetime
) -> int:
    """Put in the notices that the batch's changes call for, and return how many; `first_seq` numbers its first change.

    The changes are in the timeline already. One that only words anew what was told last about its key is not told
    again. What waits in the outbox and is no longer true is superseded.
    """
    channels = CHANNELS_OF_REHEARSALS if batch.rehearsal else tuple(dict.fromkeys(channels))
    said_last = _said_last(connection, batch, first_seq)
    newest: dict[str, int] = {}
    together = {change.cause for change in batch.changes if change.kind == SUMMARY}
    known = set(said_last)
    """Keys of which something may be waiting already."""
    rows: list[dict[str, Any]] = []
    for seq, change in enumerate(batch.changes, start=first_seq):
        if change.kind not in NOTIFIED:
            continue
        repeated = said_last.get(change.key) == change.effect_key
        said_last[change.key] = change.effect_key
        if change.key in newest:
            known.add(change.key)
        newest[change.key] = seq
        if repeated or (change.kind != SUMMARY and change.cause in together):
            continue
        rows += [
            {
                "pathway_id": batch.pathway_id,
                "seq": seq,
                "role": role,
                "channel": channel,
                "message_id": _message_id(batch.pathway_id, str(seq), change.effect_key, role, channel),
                "subject": batch.subject,
                "trial": batch.trial,
                "site": batch.site,
                "rehearsal": batch.rehearsal,
                "kind": change.kind,
                "id": change.id,
                "key": change.key,
                "state": change.state,
                "severity": change.severity,
                "due": change.due,
                "created": now,
                "status": PENDING,
                "attempts": 0,
                "maybe_sent": False,
                "next_attempt_at": now,
                "claimed_by": None,
                "claimed_until": None,
                "last_error": "",
                "sent_at": None,
                **(_together(batch, change, role) if change.kind == SUMMARY else {}),
            }
            for role in dict.fromkeys(change.to)
            for channel in channels
        ]
    if rows:
        _PUT_IN(connection, rows)
    settle(connection, batch.pathway_id, known, newest)
    return len(rows)


def _together(batch: PublishBatch, summary: Change, role: str) -> dict[str, str]:
    """What a sitting has to tell one role: the ids, most severe first, twelve of them and how many more; and the severity."""
    told = [
        each
        for each in batch.changes
        if each.cause == summary.cause and each.kind in NOTIFIED - {SUMMARY} and role in each.to
    ]
    open_ = [each for each in told if each.kind != "retraction"]
    open_.sort(key=lambda each: -RANK.get(each.severity, 0))
    over = [each for each in told if each.kind == "retraction"]
    ids = dict.fromkeys(
        [f"{each.id} ({each.severity})" if each.severity else each.id for each in open_]
        + [f"no longer so: {each.id}" for each in over]
    )
    shown = ", ".join([*ids][:12]) + (f" and {len(ids) - 12} more" if len(ids) > 12 else "")
    return {
        "id": shown or "not ended, closed by itself",
        "severity": open_[0].severity if open_ else "",
    }


def _said_last(connection: Connection, batch: PublishBatch, before: int) -> dict[str, str]:
    """The effect of the last change before `before` of each key that people may be told of, if there was one."""
    keys = sorted({change.key for change in batch.changes if change.kind in NOTIFIED})
    if not keys or before == 1:
        return {}
    rows = connection.execute(_SAID_LAST, {"whose": batch.pathway_id, "keys": keys, "before": before})
    return {row.key: change_of(row).effect_key for row in rows}


def _message_id(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
