"""Handing in a report to a governor: for good, or in a dry run to its pure functions here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from rich.text import Text

from commands.event_ids import run_once
from commands.options import Target
from commands.reading import moment
from commands.screen import make_console, print_json
from commands.submission import DryRun, all_events, tell_of
from commands.subtrial.open import SubtrialSession, opened
from commands.subtrial.view import last_day
from pathway.changes import Announced, Change, changes
from pathway.events import Report
from pathway.record import Record
from pathway.subtrial.govern import admit_to, govern


def send(
    where: Target,
    trial: str,
    subtrial: str,
    write: Callable[[SubtrialSession, str], Report],
    *,
    id: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Open the governor, let `write` make the report under an id, hand it in and print what came of it.

    Raises `Refused` with the reason, or a `PathwayError`; then nothing was recorded, or it says under which id to try again.
    """

    async def work(event: str) -> None:
        async with opened(where, trial, subtrial) as governor:
            await hand_in(governor, write(governor, event), dry_run=dry_run, as_json=as_json)

    run_once(id, work, as_json=as_json, dry_run=dry_run)


async def hand_in(
    opened: SubtrialSession, report: Report, *, dry_run: bool, as_json: bool, about: str = ""
) -> None:
    """Hand in a report, or try it, and print what came of it; for a patient (`about`) also what the governor answers.

    Raises as `send` does.
    """
    from client import pathways

    if dry_run:
        tell_of(opened.who, report, await _tried(opened, report), as_json)
        return
    receipt = await pathways.submit(opened.handle, report)
    said = (await pathways.plan(opened.handle)).plan["answers"].get(about) if about else None
    if as_json and about:
        print_json({**opened.who, "answer": said, **receipt.model_dump(mode="json", exclude={"plan"})})
        return
    tell_of(opened.who, report, receipt, as_json)
    if said is not None:
        make_console().print(_answered(about, said, opened.start.site.tz))


def _answered(subject: str, said: dict[str, Any], tz: ZoneInfo) -> Text:
    """What the governor answers to a patient, in a line."""
    level = f" at level {said['level']}" if said["level"] else ""
    until = f" until {last_day(said['until'], tz)}" if said["until"] else ""
    reason = f"  {said['reason']}" if said["reason"] else ""
    return Text.assemble(f"{subject}: ", (said["state"], "bold"), f"{level}{until}{reason}")


def blank(
    kind: Any, opened: SubtrialSession, *, id: str, role: str, at: str | None = None, **fields: Any
) -> Report:
    """A report of that kind, made now; `at`: when it happened, as typed in the time of the coordinating office."""
    occurred = None if at is None else moment(at, opened.start.site.tz, opened.now)
    return Report(id, kind, opened.now, role, occurred=occurred, person=opened.person, **fields)


async def _tried(opened: SubtrialSession, report: Report) -> DryRun:
    governor, now = opened.governor, opened.now
    record = Record.of(await all_events(opened.handle, opened.settings, opened.start.workflow_id))

    def told_of(told: Announced, cause: str) -> tuple[list[Change], Announced]:
        plan = govern(governor, record, now).plan
        tz = opened.start.site.tz
        because = record.by_id.get(cause)
        return changes(
            told, plan, subject=opened.start.subtrial, cause=cause, tz=tz, day_one=None, event=because
        )

    event = admit_to(governor, record, report, now, govern(governor, record, now))
    if event is None:
        return DryRun(None, ())
    _, told = told_of(Announced(), "")
    record.append(event)
    would, _ = told_of(told, event.id)
    return DryRun(event, tuple(would))
