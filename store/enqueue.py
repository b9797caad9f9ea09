"""Putting notices into the outbox: what a batch's changes call for, to each role by each channel and to each person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, func, insert, select

from contracts.publish import PublishBatch
from pathway.changes import Change
from pathway.engine.obligations import RANK
from store.outbox import CHANNELS_OF_REHEARSALS
from store.reaching import Reached, climbs_at, let_out, message_id, reached, waiting, zone_of
from store.record import change_of
from store.schema import OutboxRow, TimelineRow, table_of
from store.settling import settle
from store.statements import Write

SUMMARY: Final = "sitting"
"""The kind of change that tells of a sitting. All that the sitting changed is told with it, in one notice to each role."""
NOTIFIED: Final = frozenset({"milestone", "decision", "deviation", "alert", "retraction", SUMMARY})
"""Kinds of changes that people are told of, when the change names them."""

UTC_ZONE: Final = ZoneInfo("UTC")
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
    people = _People(connection, batch, now)
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
        for role in dict.fromkeys(change.to):
            rows += [_row(batch, seq, change, (role,), channel) | waiting(now) for channel in channels]
        rows += people.rows(seq, change)
    if rows:
        _PUT_IN(connection, rows)
    settle(connection, batch.pathway_id, known, newest)
    return len(rows)


def _row(batch: PublishBatch, seq: int, change: Change, roles: Sequence[str], channel: str) -> dict[str, Any]:
    """What a notice says, to whoever has these roles; the first is named."""
    return {
        "pathway_id": batch.pathway_id,
        "seq": seq,
        "role": roles[0],
        "channel": channel,
        "message_id": message_id((batch.pathway_id, str(seq), change.effect_key, roles[0], channel)),
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
        **(_together(batch, change, roles) if change.kind == SUMMARY else {}),
    }


class _People:
    """The people whom a batch's changes reach. The store is asked once, if anything is to be told."""

    def __init__(self, connection: Connection, batch: PublishBatch, now: datetime) -> None:
        self._connection = connection
        self._batch = batch
        self._now = now
        self._known: tuple[list[Reached], ZoneInfo] | None = None

    def rows(self, seq: int, change: Change) -> list[dict[str, Any]]:
        """The notices of a change, one by each way, however many roles somebody has. A rehearsal reaches nobody."""
        if self._batch.rehearsal or not change.to:
            return []
        ways, zone = self._ways()
        rows = []
        for way in ways:
            roles = [role for role in dict.fromkeys(change.to) if role in way.roles]
            if not roles:
                continue
            row = _row(self._batch, seq, change, roles, way.channel)
            planned, digest = let_out(self._now, zone, row["kind"], row["severity"], way.habits)
            late = planned if planned > self._now else None
            climb = climbs_at(planned, row["kind"], row["severity"], row["role"])
            rows.append(row | waiting(self._now, late) | {"digest": digest, "climb_at": climb})
        return rows

    def _ways(self) -> tuple[list[Reached], ZoneInfo]:
        if self._known is None:
            roles = {role for change in self._batch.changes for role in change.to}
            ways = reached(self._connection, sorted(roles), self._batch.site)
            zone = zone_of(self._connection, self._batch.pathway_id) if ways else UTC_ZONE
            self._known = (ways, zone)
        return self._known


def _together(batch: PublishBatch, summary: Change, roles: Sequence[str]) -> dict[str, str]:
    """What a sitting has to tell those who have the roles: ids, most severe first, twelve and how many more; and the severity."""
    told = [
        each
        for each in batch.changes
        if each.cause == summary.cause
        and each.kind in NOTIFIED - {SUMMARY}
        and not {*each.to}.isdisjoint(roles)
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
