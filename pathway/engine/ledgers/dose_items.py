"""What a dose ledger puts into the plan: an item for each dose, and the ledger's own line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from pathway.clock import at_hour, close_of
from pathway.engine.context import Evaluation
from pathway.engine.ledgers.barriers import Barrier, compile_barrier, compile_open_questions
from pathway.engine.ledgers.rates import limit_after, minutes
from pathway.engine.linker import Linker
from pathway.engine.predicates import gate
from pathway.engine.results import InfusionRun, Planned, Run
from pathway.language import Doses
from pathway.language.parsing import decimal_text
from pathway.language.terms import key_of
from pathway.plan import TO_BE_RECORDED, DoseState, InfusionRunState, Item, LedgerState

Items = Callable[[Evaluation], list[Item]]


def compile_dose_items(spec: Doses, linker: Linker) -> Items:
    """One item for each dose. It is blocked by the decision that picks its amount, by a criterion, or by a hold."""
    index = linker.ledger(key_of(spec.id, spec.scope))
    asked = gate(spec.asked, linker) if spec.asked is not None else None
    cancelled = gate(spec.cancelled, linker) if spec.cancelled is not None else None
    barrier, open_questions = compile_barrier(spec, linker), compile_open_questions(spec, linker)

    def items(ctx: Evaluation) -> list[Item]:
        run = ctx.ledger(index)
        assert run.course is not None
        wanted = asked(ctx) if asked is not None else None
        over = (
            run.state == "stopped"
            or run.closed
            or (cancelled is not None and cancelled(ctx).verdict == "PASS")
        )
        hidden = over or (wanted is not None and wanted.verdict != "PASS")
        since = wanted.since if wanted is not None and wanted.since is not None else ctx.start
        return [
            _item(ctx, spec, run, dose, since, barrier, open_questions)
            for dose in run.course.doses
            if not hidden or dose.state in ("given", "omitted")
        ]

    return items


def _item(
    ctx: Evaluation,
    spec: Doses,
    run: Run,
    dose: Planned,
    since: object,
    barrier: Barrier,
    open_questions: Barrier,
) -> Item:
    key = key_of(spec.item, (*spec.scope, ("dose", dose.label)))
    item = Item(
        spec.item, key, "dose", "not_set", _text(spec, run, dose), "clinician", dose.due, None, ctx.start
    )
    item.since = dose.at or since  # type: ignore[assignment]
    if dose.state in ("given", "omitted", "omit"):
        item.state = "done" if dose.state == "given" else "missed"
        return item
    if dose.due is None:
        return item
    first, last = (dose.due + timedelta(days=n) for n in spec.window)
    if dose.held:
        first = dose.due  # never before the check that lifted the hold
    if dose.earliest is not None:
        first = min(max(first, dose.earliest), last)
    item.window, item.late_from = (first, last), close_of(last, ctx.tz)
    if barred := barrier(ctx, run, dose):
        item.state, item.blocked_by = "blocked", barred
    elif _waits_for_earlier(spec, run, dose):
        item.state = "planned"
    elif ctx.passed(item.late_from):
        item.state = "late"
    else:
        item.state = "due" if ctx.passed(at_hour(first, 0, ctx.tz)) else "planned"
    if item.state in ("due", "late"):
        # What waits for a value that nobody reports is late all the same.
        item.blocked_by = open_questions(ctx, run, dose)
        item.state = "blocked" if item.blocked_by and item.state == "due" else item.state
    return item


def _waits_for_earlier(spec: Doses, run: Run, dose: Planned) -> bool:
    """Its day is a projection: nothing has been given yet, or it counts from a dose that is still to come."""
    assert run.course is not None
    before = run.course.doses[: run.course.doses.index(dose)]
    if run.start is None:
        return bool(before)
    return spec.shift == "interval" and any(d.state in ("planned", "held") for d in before)


def _text(spec: Doses, run: Run, dose: Planned) -> str:
    if dose.state in ("omit", "omitted"):
        return f"{spec.text}, {dose.label}: omitted{f' {TO_BE_RECORDED}' if dose.state == 'omit' else ''}"
    if dose.amount is None:
        return f"{spec.text}, {dose.label}: the dose is not decided"
    per = f"{decimal_text(dose.amount)} {spec.unit}"
    assert run.course is not None
    if dose.measured is None:
        return f"{spec.text}, {dose.label}: {per}; {run.course.size_doubt or f'{spec.size.fact} is missing'}"
    text = f"{spec.text}, {dose.label}: {per} = {decimal_text(dose.measured)} {spec.measure}"
    key = key_of(spec.id, spec.scope)
    infusion_run = next(
        (d for d in run.course.infusion_runs if (d.key, d.label, d.state) == (key, dose.label, "planned")),
        None,
    )
    if infusion_run is None:
        return text
    hours, rest = divmod(minutes(infusion_run.rate), 60)
    steps = f"{infusion_run.rate.start} mL/h, {infusion_run.rate.step} more each hour, at most {infusion_run.rate.top}"
    return f"{text} in {infusion_run.rate.volume} mL: {steps}; {hours} h {rest:02} without a reaction"


def dose_ledger(ctx: Evaluation, spec: Doses, run: Run) -> LedgerState:
    """The ledger's line: the sum given, the next dose, and every dose."""
    assert run.course is not None
    key = key_of(spec.id, spec.scope)
    given = sum((Decimal(amount) for _, amount in run.steps), Decimal(0))
    doses = tuple(_dose(d) for d in run.course.doses)
    total = run.course.total
    state = LedgerState(
        spec.id, key, run.state, decimal_text(given), run.as_of, run.dose, spec.measure, run.start, run.end,
        steps=tuple(run.steps), doses=doses, total=decimal_text(total) if total is not None else "",
    )  # fmt: skip
    sofar = f"{decimal_text(given)} {spec.measure} given"
    if run.course.twice:
        sofar += f" for certain only if {' and '.join(run.course.twice)} was not given twice: it is on record twice"
    coming = f", next {run.dose} {spec.measure}" if run.dose != "0" else ""
    state.infusion_runs = (
        tuple(_infusion_run(ctx, d, spec) for d in run.course.infusion_runs if d.key == key)
        if spec.infusing
        else ()
    )
    going = next((d for d in state.infusion_runs if d.state in ("running", "interrupted", "resumed")), None)
    pace = ""
    if going is not None:
        pace = f", {going.label} {going.state} at {going.rate} mL/h"
        pace += (
            f", goes on at no more than {going.resume_at_most} mL/h" if going.state == "interrupted" else ""
        )
    state.text = f"{key} {run.state}, {sofar}{coming}{pace}"
    return state


def _infusion_run(ctx: Evaluation, infusion_run: InfusionRun, spec: Doses) -> InfusionRunState:
    assert spec.infusing is not None
    limit = limit_after(infusion_run, spec.infusing)
    now = Fraction(0)
    for at, rate in infusion_run.steps:
        if not ctx.passed(at):
            break
        now = rate
    return InfusionRunState(
        infusion_run.label,
        infusion_run.rate.id,
        infusion_run.rate.volume,
        infusion_run.state,
        _rate_text(now),
        minutes(infusion_run.rate),
        _rate_text(limit) if limit is not None else "",
        infusion_run.end,
    )


def _rate_text(rate: Fraction) -> str:
    return decimal_text(Decimal(rate.numerator) / Decimal(rate.denominator))


def _dose(dose: Planned) -> DoseState:
    return DoseState(
        dose.label,
        dose.state,
        decimal_text(dose.amount) if dose.amount is not None else "",
        decimal_text(dose.measured) if dose.measured is not None else "",
        dose.due,
        dose.at,
        tuple((h.since, h.until, " ".join(h.rules)) for h in dose.held),
    )
