"""The work list: what is late, what to do today and what comes within the week, over all patients."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from pathway.clock import local_day
from pathway.site import zone
from store.queries import only
from store.schema import DecisionRow, ItemRow, ObligationRow, PathwayRow

Bucket = Literal["late", "today", "week"]
_BUCKETS: Final[tuple[Bucket, ...]] = ("late", "today", "week")
WEEK_DAYS: Final = 7
"""Days of the bucket `week` together with today."""


@dataclass(frozen=True, slots=True)
class Due:
    """A line of the work list.

    `kind`: assessment, task, dose, decision, deviation, alert; `owner`: the role that must act. `due`:
    site-local day, None for what is asked for at once; `due_at` its instant, where hours are counted. `since` is known
    where the plan knows it.
    """

    bucket: Bucket
    pathway_id: str
    subject: str
    trial: str
    site: str
    kind: str
    id: str
    key: str
    state: str
    text: str
    owner: str
    due: date | None
    since: datetime | None
    severity: str = ""
    blocked_by: str | None = None
    due_at: datetime | None = None
    window: tuple[date, date] | None = None
    told: tuple[str, ...] = ()
    """Whom the ladder of a notice has reached beside its owner: they can act on it too."""


async def due(
    session: AsyncSession,
    now: datetime,
    *,
    trial: str | None = None,
    site: str | None = None,
    subject: str | None = None,
    role: str | None = None,
    kind: str | None = None,
    rehearsals: bool = False,
    sites: Collection[str] | None = None,
) -> tuple[Due, ...]:
    """Return the work list of all open pathways: what is late, what to do today, what comes within the week.

    Of patients and of subtrials (whose decisions are the meeting's), or of one `kind`; of all sites, or of some.

    Days are those of each patient's site at `now` (aware). `late`: its time is over (`late_from`, or its
    window); nothing that is blocked is late. `today`: due today or earlier with the window still open, due as
    soon as possible, decisions that wait, obligations that nobody has acknowledged. `week`: due within six
    days after today. Sorted by bucket, day, site and subject.
    """
    where = only(trial, site, subject, kind=kind, rehearsals=rehearsals, archived=False, sites=sites)
    found = [
        *await _due_items(session, now, where, role),
        *await _due_decisions(session, where, role),
        *await _due_obligations(session, where, role),
    ]
    return tuple(
        sorted(
            found,
            key=lambda line: (
                _BUCKETS.index(line.bucket),
                line.due or date.min,
                line.site,
                line.subject,
                line.trial,
            ),
        )
    )


async def _due_items(
    session: AsyncSession, now: datetime, where: Iterable[ColumnElement[bool]], role: str | None
) -> list[Due]:
    # A site's day is at most one day ahead of UTC's; which of these are due is decided below, in its own days.
    horizon = now.date() + timedelta(days=WEEK_DAYS + 1)
    rows = await session.execute(
        select(ItemRow, PathwayRow)
        .join(PathwayRow)
        .where(
            *where,
            ItemRow.state.in_(["planned", "due", "late", "blocked"]),
            or_(ItemRow.due.is_(None), ItemRow.due <= horizon, ItemRow.state == "late"),
            *([ItemRow.owner == role] if role else []),
        )
        .order_by(PathwayRow.pathway_id, ItemRow.position)
    )
    found = []
    for item, owner in rows:
        bucket = _bucket(item, local_day(now, zone(owner.zone)), now)
        if bucket:
            found.append(
                Due(
                    bucket,
                    owner.pathway_id,
                    owner.subject,
                    owner.trial,
                    owner.site,
                    item.kind,
                    item.id,
                    item.key,
                    item.state,
                    item.text,
                    item.owner,
                    item.due,
                    item.since,
                    blocked_by=item.blocked_by,
                    due_at=item.due_at,
                    window=(item.window_from, item.window_to)
                    if item.window_from is not None and item.window_to is not None
                    else None,
                )
            )
    return found


def _bucket(item: ItemRow, today: date, now: datetime) -> Bucket | None:
    if item.due is None and item.state in ("planned", "blocked"):
        return None  # no day can be given yet
    if item.state != "blocked" and (
        item.state == "late"
        or (item.late_from is not None and item.late_from <= now)
        or (item.window_to is not None and item.window_to < today)
    ):
        return "late"
    if item.due is None or item.due <= today:
        return "today"
    return "week" if item.due < today + timedelta(days=WEEK_DAYS) else None


async def _due_decisions(
    session: AsyncSession, where: Iterable[ColumnElement[bool]], role: str | None
) -> list[Due]:
    rows = await session.execute(
        select(DecisionRow, PathwayRow)
        .join(PathwayRow)
        .where(*where, *([DecisionRow.role == role] if role else []))
        .order_by(PathwayRow.pathway_id, DecisionRow.position)
    )
    return [
        Due(
            "today",
            owner.pathway_id,
            owner.subject,
            owner.trial,
            owner.site,
            "decision",
            decision.id,
            decision.key,
            decision.state,
            decision.proposal or "",
            decision.role,
            None,
            decision.since,
        )
        for decision, owner in rows
    ]


async def _due_obligations(
    session: AsyncSession, where: Iterable[ColumnElement[bool]], role: str | None
) -> list[Due]:
    rows = await session.execute(
        select(ObligationRow, PathwayRow)
        .join(PathwayRow)
        .where(*where, ObligationRow.state == "raised")
        .order_by(PathwayRow.pathway_id, ObligationRow.position)
    )
    return [
        Due(
            "today",
            owner.pathway_id,
            owner.subject,
            owner.trial,
            owner.site,
            obligation.kind,
            obligation.id,
            obligation.key,
            obligation.state,
            obligation.text,
            obligation.to,
            None,
            obligation.since,
            severity=obligation.severity,
            told=tuple(json.loads(obligation.notified)),
        )
        for obligation, owner in rows
        if role is None or role == obligation.to or role in json.loads(obligation.notified)
    ]
