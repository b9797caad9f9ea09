"""Many simulated dose-finding trials: how often a design escalates, which dose it declares, how long it takes.

Every simulated decision is `pathway.designs.dose_finding.next_move`, which asks the same `advise` as the governor of a real
subtrial.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

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
from pathway.designs.dose_finding import Counts, Move, advise, next_move
from pathway.language import DoseFinding

State = tuple[int, int, int]
MAX_PATIENTS = 10_000
"""Of one simulated trial; reached only if nearly everybody is not evaluable."""


@dataclass(frozen=True, slots=True)
class Doses:
    """What is simulated: true DLT rates of the levels, lowest first, their names, and the index of the first to be given."""

    design: DoseFinding
    rates: tuple[float, ...]
    names: tuple[str, ...]
    start: int
    accrual: Accrual = field(default_factory=Accrual)
    table: str | None = None

    def __post_init__(self) -> None:
        if not self.rates:
            raise ImpossibleScenario("no dose level: accepted is a DLT rate for each, such as 0.05,0.15,0.35")
        for rate in self.rates:
            if not 0 <= rate <= 1:
                raise ImpossibleScenario(f"DLT rate {rate:g}: accepted is 0 to 1")
        if len(self.names) != len(self.rates):
            raise ImpossibleScenario(f"{len(self.names)} names for {len(self.rates)} dose levels")
        advise(self.design, Counts(0, 0, 0), self.table)


@dataclass(slots=True)
class Trial:
    """One simulated trial: how it ended, and when."""

    end: Move
    day: float
    entered: list[int]
    dlts: list[int]
    escalated: list[bool]
    inevaluable: int
    turned_away: int
    waited: float
    """Days on which entry was suspended."""


@dataclass(frozen=True, slots=True)
class Level:
    """What became of a dose level. Shares are of all trials; `escalated`: of those in which the level was given."""

    name: str
    rate: float
    given: Share
    escalated: Share
    mtd: Share
    top: Share
    patients: Spread
    dlts: Spread


@dataclass(frozen=True, slots=True)
class DoseCharacteristics:
    """The operating characteristics of a dose-finding design in a scenario.

    `patients` are all who entered, those not evaluable included; `dlt_rate` is the mean over trials of DLTs by patients.
    `suspended`: days without entry. `days`: until the decision that ends the trial.
    """

    scenario: Doses
    trials: int
    levels: tuple[Level, ...]
    stopped: Share
    patients: Spread
    dlts: Spread
    dlt_rate: Spread
    days: Spread
    suspended: Spread
    turned_away: Spread
    inevaluable: Spread
    durations: tuple[float, ...]
    states: dict[State, tuple[str, int]]
    """The counts met when a patient came: what the design said, and how often."""

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        accrual = self.scenario.accrual
        return {
            "trials": self.trials,
            "scenario": {
                "start": self.scenario.names[self.scenario.start],
                "patient_every_days": accrual.every,
                "window_days": accrual.window,
                "inevaluable": accrual.inevaluable,
                "queue": accrual.queue,
            },
            "levels": [
                {
                    "level": each.name,
                    "dlt_rate": each.rate,
                    "given": each.given.to_dict(),
                    "escalated": each.escalated.to_dict(),
                    "mtd": each.mtd.to_dict(),
                    "recommended_without_mtd": each.top.to_dict(),
                    "patients": each.patients.to_dict(),
                    "dlts": each.dlts.to_dict(),
                }
                for each in self.levels
            ],
            "stopped_toxic": self.stopped.to_dict(),
            "patients": self.patients.to_dict(),
            "dlts": self.dlts.to_dict(),
            "dlt_rate": self.dlt_rate.to_dict(),
            "days": self.days.to_dict(),
            "suspended_days": self.suspended.to_dict(),
            "turned_away": self.turned_away.to_dict(),
            "inevaluable": self.inevaluable.to_dict(),
            "states": [
                {"n": n, "t": t, "p": p, "advice": advice, "times": times}
                for (n, t, p), (advice, times) in sorted(self.states.items())
            ],
        }


def simulate_doses(
    scenario: Doses, trials: int, seed: int, progress: Progress | None = None
) -> DoseCharacteristics:
    """Simulate `trials` trials; the same seed gives the same result. Raises `ImpossibleScenario`."""
    check_trials(trials)
    run = _Run(scenario, Chance(seed))
    done: list[Trial] = []
    for _ in range(trials):
        done.append(run.trial())
        if progress is not None:
            progress(1)
    return _summary(scenario, done, run.met)


class _Run:
    def __init__(self, scenario: Doses, chance: Chance) -> None:
        self.scenario, self.chance = scenario, chance
        self.moves: dict[tuple[tuple[State, ...], int], Move] = {}
        self.met: Counter[State] = Counter()

    def move(self, levels: Sequence[State], current: int) -> Move:
        key = (tuple(levels), current)
        if key not in self.moves:
            s = self.scenario
            self.moves[key] = next_move(s.design, [Counts(*each) for each in levels], current, s.table)
        return self.moves[key]

    def trial(self) -> Trial:
        s, chance, accrual = self.scenario, self.chance, self.scenario.accrual
        count = len(s.rates)
        levels: list[State] = [(0, 0, 0)] * count
        out = Trial(Move("WAIT", 0, ""), 0.0, [0] * count, [0] * count, [False] * count, 0, 0, 0.0)
        awaited: list[tuple[float, int, int, str]] = []
        waiting: deque[float] = deque()
        now, current, number = 0.0, s.start, 0
        comes = chance.wait(accrual.every)
        while True:
            move = self.move(levels, current)
            if move.kind in ("MTD", "TOP", "STOP_TOXIC"):
                out.end, out.day = move, now
                # Who is still pending goes on being observed, and their DLTs count, though they no longer decide.
                for _, _, level, what in awaited:
                    out.dlts[level] += what == "DLT"
                    out.inevaluable += what == "INEVALUABLE"
                return out
            if move.kind == "DE_ESCALATE":
                current = move.level
                continue
            entry = move.kind in ("ENTER", "ESCALATE")
            if entry and (waiting or not awaited or comes <= awaited[0][0]):
                if waiting:
                    waiting.popleft()
                else:
                    now, comes = comes, comes + chance.wait(accrual.every)
                    self.met[levels[current]] += 1
                if move.kind == "ESCALATE":
                    # The table is read when a patient asks, who is then the first of the higher level.
                    out.escalated[current] = True
                    current = move.level
                n, t, p = levels[current]
                levels[current] = (n + 1, t, p + 1)
                out.entered[current] += 1
                number += 1
                if number > MAX_PATIENTS:
                    raise ImpossibleScenario(
                        f"a trial needed more than {MAX_PATIENTS} patients; accepted are fewer not evaluable"
                    )
                heappush(awaited, self._outcome(now, current, number))
                continue
            # Nothing can happen before the next outcome but patients who come in vain.
            until, _, level, what = heappop(awaited)
            while move.kind == "WAIT" and comes < until:
                self.met[levels[current]] += 1
                if accrual.queue:
                    waiting.append(comes)
                else:
                    out.turned_away += 1
                comes += chance.wait(accrual.every)
            if move.kind == "WAIT":
                out.waited += until - now
            now = until
            n, t, p = levels[level]
            match what:
                case "DLT":
                    levels[level] = (n, t + 1, p - 1)
                    out.dlts[level] += 1
                case "CLEAR":
                    levels[level] = (n, t, p - 1)
                case _:
                    levels[level] = (n - 1, t, p - 1)
                    out.inevaluable += 1

    def _outcome(self, now: float, level: int, number: int) -> tuple[float, int, int, str]:
        chance, accrual = self.chance, self.scenario.accrual
        lost, toxic, moment = chance.uniform(), chance.uniform(), chance.uniform()
        if lost < accrual.inevaluable:
            return now + moment * accrual.window, number, level, "INEVALUABLE"
        if toxic < self.scenario.rates[level]:
            return now + moment * accrual.window, number, level, "DLT"
        return now + accrual.window, number, level, "CLEAR"


def _summary(scenario: Doses, done: list[Trial], met: Counter[State]) -> DoseCharacteristics:
    trials = len(done)
    levels = []
    for k, (name, rate) in enumerate(zip(scenario.names, scenario.rates, strict=True)):
        given = sum(each.entered[k] > 0 for each in done)
        levels.append(
            Level(
                name,
                rate,
                Share(given, trials),
                Share(sum(each.escalated[k] for each in done), given),
                Share(sum(each.end.kind == "MTD" and each.end.level == k for each in done), trials),
                Share(sum(each.end.kind == "TOP" and each.end.level == k for each in done), trials),
                spread([each.entered[k] for each in done]),
                spread([each.dlts[k] for each in done]),
            )
        )
    patients = [sum(each.entered) for each in done]
    dlts = [sum(each.dlts) for each in done]
    return DoseCharacteristics(
        scenario,
        trials,
        tuple(levels),
        Share(sum(each.end.kind == "STOP_TOXIC" for each in done), trials),
        spread(patients),
        spread(dlts),
        spread([t / n for t, n in zip(dlts, patients, strict=True)]),
        spread([each.day for each in done]),
        spread([each.waited for each in done]),
        spread([each.turned_away for each in done]),
        spread([each.inevaluable for each in done]),
        tuple(each.day for each in done),
        {
            state: (advise(scenario.design, Counts(*state), scenario.table).advice, times)
            for state, times in met.items()
        },
    )
