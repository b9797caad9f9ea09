"""A coordinating meeting as the store has it: its weeks, the agendas that it kept, and its minutes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from client.agenda import look
from contracts.agenda import Gathered, GatherRequest
from contracts.meeting_start import meeting_id
from pathway.errors import UnknownName
from pathway.meeting.agenda import Agenda, Late, late
from pathway.meeting.calendar import WEEKDAYS, Meeting, Week, newest_closing, one_week
from pathway.meeting.plan import MeetingPlan, convene
from pathway.record import Record
from pathway.site import Site
from store import meetings, queries
from store.meetings import Taken
from store.queries import Pathway

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Stored:
    """A meeting as the store has it. `now`: the real clock, or where the rehearsal's stands as far as the store knows."""

    row: Pathway
    meeting: Meeting
    record: Record
    whole: MeetingPlan
    now: datetime

    @property
    def label(self) -> str | None:
        """The label of the rehearsals that it looks at; None: the patients."""
        parts = self.row.pathway_id.split("/")
        return "/".join(parts[2:]) if self.row.rehearsal else None

    def week(self, label: str | None) -> Week:
        """The meeting of that week (`2025-W45`), or the next one. Raises `UnknownName` if the series has no such week."""
        if label is None:
            return self.whole.focus
        found = self.whole.week(label)
        if found is not None:
            return found
        week = one_week(self.meeting, self.record, self.now, label)
        if week.regular <= self.meeting.begins:
            raise UnknownName(
                f"{label} lies before the first meeting of {self.meeting.trial}, which began {self.meeting.begins:%Y-%m-%d}"
            )
        return week


async def stored_meetings(session: AsyncSession, label: str | None, trial: str | None) -> list[Stored]:
    """The meetings that the store has, of one trial (a protocol's name) or of all. `label`: of the rehearsals with it."""
    rows = await queries.pathways(
        session, trial=trial, kind="meeting", rehearsals=label is not None, archived=True
    )
    return [
        await _stored(session, row)
        for row in rows
        if row.pathway_id == meeting_id(row.trial, rehearsal=label is not None, label=label or "")
    ]


async def _stored(session: AsyncSession, row: Pathway) -> Stored:
    events = await queries.events(session, row.pathway_id)
    meeting = meeting_of(row)
    record = Record.of(events)
    now = datetime.now(UTC)
    if row.rehearsal:
        told = await queries.timeline(session, row.pathway_id)
        kept = await meetings.kept(session, row.pathway_id)
        seen = [event.recorded for event in events] + [each.agenda.at for each in kept]
        now = max([meeting.begins, *seen, *(datetime.fromisoformat(change.at) for change in told[-1:])])
    return Stored(row, meeting, record, convene(meeting, record, now), now)


def meeting_of(row: Pathway) -> Meeting:
    """The definition of a meeting, from the settings that it publishes."""
    settings: dict[str, Any] = json.loads(row.profile)
    hour, minute = (int(part) for part in str(settings["time"]).split(":"))
    return Meeting(
        row.trial,
        Site(row.site, row.zone),
        datetime.fromisoformat(str(settings["begins"])),
        WEEKDAYS.index(str(settings["weekday"])) + 1,
        hour,
        minute,
        int(settings["cut_off_hours"]),
        int(settings["overdue_hours"]),
        int(settings["escalation_hours"]),
    )


@dataclass(frozen=True, slots=True)
class Minutes:
    """What the document of a meeting is made of. `agenda` is the one that was frozen, or one gathered now (`kind` live).

    `late`: what came after it was frozen. `made`: when the document is made (UTC). `synthetic`: no patient is behind it.
    """

    title: str
    meeting: Meeting
    week: Week
    agenda: Agenda | None
    late: Late
    taken: tuple[Taken, ...]
    made: datetime
    synthetic: bool


async def live_agenda(session: AsyncSession, stored: Stored, week: Week) -> Agenda:
    """How things stand now, as the agenda of that week would have it."""
    request = GatherRequest(
        meeting_id=stored.row.pathway_id,
        trial=stored.meeting.trial,
        label=stored.label,
        week=week.week,
        kind="live",
        edition="",
        at=stored.now,
        since=newest_closing(stored.record, week.week),
    )
    return await look(session, request)


async def kept_agenda(session: AsyncSession, stored: Stored, week: Week) -> Agenda | None:
    """The agenda that was frozen for a meeting, None if there is none (yet)."""
    return _standing(week, await meetings.kept(session, stored.row.pathway_id, week.week))


def _standing(week: Week, kept: tuple[Gathered, ...]) -> Agenda | None:
    if week.agenda is None:
        return None
    edition = week.agenda.edition
    return next((each.agenda for each in kept if each.agenda.edition == edition), None)


async def minutes_of(session: AsyncSession, stored: Stored, week: Week, title: str) -> Minutes:
    """The minutes of the meeting of a week; `title` is the trial's.

    Without a frozen agenda of an open meeting, its agenda is gathered now; of one that is over there is none.
    """
    kept = await meetings.kept(session, stored.row.pathway_id, week.week)
    agenda, came_late = _standing(week, kept), Late()
    closing = next((each.agenda for each in reversed(kept) if each.agenda.kind == "closing"), None)
    if agenda is None and not week.settled:
        agenda = await live_agenda(session, stored, week)
    elif agenda is None:
        agenda = closing
    elif not week.settled:
        came_late = late(agenda, await live_agenda(session, stored, week))
    elif closing is not None:
        came_late = late(agenda, closing)
    taken: tuple[Taken, ...] = await meetings.taken_in(session, stored.meeting.trial, stored.label, week.week)
    return Minutes(
        title, stored.meeting, week, agenda, came_late, taken, stored.now, synthetic=stored.row.rehearsal
    )
