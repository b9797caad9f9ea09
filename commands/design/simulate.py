"""`allpath design simulate`: operating characteristics of a design by many simulated trials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from commands.design.screen import print_doses, print_stages, print_states
from commands.errors import UsageError
from commands.options import MINUS, JsonOption
from commands.screen import make_console, notice, print_json
from pathway.language import DoseFinding, RollingSix, ThreePlusThree

if TYPE_CHECKING:
    from analysis.statistics.simulate import Accrual

app = typer.Typer(help="Operating characteristics by many simulated trials.", no_args_is_help=True)

DltOption = Annotated[
    str,
    typer.Option(
        "--dlt", metavar="RATES", help="True DLT rate of each dose level, lowest first: 0.05,0.15,0.35."
    ),
]
LevelsOption = Annotated[
    str | None,
    typer.Option(
        "--levels", metavar="NAMES", help="Names of the levels, such as --levels=-1,1,2. Default: 1,2,..."
    ),
]
StartOption = Annotated[
    str | None,
    typer.Option(
        "--start", metavar="LEVEL", help="Name of the level that is given first. Default: the lowest."
    ),
]
TrialsOption = Annotated[
    int, typer.Option("--trials", metavar="N", help="Trials to simulate (for each rate).")
]
SeedOption = Annotated[int, typer.Option("--seed", metavar="N", help="The same seed gives the same result.")]
EveryOption = Annotated[
    float,
    typer.Option(
        "--every", metavar="DAYS", help="Mean days between two patients who could enter (exponential)."
    ),
]
WindowOption = Annotated[float, typer.Option("--window", metavar="DAYS", help="Days of the DLT window.")]
ResponseOption = Annotated[
    float, typer.Option("--window", metavar="DAYS", help="Days until a response is known.")
]
InevaluableOption = Annotated[
    float,
    typer.Option(
        "--inevaluable", metavar="PROBABILITY", help="That a patient turns out not evaluable and is replaced."
    ),
]
QueueOption = Annotated[
    bool,
    typer.Option(
        "--queue", help="Patients who come while entry is suspended wait, instead of being turned away."
    ),
]
PlotOption = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE", help="Write a plot, SVG or PNG by the ending of the name."),
]
StatesOption = Annotated[
    bool, typer.Option("--states", help="Also how often each state was met when a patient came.")
]


@app.command("rolling-six")
def rolling_six(
    dlt: DltOption,
    levels: LevelsOption = None,
    start: StartOption = None,
    version: Annotated[
        str, typer.Option("--version", metavar="V", help="Version of the table: P13 or P14.")
    ] = "P13",
    every: EveryOption = 10.0,
    window: WindowOption = 28.0,
    inevaluable: InevaluableOption = 0.0,
    queue: QueueOption = False,
    trials: TrialsOption = 10_000,
    seed: SeedOption = 1,
    plot: PlotOption = None,
    states: StatesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Rolling six over many trials: what is declared, how many patients and DLTs, how long it takes."""
    from analysis.statistics.simulate import Accrual

    _doses(
        RollingSix(table=version),
        f"Rolling six, table {version}",
        (dlt, levels, start),
        Accrual(every, window, inevaluable, queue),
        trials,
        seed,
        plot,
        states=states,
        as_json=as_json,
    )


@app.command("three-plus-three")
def three_plus_three(
    dlt: DltOption,
    levels: LevelsOption = None,
    start: StartOption = None,
    every: EveryOption = 10.0,
    window: WindowOption = 28.0,
    inevaluable: InevaluableOption = 0.0,
    queue: QueueOption = False,
    trials: TrialsOption = 10_000,
    seed: SeedOption = 1,
    plot: PlotOption = None,
    states: StatesOption = False,
    as_json: JsonOption = False,
) -> None:
    """The traditional 3+3 over many trials, in the same words, for comparison."""
    from analysis.statistics.simulate import Accrual

    _doses(
        ThreePlusThree(),
        "3+3",
        (dlt, levels, start),
        Accrual(every, window, inevaluable, queue),
        trials,
        seed,
        plot,
        states=states,
        as_json=as_json,
    )


