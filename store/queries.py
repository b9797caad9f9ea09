"""What people ask the store: lists over all patients, one pathway, its record, the outbox.

Every function reads in the caller's transaction (`Store.reading()`) and returns plain frozen data.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pathway.changes import Change
from pathway.events import Event
from pathway.plan import DecisionState, Item, Obligation
from store.record import DECISION, EVENT, change_of
from store.schema import (
    DecisionRow,
    EventRow,
    Instant,
    ItemRow,
    ObligationRow,
    OutboxRow,
    PathwayRow,
    TimelineRow,
)
from store.settling import PENDING, SENDING, SENT, SUPERSEDED

STUCK_AFTER: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pathway:
    """A pathway as of its last stored revision; `kind`: patient, subtrial or meeting.

    `phases`: (track, phase); `stored`: when that revision reached the store. `renamed_to`: the pseudonym under which the patient
    goes on, if not under this one.
    """

    pathway_id: str
    kind: str
    revision: int
    subject: str
    trial: str
    site: str
    zone: str
    protocol: str
    protocol_hash: str
    profile: str
    rehearsal: bool
    phases: tuple[tuple[str, str], ...]
    group: str
    next_at: datetime | None
    open: int
    late: int
    archived: bool
    stored: datetime
    renamed_to: str = ""


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """How the outbox stands.

    `stuck`: those not yet sent though they have waited for `STUCK_AFTER` since they were to be let out; they are counted in
    `pending` or `sending` too. `remarks`: sent, but not to everybody. `oldest`: since when the oldest one waits.
    """

    pending: int
    sending: int
    sent: int
    superseded: int
    stuck: int
    remarks: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Stuck:
    """A notice that does not get out, and why."""

    outbox_id: int
    channel: str
    role: str
    subject: str
    trial: str
    site: str
    kind: str
    id: str
    severity: str
    created: datetime
    attempts: int
    next_attempt_at: datetime
    last_error: str


def kind_of(pathway_id: str) -> str:
    """Whose that id is: a patient's, a subtrial's or a meeting's. Ids are made in `contracts`."""
    kind = pathway_id.partition("/")[0].removeprefix("rehearsal-")
    return kind if kind in ("subtrial", "meeting") else "patient"


def only(
    trial: str | None,
    site: str | None,
    subject: str | None,
    *,
    kind: str | None,
    rehearsals: bool,
    archived: bool,
    sites: Collection[str] | None = None,
) -> list[ColumnElement[bool]]:
    """Return the conditions that select those pathways. `kind=None`: of patients and all others. `sites`: of any of these."""
    where: list[ColumnElement[bool]] = []
    if kind is not None:
        where.append(PathwayRow.kind == kind)
    if trial is not None:
        where.append(PathwayRow.trial == trial)
    if site is not None:
        where.append(PathwayRow.site == site)
    if sites is not None:
        where.append(PathwayRow.site.in_(sorted(sites)))
    if subject is not None:
        where.append(PathwayRow.subject == subject)
    if not rehearsals:
        where.append(PathwayRow.rehearsal == false())
    if not archived:
        where.append(PathwayRow.archived == false())
    return where


async def pathways(
    session: AsyncSession,
    *,
    trial: str | None = None,
    site: str | None = None,
    subject: str | None = None,
    kind: str | None = "patient",
    rehearsals: bool = False,
    archived: bool = False,
    renamed: bool = False,
    sites: Collection[str] | None = None,
) -> tuple[Pathway, ...]:
    """Return the pathways in the order trial, site, subject: those of patients, of another `kind`, or all (None).

    Rehearsals and archived ones only when asked for, and those that go on under another pseudonym.
    """
    rows = await session.scalars(
        select(PathwayRow)
        .where(
            *only(trial, site, subject, kind=kind, rehearsals=rehearsals, archived=archived, sites=sites),
            *([] if renamed else [PathwayRow.renamed_to == ""]),
        )
        .order_by(PathwayRow.trial, PathwayRow.site, PathwayRow.subject, PathwayRow.pathway_id)
    )
    return tuple(_pathway(row) for row in rows)


async def pathway(session: AsyncSession, pathway_id: str) -> Pathway | None:
    """Return that pathway, or None if the store has never heard of it."""
    row = await session.get(PathwayRow, pathway_id)
    return _pathway(row) if row else None


async def events(session: AsyncSession, pathway_id: str) -> tuple[Event, ...]:
    """Return every event of the pathway in the order in which it was accepted: enough to rebuild it."""
    contents = await session.scalars(
        select(EventRow.content).where(EventRow.pathway_id == pathway_id).order_by(EventRow.seq)
    )
    return tuple(EVENT.validate_json(content) for content in contents)


async def timeline(session: AsyncSession, pathway_id: str) -> tuple[Change, ...]:
    """Return what was announced, in order."""
    rows = await session.scalars(
        select(TimelineRow).where(TimelineRow.pathway_id == pathway_id).order_by(TimelineRow.seq)
    )
    return tuple(change_of(row) for row in rows)


async def rehearsed_until(session: AsyncSession) -> datetime | None:
    """Where the clock of the rehearsals in this store stands, as far as it knows: at their newest announcement (UTC)."""
    newest = await session.scalar(
        select(func.max(TimelineRow.at))
        .join(PathwayRow, PathwayRow.pathway_id == TimelineRow.pathway_id)
        .where(PathwayRow.rehearsal)
    )
    return None if newest is None else datetime.fromisoformat(newest)


