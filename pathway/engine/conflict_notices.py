"""Two results of one sample that differ: somebody is asked which is right, whatever reads them, or nothing does."""

from __future__ import annotations

from collections.abc import Callable

from pathway.engine.context import Evaluation
from pathway.engine.linker import Linker
from pathway.engine.obligations import oblige
from pathway.engine.readings import CONFLICT, compile_reading
from pathway.language import SLOT_FACT, Fact, Reading
from pathway.language.terms import key_of
from pathway.plan import Obligation


def compile_conflicts(fact: Fact, linker: Linker) -> Callable[[Evaluation], list[Obligation]]:
    """The notice of each point at which results differ, to whoever supplies them, until all but one are corrected or voided."""
    slots = {}
    for point in fact.points or ("",):
        key = key_of("CONFLICT", (("fact", fact.id), *((("point", point),) if point else ())))
        linker.recorded(key)
        slots[point] = (key, compile_reading(Reading(fact.id, point), linker.fact(fact.id), linker))

    def conflicts(ctx: Evaluation) -> list[Obligation]:
        by_point = ctx.record.observations.get(fact.id) or {}
        out = []
        for point, (key, read) in slots.items():
            value = read(ctx) if len(by_point.get(point, ())) > 1 else None
            if value is not None and value.text.startswith(CONFLICT) and value.since is not None:
                said = value.text.removeprefix(CONFLICT)
                text = f"{fact.id} {point}".strip() + f" {said}: {value.note}"
                rung = [("major", value.since)]
                out.append(oblige(ctx, "CONFLICT", key, "alert", text, fact.supplier, rung))
        return out

    return conflicts


def can_conflict(fact: Fact) -> bool:
    """Whether two results of one sample contradict each other: not of a list of courses, nor where the highest counts."""
    return fact.cardinality in ("one", "latest") and fact.id != SLOT_FACT
