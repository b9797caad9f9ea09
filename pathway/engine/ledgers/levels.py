"""The dose of a continuous infusion that is in force: by weight, low for some days after an episode, as reported."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from pathway.engine.ledgers.directives import Later, Low, Passed
from pathway.engine.results import Pause, Run
from pathway.engine.values import Val, holds
from pathway.events import Event
from pathway.language import AdverseEventRule, Infusion
from pathway.language.parsing import bound_of

Spans = Callable[[AdverseEventRule], list[tuple[datetime, datetime | None]]]
"""When the grade of a rule's event was too high to go on, by time; None: it still is."""

OVER = ("complete", "stopped", "short")
"""The states in which an infusion is known to have ended."""


def dosed(spec: Infusion, reports: Sequence[Event], start: datetime) -> Infusion:
    """The infusion with the doses of its band: by the last value before the start, or the first after it."""
    known = [e for e in reports if e.occurred <= start][-1:] or [*reports[:1]]
    for event in known:
        if bound_of(event.value or "") is not None:
            continue  # a bound is no weight to dose by
        number = Decimal(event.value or "0")
        value = Val("known", event, event.value or "", event.recorded, number, number)
        for band in spec.dose_bands:
            if all(holds(limit.op, value, Decimal(limit.value)) for limit in band.limits):
                return replace(spec, dose=band.dose, low_dose=band.low_dose, unit=band.unit)
    return spec


@dataclass(frozen=True, slots=True)
class Clock:
    """How the days at the low dose are counted. `passed(instant)` is the only access to the clock."""

    passed: Passed
    later: Later
    spans: Spans


def dose_steps(
    run: Run,
    spec: Infusion,
    start: Event,
    carried: AdverseEventRule | None,
    resumes: list[Event],
    clock: Clock,
) -> None:
    """The dose in force from when on. `carried`: the rule by which an episode before the start asks for the low dose."""
    by_end = {e.occurred: e for e in resumes}
    lowered = carried
    level, low_left = _level(run, spec, start, spec.dose, timedelta(0), carried, clock.later)
    run.steps.append((start.occurred, level))
    at, stretches = start.occurred, [*run.pauses, None]
    for pause in stretches:
        if low_left:
            low_left, level = _step(run, spec, at, low_left, pause, level, lowered, clock)
        if pause is None:
            break
        if pause.end is None:
            run.steps.append((pause.start, "0"))
            break
        if low_left and lowered is not None and _recurred(lowered, pause, clock.spans):
            low_left = _whole(lowered, pause.end, clock.later)
        event = by_end.get(pause.end)
        at = pause.end
        lowered = pause.rule if _lowers(pause.rule) else lowered
        level, low_left = _level(run, spec, event, level, low_left, pause.rule, clock.later, at)
        if pause.start != pause.end:
            run.steps.append((pause.start, "0"))
        run.steps.append((at, level))
    if run.state in OVER and run.end is not None and run.steps[-1][1] != "0":
        run.steps.append((run.end, "0"))
    run.dose = run.steps[-1][1]
    run.resumed = next((p.end for p in reversed(run.pauses) if p.end is not None), None)


def came_low(run: Run, spec: Infusion, rules: frozenset[str]) -> Low:
    """The episodes of those rules that came at the low dose: by the dose that was last in force before them."""
    found = set()
    for each in run.directives if rules else ():
        if each.rule.id not in rules:
            continue
        last = bisect_left(run.steps, (each.since, "")) - 1
        while last >= 0 and run.steps[last][1] == "0":
            last -= 1
        if last >= 0 and Decimal(run.steps[last][1]) == Decimal(spec.low_dose) != Decimal(spec.dose):
            found.add((each.rule.id, each.since))
    return frozenset(found)


def _lowers(rule: AdverseEventRule | None) -> bool:
    return rule is not None and rule.restart is not None and rule.restart.low_days > 0


def _whole(rule: AdverseEventRule, since: datetime, later: Later) -> timedelta:
    return later(since, rule.restart.low_days) - since if rule.restart is not None else timedelta(0)


def _recurred(rule: AdverseEventRule, pause: Pause, spans: Spans) -> bool:
    """Whether what had lowered the dose came again while the infusion was off."""
    return any(pause.start <= began and (pause.end is None or began < pause.end) for began, _ in spans(rule))


def _level(
    run: Run,
    spec: Infusion,
    event: Event | None,
    level: str,
    low_left: timedelta,
    rule: AdverseEventRule | None,
    later: Later,
    at: datetime | None = None,
) -> tuple[str, timedelta]:
    """The dose from a start or restart on, and for how long it is to be low: as directed, else as reported."""
    reported = event.detail("dose") if event is not None else None
    since = at or (event.occurred if event is not None else None)
    if rule is not None and _lowers(rule) and since is not None:
        level, low_left = spec.low_dose, _whole(rule, since, later)
    if reported is not None and since is not None and Decimal(reported) != Decimal(level):
        run.flag("dose_differs", since)
        level = reported
        low_left = timedelta(0) if Decimal(reported) == Decimal(spec.dose) else low_left
    return level, low_left


def _step(
    run: Run,
    spec: Infusion,
    at: datetime,
    low_left: timedelta,
    pause: Pause | None,
    level: str,
    lowered: AdverseEventRule | None,
    clock: Clock,
) -> tuple[timedelta, str]:
    """What is left of the days at the low dose at the next pause, and the dose in force by then."""
    over = run.end if run.state in OVER else None
    ends = min((t for t in (pause.start if pause is not None else None, over) if t is not None), default=None)
    since, step = _counted(run, at, at + low_left, ends, lowered, clock)
    if run.state in ("running", "end_expected", "complete"):
        run.flag("low_dose", at)
    if step is not None and (ends is None or step < ends or step == ends != over) and clock.passed(step):
        run.steps.append((step, spec.dose))
        run.flag("dose_step", step)
        return timedelta(0), spec.dose
    if pause is None:
        return low_left, level
    if lowered is not None and (step is None or since >= pause.start):
        return _whole(lowered, pause.start, clock.later), level
    return max((step or since) - pause.start, timedelta(0)), level


def _counted(
    run: Run,
    at: datetime,
    step: datetime,
    ends: datetime | None,
    lowered: AdverseEventRule | None,
    clock: Clock,
) -> tuple[datetime, datetime | None]:
    """Since when the days at the low dose count, and when they are over: anew from the end of what came again meanwhile. None:
    it is still on."""
    since, until = at, step
    for began, over in clock.spans(lowered) if lowered is not None else ():
        if began >= until or (ends is not None and began >= ends):
            break
        if over is not None and over <= since:
            continue
        run.flag("step_put_off", max(began, at))
        if over is None or lowered is None:
            return since, None
        since, until = over, over + _whole(lowered, over, clock.later)
    return since, until
