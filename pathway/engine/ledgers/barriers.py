"""What bars a dose: a stop, a hold, a size in doubt, the decision that picks its amount, a criterion, or what is not settled."""

from __future__ import annotations

from collections.abc import Callable

from pathway.engine.context import Evaluation
from pathway.engine.ledgers.readiness import compile_unknown
from pathway.engine.ledgers.stops import compile_lifted
from pathway.engine.linker import Linker
from pathway.engine.results import Planned, Run
from pathway.language import Doses
from pathway.language.terms import key_of

Barrier = Callable[[Evaluation, Run, Planned], str | None]
"""What bars a dose, as `Item.blocked_by` says it; None if nothing does."""


def compile_barrier(spec: Doses, linker: Linker) -> Barrier:
    """What bars a dose whatever its day."""
    by = linker.decision(spec.by, ()) if spec.by else None
    went_on = compile_lifted(spec.lifted_by, linker)
    needs = [(name, linker.criterion(name)) for name in spec.needs]

    def barrier(ctx: Evaluation, run: Run, dose: Planned) -> str | None:
        if stops := [halt.id for halt in run.stops if halt.until is None]:
            return f"stop {' '.join(stops)}"
        if run.undecided is not None and not any(at >= run.undecided for at in went_on(ctx)):
            return spec.lifted_by[0][0]
        if dose.state == "held":
            return f"hold {' '.join(dose.held[-1].rules)}"
        if run.course is not None and run.course.size_doubt:
            return f"implausible {spec.size.fact}"
        if by is not None and ctx.decision(by).outcome is None:
            return spec.by
        return next((name for name, n in needs if ctx.criterion(n).verdict != "PASS"), None)

    return barrier


def compile_open_questions(spec: Doses, linker: Linker) -> Barrier:
    """What is not settled, and so bars a dose whose day has come."""
    unknown = compile_unknown(spec, linker)

    def open_questions(ctx: Evaluation, run: Run, dose: Planned) -> str | None:
        if run.unsettled:
            return f"unsettled {' '.join(run.unsettled)}"
        lacks = unknown(ctx, run, dose)
        return f"unknown {' '.join(lacks)}" if lacks else None

    return open_questions


def compile_prepared(prepares: tuple[str, str], linker: Linker) -> Callable[[Evaluation, bool], str | None]:
    """What bars the dose that something prepares: (ledger, label). With `come` its day has come.

    Raises ProtocolError for an unknown dose.
    """
    key, label = prepares
    spec = next((x for x in linker.protocol.doses if key_of(x.id, x.scope) == key), None)
    if spec is None or label not in spec.labels:
        known = [f"{key_of(x.id, x.scope)} {name}" for x in linker.protocol.doses for name in x.labels]
        raise linker.error(f"prepares {key} {label}: no such dose; accepted: {', '.join(known)}")
    index = linker.ledger(key)
    barrier, open_questions = compile_barrier(spec, linker), compile_open_questions(spec, linker)

    def prepared(ctx: Evaluation, come: bool) -> str | None:
        run = ctx.ledger(index)
        assert run.course is not None
        dose = next(d for d in run.course.doses if d.label == label)
        return barrier(ctx, run, dose) or (open_questions(ctx, run, dose) if come else None)

    return prepared


__all__ = ["compile_barrier", "compile_open_questions", "compile_prepared"]
