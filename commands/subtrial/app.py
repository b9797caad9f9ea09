"""`allpath subtrial`: the governors of a trial's subtrials, for those who coordinate it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.deciding import find
from commands.options import JsonOption, Target, where
from commands.patient.explain import explained_line
from commands.patient.timeline import KINDS, all_entries, check_kinds, print_entries
from commands.reading import utc_now
from commands.screen import make_console, notice, print_json, warn
from commands.session import run
from commands.store_reading import reading, tell_lag
from commands.subtrial import decide as subtrial_decide
from commands.subtrial import record as subtrial_record
from commands.subtrial import start as subtrial_start
from commands.subtrial.open import (
    Seen,
    SubtrialArgument,
    TrialArgument,
    definition,
    opened,
    seen,
    stored,
    trial_text,
    trials_with_subtrials,
)
from commands.subtrial.overview import open_decisions, print_list
from commands.subtrial.view import explanation, print_subtrial
from pathway.words import instant

if TYPE_CHECKING:
    from pathway.subtrial.questions import DECISIONS
from pathway.changes import Change

app = typer.Typer(
    help="The subtrials of a trial: slots, dose levels, stages, activation, decisions.",
    no_args_is_help=True,
)


@app.command("list")
def list_(
    ctx: typer.Context,
    trial: Annotated[str | None, typer.Argument(metavar="[TRIAL]", help="Only this trial's.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Every subtrial: status, dose level or stage, slots, who waits, what is to be decided. From the read model."""
    names = [trial_text(trial).protocol.name] if trial else trials_with_subtrials()
    where_ = where(ctx)
    found = run(_stored(where_, trial))
    known = {(each.trial, each.governor.id) for each in found}
    unstarted = [
        (name, each.id, each.begins)
        for name in names
        for each in trial_text(name).protocol.subtrials
        if not where_.rehearsal and (name, each.id) not in known
    ]
    if as_json:
        rows = [_row(each) for each in found]
        rows += [
            {"trial": name, "subtrial": id_, "started": False, "status": status}
            for name, id_, status in unstarted
        ]
        print_json({"subtrials": rows})
        return
    print_list(found, unstarted)
    if found:
        tell_lag(max(each.as_of for each in found if each.as_of is not None), utc_now())
    notice(make_console())


async def _stored(where_: Target, trial: str | None) -> list[Seen]:
    from runtime.settings import load_settings

    async with reading(load_settings()) as session:
        return await stored(session, where_, trial, None)


def _row(each: Seen) -> dict[str, Any]:
    plan = each.plan
    states = [slot["state"] for slot in plan["slots"]]
    stage = plan["stage"]
    return {
        "trial": each.trial,
        "subtrial": plan["id"],
        "started": True,
        "protocol": each.protocol,
        "office": each.office.id,
        "zone": each.office.zone,
        "archived": each.archived,
        "status": plan["status"],
        "entry": plan["entry"],
        "level": plan["level"],
        "stage": None if stage is None else stage["stage"],
        "slots": {
            "used": each.used,
            "reserved": states.count("RESERVED"),
            "enrolled": states.count("ENROLLED"),
            "free": each.free,
        },
        "waiting": [w["subject"] for w in plan["waiting"]],
        "decisions": open_decisions(plan),
        "raised": each.raised,
        "next_at": plan["next_at"],
        "as_of": each.as_of.isoformat() if each.as_of is not None else None,
    }


@app.command()
def show(
    ctx: typer.Context, trial: TrialArgument, subtrial: SubtrialArgument, as_json: JsonOption = False
) -> None:
    """One subtrial: status and path, what is asked, dose levels, stage, slots, who waits, where it is active.

    It comes from the governor itself. If the server does not answer, it is computed from the events in the store.
    """
    found = run(_seen(where(ctx), trial, subtrial))
    if as_json:
        state = found.state
        print_json(
            {
                "trial": found.trial,
                "subtrial": found.governor.id,
                "protocol": found.protocol,
                "office": found.office.id,
                "zone": found.office.zone,
                "rehearsal": found.rehearsal,
                "archived": found.archived,
                "source": found.source,
                "unrecorded": 0 if state is None else state.unrecorded,
                "messages": None
                if state is None
                else {
                    "waiting": state.messages_waiting,
                    "away": list(state.messages_away),
                    "refused": list(state.messages_refused),
                },
                "slots": {"used": found.used, "free": found.free},
                "plan": found.plan,
            }
        )
        return
    print_subtrial(found)


