"""What a governor asks, decided; and notices acknowledged."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer

from commands.errors import UsageError
from commands.options import DryRunOption, IdOption, JsonOption, ReasonOption, RoleOption, Target, where
from commands.session import run
from commands.subtrial.open import SubtrialArgument, TrialArgument, opened
from commands.subtrial.send import blank, hand_in
from pathway.language.parsing import nearest
from pathway.refusal import Refused
from pathway.subtrial.questions import DECISIONS

DecisionArgument = Annotated[
    str,
    typer.Argument(metavar="DECISION", help="Id or key of the decision, as `subtrial show` lists it: LEVEL."),
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
    run(
        _decide(
            where(ctx), trial, subtrial, decision, option,
            reason=reason, override=False, seen=seen, role=role, id=id_, dry_run=dry_run, as_json=as_json,
        )
    )  # fmt: skip


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
    run(
        _decide(
            where(ctx), trial, subtrial, decision, option,
            reason=reason, override=override, seen=seen, role=role, id=id_, dry_run=dry_run, as_json=as_json,
        )
    )  # fmt: skip


async def _decide(
    where_: Target,
    trial: str,
    subtrial: str,
    decision: str,
    option: str | None,
    *,
    reason: str,
    override: bool,
    seen: str,
    role: str | None,
    id: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    from client import pathways

    async with opened(where_, trial, subtrial) as governor:
        plan = (await pathways.plan(governor.handle)).plan
        state = asked(plan["decisions"], f"{governor.start.trial} {governor.start.subtrial}", decision)
        if option is None:
            # An answer given again must find its event, whose decision may no longer be open.
            option = _proposal(state) if state["open"] or id is None else str(state["in_force"])
        whole = not seen or (len(seen) >= 6 and str(state["digest"]).startswith(seen))
        report = blank(
            "decision",
            governor,
            id=id,
            role=role or governor.governor.subtrial.confirm,
            name=str(state["key"]),
            value=option,
            expected=str(state["digest"]) if whole else seen,
            override=override,
            reason=reason,
        )
        await hand_in(governor, report, dry_run=dry_run, as_json=as_json)


def asked(decisions: list[dict[str, Any]], who: str, name: str) -> dict[str, Any]:
    """The decision of that id or key; of several with one id the open one. Raises `Refused`, or `UsageError` if several are."""
    found = [d for d in decisions if d["key"] == name] or [d for d in decisions if d["id"] == name]
    open_ = [d for d in found if d["open"]]
    if len(open_) > 1:
        raise UsageError(
            f"{name} is asked {len(open_)} times; say which: {', '.join(d['key'] for d in open_)}"
        )
    if found:
        return open_[0] if open_ else found[-1]
    if name.partition("[")[0] in DECISIONS:
        open_now = ", ".join(d["key"] for d in decisions if d["open"]) or "none"
        raise Refused("not_proposed", f"{name} is not asked of {who} now; open decisions: {open_now}")
    keys = [d["key"] for d in decisions]
    raise Refused("unknown_event", f"decision {name!r} is not known; {nearest(name, [*keys, *DECISIONS])}")


def _proposal(state: dict[str, Any]) -> str:
    if not state["open"]:
        now = f": {state['in_force']} is in force" if state["in_force"] else ""
        waits = ", ".join(m["what"] for m in state["missing"])
        raise Refused(
            "not_proposed",
            f"{state['key']} is not asked now{now}" + (f"; it waits for {waits}" if waits else ""),
        )
    if state["proposal"] is None:
        raise UsageError(
            f"{state['key']} has no sole proposal: the {state['role']} picks. Say which option: "
            f"{', '.join(state['options'])}"
        )
    return str(state["proposal"])


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

    async def work() -> None:
        from client import pathways

        async with opened(where(ctx), trial, subtrial) as governor:
            plan = (await pathways.plan(governor.handle)).plan
            every = [*plan["deviations"], *plan["alerts"]]
            told = [o["to"] for o in every if notice_ in (o["key"], o["id"])]
            owner = str(told[0][0]) if told and told[0] else governor.governor.subtrial.confirm
            report = blank("acknowledgement", governor, id=id_, role=role or owner)
            report = replace(report, name=notice_, reason=reason)
            await hand_in(governor, report, dry_run=dry_run, as_json=as_json)

    run(work())
