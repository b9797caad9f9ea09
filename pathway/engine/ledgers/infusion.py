"""Infusion ledgers: what has run, at which dose, until when.

Fixed arithmetic with parameters; the adverse-event table is data.

Hours are elapsed hours, so a change of the clocks moves the hour of the end. An infusion runs until somebody
reports otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from pathway.engine.results import Directive, Pause, Run
from pathway.engine.values import Val, holds
from pathway.events import Event
from pathway.language import AdverseEventRule, AdverseEventType, Infusion, Restart
from pathway.language.parsing import bound_of
from pathway.record import Record

INFUSION_ACTIONS = (
    "bag_change_missed",
    "infusion_ended",
    "infusion_paused",
    "infusion_resumed",
    "infusion_started",
    "infusion_stopped",
)
"""The actions of every infusion, with the scope of its ledger."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


Passed = Callable[[datetime], bool]


def _mine(record: Record, spec: Infusion, action: str) -> list[Event]:
    return [e for e in record.actions.get(action, ()) if e.scope == spec.scope]


def run_infusion(
    spec: Infusion,
    days: int | None,
    same_cycle_pause: int | None,
    types: dict[str, AdverseEventType],
    record: Record,
    passed: Passed,
    sizes: Sequence[Event] = (),
) -> Run:
    """The run of an infusion. `passed(instant)` is the only access to the clock. `sizes`: the weights that are believed.

    `days` None: its length is not set, it runs without a projected end. `same_cycle_pause` None: no limit is set.
    """
    starts = _mine(record, spec, "infusion_started")
    if not starts:
        return Run(unit=spec.unit)
    first = _counted_from(spec, record, starts)
    start = first.occurred
    spec = _dosed(spec, sizes, start)
    run = Run(unit=spec.unit)
    run.start = run.as_of = start
    ends = [e.occurred for e in _mine(record, spec, "infusion_ended") if e.occurred >= start]
    stops = [e.occurred for e in _mine(record, spec, "infusion_stopped") if e.occurred >= start]
    stops += [
        e.occurred for name in spec.ended_by for e in record.actions.get(name, ()) if e.occurred >= start
    ]
    run.directives = _directives(spec, types, record, start, passed)
    marks = sorted(
        [(e.occurred, 0, e) for e in _mine(record, spec, "infusion_paused") if e.occurred >= start]
        + [(e.occurred, 1, e) for e in _mine(record, spec, "infusion_resumed") if e.occurred >= start],
        key=lambda m: (m[0], m[1], m[2].id),
    )
    _pauses(run, spec, marks)
    total = None if days is None else timedelta(hours=24 * days)
    _amount(run, total, min(ends, default=None), min(stops, default=None), passed)
    _cut_off(run)
    if run.state in ("complete", "stopped", "short") and run.end is not None:
        run.directives = [d for d in run.directives if d.since <= run.end]
    _doses(run, spec, first, [m[2] for m in marks if m[1] == 1], passed)
    _flags(run, spec, same_cycle_pause, record, passed)
    if starts[-1].occurred > start:
        run.flag("started_twice", starts[-1].occurred)
    return run


def _counted_from(spec: Infusion, record: Record, starts: list[Event]) -> Event:
    """The start that the days count from: a later one counts anew if the infusion had ended or was paused when it came."""
    first = starts[0]
    breaks = [e.occurred for a in ("infusion_ended", "infusion_paused") for e in _mine(record, spec, a)]
    resumes = [e.occurred for e in _mine(record, spec, "infusion_resumed")]
    for later in starts[1:]:
        before = [t for t in breaks if first.occurred <= t <= later.occurred]
        if before and not any(max(before) < t < later.occurred for t in resumes):
            first = later
    return first


def _dosed(spec: Infusion, reports: Sequence[Event], start: datetime) -> Infusion:
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


def _pauses(run: Run, spec: Infusion, marks: list[tuple[datetime, int, Event]]) -> None:
    open_pause: Pause | None = None
    for at, kind, _ in marks:
        if kind == 0 and open_pause is None:
            open_pause = Pause(at, None, _ordering(run, at))
            run.pauses.append(open_pause)
        elif kind == 1:
            if open_pause is not None:
                open_pause.end, open_pause = at, None
            else:
                order = next(
                    (
                        d
                        for d in reversed(run.directives)
                        if d.action in ("interrupt", "stop") and d.began <= at
                    ),
                    None,
                )
                last_end = run.pauses[-1].end if run.pauses else None
                if order is not None and (last_end is None or order.began > last_end):
                    run.pauses.append(Pause(order.began, at, order.rule, assumed=True))
                run.flag("resumed_without_pause", at)


