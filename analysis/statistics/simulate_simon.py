"""Many simulated two-stage trials, beside what is known of the design exactly.

Every simulated decision is `pathway.designs.simon.stage`, the same as in a real subtrial.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from scipy.stats import binom

from analysis.statistics.simulate import (
    Accrual,
    Chance,
    ImpossibleScenario,
    Progress,
    Share,
    Spread,
    check_trials,
    spread,
)
from pathway.designs.simon import Staged, TwoStage, stage

ENDS = ("STOP_FUTILITY", "PROMISING", "NOT_PROMISING")


@dataclass(frozen=True, slots=True)
class Stages:
    """What is simulated: a design, the true response rates, each on its own, and how patients come."""

    design: TwoStage
    rates: tuple[float, ...]
    accrual: Accrual = field(default_factory=Accrual)
    curtail: bool = False

    def __post_init__(self) -> None:
        if not self.rates:
            raise ImpossibleScenario("no response rate: accepted is at least one, such as 0.2,0.4")
        for rate in self.rates:
            if not 0 <= rate <= 1:
                raise ImpossibleScenario(f"response rate {rate:g}: accepted is 0 to 1")


@dataclass(frozen=True, slots=True)
class Exactly:
    """What the design does under a response rate, by the binomial distribution, without curtailment."""

    pet: float
    expected: float
    promising: float


@dataclass(frozen=True, slots=True)
class StageCharacteristics:
    """The operating characteristics under one true response rate. `patients` are evaluable ones; `entered` are all."""

    rate: float
    exact: Exactly
    futility: Share
    promising: Share
    patients: Spread
    entered: Spread
    days: Spread
    held: Spread
    turned_away: Spread
    durations: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        return {
            "rate": self.rate,
            "early_termination": self.futility.to_dict() | {"exact": round(self.exact.pet, 6)},
            "promising": self.promising.to_dict() | {"exact": round(self.exact.promising, 6)},
            "patients": self.patients.to_dict() | {"exact": round(self.exact.expected, 4)},
            "entered": self.entered.to_dict(),
            "days": self.days.to_dict(),
            "held_days": self.held.to_dict(),
            "turned_away": self.turned_away.to_dict(),
        }


def exactly(design: TwoStage, rate: float) -> Exactly:
    """The characteristics by scipy's binomial distribution: a second way beside `pathway.designs.simon.characteristics`."""
    pet = float(binom.cdf(design.r1, design.n1, rate))
    rejected = pet + sum(
        float(binom.pmf(x, design.n1, rate) * binom.cdf(design.r - x, design.n - design.n1, rate))
        for x in range(design.r1 + 1, min(design.n1, design.r) + 1)
    )
    return Exactly(pet, design.n1 + (1 - pet) * (design.n - design.n1), 1 - rejected)


def simulate_stages(
    scenario: Stages, trials: int, seed: int, progress: Progress | None = None
) -> tuple[StageCharacteristics, ...]:
    """Simulate `trials` trials for each rate; the same seed gives the same result. Raises `ImpossibleScenario`."""
    check_trials(trials)
    run = _Run(scenario, Chance(seed))
    found = []
    for rate in scenario.rates:
        done = []
        for _ in range(trials):
            done.append(run.trial(rate))
            if progress is not None:
                progress(1)
        found.append(_summary(scenario, rate, done))
    return tuple(found)


@dataclass(slots=True)
class _Trial:
    end: str = ""
    day: float = 0.0
    evaluable: int = 0
    entered: int = 0
    held: float = 0.0
    turned_away: int = 0


class _Run:
    def __init__(self, scenario: Stages, chance: Chance) -> None:
        self.scenario, self.chance = scenario, chance
        self.known: dict[tuple[int, int, int], Staged] = {}

    def stage(self, responders: int, evaluable: int, pending: int) -> Staged:
        key = (responders, evaluable, pending)
        if key not in self.known:
            # Nobody is entered beyond the plan here, so that the counts alone say everything.
            self.known[key] = stage(self.scenario.design, *key, curtail=self.scenario.curtail)
        return self.known[key]

    def trial(self, rate: float) -> _Trial:
        chance, accrual = self.chance, self.scenario.accrual
        out = _Trial()
        awaited: list[tuple[float, int, str]] = []
        waiting: deque[float] = deque()
        now, responders, pending = 0.0, 0, 0
        comes = chance.wait(accrual.every)
        while True:
            staged = self.stage(responders, out.evaluable, pending)
            if staged.advice in ENDS:
                out.end, out.day = staged.advice, now
                return out
            if staged.room and (waiting or not awaited or comes <= awaited[0][0]):
                if waiting:
                    waiting.popleft()
                else:
                    now, comes = comes, comes + chance.wait(accrual.every)
                out.entered += 1
                pending += 1
                lost, responds, moment = chance.uniform(), chance.uniform(), chance.uniform()
                if lost < accrual.inevaluable:
                    heappush(awaited, (now + moment * accrual.window, out.entered, "INEVALUABLE"))
                else:
                    what = "YES" if responds < rate else "NO"
                    heappush(awaited, (now + accrual.window, out.entered, what))
                continue
            until, _, what = heappop(awaited)
            if not staged.room:
                while comes < until:
                    # The last hold awaits the result; those who come then are not turned away from anything.
                    if staged.advice == "STAGE1_HOLD":
                        if accrual.queue:
                            waiting.append(comes)
                        else:
                            out.turned_away += 1
                    comes += chance.wait(accrual.every)
                if staged.advice == "STAGE1_HOLD":
                    out.held += until - now
            now = until
            pending -= 1
            if what != "INEVALUABLE":
                out.evaluable += 1
                responders += what == "YES"


def _summary(scenario: Stages, rate: float, done: list[_Trial]) -> StageCharacteristics:
    trials = len(done)
    return StageCharacteristics(
        rate,
        exactly(scenario.design, rate),
        Share(sum(each.end == "STOP_FUTILITY" for each in done), trials),
        Share(sum(each.end == "PROMISING" for each in done), trials),
        spread([each.evaluable for each in done]),
        spread([each.entered for each in done]),
        spread([each.day for each in done]),
        spread([each.held for each in done]),
        spread([each.turned_away for each in done]),
        tuple(each.day for each in done),
    )
