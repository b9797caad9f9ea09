"""The dose of a continuous infusion that is in force: by weight, low for some days after an episode, as reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from pathway.engine.ledgers.directives import Later, Passed
from pathway.engine.results import Pause, Run
from pathway.engine.values import Val, holds
from pathway.events import Event
from pathway.language import Infusion, Restart
from pathway.language.parsing import bound_of

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


def dose_steps(
    run: Run,
    spec: Infusion,
    start: Event,
    carried: Restart | None,
    resumes: list[Event],
    passed: Passed,
    later: Later,
) -> None:
    """The dose in force from when on. `carried`: the low dose that an episode before the start asks for."""
    by_end = {e.occurred: e for e in resumes}
    level, low_left = _level(run, spec, start, spec.dose, timedelta(0), carried, later)
    run.steps.append((start.occurred, level))
    at, stretches = start.occurred, [*run.pauses, None]
    for pause in stretches:
        if low_left:
            low_left, level = _step(run, spec, at, low_left, pause, level, passed)
        if pause is None:
            break
        if pause.end is None:
            run.steps.append((pause.start, "0"))
            break
        restart = pause.rule.restart if pause.rule else None
        event = by_end.get(pause.end)
        at = pause.end
        level, low_left = _level(run, spec, event, level, low_left, restart, later, at)
        if pause.start != pause.end:
            run.steps.append((pause.start, "0"))
        run.steps.append((at, level))
    if run.state in OVER and run.end is not None and run.steps[-1][1] != "0":
        run.steps.append((run.end, "0"))
    run.dose = run.steps[-1][1]
    run.resumed = next((p.end for p in reversed(run.pauses) if p.end is not None), None)


def _level(
    run: Run,
    spec: Infusion,
    event: Event | None,
    level: str,
    low_left: timedelta,
    restart: Restart | None,
    later: Later,
    at: datetime | None = None,
) -> tuple[str, timedelta]:
    """The dose from a start or restart on, and for how long it is to be low: as directed, else as reported."""
    reported = event.detail("dose") if event is not None else None
    since = at or (event.occurred if event is not None else None)
    if restart is not None and restart.low_days and since is not None:
        level, low_left = spec.low_dose, later(since, restart.low_days) - since
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
    passed: Passed,
) -> tuple[timedelta, str]:
    """What is left of the days at the low dose at the next pause, and the dose in force by then."""
    step, over = at + low_left, run.end if run.state in OVER else None
    if run.state in ("running", "end_expected", "complete"):
        run.flag("low_dose", at)
    if (pause is None or step <= pause.start) and (over is None or step < over) and passed(step):
        run.steps.append((step, spec.dose))
        run.flag("dose_step", step)
        return timedelta(0), spec.dose
    return (max(low_left - (pause.start - at), timedelta(0)) if pause is not None else low_left), level
