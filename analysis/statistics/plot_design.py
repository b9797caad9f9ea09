"""Operating characteristics as a picture, SVG or PNG by the ending of the file's name. Drawn without a display."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from analysis.statistics.simulate import ImpossibleScenario
from analysis.statistics.simulate_doses import DoseCharacteristics
from analysis.statistics.simulate_simon import StageCharacteristics, Stages, exactly

ENDINGS: Final = (".svg", ".png")
BLUE: Final = "#1f5f9e"
RED: Final = "#b5372b"
GREY: Final = "#9aa3ad"
GREEN: Final = "#3b7d4f"


def check_file(file: Path) -> None:
    """Raises `ImpossibleScenario` unless a plot can be written under that name."""
    if file.suffix.lower() not in ENDINGS:
        raise ImpossibleScenario(f"plot {file.name}: accepted are names that end with {' or '.join(ENDINGS)}")
    if not file.absolute().parent.is_dir():
        raise ImpossibleScenario(f"plot {file}: there is no folder {file.parent}")


def plot_doses(found: DoseCharacteristics, title: str, file: Path) -> None:
    """What is declared, who is treated, how long it takes: three panels."""
    figure, (left, middle, right) = _figure(title, 3)
    names = [each.name for each in found.levels]
    at = np.arange(len(names) + 1)
    left.bar(at[0], 100 * (found.stopped.value or 0), 0.6, color=RED)
    mtd = [100 * (each.mtd.value or 0) for each in found.levels]
    top = [100 * (each.top.value or 0) for each in found.levels]
    left.bar(at[1:], mtd, 0.6, color=BLUE, label="declared MTD")
    left.bar(at[1:], top, 0.6, bottom=mtd, color=GREEN, label="recommended, MTD not reached")
    left.plot(at[1:], [100 * each.rate for each in found.levels], "o--", color=RED, label="true DLT rate")
    for x, height in zip(at, [100 * (found.stopped.value or 0), *np.add(mtd, top)], strict=True):
        left.annotate(
            f"{height:.1f}", (x, height), (0, 2), textcoords="offset points", ha="center", fontsize=8
        )
    _label(left, "How trials end", "dose level", "% of trials")
    left.set_xticks(at, ["none\ntolerable", *names])
    left.set_ylim(0, 112)
    left.legend(frameon=False, fontsize=8, loc="upper left")

    mean = np.array([each.patients.mean for each in found.levels])
    dlts = np.array([each.dlts.mean for each in found.levels])
    middle.bar(names, mean - dlts, 0.6, color=GREY, label="without DLT")
    middle.bar(names, dlts, 0.6, bottom=mean - dlts, color=RED, label="with DLT")
    _label(
        middle,
        f"Patients per trial: {found.patients.mean:.1f} (SD {found.patients.sd:.1f})",
        "dose level",
        "mean patients",
    )
    middle.set_ylim(0, float(mean.max()) * 1.25)
    middle.legend(frameon=False, fontsize=8)

    _durations(right, found.durations, BLUE, "")
    _label(right, f"Duration: {found.days.mean:.0f} days (SD {found.days.sd:.0f})", "days", "% of trials")
    _save(figure, file)


def plot_stages(scenario: Stages, found: Sequence[StageCharacteristics], title: str, file: Path) -> None:
    """The exact curves over the response rate with the simulated points on them, and the durations."""
    figure, (left, middle, right) = _figure(title, 3)
    top = min(1.0, max(0.4, 2 * max(scenario.rates)))
    rates = np.linspace(0, top, 121)
    curves = [exactly(scenario.design, float(rate)) for rate in rates]
    left.plot(rates, [100 * c.promising for c in curves], color=BLUE, label="promising, exact")
    left.plot(rates, [100 * c.pet for c in curves], color=RED, label="early termination, exact")
    middle.plot(rates, [c.expected for c in curves], color=GREY, label="exact")
    for each in found:
        error = 196 * (each.promising.error or 0), 196 * (each.futility.error or 0)
        left.errorbar(each.rate, 100 * (each.promising.value or 0), error[0], fmt="o", color=BLUE, capsize=3)
        left.errorbar(each.rate, 100 * (each.futility.value or 0), error[1], fmt="s", color=RED, capsize=3)
        middle.errorbar(
            each.rate, each.patients.mean, 1.96 * each.patients.error, fmt="o", color=BLUE, capsize=3
        )
    middle.plot([], [], "o", color=BLUE, label="simulated, 95 % interval")
    left.plot([], [], "o", color=GREY, label="simulated, 95 % interval")
    _label(left, "Conclusions", "true response rate", "% of trials")
    left.set_ylim(0, 105)
    left.legend(frameon=False, fontsize=8, loc="center right")
    _label(middle, "Expected sample size", "true response rate", "evaluable patients")
    middle.set_ylim(0, scenario.design.n * 1.1)
    middle.axhline(scenario.design.n1, color=GREY, linestyle=":", linewidth=1)
    middle.axhline(scenario.design.n, color=GREY, linestyle=":", linewidth=1)
    middle.legend(frameon=False, fontsize=8, loc="lower right")
    colours = (BLUE, RED, GREEN, GREY)
    for k, each in enumerate(found):
        _durations(
            right, each.durations, colours[k % len(colours)], f"rate {each.rate:g}: mean {each.days.mean:.0f}"
        )
    _label(right, "Duration", "days", "% of trials")
    right.legend(frameon=False, fontsize=8)
    _save(figure, file)


def _figure(title: str, panels: int) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(13, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=11)
    return figure, [figure.add_subplot(1, panels, k + 1) for k in range(panels)]


def _durations(axes: Axes, days: Sequence[float], colour: str, label: str) -> None:
    weights = np.full(len(days), 100 / len(days))
    axes.hist(days, bins=30, weights=weights, color=colour, alpha=0.55, label=label or None)


def _label(axes: Axes, title: str, x: str, y: str) -> None:
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)


def _save(figure: Figure, file: Path) -> None:
    # Without a date and with fixed ids, the same result is the same file.
    suffix = file.suffix.lower()
    with rc_context({"svg.hashsalt": "allpath"}):
        metadata = {"Date": None} if suffix == ".svg" else {"Software": "allpath"}
        figure.savefig(file, format=suffix[1:], dpi=130, metadata=metadata)
