"""Two results of one sample that differ, or a report that unmakes what stays: somebody is asked which is right, whatever reads
them, or nothing does."""

from __future__ import annotations

from collections.abc import Callable

from pathway.engine.context import Evaluation
from pathway.engine.linker import Linker
from pathway.engine.obligations import oblige
from pathway.engine.readings import CONFLICT, compile_reading, less_than_once
from pathway.engine.values import value_text
from pathway.events import Event
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
            found = by_point.get(point, ())
            if (eased := less_than_once(fact, [*found])) is not None:
                text = _unmade(fact, point, *eased)
                rung = [("major", eased[1].recorded)]
                out.append(oblige(ctx, "CONFLICT", key, "alert", text, fact.supplier, rung))
            value = read(ctx) if fact.counted(point) != "ever" and len(found) > 1 else None
            if value is not None and value.text.startswith(CONFLICT) and value.since is not None:
                said = value.text.removeprefix(CONFLICT)
                text = f"{fact.id} {point}".strip() + f" {said}: {value.note}"
                rung = [("major", value.since)]
                out.append(oblige(ctx, "CONFLICT", key, "alert", text, fact.supplier, rung))
        return out

    return conflicts


def _unmade(fact: Fact, point: str, once: Event, less: Event) -> str:
    what = f"{fact.id} {point}".strip()
    told = f"{what} {value_text(once)} / {value_text(less)}: once {value_text(once)}, it stays"
    return f"{told}, and {value_text(less)} does not count: correct or void the one that is wrong"


def can_conflict(fact: Fact) -> bool:
    """Whether two results contradict each other: not of a list of courses, nor where the highest of many counts."""
    return fact.cardinality in ("one", "latest", "ever") and fact.id != SLOT_FACT
