"""`allpath endpoints`: what the endpoints of many patients add up to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from analysis.statistics.competing_risks import Observed, Step, cumulative_incidence
from commands.errors import UsageError
from commands.options import JsonOption
from commands.screen import make_console, notice, print_json, table, warn
from pathway.language.parsing import nearest

FORMAT: Final = "allpath.incidence/1"

app = typer.Typer(no_args_is_help=True, help="What the endpoints of many patients add up to.")


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The patients of one endpoint: `observed`, and who has not begun or has neither an event nor a last contact."""

    observed: tuple[Observed, ...]
    not_begun: int
    no_contact: int


@app.command()
def cif(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="JSON of allpath rehearse --json or allpath show --json.",
            show_default=False,
        ),
    ],
    endpoint: Annotated[
        str,
        typer.Option("--endpoint", "-e", metavar="ID", help="The endpoint, such as CIR.", show_default=False),
    ],
    as_json: JsonOption = False,
) -> None:
    """Cumulative incidence of each event of an endpoint, with the others competing (Aalen-Johansen).

    Exact fractions of the patients in the files; time in days from the endpoint's start. The first event counts, as the
    endpoint codes it. 1 - Kaplan-Meier with competing events censored would overestimate and is not given.
    """
    plans = [plan for file in files for plan in _plans(_read(file), file)]
    outcomes = collect(plans, endpoint)
    steps = cumulative_incidence(outcomes.observed)
    if as_json:
        print_json(_json(endpoint, outcomes, steps))
        return
    _print(endpoint, outcomes, steps)


def collect(plans: Sequence[dict[str, Any]], endpoint: str) -> Outcomes:
    """The patients of an endpoint. Raises `UsageError` if no plan has it."""
    known = dict.fromkeys(str(e["id"]) for plan in plans for e in plan["endpoints"])
    if endpoint not in known:
        raise UsageError(
            f"no plan in these files has the endpoint {endpoint!r}; {nearest(endpoint, list(known))}"
        )
    found = [e for plan in plans for e in plan["endpoints"] if e["id"] == endpoint]
    observed = [
        Observed(int(e["days"]), e["event"]["name"] if e["event"] else "")
        for e in found
        if e["start"] and e["days"] is not None
    ]
    begun = [e for e in found if e["start"]]
    return Outcomes(tuple(observed), len(found) - len(begun), len(begun) - len(observed))


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or 'cannot be read'}; expected a JSON file") from None
    except ValueError:
        raise UsageError(
            f"{file} is not JSON; make it with: allpath rehearse SCENARIO... --json > {file}"
        ) from None


def _plans(data: Any, file: Path) -> Iterator[dict[str, Any]]:
    """Every plan in a document, whichever command printed it."""
    if isinstance(data, list):
        for each in data:
            yield from _plans(each, file)
    elif isinstance(data, dict) and isinstance(data.get("plans"), dict):
        for each in data["plans"].values():
            yield from _plans(each, file)
    elif isinstance(data, dict) and isinstance(data.get("plan"), dict):
        yield from _plans(data["plan"], file)
    elif isinstance(data, dict) and isinstance(data.get("endpoints"), list):
        yield data
    else:
        raise UsageError(
            f"{file} holds no plans; expected the output of allpath rehearse --json or allpath show --json"
        )


def _share(value: Fraction) -> str:
    return f"{float(value):.4f}"


def _json(endpoint: str, outcomes: Outcomes, steps: Sequence[Step]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "endpoint": endpoint,
        "patients": len(outcomes.observed),
        "not_begun": outcomes.not_begun,
        "no_contact": outcomes.no_contact,
        "steps": [
            {
                "days": step.time,
                "at_risk": step.at_risk,
                "incidence": {cause: str(share) for cause, share in step.incidence},
                "event_free": str(step.free),
            }
            for step in steps
        ],
    }


def _print(endpoint: str, outcomes: Outcomes, steps: Sequence[Step]) -> None:
    console = make_console()
    events = sum(1 for o in outcomes.observed if o.event)
    console.print(
        Text(f"{endpoint}: {len(outcomes.observed)} patients, {events} with an event", style="bold")
    )
    if steps:
        causes = [cause for cause, _ in steps[0].incidence]
        rows = [
            (
                s.time,
                s.at_risk,
                *(f"{share} = {_share(share)}" for _, share in s.incidence),
                f"{s.free} = {_share(s.free)}",
            )
            for s in steps
        ]
        console.print(table(("Day", "At risk", *causes, "Event-free"), rows))
    else:
        console.print(Text("no event yet"))
    if outcomes.not_begun:
        warn(f"left out, before the start of {endpoint}: {outcomes.not_begun}")
    if outcomes.no_contact:
        warn(f"left out, with neither an event nor a last contact on record: {outcomes.no_contact}")
    notice(console)
