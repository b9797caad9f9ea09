"""How single doses are infused: the ladder of rates, reactions, and what they mean for the next infusion.

Rates are whole or decimal mL/h, time is elapsed time; lengths are exact fractions of an hour, rounded to the second.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache

from pathway.engine.adverse_events import begun_with, grade_of, occurrences_of
from pathway.engine.context import Evaluation
from pathway.engine.endings import Ending, compile_ending
from pathway.engine.ledgers.course import events_of
from pathway.engine.ledgers.infusion import UNPAUSED
from pathway.engine.ledgers.stops import compile_lifted, lift_halts
from pathway.engine.linker import Linker
from pathway.engine.results import Halt, InfusionRun, Reaction, Run
from pathway.engine.times import compile_number
from pathway.events import Event
from pathway.language import Doses, Infusing, Rate, Scope
from pathway.language.terms import key_of

HOUR = timedelta(hours=1)


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


def compile_rates(
    spec: Doses, infusing: Infusing, linker: Linker
) -> Callable[[Evaluation, Run, Run | None], None]:
    """The function that adds the infusions to a course, with the flags that reactions raise.

    Flags: `reaction_open`, `reaction_running` (not yet interrupted), `reaction_stop`, `resumed_too_fast`, `resumed_unresolved`,
    `resumed_rate_unknown` (after a reaction, and nobody has said at which rate), `premedication_off`,
    `premedicated_again` (in time by one report, and by a later one too late), `second_slow`, `later_slow`.
    """
    linker.adverse_event(infusing.reaction)
    for label in spec.labels:
        for action in (infusing.paused, infusing.resumed, infusing.ended, infusing.premedicated):
            linker.action(action, (*spec.scope, ("dose", label)))
    gap = compile_number(infusing.anew_after, linker)
    key = key_of(spec.id, spec.scope)
    left, lifted = compile_ending(linker, "treatment", below="life"), compile_lifted(spec.lifted_by, linker)
    earliest, latest = (timedelta(hours=h) for h in reversed(infusing.premedication))

    def infuse(ctx: Evaluation, run: Run, before: Run | None) -> None:
        assert run.course is not None
        infusion_runs = (
            list(before.course.infusion_runs) if before is not None and before.course is not None else []
        )
        infusion_runs = [d for d in infusion_runs if d.start is not None]
        split = sum(1 for d in run.course.doses if d.label in infusing.parts) > 1
        given = [d for d in run.course.doses if d.state == "given"]
        starts = _starts(ctx, spec)
        for dose in sorted(given, key=lambda d: (d.at or ctx.start, d.label)):
            assert dose.at is not None
            infusion_run = _next(ctx, infusing, infusion_runs, dose.label, dose.at, split, gap(ctx))
            infusion_run.start, infusion_run.key = dose.at, key
            own = {name: events_of(ctx, spec, name, dose.label) for name in _actions(infusing)}
            _pour(ctx, infusing, infusion_run, own, starts, run)
            infusion_runs.append(infusion_run)
            before_it = [dose.at - e.occurred for e in own[infusing.premedicated]]
            if not any(earliest >= hours >= latest for hours in before_it):
                run.flag("premedication_off", dose.at)
            elif any(hours < latest for hours in before_it):
                run.flag("premedicated_again", dose.at)
        _judge(ctx, infusing, infusion_runs, run, key, lifted(ctx))
        _left(left(ctx), infusion_runs, run, key)
        history = list(infusion_runs)
        for dose in run.course.doses:
            if dose.state in ("planned", "held"):
                planned = _next(ctx, infusing, history, dose.label, None, split, gap(ctx))
                planned.key = key
                infusion_runs.append(planned)
                history.append(planned)
        run.course.infusion_runs = infusion_runs
        if run.start is not None:
            _slower(infusing, [d for d in infusion_runs if d.key == key], infusion_runs, run)

    return infuse


def _actions(infusing: Infusing) -> tuple[str, ...]:
    return (infusing.paused, infusing.resumed, infusing.ended, infusing.premedicated)


def _next(
    ctx: Evaluation,
    infusing: Infusing,
    infusion_runs: list[InfusionRun],
    label: str,
    at: datetime | None,
    split: bool,
    gap: int | None,
) -> InfusionRun:
    """The infusion that follows: its number, and the ladder that the ones before it allow."""
    started = [d for d in infusion_runs if d.start is not None]
    last = started[-1] if started else None
    anew = False
    if last is not None and last.start is not None and gap is not None:
        over = last.start + timedelta(days=gap)
        anew = at >= over if at is not None else ctx.passed(over)
    part = split and label in infusing.parts
    if not infusion_runs or anew:
        return InfusionRun(label, 1, infusing.part if part else infusing.first, None)
    number = infusion_runs[-1].number + (0 if part and label != infusing.parts[0] else 1)
    if number == 1:
        return InfusionRun(label, 1, infusing.part, None)
    begun = max(
        n
        for n, d in enumerate(infusion_runs)
        if d.number == 1 and (n == 0 or infusion_runs[n - 1].number > 1)
    )
    firsts = [d for d in infusion_runs[begun:] if d.number <= 2]
    if number == 2:
        early = any(_early(d, infusing) for d in firsts)
        return InfusionRun(label, 2, infusing.second_reacted if early else infusing.second, None)
    late = any(r.rate >= infusing.late_rate for d in firsts for r in d.reactions)
    return InfusionRun(label, number, infusing.later_reacted if late else infusing.later, None)


def _early(infusion_run: InfusionRun, infusing: Infusing) -> bool:
    return infusion_run.start is not None and any(
        r.at - infusion_run.start <= timedelta(hours=infusing.early_hours) for r in infusion_run.reactions
    )


def _pour(
    ctx: Evaluation,
    infusing: Infusing,
    infusion_run: InfusionRun,
    own: dict[str, list[Event]],
    starts: list[datetime],
    run: Run,
) -> None:
    assert infusion_run.start is not None
    start = infusion_run.start
    pauses = [(e.occurred, 0, e) for e in own[infusing.paused] if e.occurred >= start]
    marks: list[tuple[datetime, Fraction | None]] = []
    resumes = [(e.occurred, 1, e) for e in own[infusing.resumed] if e.occurred >= start]
    paused = False
    for at, kind, event in sorted([*pauses, *resumes], key=lambda m: (m[0], m[1], m[2].id)):
        if kind == 0:
            marks.append((at, None))
            paused = True
            continue
        if not paused:
            run.stray.append((event.recorded, f"{infusion_run.label}: {UNPAUSED}"))
        paused = False
        infusion_run.steps, _ = run_rate(infusion_run.rate, start, marks)
        before = next(
            (r for s, r in reversed(infusion_run.steps) if s < at and r), Fraction(infusion_run.rate.start)
        )
        reported = event.detail("rate")
        speed = Fraction(reported) if reported is not None else before * Fraction(infusing.resume_at_most)
        marks.append((at, speed if speed > 0 else None))
    infusion_run.steps, infusion_run.end = run_rate(infusion_run.rate, start, marks)
    infusion_run.reactions = _reactions(ctx, infusing, infusion_run, starts)
    ends = [e.occurred for e in own[infusing.ended] if e.occurred >= start]
    if ends:
        infusion_run.end, infusion_run.state = ends[0], "ended"
        infusion_run.steps = [(at, r) for at, r in infusion_run.steps if at < ends[0]] + [
            (ends[0], Fraction(0))
        ]
    else:
        infusion_run.state = (
            "interrupted" if infusion_run.end is None else "resumed" if resumes else "running"
        )
    infusion_run.resumed = [at for at, rate in marks if rate is not None]
    unsaid = [at for at, kind, event in resumes if kind and event.detail("rate") is None]
    assert run.course is not None
    for at, rate in marks:
        if rate is None:
            continue
        if any(e.opened <= at and (e.closed is None or e.closed > at) for e in run.course.episodes):
            run.flag("given_while_held", at)
        limit = limit_after(infusion_run, infusing, at)
        if limit is None:
            continue
        if at in unsaid:
            run.flag("resumed_rate_unknown", at)
        if rate > limit:
            run.flag("resumed_too_fast", at)
        if any(r.at <= at and (r.over is None or r.over > at) for r in infusion_run.reactions):
            run.flag("resumed_unresolved", at)


def limit_after(infusion_run: InfusionRun, infusing: Infusing, at: datetime | None = None) -> Fraction | None:
    """The highest rate at which an infusion may go on after its last reaction; None without one."""
    before = [r for r in infusion_run.reactions if at is None or r.at <= at]
    return before[-1].rate * Fraction(infusing.resume_at_most) if before else None


def _starts(ctx: Evaluation, spec: Doses) -> list[datetime]:
    """When each infusion of every course began, in order."""
    first: dict[Scope, datetime] = {}
    for event in ctx.record.actions.get(spec.given, ()):
        first.setdefault(event.scope, event.occurred)
    return sorted(first.values())


def _reactions(
    ctx: Evaluation, infusing: Infusing, infusion_run: InfusionRun, starts: list[datetime]
) -> list[Reaction]:
    """The reactions to this infusion; continuing reports raise or resolve them.

    One that is reported of a day before every infusion, after the first had begun, is of the first unless it was over: its day
    cannot be right, and a reaction is not without its alarm for it.
    """
    assert infusion_run.start is not None
    start, found = infusion_run.start, []
    for occurrence in occurrences_of(ctx.record, infusing.reaction)[0]:
        first, grades = occurrence.reports[0], [grade_of(e) for e in occurrence.reports]
        begun = begun_with(first, starts, ctx.tz)
        last = occurrence.reports[-1]
        over = last.occurred if not grades[-1] else None
        if begun is None and first.recorded >= starts[0] and (over is None or over > starts[0]):
            begun = starts[0]
        if max(grades) and begun == start:
            at = max(first.occurred, start)
            found.append(Reaction(at, max(grades), _rate_at(infusion_run, at), over and max(over, at)))
    return found


def _rate_at(infusion_run: InfusionRun, at: datetime) -> Fraction:
    """The rate at which a reaction began; after the end, the last one that ran."""
    return next(
        (rate for since, rate in reversed(infusion_run.steps) if since < at and rate),
        Fraction(infusion_run.rate.start),
    )


def _judge(
    ctx: Evaluation,
    infusing: Infusing,
    infusion_runs: list[InfusionRun],
    run: Run,
    key: str,
    lifted: list[datetime],
) -> None:
    severe = 0
    halts: list[Halt] = []
    for infusion_run in infusion_runs:
        for reaction in infusion_run.reactions:
            severe += reaction.grade == infusing.third_grade
            if reaction.grade >= infusing.stop_grade or severe >= infusing.third:
                if infusion_run.key == key:
                    run.flag("reaction_stop", reaction.at)
                halts.append(Halt("REACTION", "an infusion reaction", reaction.at))
    lift_halts(halts, lifted)
    run.stops += halts[:1] if all(h.until for h in halts) else [h for h in halts if h.until is None][:1]
    last = infusion_runs[-1] if infusion_runs else None
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


def _left(end: Ending | None, infusion_runs: list[InfusionRun], run: Run, key: str) -> None:
    """An infusion that was going when treatment ended is taken off, and somebody says when."""
    if end is None:
        return
    for each in infusion_runs:
        for at in each.resumed if each.key == key else ():
            if at > end.at:
                run.flag("given_after_exit", max(at, end.known))
        if (
            each.key == key
            and each.start is not None
            and each.state != "ended"
            and (each.end is None or each.end > end.at)
        ):
            run.left = end.event
            run.flag("left_running", max(end.known, each.start))


def _slower(infusing: Infusing, own: list[InfusionRun], infusion_runs: list[InfusionRun], run: Run) -> None:
    """Flags of infusions, done or to come, that reactions have put on a slower ladder."""
    at = min((r.at for d in infusion_runs for r in d.reactions), default=None)
    for infusion_run in own:
        if at is not None and infusion_run.number == 2 and infusion_run.rate == infusing.second_reacted:
            run.flag("second_slow", at)
        if at is not None and infusion_run.number > 2 and infusion_run.rate == infusing.later_reacted:
            run.flag("later_slow", at)