async def _seen(where_: Target, trial: str, subtrial: str) -> Seen:
    from client.pathways import NoAnswer, PathwayStalled
    from runtime.errors import ServerUnreachable
    from runtime.settings import load_settings
    from store.errors import StoreAway

    definition(trial, subtrial)
    try:
        return await seen(where_, trial, subtrial)
    except (ServerUnreachable, NoAnswer, PathwayStalled) as away:
        try:
            async with reading(load_settings()) as session:
                found = await stored(session, where_, trial, subtrial)
        except StoreAway as both:
            raise StoreAway(f"{away}\nNor can the store be read: {both}") from None
        if not found:
            raise
        warn(f"{away}")
        warn(
            "so this is computed from the events in the store, which has the subtrial as of "
            f"{instant(found[0].as_of, found[0].office.tz)} (office time); what came later is missing here, and safe there"
        )
        return found[0]


for command in (
    subtrial_start.start,
    subtrial_record.activate,
    subtrial_record.deactivate,
    subtrial_record.status,
    subtrial_record.record,
    subtrial_record.correct,
    subtrial_record.void,
    subtrial_decide.decide,
    subtrial_decide.confirm,
    subtrial_decide.acknowledge,
):
    app.command(command.__name__)(command)


@app.command()
def timeline(
    ctx: typer.Context,
    trial: TrialArgument,
    subtrial: SubtrialArgument,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help=f"Only {', '.join(KINDS)}. May be repeated."),
    ] = None,
    last: Annotated[
        int | None, typer.Option("--last", metavar="N", min=1, help="Only the last N entries.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what was merely planned.")] = False,
    as_json: JsonOption = False,
) -> None:
    """What was told of a subtrial, in order, with the event that caused it."""
    check_kinds(kind)
    who, entries = run(_entries(where(ctx), trial, subtrial))
    print_entries(who, entries, kind, last, everything=everything, as_json=as_json)


async def _entries(where_: Target, trial: str, subtrial: str) -> tuple[dict[str, str], list[Change]]:
    async with opened(where_, trial, subtrial) as governor:
        start = governor.start
        return governor.who, await all_entries(governor.handle, governor.settings, start.workflow_id)


@app.command()
def explain(
    ctx: typer.Context,
    trial: TrialArgument,
    subtrial: SubtrialArgument,
    decision: Annotated[
        str | None,
        typer.Argument(metavar="DECISION", help="Id or key of a decision. Default: all open ones."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Why a decision of a subtrial is put, or was taken: counts, rule, source, assumptions."""
    found = run(_seen(where(ctx), trial, subtrial))
    decisions = found.plan["decisions"]
    if decision is None:
        chosen = [each for each in decisions if each["open"]]
    else:
        chosen = [find(decisions, f"{found.trial} {found.governor.id}", decision, lambda: tuple(DECISIONS))]
    if as_json:
        data = [explanation(each).to_dict() for each in chosen]
        print_json(data[0] if decision is not None else data)
        return
    console = make_console()
    if not chosen:
        entry = found.plan["entry"]
        console.print(f"No decision of subtrial {subtrial} waits for a person.")
        console.print(f"Entry is {entry['state']}{': ' + entry['reason'] if entry['reason'] else ''}")
    for each in chosen:
        lines = explanation(each).lines()
        lines[-1:-1] = (
            [f"  rule: {each['rule']}"] if each["rule"] and each["rule"] not in " ".join(lines) else []
        )
        for number, line in enumerate(lines):
            console.print(explained_line(line, head=number == 0))
        console.print()
    notice(console)
