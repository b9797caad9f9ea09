"""What people do with a meeting: start the series, say what became of a meeting, take its decisions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from commands.errors import UsageError
from commands.event_ids import run_once
from commands.meeting.read import MeetingSession, checked_week, opened
from commands.options import DryRunOption, IdOption, JsonOption, ReasonOption, RoleOption, Target, where
from commands.protocol.options import complete_trials
from commands.reading import moment, utc_now
from commands.screen import change_line, make_console, notice, print_json
from commands.session import IDENTITY, run
from commands.signed_in import by_words
from pathway.events import Report
from pathway.meeting.admission import time_of, weekday_of
from pathway.site import Site, zone

if TYPE_CHECKING:
    from contracts.meeting_start import MeetingStart
    from contracts.messages import Receipt
    from runtime.settings import Settings

TrialArgument = Annotated[
    str,
    typer.Argument(metavar="TRIAL", autocompletion=complete_trials, help="The trial, such as hem-ismart."),
]
WeekOption = Annotated[
    str | None,
    typer.Option(
        "--week", metavar="WEEK", help="Whose meeting, by its ISO week: 2025-W45. Default: the next one."
    ),
]
Details = tuple[tuple[str, str], ...]


def start(
    ctx: typer.Context,
    trial: TrialArgument,
    office: Annotated[
        str, typer.Option("--office", metavar="CODE", help="The coordinating office, such as UTRECHT.")
    ] = "OFFICE",
    time_zone: Annotated[
        str | None,
        typer.Option("--zone", metavar="ZONE", help="Its IANA time zone. Default: that of the settings."),
    ] = None,
    weekday: Annotated[
        str, typer.Option("--weekday", metavar="DAY", help="On which day of the week.")
    ] = "thursday",
    time: Annotated[
        str,
        typer.Option(
            "--time", metavar="HH:MM", help="At what time of the office's clock, summer and winter."
        ),
    ] = "14:00",
    cut_off: Annotated[
        int,
        typer.Option("--cut-off", metavar="HOURS", help="How long before it the agenda is frozen."),
    ] = 24,
    overdue: Annotated[
        int,
        typer.Option("--overdue", metavar="HOURS", help="How long after it an unrecorded meeting is late."),
    ] = 4,
    escalation: Annotated[
        int,
        typer.Option("--escalation", metavar="HOURS", help="After how long its notice climbs a step."),
    ] = 24,
    start_: Annotated[
        str | None,
        typer.Option(
            "--start", metavar="WHEN", help="Only with --rehearsal: where its clock begins, in office time."
        ),
    ] = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Start the weekly coordinating meeting of a trial. A trial has one; `reschedule` moves its day and hour.

    None of these settings is published by any protocol: they are the trial team's.
    """
    from client.meetings import new_meeting_start
    from runtime.settings import load_settings

    settings = load_settings()
    place = Site(office, time_zone or settings.default_site_zone)
    zone(place.zone)
    where_ = where(ctx)
    if (start_ is not None) != where_.rehearsal:
        raise UsageError(
            "--start belongs to a rehearsal, and a rehearsal needs it: "
            f"allpath --rehearsal LABEL meeting start {trial} --start 2025-11-03"
        )
    far = datetime.max.replace(tzinfo=place.tz)
    clock = time_of(time)
    made = new_meeting_start(
        trial,
        place,
        utc_now() if start_ is None else moment(start_, place.tz, far),
        label=where_.label,
        weekday=weekday_of(weekday),
        hour=clock.hour,
        minute=clock.minute,
        cut_off_hours=cut_off,
        overdue_hours=overdue,
        escalation_hours=escalation,
    )
    if not dry_run:
        run(_start(settings, made))
    _tell_start(where_, made, dry_run=dry_run, as_json=as_json)


def _tell_start(where_: Target, made: MeetingStart, *, dry_run: bool, as_json: bool) -> None:
    from pathway.meeting.plan import convene, day_and_time
    from pathway.record import Record

    meeting = made.meeting
    first = convene(meeting, Record(), made.begins).focus
    if as_json:
        print_json(
            {
                "trial": made.trial, "started": not dry_run, "workflow_id": made.workflow_id,
                "first": {"week": first.week, "at": first.at.isoformat()},
                **made.model_dump(mode="json", include={
                    "weekday", "hour", "minute", "cut_off_hours", "overdue_hours", "escalation_hours",
                }),
                "office": made.site.id, "zone": made.site.zone,
            }
        )  # fmt: skip
        return
    console = make_console()
    head = ("dry run, would start", "bold yellow") if dry_run else ("started", "bold green")
    console.print(Text.assemble(head, f"  coordinating meeting of {made.trial} ({made.site.zone})"))
    console.print(f"first meeting {first.week}: {day_and_time(meeting, first.at)}")
    console.print(Text(f"meeting {made.workflow_id}", style="dim"))
    if not dry_run:
        console.print(f"Next: {where_.typed(f'allpath meeting show {made.trial}')}")
    notice(console)


async def _start(settings: Settings, made: MeetingStart) -> None:
    from client.meetings import start_meeting
    from commands.signed_in import connected

    client = await connected(settings, IDENTITY)
    queue = settings.rehearsal_task_queue if made.rehearsal else settings.task_queue
    await start_meeting(client, made, queue=queue)


# --- what became of a meeting -----------------------------------------------------------------------------------


