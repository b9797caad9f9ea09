"""What happened: results, actions, adverse events, corrections, voids, judgements, and what cannot be had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from commands.deciding import SeenOption, judged_question, show_and_ask, whole_digest
from commands.errors import UsageError
from commands.event_ids import run_once
from commands.options import (
    AtOption,
    DryRunOption,
    IdOption,
    JsonOption,
    PointOption,
    ReasonOption,
    RoleOption,
    SampledOption,
    ScopeOption,
    SubjectArgument,
    UnitOption,
    WithOption,
    where,
)
from commands.patient.sitting import record_file
from commands.protocol.options import TrialOption
from commands.reading import pairs, plain
from commands.session import PatientSession, opened
from commands.submission import blank, send, submit, tell
from pathway.events import Report
from pathway.language.hours import by_the_hour
from pathway.moments import day_alone


def record(
    ctx: typer.Context,
    subject: SubjectArgument,
    fact: Annotated[str | None, typer.Argument(metavar="FACT", help="What was found, such as mrd.")] = None,
    value: Annotated[str | None, typer.Argument(metavar="VALUE", help="Its value, such as 2e-4.")] = None,
    unit: UnitOption = "",
    point: PointOption = "",
    sampled: SampledOption = None,
    do: Annotated[
        str | None, typer.Option("--do", metavar="ACTION", help="What was done, such as infusion_started.")
    ] = None,
    ae: Annotated[
        str | None,
        typer.Option("--ae", metavar="EVENT", help="Which adverse event, such as CRS; with --grade."),
    ] = None,
    grade: Annotated[
        str | None, typer.Option("--grade", metavar="N", help="Its grade from now on; 0: resolved.")
    ] = None,
    scale: Annotated[
        str | None, typer.Option("--scale", metavar="NAME", help="The scale of the grade, such as ASTCT.")
    ] = None,
    of: Annotated[
        str, typer.Option("--of", metavar="ID", help="The earlier report of the same adverse event.")
    ] = "",
    scope: ScopeOption = None,
    with_: WithOption = None,
    at: AtOption = None,
    reason: ReasonOption = "",
    file: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Many entries, as CSV or YAML: checked as a whole, then recorded in one sitting.",
        ),
    ] = None,
    role: RoleOption = None,
    id_: IdOption = None,
    trial: TrialOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Record a result, something done (--do), or an adverse event (--ae).

    A clinical fact is never refused because it violates the protocol: it is recorded, and the plan says what it means.

    [dim]allpath record P1 mrd 2e-4 --unit fraction --point EOI --sampled 2025-03-07 --with assay=PCR
    allpath record P1 --do infusion_started --scope cycle=1 --at '2025-03-10 10:00'
    allpath record P1 --ae CRS --grade 3 --scale ASTCT
    allpath record P1 --from entries.csv[/dim]
    """
    if file is not None:
        given = (
            fact,
            value,
            unit,
            point,
            sampled,
            do,
            ae,
            grade,
            scale,
            of,
            scope,
            with_,
            at,
            reason,
            role,
            id_,
        )
        if any(given):
            raise UsageError("--from FILE takes nothing else: the file says what, when and as whom")
        record_file(where(ctx), subject, trial, file, dry_run=dry_run, as_json=as_json)
        return
    if [fact is not None, do is not None, ae is not None].count(True) != 1:
        raise UsageError("record one thing: FACT VALUE, or --do ACTION, or --ae EVENT --grade N")
    if do is not None and (value is not None or unit or point or sampled):
        raise UsageError("--do takes no value, unit, point or sample time; say when with --at")
    if ae is not None and (unit or point or sampled):
        raise UsageError("--ae takes no unit, point or sample time; say when with --at")
    if ae is None and (grade is not None or scale is not None or of):
        raise UsageError("--grade, --scale and --of belong to an adverse event; say which with --ae EVENT")
    if ae is not None and grade is None:
        raise UsageError(f"--ae {ae}: the grade is missing; say --grade 1, or --grade 0 when it has resolved")
    if fact is not None and value is None:
        raise UsageError(f"{fact}: the value is missing, such as: allpath record {subject} {fact} VALUE")
    if sampled is not None and at is not None:
        raise UsageError("--sampled and --at both say when; a result takes --sampled")
    labels, details = pairs("--scope", scope), pairs("--with", with_)

    def write(pathway: PatientSession, event_id: str) -> Report:
        compiled = pathway.compiled
        if fact is not None:
            known = compiled.facts.get(fact)
            report = blank(
                "observation",
                pathway,
                id=event_id,
                role=role or (known.supplier if known else "coordinator"),
                at=sampled or at,
            )
            report = replace(report, name=fact, value=plain(value), unit=unit, point=point)
        elif do is not None:
            action = compiled.actions.get(do)
            if at is not None and day_alone(at) and do in by_the_hour(compiled.protocol):
                raise UsageError(
                    f"{do} counts by the hour: say at which hour of the day with --at '{at} HH:MM'"
                )
            report = blank(
                "action", pathway, id=event_id, role=role or (action.role if action else "coordinator"), at=at
            )
            report = replace(report, name=do)
        else:
            report = blank("adverse_event", pathway, id=event_id, role=role or "clinician", at=at)
            report = replace(report, name=ae or "", value=plain(grade), target=of)
        return replace(report, scope=labels, details=_details(details, scale, pathway, ae), reason=reason)

    send(where(ctx), subject, trial, write, id=id_, dry_run=dry_run, as_json=as_json)


