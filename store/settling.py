"""What waits in the outbox and is no longer true is not sent.

A notice goes pending -> sending -> sent, back to pending when an attempt failed, or to superseded when it stopped being
true before anybody was told. One that a person's address refuses for good is bounced.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, select, update

from pathway.changes import told_together
from store.schema import OutboxRow, TimelineRow, table_of

PENDING: Final = "pending"
SENDING: Final = "sending"
SENT: Final = "sent"
SUPERSEDED: Final = "superseded"
BOUNCED: Final = "bounced"

_OUTBOX: Final = table_of(OutboxRow)
_TIMELINE: Final = table_of(TimelineRow)
_KEYS: Final[BindParameter[Any]] = bindparam("keys", expanding=True)

_NOTICES: Final = (
    select(
        _OUTBOX.c.outbox_id,
        _OUTBOX.c.seq,
        _OUTBOX.c.role,
        _OUTBOX.c.channel,
        _OUTBOX.c.kind,
        _OUTBOX.c.key,
        _OUTBOX.c.state,
        _OUTBOX.c.status,
        _OUTBOX.c.maybe_sent,
    )
    .where(_OUTBOX.c.pathway_id == bindparam("whose"), _OUTBOX.c.key.in_(_KEYS))
    .order_by(_OUTBOX.c.key, _OUTBOX.c.role, _OUTBOX.c.channel, _OUTBOX.c.seq)
    .with_for_update()
)
_HISTORY: Final = (
    select(
        _TIMELINE.c.key,
        _TIMELINE.c.seq,
        _TIMELINE.c.kind,
        _TIMELINE.c.state,
        _TIMELINE.c.to,
        _TIMELINE.c.cause,
    )
    .where(_TIMELINE.c.pathway_id == bindparam("whose"), _TIMELINE.c.key.in_(_KEYS))
    .order_by(_TIMELINE.c.key, _TIMELINE.c.seq)
)
_SUPERSEDE: Final = update(_OUTBOX).where(_OUTBOX.c.outbox_id == bindparam("which")).values(status=SUPERSEDED)


def settle(
    connection: Connection, pathway_id: str, keys: Collection[str], newest: Mapping[str, int] | None = None
) -> None:
    """Supersede what waits about these keys and is no longer true, and retractions of the unsaid.

    `newest`: the number of the last change of each key in the timeline, where the caller knows it.
    """
    if not keys:
        return
    notices = connection.execute(_NOTICES, {"whose": pathway_id, "keys": sorted(keys)}).all()
    unclear = {row.key for row in notices if row.status == PENDING and _needs_history(row, newest)}
    if not unclear:
        return
    histories: dict[str, list[Any]] = {}
    for change in connection.execute(_HISTORY, {"whose": pathway_id, "keys": sorted(unclear)}):
        histories.setdefault(change.key, []).append(change)
    moot: list[dict[str, Any]] = []
    for (key, *_), same in groupby(sorted(notices, key=_in_order), key=_to_whom):
        if key in unclear:
            moot += [{"which": row.outbox_id} for row in _moot(list(same), histories.get(key, ()))]
    if moot:
        connection.execute(_SUPERSEDE, moot)


def is_over(connection: Connection, row: Any) -> bool:
    """Whether what a notice tells of has been answered or has ended since, whether or not the notice was sent."""
    history = connection.execute(_HISTORY, {"whose": row.pathway_id, "keys": [row.key]})
    return any(_makes_moot(change, row) for change in history if change.seq > row.seq)


def _to_whom(row: Any) -> tuple[str, str, str]:
    """What belongs together: a role by a channel, and all that a person is told by one way, in whatever role."""
    return row.key, "" if row.channel.startswith("way/") else row.role, row.channel


def _in_order(row: Any) -> tuple[tuple[str, str, str], int]:
    return _to_whom(row), row.seq


def _needs_history(row: Any, newest: Mapping[str, int] | None) -> bool:
    """Whether anything but this row decides what becomes of a waiting notice: what came later, or what it retracts."""
    return newest is None or row.kind == "retraction" or row.seq != newest.get(row.key)


def _moot(rows: Sequence[Any], history: Sequence[Any]) -> list[Any]:
    """Those not to be sent of the notices to one role by one channel about one key, whose changes are `history`.

    Both in order.
    """
    told, moot = False, []
    for row in rows:
        if row.status == PENDING:
            overtaken = row is not rows[-1] or any(
                _makes_moot(change, row) for change in history if change.seq > row.seq
            )
            if overtaken or (
                row.kind == "retraction" and not told and not row.maybe_sent and _announced(row, history)
            ):
                moot.append(row)
        if row.status in (SENT, SENDING) or row.maybe_sent:
            told = row.kind != "retraction"
    return moot


def _makes_moot(change: Any, row: Any) -> bool:
    """Whether a later change of the same key means that the waiting notice must not be sent any more."""
    if change.kind == "retraction":
        return True
    if (change.kind, change.state) == (row.kind, row.state):
        return False  # a further rung, for others: what this role is to be told is still true
    # Somebody has seen to it, or nobody needs to any more.
    return row.kind == "decision" or change.state == "acknowledged" or not json.loads(change.to)


def _announced(row: Any, history: Sequence[Any]) -> bool:
    """Whether the store knows what the retraction retracts; one that was lost cannot say that nobody was told.

    What was told in the summary of a sitting has no notice of its own, and is retracted all the same.
    """
    return any(
        change.seq < row.seq
        and change.kind != "retraction"
        and not told_together(change.cause)
        and row.role in json.loads(change.to)
        for change in history
    )