def hold(
    ctx: typer.Context,
    trial: TrialArgument,
    week: WeekOption = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="WHEN", help="When it began, in office time. Default: now.")
    ] = None,
    attended: Annotated[
        str, typer.Option("--attended", metavar="ROLES", help="Which roles were there: coordinator,sponsor.")
    ] = "",
    role: RoleOption = None,
    id_: IdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record that a meeting was held. Its agenda is then closed: what came late is gathered, and kept with it."""
    details = (("attended", attended),) if attended.strip() else ()
    _record(where(ctx), trial, "held", week, details, at=at, role=role, id=id_, as_json=as_json)


def postpone(
    ctx: typer.Context,
    trial: TrialArgument,
    to: Annotated[
        str, typer.Option("--to", metavar="WHEN", help="To when, in office time: '2025-11-11 10:00'.")
    ],
    week: WeekOption = None,
    reason: ReasonOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Postpone a meeting, also into another week: it stays the meeting of its own week."""
    _record(
        where(ctx), trial, "postponed", week, (("to", to),), reason=reason, role=role, id=id_, as_json=as_json
    )


def cancel(
    ctx: typer.Context,
    trial: TrialArgument,
    week: WeekOption = None,
    reason: ReasonOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cancel a meeting, with a reason. What was on its agenda comes up in the next one."""
    _record(where(ctx), trial, "cancelled", week, (), reason=reason, role=role, id=id_, as_json=as_json)


def reschedule(
    ctx: typer.Context,
    trial: TrialArgument,
    week: Annotated[str, typer.Argument(metavar="WEEK", help="From which week on: 2026-W02.")],
    weekday: Annotated[str, typer.Option("--weekday", metavar="DAY", help="On which day of the week.")],
    time: Annotated[str, typer.Option("--time", metavar="HH:MM", help="At what time of the office's clock.")],
    reason: ReasonOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move the whole series to another day or hour, from a week on."""
    details = (("time", time), ("weekday", weekday))
    _record(
        where(ctx), trial, "rescheduled", week, details, reason=reason, role=role, id=id_, as_json=as_json
    )


def note(
    ctx: typer.Context,
    trial: TrialArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What is to be minuted.")],
    subject: Annotated[
        str, typer.Option("--subject", metavar="SUBJECT", help="The patient or subtrial it is about.")
    ] = "",
    week: WeekOption = None,
    role: RoleOption = None,
    id_: IdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Minute a note. Pseudonyms only: a note stands in the meeting's document."""
    if subject and not re.fullmatch(r"[A-Z0-9][A-Z0-9_-]{0,31}", subject):
        raise UsageError(
            f"--subject {subject!r}: accepted are a pseudonym such as P1 and the id of a subtrial, never a name"
        )
    details = (("subject", subject), ("text", text)) if subject else (("text", text),)
    _record(where(ctx), trial, "noted", week, details, role=role, id=id_, as_json=as_json, on_now=True)


def void(
    ctx: typer.Context,
    trial: TrialArgument,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="Id of the meeting's event.")],
    reason: ReasonOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that something recorded of a meeting does not count, with a reason. It stays on record."""

    def write(meeting: MeetingSession, event_id: str) -> Report:
        return Report(event_id, "void", meeting.now, role or "coordinator", target=event, reason=reason)

    _send(where(ctx), trial, write, id=id_, as_json=as_json)


def acknowledge(
    ctx: typer.Context,
    trial: TrialArgument,
    notice_: Annotated[
        str, typer.Argument(metavar="NOTICE", help="Id or key of the notice, as `show` lists it.")
    ],
    reason: ReasonOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take note of a notice, which stops its ladder of reminders. The meeting stays late until it is recorded."""

    def write(meeting: MeetingSession, event_id: str) -> Report:
        return Report(event_id, "acknowledgement", meeting.now, role or "coordinator", notice_, reason=reason)

    _send(where(ctx), trial, write, id=id_, as_json=as_json)


def _record(
    where_: Target,
    trial: str,
    name: str,
    week: str | None,
    details: Details,
    *,
    as_json: bool,
    at: str | None = None,
    reason: str = "",
    role: str | None = None,
    id: str | None = None,
    on_now: bool = False,
) -> None:
    if week is not None:
        week = checked_week(week)

    def write(meeting: MeetingSession, event_id: str) -> Report:
        label = meeting.week_on_now(week) if on_now else meeting.week(week)
        return Report(
            event_id,
            "action",
            meeting.now,
            role or "coordinator",
            name,
            scope=(("week", label),),
            occurred=None if at is None else moment(at, meeting.office.tz, meeting.now),
            details=details,
            reason=reason,
        )

    _send(where_, trial, write, id=id, as_json=as_json)


def _send(
    where_: Target,
    trial: str,
    write: Callable[[MeetingSession, str], Report],
    *,
    id: str | None,
    as_json: bool,
) -> None:
    async def work(event: str) -> None:
        from client import pathways

        async with opened(where_, trial) as meeting:
            report = replace(write(meeting, event), person=meeting.person)
            receipt = await pathways.submit(meeting.handle, report)
            _tell(report, receipt, trial, as_json)

    run_once(id, work, as_json=as_json)


def _tell(report: Report, receipt: Receipt, trial: str, as_json: bool) -> None:
    week = dict(report.scope).get("week", "")
    if as_json:
        print_json({"trial": trial, "week": week, **receipt.model_dump(mode="json", exclude={"plan"})})
        return
    console = make_console()
    head = ("recorded", "bold green") if receipt.recorded else ("accepted, not yet recorded", "bold yellow")
    console.print(Text.assemble(head, f"  {trial} {week} {report.name or report.kind}".rstrip()))
    console.print(Text(f"event {receipt.event_id}, {by_words(report)}", style="dim"))
    for change in receipt.changes:
        console.print(Text("  ").append_text(change_line(change, with_day=False)))
