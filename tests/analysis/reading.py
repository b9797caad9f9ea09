"""The engine's evaluation of a record, read as a world of the prover: every unknown gets the value that it has there.

So the prover's formulas can be asked what they say of a real record. Times are days since `EPOCH` as exact fractions,
site time is UTC; a ledger's end that is not known lies a day ahead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cache
from typing import Any

import z3

from analysis.proof.check_guards import guards
from analysis.proof.counterexample import Counterexample
from analysis.proof.encode_decisions import Cell
from analysis.proof.model_text import EPOCH
from analysis.proof.source_locations import SourceLocations
from analysis.proof.unknowns import ReadingVar, Stands
from analysis.proof.variables import ACTIVE_STATES
from analysis.proof.verdicts import Verdict
from pathway.clock import at_hour
from pathway.engine.anchors import compile_time
from pathway.engine.context import Compiled, Evaluation, Test
from pathway.engine.predicates import predicate
from pathway.engine.times import compile_day, compile_moment
from pathway.language import (
    Dates,
    LedgerPoint,
    NotObtainable,
    Offset,
    Passed,
    Recurred,
    Sampled,
    StudyDay,
    Unanswered,
)
from pathway.language.walk import atoms
from tests.linked import linked

VERDICTS = ("PASS", "FAIL", "PENDING", "REVIEW")
BEYOND = Fraction(10**30)
WORDS = ("not-detected", "positive-not-quantifiable")


def days(instant: datetime) -> Fraction:
    """An instant in days since `EPOCH`."""
    since = instant - datetime.combine(EPOCH, time(), UTC)
    return Fraction(since.days) + Fraction(since.seconds * 10**6 + since.microseconds, 86_400 * 10**6)


def real(value: Fraction) -> Any:
    """A number of the solver."""
    return z3.Q(value.numerator, value.denominator)


linker_of = cache(linked)


@cache
def engine_test(compiled: Compiled, node: Any) -> Test:
    """The engine's function of a predicate."""
    return predicate(node, linker_of(compiled))


class Reading:
    """A world of the prover with the values of an evaluation."""

    def __init__(self, witness: Counterexample, ctx: Evaluation) -> None:
        self.witness, self.world, self.ctx = witness, witness.world, ctx
        solver = z3.Solver()
        for unknown, value in self._values():
            solver.add(unknown == value)
        assert solver.check() == z3.sat
        self.model = solver.model()

    def holds(self, expression: Any) -> bool:
        """Whether a formula of the prover is true of the record."""
        return bool(z3.is_true(self.model.eval(expression, True)))

    def verdict(self, verdict: Verdict) -> str:
        """What the prover says of a predicate; all that it says at once, should that be a contradiction."""
        each = (verdict.passes, verdict.fails, verdict.waits, verdict.review)
        return "+".join(v for v, formula in zip(VERDICTS, each, strict=True) if self.holds(formula))

    # --- values -------------------------------------------------------------------------------------------

    def _values(self) -> Iterator[tuple[Any, Any]]:
        yield self.world.now, real(days(self.ctx.now))
        for made in self.world.readings.values():
            yield from self._slot(made)
        for name, stands in self.world.stands.items():
            unknown = self.world._made[name]
            value = self._stands(stands)
            if isinstance(value, bool):
                yield unknown, z3.BoolVal(value)
            elif isinstance(value, int):
                yield unknown, z3.IntVal(value)
            else:
                yield unknown, real(value)

    def _slot(self, made: ReadingVar) -> Iterator[tuple[Any, Any]]:
        ctx, fact = self.ctx, made.fact
        value = ctx.reading(linker_of(ctx.compiled).reading(made.reading))
        yield made.known, z3.BoolVal(value.state == "known")
        yield made.review, z3.BoolVal(value.state == "review")
        yield made.declared, z3.BoolVal(self._true(NotObtainable(made.reading)))
        known = value.state == "known"
        yield made.open, z3.BoolVal(known and fact.type == "number" and value.open_high)
        yield made.never, z3.BoolVal(known and fact.type == "date" and value.day is None)
        at = value.event.occurred if value.event is not None else ctx.now
        yield made.sampled, real(days(at))
        if fact.type == "choice":
            yield made.value, z3.IntVal(fact.values.index(value.text) if known else 0)
        elif fact.type == "date":
            yield made.value, z3.IntVal(((value.day or EPOCH) - EPOCH).days if known else 0)
        else:
            number = Fraction(fact.possible[0] or 0)
            if known:
                number = BEYOND if value.high.is_infinite() else Fraction(value.high)
            yield made.value, real(number)

    def _true(self, node: Any) -> bool:
        return engine_test(self.ctx.compiled, node)(self.ctx).verdict == "PASS"

    def _stands(self, stands: Stands) -> bool | int | Fraction:
        ctx, about = self.ctx, stands.about
        match stands.kind:
            case "true" if isinstance(about, Sampled | Unanswered | Recurred):
                return compile_time(about, linker_of(ctx.compiled))(ctx) is not None
            case "true":
                return self._true(about)
            case "set":
                return ctx.params[about] is not None
            case "setting":
                return self.world.keys[about].options.index(str(ctx.params[about]))
            case "word":
                event = ctx.reading(linker_of(ctx.compiled).reading(about)).event
                return WORDS.index(event.value) if event is not None and event.value in WORDS else 0
            case "course" | "end":
                return self._ledger(stands.kind, about)
            case "phase":
                phases = [p.id for p in ctx.compiled.tracks[about].phases]
                return phases.index(ctx.tracks[about].phase)
            case "taken":
                return self._taken(about)
            case "judged":
                return self._judged(about)
        return self._when(about)

    def _ledger(self, kind: str, ledger: str) -> int:
        state = self.ctx.ledger(list(self.ctx.compiled.ledgers).index(ledger)).state
        if kind == "course":
            return ACTIVE_STATES.index(state) if state in ACTIVE_STATES else len(ACTIVE_STATES)
        finals = self.world.finals(ledger)
        return finals.index(state) if state in finals else 0

    def _taken(self, key: str) -> int:
        decision = self.ctx.compiled.decisions[key]
        found = self.ctx.decision(list(self.ctx.compiled.decisions).index(key))
        if found.taken is None or found.outcome is None:
            return 0
        return decision.options.index(found.outcome) + 1

    def _judged(self, criterion: str) -> int:
        result = self.ctx.criterion(list(self.ctx.compiled.criteria).index(criterion))
        judgements = self.ctx.record.judgements.get(criterion)
        if (
            not judgements
            or result.verdict not in ("PASS", "FAIL")
            or result.since != judgements[-1].recorded
        ):
            return 0
        return 1 if result.verdict == "PASS" else 2

    def _when(self, time: Any) -> Fraction:
        point = compile_time(time, linker_of(self.ctx.compiled))(self.ctx)
        now = days(self.ctx.now)
        if point is not None:
            return days(point.instant or at_hour(point.day, 0, self.ctx.tz))
        if isinstance(time, LedgerPoint) and time.point == "end":
            state = self.ctx.ledger(list(self.ctx.compiled.ledgers).index(time.ledger)).state
            return now + 1 if state in ACTIVE_STATES else now
        return now


