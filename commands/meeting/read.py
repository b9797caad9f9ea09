"""What commands know of a meeting: from the read model, or from the meeting itself."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from commands.errors import UsageError
from commands.known_trials import protocol_text
from commands.meeting.document import Minutes
from commands.options import Target
from commands.reading import utc_now
from commands.session import IDENTITY
from commands.store_reading import reading
from pathway.errors import UnknownName
from pathway.meeting.agenda import Agenda, Late, late
from pathway.meeting.calendar import WEEKDAYS, Meeting, Week, monday_of, one_week
from pathway.meeting.plan import MeetingPlan, convene
from pathway.record import Record
from pathway.site import Site

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession
    from temporalio.client import Client

    from client.meetings import MeetingHandle
    from contracts.agenda import Gathered
    from runtime.settings import Settings
    from store.meetings import Taken
    from store.queries import Pathway

ON_NOW: Final = ("frozen", "due", "overdue")
"""States of a meeting whose agenda is out and of which nobody has said yet what became of it."""


@dataclass(frozen=True, slots=True)
class MeetingSession:
    """A meeting that a command talks to. `now`: its clock; `view`: how it stands, as `pathway.meeting.output` gives it."""

    client: Client
    settings: Settings
    handle: MeetingHandle
    trial: str
    now: datetime
    view: dict[str, Any]

    @property
    def office(self) -> Site:
        """The coordinating office."""
        return Site(self.view["office"], self.view["zone"])

    def week(self, label: str | None) -> str:
        """The week that is meant: the one given, or that of the next meeting."""
        return checked_week(label) if label is not None else str(self.view["focus"])

    def week_on_now(self, label: str | None) -> str:
        """The week in whose meeting a decision is taken: the one given, the one that is on, or the one held last."""
        if label is not None:
            return checked_week(label)
        weeks = self.view["weeks"]
        on = [week for week in weeks if week["state"] in ON_NOW]
        if on:
            return str(min(on, key=lambda week: week["at"])["week"])
        held = [week for week in weeks if week["state"] == "held"]
        if held:
            return str(max(held, key=lambda week: week["held"])["week"])
        raise UsageError(
            f"no meeting of {self.trial} is on, the next one is that of {self.view['focus']}; say which with --week"
        )


def checked_week(text: str) -> str:
    """A week as it was typed, `2025-W45` or `2025w45`. Raises `UsageError`."""
    label = text.strip().upper()
    label = label if "-" in label else label.replace("W", "-W")
    try:
        monday_of(label)
    except ValueError:
        raise UsageError(f"--week {text!r} is not a week; accepted: an ISO week such as 2025-W45") from None
    return label


@asynccontextmanager
async def opened(where: Target, trial: str) -> AsyncIterator[MeetingSession]:
    """The meeting of a trial. Raises `ServerUnreachable`, or `UnknownPathway` if none has been started."""
    from client import pathways
    from client.meetings import meeting_handle
    from client.pathways import UnknownPathway
    from commands.signed_in import connected
    from runtime.settings import load_settings

    name = protocol_text(trial).protocol.name
    settings = load_settings()
    client = await connected(settings, IDENTITY)
    handle = meeting_handle(client, name, rehearsal=where.rehearsal, label=where.label or "")
    try:
        found = await pathways.plan(handle)
    except UnknownPathway:
        raise UnknownPathway(none_started(where, name)) from None
    yield MeetingSession(
        client, settings, handle, name, found.now if where.rehearsal else utc_now(), found.plan
    )


def none_started(where: Target, trial: str) -> str:
    """That a trial has no meeting, and how it gets one."""
    which = f"rehearsal {where.label} of " if where.rehearsal else ""
    return f"{which}{trial} has no coordinating meeting yet; start it with: allpath meeting start {trial} --office CODE"


# --- from the read model ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stored:
    """A meeting as the store has it. `now`: the real clock, or where the rehearsal's stands as far as the store knows."""

    row: Pathway
    meeting: Meeting
    record: Record
    whole: MeetingPlan
    now: datetime

    def week(self, label: str | None) -> Week:
        """The meeting of that week, or the next one. Raises `UnknownName` if the series has no such week."""
        if label is None:
            return self.whole.focus
        label = checked_week(label)
        found = self.whole.week(label)
        if found is not None:
            return found
        week = one_week(self.meeting, self.record, self.now, label)
        if week.regular <= self.meeting.begins:
            raise UnknownName(
                f"{label} lies before the first meeting of {self.meeting.trial}, which began {self.meeting.begins:%Y-%m-%d}"
            )
        return week


