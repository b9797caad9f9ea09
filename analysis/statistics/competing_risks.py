"""Cumulative incidence with competing events (Aalen-Johansen), in exact fractions.

Treating a competing event as censored (1 - Kaplan-Meier) overestimates: `naive` gives that figure for comparison only, never to
be reported as an incidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Observed:
    """One patient: time to the first event (its name), or to where the patient is censored (no name)."""

    time: int
    event: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What an event time changes: `at_risk` just before it, cumulative incidence by cause, `free` of every event after it."""

    time: int
    at_risk: int
    incidence: tuple[tuple[str, Fraction], ...]
    free: Fraction

    def of(self, cause: str) -> Fraction:
        """The cumulative incidence of a cause. Raises KeyError for a cause that there is not."""
        return dict(self.incidence)[cause]


def cumulative_incidence(observed: Iterable[Observed], causes: Sequence[str] = ()) -> tuple[Step, ...]:
    """A step per time with an event, in order; `causes`: those to name even if nobody had them, first in the result.

    At each time every cause adds S(t-) x d/n, and S falls with all causes; events of the same time share n, and who is
    censored at that time is still at risk.
    """
    ordered = sorted(observed, key=lambda o: o.time)
    named = tuple(dict.fromkeys((*causes, *sorted({o.event for o in ordered if o.event}))))
    found = dict.fromkeys(named, Fraction(0))
    free, at_risk = Fraction(1), len(ordered)
    steps = []
    for time, group in groupby(ordered, key=lambda o: o.time):
        here = [o.event for o in group]
        events = [event for event in here if event]
        if events:
            for cause in named:
                found[cause] += free * Fraction(events.count(cause), at_risk)
            free *= 1 - Fraction(len(events), at_risk)
            steps.append(Step(time, at_risk, tuple(found.items()), free))
        at_risk -= len(here)
    return tuple(steps)


def naive(observed: Iterable[Observed], cause: str) -> tuple[tuple[int, Fraction], ...]:
    """1 - Kaplan-Meier with competing events censored, at the times of the cause: an overestimate, for comparison only."""
    alone = [Observed(o.time, o.event if o.event == cause else "") for o in observed]
    return tuple((step.time, step.of(cause)) for step in cumulative_incidence(alone, (cause,)))
