"""Decisions: taking what is proposed or something else, acknowledging, withdrawing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from commands.deciding import Asked, Given, SeenOption
from commands.deciding import decide as answer
from commands.errors import UsageError
from commands.event_ids import run_once
from commands.options import (
    DryRunOption,
    IdOption,
    JsonOption,
    ReasonOption,
    RoleOption,
    SubjectArgument,
    Target,
    where,
)
from commands.protocol.options import TrialOption
from commands.session import PatientSession, opened
from commands.submission import blank, send, submit, tell
from pathway.events import Report

if TYPE_CHECKING:
    from contracts.messages import PlanView

DecisionArgument = Annotated[
    str, typer.Argument(metavar="DECISION", help="Id or key of the decision, as `show` lists it.")
]


def confirm(
    ctx: typer.Context,
    subject: SubjectArgument,
    decision: DecisionArgument,
    option: Annotated[
        str | None, typer.Argument(metavar="OPTION", help="The option taken. Default: the sole proposal.")
    ] = None,
    reason: ReasonOption = "",
    seen: SeenOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    trial: TrialOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take what the protocol proposes, or one option of a choice that it leaves open."""
    given = Given(decision, option, reason, override=False, seen=seen, role=role, again=id_ is not None)
    _decide(where(ctx), subject, trial, given, id_, dry_run=dry_run, as_json=as_json)


def override(
    ctx: typer.Context,
    subject: SubjectArgument,
    decision: DecisionArgument,
    option: Annotated[str, typer.Argument(metavar="OPTION", help="The option taken instead.")],
    reason: ReasonOption = "",
    seen: SeenOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    trial: TrialOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take another option than the proposed one, with a reason."""
    given = Given(decision, option, reason, override=True, seen=seen, role=role, again=id_ is not None)
    _decide(where(ctx), subject, trial, given, id_, dry_run=dry_run, as_json=as_json)


def _decide(
    where_: Target,
    subject: str,
    trial: str | None,
    given: Given,
    id: str | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    async def work(event: str) -> None:
        from client import pathways

        async with opened(where_, subject, trial) as pathway:
            view = await pathways.plan(pathway.handle)

            async def hand_in(report: Report) -> None:
                tell(pathway, report, await submit(pathway, report, dry_run=dry_run), as_json)

            asked = Asked(
                subject,
                where_.typed(f"allpath show {subject}"),
                pathway.now,
                view.plan["decisions"],
                lambda: known_decisions(view.protocol),
                hand_in,
                person=pathway.person,
            )
            await answer(asked, given, event, dry_run=dry_run, as_json=as_json)

    run_once(id, work, as_json=as_json, dry_run=dry_run)


def known_decisions(protocol: str) -> list[str]:
    """The ids of the decisions that a person may be asked for by a protocol."""
    from commands.known_trials import protocol_text
    from pathway.rehearsal.expectations import decidable

    return list(decidable(protocol_text(protocol)))


def acknowledge(
    ctx: typer.Context,
    subject: SubjectArgument,
    obligation: Annotated[
        str, typer.Argument(metavar="NOTICE", help="Id or key of the deviation or alert, as `show` lists it.")
    ],
    reason: ReasonOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    trial: TrialOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take note of a deviation or alert, which stops its ladder of reminders."""

    async def work(event: str) -> None:
        from client import pathways

        async with opened(where(ctx), subject, trial) as pathway:
            owner = _owner(await pathways.plan(pathway.handle), obligation)
            report = blank("acknowledgement", pathway, id=event, role=role or owner)
            report = replace(report, name=obligation, reason=reason)
            tell(pathway, report, await submit(pathway, report, dry_run=dry_run), as_json)

    run_once(id_, work, as_json=as_json, dry_run=dry_run)


def _owner(view: PlanView, name: str) -> str:
    every = [*view.plan["deviations"], *view.plan["alerts"]]
    told = [o["to"] for o in every if name in (o["key"], o["id"])]
    return str(told[0][0]) if told and told[0] else "coordinator"


def withdraw(
    ctx: typer.Context,
    subject: SubjectArgument,
    reason: ReasonOption = "",
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="WHEN", help="When consent was withdrawn, in site time. Default: now."),
    ] = None,
    role: RoleOption = None,
    id_: IdOption = None,
    trial: TrialOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Record that consent has been withdrawn. What is on record stays; corrections are still possible."""

    def write(pathway: PatientSession, event: str) -> Report:
        report = blank("action", pathway, id=event, role=role or "coordinator", at=at)
        return replace(report, name=_withdrawal(pathway), reason=reason)

    send(where(ctx), subject, trial, write, id=id_, dry_run=dry_run, as_json=as_json)


def _withdrawal(pathway: PatientSession) -> str:
    """The protocol's action for a withdrawn consent. Raises `UsageError` where it has none."""
    for name in ("consent_withdrawn", "consent_withdrawal", "withdrawal"):
        if name in pathway.compiled.actions:
            return name
    raise UsageError(
        f"{pathway.start.protocol} has no action for withdrawn consent; "
        f"see `allpath protocol show {pathway.start.trial}`"
    )
