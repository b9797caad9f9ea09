"""Why a decision is as it is."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from commands.options import JsonOption, SubjectArgument, Target, where
from commands.protocol.options import TrialOption
from commands.screen import STATE_STYLES, make_console, notice, print_json
from commands.session import opened, run

if TYPE_CHECKING:
    from contracts.messages import ExplanationView


def explain(
    ctx: typer.Context,
    subject: SubjectArgument,
    decision: Annotated[
        str | None,
        typer.Argument(
            metavar="DECISION", help="Id or key of a decision or criterion. Default: all open decisions."
        ),
    ] = None,
    trial: TrialOption = None,
    as_json: JsonOption = False,
) -> None:
    """Why a decision is as it is: values, reasons, clause and source, assumptions, and what would change it."""
    views = run(_explanations(where(ctx), subject, trial, decision))
    if as_json:
        data = [_plain(view.data) for view in views]
        print_json(data[0] if decision is not None else data)
        return
    console = make_console()
    if not views:
        console.print(
            f"No decision of {subject} waits for a person. Name one: allpath explain {subject} DECISION"
        )
    for view in views:
        for number, line in enumerate(view.text.splitlines()):
            console.print(explained_line(line, head=number == 0))
        console.print()
    notice(console)


async def _explanations(
    where_: Target, subject: str, trial: str | None, decision: str | None
) -> list[ExplanationView]:
    from client import pathways

    async with opened(where_, subject, trial) as pathway:
        if decision is not None:
            return [await pathways.explain(pathway.handle, decision)]
        plan = (await pathways.plan(pathway.handle)).plan
        names = [each["key"] for each in plan["decisions"] if each["open"]]
        return [await pathways.explain(pathway.handle, name) for name in names]


def _plain(data: Any) -> Any:
    return asdict(data) if is_dataclass(data) and not isinstance(data, type) else data


def explained_line(line: str, *, head: bool) -> Text:
    """A line of an explanation in its colours."""
    text = Text(line, style="bold" if head else "")
    for word in ("PASS", "FAIL", "PENDING", "REVIEW"):
        text.highlight_words([f": {word}"], STATE_STYLES[word])
    for start, style in (
        ("  source:", "dim"),
        ("  assumption:", "yellow"),
        ("  would change:", "cyan"),
        ("  waits for", "yellow"),
    ):
        if line.startswith(start):
            text.stylize(style)
    return text
