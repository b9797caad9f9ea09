"""How single doses are infused: the ladder of rates, reactions, and what they mean for the next infusion.

Rates are whole or decimal mL/h, time is elapsed time; lengths are exact fractions of an hour, rounded to the second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from pathway.anchors import compile_number
from pathway.course import events_of
from pathway.dosing import Doses, Infusing, Rate
from pathway.events import Event
from pathway.ledger import Run
from pathway.record import key_of
from pathway.state import Context

if TYPE_CHECKING:
    from pathway.builder import Builder

HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Reaction:
    """A reaction with its highest grade, and the rate at which it began. `over`: when it was resolved."""

    at: datetime
    grade: int
    rate: Fraction
    over: datetime | None = None


@dataclass(slots=True)
class Drip:
    """An infusion. `key`: its ledger; `number` counts from 1, over all cycles; `state` `planned`: not begun yet.

    `steps`: (from, mL/h); `end` None while unknown.
    """

    label: str
    number: int
    rate: Rate
    start: datetime | None
    state: str = "planned"
    steps: list[tuple[datetime, Fraction]] = field(default_factory=list)
    end: datetime | None = None
    reactions: list[Reaction] = field(default_factory=list)
    key: str = ""


@cache
def minutes(rate: Rate) -> int:
    """The length of an infusion without a reaction."""
    left, speed, spent = Fraction(rate.volume), Fraction(rate.start), Fraction(0)
    while speed < rate.top and left > speed:
        left, spent, speed = left - speed, spent + 1, min(speed + rate.step, Fraction(rate.top))
    return round((spent + left / speed) * 60)


def run_rate(
    rate: Rate, start: datetime, marks: list[tuple[datetime, Fraction | None]]
) -> tuple[list[tuple[datetime, Fraction]], datetime | None]:
    """The steps of an infusion and its end. `marks`: interruptions (None) and resumptions (mL/h), in order of time.

    The end is None while it is interrupted.
    """
    steps = [(start, Fraction(rate.start))]
    at, speed, left = start, Fraction(rate.start), Fraction(rate.volume)
    running = True
    for mark, resumed in [*marks, (None, None)]:
        while running:
            over = at + _hours(left / speed)
            step = at + HOUR if speed < rate.top else None
            if (mark is None or over <= mark) and (step is None or over <= step):
                return [*steps, (over, Fraction(0))], over
            if step is None or (mark is not None and mark < step):
                break
            left, at, speed = left - speed, step, min(speed + rate.step, Fraction(rate.top))
            if mark is None or at < mark:
                steps.append((at, speed))
        if mark is None:
            break
        if resumed is None and running:
            left -= speed * Fraction(int((mark - at).total_seconds()), 3600)
            steps.append((mark, Fraction(0)))
            running = False
        elif resumed is not None and not running:
            steps.append((mark, resumed))
            at, speed, running = mark, resumed, True
    return steps, None


def _hours(length: Fraction) -> timedelta:
    return timedelta(seconds=round(length * 3600))


def compile_drips(
    spec: Doses, infusing: Infusing, builder: Builder
) -> Callable[[Context, Run, Run | None], None]:
    """The function that adds the infusions to a course, with the flags that reactions raise.

    Flags: `reaction_open`, `reaction_running` (not yet interrupted), `reaction_stop`, `resumed_too_fast`,
    `resumed_unresolved`, `premedication_off`, `second_slow`, `later_slow`.
    """
    builder.adverse_event(infusing.reaction)
    for label in spec.labels:
        for action in (infusing.paused, infusing.resumed, infusing.ended, infusing.premedicated):
            builder.action(action, (*spec.scope, ("dose", label)))
    gap = compile_number(infusing.anew_after, builder)
    key = key_of(spec.id, spec.scope)
    earliest, latest = (timedelta(hours=h) for h in reversed(infusing.premedication))

    def infuse(ctx: Context, run: Run, before: Run | None) -> None:
        assert run.course is not None
        drips = list(before.course.drips) if before is not None and before.course is not None else []
        drips = [d for d in drips if d.start is not None]
        split = sum(1 for d in run.course.doses if d.label in infusing.parts) > 1
        given = [d for d in run.course.doses if d.state == "given"]
        for dose in sorted(given, key=lambda d: (d.at or ctx.now, d.label)):
            assert dose.at is not None
            drip = _next(ctx, infusing, drips, dose.label, dose.at, split, gap(ctx))
            drip.start, drip.key = dose.at, key
            own = {name: events_of(ctx, spec, name, dose.label) for name in _actions(infusing)}
            later = [d.at for d in given if d.at is not None and d.at > dose.at]
            _pour(ctx, infusing, drip, own, min(later, default=None), run)
            drips.append(drip)
            ready = own[infusing.premedicated]
            if not any(earliest >= dose.at - e.occurred >= latest for e in ready):
                run.flag("premedication_off", dose.at)
        _judge(ctx, infusing, drips, run, key)
        history = list(drips)
        for dose in run.course.doses:
            if dose.state in ("planned", "held"):
                planned = _next(ctx, infusing, history, dose.label, None, split, gap(ctx))
                planned.key = key
                drips.append(planned)
                history.append(planned)
        run.course.drips = drips
        if run.start is not None:
            _slower(infusing, [d for d in drips if d.key == key], drips, run)

    return infuse


def _actions(infusing: Infusing) -> tuple[str, ...]:
    return (infusing.paused, infusing.resumed, infusing.ended, infusing.premedicated)


def _next(
    ctx: Context,
    infusing: Infusing,
    drips: list[Drip],
    label: str,
    at: datetime | None,
    split: bool,
    gap: int | None,
) -> Drip:
    """The infusion that follows: its number, and the ladder that the ones before it allow."""
    started = [d for d in drips if d.start is not None]
    last = started[-1] if started else None
    anew = False
    if last is not None and last.start is not None and gap is not None:
        over = last.start + timedelta(days=gap)
        anew = at >= over if at is not None else ctx.passed(over)
    part = split and label in infusing.parts
    if not drips or anew:
        return Drip(label, 1, infusing.part if part else infusing.first, None)
    number = drips[-1].number + (0 if part and label != infusing.parts[0] else 1)
    if number == 1:
        return Drip(label, 1, infusing.part, None)
    begun = max(n for n, d in enumerate(drips) if d.number == 1 and (n == 0 or drips[n - 1].number > 1))
    firsts = [d for d in drips[begun:] if d.number <= 2]
    if number == 2:
        early = any(_early(d, infusing) for d in firsts)
        return Drip(label, 2, infusing.second_reacted if early else infusing.second, None)
    late = any(r.rate >= infusing.late_rate for d in firsts for r in d.reactions)
    return Drip(label, number, infusing.later_reacted if late else infusing.later, None)


def _early(drip: Drip, infusing: Infusing) -> bool:
    return drip.start is not None and any(
        r.at - drip.start <= timedelta(hours=infusing.early_hours) for r in drip.reactions
    )


def _pour(
    ctx: Context,
    infusing: Infusing,
    drip: Drip,
    own: dict[str, list[Event]],
    following: datetime | None,
    run: Run,
) -> None:
    assert drip.start is not None
    start = drip.start
    pauses = [(e.occurred, 0, e) for e in own[infusing.paused] if e.occurred >= start]
    marks: list[tuple[datetime, Fraction | None]] = []
    resumes = [(e.occurred, 1, e) for e in own[infusing.resumed] if e.occurred >= start]
    for at, kind, event in sorted([*pauses, *resumes], key=lambda m: (m[0], m[1], m[2].id)):
        if kind == 0:
            marks.append((at, None))
            continue
        drip.steps, _ = run_rate(drip.rate, start, marks)
        before = next((r for s, r in reversed(drip.steps) if s < at and r), Fraction(drip.rate.start))
        reported = event.detail("rate")
        speed = Fraction(reported) if reported is not None else before * Fraction(infusing.resume_at_most)
        marks.append((at, speed if speed > 0 else None))
    drip.steps, drip.end = run_rate(drip.rate, start, marks)
    drip.reactions = _reactions(ctx, infusing, drip, following)
    ends = [e.occurred for e in own[infusing.ended] if e.occurred >= start]
    if ends:
        drip.end, drip.state = ends[0], "ended"
        drip.steps = [(at, r) for at, r in drip.steps if at < ends[0]] + [(ends[0], Fraction(0))]
    else:
        drip.state = "interrupted" if drip.end is None else "resumed" if resumes else "running"
    for at, rate in marks:
        limit = limit_after(drip, infusing, at)
        if rate is None or limit is None:
            continue
        if rate > limit:
            run.flag("resumed_too_fast", at)
        if any(r.at <= at and (r.over is None or r.over > at) for r in drip.reactions):
            run.flag("resumed_unresolved", at)


def limit_after(drip: Drip, infusing: Infusing, at: datetime | None = None) -> Fraction | None:
    """The highest rate at which an infusion may go on after its last reaction; None without one."""
    before = [r for r in drip.reactions if at is None or r.at <= at]
    return before[-1].rate * Fraction(infusing.resume_at_most) if before else None


def _reactions(ctx: Context, infusing: Infusing, drip: Drip, following: datetime | None) -> list[Reaction]:
    """The reactions from the start of this infusion to that of the next; continuing reports raise or resolve them."""
    assert drip.start is not None
    found: dict[str, Reaction] = {}
    for event in ctx.record.adverse.get(infusing.reaction, ()):
        grade = int(event.value or 0)
        earlier = found.get(ctx.record.root.get(event.target, event.target))
        if earlier is not None:
            found[event.id] = earlier
            earlier.grade = max(earlier.grade, grade)
            earlier.over = event.occurred if grade == 0 else None
        elif (
            not event.target
            and grade
            and drip.start <= event.occurred
            and (following is None or event.occurred < following)
        ):
            found[event.id] = Reaction(event.occurred, grade, _rate_at(drip, event.occurred))
    return list({id(r): r for r in found.values()}.values())


def _rate_at(drip: Drip, at: datetime) -> Fraction:
    """The rate at which a reaction began; after the end, the last one that ran."""
    return next(
        (rate for since, rate in reversed(drip.steps) if since < at and rate), Fraction(drip.rate.start)
    )


def _judge(ctx: Context, infusing: Infusing, drips: list[Drip], run: Run, key: str) -> None:
    severe = 0
    for drip in drips:
        for reaction in drip.reactions:
            severe += reaction.grade == infusing.third_grade
            if drip.key == key and (reaction.grade >= infusing.stop_grade or severe >= infusing.third):
                run.flag("reaction_stop", reaction.at)
    last = drips[-1] if drips else None
    if last is None or last.key != key:
        return
    open_ = [r for r in last.reactions if r.over is None]
    if open_:
        run.flag("reaction_open", open_[0].at)
    resumed = [at for at, rate in last.steps if rate == 0]
    running = last.state in ("running", "resumed") and last.end is not None and not ctx.passed(last.end)
    unanswered = [r for r in last.reactions if not any(at >= r.at for at in resumed if at != last.end)]
    if running and unanswered:
        run.flag("reaction_running", unanswered[0].at)
    if last.state == "interrupted" and run.state in ("running", "held", "complete"):
        run.state = "paused"


def _slower(infusing: Infusing, own: list[Drip], drips: list[Drip], run: Run) -> None:
    """Flags of infusions, done or to come, that reactions have put on a slower ladder."""
    at = min((r.at for d in drips for r in d.reactions), default=None)
    for drip in own:
        if at is not None and drip.number == 2 and drip.rate == infusing.second_reacted:
            run.flag("second_slow", at)
        if at is not None and drip.number > 2 and drip.rate == infusing.later_reacted:
            run.flag("later_slow", at)