def _ordering(run: Run, at: datetime) -> AdverseEventRule | None:
    """The rule that a pause at that instant follows: the latest directed by then and not yet satisfied."""
    for directive in reversed(run.directives):
        if (
            directive.action in ("interrupt", "review", "stop")
            and directive.began <= at + HOUR
            and (directive.until is None or directive.until >= at)
        ):
            return directive.rule
    return None


def _amount(
    run: Run,
    total: timedelta | None,
    ended: datetime | None,
    stopped: datetime | None,
    passed: Passed,
) -> None:
    assert run.start is not None
    cut = min((t for t in (ended, stopped) if t is not None), default=None)
    given, since = timedelta(0), run.start
    for pause in run.pauses:
        if cut is not None and pause.start >= cut:
            break
        if pause.start > since:
            if total is not None and given + (pause.start - since) >= total:
                break
            given += pause.start - since
        if pause.end is None:
            run.given, run.as_of = given, pause.start
            if cut is not None:
                _over(run, total, cut, stopped)
            else:
                run.state = "paused"
            return
        since = max(since, pause.end)
    projected = since + (total - given) if total is not None else None
    if cut is not None and (projected is None or cut < projected):
        run.given, run.as_of = given + max(cut - since, timedelta(0)), cut
        _over(run, total, cut, stopped)
        return
    run.end = projected
    if projected is not None and total is not None and passed(projected):
        run.state, run.given, run.as_of = "complete", total, projected
        run.flag("complete", projected)
    else:
        run.state, run.given, run.as_of = "running", given, since


def _over(run: Run, total: timedelta | None, cut: datetime, stopped: datetime | None) -> None:
    if stopped is not None and stopped <= cut:
        run.state, run.stop, run.end = "stopped", cut, cut
    elif total is None or total - run.given <= HOUR:
        run.state, run.end = "complete", cut
        run.flag("complete", cut)
    else:
        run.state, run.end = "short", cut
        run.flag("short", cut)


def _cut_off(run: Run) -> None:
    """Pauses count only while there is an infusion: nothing of them is left after its end."""
    if run.state not in ("complete", "stopped", "short"):
        return
    assert run.end is not None
    for pause in run.pauses:
        if pause.end is not None and pause.start < run.end < pause.end:
            run.flag("resumed_after_end", pause.end)
            pause.end = None
    run.pauses = [p for p in run.pauses if p.start < run.end]


def _doses(run: Run, spec: Infusion, start: Event, resumes: list[Event], passed: Passed) -> None:
    run.steps.append((start.occurred, start.detail("dose") or spec.dose))
    if start.detail("dose") not in (None, spec.dose):
        run.flag("dose_differs", start.occurred)
    low_left = timedelta(0)
    level = run.steps[0][1]
    by_end = {e.occurred: e for e in resumes}
    for index, pause in enumerate(run.pauses):
        if pause.end is None:
            run.steps.append((pause.start, "0"))
            break
        before = run.pauses[index - 1].end if index else None
        if low_left and before is not None:
            low_left = max(low_left - (pause.start - before), timedelta(0))
            if not low_left:
                level = spec.dose
        restart = pause.rule.restart if pause.rule else None
        if restart is not None and restart.low_days:
            low_left, level = restart.low_days * DAY, spec.low_dose
        event = by_end.get(pause.end)
        reported = event.detail("dose") if event else None
        if reported is not None and Decimal(reported) != Decimal(level):
            run.flag("dose_differs", pause.end)
            level = reported
            low_left = timedelta(0) if Decimal(reported) == Decimal(spec.dose) else low_left
        if pause.start != pause.end:
            run.steps.append((pause.start, "0"))
        run.steps.append((pause.end, level))
        if low_left:
            step = pause.end + low_left
            following = run.pauses[index + 1].start if index + 1 < len(run.pauses) else None
            over = run.end if run.state in ("stopped", "short", "complete") else None
            if (following is None or step <= following) and (over is None or step < over) and passed(step):
                run.steps.append((step, spec.dose))
                run.flag("dose_step", step)
                level = spec.dose
            if run.state == "running" or run.state == "complete":
                run.flag("low_dose", pause.end)
    if run.state in ("complete", "stopped", "short") and run.end is not None and run.steps[-1][1] != "0":
        run.steps.append((run.end, "0"))
    run.dose = run.steps[-1][1]
    run.resumed = next((p.end for p in reversed(run.pauses) if p.end is not None), None)