@app.command("simon")
def simon(
    p0: Annotated[
        str | None, typer.Option("--p0", metavar="RATE", help="Response rate that is of no interest.")
    ] = None,
    p1: Annotated[
        str | None, typer.Option("--p1", metavar="RATE", help="Response rate that is worth pursuing.")
    ] = None,
    alpha: Annotated[
        str, typer.Option("--alpha", metavar="ERROR", help="Limit of the type I error.")
    ] = "0.05",
    beta: Annotated[str, typer.Option("--beta", metavar="ERROR", help="Limit of the type II error.")] = "0.2",
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="optimal or minimax.")] = "optimal",
    stages: Annotated[
        str | None,
        typer.Option("--design", metavar="R1/N1,R/N", help="This design instead, such as 3/13,12/43."),
    ] = None,
    rates: Annotated[
        str | None, typer.Option("--rate", metavar="RATES", help="True response rates. Default: p0,p1.")
    ] = None,
    every: EveryOption = 10.0,
    window: ResponseOption = 28.0,
    inevaluable: InevaluableOption = 0.0,
    queue: QueueOption = False,
    curtail: Annotated[bool, typer.Option("--curtail", help="End as soon as the result is certain.")] = False,
    trials: TrialsOption = 10_000,
    seed: SeedOption = 1,
    plot: PlotOption = None,
    as_json: JsonOption = False,
) -> None:
    """Simon's two-stage design over many trials, beside what is known of it exactly."""
    from analysis.statistics.simulate import Accrual
    from analysis.statistics.simulate_simon import Stages, simulate_stages
    from pathway.designs.simon import TwoStage
    from pathway.designs.simon_search import find_design

    if stages is not None:
        if p0 is not None or p1 is not None:
            raise UsageError("--design says it all: not with --p0 and --p1, whose design is searched for")
        if rates is None:
            raise UsageError("--design needs the true response rates: --rate 0.2,0.4")
        design = TwoStage(*_four(stages))
    elif p0 is None or p1 is None:
        raise UsageError("say --p0 and --p1, or a --design such as 3/13,12/43 with --rate")
    else:
        design = find_design(p0, p1, alpha, beta, kind)
    scenario = Stages(
        design, _numbers(rates or f"{p0},{p1}", "--rate"), Accrual(every, window, inevaluable, queue), curtail
    )
    _check_plot(plot)
    with _bar(trials * len(scenario.rates)) as advance:
        found = simulate_stages(scenario, trials, seed, advance)
    title = f"Simon two-stage {design}"
    if plot is not None:
        from analysis.statistics.plot_design import plot_stages

        plot_stages(scenario, found, f"{title}: {trials} trials a rate, seed {seed}", plot)
    if as_json:
        data = {
            "r1": design.r1,
            "n1": design.n1,
            "r": design.r,
            "n": design.n,
            "seed": seed,
            "trials": trials,
        }
        print_json(data | {"curtail": curtail, "rates": [each.to_dict() for each in found]} | _plotted(plot))
        return
    console = make_console()
    print_stages(console, scenario, found, f"{title}: {trials} trials a rate, seed {seed}")
    _end(console, plot)


def _doses(
    design: DoseFinding,
    words: str,
    texts: tuple[str, str | None, str | None],
    accrual: Accrual,
    trials: int,
    seed: int,
    plot: Path | None,
    *,
    states: bool,
    as_json: bool,
) -> None:
    from analysis.statistics.simulate_doses import Doses, simulate_doses

    dlt, levels, start = texts
    rates = _numbers(dlt, "--dlt")
    names = tuple(_names(levels)) if levels else tuple(str(k + 1) for k in range(len(rates)))
    if len(names) != len(rates):
        raise UsageError(
            f"--levels names {len(names)} levels, --dlt gives {len(rates)} rates: one each is accepted"
        )
    if len(set(names)) != len(names):
        raise UsageError(f"--levels {levels}: a name stands twice")
    first = _plain(start) if start is not None else names[0]
    if first not in names:
        raise UsageError(f"--start {first}: no such level; accepted: {', '.join(names)}")
    scenario = Doses(design, rates, names, names.index(first), accrual)
    _check_plot(plot)
    with _bar(trials) as advance:
        found = simulate_doses(scenario, trials, seed, advance)
    title = f"{words}: {trials} trials from level {first}, seed {seed}"
    if plot is not None:
        from analysis.statistics.plot_design import plot_doses

        plot_doses(found, title, plot)
    if as_json:
        print_json({"design": words, "seed": seed, **found.to_dict()} | _plotted(plot))
        return
    console = make_console()
    print_doses(console, found, title)
    if states:
        print_states(console, found)
    _end(console, plot)


def _numbers(text: str, option: str) -> tuple[float, ...]:
    try:
        return tuple(float(_plain(part)) for part in text.split(","))
    except ValueError:
        raise UsageError(
            f"{option} {text!r}: accepted are numbers with commas between them, such as 0.05,0.15,0.35"
        ) from None


def _names(text: str) -> Iterator[str]:
    for part in text.split(","):
        if not part.strip():
            raise UsageError(
                f"--levels {text!r}: accepted are names with commas between them, such as -1,1,2"
            )
        yield _plain(part)


def _plain(text: str) -> str:
    # The program turns the sign of an argument like -1,1,2 into a true minus, so that it is no option.
    return text.strip().replace(MINUS, "-")


def _four(text: str) -> tuple[int, int, int, int]:
    try:
        (r1, n1), (r, n) = ((int(x) for x in half.split("/")) for half in text.replace(" ", "").split(","))
    except ValueError:
        raise UsageError(f"--design {text!r}: accepted is R1/N1,R/N, such as 3/13,12/43") from None
    return r1, n1, r, n


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, where it disturbs no output; nothing where that is not a terminal."""
    console = make_console(stderr=True)
    columns = (TextColumn("simulating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=total)
        done = 0

        def advance(more: int) -> None:
            nonlocal done
            done += more
            if done % 100 == 0 or done == total:
                progress.update(task, completed=done)

        yield advance


def _check_plot(plot: Path | None) -> None:
    if plot is not None:
        from analysis.statistics.plot_design import check_file

        check_file(plot)


def _plotted(plot: Path | None) -> dict[str, str]:
    return {"plot": str(plot)} if plot is not None else {}


def _end(console: Console, plot: Path | None) -> None:
    if plot is not None:
        console.print(Text(f"Plot: {plot}"))
    notice(console)
