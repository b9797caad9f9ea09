"""Infusion ledgers: what has run, at which dose, until when.

Fixed arithmetic with parameters; the adverse-event table is data.

Hours are elapsed hours, so a change of the clocks moves the hour of the end; days are days of the site's calendar, so seven days
are seven days over it. An infusion runs until somebody reports otherwise: when its hours are over its end is expected, not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from pathway.clock import days_later
from pathway.engine.endings import Ending
from pathway.engine.ledgers.directives import (
    MINUTE,
    Lifted,
    Low,
    Passed,
    actions_of,
    directives,
    lift,
    too_high,
)
from pathway.engine.ledgers.levels import OVER, Clock, came_low, dose_steps, dosed
from pathway.engine.ledgers.odd_reports import impossible
from pathway.engine.results import Directive, Pause, Run
from pathway.events import Event
from pathway.language import AdverseEventRule, AdverseEventType, Infusion, Stop
from pathway.record import Record

UNPAUSED = "a restart is reported with no pause before it: when was it paused, or when was it resumed?"
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
EXPECTED = "end_expected"
"""The state, and the flag, of an infusion whose hours are over by the clock and whose end nobody has reported."""


@dataclass(frozen=True, slots=True)
class Around:
    """What an infusion does not find on its own record.

    `days` None: its length is not set, it runs without a projected end. `same_cycle_pause` None: no limit is set. `tolerance`:
    how much short an end still counts as complete. `left`: the exit from treatment, since when it is known. `died`: death.
    `lifted`: when a clinician decided to go on in spite of a stop. `sizes`: the weights that are believed. `tz`: the zone.
    `stops`: the stop rules that have come true, and since when. `stop_low`: the rules by which what comes at the low dose stops.
    """

    days: int | None
    same_cycle_pause: int | None
    tolerance: timedelta
    left: Ending | None
    died: Ending | None
    lifted: list[Lifted]
    tz: ZoneInfo
    sizes: Sequence[Event] = ()
    stops: Sequence[tuple[Stop, datetime]] = ()
    stop_low: frozenset[str] = frozenset()

    def later(self, instant: datetime, days: int) -> datetime:
        """So many local days after an instant."""
        return days_later(instant, days, self.tz)


@dataclass(frozen=True, slots=True)
class Cuts:
    """What may have ended an infusion: reported ends and stops, death, and `exit`, since when it should not run any more: then
    its end is a stop. `tolerance`: how much short an end still counts as complete."""

    ended: datetime | None
    stopped: datetime | None
    died: datetime | None
    exit: datetime | None
    tolerance: timedelta

    @property
    def reported(self) -> datetime | None:
        """When it was off, as reported."""
        return min((t for t in (self.ended, self.stopped) if t is not None), default=None)

    @property
    def first(self) -> datetime | None:
        """When it was off at the latest."""
        return min((t for t in (self.reported, self.died) if t is not None), default=None)


def run_infusion(
    spec: Infusion, around: Around, types: dict[str, AdverseEventType], record: Record, passed: Passed
) -> Run:
    """The run of an infusion. `passed(instant)` is the only access to the clock."""
    starts = actions_of(record, spec, "infusion_started")
    if not starts:
        return Run(unit=spec.unit, odd=impossible(spec, record, None, None))
    spec = dosed(spec, around.sizes, _counted_from(spec, record, starts).occurred)
    run = _run(spec, around, types, record, passed, starts)
    low = came_low(run, spec, around.stop_low)
    # What comes at the low dose changes nothing of the doses before it.
    return _run(spec, around, types, record, passed, starts, low) if low else run


def _run(
    spec: Infusion,
    around: Around,
    types: dict[str, AdverseEventType],
    record: Record,
    passed: Passed,
    starts: list[Event],
    low: Low = frozenset(),
) -> Run:
    first = _counted_from(spec, record, starts)
    start = first.occurred
    run = Run(unit=spec.unit)
    run.start = run.as_of = start
    ends = [e.occurred for e in actions_of(record, spec, "infusion_ended") if e.occurred >= start]
    stops = [e.occurred for e in actions_of(record, spec, "infusion_stopped") if e.occurred >= start]
    died = around.died.at if around.died is not None else None
    run.directives = directives(spec, types, record, starts[0].occurred, passed, around.later, around.tz, low)
    run.directives += [Directive(rule, "stop", since, since, known=since) for rule, since in around.stops]
    lift(run.directives, around.lifted)
    marks = sorted(
        [(e.occurred, 0, e) for e in actions_of(record, spec, "infusion_paused") if e.occurred >= start]
        + [(e.occurred, 1, e) for e in actions_of(record, spec, "infusion_resumed") if e.occurred >= start],
        key=lambda m: (m[0], m[1], m[2].id),
    )
    _pauses(run, spec, marks)
    halt = min((d.since for d in run.directives if d.action == "stop" and d.until is None), default=None)
    left = max(around.left.at, start) if around.left is not None else None
    run.odd = impossible(spec, record, starts[0].occurred, None)
    total = None if around.days is None or run.odd else timedelta(hours=24 * around.days)
    exit_ = min((t for t in (halt, left) if t is not None), default=None)
    died = died if died is not None and died >= start else None
    cuts = Cuts(min(ends, default=None), min(stops, default=None), died, exit_, around.tolerance)
    _amount(run, total, cuts, passed)
    _halted(run, halt)
    over = run.end if run.state in OVER else _followed(run, spec, record)
    until = run.end if run.state in (*OVER, EXPECTED) else None
    run.odd = run.odd or impossible(spec, record, starts[0].occurred, until, planned=run.state == EXPECTED)
    _cut_off(run)
    before = _gap(spec, record, first)
    carried = _low(run, before, start) if before is not None else None
    run.directives = [
        d
        for d in run.directives
        if (d.until is None or d.until >= start or d.since >= start) and (over is None or d.since <= over)
    ]
    clock = Clock(passed, around.later, cache(lambda rule: too_high(rule, record)))
    dose_steps(run, spec, first, carried, [m[2] for m in marks if m[1] == 1], clock)
    _flags(run, spec, around, record, passed)
    _despite(run, first, marks, halt)
    if around.left is not None:
        if around.left.at < start:
            run.flag("given_after_exit", max(first.recorded, around.left.known))
        for at, kind, event in marks:
            if kind == 1 and at > around.left.at:
                run.flag("given_after_exit", max(event.recorded, around.left.known))
        if run.state in ("running", "paused"):
            run.left = around.left.event
            run.flag("left_running", max(first.recorded, around.left.known))
    if starts[-1].occurred > start:
        run.flag("started_twice", starts[-1].occurred)
    return run


def _gap(spec: Infusion, record: Record, first: Event) -> datetime | None:
    """When the infusion that went before was off, where the days are counted anew."""
    breaks = [
        e.occurred
        for a in ("infusion_ended", "infusion_paused")
        for e in actions_of(record, spec, a)
        if e.occurred <= first.occurred
    ]
    earlier = [e for e in actions_of(record, spec, "infusion_started") if e.occurred < first.occurred]
    breaks = [t for t in breaks if earlier and t >= earlier[0].occurred]
    resumes = [e.occurred for e in actions_of(record, spec, "infusion_resumed")]
    # Off since the first break after which it was not resumed: an end may be reported days after the pause.
    return next((t for t in sorted(breaks) if not any(t < r < first.occurred for r in resumes)), None)


def _low(run: Run, since: datetime, until: datetime) -> AdverseEventRule | None:
    """The rule by which an episode asks for the low dose which was on at any time while the infusion was off."""
    for directive in run.directives:
        restart = directive.episode.restart if directive.episode is not None else None
        if (
            restart is not None
            and restart.low_days
            and directive.began <= until
            and (directive.until is None or directive.until >= since)
        ):
            return directive.episode
    return None


def _followed(run: Run, spec: Infusion, record: Record) -> datetime | None:
    """When the next infusion began after an end that is only expected: by then this one was over."""
    if run.state != EXPECTED or run.end is None:
        return None
    begun = [e.occurred for e in record.actions.get("infusion_started", ()) if e.scope != spec.scope]
    return min((at for at in begun if at >= run.end), default=None)


def _halted(run: Run, halt: datetime | None) -> None:
    """A stop takes effect when it is true: an infusion that is off does not wait for a signature."""
    if halt is None or run.state != "paused":
        return
    off = run.pauses[-1].start
    run.state, run.end = "stopped", max(off, halt)
    run.stop = run.end


def _despite(run: Run, first: Event, marks: list[tuple[datetime, int, Event]], halt: datetime | None) -> None:
    """Whether it was started or resumed in spite of a stop."""
    if halt is None:
        return
    for at in (first.occurred, *(at for at, kind, _ in marks if kind == 1)):
        if at > halt and (run.end is None or run.state not in OVER or at < run.end):
            run.flag("given_after_stop", at)


def _counted_from(spec: Infusion, record: Record, starts: list[Event]) -> Event:
    """The start that the days count from: a later one counts anew if the infusion had ended or was paused when it came."""
    first = starts[0]
    breaks = [e.occurred for a in ("infusion_ended", "infusion_paused") for e in actions_of(record, spec, a)]
    resumes = [e.occurred for e in actions_of(record, spec, "infusion_resumed")]
    for later in starts[1:]:
        before = [t for t in breaks if first.occurred <= t <= later.occurred]
        if before and not any(max(before) < t < later.occurred for t in resumes):
            first = later
    return first


def _pauses(run: Run, spec: Infusion, marks: list[tuple[datetime, int, Event]]) -> None:
    open_pause: Pause | None = None
    for at, kind, event in marks:
        if kind == 0 and open_pause is None:
            open_pause = Pause(at, None, None)
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
                    run.pauses.append(Pause(order.began, at, order.episode, assumed=True))
                run.flag("resumed_without_pause", at)
                run.stray.append((event.recorded, UNPAUSED))
    for pause in run.pauses:
        pause.rule = pause.rule or _ordering(run, pause)


def _ordering(run: Run, pause: Pause) -> AdverseEventRule | None:
    """The rule of an episode that was on while the infusion was off, whatever it had been paused for; the one that lowers the
    restart first."""
    rules = [
        d.episode
        for d in run.directives
        if d.episode is not None
        and d.action in ("interrupt", "review", "stop")
        and (pause.end is None or d.began <= pause.end)
        and (d.until is None or d.until >= pause.start)
    ]
    low = [rule for rule in rules if rule.restart is not None and rule.restart.low_days]
    return next(iter([*reversed(low), *reversed(rules)]), None)


def _amount(
    run: Run,
    total: timedelta | None,
    by: Cuts,
    passed: Passed,
) -> None:
    """Hours and state. Time alone completes nothing: when the hours are over, the end is expected until somebody reports it."""
    assert run.start is not None
    cut = by.first
    given, since = timedelta(0), run.start
    for pause in run.pauses:
        if cut is not None and pause.start >= cut:
            break
        if pause.start > since:
            if by.reported is None and total is not None and given + (pause.start - since) >= total:
                break
            given += pause.start - since
        if pause.end is None:
            run.given, run.as_of = given, pause.start
            if cut is not None:
                _over(run, total, cut, by)
            else:
                run.state = "paused"
            return
        since = max(since, pause.end)
    projected = since + (total - given) if total is not None else None
    if by.exit is not None and (projected is None or by.exit < projected):
        projected = None
    # Nobody reports by dying that the hours had been given: an end that was expected before stays expected.
    if cut is not None and (by.reported is not None or projected is None or cut < projected):
        run.given, run.as_of = given + max(cut - since, timedelta(0)), cut
        _over(run, total, cut, by)
        return
    run.end = projected
    if projected is not None and total is not None and passed(projected):
        run.state, run.given, run.as_of = EXPECTED, total, projected
        run.flag(EXPECTED, projected)
    else:
        run.state, run.given, run.as_of = "running", given, since


def _over(run: Run, total: timedelta | None, cut: datetime, by: Cuts) -> None:
    if any(t is not None and t <= cut for t in (by.stopped, by.died, by.exit)):
        run.state, run.stop, run.end = "stopped", cut, cut
    elif total is None or total - run.given <= by.tolerance:
        run.state, run.end = "complete", cut
        run.flag("complete", cut)
    else:
        run.state, run.end = "short", cut
        run.flag("short", cut)


def _cut_off(run: Run) -> None:
    """Pauses count only while there is an infusion: nothing of them is left after its end."""
    if run.state not in (*OVER, EXPECTED):
        return
    assert run.end is not None
    for pause in run.pauses:
        if pause.end is not None and pause.start < run.end < pause.end:
            run.flag("resumed_after_end", pause.end)
            pause.end = None
    run.pauses = [p for p in run.pauses if p.start < run.end]


def _flags(run: Run, spec: Infusion, around: Around, record: Record, passed: Passed) -> None:
    same_cycle_pause = around.same_cycle_pause
    for pause in run.pauses:
        limit = pause.start + spec.supervised_pause_hours * HOUR
        over = None if same_cycle_pause is None else around.later(pause.start, same_cycle_pause)
        # The table of deviations asks about every pause of that length, whatever its cause.
        until = pause.end or (run.end if run.state in OVER else None)
        if over is not None and (
            until > over if until is not None else run.state == "paused" and passed(over + MINUTE)
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
    for event in actions_of(record, spec, "bag_change_missed"):
        run.flag("bag_missed", event.occurred)
