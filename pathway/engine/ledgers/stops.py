"""Stop rules of courses and infusions: in force once they are true, until a clinician goes on in spite of them or what made them
true is corrected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pathway.engine.context import Evaluation, Test
from pathway.engine.ledgers.directives import Lifted
from pathway.engine.linker import Linker
from pathway.engine.predicates import gate
from pathway.engine.results import Halt, Result
from pathway.engine.standing import compile_stood
from pathway.language import Directed, Doses, Infusion, Stop
from pathway.language.terms import key_of
from pathway.language.walk import atoms

Stops = Callable[[Evaluation], tuple[list[Halt], list[str]]]
BOTH = frozenset(("stop", "review"))
TrueStops = Callable[[Evaluation], tuple[list[tuple[Stop, datetime]], list[str]]]


def compile_lifted(
    lifted_by: tuple[tuple[str, str], ...], linker: Linker
) -> Callable[[Evaluation], list[datetime]]:
    """When a clinician decided to go on. It reads the record, not the decision: that may rest on the ledger itself."""
    for key, option in lifted_by:
        if key not in linker.decisions or option not in linker.decisions[key].options:
            raise linker.error(f"decision {key!r} with the option {option!r} is not defined")
        linker.recorded(key)

    def lifted(ctx: Evaluation) -> list[datetime]:
        return [
            taken[-1].recorded
            for key, option in lifted_by
            if (taken := ctx.record.decisions.get(key)) and taken[-1].value == option
        ]

    return lifted


def compile_answers(spec: Infusion, linker: Linker) -> Callable[[Evaluation], list[Lifted]]:
    """When a clinician decided to go on with an infusion, and what they were asked about: what the question reads of it."""
    answers = []
    for key, option in spec.lifted_by:
        went_on = compile_lifted(((key, option),), linker)
        ledger = key_of(spec.id, spec.scope)
        own = [part for part in atoms(linker.decisions[key].inputs, Directed) if part.ledger == ledger]
        if any(not part.lifted for part in own):
            raise linker.error(
                f"decision {key} lifts what {ledger} directs and asks by it: write lifted=True, "
                "or its answer takes away its own ground"
            )
        asked = frozenset(action for part in own for action in part.actions)
        answers.append((went_on, asked or BOTH))
    return lambda ctx: [(at, asked) for went_on, asked in answers for at in went_on(ctx)]


def compile_stops(spec: Doses, linker: Linker) -> Stops:
    """The stop rules that have come true, lifted or not, and the ids of those of which it is not settled."""
    lifted, come_true = compile_lifted(spec.lifted_by, linker), compile_true_stops(spec.stops, linker)

    def stops(ctx: Evaluation) -> tuple[list[Halt], list[str]]:
        true, unsettled = come_true(ctx)
        found = [Halt(rule.id, rule.text, since) for rule, since in true]
        lift_halts(found, lifted(ctx))
        return found, unsettled

    return stops


def compile_true_stops(rules: tuple[Stop, ...], linker: Linker) -> TrueStops:
    """The stop rules that have come true, with since when, as if nobody had gone on in spite of them, and the ids of those of
    which it is not settled.

    One that was true stays so, whatever is reported afterwards: only a correction of what made it true takes it back.
    """
    gates = [(rule, gate(rule.when, linker)) for rule in rules]
    tests = [(rule, _once_true(when, linker)) for rule, when in gates]

    def stops(ctx: Evaluation) -> tuple[list[tuple[Stop, datetime]], list[str]]:
        found, unsettled = [], []
        for rule, when in tests:
            result = when(ctx)
            if result.verdict == "PASS":
                found.append((rule, result.since or ctx.start))
            elif result.verdict != "FAIL":
                unsettled.append(rule.id)
        return found, unsettled

    return stops


def _once_true(when: Test, linker: Linker) -> Test:
    """The condition, which passes if by the record as it is corrected today it has ever passed."""
    stood = compile_stood(linker)

    def passed(past: Evaluation) -> Result | None:
        result = when(past)
        return result if result.verdict == "PASS" else None

    def once_true(ctx: Evaluation) -> Result:
        result = when(ctx)
        return result if result.verdict == "PASS" else stood(ctx, passed) or result

    return once_true


def lift_halts(found: list[Halt], lifted: list[datetime]) -> None:
    """End the stops that were true when somebody decided to go on."""
    for halt in found:
        halt.until = next((at for at in lifted if at >= halt.since), None)
