"""Stop rules of courses of doses: in force from the moment at which they are true, until a clinician goes on in spite of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pathway.engine.context import Evaluation
from pathway.engine.linker import Linker
from pathway.engine.predicates import gate
from pathway.engine.results import Halt
from pathway.engine.standing import compile_standing
from pathway.language import Doses

Stops = Callable[[Evaluation], tuple[list[Halt], list[str]]]


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


def compile_stops(spec: Doses, linker: Linker) -> Stops:
    """The stop rules that have come true, lifted or not, and the ids of those of which it is not settled.

    One that was true stays so while two results disagree about it.
    """
    lifted = compile_lifted(spec.lifted_by, linker)
    rules = [(rule, gate(rule.when, linker)) for rule in spec.stops]
    rules = [(rule, compile_standing(when, linker)) for rule, when in rules]

    def stops(ctx: Evaluation) -> tuple[list[Halt], list[str]]:
        found, unsettled = [], []
        for rule, when in rules:
            result = when(ctx)
            if result.verdict == "PASS":
                since = result.since or ctx.start
                found.append(Halt(rule.id, rule.text, since))
            elif result.verdict != "FAIL":
                unsettled.append(rule.id)
        lift_halts(found, lifted(ctx))
        return found, unsettled

    return stops


def lift_halts(found: list[Halt], lifted: list[datetime]) -> None:
    """End the stops that were true when somebody decided to go on."""
    for halt in found:
        halt.until = next((at for at in lifted if at >= halt.since), None)
