"""What simulated trials share: reproducible chance, estimates with their error, and how to report progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.stats import binomtest

from pathway.errors import AllpathError

LARGEST: Final = 1_000_000
MOST_COMING: Final = 1000
Progress = Callable[[int], None]
"""Told how many more trials are done."""


class ImpossibleScenario(AllpathError):
    """A scenario that cannot be simulated. The message says which value, and what would be accepted."""


@dataclass(frozen=True, slots=True)
class Accrual:
    """How patients come and are observed, in days; the random times are drawn, the rest is fixed.

    `every`: mean days between two patients who could enter (exponential). `window`: days until the outcome of a patient is
    known. `inevaluable`: probability that a patient turns out not evaluable, which is known at a uniform moment of the
    window. `queue`: patients who come while nobody may enter wait, instead of being lost to the trial.
    """

    every: float = 10.0
    window: float = 28.0
    inevaluable: float = 0.0
    queue: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.every < float("inf"):
            raise ImpossibleScenario(f"a patient every {self.every:g} days: accepted is more than 0")
        if not 0 < self.window < float("inf"):
            raise ImpossibleScenario(f"a window of {self.window:g} days: accepted is more than 0")
        if self.window > MOST_COMING * self.every:
            # Each of them is simulated, though only a handful can enter: the computer would be busy for ever.
            raise ImpossibleScenario(
                f"a patient every {self.every:g} days and a window of {self.window:g} days: accepted are at most "
                f"{MOST_COMING} patients coming within a window"
            )
        if not 0 <= self.inevaluable < 1:
            raise ImpossibleScenario(
                f"probability not evaluable {self.inevaluable:g}: accepted is from 0 to below 1"
            )


class Chance:
    """A stream of uniform numbers from one seed, the same on every machine; exponential ones are made of them."""

    def __init__(self, seed: int) -> None:
        if seed < 0:
            raise ImpossibleScenario(f"seed {seed}: accepted is a number from 0")
        self._uniform = self._numbers(np.random.default_rng(seed))

    @staticmethod
    def _numbers(generator: np.random.Generator) -> Iterator[float]:
        while True:
            yield from generator.random(8192).tolist()

    def uniform(self) -> float:
        """A number from 0 to below 1."""
        return next(self._uniform)

    def wait(self, mean: float) -> float:
        """An exponential waiting time."""
        return float(-mean * np.log1p(-next(self._uniform)))


@dataclass(frozen=True, slots=True)
class Share:
    """A probability as simulated: `k` of `of` trials, with its standard error and Wilson's 95 % interval."""

    k: int
    of: int

    @property
    def value(self) -> float | None:
        """The estimate; None without a trial."""
        return self.k / self.of if self.of else None

    @property
    def error(self) -> float | None:
        """The Monte-Carlo standard error."""
        return (self.value * (1 - self.value) / self.of) ** 0.5 if self.value is not None else None

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        if not self.of:
            return {"value": None, "trials": 0}
        interval = binomtest(self.k, self.of).proportion_ci(method="wilson")
        low, high = round(float(interval.low), 5), round(float(interval.high), 5)
        return {
            "value": round(self.k / self.of, 6),
            "standard_error": round(self.error or 0.0, 6),
            "interval_95": [low, high],
            "trials": self.of,
        }


@dataclass(frozen=True, slots=True)
class Spread:
    """A quantity over the trials: mean, its standard error, standard deviation and quantiles."""

    mean: float
    error: float
    sd: float
    quartiles: tuple[float, float, float]

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        low, median, high = (round(q, 4) for q in self.quartiles)
        return {
            "mean": round(self.mean, 4),
            "standard_error": round(self.error, 4),
            "sd": round(self.sd, 4),
            "quartiles": [low, median, high],
        }


def spread(values: Sequence[float]) -> Spread:
    """The spread of at least one value."""
    numbers = np.asarray(values, dtype=float)
    sd = float(numbers.std(ddof=1)) if len(numbers) > 1 else 0.0
    low, median, high = (float(q) for q in np.quantile(numbers, (0.25, 0.5, 0.75)))
    return Spread(float(numbers.mean()), sd / len(numbers) ** 0.5, sd, (low, median, high))


def check_trials(trials: int) -> None:
    """Raises `ImpossibleScenario` unless the number of trials is between 1 and `LARGEST`."""
    if not 1 <= trials <= LARGEST:
        raise ImpossibleScenario(f"{trials} trials: accepted is 1 to {LARGEST}")
