"""`allpath design`: the trial designs on their own: decision tables, two-stage designs, and their simulation."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.text import Text

from commands.design import simulate as design_simulate
from commands.errors import UsageError
from commands.options import JsonOption
from commands.screen import make_console, notice, print_json, table
from pathway.designs.dose_finding import Advised, Counts, advise
from pathway.language import DoseFinding, RollingSix, ThreePlusThree
from pathway.language.parsing import one_of

app = typer.Typer(
    help="Trial designs: decision tables, two-stage designs, operating characteristics.", no_args_is_help=True
)
app.add_typer(design_simulate.app, name="simulate")

DESIGNS: Final[dict[str, DoseFinding]] = {"rolling-six": RollingSix(), "three-plus-three": ThreePlusThree()}
LETTERS: Final = {
    "SAME_LEVEL": ("S", "green"),
    "ESCALATE": ("E", "bold cyan"),
    "SUSPEND": ("U", "yellow"),
    "DE_ESCALATE": ("D", "bold red"),
}

DesignArgument = Annotated[
    str, typer.Argument(metavar="DESIGN", help=f"A dose-finding design: {', '.join(DESIGNS)}.")
]
VersionOption = Annotated[
    str | None,
    typer.Option("--version", metavar="V", help="Version of the rolling-six table: P13 (default) or P14."),
]


def dose_design(name: str, version: str | None) -> DoseFinding:
    """A dose-finding design by name. Raises `UsageError`, `UnknownTable`."""
    if name not in DESIGNS:
        raise UsageError(f"no design {name!r}; {one_of(name, DESIGNS)}")
    design = DESIGNS[name]
    if not isinstance(design, RollingSix):
        if version is not None:
            raise UsageError(f"--version belongs to rolling-six; {name} has no versions")
        return design
    from pathway.designs.rolling_six import find_table

    return RollingSix(table=find_table(version).version) if version is not None else design


@app.command("table")
def table_(name: DesignArgument, version: VersionOption = None, as_json: JsonOption = False) -> None:
    """Every state of a dose level, and what the design says there. Cells that published tables dispute bear a star."""
    design = dose_design(name, version)
    rows = [(counts, advise(design, counts)) for counts in _states()]
    if as_json:
        used = {"version": design.table} if isinstance(design, RollingSix) else {}
        print_json({"design": name, **used, "states": [_advised(c, a) for c, a in rows]})
        return
    console = make_console()
    cells = {(c.n, c.t, c.p): a for c, a in rows}
    console.print(Text(rows[-1][1].source, style="bold"))
    console.print()
    heading = ("n", "DLTs", *(f"{p} pending" for p in range(7)))
    lines: list[list[Any]] = []
    for n in range(7):
        for t in range(n + 1):
            row = [
                _letter(cells[n, t, p]) if (n, t, p) in cells else Text("-", style="dim") for p in range(7)
            ]
            if any((n, t, p) in cells for p in range(7)):
                lines.append([str(n), str(t), *row])
    console.print(table(heading, lines))
    console.print()
    console.print(
        Text(
            "S same level   E escalate   U suspend entry   D de-escalate   - impossible   * disputed",
            style="dim",
        )
    )
    for counts, advised in rows:
        if advised.disputed:
            console.print(
                Text(f"* {counts.row}: {advised.reason.split('Disputed cell: ')[-1]}", style="magenta")
            )
    if isinstance(design, RollingSix) and design.table == "P14":
        console.print(Text(f"  {rows[0][1].reason}", style="dim"))
    notice(console)


@app.command("advise")
def advise_(
    name: DesignArgument,
    n: Annotated[
        int, typer.Argument(metavar="N", help="Patients on the level, those not evaluable left out.")
    ],
    t: Annotated[int, typer.Argument(metavar="T", help="Those with a DLT.")],
    p: Annotated[int, typer.Argument(metavar="P", help="Those pending.")],
    version: VersionOption = None,
    as_json: JsonOption = False,
) -> None:
    """What a dose-finding design says of a dose level with these counts, and why."""
    counts = Counts(n, t, p)
    advised = advise(dose_design(name, version), counts)
    if as_json:
        print_json(_advised(counts, advised))
        return
    console = make_console()
    console.print(Text(advised.advice, style=LETTERS[advised.advice][1]))
    console.print(Text(advised.reason))
    console.print(Text(advised.source, style="dim"))
    notice(console)


@app.command("simon")
def simon(
    p0: Annotated[
        str, typer.Option("--p0", metavar="RATE", help="Response rate that is of no interest, such as 0.2.")
    ],
    p1: Annotated[str, typer.Option("--p1", metavar="RATE", help="Response rate that is worth pursuing.")],
    alpha: Annotated[
        str, typer.Option("--alpha", metavar="ERROR", help="Limit of the type I error.")
    ] = "0.05",
    beta: Annotated[str, typer.Option("--beta", metavar="ERROR", help="Limit of the type II error.")] = "0.2",
    as_json: JsonOption = False,
) -> None:
    """Simon's optimal and minimax two-stage design for two response rates and two error limits, exactly.

    Optimal: the smallest expected size under p0. Minimax: the smallest size.
    """
    from pathway.designs.simon_search import find_designs

    found = find_designs(p0, p1, alpha, beta)
    rows: list[dict[str, Any]] = []
    for kind, design in (("optimal", found.optimal), ("minimax", found.minimax)):
        null, real = found.under("optimal" if kind == "optimal" else "minimax")
        rows.append(
            {
                "kind": kind,
                "r1": design.r1,
                "n1": design.n1,
                "r": design.r,
                "n": design.n,
                "expected_p0": round(float(null.expected), 4),
                "pet_p0": round(float(null.pet), 6),
                "expected_p1": round(float(real.expected), 4),
                "pet_p1": round(float(real.pet), 6),
                "alpha": round(float(null.promising), 6),
                "beta": round(float(1 - real.promising), 6),
            }
        )
    if as_json:
        print_json({"p0": p0, "p1": p1, "alpha": alpha, "beta": beta, "designs": rows})
        return
    console = make_console()
    _print_simon(console, rows, f"p0 {p0}, p1 {p1}, alpha {alpha}, beta {beta}")


def _print_simon(console: Console, rows: list[dict[str, Any]], limits: str) -> None:
    console.print(
        table(
            (
                "Design",
                "Stop if at most",
                "Promising if more than",
                "EN (p0)",
                "PET (p0)",
                "EN (p1)",
                "PET (p1)",
                "Type I",
                "Type II",
            ),
            [
                (
                    Text(row["kind"], style="bold"),
                    f"{row['r1']} of {row['n1']}",
                    f"{row['r']} of {row['n']}",
                    f"{row['expected_p0']:.2f}",
                    f"{row['pet_p0']:.4f}",
                    f"{row['expected_p1']:.2f}",
                    f"{row['pet_p1']:.4f}",
                    f"{row['alpha']:.4f}",
                    f"{row['beta']:.4f}",
                )
                for row in rows
            ],
            title=f"Simon's two-stage designs for {limits}",
        )
    )
    console.print()
    console.print(
        Text(
            "EN: expected number of patients. PET: probability of early termination. doi:10.1016/0197-2456(89)90015-9",
            style="dim",
        )
    )
    notice(console)


def _states() -> list[Counts]:
    return [Counts(n, t, p) for n in range(7) for t in range(n + 1) for p in range(n - t + 1)]


def _letter(advised: Advised) -> Text:
    message, style = LETTERS[advised.advice]
    return Text(message + ("*" if advised.disputed else ""), style=style)


def _advised(counts: Counts, advised: Advised) -> dict[str, Any]:
    return {
        "n": counts.n,
        "t": counts.t,
        "p": counts.p,
        "advice": advised.advice,
        "disputed": advised.disputed,
        "reason": advised.reason,
        "source": advised.source,
    }
