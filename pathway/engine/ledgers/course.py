"""The state of a course of doses: what is planned, held, omitted and given; and the flags that this raises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from pathway.clock import at_hour, local_day
from pathway.engine.context import Evaluation
from pathway.engine.endings import Ending
from pathway.engine.results import Course, Episode, Halt, Held, Planned, Run
from pathway.events import Event
from pathway.language import Doses

STOPPED_BY_REDUCTIONS = 3
"""So many long holds: nothing is left to lower."""


@dataclass(slots=True)
class CoursePlan:
    """What compiling a course looks up once."""

    spec: Doses
    start: int
    size: int
    by: int | None
    previous: int | None
    spacing: Callable[[Evaluation], int | None]
    omit: Callable[[Evaluation], int | None]
    reduce: Callable[[Evaluation], int | None]
    review: Callable[[Evaluation], int | None]
    episodes: list[Callable[[Evaluation, datetime | None], list[Episode]]]
    sizes: Callable[[Evaluation], list[Event]]
    stops: Callable[[Evaluation], tuple[list[Halt], list[str]]]
    ended: Callable[[Evaluation], Ending | None]
    turns: dict[str, Callable[[Evaluation, Event], str]]
    went_on: Callable[[Evaluation], list[datetime]]
    """When a clinician decided to go on."""


def events_of(ctx: Evaluation, spec: Doses, action: str, label: str) -> list[Event]:
    """What is on record of an action for a dose, in clinical order."""
    scope = tuple(sorted((*spec.scope, ("dose", label))))
    return [e for e in ctx.record.actions.get(action, ()) if e.scope == scope]


def lasted(ctx: Evaluation, held: Held, days: int) -> datetime | None:
    """The instant from which a dose has been held so many days, None if it has not."""
    at = at_hour(held.since + timedelta(days=days), 0, ctx.tz)
    if held.until is not None:
        return at if (held.until - held.since).days >= days else None
    return at if ctx.passed(at) else None


def due_begun(ctx: Evaluation, dose: Planned) -> bool:
    """Whether the day has come on which a held dose should have been given."""
    return bool(dose.held) and ctx.passed(at_hour(dose.held[-1].since, 0, ctx.tz))


def raise_flags(
    ctx: Evaluation,
    plan: CoursePlan,
    run: Run,
    course: Course,
    given: dict[str, Event],
    episodes: list[Episode],
    before: tuple[datetime, ...],
) -> None:
    """Raise what the doses show. `before`: the holds that the cycle before has answered for; one lowers one cycle."""
    thresholds = (
        ("held_to_omit", plan.omit(ctx), 0),
        ("held_to_reduce", plan.reduce(ctx), 0),
        ("held_to_review", plan.review(ctx), 1),
    )
    for dose in course.doses:
        if dose.state == "held" and dose.held[-1].until is None and due_begun(ctx, dose):
            run.flag("held", max(dose.held[-1].opened, at_hour(dose.held[-1].since, 0, ctx.tz)))
        for held in dose.held:
            for name, limit, more in thresholds:
                at = lasted(ctx, held, limit + more) if limit is not None else None
                if name == "held_to_omit" and (dose.state != "omit"):
                    continue
                if name == "held_to_reduce" and (not held.reduces or held.opened in before):
                    continue
                if at is not None:  # and it stays so when the hold is over: somebody has yet to decide
                    run.flag(name, at)
    if plan.spec.lifted_by:
        run.undecided = run.flags.get("held_to_review", run.undecided)
    if course.level and course.counted:
        run.flag("reduced", max(course.counted))
    if course.level >= STOPPED_BY_REDUCTIONS and course.counted:
        run.flag("exhausted", max(course.counted))
    spacing, last = plan.spacing(ctx) or 0, None
    for dose in sorted((d for d in course.doses if d.at is not None), key=lambda d: (d.at, d.label)):
        event = given.get(dose.label)
        if event is None:
            continue
        _flag_given(ctx, plan, run, dose, event, episodes)
        day = local_day(event.occurred, ctx.tz)
        if last is not None and (day - last).days < spacing:
            run.flag("too_close", event.occurred)
        last = day


def _flag_given(
    ctx: Evaluation, plan: CoursePlan, run: Run, dose: Planned, event: Event, episodes: list[Episode]
) -> None:
    spec, at = plan.spec, event.occurred
    reported = event.detail("dose")
    due = dose.measured
    if (
        reported is not None
        and due is not None
        and abs(Decimal(reported) - due) > due * Decimal(spec.tolerance)
    ):
        run.flag("dose_differs", at)
    if any(
        e.opened <= at
        and (e.closed is None or e.closed > at)
        and (not e.rule.labels or dose.label in e.rule.labels)
        for e in episodes
    ):
        run.flag("given_while_held", at)
    omissions = events_of(ctx, spec, spec.omitted, dose.label)
    limit = plan.omit(ctx) if dose.label not in spec.never_omitted else None
    was_to_be_omitted = limit is not None and any(lasted(ctx, held, limit) for held in dose.held)
    if was_to_be_omitted or (omissions and omissions[0].occurred <= at):
        run.flag("given_after_omission", at)
    if run.stop is not None and run.stop < at:
        run.flag("given_after_stop", at)
    if (
        run.undecided is not None
        and run.undecided < at
        and not any(run.undecided <= on <= at for on in plan.went_on(ctx))
    ):
        run.flag("given_while_held", at)


def stop_at_once(ctx: Evaluation, run: Run, given: list[datetime]) -> None:
    """What stop rules do to a course: it is held from the moment at which they are true, and what is given then is told.

    `given`: when doses were begun, and infusions resumed.
    """
    for halt in run.stops:
        for at in given:
            if at > halt.since and (halt.until is None or at < halt.until):
                run.flag("given_while_held", at)
        if halt.until is None:
            run.flag("stop_directed", halt.since)
    if "stop_directed" in run.flags:
        run.dose = "0"
        if run.state in ("running", "paused"):
            run.state = "held"
