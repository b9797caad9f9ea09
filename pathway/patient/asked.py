"""What of a plan a report answers: a question, by its key or its id, or an obligation."""

from __future__ import annotations

from pathway.engine.context import Compiled
from pathway.plan import DecisionState, Obligation, Plan


def question_of(plan: Plan, key: str, id: str) -> DecisionState | None:
    """The question that goes by the key, else the only one of that id, or the one of them that is open."""
    exact = [d for d in plan.decisions if d.key == key]
    found = exact or [d for d in plan.decisions if d.id == id]
    return found[0] if len(found) == 1 else next((d for d in found if d.open), None)


def options_of(compiled: Compiled, state: DecisionState) -> tuple[str, ...]:
    """All that may ever be answered to a question."""
    decision = compiled.decisions.get(state.key)
    if decision is not None:
        return decision.options
    _, phase = compiled.phases[state.id.removeprefix("AFTER_")]
    return tuple(dict.fromkeys(e.to for e in phase.exits))


def obligation_of(plan: Plan, key: str, id: str) -> Obligation | None:
    """The obligation that goes by the key or the id, a raised one before others."""
    every = (*plan.deviations, *plan.alerts)
    exact = [o for o in every if o.key == key] or [o for o in every if o.id == id]
    return next((o for o in exact if o.state == "raised"), exact[0] if exact else None)
