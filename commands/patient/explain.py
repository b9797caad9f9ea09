"""Why a decision is as it is."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from commands.errors import CannotCompute
from commands.options import JsonOption, SubjectArgument, Target, where
from commands.patient.stored_patient import FromStore, as_stored, asked_or_stored, tell_computed
from commands.patient.stored_view import print_stored, stored_json
from commands.protocol.options import TrialOption
from commands.screen import STATE_STYLES, make_console, notice, print_json, print_steps
from commands.session import PatientSession, run

if TYPE_CHECKING:
    from contracts.messages import ExplanationView


def explain(
    ctx: typer.Context,
    subject: SubjectArgument,
    decision: Annotated[
        str | None,
        typer.Argument(
            metavar="ID",
            help="Id or key of a decision, criterion, item, infusion, deviation or alert. Default: all open decisions.",
        ),
    ] = None,
    tree: Annotated[
        bool,
        typer.Option(
            "--tree", help="Also every reason with clause, source, assumptions and what would change it."
        ),
    ] = False,
    trial: TrialOption = None,
    as_json: JsonOption = False,
) -> None:
    """Why something is as it is: a sentence with the values and events behind it, and how it is settled; --tree shows every
    reason.

    Of decisions, criteria, items, infusions, deviations, alerts and milestones, as `show` and `timeline` name them.
    """
    here = where(ctx)
    views = run(_explanations(here, subject, trial, decision))
    if isinstance(views, FromStore):
        if as_json:
            print_json({"source": "store", "why": views.stored.why, "stored": stored_json(views.stored)})
        else:
            print_stored(views.stored)
        raise CannotCompute(as_stored(views))
    if as_json:
        data = [_plain(view.data) for view in views]
        for each in data:
            for step in each.get("steps", ()):
                step["command"] = here.typed(step["command"])
        print_json(data[0] if decision is not None else data)
        return
    console = make_console()
    if not views:
        console.print(
            f"No decision of {subject} waits for a person. "
            f"Name what you mean: {here.typed(f'allpath explain {subject} ID')}"
        )
    for view in views:
        said = view.data.get("said") or []
        for number, sentence in enumerate(said):
            console.print(Text(sentence, style="bold" if number == 0 else ""))
        print_steps(console, view.data.get("steps") or [], here)
        if tree or not said:
            if said:
                console.print()
            for number, line in enumerate(view.text.splitlines()):
                console.print(explained_line(line, head=number == 0 and not said))
        console.print()
    notice(console)


async def _explanations(
    where_: Target, subject: str, trial: str | None, decision: str | None
) -> list[ExplanationView] | FromStore:
    from client import pathways
    from contracts.messages import ExplanationView
    from pathway.patient.explain import explain as reasons

    async def ask(pathway: PatientSession) -> list[ExplanationView]:
        if decision is not None:
            return [await pathways.explain(pathway.handle, decision)]
        plan = (await pathways.plan(pathway.handle)).plan
        names = [each["key"] for each in plan["decisions"] if each["open"]]
        return [await pathways.explain(pathway.handle, name) for name in names]

    found = await asked_or_stored(where_, subject, trial, ask)
    if not isinstance(found, FromStore) or found.evaluation is None:
        return found
    tell_computed(found)
    made = found.evaluation
    names = [decision] if decision is not None else [each.key for each in made.plan.decisions if each.open]
    told = [reasons(made, name, subject) for name in names]
    return [ExplanationView(text="\n".join(each.lines()), data=each.to_dict()) for each in told]


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
