"""Handing in a report: to the pathway, or in a dry run to the engine here, on the events that the store has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from commands.event_ids import run_once
from commands.options import Target
from commands.reading import moment
from commands.screen import change_line, make_console, print_json
from commands.session import PatientSession, opened
from commands.signed_in import by_words
from commands.store_reading import stored_events
from pathway.changes import Announced, Change, changes, day_one_of
from pathway.events import Event, Report
from pathway.language.profile import make_profile
from pathway.patient.admission import admit, known_as
from pathway.patient.evaluate import evaluate, evaluation
from pathway.plan import Plan
from pathway.record import Record

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from client.pathways import AnyHandle
    from contracts.messages import Receipt
    from runtime.settings import Settings

LAG_PATIENCE: Final = 3.0
"""Seconds that a dry run waits for the store to catch up with the pathway."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """A dry run: the event that the report would become (None: it is on record already, as `known_as`), and what it would
    change."""

    event: Event | None
    changes: tuple[Change, ...]
    known_as: str = ""


def send(
    where: Target,
    subject: str,
    trial: str | None,
    write: Callable[[PatientSession, str], Report],
    *,
    id: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Open the pathway, let `write` make the report under an id, hand it in and print what came of it.

    Raises `Refused` with the reason, or a `PathwayError`; then nothing was recorded, or it says under which id to try again.
    """

    async def work(event: str) -> None:
        async with opened(where, subject, trial) as pathway:
            report = write(pathway, event)
            tell(pathway, report, await submit(pathway, report, dry_run=dry_run), as_json)

    run_once(id, work, as_json=as_json, dry_run=dry_run)


def blank(
    kind: Any, opened: PatientSession, *, id: str, role: str, at: str | None = None, **fields: Any
) -> Report:
    """A report of that kind, made now; `at`: when it happened, as typed in site time."""
    occurred = None if at is None else moment(at, opened.site.tz, opened.now)
    return Report(id, kind, opened.now, role, occurred=occurred, person=opened.person, **fields)


async def submit(pathway: PatientSession, report: Report, *, dry_run: bool) -> Receipt | DryRun:
    """Hand in the report, or try it. Raises `Refused`, or a `PathwayError`; then nothing was recorded."""
    from client import pathways

    return await _tried(pathway, report) if dry_run else await pathways.submit(pathway.handle, report)


def tell(pathway: PatientSession, report: Report, answer: Receipt | DryRun, as_json: bool) -> None:
    """Print what came of a report."""
    tell_of({"subject": pathway.start.subject}, report, answer, as_json, twice(report, pathway.site.tz))


def tell_of(
    who: Mapping[str, str], report: Report, answer: Receipt | DryRun, as_json: bool, again: str = ""
) -> None:
    """Print what came of a report about `who`: the names that JSON has, with their values. `again`: what is to be done if it is
    taken for one that is on record, and is another."""
    if isinstance(answer, DryRun):
        _show_trial(who, report, answer, as_json, again)
    else:
        _show_receipt(who, report, answer, as_json, again)


def twice(report: Report, tz: ZoneInfo) -> str:
    """How a report is made to count beside another one that says the same of the same moment; empty where it cannot. `tz`: of
    the site."""
    if report.kind not in ("observation", "action", "adverse_event"):
        return ""
    at = (report.occurred or report.at).astimezone(tz)
    option = "--sampled" if report.kind == "observation" else "--at"
    return (
        f"It says the same of the same moment, {at:%Y-%m-%d %H:%M}; a day without an hour means 09:00. "
        f"If there were two, say the hour of each: {option} '{at:%Y-%m-%d} HH:MM'. Another --id alone does not make it two."
    )


async def _tried(pathway: PatientSession, report: Report) -> DryRun:
    start, compiled, site = pathway.start, pathway.compiled, pathway.site
    record = Record.of(await all_events(pathway.handle, pathway.settings, start.workflow_id))
    profile = make_profile(compiled.protocol, start.profile, start.simulation)
    before = evaluation(compiled, profile, site, record, pathway.now)
    event = admit(before, report, pathway.now)
    if event is None:
        return DryRun(None, (), known_as(before, report, pathway.now))

    def told_of(plan: Plan, told: Announced, cause: str) -> tuple[list[Change], Announced]:
        day_one = day_one_of(plan, compiled.protocol.day_one)
        because = record.by_id.get(cause)
        return changes(
            told, plan, subject=start.subject, cause=cause, tz=site.tz, day_one=day_one, event=because
        )

    _, told = told_of(before.plan, Announced(), "")
    record.append(event)
    would, _ = told_of(evaluate(compiled, profile, site, record, pathway.now), told, event.id)
    return DryRun(event, tuple(would))


