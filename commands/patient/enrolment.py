"""What becomes of an enrolment itself: the patient moves to another site, or it was a mistake and is annulled."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Annotated

import typer

from commands.errors import UsageError
from commands.options import (
    DryRunOption,
    IdOption,
    JsonOption,
    ReasonOption,
    RoleOption,
    SubjectArgument,
    where,
)
from commands.protocol.options import TrialOption
from commands.screen import make_console
from commands.session import PatientSession
from commands.submission import blank, send
from pathway.events import Report

YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def annul(
    ctx: typer.Context,
    subject: SubjectArgument,
    reason: ReasonOption = "",
    yes: YesOption = False,
    role: RoleOption = None,
    id_: IdOption = None,
    trial: TrialOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Annul an enrolment that was a mistake, with a reason. It is no withdrawal; it stays readable.

    Everything open is ended, nobody is reminded any more, slots of subtrials are given back. It cannot be taken back, and the
    pseudonym is not used again.
    """
    if not reason.strip():
        raise UsageError("annulling an enrolment needs a reason: --reason 'enrolled twice, see P8'")

    def write(pathway: PatientSession, event: str) -> Report:
        if not (yes or dry_run):
            _ask(subject, pathway.start.protocol, as_json=as_json)
        report = blank("annulment", pathway, id=event, role=role or "coordinator")
        return replace(report, reason=reason)

    send(where(ctx), subject, trial, write, id=id_, dry_run=dry_run, as_json=as_json)


def transfer(
    ctx: typer.Context,
    subject: SubjectArgument,
    site: Annotated[str, typer.Option("--site", metavar="CODE", help="The new site's code, such as S02.")],
    from_: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="DAY",
            help="The first day there, in the time of the new site; it may be to come.",
        ),
    ],
    time_zone: Annotated[
        str | None,
        typer.Option("--zone", metavar="ZONE", help="Its IANA time zone. Default: the present one."),
    ] = None,
    country: Annotated[
        str | None, typer.Option("--country", metavar="CC", help="Its country. Default: the present one.")
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            "--label", metavar="EDITION", help="The drug-label edition it works by. Default: the present one."
        ),
    ] = None,
    reason: ReasonOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    trial: TrialOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Record that a patient moves to another site from a day on: coming days and messages are there.

    Days before it stay in the old time zone. The pathway goes on as it is: the same text, profile and pseudonym. `void` takes a
    transfer back.
    """
    said = {"from": from_, "zone": time_zone, "country": country, "label": label}

    def write(pathway: PatientSession, event: str) -> Report:
        report = blank("transfer", pathway, id=event, role=role or "coordinator")
        details = tuple(sorted((name, text) for name, text in said.items() if text is not None))
        return replace(report, name=site, details=details, reason=reason)

    send(where(ctx), subject, trial, write, id=id_, dry_run=dry_run, as_json=as_json)


def _ask(subject: str, protocol: str, *, as_json: bool) -> None:
    """Have it confirmed. Raises `UsageError` where nobody can be asked, and `typer.Exit` (1) for a no."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            f"annulling {subject} cannot be taken back, and in a pipe nobody can be asked: nothing is recorded. Say --yes"
        )
    console = make_console(stderr=as_json)
    console.print(
        f"The enrolment of {subject} in {protocol} ends as ANNULLED, for good. {subject} is not used again."
    )
    if not typer.confirm("Annul it?", default=False, err=as_json):
        console.print("Nothing is recorded.")
        raise typer.Exit(1)
