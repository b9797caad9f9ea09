"""What becomes of notices to people that do not arrive, or that nobody opens: operations are told, once.

Obligations climb by themselves in their pathway until somebody takes note of them (`pathway.engine.obligations`). This is about
the notice alone, and nothing is said twice: whatever operations have been told of already, or has been answered, does not climb.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, insert, select, update

from store.reaching import OPERATIONS, WAY, let_out, message_id, patience, reached, waiting, zone_of
from store.schema import OutboxRow, TimelineRow, WayRow, table_of
from store.settling import BOUNCED, PENDING, SENT, SUPERSEDED, is_over

UNOPENED_KIND: Final = "unopened"
BOUNCE_KIND: Final = "bounce"
AT_MOST: Final = 100
"""Notices that climb in one transaction."""

_OUTBOX: Final = table_of(OutboxRow)
_TIMELINE: Final = table_of(TimelineRow)
_WAYS: Final = table_of(WayRow)
_WHICH: Final = _OUTBOX.c.outbox_id == bindparam("which")
_DUE: Final = (
    select(_OUTBOX)
    .where(_OUTBOX.c.climb_at <= bindparam("now"))
    .order_by(_OUTBOX.c.climb_at, _OUTBOX.c.outbox_id)
    .limit(AT_MOST)
    .with_for_update(skip_locked=True)
)
_BEFORE: Final = (
    select(func.max(_TIMELINE.c.seq))
    .where(
        _TIMELINE.c.pathway_id == bindparam("whose"),
        _TIMELINE.c.key == bindparam("key"),
        _TIMELINE.c.seq < bindparam("seq"),
        _TIMELINE.c.kind == "retraction",
    )
    .scalar_subquery()
)
"""The last time that it was no longer so: what was told of it before then does not count."""
_TOLD: Final = select(func.count()).where(
    _OUTBOX.c.pathway_id == bindparam("whose"),
    _OUTBOX.c.key == bindparam("key"),
    _OUTBOX.c.role == OPERATIONS,
    _OUTBOX.c.kind != "retraction",
    _OUTBOX.c.status != SUPERSEDED,
    _OUTBOX.c.seq > func.coalesce(_BEFORE, 0),
)
_ONE: Final = select(_OUTBOX).where(_OUTBOX.c.outbox_id == bindparam("which"))
_WAY: Final = select(_WAYS).where(_WAYS.c.way_id == bindparam("which")).with_for_update()
_LAST_SENT: Final = select(func.max(_OUTBOX.c.sent_at)).where(
    _OUTBOX.c.channel == bindparam("channel"),
    _OUTBOX.c.role == bindparam("role"),
    _OUTBOX.c.site == bindparam("site"),
    _OUTBOX.c.status == SENT,
    _OUTBOX.c.last_error == "",
)
_LAST_BOUNCE: Final = select(func.max(_OUTBOX.c.created)).where(
    _OUTBOX.c.kind == BOUNCE_KIND, _OUTBOX.c.id == bindparam("id"), _OUTBOX.c.site == bindparam("site")
)


def climb(connection: Connection, now: datetime, channels: Sequence[str]) -> int:
    """Tell operations of what nobody has opened in time; return of how many notices. `channels`: those of roles."""
    told = 0
    for row in connection.execute(_DUE, {"now": now}).all():
        since = row.sent_at or row.planned_for or row.created
        at = since + patience(row.severity)
        if row.status == SENT and at > now:
            _set(connection, row, climb_at=at)
            continue
        _set(connection, row, climb_at=None)
        if row.status == SUPERSEDED or is_over(connection, row):
            continue
        if connection.execute(_TOLD, {"whose": row.pathway_id, "key": row.key, "seq": row.seq}).scalar_one():
            continue
        _tell_operations(connection, row, UNOPENED_KIND, row.id, row.key, row.severity, now, channels)
        told += 1
    return told


def bounced(
    connection: Connection, outbox_id: int, error: str, now: datetime, channels: Sequence[str]
) -> bool:
    """Note that an address is refused for good, and tell operations unless they know. Returns whether the notice is given up.

    A person's way is not used any more. A role's address is tried again: there may be nobody else.
    """
    row = connection.execute(_ONE, {"which": outbox_id}).one()
    if not row.channel.startswith(WAY):
        name = f"{row.role}@{row.site}"
        where = {"channel": row.channel, "role": row.role, "site": row.site}
        last = connection.execute(_LAST_BOUNCE, {"id": name, "site": row.site}).scalar_one()
        sent = connection.execute(_LAST_SENT, where).scalar_one()
        if last is None or (sent is not None and sent >= last):
            _tell_operations(connection, row, BOUNCE_KIND, name, f"bounce {name}", "major", now, channels)
        return False
    way = connection.execute(_WAY, {"which": int(row.channel.removeprefix(WAY))}).one()
    give_up = update(_OUTBOX).where(_OUTBOX.c.channel == row.channel, _OUTBOX.c.status == PENDING)
    connection.execute(give_up.values(status=BOUNCED, last_error=error))
    _set(connection, row, status=BOUNCED, last_error=error, claimed_by=None, claimed_until=None)
    if way.bounced is None and way.removed is None:
        marked = update(_WAYS).where(_WAYS.c.way_id == way.way_id).values(bounced=now, why=error)
        connection.execute(marked)
        name = f"{way.code}/{way.number}"
        _tell_operations(connection, row, BOUNCE_KIND, name, f"bounce {name}", "major", now, channels)
    return True


def opened(connection: Connection, pathway_id: str, code: str, roles: Collection[str], now: datetime) -> None:
    """Somebody looks at a patient: what they were sent about them is opened, and climbs no further in any role of theirs."""
    ways = connection.execute(select(_WAYS.c.way_id).where(_WAYS.c.code == code)).scalars()
    channels = [f"{WAY}{way}" for way in ways]
    whose = _OUTBOX.c.pathway_id == pathway_id
    if channels:
        seen = whose & _OUTBOX.c.channel.in_(channels) & _OUTBOX.c.opened_at.is_(None)
        connection.execute(update(_OUTBOX).where(seen, _OUTBOX.c.status == SENT).values(opened_at=now))
    rests = whose & _OUTBOX.c.role.in_(sorted(roles)) & _OUTBOX.c.climb_at.is_not(None)
    connection.execute(update(_OUTBOX).where(rests).values(climb_at=None))


def _set(connection: Connection, row: Any, **values: Any) -> None:
    connection.execute(update(_OUTBOX).where(_OUTBOX.c.outbox_id == row.outbox_id).values(**values))


def _tell_operations(
    connection: Connection,
    row: Any,
    kind: str,
    id: str,
    key: str,
    severity: str,
    now: datetime,
    channels: Sequence[str],
) -> None:
    """Put in a notice to operations about a notice, beside it: by their address and to each of them."""
    same = {
        name: getattr(row, name)
        for name in ("pathway_id", "seq", "subject", "trial", "site", "rehearsal", "due")
    }
    said = {**same, "role": OPERATIONS, "kind": kind, "id": id, "key": key, "state": "", "severity": severity}
    rows = [{**said, "channel": channel, **waiting(now)} for channel in channels]
    ways = reached(connection, [OPERATIONS], row.site)
    zone = zone_of(connection, row.pathway_id)
    for way in ways:
        planned, _ = let_out(now, zone, "alert", "major" if severity != "critical" else severity, way.habits)
        rows.append({**said, "channel": way.channel, **waiting(now, planned if planned > now else None)})
    for each in rows:
        each["message_id"] = message_id(
            (row.pathway_id, str(row.seq), kind, key, OPERATIONS, each["channel"], now.isoformat())
        )
    there = select(_OUTBOX.c.channel).where(
        _OUTBOX.c.pathway_id == row.pathway_id,
        _OUTBOX.c.seq == row.seq,
        _OUTBOX.c.role == OPERATIONS,
        _OUTBOX.c.key == key,
    )
    known = set(connection.execute(there).scalars())
    fresh = [each for each in rows if each["channel"] not in known]
    if fresh:
        connection.execute(insert(_OUTBOX), fresh)