# --- what prover and engine say of the same record ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """What prover and engine say differently."""

    what: str
    engine: str
    prover: str


def differences(witness: Counterexample, ctx: Evaluation) -> Iterator[Difference]:
    """Everything of which the prover's formulas and the engine say different things, for one record."""
    compiled = ctx.compiled
    answers = {key: witness.answers.of(key) for key in compiled.decisions}
    criteria = {name: witness.meaning.criterion(name) for name in compiled.criteria}
    guarded = [
        (label, node, witness.meaning.of(node))
        for label, _, node, _ in guards(compiled.protocol, SourceLocations(compiled.protocol))
        if not label.startswith("criterion:")
    ]
    reading = Reading(witness, ctx)
    for rule in witness.world.legal:
        if not reading.holds(rule):
            yield Difference(f"taken to be impossible: {rule}", "it is so", "never")
    for n, (name, verdict) in enumerate(criteria.items()):
        yield from _same(f"criterion {name}", ctx.criterion(n).verdict, reading.verdict(verdict))
    for label, node, verdict in guarded:
        yield from _same(label, engine_test(compiled, node)(ctx).verdict, reading.verdict(verdict))
    for n, (key, answer) in enumerate(answers.items()):
        found = ctx.decision(n)
        asked = "PASS" if found.cells else "not"
        yield from _same(f"{key} asked", asked, "PASS" if reading.holds(answer.asked.passes) else "not")
        outs = "+".join(o for o, formula in answer.out.items() if reading.holds(formula))
        yield from _same(f"{key} outcome", found.outcome or "", outs)
        none = found.outcome is None and (not found.asked or found.none)
        yield from _same(f"{key} none", str(none), str(reading.holds(answer.none)))
        if not found.cells:
            continue
        for (name, column), cell in zip(answer.columns.items(), found.cells, strict=True):
            yield from _same(
                f"{key} input {name} may be", _list(sorted(cell.possible)), _may(reading, column.cells)
            )
            sure = cell.possible[0] if len(cell.possible) == 1 else ""
            certain = _list([c for c, made in column.cells.items() if reading.holds(made.is_)])
            yield from _same(f"{key} input {name} is", sure, certain)
        live = [n for n, alive in enumerate(answer.live) if reading.holds(alive)]
        rows = [n for n, rule in enumerate(answer.decision.rules) if any(rule is r for r in found.rules)]
        yield from _same(f"{key} rows", str(rows), str(live))


def near_a_month(witness: Counterexample, ctx: Evaluation) -> bool:
    """Whether a day within two of a limit in calendar months decides anything: the prover counts 30 7/16 days a month."""
    compiled, near = ctx.compiled, timedelta(days=2)
    for node in dict.fromkeys(atoms(compiled.protocol, Dates)):
        (left, _), (right, _) = (compile_day(d, linker_of(compiled))(ctx) for d in (node.left, node.right))
        counts = node.left.months or node.right.months
        if counts and left is not None and right is not None and abs(left - right) <= near:
            return True
    for moment in dict.fromkeys(node.moment for node in atoms(compiled.protocol, Passed)):
        at = compile_moment(moment, linker_of(compiled))(ctx)
        months = moment.months or any(t.months for t in _offsets(witness, moment.anchor))
        if months and at is not None and abs(at - ctx.now) <= near:
            return True
    return False


def _offsets(witness: Counterexample, anchor: str) -> Iterator[Offset]:
    """Every shift that an anchor rests on."""
    found, todo = {anchor: None}, [anchor]
    while todo:
        times = witness.world.compiled.anchors[todo.pop()]
        yield from atoms(times, Offset)
        shifts: tuple[Offset | StudyDay, ...] = (*atoms(times, Offset), *atoms(times, StudyDay))
        for shift in shifts:
            if shift.anchor not in found:
                found[shift.anchor] = None
                todo.append(shift.anchor)


def _may(reading: Reading, cells: dict[str, Cell]) -> str:
    return _list(sorted(c for c, made in cells.items() if reading.holds(made.may)))


def _list(words: list[str]) -> str:
    return " ".join(words)


def _same(what: str, engine: str, prover: str) -> Iterator[Difference]:
    if engine != prover:
        yield Difference(what, engine, prover)


def today(day: date) -> datetime:
    """Noon of a day, UTC."""
    return datetime.combine(day, time(12), UTC)
