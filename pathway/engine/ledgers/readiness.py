"""What must be settled before a dose is given: criteria, stop rules that are open, the values that holds compare, and the weight
or surface that it is computed from.

A dose to come waits for it. Of a dose that was given it is asked as it was then, by what had happened by that instant and as the
record is corrected today.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from pathway.clock import close_of, local_day
from pathway.engine.as_it_was import as_it_was
from pathway.engine.context import Evaluation
from pathway.engine.doubts import compile_believed
from pathway.engine.ledgers.course import due_begun
from pathway.engine.ledgers.holds import Open, compile_open
from pathway.engine.linker import Linker
from pathway.engine.results import Planned, Run
from pathway.engine.times import compile_number
from pathway.events import Event
from pathway.language import Doses, Hold, Reading
from pathway.language.terms import key_of
from pathway.language.walk import atoms

Lacks = Callable[[Evaluation, Run, Planned], tuple[str, ...]]
"""What is not settled before a dose, by name."""
Number = Callable[[Evaluation], int | None]


def compile_unknown(spec: Doses, linker: Linker) -> Lacks:
    """The facts that are not known, and on which it hangs whether a dose to come is held."""
    holds = _holds(spec, linker)

    def unknown(ctx: Evaluation, run: Run, dose: Planned) -> tuple[str, ...]:
        due, found = dose.due, dict[str, None]()
        if due is None or due_begun(ctx, dose):
            return ()
        for rule, open_, days in holds:
            within = days(ctx)

            def fresh(event: Event, within: int | None = within) -> bool:
                if within is None:
                    return True
                last = local_day(event.occurred, ctx.tz) + timedelta(days=within)
                return last >= due and not ctx.passed(close_of(last, ctx.tz))

            if not rule.labels or dose.label in rule.labels:
                found.update(dict.fromkeys(open_(ctx, _first(run), None, fresh)))
        return tuple(found)

    return unknown


def compile_lacked(spec: Doses, linker: Linker) -> Lacks:
    """What was not settled when a dose was given, but for what the protocol's own deviations tell."""
    needs = [(name, linker.criterion(name)) for name in spec.needs]
    index = linker.ledger(key_of(spec.id, spec.scope)) if spec.stops else None
    told = _told(linker)
    needs = [
        (name, n)
        for name, n in needs
        if not _facts(linker.criteria[name]) <= told or not _facts(linker.criteria[name])
    ]
    holds = _holds(spec, linker)
    sizes = compile_believed(linker.fact(spec.size.fact))

    def lacked(ctx: Evaluation, run: Run, dose: Planned) -> tuple[str, ...]:
        at = dose.at
        assert at is not None
        found = dict[str, None]()
        if not any(local_day(e.occurred, ctx.tz) <= local_day(at, ctx.tz) for e in sizes(ctx)):
            found[spec.size.fact] = None  # nobody can say what the dose should have been
        if needs or index is not None:
            then = as_it_was(ctx, at)
            found.update(dict.fromkeys(name for name, n in needs if then.criterion(n).verdict != "PASS"))
            found.update(dict.fromkeys(then.ledger(index).unsettled if index is not None else ()))
        for rule, open_, days in holds:
            within = days(ctx)

            def fresh(event: Event, within: int | None = within) -> bool:
                last = local_day(event.occurred, ctx.tz) + timedelta(days=within or 0)
                return within is None or local_day(at, ctx.tz) <= last

            if not rule.labels or dose.label in rule.labels:
                found.update(dict.fromkeys(f for f in open_(ctx, _first(run), at, fresh) if f not in told))
        return tuple(found)

    return lacked


def _holds(spec: Doses, linker: Linker) -> list[tuple[Hold, Open, Number]]:
    return [(rule, compile_open(rule, linker), _number(rule.within, linker)) for rule in spec.holds]


def _number(within: object, linker: Linker) -> Number:
    return (lambda ctx: None) if within is None else compile_number(within, linker)  # type: ignore[arg-type]


def _first(run: Run) -> datetime | None:
    return run.course.first if run.course is not None else None


def _facts(part: object) -> set[str]:
    return {reading.fact for reading in atoms(part, Reading)}


def _told(linker: Linker) -> set[str]:
    """The facts that deviations of the protocol read."""
    return set().union(*(_facts(d.when) for d in linker.protocol.deviations if d.kind == "deviation"))
