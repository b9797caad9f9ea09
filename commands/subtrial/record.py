"""What people tell a governor: where the subtrial is activated, its status, patients whose pathway is elsewhere, amendments."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from commands.errors import UsageError
from commands.event_ids import run_once
from commands.options import DryRunOption, IdOption, JsonOption, ReasonOption, RoleOption, pseudonym, where
from commands.subtrial.open import SubtrialArgument, SubtrialSession, TrialArgument, definition, opened
from commands.subtrial.send import blank, hand_in, send
from pathway.events import Report
from pathway.language.parsing import nearest
from pathway.refusal import Refused
from pathway.subtrial.action_rules import ACTION_ROLES, NEED_A_REASON
from pathway.subtrial.messages import STANDING, SUBJECT
from pathway.subtrial.slots import PATIENT_ACTIONS, VERDICTS
from pathway.subtrial.status import TRIAL_ACTIONS

CELLS: Final = ("activated", "deactivated")
STATES: Final = tuple(name for name in TRIAL_ACTIONS if name not in CELLS)

OfficeAtOption = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="WHEN",
        help="When it happened, in the office's time: 2025-11-03 or '2025-11-03 10:00'. Default: now.",
    ),
]
CountryOption = Annotated[
    str, typer.Option("--country", metavar="CC", help="Country, two capital letters: NL.")
]
SiteOption = Annotated[str, typer.Option("--site", metavar="CODE", help="Code of the site, such as S01.")]
FromOption = Annotated[
    str, typer.Option("--from", metavar="DATE", help="The office's day from which it counts. Default: now.")
]
LevelOption = Annotated[
    str, typer.Option("--level", metavar="LEVEL", help="Dose level, where the patient began on another one.")
]
ValueOption = Annotated[
    str | None, typer.Option("--value", metavar="|".join(VERDICTS), help="The verdict on a patient.")
]
EventArgument = Annotated[
    str, typer.Argument(metavar="EVENT", help="Id of the event, as `subtrial timeline` shows it.")
]
PatientOption = Annotated[
    str, typer.Option("--patient", metavar="SUBJECT", help="The patient's pseudonym, such as X1.")
]


def activate(
    ctx: typer.Context,
    trial: TrialArgument,
    subtrial: SubtrialArgument,
    country: CountryOption,
    site: SiteOption = "",
    from_: FromOption = "",
    reason: ReasonOption = "",
    role: RoleOption = None,
    at: OfficeAtOption = None,
    id_: IdOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Activate a subtrial in a country, or at one of its sites. Until then nobody gets a slot there.

    [dim]allpath subtrial activate hem-ismart D --country NL --site S01 --from 2025-11-17[/dim]
    """
    details = _details(country=country, site=site, **{"from": from_})

    def write(governor: SubtrialSession, event_id: str) -> Report:
        return _action(governor, "activated", role, event_id, at, details=details, reason=reason)

    send(where(ctx), trial, subtrial, write, id=id_, dry_run=dry_run, as_json=as_json)


