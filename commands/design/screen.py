"""Operating characteristics in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.text import Text

from commands.screen import table

if TYPE_CHECKING:
    from analysis.statistics.simulate import Share, Spread
    from analysis.statistics.simulate_doses import DoseCharacteristics
    from analysis.statistics.simulate_simon import StageCharacteristics, Stages

BAR: Final = 24
"""Columns of a bar for 100 %."""


def print_doses(console: Console, found: DoseCharacteristics, title: str) -> None:
    """Levels, what is declared, and the quantities per trial."""
    rows: list[tuple[Any, ...]] = [
        ("none", "", "", "", _percent(found.stopped), "", "", _chart(found.stopped, "red"))
    ]
    for each in found.levels:
        declared = type(each.mtd)(each.mtd.k + each.top.k, each.mtd.of)
        rows.append(
            (
                Text(each.name, style="bold"),
                f"{each.rate:g}",
                _percent(each.given),
                _percent(each.escalated),
                _percent(each.mtd) + (f" + {_percent(each.top)} top" if each.top.k else ""),
                f"{each.patients.mean:.2f}",
                f"{each.dlts.mean:.2f}",
                _chart(declared, "blue"),
            )
        )
    console.print(
        table(
            ("Level", "DLT rate", "Given", "Escalated", "Declared MTD", "Patients", "DLTs", ""),
            rows,
            title=title,
        )
    )
    console.print()
    accrual = found.scenario.accrual
    lines = (
        ("Patients", _spread(found.patients, 1)),
        ("of these not evaluable", _spread(found.inevaluable, 2)),
        ("DLTs", _spread(found.dlts, 2)),
        ("DLTs by patients", _spread(found.dlt_rate, 3)),
        ("Stopped, no level tolerable", _percent(found.stopped)),
        ("Duration, days", _spread(found.days, 0)),
        ("of these without entry", _spread(found.suspended, 0)),
        ("Turned away", "nobody, they wait" if accrual.queue else _spread(found.turned_away, 2)),
    )
    console.print(table(("Per trial", "Mean (SD), standard error of the mean; quartiles"), lines))
    console.print()
    console.print(
        Text(
            "Escalated: of the trials in which the level was given. top: the highest level, tolerable, MTD not reached. "
            f"A patient every {accrual.every:g} days, window {accrual.window:g} days, not evaluable {accrual.inevaluable:g}.",
            style="dim",
        )
    )


def print_states(console: Console, found: DoseCharacteristics) -> None:
    """How often each state was met when a patient came."""
    total = sum(times for _, times in found.states.values())
    rows = [
        (f"({n}, {t}, {p})", advice.replace("_", " "), times, f"{100 * times / total:.1f} %")
        for (n, t, p), (advice, times) in sorted(found.states.items())
    ]
    console.print()
    console.print(
        table(("(n, t, p)", "Advice", "Times", "Share"), rows, title="States met when a patient came")
    )


def print_stages(
    console: Console, scenario: Stages, found: tuple[StageCharacteristics, ...], title: str
) -> None:
    """Each response rate: exact beside simulated."""
    rows = []
    for each in found:
        rows += [
            (
                Text(f"{each.rate:g}", style="bold"),
                "early termination",
                f"{each.exact.pet:.4f}",
                _with_error(each.futility),
                _chart(each.futility, "red"),
            ),
            (
                "",
                "promising",
                f"{each.exact.promising:.4f}",
                _with_error(each.promising),
                _chart(each.promising, "blue"),
            ),
            (
                "",
                "patients",
                f"{each.exact.expected:.2f}",
                f"{each.patients.mean:.2f} (SE {each.patients.error:.2f})",
                "",
            ),
            ("", "duration, days", "", f"{each.days.mean:.0f} (SD {each.days.sd:.0f})", ""),
            ("", "on hold, days", "", f"{each.held.mean:.0f} (SD {each.held.sd:.0f})", ""),
            ("", "turned away", "", f"{each.turned_away.mean:.2f}", ""),
        ]
    console.print(table(("Response rate", "", "Exact", "Simulated", ""), rows, title=title))
    console.print()
    accrual = scenario.accrual
    curtailed = " Exact values are those without curtailment." if scenario.curtail else ""
    console.print(
        Text(
            f"A patient every {accrual.every:g} days, response known after {accrual.window:g}, "
            f"not evaluable {accrual.inevaluable:g}; SE is the Monte-Carlo standard error.{curtailed}",
            style="dim",
        )
    )


def _percent(share: Share) -> str:
    return "" if share.value is None else f"{100 * share.value:.1f} %"


def _with_error(share: Share) -> str:
    return f"{share.value or 0:.4f} (SE {share.error or 0:.4f})"


def _spread(spread: Spread, digits: int) -> str:
    low, median, high = (f"{q:.{digits}f}" for q in spread.quartiles)
    return f"{spread.mean:.{digits}f} ({spread.sd:.{digits}f}), {spread.error:.3g}; {low}, {median}, {high}"


def _chart(share: Share, colour: str) -> Text:
    return Text("█" * round(BAR * (share.value or 0)), style=colour)