async def all_events(handle: AnyHandle, settings: Settings, workflow_id: str) -> tuple[Event, ...]:
    """All events of a pathway or governor, from the store, once it has as many as the workflow itself.

    Raises `StoreAway` while it has fewer: a dry run on half of the record would mislead.
    """
    from client import pathways
    from store.errors import StoreAway

    loop = asyncio.get_running_loop()
    deadline = loop.time() + LAG_PATIENCE
    while True:
        state = await pathways.state(handle)
        found = await stored_events(settings, workflow_id)
        if len(found) >= state.events:
            return found
        if loop.time() >= deadline:
            raise StoreAway(
                f"the store has {len(found)} of {state.events} events of {state.subject}; "
                "a dry run needs all of them. Try again when it has caught up"
            )
        await asyncio.sleep(0.2)


def _show_trial(who: Mapping[str, str], report: Report, trial: DryRun, as_json: bool, again: str) -> None:
    event, would = trial.event, trial.changes
    if as_json:
        print_json(
            {
                "dry_run": True,
                **who,
                "on_record": event is None,
                "event": None if event is None else asdict(event),
                "changes": [asdict(change) for change in would],
            }
        )
        return
    console = make_console()
    if event is None:
        console.print(f"already on record as {trial.known_as or report.id}, nothing would change")
        if again and trial.known_as not in ("", report.id):
            console.print(again)
        return
    console.print(Text.assemble(("dry run ", "bold yellow"), f"{words_of(report)}: nothing is recorded."))
    console.print("It would change:" if would else "It would be recorded, and change nothing in the plan.")
    for change in would:
        console.print(Text("  ").append_text(change_line(change, with_day=False)))


def _show_receipt(
    who: Mapping[str, str], report: Report, receipt: Receipt, as_json: bool, again: str
) -> None:
    on_record = receipt.event_id != report.id
    if as_json:
        print_json({**who, **receipt.model_dump(mode="json", exclude={"plan"}), "on_record": on_record})
        return
    console = make_console()
    if on_record:
        head = (f"already on record as {receipt.event_id}", "bold green")
        console.print(Text.assemble(head, f", nothing changed  {' '.join(who.values())}: {words_of(report)}"))
        if again:
            console.print(again)
        return
    head = ("recorded", "bold green") if receipt.recorded else ("accepted, not yet recorded", "bold yellow")
    console.print(Text.assemble(head, f"  {' '.join(who.values())}: {words_of(report)}"))
    console.print(Text(f"event {receipt.event_id}, {by_words(report)}", style="dim"))
    if not receipt.recorded:
        console.print(
            "The store does not answer. The pathway keeps the event and brings it there; nothing is lost."
        )
    for change in receipt.changes:
        console.print(Text("  ").append_text(change_line(change, with_day=False)))


def words_of(report: Report) -> str:
    """A report in one line, as it was typed."""
    scope = f"[{','.join(f'{name}={value}' for name, value in report.scope)}]" if report.scope else ""
    what = " ".join(part for part in (f"{report.name}{scope}", report.point) if part)
    value = f"{report.value or ''} {report.unit}".strip()
    match report.kind:
        case "correction":
            return f"correction of {report.target}" + (f" to {value}" if value else "")
        case "void":
            return f"{report.target} does not count"
        case "transfer":
            return f"moves to {what} from {dict(report.details).get('from', '')}"
        case "annulment":
            return "the enrolment is annulled"
        case "rename":
            return f"renamed to {report.name}"
        case "not_obtainable":
            return f"{what} cannot be obtained"
        case "adverse_event":
            return f"{what} grade {report.value}"
        case "acknowledgement":
            return f"{what} acknowledged"
        case "judgement" | "decision":
            return f"{what}: {value}"
        case _:
            return f"{what} = {value}" if value else what
