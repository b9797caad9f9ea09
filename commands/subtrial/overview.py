"""All subtrials in a list in a terminal: where each stands, and what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from commands.screen import make_console, styled, table
from commands.subtrial.open import Seen
from commands.subtrial.view import STOPPED, STYLES, Row
from pathway.words import instant


def print_list(found: list[Seen], unstarted: Sequence[tuple[str, str, str]]) -> None:
    """Print subtrials, and below them those without a governor: (trial, id, status in the protocol)."""
    console = make_console()
    rows = [_line(each) for each in found]
    rows += [
        (Text(f"{trial} {id_}", style="dim"), Text(status, style="dim"), Text("not started", style="dim"), "", "", "", "")
        for trial, id_, status in unstarted
    ]  # fmt: skip
    if rows:
        heading = (
            "Subtrial",
            "Status",
            "Entry",
            "Slots",
            "Waiting",
            "To decide, to acknowledge",
            "Next moment",
        )
        console.print(table(heading, rows))
        begin = [(trial, id_) for trial, id_, status in unstarted if status not in STOPPED]
        if begin and not found:
            trial, id_ = begin[0]
            console.print(f"No governor runs yet. Start one with: allpath subtrial start {trial} {id_}")
    else:
        console.print("No subtrials.")


def _line(seen: Seen) -> Row:
    plan = seen.plan
    free = "" if seen.free is None else f", {seen.free} free"
    status = Text(plan["status"], style="bold red" if plan["status"] in STOPPED else "bold blue")
    if stage := stage_words(plan):
        status.append(f"\n{stage}", style="dim")
    if seen.archived:
        status.append("\narchived", style="magenta")
    asked = [Text(key, style="cyan") for key in open_decisions(plan)]
    asked += [Text(f"{seen.raised} to acknowledge", style="bold red")] if seen.raised else []
    return (
        Text(f"{seen.trial} {plan['id']}", style="bold"),
        status,
        styled(plan["entry"]["state"], style=STYLES.get(plan["entry"]["state"], "yellow")),
        f"{seen.used} used{free}",
        Text(str(len(plan["waiting"])), style="yellow" if plan["waiting"] else "dim"),
        Text("\n").join(asked),
        instant(plan["next_at"], seen.office.tz),
    )


def open_decisions(plan: dict[str, Any]) -> list[str]:
    """The keys of the decisions that wait for a person."""
    return [each["key"] for each in plan["decisions"] if each["open"]]


def stage_words(plan: dict[str, Any]) -> str:
    """Where the subtrial is: its stage with the counts, its dose level, or ""."""
    stage = plan["stage"]
    if stage is not None and stage["stage"]:
        return f"stage {stage['stage']}, {stage['responders']} responders of {stage['evaluable']} evaluable"
    return f"level {plan['level']}" if plan["level"] else ""
