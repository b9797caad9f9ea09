"""Another pseudonym for a patient: the one before was typed wrongly, or turned out to say who the child is."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from commands.errors import UsageError
from commands.event_ids import run_once
from commands.options import (
    IdOption,
    JsonOption,
    ReasonOption,
    RoleOption,
    SubjectArgument,
    Target,
    pseudonym,
    where,
)
from commands.patient.enrolment import YesOption
from commands.protocol.options import TrialOption
from commands.screen import make_console, print_json
from commands.session import PatientSession, check_free, opened
from commands.submission import blank

if TYPE_CHECKING:
    from client.pathways import Handle
    from contracts.renaming import Renamed
    from pathway.events import Report

FIRST_ANSWER: Final = timedelta(seconds=5)
"""How long the pathway gets to bring everything to the store under its new pseudonym before that is told instead."""


def rename(
    ctx: typer.Context,
    subject: SubjectArgument,
    new: Annotated[
        str, typer.Argument(metavar="NEW", help="The new pseudonym, which nobody in the trial ever had.")
    ],
    reason: ReasonOption = "",
    yes: YesOption = False,
    role: RoleOption = None,
    id_: IdOption = None,
    trial: TrialOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a patient another pseudonym, with a reason. The pathway goes on under it as it was; the old one is never used again.

    Nothing is told anew but that there is a new pseudonym. Subtrials and meetings hear it, slots stay. Reasons and
    earlier entries keep what they say. Sent again under the same --id it is done once.
    """
    if not reason.strip():
        raise UsageError(
            "replacing a pseudonym needs a reason: --reason 'typed with the initials of the child'"
        )
    where_, new = where(ctx), pseudonym(new)

    async def work(event: str) -> None:
        renamed, recorded = await _renamed(
            where_, subject, new, reason, role or "coordinator", trial, event, ask=not yes, as_json=as_json
        )
        _tell(subject, renamed, recorded=recorded, as_json=as_json)

    run_once(id_, work, as_json=as_json)


async def _renamed(
    where_: Target,
    subject: str,
    new: str,
    reason: str,
    role: str,
    trial: str | None,
    event: str,
    *,
    ask: bool,
    as_json: bool,
) -> tuple[Renamed, bool]:
    """As whom the patient goes on, and whether the store has it. Raises `Refused`, or a `PathwayError`."""
    from client.pathways import pathway_handle
    from client.renaming import PathwayRenamed

    try:
        async with opened(where_, subject, trial) as pathway:
            await check_free(pathway.settings, pathway.start.trial, new)
            if ask:
                _ask(subject, new, pathway.start.protocol, as_json=as_json)
            report = replace(blank("rename", pathway, id=event, role=role), name=new, reason=reason)
            renamed = await _ask_pathway(pathway, report, subject)
            handle = pathway_handle(pathway.client, pathway.start.trial, renamed.to)
            return renamed, await _recorded(handle)
    except PathwayRenamed as before:
        if (before.renamed.to, before.renamed.event) != (new, event):
            raise
        # The same once more: what was under way is at its end.
        return before.renamed, await _recorded_as(where_, new, trial)


async def _ask_pathway(pathway: PatientSession, report: Report, subject: str) -> Renamed:
    from client import renaming
    from client.pathways import PathwayClosed

    try:
        return await renaming.rename(pathway.handle, report)
    except PathwayClosed:
        found = await renaming.renamed(pathway.handle)
        if found is not None:
            raise renaming.PathwayRenamed(subject, found) from None
        raise PathwayClosed(
            f"{subject} is archived: nothing is told of a closed pathway any more, and it keeps its pseudonym"
        ) from None


async def _recorded_as(where_: Target, new: str, trial: str | None) -> bool:
    from client.pathways import PathwayError

    try:
        async with opened(where_, new, trial) as pathway:
            return await _recorded(pathway.handle)
    except PathwayError:
        return False


async def _recorded(handle: Handle) -> bool:
    """Whether the store has the pathway under the new pseudonym; False if nobody says so in time."""
    import asyncio

    from client import pathways

    try:
        async with asyncio.timeout(FIRST_ANSWER.total_seconds()):
            while True:
                state = await pathways.state(handle)
                if not state.unrecorded and state.published:
                    return True
                if state.store_away:
                    return False
                await asyncio.sleep(0.1)
    except (TimeoutError, pathways.PathwayError):
        return False


def _ask(subject: str, new: str, protocol: str, *, as_json: bool) -> None:
    """Have it confirmed. Raises `UsageError` where nobody can be asked, and `typer.Exit` (1) for a no."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            f"renaming {subject} cannot be taken back, and in a pipe nobody can be asked: nothing is done. Say --yes"
        )
    console = make_console(stderr=as_json)
    console.print(f"{subject} in {protocol} goes on as {new}, for good. {subject} is not used again.")
    if not typer.confirm("Rename?", default=False, err=as_json):
        console.print("Nothing is done.")
        raise typer.Exit(1)


def _tell(subject: str, renamed: Renamed, *, recorded: bool, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "subject": renamed.to,
                "was": subject,
                "event_id": renamed.event,
                "recorded": recorded,
                "renamed": renamed.model_dump(mode="json"),
            }
        )
        return
    console = make_console()
    head = ("renamed", "bold green") if recorded else ("renamed, not yet recorded", "bold yellow")
    console.print(Text.assemble(head, f"  {subject} is {renamed.to} from now on"))
    by = f" ({renamed.person})" if renamed.person else ""
    console.print(Text(f"event {renamed.event}, as claimed by the {renamed.role}{by}", style="dim"))
    if not recorded:
        console.print("The store has not heard of it yet. The pathway brings it there; nothing is lost.")
    console.print(f"Next: allpath show {renamed.to}")
