"""The meetings of the demo: one that has its children before it, and one that is asked about a dose level of a platform.

They are held on the clock of the demo's last day. The platform's three patients have no pathway here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from client import pathways
from client.meetings import ALREADY_STARTED, meeting_handle, new_meeting_start, start_meeting
from commands.demo.folder import LABEL
from commands.demo.patients import AWAY, PATIENCE, PAUSE
from pathway.errors import AllpathError
from pathway.events import Report
from pathway.meeting.calendar import week_of
from pathway.refusal import Refused
from pathway.site import Site

if TYPE_CHECKING:
    from temporalio.client import Client

    from runtime.settings import Settings

T = TypeVar("T")

PLATFORM: Final = "hem-ismart"
SUBTRIAL: Final = "D"
OFFICE: Final = Site("OFFICE", "Europe/Berlin")
SEATED: Final = (("X1", "S01"), ("X2", "S02"), ("X3", "S01"))
"""Made-up patients of the platform, and their sites."""
DLT_WINDOW: Final = timedelta(days=45)
"""After so long the window of every one of them has ended."""


async def convene(settings: Settings, trial: str, end: datetime, trouble: Callable[[str], None]) -> None:
    """Have the meetings at `end`: one was held in the week before, the agenda of the next is frozen. Again is once."""
    from runtime.connection import connect

    async def persist(call: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await call()
            except AllpathError as error:
                if error.exit_status != AWAY:
                    raise
                trouble("the meeting")
                await asyncio.sleep(PAUSE)

    client = await persist(lambda: connect(settings, identity="allpath demo"))
    await persist(lambda: _platform(client, settings.rehearsal_task_queue, end))
    for name in dict.fromkeys((trial, PLATFORM)):
        await persist(lambda name=name: _meeting(client, settings.rehearsal_task_queue, name, end))  # type: ignore[misc]


async def _platform(client: Client, queue: str, end: datetime) -> None:
    """A subtrial with three patients on its first level, whose windows have ended without a DLT."""
    begins = end - DLT_WINDOW - timedelta(days=3)
    start = pathways.new_subtrial_start(PLATFORM, SUBTRIAL, OFFICE, started_at=begins, label=LABEL)
    handle = await pathways.start_subtrial(client, start, queue=queue, patience=PATIENCE)

    async def tell(id_: str, name: str, at: datetime, role: str, subject: str = "", **details: str) -> None:
        scope = (("subject", subject),) if subject else ()
        report = Report(id_, "action", at, role, name, scope=scope, details=tuple(sorted(details.items())))
        await pathways.submit(handle, report, patience=PATIENCE)

    await tell("activated", "activated", begins, "coordinator", country="NL")
    for subject, site in SEATED:
        await tell(f"asked-{subject}", "slot_asked", begins, "coordinator", subject, country="NL", site=site)
        await tell(f"begun-{subject}", "slot_taken_up", begins, "coordinator", subject)
    told = begins + DLT_WINDOW
    await pathways.step(handle, told, patience=PATIENCE)
    for subject, _ in SEATED:
        await tell(f"dlt-{subject}", "dlt", told, "clinician", subject, value="NO")
    await pathways.step(handle, end, patience=PATIENCE)


async def _meeting(client: Client, queue: str, trial: str, end: datetime) -> None:
    """The weekly meeting of a trial, twelve hours after `end`: the one before was held, the agenda of this one is frozen."""
    begins, coming = end - timedelta(days=9), end + timedelta(hours=12)
    local = coming.astimezone(OFFICE.tz)
    start = new_meeting_start(
        trial, OFFICE, begins, label=LABEL, weekday=local.isoweekday(), hour=local.hour, cut_off_hours=24
    )
    handle = meeting_handle(client, trial, rehearsal=True, label=LABEL)
    try:
        await start_meeting(client, start, queue=queue, patience=PATIENCE)
    except Refused as refused:
        if refused.code != ALREADY_STARTED:
            raise
    before = coming - timedelta(days=7)
    await pathways.step(handle, before + timedelta(hours=1), patience=PATIENCE)
    week = week_of(before.astimezone(OFFICE.tz).date())
    held = Report(
        "held-before", "action", before + timedelta(hours=1), "coordinator", "held", scope=(("week", week),),
        occurred=before, details=(("attended", "coordinator,clinician,sponsor"),),
    )  # fmt: skip
    await pathways.submit(handle, held, patience=PATIENCE)
    await pathways.step(handle, end, patience=PATIENCE)