def _details(
    details: tuple[tuple[str, str], ...], scale: str | None, pathway: PatientSession, ae: str | None
) -> tuple[tuple[str, str], ...]:
    """The details with the scale of a grade: the one given, or the only one that the protocol knows."""
    if ae is None or "scale" in dict(details):
        return details
    kind = pathway.compiled.adverse_events.get(ae)
    only = kind.scales[0] if kind is not None and len(kind.scales) == 1 else None
    scale = scale or only
    return tuple(sorted([*details, ("scale", scale)])) if scale else details


EventArgument = Annotated[
    str, typer.Argument(metavar="EVENT", help="Id of the event, as `timeline` shows it.")
]


def correct(
    ctx: typer.Context,
    subject: SubjectArgument,
    event: EventArgument,
    value: Annotated[
        str | None, typer.Argument(metavar="VALUE", help="The right value, choice, day or grade.")
    ] = None,
    unit: UnitOption = "",
    point: PointOption = "",
    sampled: SampledOption = None,
    scale: Annotated[
        str | None, typer.Option("--scale", metavar="NAME", help="The right scale of a grade.")
    ] = None,
    scope: ScopeOption = None,
    with_: WithOption = None,
    at: AtOption = None,
    reason: ReasonOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    trial: TrialOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say an event right: what is not named stays as it was. The wrong one stays on record."""
    if sampled is not None and at is not None:
        raise UsageError("--sampled and --at both say when; a result takes --sampled")
    if not (value or unit or point or sampled or scale or scope or with_ or at):
        raise UsageError(
            f"the correction of {event} changes nothing; say the right value, --unit, --point, "
            "--sampled, --at, --scope or --with"
        )
    labels = pairs("--scope", scope)
    details = pairs("--with", [*(with_ or []), *([f"scale={scale}"] if scale else [])])

    def write(pathway: PatientSession, event_id: str) -> Report:
        report = blank("correction", pathway, id=event_id, role=role or "coordinator", at=sampled or at)
        return replace(
            report,
            target=event,
            value=plain(value),
            unit=unit,
            point=point,
            scope=labels,
            details=details,
            reason=reason,
        )

    send(where(ctx), subject, trial, write, id=id_, dry_run=dry_run, as_json=as_json)


def void(
    ctx: typer.Context,
    subject: SubjectArgument,
    event: EventArgument,
    reason: ReasonOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    trial: TrialOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say that an event does not count, with a reason: the wrong patient, recorded twice. It stays on record."""

    def write(pathway: PatientSession, event_id: str) -> Report:
        return replace(
            blank("void", pathway, id=event_id, role=role or "coordinator"), target=event, reason=reason
        )

    send(where(ctx), subject, trial, write, id=id_, dry_run=dry_run, as_json=as_json)


def judge(
    ctx: typer.Context,
    subject: SubjectArgument,
    criterion: Annotated[
        str, typer.Argument(metavar="CRITERION", help="A criterion under REVIEW, such as X6.")
    ],
    verdict: Annotated[str, typer.Argument(metavar="PASS|FAIL", help="The clinician's verdict.")],
    reason: ReasonOption = "",
    seen: SeenOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    trial: TrialOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Judge a criterion that the protocol leaves to a clinician. Bound to the values that were judged."""

    async def work(event: str) -> None:
        from client import pathways

        async with opened(where(ctx), subject, trial) as pathway:
            criteria = (await pathways.plan(pathway.handle)).plan["criteria"]
            # What is unknown, or not to be judged now, is refused by the pathway: then there is nothing to show.
            asked = next((c for c in criteria if c["id"] == criterion and c["digest"]), None)
            report = blank("judgement", pathway, id=event, role=role or "clinician")
            report = replace(
                report,
                name=criterion,
                value=verdict.upper(),
                reason=reason,
                expected=whole_digest(seen, asked["digest"] if asked else ""),
            )
            if asked and (asked["judged"] or asked["verdict"] == "REVIEW") and not (seen or dry_run):
                show_and_ask(
                    subject,
                    where(ctx).typed(f"allpath show {subject}"),
                    criterion,
                    judged_question(subject, asked),
                    f"{criterion} {report.value}",
                    as_json=as_json,
                )
            tell(pathway, report, await submit(pathway, report, dry_run=dry_run), as_json)

    run_once(id_, work, as_json=as_json, dry_run=dry_run)


def unobtainable(
    ctx: typer.Context,
    subject: SubjectArgument,
    fact: Annotated[str, typer.Argument(metavar="FACT", help="The value that cannot be had, such as mrd.")],
    point: PointOption = "",
    reason: ReasonOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    trial: TrialOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Declare that a value cannot be had, with a reason. It is never taken as negative."""

    def write(pathway: PatientSession, event_id: str) -> Report:
        known = pathway.compiled.facts.get(fact)
        report = blank(
            "not_obtainable", pathway, id=event_id, role=role or (known.supplier if known else "coordinator")
        )
        return replace(report, name=fact, point=point, reason=reason)

    send(where(ctx), subject, trial, write, id=id_, dry_run=dry_run, as_json=as_json)
