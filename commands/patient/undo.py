"""Taking back the last entry of one's own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer
from rich.text import Text

from commands.errors import UsageError
from commands.event_ids import run_once
from commands.options import DryRunOption, IdOption, JsonOption, RoleOption, SubjectArgument, Target, where
from commands.patient.events import entry_lines, who
from commands.protocol.options import TrialOption
from commands.screen import make_console
from commands.session import opened
from commands.submission import blank, submit, tell
from pathway.events import Event
from pathway.patient.account import Entry, account, said, what
from pathway.record import Record
from pathway.refusal import Refused
from pathway.site import Site

REASON = "undone by whoever entered it"


def undo(
    ctx: typer.Context,
    subject: SubjectArgument,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it does not count.")] = REASON,
    seen: Annotated[
        str | None,
        typer.Option(
            "--seen",
            metavar="ID",
            help="The entry that you saw: refused if it is not the last one of yours any more.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    role: RoleOption = None,
    id_: IdOption = None,
    trial: TrialOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take back the last entry of your own: it is shown, and voided with a reason. It stays on record.

    Yours is what was entered by the same role (--as) and the same person (`allpath --by CODE`). Entries of others are
    voided by their ids, with `void`.
    """
    where_ = where(ctx)
    if role is None and not where_.person:
        raise UsageError(
            "whose last entry? Say in which role it was entered, --as coordinator, or who you are: allpath --by CODE undo ..."
        )

    async def work(event: str) -> None:
        from client import pathways

        async with opened(where_, subject, trial) as pathway:
            events = await pathways.events(pathway.handle)
            # Sent again under an id that is on record: what it voided is what it voids.
            voided = next((e.target for e in events if id_ is not None and e.id == event), None)
            own = next(
                (each for each in account(events) if each.event.id == voided),
                None,
            ) or _last_own(events, subject, where_, role)
            if seen is not None and own.event.id != seen:
                raise Refused("moved", f"the last entry of yours is {own.event.id}, not {seen}; look again")
            if not (yes or seen or dry_run or voided):
                _ask(own, _revived(events, own), pathway.site, subject, as_json=as_json)
            report = blank("void", pathway, id=event, role=own.event.role)
            report = replace(report, target=own.event.id, reason=reason)
            answer = await submit(pathway, report, dry_run=dry_run)
            tell(pathway, report, answer, as_json)
            revived = _revived(events, own)
            if revived and not as_json:
                make_console().print(Text(f"counts again: {revived}", style="yellow"))

    run_once(id_, work, as_json=as_json, dry_run=dry_run)


def _last_own(events: Sequence[Event], subject: str, where_: Target, role: str | None) -> Entry:
    """The last entry of a role and person. Raises `Refused` where there is none that can be undone."""
    whose = " ".join(part for part in (role or "", where_.person) if part)
    own = [
        each
        for each in account(events)
        if (role is None or each.event.role == role) and each.event.person == where_.person
    ]
    left = [each for each in own if not each.voided_by]
    if not left:
        raise Refused("not_waiting", f"nothing about {subject} that was entered by {whose} is left to undo")
    last = left[-1]
    if last.event.kind == "void":
        raise Refused(
            "not_waiting",
            f"the last entry by {whose} is {last.event.id}, which voided {last.event.target}: a void is not undone; "
            "record the event again under a new id",
        )
    if last.corrected_by:
        raise Refused(
            "not_latest",
            f"{last.event.id}, the last entry by {whose}, has been corrected since by {last.corrected_by}: "
            f"look with `allpath events {subject}`, and void the one that is meant",
        )
    return last


def _revived(events: Sequence[Event], own: Entry) -> str:
    """What counts again once an entry does not."""
    if own.event.kind != "correction":
        return ""
    record = Record.of(events)
    chain = [e for e in record.chains[record.root[own.event.id]] if e.id not in record.voided]
    before = chain[-2] if len(chain) > 1 else None
    if before is None or chain[-1].id != own.event.id:
        return ""
    return f"{what(before)} {said(before)}".strip() + f" (event {before.id})"


def _ask(own: Entry, revived: str, site: Site, subject: str, *, as_json: bool) -> None:
    """Show what would be undone, and have it confirmed. Raises `UsageError` where nobody can be asked, `typer.Exit` for a no."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            f"in a pipe nobody can be asked: nothing is undone. The last entry by the {who(own)} about {subject} is "
            f"{own.event.id}, {own.what} {own.said}".rstrip()
            + f"; say that you saw it: --seen {own.event.id}, or --yes"
        )
    console = make_console(stderr=as_json)
    for line in entry_lines(own, site):
        console.print(line, soft_wrap=True)
    if revived:
        console.print(Text(f"counts again then: {revived}", style="yellow"), soft_wrap=True)
    if not typer.confirm("Take it back?", default=False, err=as_json):
        console.print("Nothing is undone.")
        raise typer.Exit(1)
