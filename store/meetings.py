"""What a coordinating meeting asks of the store: the pathways of its trial, agendas that were kept, decisions taken in it.

Every function works in the caller's transaction. An agenda is kept for good: it is what people had before them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.agenda import Gathered
from pathway.events import Event
from pathway.meeting.agenda import Agenda, under_present_names
from store.queries import Pathway, pathways
from store.record import EVENT
from store.renaming import former_id
from store.schema import AgendaRow, EventRow, PathwayRow

AGENDA: Final = TypeAdapter(Agenda)


@dataclass(frozen=True, slots=True)
class Read:
    """A pathway or governor of a trial with every event of it."""

    pathway: Pathway
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A decision that says in which meeting it was taken.

    `decision`: its key; `option` what was taken, `proposal` what had been proposed then ("" for a choice), `override` whether it
    was taken against that. `voided`: it has been declared not to count since. `at`: when it was recorded (UTC). `person`: the
    code of who signed it; empty if nobody said.
    """

    pathway_id: str
    kind: str
    subject: str
    site: str
    event: str
    decision: str
    option: str
    proposal: str
    override: bool
    role: str
    at: datetime
    reason: str
    voided: bool
    person: str = ""


def belongs(pathway: Pathway, label: str | None) -> bool:
    """Whether a row of the read model belongs to the rehearsals with a label; None: to none of them.

    By its id, which is made in `contracts`: `rehearsal-patient/TRIAL/LABEL/P1`, `rehearsal-subtrial/TRIAL/LABEL/D`,
    `rehearsal-meeting/TRIAL/LABEL`.
    """
    if label is None:
        return not pathway.rehearsal
    trial, name = pathway.trial, pathway.subject
    return pathway.pathway_id in (
        "/".join(part for part in ("rehearsal-patient", trial, label, name) if part),
        "/".join(part for part in ("rehearsal-subtrial", trial, label, name) if part),
        "/".join(part for part in ("rehearsal-meeting", trial, label) if part),
    )


async def of_trial(
    session: AsyncSession, trial: str, label: str | None, *, archived: bool = False
) -> tuple[Pathway, ...]:
    """The patients and governors of a trial, or of a rehearsal of it, in the order of site and subject."""
    rows = await pathways(session, trial=trial, kind=None, rehearsals=label is not None, archived=archived)
    return tuple(row for row in rows if row.kind in ("patient", "subtrial") and belongs(row, label))


async def read_all(session: AsyncSession, rows: Sequence[Pathway]) -> tuple[Read, ...]:
    """The same with every event, in their order."""
    events = await _events(session, [row.pathway_id for row in rows])
    return tuple(Read(row, tuple(events.get(row.pathway_id, ()))) for row in rows)


async def taken_in(session: AsyncSession, trial: str, label: str | None, week: str) -> tuple[Taken, ...]:
    """The decisions taken in the meeting of a week, in the order in which they were recorded; archived pathways' too."""
    rows = {row.pathway_id: row for row in await of_trial(session, trial, label, archived=True)}
    found = []
    for pathway_id, events in (await _events(session, list(rows), ("decision", "void"))).items():
        row = rows[pathway_id]
        voided = {event.target for event in events if event.kind == "void"}
        found += [
            Taken(
                pathway_id,
                row.kind,
                row.subject,
                row.site,
                event.id,
                event.name,
                event.value or "",
                (event.seen.proposal or "") if event.seen is not None else "",
                event.override,
                event.role,
                event.recorded,
                event.reason,
                event.id in voided,
                event.person,
            )
            for event in events
            if event.kind == "decision" and event.detail("meeting") == week
        ]
    return tuple(sorted(found, key=lambda taken: (taken.at, taken.pathway_id, taken.event)))


async def kept(session: AsyncSession, meeting_id: str, week: str | None = None) -> tuple[Gathered, ...]:
    """The agendas that were kept for a meeting, or for one week of it, in the order in which they were gathered."""
    where = [AgendaRow.meeting_id == meeting_id]
    if week is not None:
        where.append(AgendaRow.week == week)
    rows = await session.scalars(
        select(AgendaRow)
        .where(*where)
        .order_by(AgendaRow.at, AgendaRow.week, AgendaRow.kind, AgendaRow.edition)
    )
    found = tuple(_gathered(row) for row in rows)
    renamed = await _renamed(session)
    return tuple(
        each.model_copy(update={"agenda": under_present_names(each.agenda, renamed)}) for each in found
    )


async def kept_one(
    session: AsyncSession, meeting_id: str, week: str, kind: str, edition: str
) -> Gathered | None:
    """The agenda of that edition, None if none was kept."""
    row = await session.get(AgendaRow, (meeting_id, week, kind, edition))
    return _gathered(row) if row else None


async def shown_before(
    session: AsyncSession, meeting_id: str, week: str, since: datetime
) -> set[tuple[str, str]]:
    """What meetings that were held have seen, as (key, state) of entries: of agendas gathered after `since`, in other weeks."""
    rows = await session.scalars(
        select(AgendaRow).where(
            AgendaRow.meeting_id == meeting_id, AgendaRow.week != week, AgendaRow.at >= since
        )
    )
    renamed = await _renamed(session)
    agendas = [under_present_names(_gathered(row).agenda, renamed) for row in rows]
    held = {agenda.week for agenda in agendas if agenda.kind == "closing"}
    return {(entry.key, entry.state) for each in agendas if each.week in held for entry in each.entries}


async def keep(session: AsyncSession, meeting_id: str, agenda: Agenda, now: datetime) -> Gathered:
    """Keep an agenda for good. Another of the same edition that came first stays, and is returned."""
    known = await kept_one(session, meeting_id, agenda.week, agenda.kind, agenda.edition)
    if known is not None:
        return known
    await session.execute(
        insert(AgendaRow),
        [
            {
                "meeting_id": meeting_id,
                "week": agenda.week,
                "kind": agenda.kind,
                "edition": agenda.edition,
                "at": agenda.at,
                "digest": agenda.digest,
                "content": AGENDA.dump_json(agenda).decode(),
                "stored": now,
            }
        ],
    )
    return Gathered(agenda=agenda, digest=agenda.digest, stored=now)


async def _events(
    session: AsyncSession, ids: Iterable[str], kinds: Sequence[str] = ()
) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    wanted = list(ids)
    # A database takes so many parameters at once and no more.
    for start in range(0, len(wanted), 500):
        where = [EventRow.pathway_id.in_(wanted[start : start + 500])]
        if kinds:
            where.append(EventRow.kind.in_(kinds))
        rows = await session.execute(
            select(EventRow.pathway_id, EventRow.content)
            .where(*where)
            .order_by(EventRow.pathway_id, EventRow.seq)
        )
        for pathway_id, content in rows:
            found.setdefault(pathway_id, []).append(EVENT.validate_json(content))
    return found


async def _renamed(session: AsyncSession) -> dict[str, str]:
    """The ids of pathways that go on under another pseudonym, with the present ones."""
    rows = await session.execute(
        select(PathwayRow.pathway_id, PathwayRow.renamed_to).where(PathwayRow.renamed_to > "")
    )
    after = {old: former_id(old, to) for old, to in rows}

    def present(pathway_id: str) -> str:
        while pathway_id in after:
            pathway_id = after[pathway_id]
        return pathway_id

    return {old: present(old) for old in after}


def _gathered(row: AgendaRow) -> Gathered:
    return Gathered(agenda=AGENDA.validate_json(row.content), digest=row.digest, stored=row.stored)
