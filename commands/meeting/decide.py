"""Decisions of the coordinating meeting: taken where they are asked for, and noted in the minutes."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from commands.errors import UsageError
from commands.known_trials import protocol_text
from commands.meeting.read import MeetingSession, checked_week, opened
from commands.meeting.record import TrialArgument, WeekOption
from commands.options import IdOption, JsonOption, ReasonOption, Target, pseudonym, where
from commands.reading import utc_now
from commands.screen import change_line, make_console, print_json
from commands.session import opened as opened_patient
from commands.session import run
from commands.submission import new_id
from pathway.events import Report
from pathway.language.parsing import nearest
from pathway.refusal import Refused

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
    seen: Annotated[
        str,
        typer.Option(
            "--seen", metavar="DIGEST", help="The decision as it was shown: refused if it has moved since."
        ),
    ] = "",
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
    event, label, receipt = run(
        _decide(
            where(ctx), trial, who, decision, option,
            reason=reason, override=override, seen=seen, week=week, id=id_,
        )
    )  # fmt: skip
    if as_json:
        print_json(
            {
                "trial": trial, "week": label, "subject": who, "decision": event.name, "option": event.value,
                **receipt.model_dump(mode="json", exclude={"plan"}),
            }
        )  # fmt: skip
        return
    console = make_console()
    head = ("recorded", "bold green") if receipt.recorded else ("accepted, not yet recorded", "bold yellow")
    console.print(Text.assemble(head, f"  {who}: {event.name}: {event.value}, decided in {label}"))
    console.print(Text(f"event {receipt.event_id}, as claimed by the meeting", style="dim"))
    for change in receipt.changes:
        console.print(Text("  ").append_text(change_line(change, with_day=False)))


async def _decide(
    where_: Target,
    trial: str,
    who: str,
    decision: str,
    option: str | None,
    *,
    reason: str,
    override: bool,
    seen: str,
    week: str | None,
    id: str | None,
) -> tuple[Report, str, Receipt]:
    from client import pathways

    async with opened(where_, trial) as meeting:
        label = meeting.week_on_now(week)
        handle, now = await _target(where_, meeting, who)
        view = await pathways.plan(handle)
        state = _asked(view.plan["decisions"], who, decision)
        if option is None:
            # An answer given again must find its event, whose decision may no longer be open.
            option = _proposal(state) if state["open"] or id is None else str(state["in_force"])
        whole = not seen or (len(seen) >= 6 and str(state["digest"]).startswith(seen))
        report = Report(
            id or new_id(),
            "decision",
            now,
            "meeting",
            str(state["key"]),
            value=option,
            expected=str(state["digest"]) if whole else seen,
            override=override,
            reason=reason,
            details=(("meeting", label),),
        )
        receipt = await pathways.submit(handle, report)
        details = (("decision", report.name), ("event", report.id), ("option", option), ("subject", who))
        noted = Report(
            f"decided:{who}:{report.id}"[:128],
            "action",
            meeting.now,
            "meeting",
            "decided",
            scope=(("week", label),),
            details=details,
            reason=reason,
        )
        try:
            await pathways.submit(meeting.handle, noted)
        except pathways.PathwayError as error:
            raise type(error)(
                f"{who}: {report.name}: {option} is recorded ({report.id}), and is not yet in the minutes: {error}\n"
                f"Send it again with --id {report.id}"
            ) from None
        return report, label, receipt


async def _target(where_: Target, meeting: MeetingSession, who: str) -> tuple[AnyHandle, datetime]:
    """The pathway of a patient, or the governor of a subtrial, with its clock."""
    from client import pathways

    subtrials = [subtrial.id for subtrial in protocol_text(meeting.trial).protocol.subtrials]
    if who in subtrials:
        handle = pathways.subtrial_handle(
            meeting.client, meeting.trial, who, rehearsal=where_.rehearsal, label=where_.label or ""
        )
        return handle, (await pathways.state(handle)).now if where_.rehearsal else utc_now()
    if subtrials and not re.search(r"\d", who):
        raise UsageError(f"{who!r} is no subtrial of {meeting.trial}; {nearest(who, subtrials)}")
    async with opened_patient(where_, pseudonym(who), meeting.trial) as patient:
        return patient.handle, patient.now


def _asked(decisions: list[dict[str, Any]], who: str, name: str) -> dict[str, Any]:
    """The decision of that id or key; of several with one id the open one. Raises `Refused`."""
    found = [d for d in decisions if d["key"] == name] or [d for d in decisions if d["id"] == name]
    if found:
        return next((d for d in found if d["open"]), found[0])
    asked = ", ".join(d["key"] for d in decisions if d["open"]) or "none"
    raise Refused("not_proposed", f"{name} is not asked of {who}; open decisions: {asked}")


def _proposal(state: dict[str, Any]) -> str:
    if not state["open"]:
        now = f": {state['in_force']} is in force" if state["in_force"] else ""
        raise Refused("not_proposed", f"{state['key']} is not asked now{now}")
    if state["proposal"] is None:
        options = ", ".join(state["options"])
        raise UsageError(
            f"{state['key']} has no sole proposal: the meeting picks. Say which option: {options}"
        )
    return str(state["proposal"])