async def items(session: AsyncSession, pathway_id: str) -> tuple[Item, ...]:
    """Return the pathway's assessments, tasks and doses in the plan's order."""
    rows = await session.scalars(
        select(ItemRow).where(ItemRow.pathway_id == pathway_id).order_by(ItemRow.position)
    )
    return tuple(
        Item(
            id=row.id,
            key=row.key,
            kind=row.kind,  # type: ignore[arg-type]  # came in as one of the three
            state=row.state,
            text=row.text,
            owner=row.owner,
            due=row.due,
            window=(row.window_from, row.window_to) if row.window_from and row.window_to else None,
            since=row.since,
            blocked_by=row.blocked_by,
            late_from=row.late_from,
            due_at=row.due_at,
        )
        for row in rows
    )


async def obligations(session: AsyncSession, pathway_id: str) -> tuple[Obligation, ...]:
    """Return the pathway's deviations and alerts in the plan's order."""
    rows = await session.scalars(
        select(ObligationRow).where(ObligationRow.pathway_id == pathway_id).order_by(ObligationRow.position)
    )
    return tuple(_obligation(row) for row in rows)


async def asked(
    session: AsyncSession,
    *,
    kind: str | None = "patient",
    rehearsals: bool = False,
    sites: Collection[str] | None = None,
) -> tuple[tuple[Pathway, DecisionState], ...]:
    """Return what people are asked, over all open patients, with the patient; `kind` as for `pathways`."""
    where = only(None, None, None, kind=kind, rehearsals=rehearsals, archived=False, sites=sites)
    rows = (
        await session.execute(select(DecisionRow.content, PathwayRow).join(PathwayRow).where(*where))
    ).all()
    found = ((_pathway(row), DECISION.validate_json(content)) for content, row in rows)
    return tuple((row, state) for row, state in found if state.open)


async def raised(
    session: AsyncSession,
    *,
    kind: str | None = "patient",
    rehearsals: bool = False,
    sites: Collection[str] | None = None,
) -> tuple[tuple[Pathway, Obligation], ...]:
    """Return the notices that nobody has taken note of, over all open patients, with the patient; `kind` as for `pathways`."""
    where = only(None, None, None, kind=kind, rehearsals=rehearsals, archived=False, sites=sites)
    rows = await session.execute(
        select(ObligationRow, PathwayRow).join(PathwayRow).where(*where, ObligationRow.state == "raised")
    )
    return tuple((_pathway(owner), _obligation(row)) for row, owner in rows)


async def decisions(session: AsyncSession, pathway_id: str) -> tuple[DecisionState, ...]:
    """Return the decisions of the pathway that wait for a person."""
    contents = await session.scalars(
        select(DecisionRow.content).where(DecisionRow.pathway_id == pathway_id).order_by(DecisionRow.position)
    )
    return tuple(DECISION.validate_json(content) for content in contents)


async def outbox_counts(session: AsyncSession, now: datetime) -> OutboxCounts:
    """Return how the outbox stands at `now`."""
    by_status = dict(
        (await session.execute(select(OutboxRow.status, func.count()).group_by(OutboxRow.status))).all()
    )
    stuck = (await session.scalars(select(func.count()).where(_is_stuck(now)))).one()
    remarks = (
        await session.scalars(
            select(func.count()).where(OutboxRow.status == SENT, OutboxRow.last_error != "")
        )
    ).one()
    oldest = (
        await session.scalars(
            select(func.min(OutboxRow.created)).where(OutboxRow.status.in_([PENDING, SENDING]))
        )
    ).one()
    return OutboxCounts(
        pending=by_status.get(PENDING, 0),
        sending=by_status.get(SENDING, 0),
        sent=by_status.get(SENT, 0),
        superseded=by_status.get(SUPERSEDED, 0),
        stuck=stuck,
        remarks=remarks,
        oldest=oldest,
    )


async def stuck(session: AsyncSession, now: datetime) -> tuple[Stuck, ...]:
    """Return the notices that have waited for `STUCK_AFTER` or longer, oldest first."""
    rows = await session.scalars(select(OutboxRow).where(_is_stuck(now)).order_by(OutboxRow.outbox_id))
    return tuple(
        Stuck(
            outbox_id=row.outbox_id,
            channel=row.channel,
            role=row.role,
            subject=row.subject,
            trial=row.trial,
            site=row.site,
            kind=row.kind,
            id=row.id,
            severity=row.severity,
            created=row.created,
            attempts=row.attempts,
            next_attempt_at=row.next_attempt_at,
            last_error=row.last_error,
        )
        for row in rows
    )


def _is_stuck(now: datetime) -> ColumnElement[bool]:
    waits = func.coalesce(OutboxRow.planned_for, OutboxRow.created, type_=Instant())
    return OutboxRow.status.in_([PENDING, SENDING]) & (waits <= now - STUCK_AFTER)


def _obligation(row: ObligationRow) -> Obligation:
    return Obligation(
        id=row.id,
        key=row.key,
        kind=row.kind,  # type: ignore[arg-type]  # came in as one of the two
        severity=row.severity,
        state=row.state,
        text=row.text,
        to=row.to,
        notified=tuple(json.loads(row.notified)),
        since=row.since,
        rung=row.rung,
        next_rung=row.next_rung,
    )


def _pathway(row: PathwayRow) -> Pathway:
    return Pathway(
        pathway_id=row.pathway_id,
        kind=row.kind,
        revision=row.revision,
        subject=row.subject,
        trial=row.trial,
        site=row.site,
        zone=row.zone,
        protocol=row.protocol,
        protocol_hash=row.protocol_hash,
        profile=row.profile,
        rehearsal=row.rehearsal,
        phases=tuple(json.loads(row.phases).items()),
        group=row.group,
        next_at=row.next_at,
        open=row.open,
        late=row.late,
        archived=row.archived,
        stored=row.last_stored,
        renamed_to=row.renamed_to,
    )