async def stored_meetings(session: AsyncSession, where: Target, trial: str | None) -> list[Stored]:
    """The meetings that the store has, of one trial or of all."""
    from store import queries

    name = protocol_text(trial).protocol.name if trial else None
    rows = await queries.pathways(
        session, trial=name, kind="meeting", rehearsals=where.rehearsal, archived=True
    )
    return [await _stored(session, row) for row in rows if row.pathway_id == _id(where, row.trial)]


async def stored_meeting(session: AsyncSession, where: Target, trial: str) -> Stored:
    """The meeting of a trial. Raises `UnknownPathway` if the store has none."""
    from client.pathways import UnknownPathway

    found = await stored_meetings(session, where, trial)
    if not found:
        raise UnknownPathway(none_started(where, protocol_text(trial).protocol.name))
    return found[0]


def _id(where: Target, trial: str) -> str:
    from contracts.meeting_start import meeting_id

    return meeting_id(trial, rehearsal=where.rehearsal, label=where.label or "")


async def _stored(session: AsyncSession, row: Pathway) -> Stored:
    from store import meetings, queries

    events = await queries.events(session, row.pathway_id)
    meeting = meeting_of(row)
    record = Record.of(events)
    now = utc_now()
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


# --- agendas and minutes ----------------------------------------------------------------------------------------


async def live_agenda(session: AsyncSession, where: Target, stored: Stored, week: Week) -> Agenda:
    """How things stand now, as the agenda of that week would have it."""
    from activities.agenda import look
    from contracts.agenda import GatherRequest
    from pathway.meeting.calendar import newest_closing

    request = GatherRequest(
        meeting_id=stored.row.pathway_id,
        trial=stored.meeting.trial,
        label=where.label,
        week=week.week,
        kind="live",
        edition="",
        at=stored.now,
        since=newest_closing(stored.record, week.week),
    )
    return await look(session, request)


async def kept_agenda(session: AsyncSession, stored: Stored, week: Week) -> Agenda | None:
    """The agenda that was frozen for a meeting, None if there is none (yet)."""
    from store import meetings

    return _standing(week, await meetings.kept(session, stored.row.pathway_id, week.week))


def _standing(week: Week, kept: tuple[Gathered, ...]) -> Agenda | None:
    if week.agenda is None:
        return None
    edition = week.agenda.edition
    return next((each.agenda for each in kept if each.agenda.edition == edition), None)


async def minutes(where: Target, trial: str, label: str | None) -> Minutes:
    """The minutes of a meeting, from the store. Raises `StoreAway`, `UnknownPathway`, `UnknownName`.

    Without a frozen agenda of an open meeting, its agenda is gathered now; of one that is over there is none.
    """
    from runtime.settings import load_settings
    from store import meetings

    async with reading(load_settings()) as session:
        stored = await stored_meeting(session, where, trial)
        week = stored.week(label)
        kept = await meetings.kept(session, stored.row.pathway_id, week.week)
        agenda, came_late = _standing(week, kept), Late()
        closing = next((each.agenda for each in reversed(kept) if each.agenda.kind == "closing"), None)
        if agenda is None and not week.settled:
            agenda = await live_agenda(session, where, stored, week)
        elif agenda is None:
            agenda = closing
        elif not week.settled:
            came_late = late(agenda, await live_agenda(session, where, stored, week))
        elif closing is not None:
            came_late = late(agenda, closing)
        taken: tuple[Taken, ...] = await meetings.taken_in(
            session, stored.meeting.trial, where.label, week.week
        )
    title = protocol_text(trial).protocol.title
    return Minutes(
        title, stored.meeting, week, agenda, came_late, taken, stored.now, synthetic=where.rehearsal
    )
