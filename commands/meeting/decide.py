"""Decisions of the coordinating meeting: taken where they are asked for, and noted in the minutes."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from commands.deciding import Asked, Given, SeenOption
from commands.deciding import decide as answer
from commands.errors import UsageError
from commands.event_ids import AWAY, run_once
from commands.known_trials import protocol_text
from commands.meeting.read import MeetingSession, checked_week, opened
from commands.meeting.record import TrialArgument, WeekOption
from commands.options import IdOption, JsonOption, ReasonOption, Target, pseudonym, where
from commands.patient.decide import known_decisions
from commands.reading import utc_now
from commands.screen import change_line, make_console, print_json
from commands.session import opened as opened_patient
from commands.signed_in import by_words
from pathway.events import Report
from pathway.language.parsing import nearest
from pathway.subtrial.questions import DECISIONS

if TYPE_CHECKING:
    from client.pathways import AnyHandle
    from contracts.messages import Receipt


def decide(
    ctx: typer.Context,
    trial: TrialArgument,
    who: Annotated[
        str,
        typer.Argument(
            metavar="SUBJECT", help="The patient's pseudonym, or the id of a subtrial, such as D."
        ),
    ],
    decision: Annotated[
        str, typer.Argument(metavar="DECISION", help="Id or key of the decision, as `agenda` lists it.")
    ],
    option: Annotated[
        str | None, typer.Argument(metavar="OPTION", help="The option taken. Default: the sole proposal.")
    ] = None,
    reason: ReasonOption = "",
    override: Annotated[
        bool, typer.Option("--override", help="Take another option than the proposed one, with a reason.")
    ] = False,
    seen: SeenOption = "",
    week: WeekOption = None,
    id_: IdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a decision in the meeting: in the patient's pathway or the subtrial, as the role `meeting`, and in the minutes.

    The week defaults to the meeting that is on, else the one held last. Sent again under the same --id it is taken once.

    [dim]allpath meeting decide hem-ismart NL-017 ALLOCATION_DECISION B --reason 'the fusion is the driver'[/dim]
    """
    if week is not None:
        week = checked_week(week)
    given = Given(decision, option, reason, override, seen, "meeting", again=id_ is not None)

    async def work(id: str) -> None:
        from client import pathways

        async with opened(where(ctx), trial) as meeting:
            label = meeting.week_on_now(week)
            handle, now, look = await _target(where(ctx), meeting, who)
            view = await pathways.plan(handle)

            async def hand_in(report: Report) -> None:
                receipt = await pathways.submit(handle, report)
                await _note(meeting, who, label, report)
                _tell(trial, label, who, report, receipt, as_json=as_json)

            asked = Asked(
                who,
                look,
                now,
                view.plan["decisions"],
                lambda: [*DECISIONS, *known_decisions(view.protocol)],
                hand_in,
                (("meeting", label),),
                meeting.person,
            )
            await answer(asked, given, id, dry_run=False, as_json=as_json)

    run_once(id_, work, as_json=as_json)


def _tell(trial: str, week: str, who: str, report: Report, receipt: Receipt, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "trial": trial, "week": week, "subject": who, "decision": report.name, "option": report.value,
                **receipt.model_dump(mode="json", exclude={"plan"}),
            }
        )  # fmt: skip
        return
    console = make_console()
    head = ("recorded", "bold green") if receipt.recorded else ("accepted, not yet recorded", "bold yellow")
    console.print(Text.assemble(head, f"  {who}: {report.name}: {report.value}, decided in {week}"))
    console.print(Text(f"event {receipt.event_id}, {by_words(report)}", style="dim"))
    for change in receipt.changes:
        console.print(Text("  ").append_text(change_line(change, with_day=False)))


async def _note(meeting: MeetingSession, who: str, week: str, report: Report) -> None:
    """Note a decision in the minutes. Raises a `PathwayError` that says that the decision itself is recorded."""
    from client import pathways

    option = str(report.value)
    details = (("decision", report.name), ("event", report.id), ("option", option), ("subject", who))
    noted = Report(
        f"decided:{who}:{report.id}"[:128],
        "action",
        meeting.now,
        "meeting",
        "decided",
        scope=(("week", week),),
        details=details,
        reason=report.reason,
        person=report.person,
    )
    try:
        await pathways.submit(meeting.handle, noted)
    except pathways.PathwayError as error:
        again = "" if error.exit_status == AWAY else f"\nSend it again with --id {report.id}"
        raise type(error)(
            f"{who}: {report.name}: {option} is recorded ({report.id}), and is not yet in the minutes: {error}{again}"
        ) from None


async def _target(where_: Target, meeting: MeetingSession, who: str) -> tuple[AnyHandle, datetime, str]:
    """The pathway of a patient, or the governor of a subtrial, with its clock and the command that shows it."""
    from client import pathways

    subtrials = [subtrial.id for subtrial in protocol_text(meeting.trial).protocol.subtrials]
    if who in subtrials:
        handle = pathways.subtrial_handle(
            meeting.client, meeting.trial, who, rehearsal=where_.rehearsal, label=where_.label or ""
        )
        now = (await pathways.state(handle)).now if where_.rehearsal else utc_now()
        return handle, now, where_.typed(f"allpath subtrial show {meeting.trial} {who}")
    if subtrials and not re.search(r"\d", who):
        raise UsageError(f"{who!r} is no subtrial of {meeting.trial}; {nearest(who, subtrials)}")
    async with opened_patient(where_, pseudonym(who), meeting.trial) as patient:
        return patient.handle, patient.now, where_.typed(f"allpath show {who}")
