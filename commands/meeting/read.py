"""What commands know of a meeting: from the read model, or from the meeting itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from commands.errors import UsageError
from commands.known_trials import protocol_text
from commands.options import Target
from commands.reading import utc_now
from commands.session import IDENTITY
from commands.store_reading import reading
from pathway.meeting.calendar import monday_of
from pathway.site import Site

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession
    from temporalio.client import Client

    from client.meetings import MeetingHandle
    from client.minutes import Minutes, Stored
    from runtime.settings import Settings

ON_NOW: Final = ("frozen", "due", "overdue")
"""States of a meeting whose agenda is out and of which nobody has said yet what became of it."""


@dataclass(frozen=True, slots=True)
class MeetingSession:
    """A meeting that a command talks to. `now`: its clock; `view`: how it stands, as `pathway.meeting.output` gives it; `person`:
    who talks."""

    client: Client
    settings: Settings
    handle: MeetingHandle
    trial: str
    now: datetime
    view: dict[str, Any]
    person: str = ""

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
    now = found.now if where.rehearsal else utc_now()
    yield MeetingSession(client, settings, handle, name, now, found.plan, where.person)


def none_started(where: Target, trial: str) -> str:
    """That a trial has no meeting, and how it gets one."""
    which = f"rehearsal {where.label} of " if where.rehearsal else ""
    return f"{which}{trial} has no coordinating meeting yet; start it with: allpath meeting start {trial} --office CODE"


# --- from the read model ----------------------------------------------------------------------------------------


async def stored_meetings(session: AsyncSession, where: Target, trial: str | None) -> list[Stored]:
    """The meetings that the store has, of one trial or of all."""
    from client import minutes as stored

    name = protocol_text(trial).protocol.name if trial else None
    return await stored.stored_meetings(session, where.label, name)


async def stored_meeting(session: AsyncSession, where: Target, trial: str) -> Stored:
    """The meeting of a trial. Raises `UnknownPathway` if the store has none."""
    from client.pathways import UnknownPathway

    found = await stored_meetings(session, where, trial)
    if not found:
        raise UnknownPathway(none_started(where, protocol_text(trial).protocol.name))
    return found[0]


async def minutes(where: Target, trial: str, label: str | None) -> Minutes:
    """The minutes of a meeting, from the store. Raises `StoreAway`, `UnknownPathway`, `UnknownName`."""
    from client.minutes import minutes_of
    from runtime.settings import load_settings

    async with reading(load_settings()) as session:
        stored = await stored_meeting(session, where, trial)
        week = stored.week(None if label is None else checked_week(label))
        return await minutes_of(session, stored, week, protocol_text(trial).protocol.title)
