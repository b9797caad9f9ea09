"""What a governor asks, decided; and notices acknowledged."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from commands.deciding import Asked, Given, SeenOption
from commands.deciding import decide as answer
from commands.event_ids import run_once
from commands.options import DryRunOption, IdOption, JsonOption, ReasonOption, RoleOption, Target, where
from commands.subtrial.open import SubtrialArgument, TrialArgument, opened
from commands.subtrial.send import blank, hand_in
from pathway.events import Report
from pathway.subtrial.questions import DECISIONS

DecisionArgument = Annotated[
    str,
    typer.Argument(metavar="DECISION", help="Id or key of the decision, as `subtrial show` lists it: LEVEL."),
]


def confirm(
    ctx: typer.Context,
    trial: TrialArgument,
    subtrial: SubtrialArgument,
    decision: DecisionArgument,
    option: Annotated[
        str | None, typer.Argument(metavar="OPTION", help="The option taken. Default: the sole proposal.")
    ] = None,
    reason: ReasonOption = "",
    seen: SeenOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take what the governor proposes, as those who confirm: by default the meeting.

    `allpath meeting decide` does the same, and notes it in the minutes.
    """
    given = Given(decision, option, reason, override=False, seen=seen, role=role, again=id_ is not None)
    _decide(where(ctx), trial, subtrial, given, id_, dry_run=dry_run, as_json=as_json)


def decide(
    ctx: typer.Context,
    trial: TrialArgument,
    subtrial: SubtrialArgument,
    decision: DecisionArgument,
    option: Annotated[str, typer.Argument(metavar="OPTION", help="The option taken: ESCALATE.")],
    reason: ReasonOption = "",
    override: Annotated[
        bool, typer.Option("--override", help="Take another option than the proposed one, with a reason.")
    ] = False,
    seen: SeenOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Decide what a governor asks: the next dose level, resuming, the recommended dose, a stage.

    [dim]allpath subtrial decide hem-ismart D LEVEL ESCALATE --reason 'three without DLT'[/dim]
    [dim]allpath subtrial decide hem-ismart D LEVEL STAY --override --reason 'fill the level first'[/dim]
    """
    given = Given(decision, option, reason, override=override, seen=seen, role=role, again=id_ is not None)
    _decide(where(ctx), trial, subtrial, given, id_, dry_run=dry_run, as_json=as_json)


def _decide(
    where_: Target, trial: str, subtrial: str, given: Given, id: str | None, *, dry_run: bool, as_json: bool
) -> None:
    async def work(event: str) -> None:
        from client import pathways

        async with opened(where_, trial, subtrial) as governor:
            plan = (await pathways.plan(governor.handle)).plan
            name = f"{governor.start.trial} {governor.start.subtrial}"

            async def send(report: Report) -> None:
                await hand_in(governor, report, dry_run=dry_run, as_json=as_json)

            asked = Asked(
                name,
                where_.typed(f"allpath subtrial show {name}"),
                governor.now,
                plan["decisions"],
                lambda: tuple(DECISIONS),
                send,
                person=governor.person,
            )
            await answer(asked, given, event, dry_run=dry_run, as_json=as_json)

    run_once(id, work, as_json=as_json, dry_run=dry_run)


def acknowledge(
    ctx: typer.Context,
    trial: TrialArgument,
    subtrial: SubtrialArgument,
    notice_: Annotated[
        str,
        typer.Argument(
            metavar="NOTICE", help="Id or key of the deviation or alert, as `subtrial show` lists it."
        ),
    ],
    reason: ReasonOption = "",
    role: RoleOption = None,
    id_: IdOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take note of a deviation or alert of a subtrial, which stops its ladder of reminders."""

    async def work(event: str) -> None:
        from client import pathways

        async with opened(where(ctx), trial, subtrial) as governor:
            plan = (await pathways.plan(governor.handle)).plan
            every = [*plan["deviations"], *plan["alerts"]]
            told = [o["to"] for o in every if notice_ in (o["key"], o["id"])]
            owner = str(told[0][0]) if told and told[0] else governor.governor.subtrial.confirm
            report = blank("acknowledgement", governor, id=event, role=role or owner)
            report = replace(report, name=notice_, reason=reason)
            await hand_in(governor, report, dry_run=dry_run, as_json=as_json)

    run_once(id_, work, as_json=as_json, dry_run=dry_run)
