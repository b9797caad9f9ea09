"""Decisions: taking what is proposed or something else, acknowledging, withdrawing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.errors import UsageError
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
from commands.session import PatientSession, opened, run
from commands.submission import blank, submit, tell
from pathway.language.parsing import nearest
from pathway.refusal import Refused

if TYPE_CHECKING:
    from contracts.messages import PlanView

DecisionArgument = Annotated[
    str, typer.Argument(metavar="DECISION", help="Id or key of the decision, as `show` lists it.")
]
SeenOption = Annotated[
    str,
    typer.Option(
        "--seen",
        metavar="DIGEST",
        help="The digest of the decision as it was shown: refused if the plan has moved since.",
    ),
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
    run(
        _decide(
            where(ctx), subject, trial, decision, option,
            reason=reason, seen=seen, role=role, id=id_, override=False, dry_run=dry_run, as_json=as_json,
        )
    )  # fmt: skip


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
    run(
        _decide(
            where(ctx), subject, trial, decision, option,
            reason=reason, seen=seen, role=role, id=id_, override=True, dry_run=dry_run, as_json=as_json,
        )
    )  # fmt: skip


async def _decide(
    where_: Target,
    subject: str,
    trial: str | None,
    decision: str,
    option: str | None,
    *,
    reason: str,
    seen: str,
    role: str | None,
    id: str | None,
    override: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    from client import pathways

    async with opened(where_, subject, trial) as pathway:
        state = _decision(await pathways.plan(pathway.handle), decision)
        if option is None:
            # An answer given again must find its event, whose decision may no longer be open.
            option = _sole_proposal(state, decision) if state["open"] or id is None else state["in_force"]
        report = replace(
            blank("decision", pathway, id=id, role=role or state["role"] or "clinician"),
            name=state["key"],
            value=option,
            expected=_whole_digest(seen, state["digest"]),
            override=override,
            reason=reason,
        )
        tell(pathway, report, await submit(pathway, report, dry_run=dry_run), as_json)


def _decision(view: PlanView, name: str) -> dict[str, Any]:
    """The decision of that id or key; of several with one id the open one. Raises `Refused`."""
    decisions: list[dict[str, Any]] = view.plan["decisions"]
    found = [d for d in decisions if d["key"] == name] or [d for d in decisions if d["id"] == name]
    if found:
        return next((d for d in found if d["open"]), found[0])
    keys = [d["key"] for d in decisions]
    known = _known_decisions(view.protocol)
    if name in known or name.partition("[")[0] in known:
        asked = ", ".join(d["key"] for d in decisions if d["open"]) or "none"
        raise Refused("not_proposed", f"{name} is not asked now; open decisions of {view.subject}: {asked}")
    raise Refused("unknown_event", f"decision {name!r} is not known; {nearest(name, [*keys, *known])}")


def _known_decisions(protocol: str) -> list[str]:
    from commands.known_trials import protocol_text
    from pathway.rehearsal.expectations import decidable

    return list(decidable(protocol_text(protocol)))


def _sole_proposal(state: dict[str, Any], name: str) -> str:
    if not state["open"]:
        now = f": {state['in_force']} is in force" if state["in_force"] else ""
        waits = ", ".join(m["what"] for m in state["missing"])
        raise Refused(
            "not_proposed", f"{name} is not asked now{now}" + (f"; it waits for {waits}" if waits else "")
        )
    if state["proposal"] is None:
        options = ", ".join(state["options"])
        raise UsageError(f"{name} has no sole proposal: a person picks. Say which option: {options}")
    return str(state["proposal"])


def _whole_digest(seen: str, digest: str) -> str:
    """The digest to send: that of the plan just read, or the one that the person saw, which may be its beginning."""
    return digest if not seen or (len(seen) >= 6 and digest.startswith(seen)) else seen


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

    async def work() -> None:
        from client import pathways

        async with opened(where(ctx), subject, trial) as pathway:
            owner = _owner(await pathways.plan(pathway.handle), obligation)
            report = blank("acknowledgement", pathway, id=id_, role=role or owner)
            report = replace(report, name=obligation, reason=reason)
            tell(pathway, report, await submit(pathway, report, dry_run=dry_run), as_json)

    run(work())


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

    async def work() -> None:
        async with opened(where(ctx), subject, trial) as pathway:
            report = blank("action", pathway, id=id_, role=role or "coordinator", at=at)
            report = replace(report, name=_withdrawal(pathway), reason=reason)
            tell(pathway, report, await submit(pathway, report, dry_run=dry_run), as_json)

    run(work())


def _withdrawal(pathway: PatientSession) -> str:
    """The protocol's action for a withdrawn consent. Raises `UsageError` where it has none."""
    for name in ("consent_withdrawn", "consent_withdrawal", "withdrawal"):
        if name in pathway.compiled.actions:
            return name
    raise UsageError(
        f"{pathway.start.protocol} has no action for withdrawn consent; "
        f"see `allpath protocol show {pathway.start.trial}`"
    )
