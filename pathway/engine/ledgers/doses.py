"""Dose ledgers: which dose is due when and how large it is, by what has been given, held and omitted.

Fixed arithmetic with parameters, in site-local days and exact decimals. What was given stands; what comes is computed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from pathway.clock import at_hour, local_day
from pathway.engine.context import Evaluation
from pathway.engine.doubts import compile_believed
from pathway.engine.endings import Ending, compile_ending
from pathway.engine.ledgers.course import (
    STOPPED_BY_REDUCTIONS,
    CoursePlan,
    due_begun,
    events_of,
    lasted,
    raise_flags,
    stop_at_once,
)
from pathway.engine.ledgers.holds import compile_hold
from pathway.engine.ledgers.rates import compile_rates
from pathway.engine.ledgers.stops import compile_lifted, compile_stops
from pathway.engine.linker import Linker
from pathway.engine.results import Course, Episode, Held, Planned, Run
from pathway.engine.times import compile_number
from pathway.engine.turns import compile_turn
from pathway.events import Event
from pathway.language import Doses, Scope
from pathway.language.parsing import bound_of, decimal_text
from pathway.language.terms import key_of

ONE = Decimal(1)


def compile_doses(spec: Doses, linker: Linker) -> Callable[[Evaluation], Run]:
    """The function that works out a course of doses."""
    if len(spec.labels) != len(spec.days) or any(len(row) != len(spec.labels) for _, row in spec.amounts):
        raise linker.error(f"doses {key_of(spec.id, spec.scope)}: labels, days and amounts differ in number")
    for label in spec.labels:
        for action in (spec.given, spec.omitted):
            linker.action(action, _of(spec, label))
    linker.action(spec.stopped, spec.scope)

    def number(value: object) -> Callable[[Evaluation], int | None]:
        return (lambda ctx: None) if value is None else compile_number(value, linker)  # type: ignore[arg-type]

    plan = CoursePlan(
        spec,
        linker.anchor(spec.start),
        linker.reading(spec.size, "number"),
        linker.decision(spec.by, tuple(name for name, _ in spec.amounts)) if spec.by else None,
        linker.ledger(spec.previous) if spec.previous else None,
        number(spec.spacing),
        number(spec.omit_after),
        number(spec.reduce_after),
        number(spec.review_after),
        [compile_hold(rule, linker) for rule in spec.holds],
        compile_believed(linker.fact(spec.size.fact)),
        compile_stops(spec, linker),
        compile_ending(linker, "treatment"),
        {
            label: turn
            for label in spec.labels
            if (turn := compile_turn(spec.given, _of(spec, label), linker))
        },
        compile_lifted(spec.lifted_by, linker),
    )
    key = key_of(spec.id, spec.scope)
    infuse = compile_rates(spec, spec.infusing, linker) if spec.infusing is not None else None

    def run(ctx: Evaluation) -> Run:
        found, before = _run(ctx, plan)
        if infuse is not None:
            infuse(ctx, found, before)
        assert found.course is not None
        begun = [d.at for d in found.course.doses if d.state == "given" and d.at is not None]
        resumed = [at for each in found.course.infusion_runs if each.key == key for at in each.resumed]
        stop_at_once(ctx, found, [*begun, *resumed])
        return found

    return run


def _of(spec: Doses, label: str) -> Scope:
    """The scope of a dose."""
    return (*spec.scope, ("dose", label))


def _run(ctx: Evaluation, plan: CoursePlan) -> tuple[Run, Run | None]:
    spec = plan.spec
    before = ctx.ledger(plan.previous) if plan.previous is not None else None
    earlier = before.course if before is not None else None
    reports = {label: e for label in spec.labels if (e := events_of(ctx, spec, spec.given, label))}
    given = {label: e[0] for label, e in reports.items()}
    start = min((e.occurred for e in given.values()), default=None)
    course = Course([], first=(earlier.first if earlier is not None else None) or start)
    run = Run(start=start, course=course, undecided=before.undecided if before is not None else None)
    stops = [e.occurred for e in ctx.record.actions.get(spec.stopped, ()) if e.scope == spec.scope]
    run.stop = min(stops, default=None)
    (run.stops, run.unsettled), end = plan.stops(ctx), plan.ended(ctx)
    for label, each in reports.items():
        if len(each) > 1:
            course.twice += (label,)
            run.flag("given_twice", each[1].recorded)
    run.odd = _out_of_turn(ctx, plan, given)
    episodes = course.episodes = [e for found in plan.episodes for e in found(ctx, course.first)]
    course.row = ctx.decision(plan.by).outcome if plan.by is not None else ""
    level = earlier.lower_next if earlier is not None else 0
    counted = earlier.counted if earlier is not None else ()
    chain = _Chain(ctx, plan, given)
    for n, label in enumerate(spec.labels):
        if not _wanted(spec, course.row, n, level) and label not in given:
            continue
        dose = chain.place(n, label, episodes)
        course.doses.append(dose)
        lowering = _reductions(ctx, plan, dose, counted)
        counted += lowering
        if n == 0:
            level = min(level + len(lowering), STOPPED_BY_REDUCTIONS)
            course.level = course.lower_next = level
        elif lowering:
            course.lower_next = min(course.lower_next + 1, STOPPED_BY_REDUCTIONS)
    course.counted = counted
    _amounts(ctx, plan, course, given)
    _state(ctx, spec, run, course)
    _ended(run, end, given)
    raise_flags(ctx, plan, run, course, given, episodes, earlier.counted if earlier is not None else ())
    return run, before


def _out_of_turn(ctx: Evaluation, plan: CoursePlan, given: dict[str, Event]) -> list[tuple[datetime, str]]:
    """Doses that are reported of a day before that of an earlier one, each since when it is on record."""
    found = []
    for label, event in given.items():
        before = plan.turns[label](ctx, event)
        if before:
            day = local_day(event.occurred, ctx.tz).isoformat()
            found.append(
                (
                    event.recorded,
                    f"{label} is reported of {day}, before {before}: one of the two days is wrong",
                )
            )
    return found


def _ended(run: Run, end: Ending | None, given: dict[str, Event]) -> None:
    """An exit from treatment ends the course: nothing is due, and nothing completes it any more."""
    if end is None:
        return
    run.closed, run.dose = True, "0"
    if run.state not in ("not_started", "stopped") and (run.end is None or run.end > end.at):
        run.state, run.end = "stopped", end.at
        run.flags.pop("complete", None)
    for event in given.values():
        if event.occurred > end.at:
            run.flag("given_after_exit", max(event.recorded, end.known))


def _wanted(spec: Doses, row: str | None, n: int, level: int) -> bool:
    """Whether the course has this dose: its amount is not 0, and it is not the last one of a twice reduced course."""
    rows = [amounts for name, amounts in spec.amounts if row is None or name == row]
    return any(Decimal(amounts[n]) for amounts in rows) and not (
        level > 1 and n and n == len(spec.labels) - 1
    )


class _Chain:
    """Places one dose after the other: each counts from the first, or from the one before it."""

    def __init__(self, ctx: Evaluation, plan: CoursePlan, given: dict[str, Event]) -> None:
        self.ctx, self.plan, self.given = ctx, plan, given
        self.first: date | None = None
        self.last: tuple[int, date] | None = None

    def place(self, n: int, label: str, episodes: list[Episode]) -> Planned:
        """The dose with its day, its holds and what became of it."""
        ctx, spec = self.ctx, self.plan.spec
        event = self.given.get(label)
        omissions = events_of(ctx, spec, spec.omitted, label)
        due, earliest = self._due(n)
        dose = Planned(label, None, None, due, earliest, "planned")
        # A hold concerns the doses that are due: the later ones of a course that has not begun are not.
        if due is not None and (self.given or self.last is None):
            held = _holds(ctx, spec, label, due, event, episodes)
            if event is None and omissions:
                held = [h for h in held if h.opened < omissions[0].occurred]
            dose.held = held
            if event is None and held:
                self._wait(dose, due)
        if event is not None:
            dose.state, dose.at = "given", event.occurred
        elif omissions:
            dose.state, dose.at = "omitted", omissions[0].occurred
        self._follow(n, dose)
        return dose

    def _wait(self, dose: Planned, due: date) -> None:
        """A dose that is held: for how long, and whether that is too long. What comes after its omission is not its matter."""
        limit = self.plan.omit(self.ctx)
        if limit is not None and dose.label not in self.plan.spec.never_omitted:
            for n, held in enumerate(dose.held):
                if lasted(self.ctx, held, limit):
                    dose.held, dose.state = dose.held[: n + 1], "omit"
                    break
        last = dose.held[-1]
        dose.due = last.until or due
        if dose.state != "omit" and last.until is None:
            dose.state = "held"

    def _due(self, n: int) -> tuple[date | None, date | None]:
        spec, days = self.plan.spec, self.plan.spec.days
        if self.first is None or self.last is None:
            point = self.ctx.anchor(self.plan.start)
            return (None, None) if point is None else (point.day + timedelta(days=days[n] - days[0]), None)
        before, day = self.last
        if spec.shift == "interval":
            return day + timedelta(days=days[n] - days[before]), None
        earliest = day + timedelta(days=self.plan.spacing(self.ctx) or 0)
        return max(self.first + timedelta(days=days[n] - days[0]), earliest), earliest

    def _follow(self, n: int, dose: Planned) -> None:
        event = self.given.get(dose.label)
        day = dose.due
        if event is not None and (day is None or not self.plan.turns[dose.label](self.ctx, event)):
            day = local_day(event.occurred, self.ctx.tz)
        if day is None:
            return
        if self.first is None:
            self.first = day - timedelta(days=self.plan.spec.days[n] - self.plan.spec.days[0])
        if dose.state not in ("omit", "omitted") or self.last is None or self.plan.spec.shift == "interval":
            self.last = (n, day)


def _holds(
    ctx: Evaluation, spec: Doses, label: str, due: date, given: Event | None, episodes: list[Episode]
) -> list[Held]:
    """The times for which a dose had to wait, joined where one follows the other."""
    found: list[Held] = []
    ready = due
    for episode in sorted(episodes, key=lambda e: (e.opened, e.rule.id)):
        if episode.rule.labels and label not in episode.rule.labels:
            continue
        opened = local_day(episode.opened, ctx.tz)
        until = local_day(episode.closed, ctx.tz) if episode.closed is not None else None
        if (until is not None and until <= ready) or (given is not None and episode.opened >= given.occurred):
            continue
        if given is not None:
            day = local_day(given.occurred, ctx.tz)
            until = day if until is None else min(until, day)
            if until <= ready:
                continue
        since = max(ready, opened)
        last = found[-1] if found else None
        if last is not None and (last.until is None or last.until >= since):
            last.rules = tuple(dict.fromkeys((*last.rules, episode.rule.id)))
            last.reduces = last.reduces or episode.rule.reduces
            last.until = None if last.until is None or until is None else max(last.until, until)
        else:
            found.append(Held(label, (episode.rule.id,), episode.opened, since, until, episode.rule.reduces))
        ready = found[-1].until or ready
    return found


def _reductions(
    ctx: Evaluation, plan: CoursePlan, dose: Planned, counted: tuple[datetime, ...]
) -> tuple[datetime, ...]:
    """The holds of a dose that lower the next cycle, by the check that opened them; each counts once."""
    limit = plan.reduce(ctx)
    if limit is None:
        return ()
    return tuple(
        h.opened for h in dose.held if h.reduces and h.opened not in counted and lasted(ctx, h, limit)
    )


def _amounts(ctx: Evaluation, plan: CoursePlan, course: Course, given: dict[str, Event]) -> None:
    spec = plan.spec
    row = next((amounts for name, amounts in spec.amounts if name == course.row), None)
    factor = Decimal(spec.reduced_to) if course.level else ONE
    size = ctx.reading(plan.size)
    now = _capped(ctx, spec, size.low if size.state == "known" and size.exact else None)
    course.size_doubt = f"{spec.size.fact} {size.text}: {size.note}" if size.state == "review" else ""
    total = Decimal(0) if row is not None and now is not None else None
    for dose in course.doses:
        if row is not None:
            dose.amount = Decimal(row[spec.labels.index(dose.label)]) * factor
        event = given.get(dose.label)
        size_then = now if event is None else _capped(ctx, spec, _size_at(ctx, plan, event)) or now
        if dose.amount is not None and size_then is not None:
            dose.measured = _rounded(ctx, spec, dose.amount * size_then)
            total = None if total is None else total + dose.amount * size_then
    course.total = None if total is None else _rounded(ctx, spec, total)


def _capped(ctx: Evaluation, spec: Doses, size: Decimal | None) -> Decimal | None:
    cap = ctx.params[spec.size_cap.key] if spec.size_cap is not None else None
    return min(size, Decimal(cap)) if size is not None and isinstance(cap, str) else size


def _size_at(ctx: Evaluation, plan: CoursePlan, event: Event) -> Decimal | None:
    """The weight or surface that was known, and believed, when the dose was given."""
    known = [e for e in plan.sizes(ctx) if e.occurred <= event.occurred]
    text = (known[-1].value or "0") if known else None
    return Decimal(text) if text is not None and bound_of(text) is None else None


def _rounded(ctx: Evaluation, spec: Doses, amount: Decimal) -> Decimal:
    step = spec.rounding if isinstance(spec.rounding, str) else ctx.params[spec.rounding.key]
    if not isinstance(step, str) or Decimal(step) <= 0:
        return amount
    return (amount / Decimal(step)).quantize(ONE, ROUND_HALF_UP) * Decimal(step)


def given_amount(dose: Planned, event: Event | None) -> Decimal | None:
    """What was given: as reported, else as it was due."""
    reported = event.detail("dose") if event is not None else None
    return Decimal(reported) if reported is not None else dose.measured


def _state(ctx: Evaluation, spec: Doses, run: Run, course: Course) -> None:
    given = [d for d in course.doses if d.state == "given" and d.at is not None]
    total = Decimal(0)
    for dose in given:
        amount = given_amount(dose, events_of(ctx, spec, spec.given, dose.label)[0])
        total += amount or Decimal(0)
        assert dose.at is not None
        run.steps.append((dose.at, decimal_text(amount) if amount is not None else "0"))
    run.steps.sort(key=lambda step: step[0])
    run.last_dose = run.as_of = run.steps[-1][0] if run.steps else None
    course_open = [d for d in course.doses if d.state in ("planned", "held")]
    run.dose = "0"
    if run.stop is not None:
        run.state, run.end = "stopped", run.stop
    elif run.start is None:
        run.state = "not_started"
    elif not course_open:
        run.state = "complete"
        ends = [d.at for d in course.doses if d.at is not None]
        ends += [at_hour(d.held[-1].since, 0, ctx.tz) for d in course.doses if d.state == "omit"]
        run.end = max(ends)
        run.flag("complete", run.end)
    else:
        run.state = "held" if course_open[0].state == "held" and due_begun(ctx, course_open[0]) else "running"
    if run.state != "stopped" and course_open and course_open[0].state == "planned":
        run.dose = decimal_text(course_open[0].measured) if course_open[0].measured is not None else "0"