def deactivate(
    ctx: typer.Context,
    trial: TrialArgument,
    subtrial: SubtrialArgument,
    country: CountryOption,
    site: SiteOption = "",
    from_: FromOption = "",
    reason: ReasonOption = "",
    role: RoleOption = None,
    at: OfficeAtOption = None,
    id_: IdOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Deactivate a subtrial in a country or at a site. Whoever has begun goes on; a reservation there is taken back."""
    details = _details(country=country, site=site, **{"from": from_})

    def write(governor: SubtrialSession, event_id: str) -> Report:
        return _action(governor, "deactivated", role, event_id, at, details=details, reason=reason)

    send(where(ctx), trial, subtrial, write, id=id_, dry_run=dry_run, as_json=as_json)


def status(
    ctx: typer.Context,
    trial: TrialArgument,
    subtrial: SubtrialArgument,
    state: Annotated[
        str,
        typer.Argument(
            metavar="STATUS", help=f"One of {', '.join(name.replace('_', '-') for name in STATES)}."
        ),
    ],
    reason: ReasonOption = "",
    country: CountryOption = "",
    role: RoleOption = None,
    at: OfficeAtOption = None,
    id_: IdOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Record the status of a subtrial. What stops entry takes effect at once, and needs a reason.

    [dim]allpath subtrial status hem-ismart D halted-safety --as sponsor --reason 'two deaths under review'[/dim]
    """
    name = _state(trial, subtrial, state)
    if name in NEED_A_REASON and not reason.strip():
        raise Refused(
            "reason_missing", f"{name} needs a --reason: it is what every patient who waits is told"
        )
    details = _details(country=country)

    def write(governor: SubtrialSession, event_id: str) -> Report:
        return _action(governor, name, role, event_id, at, details=details, reason=reason)

    send(where(ctx), trial, subtrial, write, id=id_, dry_run=dry_run, as_json=as_json)


def _state(trial: str, subtrial: str, text: str) -> str:
    """The action that reports a status as typed. Raises `UsageError`."""
    name = text.strip().lower().replace("-", "_").replace(" ", "_")
    if name in STATES:
        return name
    if name in ("activated", "deactivated", "active", "activate"):
        command = "deactivate" if name == "deactivated" else "activate"
        raise UsageError(
            f"a subtrial is {command}d by country and site: "
            f"allpath subtrial {command} {trial} {subtrial} --country NL --site S01"
        )
    if name in PATIENT_ACTIONS:
        raise UsageError(f"{name} concerns a patient: allpath subtrial record {trial} {subtrial} {name} ...")
    names = [each.replace("_", "-") for each in STATES]
    near = nearest(name.replace("_", "-"), names)
    accepted = "" if near.startswith("accepted") else f"; accepted: {', '.join(names)}"
    raise UsageError(f"status {text!r} is not known; {near}{accepted}")


def record(
    ctx: typer.Context,
    trial: TrialArgument,
    subtrial: SubtrialArgument,
    action: Annotated[str, typer.Argument(metavar="ACTION", help=f"One of {', '.join(PATIENT_ACTIONS)}.")],
    patient: PatientOption,
    value: ValueOption = None,
    country: CountryOption = "",
    site: SiteOption = "",
    level: LevelOption = "",
    reason: ReasonOption = "",
    role: RoleOption = None,
    at: OfficeAtOption = None,
    id_: IdOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Record a patient whose pathway is elsewhere: asks for a slot, receives the first dose, has a verdict.

    A patient who has a pathway here is recorded there (`allpath record`); it tells the governor by itself.

    [dim]allpath subtrial record hem-ismart D slot_asked --patient X1 --country NL --site S01[/dim]
    [dim]allpath subtrial record hem-ismart D dlt --patient X1 --value NO --as clinician[/dim]
    """
    name = _patient_action(trial, subtrial, action)
    subject = pseudonym(patient)
    definition(trial, subtrial)
    details = _details(
        country=country, site=site, level=level, value=value.strip().upper() if value else "", reason=""
    )

    async def work(event_id: str) -> None:
        from client.elsewhere import check_elsewhere

        async with opened(where(ctx), trial, subtrial) as governor:
            start = governor.start
            await check_elsewhere(
                governor.client, start.trial, subject, rehearsal=start.rehearsal, label=start.label
            )
            report = _action(
                governor,
                name,
                role,
                event_id,
                at,
                scope=((SUBJECT, subject),),
                details=details,
                reason=reason,
            )
            await hand_in(governor, report, dry_run=dry_run, as_json=as_json, about=subject)

    run_once(id_, work, as_json=as_json, dry_run=dry_run)


def _patient_action(trial: str, subtrial: str, text: str) -> str:
    """The action as typed. Raises `UsageError`."""
    name = text.strip().lower().replace("-", "_")
    if name in PATIENT_ACTIONS:
        return name
    if name in CELLS:
        command = name.removesuffix("d")
        raise UsageError(
            f"{name} is a command of its own: allpath subtrial {command} {trial} {subtrial} --country NL --site S01"
        )
    if name in STATES:
        raise UsageError(
            f"{name} concerns the subtrial: allpath subtrial status {trial} {subtrial} {name.replace('_', '-')}"
        )
    if name == STANDING:
        raise UsageError(f"{STANDING} is what pathways send; people record {', '.join(PATIENT_ACTIONS)}")
    near = nearest(name, list(PATIENT_ACTIONS))
    accepted = "" if near.startswith("accepted") else f"; accepted: {', '.join(PATIENT_ACTIONS)}"
    raise UsageError(f"action {text!r} is not known; {near}{accepted}")


def correct(
    ctx: typer.Context,
    trial: TrialArgument,
    subtrial: SubtrialArgument,
    event: EventArgument,
    value: ValueOption = None,
    country: CountryOption = "",
    site: SiteOption = "",
    from_: FromOption = "",
    level: LevelOption = "",
    patient: Annotated[
        str | None, typer.Option("--patient", metavar="SUBJECT", help="The right patient's pseudonym.")
    ] = None,
    at: OfficeAtOption = None,
    reason: ReasonOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say an event of a subtrial right: what is not named stays as it was. The wrong one stays on record."""
    details = _details(
        country=country,
        site=site,
        level=level,
        value=value.strip().upper() if value else "",
        **{"from": from_},
    )
    if not (details or patient or at):
        raise UsageError(
            f"the correction of {event} changes nothing; say the right --value, --country, --site, --from, "
            "--level, --patient or --at"
        )
    scope = ((SUBJECT, pseudonym(patient)),) if patient else ()

    def write(governor: SubtrialSession, event_id: str) -> Report:
        return blank(
            "correction", governor, id=event_id, role=role or "coordinator", at=at,
            target=event, scope=scope, details=details, reason=reason,
        )  # fmt: skip

    send(where(ctx), trial, subtrial, write, id=id_, dry_run=dry_run, as_json=as_json)


def void(
    ctx: typer.Context,
    trial: TrialArgument,
    subtrial: SubtrialArgument,
    event: EventArgument,
    reason: ReasonOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say that an event of a subtrial does not count, with a reason. It stays on record."""

    def write(governor: SubtrialSession, event_id: str) -> Report:
        return blank("void", governor, id=event_id, role=role or "coordinator", target=event, reason=reason)

    send(where(ctx), trial, subtrial, write, id=id_, dry_run=dry_run, as_json=as_json)


def _action(
    governor: SubtrialSession,
    name: str,
    role: str | None,
    id: str,
    at: str | None,
    *,
    details: tuple[tuple[str, str], ...],
    reason: str,
    scope: tuple[tuple[str, str], ...] = (),
) -> Report:
    role = role or ACTION_ROLES[name][0]
    return blank(
        "action", governor, id=id, role=role, at=at, name=name, scope=scope, details=details, reason=reason
    )


def _details(**given: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, text.strip()) for name, text in given.items() if text.strip()))