def _flags(run: Run, spec: Infusion, same_cycle_pause: int | None, record: Record, passed: Passed) -> None:
    for pause in run.pauses:
        limit = pause.start + spec.supervised_pause_hours * HOUR
        over = None if same_cycle_pause is None else pause.start + same_cycle_pause * DAY
        # The table of deviations asks about every pause of that length, whatever its cause.
        if over is not None and (
            pause.end > over
            if pause.end is not None
            else (run.state == "paused" and passed(over + timedelta(minutes=1)))
        ):
            run.flag("pause_over_limit", over)
        if pause.end >= limit if pause.end is not None else (run.state == "paused" and passed(limit)):
            run.flag("long_pause", limit)
            if pause.end is not None:
                run.flag("supervised_restart", pause.end)
        if pause.end is not None:
            run.flag("restarted", pause.end)
        else:
            run.flag("interrupted", pause.start)
        run.flag("was_interrupted", pause.start)
        if pause.assumed and pause.end is not None:
            run.flag("resumed_without_pause", pause.end)
    for event in _mine(record, spec, "bag_change_missed"):
        run.flag("bag_missed", event.occurred)


def _directives(
    spec: Infusion, types: dict[str, AdverseEventType], record: Record, start: datetime, passed: Passed
) -> list[Directive]:
    """Every directive of the adverse-event table since the start, by clinical time; one per rule and episode."""
    found: list[Directive] = []
    resumes = [e.occurred for e in _mine(record, spec, "infusion_resumed") if e.occurred >= start]
    for rule in spec.rules:
        reports = [e for e in record.adverse.get(rule.event, ()) if e.value is not None]
        found += (
            _occurrences(rule, reports, start)
            if types[rule.event].occurrences
            else _episodes(rule, reports, resumes, start, passed)
        )
    return sorted(found, key=lambda d: (d.since, d.rule.id))


def _occurrences(rule: AdverseEventRule, reports: list[Event], start: datetime) -> list[Directive]:
    count, found = 0, []
    for event in reports:
        grade = int(event.value or 0)
        if grade < 1 or event.target:
            continue
        count += 1
        if count >= rule.nth and event.occurred >= start and rule.grades[0] <= grade <= rule.grades[1]:
            found.append(Directive(rule, rule.action, event.occurred, event.occurred))
    return found[:1]


def _episodes(
    rule: AdverseEventRule, reports: list[Event], resumes: list[datetime], start: datetime, passed: Passed
) -> list[Directive]:
    """The episodes of a rule.

    One begins when the grade enters the rule's band. It is over when the grade has been low enough for long enough,
    or, should it come back, when the infusion had been resumed while it was low.
    """
    low, high = rule.grades
    restart = rule.restart or Restart(max(low - 1, 0))
    wait = restart.for_days * DAY
    found: list[Directive] = []
    current: Directive | None = None
    entries = 0
    for event in reports:
        grade = int(event.value or 0)
        if current is not None and grade <= restart.grade_at_most:
            current.calm = current.calm or event.occurred
        elif current is not None and current.calm is not None:
            calm = current.calm
            resumed = next((r for r in resumes if calm <= r <= event.occurred), None)
            if calm + wait <= event.occurred or resumed is not None:
                current.until = min(
                    t for t in (calm + wait, resumed) if t is not None and t <= event.occurred
                )
                current = None
            else:
                current.calm = None
        if current is None and low <= grade <= high:
            entries += 1
            if entries >= rule.nth and event.occurred >= start:
                current = Directive(rule, rule.action, event.occurred, event.occurred)
                if (
                    found
                    and restart.stop_if_recurs_at_low_dose
                    and _at_low_dose(restart, resumes, found[-1], current)
                ):
                    current.action, current.why = "stop", "recurred at the low dose"
                found.append(current)
    if current is not None and current.calm is not None and passed(current.calm + wait):
        current.until = current.calm + wait
    for directive in found:
        _too_slow(directive, restart, passed)
        if directive.action in ("stop", "review"):
            directive.until = None  # a permanent stop, or the question of one, does not pass with the grade
    return found


def _too_slow(directive: Directive, restart: Restart, passed: Passed) -> None:
    if restart.resolve_within_days is None or directive.action == "stop":
        return
    over = directive.since + restart.resolve_within_days * DAY
    calm = directive.calm
    if calm > over if calm is not None else passed(over + timedelta(minutes=1)):
        directive.action, directive.since = "stop", over
        directive.why = f"took more than {restart.resolve_within_days} days to resolve"


def _at_low_dose(restart: Restart, resumes: list[datetime], earlier: Directive, now: Directive) -> bool:
    """Whether the infusion was at its low dose: restarted after the earlier episode, fewer than `low_days` ago."""
    since = [r for r in resumes if earlier.since <= r <= now.since]
    return bool(since) and now.since < since[-1] + restart.low_days * DAY
